"""The clock of counted work: whole nanoseconds, and what an evaluation counts."""

from __future__ import annotations

import pytest

from srbench_lite.fitting.work_clock import count_evaluation, count_work, counted_work


def test_it_goes_on_by_what_is_counted() -> None:
    before = counted_work()
    count_work(5.0)
    count_work(2.7)
    assert counted_work() - before == 7


def test_larger_formulas_and_more_points_count_more() -> None:
    counts = []
    for nodes, points in ((3, 100), (6, 100), (6, 1000)):
        before = counted_work()
        count_evaluation(nodes, points)
        counts.append(counted_work() - before)
    assert counts[1] == pytest.approx(2 * counts[0], abs=1)
    assert counts[0] < counts[1] < counts[2]
