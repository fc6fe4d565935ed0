"""Intervals against published values, against SciPy, and against what a 95 % interval promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from srbench_lite.statistics import Interval, median_interval, wilson_interval

#: Newcombe, Two-sided confidence intervals for the single proportion, Stat. Med. 17 (1998), table I, method 3.
NEWCOMBE = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("hits", "n", "low", "high"), NEWCOMBE)
def test_wilson_as_published(hits, n, low, high):
    interval = wilson_interval(hits / n, n)
    assert interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_as_scipy(case):
    hits, n = case
    expected = stats.binomtest(hits, n).proportion_ci(confidence_level=0.95, method="wilson")
    assert wilson_interval(hits / n, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_wilson_holds_the_rate_and_stays_between_0_and_1(rate, n):
    """Rates that are averages of averages, too."""
    interval = wilson_interval(rate, n)
    assert interval is not None
    assert 0 <= interval.low <= rate <= interval.high <= 1


def test_wilson_touches_the_ends_only_there():
    assert wilson_interval(0.0, 7).low == 0.0
    assert wilson_interval(1.0, 7).high == 1.0
    assert wilson_interval(1 / 7, 7).low > 0
    assert wilson_interval(6 / 7, 7).high < 1


def test_no_units_no_interval():
    assert wilson_interval(0.0, 0) is None
    assert median_interval(np.array([])) is None


# --- medians --------------------------------------------------------------------------------------------------------


def test_a_single_value_is_its_own_interval():
    assert median_interval(np.array([3.5])) == Interval(3.5, 3.5)
    assert median_interval(np.full(40, 3.5)) == Interval(3.5, 3.5)


def test_the_interval_is_the_same_every_time_and_in_every_order():
    values = np.random.default_rng(0).normal(size=300)
    first = median_interval(values)
    assert first == median_interval(values[::-1].copy()) == median_interval(values)
    assert first != median_interval(values, seed=1)


def test_the_values_are_left_alone():
    values = np.array([3.0, 1.0, 2.0])
    median_interval(values)
    assert values.tolist() == [3.0, 1.0, 2.0]


def test_median_interval_as_scipy():
    values = np.random.default_rng(3).exponential(size=60)
    expected = stats.bootstrap(
        (values,), np.median, n_resamples=5000, method="percentile", rng=np.random.default_rng(0)
    ).confidence_interval
    interval = median_interval(values)
    spacing = np.median(np.diff(np.sort(values)))
    assert interval.low == pytest.approx(expected.low, abs=3 * spacing)
    assert interval.high == pytest.approx(expected.high, abs=3 * spacing)


def test_coverage():
    """Of 300 intervals, about 95 % hold the true median (0); binomial bounds so wide that chance fails them never."""
    rng = np.random.default_rng(12)
    held = sum(i.low <= 0 <= i.high for i in (median_interval(rng.normal(size=25), seed=k) for k in range(300)))
    assert 0.90 <= held / 300 <= 0.99


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_bounds_lie_within_the_values(values):
    """Numbers near the largest float, too: halves are taken before sums."""
    interval = median_interval(np.array(values))
    assert min(values) <= interval.low <= interval.high <= max(values)


@pytest.mark.parametrize("worst", [-math.inf, math.inf])
def test_failed_tasks_reach_the_bounds_as_infinity(worst):
    most = median_interval(np.array([worst] * 9 + [1.0]))
    some = median_interval(np.array([worst] * 4 + [1.0] * 6))
    few = median_interval(np.array([worst] + [1.0] * 30))
    assert most == Interval(worst, worst)
    assert (some.low if worst < 0 else some.high) == worst
    assert (some.high if worst < 0 else some.low) == 1.0
    assert few == Interval(1.0, 1.0)


def test_many_tasks_stay_within_memory():
    """Resampling a thousand times at once would take 240 MB here."""
    import tracemalloc

    values = np.arange(30_000, dtype=np.float64)
    tracemalloc.start()
    interval = median_interval(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert interval.low < 14_999.5 < interval.high
    assert peak < 8e7
