"""Poles of truths inside their domains, and what looks like one."""

from __future__ import annotations

import pytest

from srbench_lite.checking.poles import pole_of
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.sampling import Sampling

BOTH = Sampling(low=1e-3, high=1.0, sampling="log", sign="both")
WHOLE = Sampling(low=1, high=9, sampling="integer")


def line(low, high):
    return Sampling(low=low, high=high)


POLES = [
    ("x/y", {"x": line(-50, 50), "y": line(-50, 50)}, "y", True),
    ("1/(x - 1)**2", {"x": line(0, 3)}, "x - 1", True),
    ("x**2*y**2/(x + y)", {"x": line(-10, 10), "y": line(-10, 10)}, "x + y", True),
    ("tan(x)", {"x": line(0, 3)}, "cos(x)", True),
    ("(x - 2)**-1", {"x": line(0, 3)}, "x - 2", True),
    ("1/(g - 1)*p", {"g": line(1, 2), "p": line(1, 2)}, "g - 1", False),
    ("1/(g - 1)", {"g": Sampling(low=1, high=100, sampling="log")}, "g - 1", False),
    ("1/(g + 1)", {"g": Sampling(low=1, high=100, sampling="log", sign="both")}, "g + 1", False),
    ("1/sqrt(x)", {"x": line(0, 2)}, "x", False),
    ("1/(x**2 - y**2)", {"x": BOTH, "y": BOTH}, "x**2 - y**2", True),
    ("n/(x - 2)", {"n": WHOLE, "x": line(1, 3)}, "x - 2", True),
]
NONE = [
    ("sin(x)/x", {"x": line(-10, 10)}),  # removable
    ("log(x)", {"x": line(0, 2)}),  # grows too slowly
    ("1/x", {"x": BOTH}),  # the domain leaves zero out
    ("1/(x - y)", {"x": line(3, 5), "y": line(1, 2)}),
    ("1/(1 + x**2)", {"x": line(-5, 5)}),
    ("x*y", {"x": line(-5, 5), "y": line(-5, 5)}),
    ("sin(x*y/2)**2/sin(y/2)**2*x", {"x": line(1, 5), "y": line(1, 5)}),
    ("(exp(x) - 1)/x", {"x": line(-1, 1)}),
    ("x/3", {"x": line(-1, 1)}),
    ("1/(n - 4.5)", {"n": WHOLE}),
]


@pytest.mark.parametrize(("truth", "domain", "divisor", "inside"), POLES, ids=[case[0] for case in POLES])
def test_a_pole_is_found(truth, domain, divisor, inside):
    pole = pole_of(Expression.parse(truth), domain)
    assert pole is not None
    assert (str(pole.divisor), pole.inside) == (divisor, inside)
    assert set(pole.at) == set(pole.divisor.variables)


@pytest.mark.parametrize(("truth", "domain"), NONE, ids=[case[0] for case in NONE])
def test_what_is_no_pole_is_not_found(truth, domain):
    assert pole_of(Expression.parse(truth), domain) is None


def test_the_place_is_said():
    pole = pole_of(Expression.parse("y/(x - 2)"), {"x": line(0, 3), "y": line(0, 1)})
    assert str(pole) == "x - 2 is zero inside the domain, such as at x = 2"
