"""`ProcessResult`: how a process that answered a request ended, and what has been seen of it so far."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from srbench_lite.recording.output import MAX_BYTES_KEPT
from srbench_lite.recording.record import Status
from srbench_lite.running.messages import FitReport, Request, Started, read_progress
from srbench_lite.running.report_log import ReportLog
from srbench_lite.running.wire import Inbox, WireError

__all__ = ["MAX_SECONDS_TO_BEGIN", "ProcessResult"]

AnswerT = TypeVar("AnswerT")

#: For a process to reach its work.
MAX_SECONDS_TO_BEGIN: Final = 30.0
_MAX_SECONDS_AHEAD: Final = 1.0  # of a report before the moment at which it was read, as its own clock says
_MAX_OUTPUT_QUOTED: Final = 2_000  # bytes of what a process wrote in which its last line is looked for
_MAX_READS: Final = 64  # pieces of output read at a time


@dataclass(slots=True, kw_only=True)
class ProcessResult(Generic[AnswerT]):
    """How a process ended; while it is watched, what has been seen of it so far.

    Attributes:
        answer: what it said at its end; None where it was stopped, died, or sent something malformed.
        malformed: what was wrong with its message, where it sent a malformed one.
        best: text of the last formula it reported; None without any.
        reports: what it reported, and when.
        limit: TIMEOUT or MEMOUT where a limit ended it.
        wait_status: of the process; None where it is unknown.
        seconds: wall clock from the start of the work to its end, as seen from outside.
        cpu_seconds: CPU time of the process tree.
        memory_mb: resident memory at the last look, MiB; None before the first.
        peak_mb: largest resident memory seen, MiB; None where it ended before the first look.
        never_began: whether it was ended because its work had not begun in time.
        printed_bytes: how much was written to stdout and stderr.
        last_output: the end of that, in the order in which it was written.
    """

    answer: AnswerT | None = None
    malformed: str | None = None
    best: str | None = None
    reports: ReportLog = field(default_factory=ReportLog)
    limit: Status | None = None
    wait_status: int | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_mb: float | None = None
    peak_mb: float | None = None
    never_began: bool = False
    printed_bytes: int = 0
    last_output: bytes = b""

    @property
    def has_answered(self) -> bool:
        """Whether it has said something at its end, malformed or not."""
        return self.answer is not None or self.malformed is not None

    def why_no_answer(self) -> str:
        """Say in one line why there is no answer."""
        if self.limit is not None:
            return f"the process was stopped at its limit ({self.limit})"
        if self.malformed is not None:
            return f"the process sent a malformed answer: {self.malformed}"
        if self.never_began:
            return f"the process had not begun its work after {MAX_SECONDS_TO_BEGIN:g} s"
        lines = self.last_output[-_MAX_OUTPUT_QUOTED:].decode(errors="replace").strip().splitlines()
        last = f"; it last wrote: {lines[-1][:300]}" if lines else ""
        if self.wait_status is None:
            return f"the process was lost{last}"
        if os.WIFSIGNALED(self.wait_status):
            number = os.WTERMSIG(self.wait_status)
            with contextlib.suppress(ValueError):
                return f"the process was killed by {signal.Signals(number).name}{last}"
            return f"the process was killed by signal {number}{last}"
        return f"the process ended with exit code {os.WEXITSTATUS(self.wait_status)} without an answer{last}"

    def drain(self, output: int) -> bool:
        """Read what a process has written, keep its end; return whether more can come."""
        chunks: list[bytes] = []
        more = True
        for _ in range(_MAX_READS):  # and no more: the limits must have their look even at a flood
            try:
                chunk = os.read(output, 1 << 16)
            except BlockingIOError:
                break
            more = bool(chunk)
            if not more:
                break
            chunks.append(chunk)
        self.printed_bytes += sum(map(len, chunks))
        if chunks:
            self.last_output = b"".join((self.last_output, *chunks))[-MAX_BYTES_KEPT:]
        return more

    def listen(self, request: Request[AnswerT], inbox: Inbox, chunk: bytes, seconds: float) -> bool:
        """Note what a process says up to its answer, so many seconds after it was forked; return whether it begins."""
        started = False
        try:
            for message in inbox.feed(chunk):
                progress = read_progress(message)
                if progress is None:
                    self.answer = request.read_answer(message)
                    break
                if isinstance(progress, Started):
                    started = True
                elif isinstance(progress, FitReport):
                    if progress.seconds > seconds + _MAX_SECONDS_AHEAD:
                        raise WireError(f"seconds must not lie ahead, got {progress.seconds:g} after {seconds:g} s")
                    self.best = progress.expression
                    self.reports.add(progress.seconds, progress.expression)
        except WireError as error:
            self.malformed = str(error)
        return started
