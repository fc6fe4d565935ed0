"""The parts of the judge, each by itself: constants that move, gradients, solvers, stray terms, points, comparison."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import SMOOTH, expressions, tame_number

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.gradient import Gradient
from srbench_lite.judging import high_precision as precision
from srbench_lite.judging.alignment import closest, independent, root_mean_square, snap
from srbench_lite.judging.certification import Comparison
from srbench_lite.judging.free_constants import gathered, is_short, movable, tied, whole_exponents
from srbench_lite.judging.gauss_newton import polish_exactly
from srbench_lite.judging.high_precision import (
    OutOfReachError,
    OutOfTimeError,
    PreciseFormula,
    UndefinedError,
    with_digits,
)
from srbench_lite.judging.high_precision_gradient import PreciseGradient
from srbench_lite.judging.negligible_terms import StrayTerms
from srbench_lite.judging.sample_points import FEWEST_POINTS, Reference
from srbench_lite.problems.sampling import Sampling

Limits = Mapping[str, tuple[float, float]]

NEVER = math.inf
REAL = {"x": (-3.0, 3.0)}
ABOVE = {"x": (0.1, 3.0)}
TWO = {"x": (0.1, 3.0), "y": (0.1, 2.0)}


def parsed(text: str) -> Expression:
    return Expression.parse(text)


def compared(found: str, truth: str, limits: Limits = REAL, *, deadline: float = NEVER) -> Comparison:
    domain = {name: Sampling(low=low, high=high) for name, (low, high) in limits.items()}
    return Comparison(parsed(found), parsed(truth), domain, deadline)


def referred(found: str, truth: str, limits: Limits = REAL, *, constants: int = 0) -> Reference:
    with np.errstate(all="ignore"):
        return Reference(parsed(found), parsed(truth), compared(found, truth, limits), constants)


def settled(found: str, truth: str, limits: Limits = REAL) -> Reference:
    reference = referred(found, truth, limits)
    with np.errstate(all="ignore"):
        reference.settle_on_points()
    return reference


# --- which constants may move -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numbers", "places"),
    [
        ((), []),
        ((1.234,), [0]),
        ((1.234, 5.678), [0, 1]),
        ((1.234, 5.678, 1.235), [0, 1, 0]),
        ((5.678, 1.235, 5.679, 1.234), [0, 1, 0, 1]),
        ((1.234, -1.234), [0, 1]),
        ((-1.234, -1.235), [0, 0]),
        ((2.0, 2.0), [0, 1]),  # numbers of few digits are meant as they are
        ((0.5, 0.501, 0.5), [0, 1, 2]),
        ((1.234, 1.27), [0, 1]),  # 3 % apart
        ((1.0001, 1.0149, 1.0298), [0, 0, 1]),  # no chains: the third is near the second only
        ((1.234e-300, 1.235e-300), [0, 0]),
        ((0.0, 1.234e-300), [0, 1]),
    ],
)
def test_nearly_equal_numbers_of_many_digits_are_tied(numbers: Sequence[float], places: list[int]) -> None:
    assert tied(numbers) == places


@given(st.lists(st.floats(-1e3, 1e3), max_size=12))
def test_ties_are_between_neighbours_and_numbered_as_they_come(numbers: list[float]) -> None:
    places = tied(numbers)
    assert list(dict.fromkeys(places)) == list(range(len(set(places))))
    for place in set(places):
        group = [n for n, p in zip(numbers, places, strict=True) if p == place]
        assert len(group) == 1 or not any(map(is_short, group))
        assert max(group) - min(group) <= 0.02 * max(map(abs, group))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2.01*3.01*x", "6.0501*x"),
        ("x + 1e30 + 1 - 1e30", "x + 1e30 + 1 - 1e30"),  # ((x + 1e30) + 1) - 1e30: no part without x
        ("x + (1e30 + 1 - 1e30)", "x + 1"),
        ("pi*x", f"{math.pi!r}*x"),
        ("x + cos(0)", "x + 1"),
        ("x**(1/2)", "x**0.5"),
        ("sin(x)*y", "sin(x)*y"),
        ("1/0 + x", "1/0 + x"),
        ("x*log(-(1 + 1))", "x*log(-2)"),
        ("x + 9**9**9**9", f"x + 9**9**{float(9**9)!r}"),
        ("0.1 + 0.2", "0.3"),
        ("x + 1e200*1e200", "x + 1e200*1e200"),  # no float64
    ],
)
def test_parts_without_variables_become_one_number(before: str, after: str) -> None:
    assert gathered(parsed(before)) == parsed(after)


@given(expressions(constants=tame_number, operators=SMOOTH))
def test_gathering_changes_no_value(formula: Expression) -> None:
    less = gathered(formula)
    assert len(less.constants) <= len(formula.constants) + str(formula).count("pi") + str(formula).count("e")
    assert all(node.is_constant or node.is_variable or node.variables for node in less.postorder())
    columns = {"x": np.array([0.3, 1.7]), "y": np.array([-0.4, 0.9])}
    was, now = formula(columns), less(columns)
    assume((np.abs(was) < 1e6).all())
    assert np.allclose(was, now, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x**(1.2 + 0.8)", "x**2"),
        ("x**(1 + 1)**(0.5 + 0.5)", "x**2"),
        ("x**(1.2 + 0.7)", "x**(1.2 + 0.7)"),
        ("x**2", "x**2"),
        ("x**(x - x)", "x**(x - x)"),
        ("x**(1/0)", "x**(1/0)"),
        ("sin(x**-(1 + 1))*(1 + 1)", "sin(x**(-2))*(1 + 1)"),
        ("(1 + 1)**x", "(1 + 1)**x"),
        ("x**9**9**9**9", f"x**9**9**{float(9**9)!r}"),
    ],
)
def test_exponents_that_are_whole_are_written_so(before: str, after: str) -> None:
    with np.errstate(all="ignore"):
        assert whole_exponents(parsed(before)) == parsed(after)


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("2*x + 3", [True, True]),
        ("2*x**3", [True, True]),
        ("2*(x - 1)**3", [True, True, False]),  # negative bases
        ("(x - 1)**(2*3) + 4", [True, False, False, True]),
        ("2**x", [True]),
        ("2**3*x", [True, False]),  # a power of numbers
        ("(-2)**x", [True]),
        ("(x - 1)**(2*x) + 0.5", [True, False, True]),
        ("(x + 1)**(y - 1.5)", [True, True]),
        ("log(x - 1)**2.5", [True, False]),  # undefined somewhere
        ("((x - 1)**2)**1.5*7", [True, False, False, True]),  # zero at x = 1
        ("x**y", []),
    ],
)
def test_exponents_of_what_may_be_negative_do_not_move(text: str, free: list[bool]) -> None:
    columns = {"x": np.array([0.5, 1.0, 2.0]), "y": np.array([1.0, 2.0, 3.0])}
    assert movable(parsed(text), columns).tolist() == free


# --- gradients ----------------------------------------------------------------------------------------------------

POINTS = np.array([[0.3, -0.4], [1.7, 0.9], [-2.2, 2.5]])
COLUMNS = {"x": POINTS[:, 0], "y": POINTS[:, 1]}


def both(formula: Expression, places: Sequence[int] | None = None) -> tuple[Gradient, PreciseGradient]:
    every = list(range(len(formula.constants))) if places is None else places
    return Gradient(formula, COLUMNS, places), PreciseGradient(formula, ("x", "y"), POINTS, every, NEVER)


def check_the_same(formula: Expression, places: list[int] | None, constants: Sequence[float]) -> None:
    plain, precise = both(formula, places)
    assert plain.k == precise.k == len(constants)
    free = range(0, plain.k, 2)
    y, slopes = plain.jacobian(constants, free)
    assume(np.isfinite(y).all() and np.isfinite(slopes).all() and np.max(np.abs(y), initial=0.0) < 1e6)
    y_precise, slopes_precise = precise.jacobian(constants, free)
    scale = 1.0 + np.max(np.abs(slopes), initial=0.0)
    assert np.allclose(y_precise, y, rtol=1e-7, atol=1e-7)
    assert np.array_equal(precise.value(constants), y_precise)
    assert np.array_equal(plain.value(constants), y)
    assert np.allclose(slopes_precise, slopes, rtol=1e-6, atol=1e-6 * scale)
    assert not slopes[:, 1::2].any()
    assert not slopes_precise[:, 1::2].any()


@settings(max_examples=80)
@given(expressions(operators=(*SMOOTH, "exp", "cosh", "sinh"), constants=tame_number))
def test_the_two_gradients_are_the_same_on_tame_formulas(formula: Expression) -> None:
    check_the_same(formula, None, formula.constants)


@settings(max_examples=60)
@given(expressions(operators=SMOOTH, constants=tame_number), st.data())
def test_the_two_gradients_share_constants_alike(formula: Expression, data: st.DataObject) -> None:
    raw = [data.draw(st.integers(0, 2)) for _ in formula.constants]
    order = list(dict.fromkeys(raw))
    places = [order.index(place) for place in raw]
    check_the_same(formula, places, [0.7, -1.3, 2.1][: len(order)])


@pytest.mark.parametrize(
    "text",
    ["x**2.5", "2.5**y", "1.5/x", "tan(0.5*x)", "asin(0.2*x)", "acos(0.2*x)", "sqrt(2.5*x)", "log(1.5*x)", "abs(1.5*x)",
     "min(1.5*x, y)", "max(1.5*x, 0.5)", "sign(1.5*x)", "(1.5*x)**(0.5*y)", "exp(0.3*x)/cosh(0.2*y)"],
)  # fmt: skip
def test_every_rule_of_differentiation(text: str) -> None:
    formula = parsed(text)
    points = np.array([[0.3, -0.4], [1.7, 0.9], [2.2, 2.5]])
    plain = Gradient(formula, {"x": points[:, 0], "y": points[:, 1]})
    precise = PreciseGradient(formula, ("x", "y"), points, list(range(plain.k)), NEVER)
    every = range(plain.k)
    for one, two in zip(plain.jacobian(formula.constants, every), precise.jacobian(formula.constants, every),
                        strict=True):  # fmt: skip
        assert np.allclose(one, two, rtol=1e-12, atol=1e-14)


def test_shared_constants_add_their_derivatives() -> None:
    formula = parsed("2.5*x + 7*y + 2.5")
    for gradient in both(formula, [0, 1, 0]):
        assert gradient.k == 2
        y, slopes = gradient.jacobian([3.0, 5.0], [0, 1])
        assert np.allclose(y, 3 * POINTS[:, 0] + 5 * POINTS[:, 1] + 3)
        assert np.allclose(slopes, np.column_stack([POINTS[:, 0] + 1, POINTS[:, 1]]))


def test_the_precise_gradient_where_digits_cancel() -> None:
    formula = parsed("exp(1e-12*x) - 1")
    plain, precise = both(formula)
    x = POINTS[:, 0]
    c = 1e-12
    y, slopes = precise.jacobian(formula.constants, [0, 1])
    assert np.allclose(y, np.expm1(c * x), rtol=1e-15, atol=0)
    assert np.allclose(slopes[:, 0], x * np.exp(c * x), rtol=1e-11, atol=0)  # half of the 50 digits, less 12
    assert np.allclose(slopes[:, 1], -1.0, rtol=1e-15, atol=0)
    assert not np.allclose(plain.value(formula.constants), y, rtol=1e-6, atol=0)  # what it is for


def test_the_precise_gradient_at_a_constant_of_zero() -> None:
    _, precise = both(parsed("0*x + cos(0*y)"))
    _, slopes = precise.jacobian([0.0, 0.0], [0, 1])
    assert np.allclose(slopes[:, 0], POINTS[:, 0], rtol=1e-15)
    assert np.allclose(slopes[:, 1], 0.0, atol=1e-20)


def test_steps_go_by_the_size_of_the_constant() -> None:
    formula = parsed("sin(1e40*(1e-40*x))")
    for gradient in both(formula):
        _, slopes = gradient.jacobian(formula.constants, [1])
        assert np.allclose(slopes[:, 1], 1e40 * POINTS[:, 0] * np.cos(POINTS[:, 0]), rtol=1e-12, atol=0)


def test_the_derivative_of_tanh_where_it_is_nearly_one() -> None:
    formula = parsed("tanh(15*x)")
    plain, precise = (gradient.jacobian(formula.constants, [0])[1][:, 0] for gradient in both(formula))
    x = POINTS[:, 0]
    true = x / np.cosh(15 * x) ** 2
    assert np.allclose(plain, true, rtol=1e-9, atol=0)  # down to 2e-28
    assert np.allclose(precise, true, rtol=1e-9, atol=1e-24)  # differences of 50 digits: 25 of the value are left


def test_the_precise_gradient_where_nothing_is_defined() -> None:
    formula = parsed("1.5*log(x)")
    _, precise = both(formula)
    y, slopes = precise.jacobian(formula.constants, [0])
    assert np.isnan(y).tolist() == np.isnan(slopes[:, 0]).tolist() == [False, False, True]
    assert np.isnan(precise.value(formula.constants)).tolist() == [False, False, True]


def test_the_precise_gradient_without_constants_and_in_time() -> None:
    y, slopes = both(parsed("x*y"))[1].jacobian([], [])
    assert slopes.shape == (3, 0)
    assert np.allclose(y, POINTS[:, 0] * POINTS[:, 1])
    late = PreciseGradient(parsed("2*x"), ("x", "y"), POINTS, [0], time.perf_counter() - 1)
    with pytest.raises(OutOfTimeError):
        late.value([2.0])
    with pytest.raises(OutOfTimeError):
        late.jacobian([2.0], [0])


# --- values with many digits --------------------------------------------------------------------------------------


def at(text: str, *point: str, digits: int = 50, jitter: str | None = None) -> Any:
    context = with_digits(digits)
    formula = PreciseFormula(parsed(text), ("x", "y")[: len(point)])
    error = None if jitter is None else context.mpf(jitter)
    return formula([context.mpf(p) for p in point], formula.constants(), error)


def test_precise_formulas_share_constants() -> None:
    context = with_digits(50)
    formula = PreciseFormula(parsed("2.5*x + 7*y + 2.5"), ("x", "y"), [0, 1, 0])
    assert [float(c) for c in formula.constants()] == [2.5, 7.0]
    assert formula([context.mpf(2), context.mpf(3)], [context.mpf(10), context.mpf(100)]) == 330


def test_numbers_are_the_decimals_they_are_written_as() -> None:
    assert abs(at("0.1 + 0.2 - 0.3")) < 1e-50
    assert at("x + 1e30 - 1e30", "0.5") == 0.5


@pytest.mark.parametrize("x", ["20", "-30", "40"])
def test_jitter_shows_lost_digits(x: str) -> None:
    text = "cosh(x)**2 - sinh(x)**2"
    assert abs(at(text, x) - 1) < 1e-10  # 50 digits do for x = 40: 35 are lost
    change = abs(at(text, x, jitter="1e-40") - at(text, x))
    lost = math.exp(2 * abs(float(x))) / 4
    assert 1e-40 * lost < change < 1e-38 * lost


@pytest.mark.parametrize("x", ["0.5", "1e30", "-1e-200"])
def test_jitter_shows_no_lost_digits_of_a_product(x: str) -> None:
    for text in ("x*y", "x/y*3", "sqrt(x**2)*y", "exp(atan(x))"):
        value = at(text, x, "1.7")
        assert abs(at(text, x, "1.7", jitter="1e-40") - value) < 1e-38 * abs(value)


def test_jitter_of_nothing_is_nothing() -> None:
    assert at("sin(x) + exp(y)*x", "1.5", "0.5", jitter="0") == at("sin(x) + exp(y)*x", "1.5", "0.5")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("9**9**9**9", OutOfReachError),
        ("exp(exp(exp(x)))", OutOfReachError),
        ("x**x**x**x**x", OutOfReachError),
        ("sin(exp(exp(x)))", OutOfReachError),
        ("cosh(exp(x*9))", OutOfReachError),
        ("1/(x - x)", UndefinedError),
        ("(0*x)**(-1)", UndefinedError),
        ("(-x)**0.5", UndefinedError),
        ("log(0*x)", UndefinedError),
        ("sqrt(-x)", UndefinedError),
        ("acos(x)", UndefinedError),
    ],
)
def test_what_has_no_value_or_none_that_can_be_written_down(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        at(text, "9")


# --- solving for constants ----------------------------------------------------------------------------------------


def solved(
    text: str, truth: str, start: Sequence[float], free: Sequence[bool], *, digits: int = 80, deadline: float = NEVER
) -> tuple[list[Any] | None, PreciseFormula, list[list[Any]], list[Any]]:
    context = with_digits(digits)
    formula, true = (PreciseFormula(parsed(t), ("x",)) for t in (text, truth))
    points = [[context.mpf(i) / 7 + context.mpf(1) / 3] for i in range(20)]
    targets = [lambda p=p: true(p, true.constants()) for p in points]
    scales = np.where(free, np.abs(start), 0.0)
    found = polish_exactly(
        formula, points, targets, [context.mpf(c) for c in start], scales, digits=digits, deadline=deadline
    )
    return found, formula, points, [target() for target in targets]


@pytest.mark.parametrize("digits", [80, 320])
def test_a_small_nonlinear_system_is_solved_to_all_digits(digits: int) -> None:
    found, *_ = solved("2.01*sin(1.51*x) + 0.71*exp((-0.31)*x)", "2*sin(1.5*x) + 0.7*exp(-0.3*x)",
                       (2.01, 1.51, 0.71, -0.31), (True,) * 4, digits=digits)  # fmt: skip
    assert found is not None
    context = with_digits(digits)
    for value, true in zip(found, ("2", "1.5", "0.7", "-0.3"), strict=True):
        assert abs(value - context.mpf(true)) < context.mpf(10) ** int(-0.8 * digits)


def test_constants_that_must_stay_do_so() -> None:
    found, *_ = solved("2.01*x + 3.5 + 1.5", "2*x + 6", (2.01, 3.5, 1.5), (True, False, True))
    assert found is not None
    assert found[1] == 3.5
    assert abs(found[0] - 2) < 1e-60
    assert abs(found[2] - 2.5) < 1e-60


def test_dependent_columns_are_solved_by_one_of_them() -> None:
    found, formula, points, targets = solved("1.1*2.2*x + 0.3 + 0.4", "2.4*x + 0.75", (1.1, 2.2, 0.3, 0.4), (True,) * 4)
    assert found is not None
    assert max(abs(formula(p, found) - t) for p, t in zip(points, targets, strict=True)) < 1e-60
    assert sum(float(c) == s for c, s in zip(found, (1.1, 2.2, 0.3, 0.4), strict=True)) == 2


def test_what_float64_cannot_tell_apart_is_solved_for() -> None:
    found, *_ = solved("1.01*(exp(1e-12*x) - 1)", "exp(1.02e-12*x) - 1", (1.01, 1e-12, 1.0), (True, True, False))
    assert found is not None
    assert abs(found[0] - 1) < 1e-40
    assert abs(found[1] / with_digits(80).mpf("1.02e-12") - 1) < 1e-40


def test_nothing_free_is_returned_as_it_is() -> None:
    found, *_ = solved("2.01*x", "2*x", (2.01,), (False,))
    assert found is not None
    assert [float(c) for c in found] == [2.01]


@pytest.mark.parametrize(
    ("text", "truth", "start"),
    [
        ("2.01*x", "2*x + 1", (2.01,)),
        ("2.5*sin(x)", "cos(x)", (2.5,)),
        ("1.5*x + 0.1*x**2", "exp(x)", (1.5, 0.1, 2.0)),
        ("0*x + 1", "x", (0.0, 1.0)),
    ],
)
def test_no_solution_is_none(text: str, truth: str, start: Sequence[float]) -> None:
    found, *_ = solved(text, truth, start, [c != 2.0 for c in start])
    assert found is None


def test_solving_ends_in_time_and_says_what_is_undefined() -> None:
    with pytest.raises(OutOfTimeError):
        solved("2.01*x", "2*x", (2.01,), (True,), deadline=time.perf_counter() - 1)
    with pytest.raises(UndefinedError):
        solved("2.01*log(-x)", "2*x", (2.01,), (True,))


def nearest(text: str, own: Sequence[float], solution: Sequence[float], scales: Sequence[float]) -> Any:
    x = np.linspace(0.3, 3.0, 40)
    gradient = Gradient(parsed(text), {"x": x})
    return closest(gradient, np.ones(40), np.array(own), np.array(solution), np.array(scales))


def test_one_large_change_is_shared() -> None:
    own = (1.5, 2.5, 3.5)
    result = nearest("1.5*2.5*3.5*x", own, (1.5 * 1.03, 2.5, 3.5), own)
    shares = result / np.array(own) - 1
    assert np.allclose(shares, 0.01, atol=4e-4)  # to first order: 3 % become three times 1 %
    assert np.prod(result) == pytest.approx(np.prod(own) * 1.03, rel=2e-3)


def test_sharing_leaves_alone_what_must_stay_and_what_is_no_help() -> None:
    result = nearest("1.5*2.5*x + 3.5", (1.5, 2.5, 3.5), (1.5 * 1.02, 2.5, 3.5 * 1.005), (1.5, 2.5, 3.5))
    assert np.allclose(result / np.array([1.5, 2.5, 3.5]) - 1, [0.01, 0.01, 0.005], atol=4e-4)
    result = nearest("1.5*2.5*3.5*x", (1.5, 2.5, 3.5), (1.5 * 1.02, 2.5, 3.5), (1.5, 0.0, 3.5))
    assert result[1] == 2.5
    assert np.allclose(result[[0, 2]] / np.array([1.5, 3.5]) - 1, 0.01, atol=4e-4)


def test_where_there_is_no_other_solution_nearby() -> None:
    assert nearest("1.5*sin(2.5*x)", (1.5, 2.5), (1.51, 2.51), (1.5, 2.5)) is None
    assert nearest("1.5*2.5*x", (1.5, 2.5), (1.51, 2.5), (1.5, 0.0)) is None  # one that may move


@pytest.mark.parametrize(
    ("value", "start", "expected"),
    [
        ("1e-70", 1.0, "0"),
        ("1e-70", 0.0, "0"),
        ("1e-70", 1e-60, "1e-70"),  # small, but not beside where it started
        ("-1e-30", 1.0, "-1e-30"),
        ("0.1", 1.0, "0.1"),
        ("2.00000000000000000000000000000000000000000000000000001", 1.0, "2"),
        ("0.12500000000000000000000000000000000000000000000000000000001", 1.0, "0.125"),
        ("1.414213562373095048801688724209698078569671875376948", 1.0,
         "1.414213562373095048801688724209698078569671875376948"),
        ("2.00000000000000000000000000001", 1.0, "2.00000000000000000000000000001"),
    ],
)  # fmt: skip
def test_constants_snap_to_decimals(value: str, start: float, expected: str) -> None:
    context = with_digits(80)
    assert snap(context.mpf(value), start, 80) == context.mpf(expected)


def test_a_binary_fraction_snaps_to_the_decimal_it_was_read_from() -> None:
    context = with_digits(80)
    assert snap(context.mpf("0.1") * (1 + context.mpf(10) ** -60), 1.0, 80) == context.mpf("0.1")
    assert snap(context.mpf(0.1), 1.0, 80) == context.mpf(0.1)  # 0.1000000000000000055...: no decimal of few digits


def test_independent_columns() -> None:
    one, two = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, -1.0, 1.0, 1.0])
    zero = np.zeros(4)
    assert independent(np.column_stack([one, two])) == [0, 1]
    assert independent(np.column_stack([two, one])) == [1, 0]  # the largest first
    assert independent(np.column_stack([one, 2 * one, two])) == [1, 2]
    assert independent(np.column_stack([one, zero, two, one + two])) == [3, 2]
    assert independent(np.column_stack([zero, zero])) == []
    assert independent(np.column_stack([one, one * (1 + 1e-12)])) == [1]
    assert set(independent(np.column_stack([one, one + 1e-6 * two]))) == {0, 1}
    assert independent(np.column_stack([1e-150 * one, 1e150 * two])) == [1, 0]
    assert len(independent(np.random.default_rng(0).normal(size=(3, 9)))) == 3
    assert independent(np.zeros((4, 0))) == []


# --- terms that hardly matter -------------------------------------------------------------------------------------


def strays(found: str, truth: str, limits: Limits = REAL) -> StrayTerms:
    reference = settled(found, truth, limits)
    formula = parsed(found)
    gradient: Gradient | PreciseGradient = Gradient(formula, reference.columns)
    if reference.precise:
        gradient = PreciseGradient(formula, tuple(reference.columns), reference.x, range(len(formula.constants)), NEVER)
    return StrayTerms(formula, gradient, reference)


@pytest.mark.parametrize(
    ("found", "tolerance", "places"),
    [
        ("x + 1e-5*x**2", 1e-3, {0}),
        ("x + 1e-5*x**2", 1e-9, set()),
        ("x + 1e-11*x**2", 1e-9, {0}),
        ("1.5*x", 1e-3, set()),
        ("x + 0.3*x**2", 1e-3, set()),
        ("1e-5*sin(3.5*x) + x", 1e-3, {0, 1}),
        ("x + 0", 1e-3, set()),  # nothing to set to zero
        ("x + 5 - 5*1", 1e-3, set()),  # small whole numbers are meant
        ("x + sin(12000)*1e-6", 1e-3, {0, 1}),
        ("x + 1/(1e-6*x)*0", 1e-3, set()),  # no value without it
    ],
)
def test_constants_of_little_effect(found: str, tolerance: float, places: set[int]) -> None:
    assert strays(found, "x").negligible(tolerance) == places


def test_effects_add_up() -> None:
    terms = strays("x + 0.0011 + 0.0010*1 + 0.0009*1", "x")  # std(y) is 1.7: 6.4e-4, 5.8e-4 and 5.2e-4
    chosen = terms.negligible(1e-3)
    assert chosen == {4 - 1}  # the smallest; with any other it is too much
    assert terms.effect(frozenset([0])) == pytest.approx(0.0011 / math.sqrt(3), rel=0.05)
    assert terms.effect(frozenset([0, 1, 3])) == pytest.approx(0.0030 / math.sqrt(3), rel=0.05)
    assert terms.effect(frozenset()) == 0.0


def test_effects_may_cancel_and_each_alone_is_too_much() -> None:
    terms = strays("x + 0.501 - 0.501", "x")
    assert terms.negligible(1e-3) == set()
    assert terms.effect(frozenset([0])) > 0.2
    assert terms.effect(frozenset([0, 1])) < 1e-12


def test_effects_are_looked_for_on_the_whole_domain() -> None:
    terms = strays("x + 1e-3/(x + 3.0001)", "x")  # a peak at one end, which few points hit
    assert terms.effect(frozenset([0])) > 1.0


def test_a_value_that_is_lost_is_an_endless_effect() -> None:
    assert strays("x*(1e-9 + x)/(1e-9 + x)", "x").effect(frozenset([0])) < 1e-8
    assert strays("x + 1e-9/1e-9*1e-9", "x").effect(frozenset([1])) == math.inf


def test_formulas_without_strays() -> None:
    terms = strays("x + 1e-5*x**2", "x")
    assert terms.without(frozenset()) is terms.formula
    assert terms.without(frozenset([0])) == parsed("x + 0*x**2")


CHARGES = {"x": (1e-19, 2e-19), "y": (1.0, 2.0)}


def test_a_term_may_hide_behind_units() -> None:
    terms = strays("y*(1 + 0.01*x)", "y", CHARGES)
    assert terms.effect(frozenset([1])) < 1e-15
    assert 3e-3 < terms.effect_in_units(frozenset([1])) < 3e-2  # 0.01*x with x near one
    assert terms.negligible(1e-3) == set()
    # many digits come from a fit, small numbers are small in any units, and y has units of ordinary size
    assert strays("y*(1 + 0.01234*x)", "y", CHARGES).negligible(1e-3) == {1}
    assert strays("y*(1 + 1e-5*x)", "y", CHARGES).negligible(1e-3) == {1}
    assert strays("y*(1 + 0.01*x)", "y", {"x": (0.5, 0.6), "y": (1.0, 2.0)}).effect_in_units(frozenset([1])) == 0.0
    assert terms.effect_in_units(frozenset()) == 0.0


def test_effects_where_float64_is_rounding() -> None:
    terms = strays("(exp(1e-14*x) - 1)*1e14 + 1e-6*x", "(exp(1e-14*x) - 1)*1e14")
    assert isinstance(terms._gradient, PreciseGradient)
    assert terms.negligible(1e-3) == {3}
    assert terms.effect(frozenset([3])) == pytest.approx(3e-6 / math.sqrt(3), rel=0.1)


# --- the points to judge by ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "truth"),
    [("log(x + 2.9)", "x"), ("x + 0*log(x + 2.9)", "x"), ("sqrt(2.99 - x)", "x"), ("x + 0*log(2.9999 - x)", "x")],
)
def test_a_hole_at_an_edge_is_found(found: str, truth: str) -> None:
    share, where = referred(found, truth).holes()
    assert 0 < share < 0.05
    assert 1 <= len(where) <= 4
    assert np.isnan(parsed(found)({"x": where[:, 0]})).all()


def test_holes_are_counted() -> None:
    share, where = referred("log(x)", "x").holes()
    assert share == pytest.approx(0.5, abs=0.05)
    assert len(where) == 4


@pytest.mark.parametrize(
    ("found", "truth", "limits"),
    [
        ("log(x + 3.1)", "x", REAL),
        ("log(x)", "log(x)", REAL),  # the truth has none either
        ("exp(800 + x)/exp(800)", "exp(x)", REAL),  # float64 has no value, the formula has
        ("x*sqrt(x)", "x**1.5", {"x": (0.0, 1.0)}),
    ],
)
def test_there_are_no_holes(found: str, truth: str, limits: Limits) -> None:
    share, where = referred(found, truth, limits).holes()
    assert share == 0
    assert len(where) == 0


@pytest.mark.parametrize("d", [1, 2, 5, 6, 9])
def test_corners_are_inside_and_no_two_coordinates_alike(d: int) -> None:
    names = "abcdfghij"[:d]
    text = " + ".join(names)
    domain = {name: Sampling(low=1.0, high=2.0) for name in names}
    comparison = Comparison(parsed(text), parsed(text), domain, math.inf)
    corners = comparison.corners(inside=1e-6)
    assert corners.shape == (min(2**d, 32), d)
    assert ((corners > 1) & (corners < 2)).all()
    assert ((corners < 1.00001) | (corners > 1.99999)).all()
    assert (corners.min(axis=0) < 1.5).all()
    assert (corners.max(axis=0) > 1.5).all()
    if d > 1:
        assert (corners[:, 0] != corners[:, 1]).all()
    assert len({tuple(c) for c in corners}) >= min(2**d, 20)


def test_a_hole_in_a_corner_is_found() -> None:
    limits = {"x": (0.0, 1.0), "y": (0.0, 1.0)}
    share, where = referred("x + 0*log(1.999 - x - y)", "x", limits).holes()
    assert share > 0
    assert (where.sum(axis=1) > 1.999).all()


def test_weights_are_of_the_size_of_the_truth() -> None:
    reference = referred("x", "x")
    assert reference.x.shape == (96, 1)
    assert np.array_equal(reference.y, reference.x[:, 0])
    assert np.array_equal(reference.columns["x"], reference.x[:, 0])
    typical = np.median(np.abs(reference.y))
    assert np.allclose(reference.weights, 1 / np.maximum(np.abs(reference.y), 0.1 * typical))
    assert reference.unit == pytest.approx(1 / np.sqrt(np.mean(reference.weights**2)))
    assert reference.spread == pytest.approx(math.sqrt(3), rel=0.05)
    assert reference.enough
    assert not reference.precise


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e300, 1e-300])
def test_values_whose_squares_overflow_or_vanish(size: float) -> None:
    plain, heavy = settled("x", "x"), settled(f"{size!r}*x", f"{size!r}*x")
    assert heavy.enough
    assert not heavy.precise
    assert heavy.spread == pytest.approx(size * plain.spread, rel=1e-12)
    assert heavy.unit == pytest.approx(size * plain.unit, rel=1e-12)
    assert np.allclose(heavy.weights * size, plain.weights, rtol=1e-12)
    one, other = parsed(f"{size!r}*x"), parsed(f"{1.5 * size!r}*x")
    assert heavy.largest_change(one, other) == pytest.approx(plain.largest_change(parsed("x"), parsed("1.5*x")))


def test_a_constant_truth_is_measured_by_its_size() -> None:
    assert referred("7", "7").spread == 7.0
    assert referred("1e200", "1e200").spread == 1e200
    assert referred("0", "0").spread == 1.0
    assert referred("0", "0").unit == 1.0


def test_points_for_constants_and_branches() -> None:
    assert len(referred("x", "x", constants=50).x) == 200
    assert len(referred("abs(x)", "x").x) == 256


def test_points_are_where_the_truth_has_a_value() -> None:
    reference = referred("x", "log(x - 2.5)")  # a twelfth of the domain
    assert reference.enough
    assert (reference.x > 2.5).all()
    assert (reference.many["x"] > 2.5).all()
    assert not referred("x", "log(-1 - x**2)").enough


@pytest.mark.parametrize(
    ("found", "truth", "limits", "precise", "blind"),
    [
        ("x", "x", REAL, False, False),
        ("sin(x)", "cos(x)", REAL, False, False),
        ("exp(1e-12*x) - 1", "1.5e-12*x", REAL, True, False),  # the found formula
        ("exp(1e-12*x) - 1", "x", REAL, False, False),  # its rounding errors are nothing beside the truth
        ("x", "exp(1e-12*x) - 1", REAL, True, False),  # the truth
        ("exp(800 + x)/exp(800)", "exp(x)", REAL, True, False),  # overflow
        ("x + 1e20 - 1e20", "x", REAL, True, False),
        ("cosh(x)**2 - sinh(x)**2", "1", {"x": (15.0, 20.0)}, True, False),
        ("cosh(x)**2 - sinh(x)**2", "1", {"x": (40.0, 45.0)}, True, True),
        ("1", "cosh(x)**2 - sinh(x)**2 + x", {"x": (40.0, 45.0)}, True, True),
    ],
)
def test_many_digits_are_used_where_float64_is_rounding(
    found: str, truth: str, limits: Limits, precise: bool, blind: bool
) -> None:
    reference = settled(found, truth, limits)
    assert (reference.precise, reference.blind) == (precise, blind)


def test_values_with_many_digits_are_right() -> None:
    reference = settled("x", "exp(1e-14*x) - 1")
    assert len(reference.x) == 40
    assert np.allclose(reference.y, np.expm1(1e-14 * reference.x[:, 0]), rtol=1e-15, atol=0)
    assert reference.enough
    change = reference.largest_change(parsed("exp(1e-14*x) - 1"), parsed("exp(1.5e-14*x) - 1"))
    assert change == pytest.approx(0.5 * math.sqrt(3), rel=0.05)


def test_points_where_the_next_number_has_another_value_are_left_out() -> None:
    reference = settled("sin(1e5*x**4)", "sin(1e5*x**4)", {"x": (0.001, 9.0)})
    assert FEWEST_POINTS <= len(reference.x) < 96
    assert reference.x.max() < 7.0
    assert not reference.precise


def test_the_root_mean_square() -> None:
    assert root_mean_square(np.array([3.0, -4.0])) == pytest.approx(math.sqrt(12.5))
    assert root_mean_square(np.array([3e200, -4e200])) == pytest.approx(math.sqrt(12.5) * 1e200)
    assert root_mean_square(np.array([3e-200, -4e-200])) == pytest.approx(math.sqrt(12.5) * 1e-200)
    assert root_mean_square(np.zeros(0)) == root_mean_square(np.zeros(3)) == 0.0
    assert root_mean_square(np.array([1.0, np.inf])) == math.inf
    assert math.isnan(root_mean_square(np.array([1.0, np.nan])))


# --- comparison with many digits ----------------------------------------------------------------------------------


def agreed(found: str, truth: str, limits: Limits = REAL, *, digits: int = 80, last: bool = False) -> bool | None:
    comparison = compared(found, truth, limits)
    formula = PreciseFormula(parsed(found), comparison.names)
    with_digits(digits)
    with np.errstate(all="ignore"):
        return comparison.agrees(formula, formula.constants(), digits, last=last)


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
        ("cosh(x)**2 - sinh(x)**2", "1", {"x": (9.0, 9.9)}, 80, False, None),
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
        comparison = Comparison(formula, truth, domain, NEVER)
        found = PreciseFormula(formula, comparison.names)
        with_digits(digits)
        with np.errstate(all="ignore"):
            assert comparison.agrees(found, found.constants(), digits, last=False) in expected


def test_the_answer_says_what_it_stands_on() -> None:
    comparison = compared("sin(x)**2 + cos(x)**2", "1")
    formula = PreciseFormula(parsed("sin(x)**2 + cos(x)**2"), comparison.names)
    assert comparison.agrees(formula, formula.constants(), 80, last=False)
    assert comparison.by == "16 points, 80 digits, up to 1e+07 times the domain"


def test_a_hole_is_an_error_and_holes_given_are_looked_at() -> None:
    with pytest.raises(UndefinedError):
        agreed("log(x)", "x")
    comparison = compared("x + 0*log(x + 2.999)", "x")
    formula = PreciseFormula(parsed("x + 0*log(x + 2.999)"), comparison.names)
    comparison.holes = np.array([[-2.9995]])
    with pytest.raises(UndefinedError):
        comparison.agrees(formula, formula.constants(), 80, last=False)


def test_comparison_ends_in_time() -> None:
    comparison = compared("x", "x", deadline=time.perf_counter() - 1)
    formula = PreciseFormula(parsed("x"), comparison.names)
    with pytest.raises(OutOfTimeError):
        comparison.agrees(formula, [], 80, last=False)
    with pytest.raises(OutOfTimeError):
        comparison.values(parsed("x"), np.ones((1, 1)))


def test_points_come_by_part_and_keep_their_sign() -> None:
    comparison = compared("x*y", "x", {"x": (-2.0, -1.0), "y": (1.0, 2.0)})
    first = comparison.draw(50, part=0)
    assert first.shape == (50, 2)
    assert np.array_equal(first, comparison.draw(50, part=0))
    assert not np.isin(comparison.draw(50, part=1), first).any()
    assert ((first[:, 0] >= -2) & (first[:, 0] <= -1)).all()
    wide = comparison.draw(500, part=0, decades=7.0)
    assert (wide[:, 0] < 0).all()
    assert (wide[:, 1] > 0).all()
    assert wide[:, 1].max() > 1e5
    assert wide[:, 1].min() < 1e-5
    assert wide[:, 1].max() <= 2e7


def test_differences_and_values_with_fifty_digits() -> None:
    comparison = compared("x + 1e-30", "x")
    x = np.array([[1.0], [-2.0]])
    assert comparison.differences(parsed("x + 1e-30"), x) == [pytest.approx(1e-30)] * 2
    assert comparison.differences(parsed("log(x)"), x)[1] is None
    assert comparison.values(parsed("x + 1e30 - 1e30"), x).tolist() == [1.0, -2.0]
    assert np.isnan(comparison.values(parsed("log(x)"), x)).tolist() == [False, True]
    assert np.isnan(comparison.values(parsed("exp(exp(exp(9*x)))"), x)).tolist() == [True, False]
    assert comparison.is_rounding(parsed("x + 1e45 - 1e45"), x, np.ones(2))
    assert not comparison.is_rounding(parsed("x + 1e45 - 1e45"), x, np.full(2, 1e20))
    assert not comparison.is_rounding(parsed("x + 1e20 - 1e20"), x, np.ones(2))


# --- digits that are lost, holes among overflows, parts without a variable -------------------------------------------


def test_values_of_which_nothing_is_left_are_no_values() -> None:
    reference = settled("x*y + (y + 1e100 - 1e100)", "x*y", TWO)
    assert reference.blind


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


def test_a_hole_beside_an_overflow_is_found() -> None:
    share, _ = referred("x*exp(800*x)/exp(800*x) + 0*log(x + 2.9)", "x").holes()
    assert 0 < share < 0.05


def test_jitter_reaches_every_operation() -> None:
    context = with_digits(50)
    for n in range(14):
        formula = PreciseFormula(parsed("sin(" * n + "0.3" + ")" * n + " + 1e30 - 1e30"), ())
        values = [formula((), formula.constants(), error) for error in (None, context.mpf("1e-40"))]
        assert abs(values[0] - values[1]) > 1e-11


def test_gathering_computes_each_part_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    table = dict(precision.operators())
    sine = table["sin"]
    monkeypatch.setattr(
        precision, "operators", lambda: table | {"sin": lambda bits, a: calls.append(1) or sine(bits, a)}
    )
    gathered(parsed("sin(" * 200 + "1.1" + ")" * 200 + "*x"))
    assert len(calls) == 200
