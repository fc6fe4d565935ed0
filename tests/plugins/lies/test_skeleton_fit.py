"""Terms, their derivatives and spelling; the screen against plain least squares; variable projection against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import least_squares
from srbench_lies.atoms import Term, Unit
from srbench_lies.catalogue import Entry, entries, nuisances
from srbench_lies.screen import Screen
from srbench_lies.skeleton_fit import Skeleton, SkeletonFit, refine
from srbench_lies.trimming import trim
from srbench_lies.writing import write

from srbench_lite.fitting import Monomials

Array = NDArray[np.float64]

ONE = ((0.0,),)
X, X2 = Term((1.0,)), Term((2.0,))
SINE = Term((0.0,), (Unit("wave", (X,)),))
DECAY = Term((0.0,), (Unit("exp", (X,)),))
BELL = Term((0.0,), (Unit("rec", (X2,)),))


def _points(d: int, n: int = 40) -> Monomials:
    return Monomials(np.random.default_rng(d).uniform(0.5, 2.5, (n, d)))


def _all_entries(d: int) -> list[Entry]:
    return [entry for level in range(3) for entry in entries(_points(d), level, 20_000)]


@pytest.mark.parametrize("d", [1, 2])
def test_slopes_equal_finite_differences(d: int) -> None:
    points = _points(d)
    for entry in _all_entries(d):
        theta = entry.grid[len(entry.grid) // 2][None, :]
        values, slopes = entry.term.columns(points, theta, slopes=True)
        assert slopes.shape == (entry.term.width, entry.term.size, 1, len(points))
        for k in range(entry.term.size):
            step = 1e-6 * max(1.0, abs(theta[0, k])) * np.eye(entry.term.size)[k]
            above, below = (entry.term.columns(points, theta + s * step, slopes=False)[0] for s in (1, -1))
            top = np.abs(slopes[:, k]).max() + np.abs(values).max()
            assert np.abs((above - below) / (2 * step[k]) - slopes[:, k]).max() <= 1e-5 * top, entry.term


@pytest.mark.parametrize("d", [1, 2])
def test_a_written_fit_evaluates_to_its_columns(d: int) -> None:
    points = _points(d)
    names = ("x", "y")[:d]
    columns = dict(zip(names, points.x.T, strict=True))
    rng = np.random.default_rng(3)
    for entry in _all_entries(d):
        skeleton = Skeleton.of(((0.0,) * d, (1.0,) + (0.0,) * (d - 1)), entry.term)
        theta = entry.grid[-1]
        linear = rng.uniform(-3, 3, skeleton.width)
        values, _ = skeleton.columns(points, theta[None, :], slopes=False)
        text = write(SkeletonFit(skeleton, theta, linear, 0.0), names)
        expected = linear @ values[0]
        np.testing.assert_allclose(text(columns), expected, rtol=1e-9, atol=1e-9 * np.abs(values).max())
        assert "+ -" not in str(text)


def test_writing_merges_sine_and_cosine_and_products_of_two_of_them() -> None:
    fit = SkeletonFit(Skeleton.of((), SINE), np.array([-2.0]), np.array([-1.5, 0.0]), 0.0)
    assert str(write(fit, ["x"])) == "1.5*sin(2*x)"
    product = Term((0.0, 0.0), (Unit("wave", (Term((1.0, 0.0)),)), Unit("wave", (Term((0.0, 1.0)),))))
    fit = SkeletonFit(Skeleton.of((), product), np.array([2.0, 3.0]), np.outer([1.0, 2.0], [3.0, -1.0]).ravel(), 0.0)
    assert str(write(fit, ["x", "y"])).count("sin") == 2


def test_entries_are_defined_and_bounded() -> None:
    for d in (1, 3):
        for level in range(3):
            found = entries(_points(d), level, 900)
            assert 0 < sum(len(e.grid) * e.term.width for e in found) <= 900 + 4 * 120
            for entry in found:
                values, _ = entry.term.columns(_points(d), entry.grid, slopes=False)
                assert np.isfinite(values).all()


def test_nuisances_grow_and_stay_small() -> None:
    sets = nuisances(_points(2), 6)
    assert [len(powers) for powers in sets] == [1, 3, 6]
    assert nuisances(_points(3), 1) == [((0.0, 0.0, 0.0),)]


def _reduction(base: Array, added: Array, y: Array) -> float:
    def rss(columns: Array) -> float:
        residual = y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
        return float(residual @ residual)

    return rss(base) - rss(np.column_stack([base, added]))


def test_gains_equal_those_of_least_squares() -> None:
    points = _points(1, 60)
    y = np.random.default_rng(5).standard_normal(60)
    base = np.column_stack([np.ones(60), points.x])
    Q, _ = np.linalg.qr(base)
    residual = y - Q @ (Q.T @ y)
    screen = Screen([e for level in range(2) for e in entries(points, level, 2_000)], points)
    for start in screen.singles(Q, residual, 200, 1, 4):
        values, _ = start.entries[0].term.columns(points, start.theta, slopes=False)
        if np.linalg.cond(np.column_stack([Q, (values[:, 0] / np.abs(values[:, 0]).max()).T])) < 1e3:
            assert start.gain == pytest.approx(_reduction(base, values[:, 0].T, y), rel=1e-5)
    size = float(residual @ residual)
    seen = 0
    for start in screen.pairs(Q, residual, (300, 300), 10, 2):
        left, right = start.entries
        theta = start.theta[:1]
        columns = [left.term.columns(points, theta[:, : left.term.size], slopes=False)[0][:, 0]]
        columns.append(right.term.columns(points, theta[:, left.term.size :], slopes=False)[0][:, 0])
        added = np.concatenate(columns).T
        if np.linalg.cond(np.column_stack([Q, added / np.linalg.norm(added, axis=0)])) < 50:
            seen += 1
            assert start.gain * size == pytest.approx(_reduction(base, added, y), rel=2e-3)
    assert seen > 5


def test_refine_finds_all_constants_from_many_starts() -> None:
    x = np.random.default_rng(0).uniform(-2, 2, (80, 1))
    y = 1.4 * np.exp(-0.8 * x[:, 0]) + 0.9 * np.sin(3.1 * x[:, 0] + 0.4) - 2.0
    starts = np.random.default_rng(1).uniform([0.5, -2], [5, 2], (32, 2))
    fit = refine(Skeleton.of(ONE, SINE, DECAY), Monomials(x), y, starts, 60)
    assert fit is not None
    assert fit.rss < 1e-24
    np.testing.assert_allclose(np.abs(fit.theta), [3.1, 0.8], rtol=1e-9)
    assert fit.linear[[0, 3]] == pytest.approx([-2.0, 1.4])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_refine_is_no_worse_than_scipy_from_the_same_start(seed: int) -> None:
    assert _against_scipy(seed, 0.001) <= 1.02


def test_under_noise_refine_stops_short_in_few_flat_valleys() -> None:
    """Of all seeds to 10,000 it is 24, and the worst is 1.13."""
    shares = np.array([_against_scipy(seed, 0.03) for seed in range(400)])
    assert np.mean(shares <= 1.02) > 0.99
    assert shares.max() <= 1.15


def _against_scipy(seed: int, noise: float) -> float:
    """Return what a fit leaves, as a share of what scipy leaves from the same start."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 2, 60)
    w, q = rng.uniform(0.8, 3.0), rng.uniform(0.5, 2.0)
    y = 1.5 * np.sin(w * x + 0.3) + 2.0 / (x**2 + q) + noise * rng.standard_normal(60)

    def columns(theta: Array) -> Array:
        return np.column_stack([np.ones(60), np.sin(theta[0] * x), np.cos(theta[0] * x), 1 / (x**2 + theta[1])])

    def residual(theta: Array) -> Array:
        phi = columns(theta)
        return np.asarray(y - phi @ np.linalg.lstsq(phi, y, rcond=None)[0])

    start = np.array([w * 1.05, q * 0.9])
    other = least_squares(residual, start, bounds=([0.1, 0.05], [9, 9]))
    fit = refine(Skeleton.of(ONE, SINE, BELL), Monomials(x[:, None]), y, start[None, :], 200)
    assert fit is not None
    assert fit.rss == pytest.approx(float(np.sum(residual(fit.theta) ** 2)), rel=1e-6)
    return fit.rss / (2 * other.cost)


