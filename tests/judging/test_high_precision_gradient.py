"""The gradient with 50 digits, beside the one in float64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from judge_parts import NEVER, OVER, parsed
from strategies import SMOOTH, expressions, tame_number

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.gradient import Gradient
from srbench_lite.judging.cpu_deadline import OutOfTimeError
from srbench_lite.judging.high_precision_gradient import PreciseGradient

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
    late = PreciseGradient(parsed("2*x"), ("x", "y"), POINTS, [0], OVER)
    with pytest.raises(OutOfTimeError):
        late.value([2.0])
    with pytest.raises(OutOfTimeError):
        late.jacobian([2.0], [0])
