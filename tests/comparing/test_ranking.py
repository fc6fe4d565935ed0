"""Ranks, groups, profiles and fronts against published values and what they promise."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from srbench_lite import UsageError
from srbench_lite.comparing.ranking import cliques, critical_difference, friedman, pareto_front, profile, ranks
from srbench_lite.comparing.statistics import (
    holm,
    signed_rank,
)

#: Demsar, Statistical comparisons of classifiers over multiple data sets, JMLR 7 (2006), table 6: AUC of four variants.
#: The last but one row is printed with a tie that the paper's ranks do not have.
DEMSAR = np.array([
    [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967],
    [0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
    [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875],
    [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.97501, 0.975], [0.957, 0.978, 0.946, 0.970],
])  # fmt: skip


def test_friedman_as_published():
    found = friedman(DEMSAR)
    assert found.mean_ranks == pytest.approx((3.143, 2.000, 2.893, 1.964), abs=5e-4)
    # the paper gives 9.28, without the correction for ties that SciPy makes
    assert found.statistic == pytest.approx(stats.friedmanchisquare(*DEMSAR.T).statistic)
    plain = 12 * 14 / (4 * 5) * (sum(r * r for r in found.mean_ranks) - 4 * 25 / 4)
    assert plain == pytest.approx(9.28, abs=5e-3)
    assert found.p_value < 0.05


_rows = st.lists(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=4, max_size=4), min_size=2, max_size=30)


@given(_rows.filter(lambda rows: any(len(set(row)) > 1 for row in rows)))
def test_friedman_with_ties_as_scipy_has_it(rows):
    scores = np.array(rows)
    found, expected = friedman(scores), stats.friedmanchisquare(*scores.T)
    assert found.statistic == pytest.approx(expected.statistic, abs=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue)


def test_friedman_of_methods_that_are_alike_or_too_few():
    assert friedman(np.ones((5, 3))) == (0.0, 1.0, (2.0, 2.0, 2.0))
    with pytest.raises(UsageError, match="three methods and two tasks, got 2 and 5"):
        friedman(np.ones((5, 2)))


@pytest.mark.parametrize(
    ("alpha", "published"),
    [
        (0.05, (1.960, 2.343, 2.569, 2.728, 2.850, 2.949, 3.031, 3.102, 3.164)),
        (0.10, (1.645, 2.052, 2.291, 2.459, 2.589, 2.693, 2.780, 2.855, 2.920)),
    ],
)
def test_critical_differences_as_published(alpha, published):
    """Demsar 2006, table 5a; his example of four methods on 14 tasks has one of 1.25."""
    for methods, quantile in enumerate(published, start=2):
        found = critical_difference(methods, 1, alpha=alpha) / math.sqrt(methods * (methods + 1) / 6)
        assert found == pytest.approx(quantile, abs=1.1e-3)
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=5e-3)


def test_groups_of_the_published_example():
    """By Nemenyi's test at 0.10 the data suffice to tell m and m + cf from plain C4.5, as the paper says: CD 1.12."""
    groups = cliques(DEMSAR, test="nemenyi", alpha=0.10)
    assert groups == [(3, 1, 2), (2, 0)]
    assert cliques(DEMSAR, test="nemenyi") == [(3, 1, 2, 0)]


def test_groups_hold_no_two_methods_that_differ():
    rng = np.random.default_rng(9)
    scores = rng.normal(size=(60, 5)) + np.array([0.0, 0.05, 1.5, 1.55, 4.0])
    assert cliques(scores) == [(3, 2), (1, 0)]
    assert cliques(scores[:, :1]) == []
    pairs = list(itertools.combinations(range(5), 2))
    adjusted = holm([signed_rank(scores[:, a] - scores[:, b]) for a, b in pairs])
    apart = {pair for pair, p in zip(pairs, adjusted, strict=True) if p <= 0.05}
    for group in cliques(scores):
        assert not any(tuple(sorted(pair)) in apart for pair in itertools.combinations(group, 2))


def test_failures_rank_last_and_tie():
    scores = np.array([[1.0, -math.inf, -math.inf], [0.5, 0.7, -math.inf]])
    assert ranks(scores).tolist() == [[1.0, 2.5, 2.5], [2.0, 1.0, 3.0]]
    failing = np.column_stack([np.linspace(0, 1, 20), np.full(20, -math.inf)])
    assert cliques(failing) == []
    assert cliques(np.full((20, 2), -math.inf)) == [(0, 1)]


_scores = st.sampled_from([-math.inf, 0.0, 0.25, 0.5, 1.0, math.inf]) | st.floats(-1, 1)


@given(st.integers(1, 6).flatmap(lambda n: st.lists(st.lists(_scores, min_size=n, max_size=n), min_size=1, max_size=8)))
def test_ranks_as_scipy_has_them(rows):
    scores = np.round(np.array(rows), 12)
    assert ranks(scores).tolist() == [stats.rankdata(-row).tolist() for row in scores]


def test_a_profile_is_the_share_that_reaches_a_threshold():
    values = np.array([1.0, 0.5, -math.inf, 0.9])
    assert profile(values, np.array([-1.0, 0.5, 0.95, 1.0, 1.1])).tolist() == [0.75, 0.75, 0.25, 0.25, 0.0]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_the_pareto_front_is_what_nothing_beats(points):
    costs = np.array(points, dtype=float)
    kept = pareto_front(costs)
    for k, one in enumerate(points):
        beaten = any(o[0] <= one[0] and o[1] <= one[1] and o != one for o in points)
        assert kept[k] == (not beaten)
