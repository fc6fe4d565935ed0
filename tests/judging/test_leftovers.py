"""Parts of a found formula that a constant makes vanish by growing."""

from __future__ import annotations

import numpy as np
import pytest
from judge_parts import REAL, Limits, paired, parsed

from srbench_lite.judging.leftovers import without_leftovers


def rests(found: str, limits: Limits = REAL) -> list[tuple[str, float]]:
    with np.errstate(all="ignore"):
        return [(str(rest.formula), rest.effect) for rest in without_leftovers(paired(found, "sin(x)", limits))]


@pytest.mark.parametrize(
    ("found", "left"),
    [
        ("sin(x) + x/41510000000000.0", "sin(x) + 0"),
        ("sin(x)*exp(x**3/1.3e12)", "sin(x)*exp(0)"),
        ("sin(x)*1.3e12/(1.3e12 + x**3)", "sin(x)*1300000000000/(1300000000000 + 0)"),
        ("sin(x)*cos(x/5e7)", "sin(x)*cos(0)"),
        ("sin(x)*2.5**(x/5e12)", "sin(x)*2.5**0"),
        ("sin(x) - tanh(x/5e12)*x", "sin(x) - 0"),
        ("sin(x) + log(1 + x**2/5e12)", "sin(x) + 0"),
        ("sin(x + exp(x - 90.5))", "sin(x + 0)"),
    ],
)
def test_what_grows_without_end_is_left_out(found: str, left: str) -> None:
    ((rest, effect),) = rests(found)
    assert rest == left
    assert 0 <= effect < 1e-9


def test_what_recovered_allows_comes_after_what_exact_allows() -> None:
    exact, recovered = rests("sin(x) + x/2.5e5 + x**2/1e13")
    assert exact[0] == "sin(x) + x/250000 + 0"
    assert recovered[0] == "sin(x) + 0 + 0"
    assert exact[1] < 1e-9 < recovered[1] < 1e-3


@pytest.mark.parametrize(
    "found",
    [
        "sin(x) + x/200",  # it matters
        "sin(x) + x**9/900",  # small whole numbers are meant
        "sin(x) + 2.5*x",
        "2.5e13*x + sin(x)",  # the part without a constant is the smaller one
        "sin(x)/1e13",  # a factor, beside nothing
        "sin(x) + 1e-5/(x - 1.2345)",  # a pole: somewhere it matters
        "sin(x) + exp(-((x - 1.234)/0.0001)**2)*2.5",  # a bump: somewhere it matters
        "sin(x)",
    ],
)
def test_what_matters_or_is_meant_stays(found: str) -> None:
    assert rests(found) == []


def test_what_units_hide_stays() -> None:
    charges = {"x": (1.0, 2.0), "q": (1e-19, 1e-18)}
    assert rests("sin(x) + q/150.5", charges) == []
    assert rests("sin(x)*(1 + q/7.5)", charges) == []
    assert len(rests("sin(x) + q/41500", charges)) == 1  # small in any units
    distances = {"x": (1.0, 2.0), "r": (1e9, 1e12)}
    assert rests("r**2.5 + 1.5*sin(x)", distances) == []
    assert len(rests("r**2.5 + sin(x)/41500", distances)) == 1


def test_the_truth_is_not_changed() -> None:
    pair = paired("sin(x) + x/4e13", "sin(x) + x/4e13")
    with np.errstate(all="ignore"):
        without_leftovers(pair)
    assert pair.truth == parsed("sin(x) + x/4e13")
