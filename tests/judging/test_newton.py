"""Newton's method to many digits, the constants that it picks, and decimals that are meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from judge_parts import NEVER, OVER, parsed

from srbench_lite.expressions.gradient import Gradient
from srbench_lite.judging.cpu_deadline import CpuDeadline, OutOfTimeError
from srbench_lite.judging.high_precision import PreciseFormula, UndefinedError, with_digits
from srbench_lite.judging.newton import independent_columns, newton_refine, round_to_decimal


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
    assert round_to_decimal(context.mpf(value), start, 80) == context.mpf(expected)


def test_a_binary_fraction_snaps_to_the_decimal_it_was_read_from() -> None:
    context = with_digits(80)
    assert round_to_decimal(context.mpf("0.1") * (1 + context.mpf(10) ** -60), 1.0, 80) == context.mpf("0.1")
    assert round_to_decimal(context.mpf(0.1), 1.0, 80) == context.mpf(
        0.1
    )  # 0.1000000000000000055...: no decimal of few digits


def test_independent_columns() -> None:
    one, two = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, -1.0, 1.0, 1.0])
    zero = np.zeros(4)
    assert independent_columns(np.column_stack([one, two])) == [0, 1]
    assert independent_columns(np.column_stack([two, one])) == [1, 0]  # the largest first
    assert independent_columns(np.column_stack([one, 2 * one, two])) == [1, 2]
    assert independent_columns(np.column_stack([one, zero, two, one + two])) == [3, 2]
    assert independent_columns(np.column_stack([zero, zero])) == []
    assert independent_columns(np.column_stack([one, one * (1 + 1e-12)])) == [1]
    assert set(independent_columns(np.column_stack([one, one + 1e-6 * two]))) == {0, 1}
    assert independent_columns(np.column_stack([1e-150 * one, 1e150 * two])) == [1, 0]
    assert len(independent_columns(np.random.default_rng(0).normal(size=(3, 9)))) == 3
    assert independent_columns(np.zeros((4, 0))) == []


# --- Newton's method ----------------------------------------------------------------------------------------------


def refined(
    text: str,
    truth: str,
    start: Sequence[float],
    free: Sequence[bool],
    *,
    digits: int = 80,
    deadline: CpuDeadline = NEVER,
) -> list[Any] | None:
    context = with_digits(digits)
    formula, true = (PreciseFormula(parsed(t), ("x",)) for t in (text, truth))
    x = np.arange(20) / 7 + 1 / 3
    gradient = Gradient(parsed(text), {"x": x})
    points = [[context.mpf(float(value))] for value in x]
    targets = [lambda p=p: true(p, true.constants()) for p in points]
    return newton_refine(
        formula, gradient, points, targets, np.ones(20), [context.mpf(c) for c in start],
        np.where(free, np.abs(start), 0.0), digits=digits, deadline=deadline,
    )  # fmt: skip


@pytest.mark.parametrize("digits", [80, 320])
def test_newton_solves_a_nonlinear_system_to_all_digits(digits: int) -> None:
    solution = refined("2.01*sin(1.51*x) + 0.71*exp((-0.31)*x)", "2*sin(1.5*x) + 0.7*exp(-0.3*x)",
                       (2.01, 1.51, 0.71, -0.31), (True,) * 4, digits=digits)  # fmt: skip
    assert solution is not None
    context = with_digits(digits)
    for value, true in zip(solution, ("2", "1.5", "0.7", "-0.3"), strict=True):
        assert abs(value - context.mpf(true)) < context.mpf(10) ** (10 - digits)


def test_newton_leaves_alone_what_must_stay_and_what_others_do_as_well() -> None:
    solution = refined("2.01*x + 3.5 + 1.5", "2*x + 6", (2.01, 3.5, 1.5), (True, False, True))
    assert solution is not None
    assert solution[1] == 3.5
    assert abs(solution[2] - 2.5) < 1e-60
    solution = refined("1.1*2.2*x", "2.4*x", (1.1, 2.2), (True, True))
    assert solution is not None
    assert abs(solution[0] * solution[1] / with_digits(80).mpf("2.4") - 1) < 1e-60
    assert refined("2.5*x", "2*x", (2.5,), (False,)) == [2.5]


def test_constants_in_equal_places_move_together() -> None:
    solution = refined("(x + 1.1)*(x + 1.1)", "(x + 1)**2", (1.1, 1.1), (True, True))
    assert solution is not None
    assert max(abs(c - 1) for c in solution) < 1e-35  # a double root: half of the digits


@pytest.mark.parametrize(
    ("text", "truth", "start"),
    [("2.5*x", "exp(x)*sin(3*x)", (2.5,)), ("2.5*sin(x)", "cos(x)", (2.5,)), ("2.5*sin(1.5*x)", "log(x)", (2.5, 1.5))],
)
def test_newton_does_not_make_the_truth_of_what_is_none(text: str, truth: str, start: Sequence[float]) -> None:
    solution = refined(text, truth, start, [True] * len(start))
    if solution is not None:  # it met the truth at as many points as there are constants, and nowhere else
        formula, true = (PreciseFormula(parsed(t), ("x",)) for t in (text, truth))
        other = [with_digits(80).mpf("0.7123")]
        assert abs(formula(other, solution) - true(other, true.constants())) > 1e-3


def test_newton_ends_in_time_and_says_what_is_undefined() -> None:
    with pytest.raises(OutOfTimeError):
        refined("2.01*x", "2*x", (2.01,), (True,), deadline=OVER)
    with pytest.raises(UndefinedError):
        refined("2.01*x", "log(-x)", (2.01,), (True,))
