"""`formula_classes`: one formula under any names and ways of writing, and no two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.comparing.formula_class import _MAX_FLOAT_GAP, _are_near, formula_classes
from srbench_lite.expressions.expression import Expression

SAME = [
    ("x1**4 + x1**3 + x1**2 + x1", "a*(1 + a*(1 + a + a**2))"),  # Nguyen-2, Koza-1 and Neat-1
    ("6*sin(x1)*cos(x2)", "6.0*cos(p)*sin(q)"),  # Keijzer-13 is Vladislavleva-6, with the variables the other way
    ("2 - 2.1*cos(9.8*x1)*sin(1.3*x2)", "2 - 2.1*cos(9.8*x1)*sin(1.3*x5)"),  # Neat-7 and Korns-12
    ("exp(-theta**2/2)/sqrt(2*pi)", "exp((-1)*(v1**2)/2)/sqrt(2*3.1415926535897)"),
    ("q1*q2/(4*pi*epsilon*r**2)", "b*a/(r*r*c*4*pi)"),
    ("(exp(x) - exp(-x))/2", "sinh(t)"),
    ("log(x1 + 1) + log(x1**2 + 1)", "log((y + 1)*(1 + y**2))"),
    ("a*b + c*d + e1*f", "d*c + f*b + a*e1"),
    ("m_0/sqrt(1 - v**2/c**2)", "a/sqrt((1 - b/d)*(1 + b/d))"),
    ("v1/sqrt(1 - v2**2/2.99792458e8**2)", "x/sqrt(1 - (y/299792458)**2)"),
    ("asin(n*sin(t))", "asin(sin(a)*b)"),
    ("sqrt(x - 40)*y", "p*sqrt(q - 40)"),  # no value near one
    ("3.0", "6/2"),
]
DIFFERENT = [
    ("2*x", "3*x"),
    ("x", "x*y"),
    ("x - y", "x + y"),
    ("a*b**2*c", "a*b*c"),
    ("x**3 + x", "x**3 + x**2"),
    ("0.2*x1**3 + 0.5*x2**3", "0.2*x1**3 + 1.5*x2**3"),  # the two readings of Jin-3
    ("x*(1 + y/1e20)", "x*(1 + y/2e20)"),  # the same in float64
    ("2*sin(x - 4)*(y - 4)", "2*sin((x - 4)*(y - 4))"),  # the two readings of Vladislavleva-7
    ("1/3 + x", "0.3333333333333333 + x"),
]


def is_one(*texts):
    return len(set(formula_classes(texts).values())) == 1


@pytest.mark.parametrize(("one", "other"), SAME, ids=[one for one, _ in SAME])
def test_one_formula(one, other):
    assert is_one(one, other)
    assert is_one(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=[f"{one} and {other}" for one, other in DIFFERENT])
def test_two_formulas(one, other):
    assert not is_one(one, other)


def test_asking_again_is_asking_for_the_first_time():
    texts = ["x + y", "2*x", "b + a"]
    first = formula_classes(texts)
    kept = dict(first)
    first.clear()
    assert formula_classes(texts) == kept


numbers = st.floats() | st.sampled_from([0.0, -0.0, 1.0, 1.0 + 5e-8, 1.0 - 2e-7, 1e308, -1e308, 5e-324])


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=20))
def test_values_are_near_where_numpy_says_so(pairs):
    values, wanted = np.array(pairs).T
    with np.errstate(all="ignore"):
        expected = np.isclose(values, wanted, rtol=_MAX_FLOAT_GAP, atol=0.0)
    assert (_are_near(values, wanted) == expected).all()


def test_the_first_stands_for_all():
    texts = ["x + y", "2*x", "b + a", "y*2", "x +", "x + y"]
    assert formula_classes(texts) == {"x + y": "x + y", "2*x": "2*x", "b + a": "x + y", "y*2": "2*x", "x +": "x +"}
    assert formula_classes([]) == {}


def test_a_huge_text_stands_for_itself():
    huge = " + ".join(f"x**{k}" for k in range(1, 300))
    assert formula_classes([huge, huge.replace("x", "y")]) == {
        huge: huge,
        huge.replace("x", "y"): huge.replace("x", "y"),
    }


def test_of_nine_variables_the_order_of_appearance_decides():
    law = "G*m1*m2/((x2 - x1)**2 + (y2 - y1)**2 + (z2 - z1)**2)"
    renamed = "a*b*c/((d - e1)**2 + (f - g)**2 + (h - i)**2)"
    assert is_one(law, renamed)
    assert not is_one(law, renamed.replace("h - i", "h + i"))


@given(st.permutations(["x", "y", "z"]))
def test_no_order_of_the_variables_matters(names):
    truth = Expression.parse("x**2*sin(y) - 3*z/(1 + x)")
    new = dict(zip("xyz", map(Expression.variable, names), strict=True))
    assert is_one(str(truth), str(truth.substitute(new)))
