"""The fuzzing of `tests/tools/fuzz.py` at small: every target on some inputs, and what it finds where it must."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fuzz_children import Finding, Limits, Summary, Target, drawn, fuzz, tried
from fuzz_targets import TARGETS

from srbench_lite.errors import UsageError

#: Inputs for each target: a second or two.
_INPUTS = 60


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_takes_what_strangers_write(name: str, tmp_path: Path) -> None:
    """An input is accepted, or refused by an error of ours with a bounded text; at least one is accepted."""
    target = TARGETS[name]
    numbers = range(1_000_000, 1_000_000 + _INPUTS)
    ends = [tried(target, drawn(target, 25, number), tmp_path) for number in numbers]
    assert [(number, end) for number, end in zip(numbers, ends, strict=True) if end[1]] == []
    assert any(good for good, _, _ in ends)


def _fuzzed(read: Callable[[int], object], *, inputs: int = 6, seconds: float = 0.5, memory_mb: float = 300) -> Summary:
    """Fuzz a function of the number that an input is."""
    numbers = iter(range(10**9))
    target = Target(
        name="made", ending=".txt", draw=lambda rng: str(rng.getrandbits(8)).encode(),
        read=lambda content, folder: read(next(numbers)),
    )  # fmt: skip
    limits = Limits(seconds=seconds, memory_mb=memory_mb)
    return fuzz(target, inputs=inputs, seed=0, limits=limits, on_finding=lambda finding: None)


def _fault(summary: Summary) -> Finding:
    (finding,) = summary.findings
    return finding


def test_what_is_accepted_or_refused_is_no_fault() -> None:
    """Errors of ours are what is wanted."""

    def read(number: int) -> None:
        if number % 2:
            raise UsageError("input.txt is none")

    summary = _fuzzed(read)
    assert (summary.inputs, summary.accepted, summary.findings) == (6, 3, [])


def test_another_exception_is_a_fault() -> None:
    """It is named with its input, and the others are tried all the same."""
    summary = _fuzzed(lambda number: 1 // (number - 2))
    assert _fault(summary).number == 2
    assert "ZeroDivisionError" in _fault(summary).fault
    assert summary.inputs == 6


def test_a_long_error_is_a_fault() -> None:
    """So is an empty one."""

    def read(number: int) -> None:
        raise UsageError("x" * 5000 * (number == 1))

    faults = [finding.fault for finding in _fuzzed(read, inputs=2).findings]
    assert faults == ["an error without a text", "an error of 5,000 characters"]


def test_what_hangs_is_killed_and_named() -> None:
    """Neither an endless loop nor one that is only slow ends the fuzzing."""

    def read(number: int) -> None:
        end = time.process_time() + (0.7 if number == 1 else 100 if number == 3 else 0)
        while time.process_time() < end:
            pass

    summary = _fuzzed(read, inputs=4)
    assert [finding.number for finding in summary.findings] == [1, 3]
    assert summary.findings[0].fault.startswith("it takes 0.")
    assert summary.findings[1].fault == "it hangs: SIGXCPU"


def test_what_fills_the_memory_is_named() -> None:
    """A child that has grown is not gone on with."""
    summary = _fuzzed(lambda number: bytearray(500 << 20) if number == 3 else None)
    assert _fault(summary).number == 3
    assert summary.memory_mb > 300
    assert summary.inputs == 6


def test_an_input_is_drawn_from_its_number() -> None:
    """The same number gives the same bytes, whatever was drawn before."""
    for name in ("formula", "json", "suite"):
        target = TARGETS[name]
        first = drawn(target, 1, 7)
        random.seed(3)
        drawn(target, 1, 8)
        assert drawn(target, 1, 7) == first
