"""Figures of an inspection: odd surveys are drawn, and titles say what they show."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import expressions, tame_number
from surveys import surveyed

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.problems.sampling import Sampling
from srbench_lite.reports.figures import FIGURES, formula_lines

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
