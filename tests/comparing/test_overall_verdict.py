"""`verdict_of`: the sentence in every case that there is."""

from __future__ import annotations

import pytest

from srbench_lite.comparing.overall_verdict import Leader, amount, verdict_of
from srbench_lite.comparing.statistics import Interval
from srbench_lite.comparing.wins import Duel


def said(
    *means: tuple[str, float, int], lead: float = 0.2, half: float = 0.1, metric: str = "recovery", suites: int = 3
):
    """Return what is said of methods with a mean and a first possible rank; the second trails the first by `lead`."""
    leaders = [
        Leader(name, value, Interval(value - 0.05, value + 0.05), (first, len(means))) for name, value, first in means
    ]
    second = means[1][0] if len(means) > 1 else ""
    duel = Duel(
        method=means[0][0], other=second, wins=3, losses=1, ties=0, difference=lead,
        interval=Interval(lead - half, lead + half), p_value=0.5,
    ) if second else None  # fmt: skip
    return verdict_of(metric, leaders, [[None, duel]], [f"suite{k}" for k in range(suites)])


def test_one_that_is_surely_best():
    assert said(("a", 0.8, 1), ("b", 0.6, 2)) == (
        "a is best: it recovers 80.0 % (95 %: 75.0 to 85.0) over 3 suites, 20.0 points (95 %: 10.0 to 30.0) more than "
        "b, the next."
    )


def test_a_sure_lead_that_does_not_matter_is_called_so():
    text = said(("a", 0.8, 1), ("b", 0.78, 2), lead=0.02, half=0.01)
    assert text.endswith("more than b, the next; that is sure, and less than the 3.0 points that matter.")


def test_several_that_may_be_best():
    assert said(("a", 0.8, 1), ("b", 0.75, 1), ("c", 0.2, 3), lead=0.05) == (
        "Best is one of a and b, and which of them cannot be said: a recovers 80.0 % (95 %: 75.0 to 85.0) over 3 "
        "suites, 5.0 points (95 %: -5.0 to 15.0) more than b."
    )
    many = [(f"m{k}", 0.5, 1) for k in range(6)]
    assert said(*many, ("z", 0.1, 7), lead=0.0, suites=1) == (
        "Best is one of m0, m1, m2 and 3 others, and which of them cannot be said: m0 recovers 50.0 % (95 %: 45.0 to "
        "55.0) in suite0, as much as m1."
    )


def test_nothing_can_be_said():
    text = said(("a", 0.8, 1), ("b", 0.75, 1), lead=0.05)
    assert text.startswith("None can be called best: a recovers 80.0 %")
    assert text.endswith("more than b, and no method is surely behind another one.")


def test_one_method_or_none():
    assert said(("a", 0.8, 1)) == (
        "a recovers 80.0 % (95 %: 75.0 to 85.0) over 3 suites; no other method ran on every task, so there is none to "
        "compare it with."
    )
    assert verdict_of("recovery", [], [], ["x", "y"]) == "No method ran on every task over 2 suites, so none is ranked."


def test_accuracy_is_in_digits():
    text = said(("a", 2.5, 1), ("b", 1.5, 2), lead=1.0, metric="accuracy")
    assert "has 2.50 digits of accuracy (95 %: 2.45 to 2.55) over 3 suites, 1.00 digits (95 %: 0.90 to 1.10)" in text


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [("recovery", -1e-9, "0.0"), ("recovery", 0.1234, "12.3"), ("recovery", -0.02, "-2.0"), ("accuracy", 1.005, "1.00"),
     ("accuracy", -0.001, "0.00")],
)  # fmt: skip
def test_amounts(metric, value, text):
    assert amount(metric, value) == text
