"""Parts of truths that points in float64 cannot show, with their size; and parts that they show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench_lite.checking.domain_points import corners_of, domain_points
from srbench_lite.checking.hidden_terms import hidden_terms
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task


def found(truth, **domain):
    variables = {name: Sampling(low=low, high=high, sampling="log") for name, (low, high) in domain.items()}
    task = Task(name="s/t", suite="s", truth=Expression.parse(truth), variables=variables)
    return hidden_terms(task, np.concatenate([domain_points(task), corners_of(task)]))


SPEEDS = {"v": (1e-3, 1e-1), "m": (1.0, 10.0)}

#: Truth, domain, the part that is hidden, and the largest change of y by hand: of v = 0.1, c = 3e8.
HIDDEN = [
    ("m/sqrt(1 - v**2/3e8**2)", SPEEDS, "1 - v**2/300000000**2", (0.1 / 3e8) ** 2 / 2),
    ("m*(1 + v)", {"v": (1e-18, 1e-16), "m": (1, 10)}, "1 + v", 1e-16),
    ("sin(x)*y", {"x": (1e-12, 1e-9), "y": (1, 10)}, "sin(x)", 1e-18 / 6),
    ("1/(exp(x) + 1)", {"x": (50, 90)}, "exp(x) + 1", 1.9287e-22),  # exp(-50)
    ("tanh(x)*y", {"x": (30, 90), "y": (1, 10)}, "tanh(x)", 1.7513e-26),  # 2*exp(-60)
    ("max(x, y)", {"x": (10, 20), "y": (1, 2)}, "max(x, y)", 0.0),
    ("y*cos(x)", {"x": (1e-9, 1e-5), "y": (1, 2)}, "cos(x)", 1e-20 / 24),
    ("y*sqrt(1 + x)", {"x": (1e-12, 1e-9), "y": (1, 2)}, "sqrt(1 + x)", 1e-18 / 8),
]


@pytest.mark.parametrize(("truth", "domain", "part", "size"), HIDDEN, ids=[case[0] for case in HIDDEN])
def test_a_part_that_no_point_shows_is_named_with_its_size(truth, domain, part, size):
    (term,) = [term for term in found(truth, **domain) if not term.seen]
    assert str(term.part) == part
    assert term.size == pytest.approx(size, rel=0.05)


SHOWN = [
    ("m/sqrt(1 - v**2/c**2)", {"v": (1, 2), "m": (1, 5), "c": (3, 10)}),
    ("x + 1e-7*y", {"x": (1, 2), "y": (1, 2)}),
    ("x1**4 + x1**3 + x1**2 + x1", {"x1": (1e-3, 1.0)}),
    ("exp(x) - 1", {"x": (1e-3, 1.0)}),
    ("max(x, y)", {"x": (1, 20), "y": (1, 20)}),
    ("floor(x*sin(max(y, 3)))", {"x": (1, 5), "y": (1, 5)}),  # seen where the truth is zero
    ("sin(x)", {"x": (1e-9, 1.0)}),
    ("-2.5", {"x": (1, 2)}),
]


@pytest.mark.parametrize(("truth", "domain"), SHOWN, ids=[case[0] for case in SHOWN])
def test_what_points_show_is_not_named(truth, domain):
    assert found(truth, **domain) == []


def test_what_points_can_hardly_show_is_named_as_seen():
    (term,) = found("y + 1/(1 + x)", x=(1e-13, 1e-12), y=(1, 2))
    assert term.seen
    assert str(term) == "the term x of 1 + x changes y by at most 5e-13 of itself"


def test_rounding_hides_what_float64_would_show():
    """exp(x) - 1 of x = 1e-12 is right to four digits only: the next term, 5e-13, is no difference in points."""
    (term,) = found("1/(exp(x) - 1)", x=(1e-13, 1e-11))
    assert not term.seen
    assert str(term) == "exp(x) looks like 1 + x: the rest changes y by at most 5e-12 of itself"


@settings(max_examples=20)
@given(exponent=st.integers(-30, -3), sign=st.sampled_from("+-"), place=st.sampled_from(["y {} {}*x", "y*(3 {} {}*x)"]))
def test_a_planted_term_is_hidden_exactly_where_it_is_below_the_rounding(exponent, sign, place):
    """x and y lie between 1 and 2: the term is at most 2e-k of y, and at least a twelfth of that at every point."""
    truth = place.format(sign, f"1e{exponent}")
    terms = found(truth, x=(1, 2), y=(1, 2))
    hidden = [term for term in terms if not term.seen]
    if exponent <= -16:
        assert [str(term.part.args[1]) for term in hidden] == [f"1e{exponent}*x"]
    elif exponent >= -14:
        assert hidden == []
    if exponent != -9:  # at -9 the size is on both sides of the limit, 1e-9
        assert bool(terms) == (exponent < -9)
