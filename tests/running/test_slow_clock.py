"""`slowed`: the clocks go faster by a factor, stand still while others have the core, and are put back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from srbench_lite.running import slow_clock
from srbench_lite.running.slow_clock import slowed

CLOCKS = ("perf_counter", "monotonic", "time")


def test_clocks_go_faster_by_a_factor_but_for_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, waited = [100.0], [5.0]
    monkeypatch.setattr(time, "perf_counter", lambda: wall[0])
    monkeypatch.setattr(slow_clock, "_waited", lambda: waited[0])
    with slowed(3.0):
        before = [getattr(time, name)() for name in CLOCKS]
        wall[0] += 2.0
        waited[0] += 0.5
        after = [getattr(time, name)() for name in CLOCKS]
    assert [b - a for a, b in zip(before, after, strict=True)] == pytest.approx([4.5] * 3)


def test_where_the_system_says_nothing_of_waiting_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(slow_clock, "_SCHEDULED", tmp_path / "none")
    with slowed(2.0):
        assert time.perf_counter() <= time.perf_counter()


def test_they_are_put_back_whatever_happens() -> None:
    before = [getattr(time, name) for name in CLOCKS]
    with pytest.raises(ValueError, match="oops"), slowed(2.0):
        raise ValueError("oops")
    assert [getattr(time, name) for name in CLOCKS] == before
