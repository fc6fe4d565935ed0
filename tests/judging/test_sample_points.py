"""The points to judge by: weights, holes, and where float64 is mere rounding."""

from __future__ import annotations

import math

import numpy as np
import pytest
from judge_parts import REAL, TWO, Limits, parsed, referred, settled

from srbench_lite.judging.sample_points import MIN_POINTS, find_holes, largest_change


@pytest.mark.parametrize(
    ("found", "truth"),
    [("log(x + 2.9)", "x"), ("x + 0*log(x + 2.9)", "x"), ("sqrt(2.99 - x)", "x"), ("x + 0*log(2.9999 - x)", "x")],
)
def test_a_hole_at_an_edge_is_found(found: str, truth: str) -> None:
    holes = find_holes(referred(found, truth))
    assert 0 < holes.share < 0.05
    assert 1 <= len(holes.x) <= 4
    assert np.isnan(parsed(found)({"x": holes.x[:, 0]})).all()


def test_holes_are_counted() -> None:
    holes = find_holes(referred("log(x)", "x"))
    assert holes.share == pytest.approx(0.5, abs=0.05)
    assert len(holes.x) == 4


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
    holes = find_holes(referred(found, truth, limits))
    assert holes.share == 0
    assert len(holes.x) == 0


def test_a_hole_in_a_corner_is_found() -> None:
    limits = {"x": (0.0, 1.0), "y": (0.0, 1.0)}
    holes = find_holes(referred("x + 0*log(1.999 - x - y)", "x", limits))
    assert holes.share > 0
    assert (holes.x.sum(axis=1) > 1.999).all()


def test_a_hole_beside_an_overflow_is_found() -> None:
    holes = find_holes(referred("x*exp(800*x)/exp(800*x) + 0*log(x + 2.9)", "x"))
    assert 0 < holes.share < 0.05


def test_weights_are_of_the_size_of_the_truth() -> None:
    reference = referred("x", "x")
    assert reference.x.shape == (96, 1)
    assert np.array_equal(reference.y, reference.x[:, 0])
    assert np.array_equal(reference.columns["x"], reference.x[:, 0])
    typical = np.median(np.abs(reference.y))
    assert np.allclose(reference.weights, 1 / np.maximum(np.abs(reference.y), 0.1 * typical))
    assert reference.unit == pytest.approx(1 / np.sqrt(np.mean(reference.weights**2)))
    assert reference.spread == pytest.approx(math.sqrt(3), rel=0.05)
    assert reference.is_enough
    assert not reference.is_precise


@pytest.mark.parametrize("size", [1e200, 1e-200, 1e300, 1e-300])
def test_values_whose_squares_overflow_or_vanish(size: float) -> None:
    plain, heavy = settled("x", "x"), settled(f"{size!r}*x", f"{size!r}*x")
    assert heavy.is_enough
    assert not heavy.is_precise
    assert heavy.spread == pytest.approx(size * plain.spread, rel=0.05)  # at other points
    assert heavy.unit == pytest.approx(size * plain.unit, rel=0.3)
    assert np.median(heavy.weights) * size == pytest.approx(np.median(plain.weights), rel=0.3)
    one, other = parsed(f"{size!r}*x"), parsed(f"{1.5 * size!r}*x")
    assert largest_change(heavy, one, other) == pytest.approx(
        largest_change(plain, parsed("x"), parsed("1.5*x")), rel=0.05
    )


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
    assert reference.is_enough
    assert (reference.x > 2.5).all()
    assert (reference.many["x"] > 2.5).all()
    assert not referred("x", "log(-1 - x**2)").is_enough


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
    assert (reference.is_precise, reference.is_blind) == (precise, blind)


def test_values_of_which_nothing_is_left_are_no_values() -> None:
    reference = settled("x*y + (y + 1e100 - 1e100)", "x*y", TWO)
    assert reference.is_blind


def test_values_with_many_digits_are_right() -> None:
    reference = settled("x", "exp(1e-14*x) - 1")
    assert len(reference.x) == 40
    assert np.allclose(reference.y, np.expm1(1e-14 * reference.x[:, 0]), rtol=1e-15, atol=0)
    assert reference.is_enough
    change = largest_change(reference, parsed("exp(1e-14*x) - 1"), parsed("exp(1.5e-14*x) - 1"))
    assert change == pytest.approx(0.5 * math.sqrt(3), rel=0.05)


def test_points_where_the_next_number_has_another_value_are_left_out() -> None:
    reference = settled("sin(1e5*x**4)", "sin(1e5*x**4)", {"x": (0.001, 9.0)})
    assert MIN_POINTS <= len(reference.x) < 96
    assert reference.x.max() < 8.0
    assert not reference.is_precise
