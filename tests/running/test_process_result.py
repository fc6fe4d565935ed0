"""`ProcessResult`: what is heard of a process, and why it has no answer."""

from __future__ import annotations

import os

import pytest

from srbench_lite.recording.output import MAX_BYTES_KEPT
from srbench_lite.recording.record import Status
from srbench_lite.running.messages import FitAnswer
from srbench_lite.running.process_result import ProcessResult


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (ProcessResult(limit=Status.MEMOUT), "the process was stopped at its limit (memout)"),
        (ProcessResult(malformed="it lacks reason"), "the process sent a malformed answer: it lacks reason"),
        (ProcessResult(never_began=True), "the process had not begun its work after 30 s"),
        (ProcessResult(last_output=b"one\ntwo\n"), "the process was lost; it last wrote: two"),
        (ProcessResult(last_output=b"long" * 9_999), f"the process was lost; it last wrote: {'long' * 75}"),
        (ProcessResult(wait_status=9), "the process was killed by SIGKILL"),
        (ProcessResult(wait_status=63), "the process was killed by signal 63"),
        (ProcessResult(wait_status=3 << 8), "the process ended with exit code 3 without an answer"),
    ],
)
def test_it_is_said_why_there_is_no_answer(result: ProcessResult[FitAnswer], said):
    assert result.why_no_answer() == said


def test_the_end_of_what_was_written_is_kept():
    seen: ProcessResult[FitAnswer] = ProcessResult()
    output, wrote = os.pipe()
    os.set_blocking(output, False)
    for piece in (b"a" * 40_000, b"b" * 40_000):
        os.write(wrote, piece)
        assert seen.drain(output)  # it may write more
    os.close(wrote)
    assert not seen.drain(output)
    os.close(output)
    assert seen.printed_bytes == 80_000
    assert seen.last_output == (b"a" * 40_000 + b"b" * 40_000)[-MAX_BYTES_KEPT:]
