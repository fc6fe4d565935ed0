"""The method `lasso` as a whole: recovery, degenerate inputs, determinism, tidy formulas."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from srbench_lasso import Lasso, distillation
from srbench_lasso.model import Data, Design, refine
from srbench_lasso.terms import Factor, Shape

from srbench_lite import Budget, Expression, Fit, FitError, Samples, UsageError

BUDGET = Budget(seconds=60)
#: A narrower search, where a test is about something else than how far it reaches.
NARROW: dict[str, Any] = {"max_columns": 4_000, "pairs": 10, "beam": 4, "branch": 6}


def _ignore(expression: Expression) -> None:
    del expression


def _fit(samples: Samples, *, seed: int = 0, report: Callable[[Expression], None] = _ignore, **fields: object) -> Fit:
    return Lasso(**fields).fit(samples, seed=seed, budget=BUDGET, report=report)  # type: ignore[arg-type]


def _samples(truth: str, intervals: dict[str, tuple[float, float]], n: int = 150, noise: float = 0.0) -> Samples:
    rng = np.random.default_rng(5)
    columns = {name: rng.uniform(low, high, n) for name, (low, high) in intervals.items()}
    y = Expression.parse(truth)(columns)
    y = y + rng.normal(0, 1, n) * noise * np.sqrt(np.mean(y**2))
    return Samples(variables=tuple(columns), x=np.column_stack(list(columns.values())), y=y)


@pytest.mark.parametrize(
    ("truth", "intervals", "text"),
    [
        ("3.25*x**2 - 0.7*x + 12", {"x": (-1, 1)}, "3.25*x**2 - 0.7*x + 12"),
        ("-2*x", {"x": (0, 3)}, "-2*x"),
        ("x", {"x": (-1, 1)}, "x"),
        ("-x**3 - 1", {"x": (-1, 1)}, "-x**3 - 1"),
        ("1/t", {"t": (0.5, 4)}, "1/t"),
        ("4.5*sin(1.3*x + 0.4)", {"x": (-4, 2)}, "4.5*sin(1.3*x + 0.4)"),
        ("exp(-0.7*x)*sin(5*x)", {"x": (0, 3)}, "exp(-0.7*x)*sin(5*x)"),
        ("2*x*exp(-0.4*x) + 1.5", {"x": (0, 5)}, "2*x*exp(-0.4*x) + 1.5"),
        ("3*log(x + 1.5)", {"x": (-1, 3)}, "3*log(x + 1.5)"),
        ("a*b - 2*a", {"a": (-1, 1), "b": (-2, 2)}, "a*b - 2*a"),
        ("2*sqrt(x + 3)", {"x": (-2, 4)}, "2*sqrt(x + 3)"),
        ("2.5*a*b/(c*d**2)", {"a": (1, 3), "b": (1, 3), "c": (1, 3), "d": (1, 3)}, "2.5*a*b/(c*d**2)"),
    ],
)
def test_recovers_exactly(truth: str, intervals: dict[str, tuple[float, float]], text: str) -> None:
    assert str(_fit(_samples(truth, intervals)).expression) == text


@pytest.mark.parametrize(
    "truth",
    [
        "2*cos(3*x + 1.1)",
        "-2*cos(3*x)",
        "2*x*cos(3*x + 2.7)",
        pytest.param("2*x*sin(3*x + 2.7)", marks=pytest.mark.slow),
        pytest.param("2*cos(3*x - 0.4) + x", marks=pytest.mark.slow),
        "exp(-0.3*x)*cos(4*x + 0.25)",
    ],
)
def test_a_wave_is_written_with_its_shortest_phase(truth: str) -> None:
    assert str(_fit(_samples(truth, {"x": (-2, 3)})).expression) == truth


def test_recovers_through_noise() -> None:
    fit = _fit(_samples("3.2*x**2 - 0.7*x + 1.5", {"x": (-1, 1)}, n=200, noise=0.01), max_terms=1, pairs=8)
    assert str(fit.expression) == "3.2*x**2 - 0.7*x + 1.5"
    assert fit.extras["exact"] is False
    assert fit.extras["noise"]["sd"] == pytest.approx(0.01 * np.sqrt(np.mean((3.2 / 3 + 1.5) ** 2)), rel=0.5)


@pytest.mark.parametrize(
    ("x_scale", "y_scale"), [(1e6, 1e9), pytest.param(1e-6, 1e-9, marks=pytest.mark.slow), (1e3, 1e-30)]
)
def test_units_do_not_matter(x_scale: float, y_scale: float) -> None:
    plain = _samples("2*sin(3*x) + 0.5*x", {"x": (-2, 2)})
    samples = Samples(variables=("x",), x=plain.x * x_scale, y=plain.y * y_scale)
    found = _fit(samples).expression(samples.columns)
    assert np.max(np.abs(found - samples.y)) < 1e-9 * y_scale


def test_is_deterministic_and_reports_as_it_goes() -> None:
    samples = _samples("exp(0.3*x)*cos(2*x) + x", {"x": (-2, 3)}, n=60, noise=0.02)
    reports: list[str] = []
    first = _fit(samples, seed=3, report=lambda e: reports.append(str(e)), max_terms=1, pairs=8)
    second = _fit(samples, seed=3, max_terms=1, pairs=8)
    assert str(first.expression) == str(second.expression)
    assert [str(c) for c in first.candidates] == [str(c) for c in second.candidates]
    assert reports
    assert str(first.expression) in [str(c) for c in first.candidates]


def test_candidates_rise_in_complexity() -> None:
    fit = _fit(_samples("x*sin(2*x) + log(x + 4)", {"x": (-3, 3)}))
    sizes = [c.complexity for c in fit.candidates]
    assert len(sizes) > 1
    assert sizes == sorted(sizes)


def test_constant_target() -> None:
    x = np.linspace(0, 1, 9)[:, None]
    assert str(_fit(Samples(variables=("x",), x=x, y=np.full(9, 2.5))).expression) == "2.5"
    assert str(_fit(Samples(variables=("x",), x=x, y=np.zeros(9))).expression) == "0"


@pytest.mark.parametrize("y", [[-1.0, 1.0], [-1.0, 1.0, 1.0, -1.0], [-1.0, 0.0, 1.0]])
def test_few_points_whose_mean_is_exactly_zero(y: list[float]) -> None:
    """The constant is then 0, which is a model nevertheless: there was none at all."""
    x = np.arange(len(y), dtype=np.float64) % 2
    assert str(_fit(Samples(variables=("x",), x=x[:, None], y=np.array(y))).expression) == "0"


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_target_out_of_range_is_refused_clearly(size: float) -> None:
    x = np.linspace(0, 1, 9)[:, None]
    with pytest.raises(FitError, match="rescale the target"):
        _fit(Samples(variables=("x",), x=x, y=x[:, 0] * size))


@pytest.mark.parametrize("kind", ["step", "outlier", "noise", "kink"])
def test_awkward_targets_give_finite_formulas(kind: str) -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, (50, 1))
    y = {"step": np.sign(x[:, 0]), "outlier": np.eye(50)[3], "noise": rng.normal(size=50), "kink": np.abs(x[:, 0])}[
        kind
    ]
    samples = Samples(variables=("x",), x=x, y=y)
    fit = _fit(samples)
    assert np.isfinite(fit.expression(samples.columns)).all()
    assert Expression.parse(str(fit.expression)) == fit.expression


@pytest.mark.parametrize("n", range(1, 8))
def test_few_points(n: int) -> None:
    rng = np.random.default_rng(n)
    samples = Samples(variables=("x", "y"), x=rng.normal(size=(n, 2)), y=rng.normal(size=n))
    expression = _fit(samples).expression
    assert np.isfinite(expression(samples.columns)).all()
    assert len(expression.constants) <= max(1, n // 2)


def test_constant_and_repeated_inputs() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 2, 60)
    samples = Samples(variables=("a", "b", "c"), x=np.column_stack([np.full(60, 3.0), x, x]), y=3 * x**2 - 1)
    found = _fit(samples).expression
    np.testing.assert_allclose(found(samples.columns), samples.y, rtol=1e-9)
    assert "a" not in found.variables
    same = Samples(variables=("x",), x=np.ones((5, 1)), y=np.arange(5.0))
    assert str(_fit(same).expression) == "2"


def test_many_variables_stay_within_the_limit() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (120, 10))
    samples = Samples(variables=tuple(f"x{i}" for i in range(10)), x=x, y=2 * x[:, 3] * x[:, 7] - x[:, 1])
    fit = _fit(samples)
    np.testing.assert_allclose(fit.expression(samples.columns), samples.y, atol=1e-9)


@pytest.mark.parametrize(("seconds", "most"), [(0.05, 2.0), (1.0, 2.0)])
def test_budget_cuts_off(seconds: float, most: float) -> None:
    samples = _samples("sin(3*x)*exp(y) + x**4/(1 + x**2) + log(x + 3)", {"x": (-2, 2), "y": (0, 1)}, 500, noise=0.1)
    start = time.process_time()
    fit = Lasso().fit(samples, seed=0, budget=Budget(seconds=seconds), report=_ignore)
    assert time.process_time() - start < most
    assert fit.extras["plan"] != "finished"
    assert np.isfinite(fit.expression(samples.columns)).all()


def test_samples_are_left_alone_and_extras_are_small_facts() -> None:
    import json

    samples = _samples("x**2 + x", {"x": (-1, 1)})
    x, y = samples.x.copy(), samples.y.copy()
    fit = _fit(samples)
    np.testing.assert_array_equal(samples.x, x)
    np.testing.assert_array_equal(samples.y, y)
    assert json.loads(json.dumps(fit.extras)) == fit.extras
    expected = {
        "network_nmse",
        "distillation_nmse_network",
        "distillation_nmse_data",
        "library_terms",
        "terms",
        "noise",
    }
    assert expected <= set(fit.extras)


def test_import_is_light() -> None:
    code = "import sys, srbench_lasso; print([m for m in ('numpy', 'scipy', 'torch', 'sympy') if m in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "[]"


def test_of_many_points_a_sample_is_searched_and_the_formula_fitted_to_more() -> None:
    samples = _samples("2*sin(3*x) + 0.5*x", {"x": (-2, 2)}, n=1200, noise=0.01)
    fit = _fit(samples, **NARROW)
    assert fit.extras["points_searched"] == 1000
    assert str(fit.expression) == "2*sin(3*x) + 0.5*x"


def test_a_power_beside_a_wave_is_no_single_term() -> None:
    """The search may end early at a single term whose residuals are noise, not at two."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (200, 1))
    y = 2 * x[:, 0] + np.sin(3 * x[:, 0]) + 0.01 * rng.normal(size=200)
    data = Data.of(Samples(variables=("x",), x=x, y=y), 2.0)
    line, wave = Shape((1.0,)), Shape((0.0,), (Factor("sin0", ((1.0,),)),))
    both = refine(Design((line, wave), ((), (0,)), 1), np.array([2.9]), data, 30)
    assert both is not None
    assert abs(both.smoothness(data)) < 0.1
    assert not distillation._settled([both], data)
    y = np.sin(3 * x[:, 0]) + 0.01 * rng.normal(size=200)
    only = Data.of(Samples(variables=("x",), x=x, y=y), 2.0)
    one = refine(Design((wave,), ((0,),), 1), np.array([2.9]), only, 30)
    assert one is not None
    assert distillation._settled([one], only)


