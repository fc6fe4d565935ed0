"""`Deadline`: what is left of a fit's work and time, and shares of both from one start."""

from __future__ import annotations

import math
import threading
import time

import pytest

from srbench_lite.fitting.deadline import Deadline
from srbench_lite.fitting.work_clock import count_work


def test_what_is_left_falls_until_it_is_over() -> None:
    now = time.perf_counter()
    deadline = Deadline(60.0, now - 20.0)
    assert 39.0 < deadline.left <= 40.0
    assert not deadline.is_over
    assert Deadline(60.0, now - 61.0).is_over
    assert Deadline(60.0, now - 61.0).left < -1.0 + 1e-6


def test_it_starts_when_it_is_made() -> None:
    before = time.perf_counter()
    deadline = Deadline(1.0)
    assert before <= deadline.start <= time.perf_counter()


def test_no_time_is_over_at_once_and_no_limit_never() -> None:
    assert Deadline(0.0).is_over
    assert not Deadline(math.inf).is_over
    assert Deadline(math.inf).left == math.inf


def test_a_part_has_the_same_start() -> None:
    whole = Deadline(60.0, 100.0)
    part = whole.part(0.25)
    assert (part.seconds, part.start, part.work) == (15.0, 100.0, 5.0)
    assert whole.part(0.25, work_share=1.2).work == pytest.approx(24.0)
    assert part.left - whole.left == pytest.approx(-45.0, abs=0.1)


def test_a_third_of_the_time_is_planned_in_counted_work() -> None:
    deadline = Deadline(60.0)
    count_work(19.9e9)
    assert not deadline.is_over
    assert deadline.outcome == "finished"
    count_work(0.2e9)
    assert deadline.is_over
    assert (deadline.outcome, deadline.was_cut) == ("work used up", False)
    assert deadline.work_left == pytest.approx(-0.1)


def test_work_is_counted_exactly_whatever_was_counted_before() -> None:
    done = []
    for before in (0.0, 1e17):
        count_work(before)
        deadline = Deadline(60.0)
        for _ in range(3):
            count_work(1.9)
        done.append(deadline.work_done)
    assert done == [3e-9, 3e-9]


def test_each_thread_counts_its_own_work() -> None:
    deadline = Deadline(3.0)
    thread = threading.Thread(target=count_work, args=(1e12,))
    thread.start()
    thread.join()
    assert deadline.work_done == 0.0


def test_the_clock_cuts_what_was_planned_and_all_parts_know(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    whole = Deadline(60.0)
    part = whole.part(0.5)
    now[0] = 29.0
    assert not part.is_over
    now[0] = 31.0
    assert part.is_over
    assert whole.was_cut
    assert not whole.is_over
    assert whole.outcome == "cut by the clock"


def test_work_that_is_used_up_comes_before_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    deadline = Deadline(30.0)
    count_work(1e10)
    now[0] = 31.0
    assert deadline.is_over
    assert not deadline.was_cut


def test_a_part_of_the_rest_shares_what_is_left_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    whole = Deadline(60.0)
    now[0] = 120.0
    count_work(10e9)
    part = whole.part_of_rest(0.5)
    assert (part.left, part.work_left) == (pytest.approx(20.0), pytest.approx(5.0))
    assert Deadline(math.inf).part_of_rest(0.5).left == math.inf


def test_the_work_may_be_set_apart_from_the_time() -> None:
    deadline = Deadline(60.0, work=5.0)
    assert (deadline.work_left, deadline.part(0.5).work_left) == (5.0, 2.5)
