"""`machine_speed`: counted work over CPU time, to two digits, the same whenever it is asked."""

from __future__ import annotations

import time

import pytest

from srbench_lite.running.speed import machine_speed


def test_it_is_a_positive_number_of_two_digits_and_stays() -> None:
    machine_speed.cache_clear()
    speed = machine_speed()
    assert speed == float(f"{speed:.2g}") > 0
    assert machine_speed() == speed


def test_a_machine_on_which_the_same_takes_longer_is_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(1_000))
    speeds = []
    for tick in (0.02, 0.08):
        monkeypatch.setattr(time, "thread_time", lambda tick=tick: tick * next(ticks))
        machine_speed.cache_clear()
        speeds.append(machine_speed())
    machine_speed.cache_clear()
    assert speeds[0] == pytest.approx(4 * speeds[1], rel=0.1)