@pytest.mark.parametrize(
    "fields", [{"dense": -1}, {"hidden1": 0}, {"price": float("nan")}, {"penalties": 1}, {"learning_rate": 0.0}]
)
def test_settings_that_make_no_sense_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(fields))):
        Lasso(**fields)


# --- the network ----------------------------------------------------------------------------------------------------


def test_terms_can_be_found_on_the_network_alone() -> None:
    samples = _samples("2.5*sin(1.7*x) + 0.5*x**2", {"x": (-3, 3)})
    fit = _fit(samples, mapping="network", **NARROW)
    assert str(fit.expression) == "2.5*sin(1.7*x) + 0.5*x**2"
    assert fit.extras["network_points"] == len(samples.y) + Lasso().dense


def test_a_network_that_learnt_nothing_shows_nothing() -> None:
    """On the network alone an untrained one is distilled: the data get their say about its terms only."""
    samples = _samples("2.5*sin(6.1*x)", {"x": (-3, 3)})
    blind = _fit(samples, mapping="network", epochs=0, pairs=4, swaps=0, max_terms=1)
    assert blind.extras["distillation_nmse_network"] > 0.5
    assert blind.extras["network_nmse"] > 0.5


def test_where_terms_are_found_is_data_or_network() -> None:
    with pytest.raises(UsageError, match="mapping must be"):
        Lasso(mapping="both")


