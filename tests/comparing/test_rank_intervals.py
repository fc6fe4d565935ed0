"""`RankIntervals`: ranks by hand, and what no order of methods changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench_lite.comparing.rank_intervals import RankIntervals
from srbench_lite.comparing.suite_means import SuiteMeans


def of(*scores: list[float]) -> RankIntervals:
    """Return those of methods with these scores in one suite without shared formulas."""
    count = len(scores[0])
    return RankIntervals.of(SuiteMeans.of(np.array(scores), np.zeros(count, dtype=np.int64), np.arange(count)))


def test_equal_means_share_the_better_rank_and_all_ranks_are_possible():
    """Two methods with half each, on other tasks, and one with a quarter less: of 8 tasks nothing is sure."""
    found = of([1.0] * 4 + [0.0] * 4, [0.0] * 4 + [1.0] * 4, [1.0] * 2 + [0.0] * 6)
    assert found.ranks.tolist() == [1, 1, 3]
    assert found.low.tolist() == [1, 1, 1]
    assert found.high.tolist() == [3, 3, 3]
    assert found.differences.tolist() == [[0, 0, 0.25], [0, 0, 0.25], [-0.25, -0.25, 0]]


def test_who_is_far_ahead_is_first_for_sure():
    found = of([1.0] * 30, [0.5] * 15 + [0.0] * 15, [0.0] * 15 + [0.5] * 15)
    assert (found.low.tolist(), found.high.tolist()) == ([1, 2, 2], [1, 3, 3])


def test_identical_methods_are_as_good_as_each_other():
    found = of([1.0, 0.0, 1.0, 1.0], [1.0, 0.0, 1.0, 1.0])
    assert found.ranks.tolist() == found.low.tolist() == [1, 1]
    assert found.high.tolist() == [2, 2]
    assert found.half_width.max() == 0.0


@pytest.mark.parametrize(("tasks", "sure"), [(2, False), (3, False), (10, True), (100, True)])
def test_differences_that_are_all_alike_are_sure_only_where_there_are_enough(tasks, sure):
    """Resamples of them never scatter: two tasks of two would be certainty."""
    found = of([1.0] * tasks, [0.0] * tasks)
    assert (found.low.tolist() == [1, 2]) is sure


def test_one_method_is_first():
    found = of([0.5, 0.25])
    assert (found.ranks.tolist(), found.low.tolist(), found.high.tolist()) == ([1], [1], [1])


@settings(max_examples=20)
@given(
    st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=7, max_size=7), min_size=2, max_size=5),
    st.randoms(use_true_random=False),
)
def test_an_order_of_methods_changes_nothing(scores, random):
    found = of(*scores)
    order = [*range(len(scores))]
    random.shuffle(order)
    again = of(*(scores[k] for k in order))
    assert (again.ranks == found.ranks[order]).all()
    assert (again.low == found.low[order]).all()
    assert (again.high == found.high[order]).all()
    assert again.half_width == pytest.approx(found.half_width[np.ix_(order, order)])
    assert (found.low <= found.ranks).all()
    assert (found.ranks <= found.high).all()
    assert (found.high <= len(scores)).all()


def test_a_method_that_is_better_everywhere_is_never_behind():
    rng = np.random.default_rng(3)
    low = rng.random(12) / 2
    found = of(low.tolist(), (low + 0.5).tolist())
    assert found.ranks.tolist() == [2, 1]
    assert found.low[1] == 1
