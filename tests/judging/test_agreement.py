"""Formulas compared with many digits: equal, different, or not to be told by so many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from judge_parts import NEVER, OVER, REAL, TWO, Limits, paired, parsed
from strategies import SMOOTH, expressions, tame_number

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.agreement import HighPrecisionCheck
from srbench_lite.judging.cpu_deadline import OutOfTimeError
from srbench_lite.judging.high_precision import PreciseFormula, UndefinedError, with_digits
from srbench_lite.judging.pair import Pair
from srbench_lite.problems.sampling import Sampling


def checked(pair: Pair, holes: list[list[float]] | None = None) -> HighPrecisionCheck:
    where = np.array(holes) if holes else np.zeros((0, len(pair.domain.names)))
    return HighPrecisionCheck(pair=pair, size=1.0, holes=where)


def agreed(found: str, truth: str, limits: Limits = REAL, *, digits: int = 80, last: bool = False) -> bool | None:
    pair = paired(found, truth, limits)
    formula = PreciseFormula(parsed(found), pair.domain.names)
    with_digits(digits)
    with np.errstate(all="ignore"):
        return checked(pair).compare(formula, formula.constants(), digits, last=last).equal


@pytest.mark.parametrize(
    ("found", "truth", "limits", "digits", "last", "expected"),
    [
        ("sin(x)**2 + cos(x)**2", "1", REAL, 80, False, True),
        ("x*(1 + 1e-10)", "x", REAL, 80, False, False),
        ("x + y", "x + y*(1 + 1e-15)", TWO, 80, False, False),
        # 1e-30 of the value is more than a quarter of 80 digits forgives, but far from what settles it
        ("x + x*1e-15*1e-15", "x", REAL, 80, False, None),
        ("x + x*1e-15*1e-15", "x", REAL, 320, False, False),
        ("x + x*1e-35*1e-35", "x", REAL, 80, False, True),
        ("x + x*1e-35*1e-35", "x", REAL, 320, False, False),
        ("x + x*1e-75*1e-75", "x", REAL, 320, False, None),
        # the same on the domain, but not beyond it: branches, which no number of digits settles
        ("asin(sin(x))", "x", {"x": (-1.0, 1.0)}, 80, False, None),
        ("asin(sin(x))", "x", {"x": (-1.0, 1.0)}, 1280, True, True),
        ("asin(sin(x))", "x", REAL, 80, False, False),
        # the same to 80 digits on the domain, another thing beyond it, and made of functions without branches
        ("x + exp(30*(x - 9))", "x", {"x": (-1.0, 1.0)}, 80, False, None),
        ("x + exp(30*(x - 9))", "x", {"x": (-1.0, 1.0)}, 80, True, False),
        ("x + exp(30*(x - 9))", "x", {"x": (-1.0, 1.0)}, 1280, False, False),
        # made of pieces: the boxes beyond are not looked at, those within are
        ("max(x, -5)", "x", REAL, 80, False, True),
        ("max(x, -2.9)", "x", REAL, 80, False, False),
        ("abs(x)", "x", {"x": (0.0, 3.0)}, 80, False, True),
        ("max(abs(x), 1e-4)", "abs(x)", REAL, 80, False, False),  # seen near zero only, and not in the corners
        ("sign(x - 1e-5)", "1", {"x": (0.0, 3.0)}, 80, False, False),  # seen near zero only
        ("x + max(0, x + y - 1.9999)", "x", {"x": (0.0, 1.0), "y": (0.0, 1.0)}, 80, False, False),  # in a corner only
        # digits that are not there say nothing
        ("cosh(x)**2 - sinh(x)**2", "1", {"x": (900.0, 999.0)}, 80, False, None),
        ("cosh(x)**2 - sinh(x)**2", "1", {"x": (19.0, 19.9)}, 80, False, None),
        ("sin(exp(x))", "cos(exp(x))", {"x": (300.0, 400.0)}, 80, False, None),
        ("x", "log(x - 5)", REAL, 80, False, None),
        ("2*3", "6", {}, 80, False, True),
        ("0.1 + 0.2", "0.3", {}, 80, False, True),
        ("2*3.01", "6", {}, 80, False, False),
    ],
)  # fmt: skip
def test_agreement(found: str, truth: str, limits: Limits, digits: int, last: bool, expected: bool | None) -> None:
    assert agreed(found, truth, limits, digits=digits, last=last) is expected


@settings(max_examples=40)
@given(expressions(operators=SMOOTH, constants=tame_number), st.sampled_from((80, 320)))
def test_a_formula_agrees_with_itself_and_not_with_twice_itself(formula: Expression, digits: int) -> None:
    domain = {name: Sampling(low=0.5, high=2.0) for name in "xy"}
    values = formula({"x": np.array([0.7, 1.3]), "y": np.array([1.1, 0.6])})
    for truth, expected in ((formula, (True, None)), (2 * formula, (False, None))):
        assume((np.abs(values) > 1e-3).all() or truth is formula)
        pair = Pair.of(formula, truth, domain, NEVER)
        found = PreciseFormula(formula, pair.domain.names)
        with_digits(digits)
        with np.errstate(all="ignore"):
            assert checked(pair).compare(found, found.constants(), digits, last=False).equal in expected


@pytest.mark.parametrize(
    ("found", "truth", "limits"),
    [
        ("x*y + (y + 1e100 - 1e100)", "x*y", TWO),
        ("x + 1e100 - 1e100", "0", REAL),
        ("x + sin(x) + 1e200 - 1e200", "0", REAL),
    ],
)
def test_an_agreement_by_digits_that_are_lost_is_none(found: str, truth: str, limits: Limits) -> None:
    assert agreed(found, truth, limits) is not True


def test_the_answer_says_what_it_stands_on() -> None:
    pair = paired("sin(x)**2 + cos(x)**2", "1")
    formula = PreciseFormula(parsed("sin(x)**2 + cos(x)**2"), pair.domain.names)
    agreement = checked(pair).compare(formula, formula.constants(), 80, last=False)
    assert agreement.equal
    assert agreement.by == "16 points, 80 digits, up to 1e+07 times the domain"


def test_a_hole_is_an_error_and_holes_given_are_looked_at() -> None:
    with pytest.raises(UndefinedError):
        agreed("x + 0*log(x)", "x")
    pair = paired("x + 0*log(x + 2.999)", "x")
    formula = PreciseFormula(parsed("x + 0*log(x + 2.999)"), pair.domain.names)
    check = checked(pair, [[-2.9995]])
    with pytest.raises(UndefinedError):
        check.compare(formula, formula.constants(), 80, last=False)


def test_comparison_ends_in_time() -> None:
    pair = paired("x", "x", deadline=OVER)
    formula = PreciseFormula(parsed("x"), pair.domain.names)
    with pytest.raises(OutOfTimeError):
        checked(pair).compare(formula, [], 80, last=False)
