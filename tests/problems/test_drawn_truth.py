"""Which formulas make good tasks, and which are one function under renaming."""

from __future__ import annotations

import numpy as np
import pytest

from srbench_lite import Expression, Sampling
from srbench_lite.problems.drawn_truth import DomainPoints, is_good, signature

ABOVE = Sampling(low=1, high=5)
AROUND = Sampling(low=-2, high=2)
LOG = Sampling(low=0.2, high=5, sampling="log")


def good(text: str, sampling: Sampling, *, written_short: bool = False) -> bool:
    formula = Expression.parse(text)
    return is_good(formula, DomainPoints(formula.variables, sampling), written_short=written_short)


@pytest.mark.parametrize(
    ("text", "sampling"),
    [
        ("x", ABOVE), ("x + 3", AROUND), ("sin(x)*y", AROUND), ("log(x)", ABOVE), ("1/x", ABOVE), ("1/x**2", LOG),
        ("log(x**2 + 1)", AROUND), ("1/(x**2 + 1)", AROUND), ("sqrt(x + 3)", AROUND), ("x**3", AROUND), ("x**y", ABOVE),
        ("exp(-x*y)", LOG), ("x1*x2**2/x3", LOG), ("tan(x/2)", AROUND), ("asin(x/3)", AROUND), ("gamma(x)", ABOVE),
        ("abs(x)", AROUND), ("max(x, y)", AROUND), ("floor(x)", ABOVE), ("ifelse(x, y, 2)", AROUND),
    ],
)  # fmt: skip
def test_good_formulas_pass(text: str, sampling: Sampling) -> None:
    assert good(text, sampling)


@pytest.mark.parametrize(
    ("text", "sampling", "why"),
    [
        ("log(x)", AROUND, "undefined"), ("1/x", AROUND, "a pole"), ("1/(x - 1.3)", AROUND, "a pole"),
        ("tan(x)", AROUND, "poles"), ("sqrt(x + 2)", AROUND, "undefined beside it"), ("x**1.5", AROUND, "undefined"),
        ("log(x1 - x2)", ABOVE, "undefined"), ("asin(x)", ABOVE, "undefined"), ("gamma(x)", AROUND, "poles"),
        ("exp(exp(x))", ABOVE, "huge"), ("sin(9*x)", ABOVE, "too many periods"), ("x**9*1000", ABOVE, "huge"),
        ("x/100000", ABOVE, "tiny"), ("x - x + 2", ABOVE, "a number"), ("sin(x)**2 + cos(x)**2", ABOVE, "a number"),
        ("x - x + y", ABOVE, "x has no effect"), ("x + 0.00001*y", ABOVE, "y has no effect to speak of"),
        ("x + exp(-20*y)", ABOVE, "a term that does not show"), ("1000*x + 0.001", ABOVE, "nor this number"),
        ("x*tanh(100*x)", ABOVE, "a part that does not vary"), ("max(x, 0.5)", ABOVE, "an idle part"),
        ("abs(x)", ABOVE, "an idle part"), ("log(exp(x))", ABOVE, "a shortcut"), ("sqrt(x**2)", ABOVE, "a shortcut"),
        ("x + x", ABOVE, "a shortcut"), ("log(3*exp(x))", ABOVE, "a shortcut"),
        ("exp(2 + log(x))", ABOVE, "a shortcut"),
        ("(x*y)/y + y", ABOVE, "a shortcut in a part"), ("ifelse(sinh(x), x, 3)", AROUND, "sinh changes nothing"),
    ],
)  # fmt: skip
def test_formulas_that_make_no_good_task_are_refused(text: str, sampling: Sampling, why: str) -> None:
    assert not good(text, sampling), why


def test_a_variable_that_does_not_occur_is_seen() -> None:
    assert not is_good(Expression.parse("x"), DomainPoints(["x", "y"], ABOVE), written_short=False)


def test_shortcuts_are_not_looked_for_where_none_can_be() -> None:
    assert good("x + x", ABOVE, written_short=True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x1 + x2**2", "x2 + x1**2", True), ("x1*x2 + x3", "x3*x2 + x1", True),
        ("(x1 + x2)**2", "x1**2 + 2*x1*x2 + x2**2", True),
        ("x1/x2", "x2/x1", True), ("x1*x2", "x1 + x2", False), ("sin(x1)*x2", "sin(x1*x2)", False),
        ("x1 + 1.3*x2", "x1 + 1.4*x2", False), ("x1**2", "x1*x2", False), ("log(x1 - 7)", "log(x1 - 7)", True),
    ],
)  # fmt: skip
def test_formulas_that_are_one_under_renaming_have_one_signature(one: str, other: str, same: bool) -> None:
    names = sorted({*Expression.parse(one).variables, *Expression.parse(other).variables})
    points = DomainPoints(names, ABOVE)
    ours, theirs = (signature(Expression.parse(text), points) for text in (one, other))
    assert np.allclose(ours, theirs, rtol=1e-9, atol=0, equal_nan=True) == same


def test_points_fill_the_domain_and_its_corners() -> None:
    points = DomainPoints(["a", "b", "c"], LOG)
    for column in points.columns.values():
        assert column.min() == pytest.approx(0.2)
        assert column.max() == pytest.approx(5)
        assert np.histogram(np.log(column[:200]), bins=5)[0].min() >= 35
