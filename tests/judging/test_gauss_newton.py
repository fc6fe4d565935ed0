"""Constants solved for with all of the linear algebra in many digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from judge_parts import NEVER, OVER, parsed

from srbench_lite.judging.cpu_deadline import CpuDeadline, OutOfTimeError
from srbench_lite.judging.gauss_newton import gauss_newton_refine
from srbench_lite.judging.high_precision import PreciseFormula, UndefinedError, with_digits


def solved(
    text: str,
    truth: str,
    start: Sequence[float],
    free: Sequence[bool],
    *,
    digits: int = 80,
    deadline: CpuDeadline = NEVER,
) -> tuple[list[Any] | None, PreciseFormula, list[list[Any]], list[Any]]:
    context = with_digits(digits)
    formula, true = (PreciseFormula(parsed(t), ("x",)) for t in (text, truth))
    points = [[context.mpf(i) / 7 + context.mpf(1) / 3] for i in range(20)]
    targets = [lambda p=p: true(p, true.constants()) for p in points]
    scales = np.where(free, np.abs(start), 0.0)
    found = gauss_newton_refine(
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
        solved("2.01*x", "2*x", (2.01,), (True,), deadline=OVER)
    with pytest.raises(UndefinedError):
        solved("2.01*log(-x)", "2*x", (2.01,), (True,))
