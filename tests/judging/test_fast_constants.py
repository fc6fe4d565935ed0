"""Constants that turn sines around many times: which they are, and where to start with them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from judge_parts import NEVER, OVER, parsed

from srbench_lite.expressions.gradient import Gradient
from srbench_lite.judging.cpu_deadline import OutOfTimeError
from srbench_lite.judging.fast_constants import fast_constants, scan_fast_constants

X = {"x": np.random.default_rng(1).uniform(-10.0, 10.0, 96)}


@pytest.mark.parametrize(
    ("formula", "places"),
    [
        ("3.31*sin(66.5*x)", [1]),
        ("3.31*sin(1.5*x)", []),
        ("x*cos(2*pi*(20.5*x) + 3.1)", [0, 1]),
        ("sin(66.5*x) + 2*cos(95.2*x)", [2, 0]),
        ("exp(66.5*x)", []),
        ("sin(66.5)*x", []),
        ("tan(x*99.5 + sin(66.5*x))", [0, 1]),
    ],
)
def test_fast_constants_are_known_by_their_angles(formula: str, places: list[int]) -> None:
    fast = fast_constants(parsed(formula), X, range(9))
    assert ([] if fast is None else fast.places) == places


def test_numbers_that_are_one_constant() -> None:
    fast = fast_constants(parsed("sin(66.5*x) + cos(66.51*x)"), X, [0, 0])
    assert fast is not None
    assert fast.places == [0]
    assert fast.bounds(np.array([0.3])).tolist() == pytest.approx([0.0112])


@pytest.mark.parametrize(
    ("found", "truth"),
    [
        ("3.32*sin(65.97*x)", "3.31*sin(66.5*x)"),
        ("3.3*sin(67*x + 1.01)", "3.31*sin(66.5*x + 1)"),
        ("2.01*cos(95*x) + 1.01*sin(50.3*x)", "2*cos(95.6*x) + 1*sin(50*x)"),
    ],
)
def test_the_scan_starts_in_the_right_valley(found: str, truth: str) -> None:
    formula = parsed(found)
    start = np.array(formula.constants)
    fast = fast_constants(formula, X, range(len(start)))
    assert fast is not None
    scanned = scan_fast_constants(
        Gradient(formula, X), fast, parsed(truth)(X), np.ones(96), start, np.abs(start), deadline=NEVER
    )
    for own, right in zip(scanned[fast.places], np.array(parsed(truth).constants)[fast.places], strict=True):
        if abs(right) > 9:  # a frequency: within a quarter of a period at the ends
            assert abs(own - right) * 10 < math.pi / 2
    with pytest.raises(OutOfTimeError):
        scan_fast_constants(
            Gradient(formula, X), fast, parsed(truth)(X), np.ones(96), start, np.abs(start), deadline=OVER
        )
