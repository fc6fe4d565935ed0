"""`Inspection`, `Survey` and what is drawn of them: against scikit-learn, and numbers worked out by hand."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import expressions, samplings, tame_number

from srbench_lite.errors import DataError, ExpressionError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.methods.method import Budget, Fit, Inspection, Method, can_be_inspected
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task
from srbench_lite.reports.figures import FIGURES, formula_lines
from srbench_lite.reports.inspection import render, write
from srbench_lite.reports.survey import Survey, principal_components, survey


@dataclass(frozen=True, kw_only=True)
class Plain(Method):
    """A method without a network."""

    name: ClassVar[str] = "plain"
    summary: ClassVar[str] = "nothing"
    source: ClassVar[str] = "nobody, 2026"

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.constant(0.0))


class Trained(Plain):
    def inspect(self, samples, *, seed, budget, report):
        return Inspection(fit=self.fit(samples, seed=seed, budget=budget, report=report), **SINE)


SINE = {
    "predict": lambda x: np.sin(x).sum(axis=1),
    "hidden": lambda x: {"hidden": np.column_stack([np.sin(x), np.cos(x), x**2])},
    "losses": {"training": np.array([1.0, 0.1, 0.01]), "held back": np.array([1.1, 0.2])},
}


def surveyed(formula: str, *, truth: str = "sin(x)", seed: int = 0, **parts: object) -> Survey:
    """Return the survey of a formula beside the network sin(x); each variable comes from -3:3, or as given."""
    variables = {name: Sampling(low=-3, high=3) for name in Expression.parse(truth).variables}
    variables |= {name: parts.pop(name) for name in list(variables) if name in parts}
    task = Task(name="toy/task", suite="toy", truth=Expression.parse(truth), variables=variables, n_train=50, n_test=80)
    fit = Fit(expression=Expression.parse(formula), stopped=parts.pop("stopped", "done"))
    inspection = Inspection(fit=fit, **{**SINE, **parts})
    return survey(inspection, method=Trained(), task=task, dataset=task.dataset(seed=seed))


# --- methods ----------------------------------------------------------------------------------------------------------


def test_a_method_says_whether_it_can_be_inspected():
    samples = Samples(variables=("x",), x=np.zeros((1, 1)), y=np.zeros(1))
    assert can_be_inspected(Trained())
    assert not can_be_inspected(Plain())
    with pytest.raises(UsageError, match="plain trains no model that can be looked into"):
        Plain().inspect(samples, seed=0, budget=Budget(), report=lambda expression: None)


# --- principal components ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "width"), [(200, 24), (30, 60), (50, 2), (3, 5)])
def test_principal_components_are_those_of_scikit_learn(n, width):
    from sklearn.decomposition import PCA

    rng = np.random.default_rng(n)
    states = rng.normal(size=(n, width)) * np.linspace(3.0, 0.1, width) + rng.normal(size=width)
    found = principal_components(states)
    oracle = PCA(n_components=2, svd_solver="full")
    wanted = oracle.fit_transform(states)
    signs = np.sign((found.scores * wanted).sum(axis=0))
    np.testing.assert_allclose(found.scores * signs, wanted, atol=1e-10)
    np.testing.assert_allclose(found.shares, oracle.explained_variance_ratio_, rtol=1e-10)


def test_a_layer_of_one_unit_has_one_component():
    states = np.array([[1.0], [2.0], [6.0]])
    found = principal_components(states)
    np.testing.assert_allclose(found.scores, [[-2.0, 0.0], [-1.0, 0.0], [3.0, 0.0]])
    assert found.shares.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("shape", [(5, 3), (1, 4), (1, 1)])
def test_states_that_do_not_vary_have_components_without_variance(shape):
    found = principal_components(np.full(shape, 0.25))
    assert found.scores.shape == (shape[0], 2)
    assert not found.scores.any()
    assert not found.shares.any()


# --- the survey -------------------------------------------------------------------------------------------------------


def test_deviations_are_the_largest_and_where_they_are():
    found = surveyed("sin(x) + 0.1*x")
    assert found.from_network.size == pytest.approx(0.3, rel=1e-12)
    assert abs(found.from_network.at["x"]) == 3.0
    worst = np.abs(found.train.x[:, 0]).max()
    assert found.from_data.size == pytest.approx(0.1 * worst)
    assert abs(found.from_data.at["x"]) == worst
    assert (found.from_data.points, found.from_fresh.points) == (50, 80)
    assert found.from_data.undefined == 0


def test_deviations_over_several_variables_are_looked_for_in_the_whole_box():
    found = surveyed("sin(x) + sin(y) + 0.01*x*y", truth="sin(x) + sin(y)")
    assert 0.08 < found.from_network.size <= 0.09
    assert set(found.from_network.at) == {"x", "y"}


def test_where_the_formula_is_undefined_is_counted_and_not_compared():
    found = surveyed("sin(x) + 0*log(x)")
    assert found.from_network.undefined == 5001
    assert found.from_network.size == pytest.approx(0.0, abs=1e-12)
    text = render(found)
    assert "undefined at 5,001 of them" in text
    nowhere = surveyed("log(-1 - x**2)")
    assert nowhere.from_data.size is None
    assert "undefined at all 50 training points" in render(nowhere)


@given(sampling=samplings(), other=samplings())
def test_the_path_runs_through_the_first_interval_at_the_middle_of_the_others(sampling, other):
    """Whatever the sampling: in order, from end to end, never where nothing is drawn."""
    network = {"predict": lambda x: x[:, 0], "hidden": lambda x: {"layer": x}}
    x, y = surveyed("x", truth="x + 0*y", x=sampling, y=other, **network).path.x.T
    low, high = sampling.interval
    assert (np.diff(x) > 0).all()
    np.testing.assert_allclose([x[0], x[-1]], [low, high], rtol=1e-9)
    if sampling.sampling == "log":
        assert np.abs(x).min() >= sampling.low * (1 - 1e-9)
    assert other.interval[0] <= y[0] <= other.interval[1]
    assert (y == y[0]).all()


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"predict": lambda x: x}, r"plain: predict\(\) must return an array of shape \(401,\), got \(401, 1\)"),
        ({"predict": lambda x: np.full(len(x), np.nan)}, r"predict\(\) must return finite values, but 401 are not"),
        (
            {"hidden": lambda x: {"deep": x[:, 0]}},
            r"hidden\(\), layer 'deep' must return .* \(401, width\), got \(401,\)",
        ),
        ({"hidden": lambda x: {"deep": x[:, :0]}}, r"\(401, width\), got \(401, 0\)"),
    ],
)
def test_a_method_that_returns_something_else_is_named(parts, words):
    with pytest.raises(DataError, match=words):
        surveyed("x", **parts)


def test_a_formula_in_other_variables_is_refused():
    with pytest.raises(ExpressionError, match="no values for the variable z"):
        surveyed("x + z")


def test_the_target_has_a_name_that_no_variable_has():
    assert surveyed("x").target == "y"
    assert surveyed("x", truth="sin(x) + sin(y)").target == "target"
    assert surveyed("x", truth="sin(x) + sin(y)*target").target == "target_"


def test_the_formula_and_its_derivatives_are_printed():
    lines = render(surveyed("3*x**2 + sin(2*y)", truth="sin(x) + sin(y)")).splitlines()
    assert lines[:4] == [
        "plain on toy/task",
        "  formula  3*x**2 + sin(2*y)",
        "  d/dx     6*x",
        "  d/dy     2*cos(2*y)",
    ]
    assert lines[4] == "largest deviation of the formula"
    assert [line.split("  ")[1] for line in lines[5:]] == ["from the network", "from the data", "from fresh data"]


def test_a_method_that_the_clock_cut_off_is_marked():
    assert render(surveyed("x")).startswith("plain on toy/task\n")
    assert render(surveyed("x", stopped="budget")).startswith("plain on toy/task, cut off by the time limit\n")


def test_a_derivative_that_is_too_large_is_said_and_stops_nothing():
    tower = "x"
    for _ in range(400):
        tower = f"sin({tower})"
    assert "d/dx     – (the derivative with respect to x" in render(surveyed(tower))


# --- tables -----------------------------------------------------------------------------------------------------------


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(name="undrawn")
def _undrawn(monkeypatch):
    monkeypatch.setattr("srbench_lite.reports.inspection.draw", lambda found, folder: [])


@pytest.mark.usefixtures("undrawn")
def test_the_tables_hold_every_digit(tmp_path):
    found = surveyed("sin(x) + 0*log(x)")
    write(found, tmp_path)
    fit = read(tmp_path / "fit.csv")
    assert [sum(row["points"] == part for row in fit) for part in ("training", "fresh", "path")] == [50, 80, 401]
    assert np.array([float(row["network"]) for row in fit[:50]]).tolist() == found.train.network.tolist()
    for row, x in zip(fit[:50], found.train.x[:, 0], strict=True):
        assert (float(row["x"]), float(row["y"])) == (x, np.sin(x))
        assert (row["formula"] == "") == (x <= 0) == (row["formula_residual"] == "")
    assert {row["y"] for row in fit[130:]} == {""}
    assert read(tmp_path / "loss.csv") == [
        {"epoch": "1", "training": "1.0", "held back": "1.1"},
        {"epoch": "2", "training": "0.1", "held back": "0.2"},
        {"epoch": "3", "training": "0.01", "held back": ""},
    ]
    hidden = read(tmp_path / "hidden.csv")
    assert list(hidden[0]) == ["x", "hidden/1", "hidden/2", "hidden/3"]
    assert float(hidden[7]["hidden/2"]) == np.cos(found.path.x[7, 0])
    parts = read(tmp_path / "components.csv")
    assert list(parts[0]) == ["x", "hidden/component 1", "hidden/component 2"]
    assert float(parts[3]["hidden/component 2"]) == found.components["hidden"].scores[3, 1]


@pytest.mark.usefixtures("undrawn")
def test_columns_have_different_names_whatever_the_variables_are_called(tmp_path):
    truth = "sin(y) + network*formula + points + formula_"
    found = surveyed("y", truth=truth)
    write(found, tmp_path)
    for table in ("fit", "components"):
        header = (tmp_path / f"{table}.csv").read_text().splitlines()[0].split(",")
        assert len(set(header)) == len(header)
        assert set(found.variables) <= set(header)


# --- figures ----------------------------------------------------------------------------------------------------------

FILES = [
    *(f"{name}.{kind}" for name in ("fit", "loss", "hidden", "components") for kind in ("png", "svg")),
    *(f"{name}.csv" for name in ("fit", "loss", "hidden", "components")),
]


def test_the_same_survey_gives_the_same_bytes_whatever_the_matplotlibrc_says(tmp_path):
    import matplotlib as mpl

    found = surveyed("x - x**3/6", truth="sin(x) + sin(y)", hidden=lambda x: {"hidden": np.sin(x)})
    folders = [tmp_path / name for name in ("first", "second")]
    for folder, size in zip(folders, (10.0, 30.0), strict=True):
        folder.mkdir()
        with mpl.rc_context({"font.size": size, "lines.linewidth": size}):
            assert [path.name for path in write(found, folder)] == FILES
            assert mpl.rcParams["font.size"] == size
    for name in FILES:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


LOG = Sampling(sampling="log", low=0.01, high=10, sign="both")
ODD = {
    "no layer, no loss": ("x", {"hidden": lambda x: {}, "losses": {}}),
    "a flat network": ("0", {"predict": lambda x: np.zeros(len(x)), "hidden": lambda x: {"flat": 0 * x}}),
    "losses that are zero, broken or short": (
        "x",
        {"losses": {"a": np.array([0.0]), "b": np.array([1.0, np.nan, np.inf]), "c": np.full(2, np.nan), "d": []}},
    ),
    "a formula with poles": ("1/x + 1/(x - 1) + 1e300*x", {}),
    "a formula that is nowhere defined": ("log(-1 - x**2)", {}),
    "both sides of zero": ("x", {"x": LOG}),
    "the negative side": ("x", {"x": Sampling(sampling="log", low=0.01, high=10, sign="negative")}),
    "powers of ten": ("x", {"x": Sampling(sampling="log", low=1e-9, high=1e9)}),
    "eight layers of one unit": ("x", {"hidden": lambda x: {f"layer {i}": np.sin(i * x[:, :1]) for i in range(8)}}),
    "a wide layer": ("x", {"hidden": lambda x: {"wide $_{x": np.sin(x[:, :1] * np.arange(40))}}),
}


@pytest.mark.parametrize("case", ODD)
@pytest.mark.parametrize(
    ("truth", "names"),
    [("sin(x)", ("fit", "loss", "hidden", "components")), ("sin(x) + sin(y)", ("fit", "components"))],
    ids=["curves", "predictions"],
)
def test_odd_surveys_are_drawn_without_a_warning(case, truth, names):
    formula, parts = ODD[case]
    found = surveyed(formula, truth=truth, **parts)
    figures = {name: FIGURES[name](found) for name in names}
    assert figures["fit"] is not None
    for figure in figures.values():
        if figure is not None:
            figure.savefig(io.BytesIO(), dpi=30)


def test_there_is_no_figure_of_what_does_not_exist(tmp_path):
    written = write(surveyed("x", hidden=lambda x: {}, losses={}), tmp_path)
    assert [path.name for path in written] == ["fit.png", "fit.svg", "fit.csv"]


# --- the formula in the title -----------------------------------------------------------------------------------------


def lines(formula: Expression | str, width: float = 600.0) -> list[str]:
    if isinstance(formula, str):
        formula = Expression.parse(formula)
    return formula_lines(formula, "y", width=width)[0]


def test_a_title_says_whether_its_numbers_are_rounded():
    assert lines("3*sin(2*x)") == [r"$y = 3 \, \sin(2 \, x)$"]
    assert lines("2.99971*sin(x)") == [r"$y \approx 3 \, \sin(x)$"]
    assert lines("123456*x - 0.5") == [r"$y = 123456 \, x - 0.5$"]
    assert lines("-x - (y - 1) + -2*x") == [r"$y = {-}x - (y - 1) -2 \, x$"]


def test_a_long_sum_takes_several_lines_and_then_dots():
    twelve = lines("+".join(f"{i}.1*x**{i}*sin({i}*x)" for i in range(2, 10)))
    assert 2 <= len(twelve) <= 3
    assert "ldots" not in "".join(twelve)
    many = lines("+".join(f"{i}.1*x**{i}*sin({i}*x)" for i in range(2, 40)))
    assert len(many) == 3
    assert many[-1].endswith(r"+ \ldots$")


def test_what_cannot_be_set_as_mathematics_is_plain_text_cut_short():
    tower = "x"
    for _ in range(900):
        tower = f"sin({tower})"
    shown = lines(tower)
    assert len(shown) == 3
    assert shown[0].startswith("y = sin(sin(")
    assert shown[-1].endswith(" ...")
    fraction = "x"
    for _ in range(10):
        fraction = f"1/(1 + {fraction})"
    assert lines(fraction)[0].startswith("y = 1/(1 + 1/(1 + ")
    product = lines("*".join(f"sin({i}*x + {i})" for i in range(2, 30)))
    assert product[0].startswith("y = sin(2*x")


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda operator: operator.name)
def test_every_operator_can_be_set_as_mathematics(operator):
    formula = Expression.call(operator.name, *[Expression.variable("x_1")] * operator.arity)
    assert all(line.startswith("$") for line in lines(formula + 1))


@settings(max_examples=30)
@given(
    formula=expressions(("x", "alpha_2", "lambda", "max_speed", "_"), constants=tame_number),
    width=st.sampled_from((90.0, 600.0)),
)
def test_any_formula_has_a_title_that_can_be_drawn(formula, width):
    from matplotlib.textpath import TextPath

    shown = lines(formula, width)
    assert 1 <= len(shown) <= 3
    for line in shown:
        TextPath((0.0, 0.0), line, size=12)