def test_refine_leaves_out_starts_that_are_not_defined() -> None:
    x = np.linspace(-1, 1, 30)[:, None]
    log = Term((0.0,), (Unit("log", (X,)),))
    skeleton = Skeleton.of(ONE, log)
    assert refine(skeleton, Monomials(x), x[:, 0], np.array([[0.5], [-3.0]]), 20) is None
    fit = refine(skeleton, Monomials(x), np.log(x[:, 0] + 1.7), np.array([[0.5], [3.0]]), 40)
    assert fit is not None
    assert fit.theta[0] == pytest.approx(1.7)
    assert refine(skeleton, Monomials(x[:3]), x[:3, 0], np.array([[3.0]]), 5) is None


def test_trim_drops_what_is_not_asked_for() -> None:
    x = np.random.default_rng(0).uniform(-2, 2, (80, 1))
    y = 2.0 * np.cos(1.7 * x[:, 0]) + 0.5
    wide = Term((0.0,), (Unit("wave", (X2, X)),))
    skeleton = Skeleton.of(((0.0,), (1.0,), (2.0,)), wide)
    fit = refine(skeleton, Monomials(x), y, np.array([[0.01, 1.6]]), 60)
    assert fit is not None
    assert str(write(trim(fit, Monomials(x), y, 1e-18), ["x"])).startswith("2")
    assert trim(fit, Monomials(x), y, 1e-18).skeleton == Skeleton(ONE, (SINE,), ((1,),))
    noisy = y + 0.05 * np.random.default_rng(1).standard_normal(80)
    fit = refine(Skeleton.of(((0.0,), (1.0,), (2.0,)), SINE), Monomials(x), noisy, np.array([[1.6]]), 60)
    assert fit is not None
    assert trim(fit, Monomials(x), noisy, 0.0).skeleton == Skeleton(ONE, (SINE,), ((1,),))
