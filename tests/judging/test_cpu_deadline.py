"""The CPU time of a decision: what counts, what does not, and the backstop. The clocks are false but for one test."""

from __future__ import annotations

import math
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from srbench_lite.judging import cpu_deadline
from srbench_lite.judging.cpu_deadline import CpuDeadline, OutOfTimeError


class Clocks:
    """Two clocks that stand still until a thread works, or waits for the machine."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.cpu = 100.0
        self.wall = 7000.0
        patch.setattr("time.thread_time", lambda: self.cpu)
        patch.setattr("time.monotonic", lambda: self.wall)

    def work(self, seconds: float) -> None:
        self.cpu += seconds
        self.wall += seconds

    def wait(self, seconds: float) -> None:
        self.wall += seconds


@pytest.fixture(name="clocks")
def _clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def is_over(deadline: CpuDeadline) -> bool:
    try:
        deadline.check()
    except OutOfTimeError:
        return True
    return False


def test_cpu_time_is_used_up(clocks: Clocks) -> None:
    deadline = CpuDeadline.after(5.0)
    assert deadline.cpu_left == 5.0
    clocks.work(4.9)
    assert not is_over(deadline)
    assert deadline.cpu_left == pytest.approx(0.1)
    clocks.work(0.2)
    assert is_over(deadline)
    assert deadline.cpu_left < 0


def test_waiting_uses_no_cpu_time(clocks: Clocks) -> None:
    deadline = CpuDeadline.after(5.0)
    clocks.wait(9.0)
    assert not is_over(deadline)
    clocks.work(4.9)
    assert not is_over(deadline)
    clocks.work(0.2)
    assert is_over(deadline)


def test_wall_clock_is_a_generous_backstop(clocks: Clocks) -> None:
    deadline = CpuDeadline.after(5.0)
    assert deadline.wall_left == 15.0
    clocks.wait(14.0)  # other processes have the machine
    assert not is_over(deadline)
    clocks.wait(2.0)
    assert is_over(deadline)


def test_what_a_child_used_is_taken_off(clocks: Clocks) -> None:
    deadline = CpuDeadline.after(5.0)
    clocks.wait(2.0)  # for a child that works
    charged = deadline.charged(2.0)
    assert (deadline.cpu_left, charged.cpu_left) == (5.0, 3.0)
    assert charged.wall_left == deadline.wall_left
    assert is_over(charged.charged(3.0))
    clocks.work(3.0)
    assert not is_over(deadline)
    assert is_over(charged)


def test_no_time_at_all_is_used_up_at_once(clocks: Clocks) -> None:
    assert is_over(CpuDeadline.after(0.0))


def test_there_is_time_for_ever() -> None:
    deadline = CpuDeadline.after(math.inf)
    assert not is_over(deadline.charged(1e9))
    assert deadline.cpu_left == deadline.wall_left == math.inf


@given(st.lists(st.tuples(st.booleans(), st.floats(0.001, 3.0)), max_size=12), st.floats(0.0, 9.0))
def test_the_cheap_look_changes_no_answer(parts: list[tuple[bool, float]], limit: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clocks = Clocks(patch)
        deadline = CpuDeadline.after(limit)
        for works, seconds in parts:
            (clocks.work if works else clocks.wait)(seconds)
            assume(min(abs(deadline.cpu_left), abs(deadline.wall_left)) > 1e-9)  # where rounding decides
            assert is_over(deadline) == (deadline.cpu_left <= 0 or deadline.wall_left <= 0)


def test_a_thread_that_sleeps_uses_no_cpu_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_deadline, "_WALL_SECONDS_PER_CPU_SECOND", 1e6)
    deadline = CpuDeadline.after(0.05)
    time.sleep(0.06)
    assert not is_over(deadline)


def test_a_deadline_is_a_value() -> None:
    deadline = CpuDeadline.after(1.0)
    with pytest.raises(AttributeError):
        deadline.cpu = 0.0  # type: ignore[misc]
    assert deadline == deadline.charged(0.0)