def test_the_published_network_is_selectable() -> None:
    samples = _samples("3*x**2 - 1", {"x": (-1, 1)}, n=100)
    fit = _fit(samples, hidden1=64, hidden2=32, epochs=1200, batch=64, learning_rate=0.001)
    assert str(fit.expression) == "3*x**2 - 1"
    assert fit.extras["network_nmse"] < 0.02


def test_a_network_that_explodes_leaves_the_data_to_distil() -> None:
    samples = _samples("3*x**2 - 1", {"x": (-1, 1)})
    fit = _fit(samples, learning_rate=1e300)
    assert str(fit.expression) == "3*x**2 - 1"
    assert fit.extras["network_nmse"] is None
    assert fit.extras["network_points"] == 0
    assert fit.extras["distillation_nmse_network"] is None
    with pytest.raises(FitError, match="learning rate"):
        _fit(samples, learning_rate=1e300, mapping="network")
    with pytest.raises(FitError, match="none to look into"):
        Lasso(learning_rate=1e300).inspect(samples, seed=0, budget=BUDGET, report=_ignore)


def test_inspection_shows_the_network_that_was_distilled() -> None:
    samples = _samples("3*sin(x)", {"x": (-3, 3)})
    seen = Lasso().inspect(samples, seed=4, budget=BUDGET, report=_ignore)
    assert str(seen.fit.expression) == str(_fit(samples, seed=4).expression)
    gap = np.mean((seen.predict(samples.x) - samples.y) ** 2) / np.var(samples.y)
    assert gap == pytest.approx(seen.fit.extras["distillation_nmse_network"], rel=1e-6)
    assert {name: layer.shape for name, layer in seen.hidden(samples.x).items()} == {
        "hidden 1": (150, 48),
        "hidden 2": (150, 24),
    }
    assert [len(curve) for curve in seen.losses.values()] == [500, 500]


def test_without_a_network_there_is_nothing_to_look_into() -> None:
    x = np.linspace(0, 1, 9)[:, None]
    with pytest.raises(FitError, match="no network is trained"):
        Lasso().inspect(Samples(variables=("x",), x=x, y=np.ones(9)), seed=0, budget=BUDGET, report=_ignore)


def test_a_part_that_was_imitated_is_exchanged() -> None:
    """Powers imitate exp(-0.3*x) beside the quotient; exchanging them for one group finds it."""
    samples = _samples("-2.3*x/(y**2 + 1.9) + 3.4*exp(-0.3*x) + 0.7", {"x": (-1, 3), "y": (0, 6)}, n=120)
    assert _fit(samples, swaps=0, **NARROW).extras["exact"] is False
    assert str(_fit(samples, **NARROW).expression) == "3.4*exp(-0.3*x) - 2.3*x/(y**2 + 1.9) + 0.7"
