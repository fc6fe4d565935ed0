"""The child process: its text, its limits, and that nothing is left of it."""

from __future__ import annotations

import os
import time

import pytest

from srbench_lite.expressions.sympy_child import in_child, run_in_child


def busy() -> str:
    while True:
        pass


def asleep() -> str:
    time.sleep(60)
    return "late"


def failing() -> str:
    raise ValueError("on purpose")


def test_a_child_answers() -> None:
    assert in_child(lambda: "é" * 100_000, cpu_seconds=5, wall_seconds=5) == "é" * 100_000


def test_a_child_may_take_for_ever_by_the_clock() -> None:
    assert in_child(lambda: "there", cpu_seconds=5, wall_seconds=float("inf")) == "there"


def test_a_child_is_ended_and_reaped() -> None:
    for work in (busy, asleep, failing, lambda: os._exit(3)):
        began = time.perf_counter()
        assert in_child(work, cpu_seconds=0.1, wall_seconds=0.5) is None
        assert time.perf_counter() - began < 3
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_child_inside_a_child() -> None:
    def outer() -> str:
        return in_child(lambda: "deep", cpu_seconds=2, wall_seconds=2) or "nothing"

    assert in_child(outer, cpu_seconds=5, wall_seconds=5) == "deep"


def test_the_cpu_time_of_a_child_is_counted_and_its_sleep_is_not() -> None:
    limit = 0.2
    worked = run_in_child(busy, cpu_seconds=limit, wall_seconds=60)
    slept = run_in_child(asleep, cpu_seconds=limit, wall_seconds=0.3)
    assert worked.text is None
    assert slept.text is None
    assert 0.5 * limit < worked.cpu_seconds
    assert slept.cpu_seconds < worked.cpu_seconds


def test_a_child_that_answers_has_used_time_too() -> None:
    answer = run_in_child(lambda: str(sum(range(200_000))), cpu_seconds=5, wall_seconds=5)
    assert answer.text == "19999900000"
    assert answer.cpu_seconds > 0
