"""`Deadline`: what is left of a fit's time, and shares of it from one start."""

from __future__ import annotations

import math
import time

import pytest

from srbench_lite.fitting.deadline import Deadline


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
    assert whole.part(0.25) == Deadline(15.0, 100.0)
    assert whole.part(0.25).left - whole.left == pytest.approx(-45.0, abs=0.1)
