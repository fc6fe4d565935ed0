"""`Supervisor`: answers requests one after another, each held to limits from outside.

A fit has a process of its own, forked from a zygote that has the engines; when it has ended, however it ended,
everything it started is killed and reaped before the next one starts. Formulas are scored by one process that stands
ready, forked from a second zygote, which has what the judge needs: it scores one after another, and is replaced where
it died, came to a limit, or has become large. Wall clock and resident memory are watched here, in the coordinator.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from srbench_lite.recording.record import Status
from srbench_lite.running.interpreter import Interpreter
from srbench_lite.running.judge_messages import JudgeRequest
from srbench_lite.running.messages import Request, ScoreRequest
from srbench_lite.running.packets import ZygoteConfig
from srbench_lite.running.process_result import MAX_SECONDS_TO_BEGIN, ProcessResult
from srbench_lite.running.process_tree import descendants
from srbench_lite.running.wire import Inbox, WireError, send
from srbench_lite.running.zygote_pair import InterruptedRunError, ZygotePair

__all__ = ["Supervisor"]

AnswerT = TypeVar("AnswerT")

_SECONDS_BETWEEN_LOOKS: Final = 0.05  # at a process's memory


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """A process that was forked: its number, the stream it answers over, and the pipe it writes to."""

    pid: int
    stream: socket.socket
    output: int

    def close(self) -> None:
        self.stream.close()
        os.close(self.output)


class Supervisor:
    """Answers requests one at a time.

    Args:
        plugins: plugin files to load besides the installed plugins.
        preload: modules to import before the first request.
        threads: threads of numerical libraries in every process.
        scores: whether formulas will be scored here, so that scoring is made ready once.
        stop: when set, the process at work is ended and `run` raises `InterruptedRunError`.
        interpreter: another Python in which the processes run, and what it imports before the first request.
    """

    def __init__(
        self, *, plugins: Sequence[Path] = (), preload: Sequence[str] = (), threads: int = 1,
        scores: bool = False, stop: threading.Event | None = None, interpreter: Interpreter | None = None,
    ) -> None:  # fmt: skip
        files = tuple(str(Path(p).resolve()) for p in plugins)
        modules = tuple(preload)
        self._plugins = tuple(Path(file) for file in files)
        self._threads = threads
        self._stop = stop or threading.Event()
        self._fits = ZygotePair(
            ZygoteConfig(
                plugins=files, scores=False,
                preload=modules if interpreter is None else (*interpreter.preload, *modules),
                entry_points=None if interpreter is None else interpreter.entry_points,
            ), threads=threads, stop=self._stop, interpreter=interpreter,
        )  # fmt: skip
        self._scores = ZygotePair(
            ZygoteConfig(plugins=files, scores=True, preload=()), threads=threads, stop=self._stop
        )  # fmt: skip
        self._scores_soon = scores
        self._scorer: _Child | None = None
        self._at_work: ProcessResult[Any] | None = None
        self._abroad: dict[Interpreter, Supervisor] = {}

    def run(self, request: Request[AnswerT], *, seconds: float, memory_mb: float) -> ProcessResult[AnswerT]:
        """Have a process answer a request, and see it to its end: one of its own, but for scorings.

        Args:
            request: what the process is asked.
            seconds: wall-clock limit, counted from the start of the work.
            memory_mb: limit of the process tree's resident memory, MiB.

        Raises:
            InterruptedRunError: the stop event was set.
            StartError: the processes cannot be started.
        """
        if self._scores_soon:  # they load while the first fit is at work
            self._scores.begin()
        if isinstance(request, ScoreRequest | JudgeRequest):
            stood = self._scorer is not None
            seen = self._run(request, self._scores, seconds, memory_mb, stays=True)
            if stood and not seen.has_answered and seen.limit is not Status.TIMEOUT:  # what came before may be to blame
                seen = self._run(request, self._scores, seconds, memory_mb, stays=True)
            return seen
        return self._run(request, self._fits, seconds, memory_mb, stays=False)

    def _run(
        self, request: Request[AnswerT], pair: ZygotePair, seconds: float, memory_mb: float, *, stays: bool
    ) -> ProcessResult[AnswerT]:
        """Have a child of a zygote answer a request; where it is to stay and has answered, it answers the next too."""
        seen: ProcessResult[AnswerT] = ProcessResult()
        self._at_work = seen
        child = self._scorer if stays else None
        self._scorer = None if stays else self._scorer
        try:
            if child is None:
                child = _forked(pair)
            with contextlib.suppress(OSError):  # it died while reading: seen below
                send(child.stream, request.to_message())
            self._watch(seen, request, child, pair, seconds, memory_mb)
            if stays and seen.answer is not None:
                self._scorer = child
                return seen
            cleared = pair.clear()
            seen.cpu_seconds, seen.wait_status = cleared.cpu_seconds, cleared.wait_status
            before = -1
            while before != seen.printed_bytes:  # what is still in the pipe
                before = seen.printed_bytes
                seen.drain(child.output)
        except (BrokenPipeError, ConnectionError, TimeoutError, WireError):
            pair.end()  # the zygote is gone; the next request gets a new one
            if child is not None:
                seen.drain(child.output)
        finally:
            self._at_work = None
            if child is not None and child is not self._scorer:
                child.close()
        if self._stop.is_set() and not seen.has_answered and seen.limit is None:
            raise InterruptedRunError("stopped", best=seen.best)
        return seen

    def _watch(
        self, seen: ProcessResult[AnswerT], request: Request[AnswerT], child: _Child, pair: ZygotePair, seconds: float,
        memory_mb: float,
    ) -> None:  # fmt: skip
        """Listen to a process until it has answered, died, or reached a limit."""
        inbox = Inbox()
        stream, output = child.stream, child.output
        forked_at = time.monotonic()
        started_at: float | None = None
        next_look = forked_at + _SECONDS_BETWEEN_LOOKS
        sources: list[Any] = [stream, output]
        while not seen.has_answered:
            now = time.monotonic()
            deadline = started_at + seconds if started_at is not None else forked_at + MAX_SECONDS_TO_BEGIN
            ready, _, _ = select.select(sources, [], [], max(0.0, min(next_look, deadline) - now))
            now = time.monotonic()
            if output in ready and not seen.drain(output):
                sources.remove(output)
            if stream in ready:
                try:
                    chunk = stream.recv(1 << 18)
                except OSError:
                    break
                if not chunk:
                    break
                if seen.listen(request, inbox, chunk, now - forked_at) and started_at is None:
                    started_at = now
                if seen.has_answered:
                    break
            if now >= deadline:
                seen.limit = Status.TIMEOUT if started_at is not None else None
                seen.never_began = started_at is None
                break
            if now >= next_look or self._stop.is_set():
                next_look = now + _SECONDS_BETWEEN_LOOKS
                if self._stop.is_set():
                    break
                if not _alive(child.pid) and not select.select([stream], [], [], 0)[0]:
                    break  # a dead process's last words lie in the stream: they are read first
                if _too_large(seen, pair.zygote, memory_mb):
                    seen.limit = Status.MEMOUT
                    break
        seen.seconds = time.monotonic() - (started_at if started_at is not None else forked_at)

    @property
    def memory_mb(self) -> float | None:
        """Resident memory of what is at work, MiB, when it was looked at last; None where nothing is, or not yet."""
        if (seen := self._at_work) is not None:
            return seen.memory_mb
        sizes = (there.memory_mb for there in list(self._abroad.values()))
        return next((size for size in sizes if size is not None), None)

    def abroad(self, interpreter: Interpreter) -> Supervisor:
        """Return the supervisor of another Python, which loads the same plugin files and ends with this one.

        The same Python with other plugins or modules has another. Its processes start with its first request, and stay
        for the next one.
        """
        there = self._abroad.get(interpreter)
        if there is None:
            there = Supervisor(
                plugins=self._plugins, threads=self._threads, stop=self._stop, interpreter=interpreter
            )  # fmt: skip
            self._abroad[interpreter] = there
        return there

    def close(self) -> None:
        """End the zygotes and all that descends from them, and those in other interpreters."""
        self._let_go()
        for pair in (self._fits, self._scores):
            pair.end()
        for there in self._abroad.values():
            there.close()

    def disown(self) -> None:
        """Let go of the processes without ending them: what a forked child does with its parent's supervisor."""
        self._let_go()
        for pair in (self._fits, self._scores):
            pair.disown()
        for there in self._abroad.values():
            there.disown()

    def _let_go(self) -> None:
        """Close what leads to the process that scores."""
        if self._scorer is not None:
            self._scorer.close()
            self._scorer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _forked(pair: ZygotePair) -> _Child:
    """Have a zygote fork a child."""
    ours, theirs = socket.socketpair()
    ours.settimeout(MAX_SECONDS_TO_BEGIN)  # a child that was stopped does not read
    output, wrote = os.pipe()
    os.set_blocking(output, False)
    try:
        return _Child(pid=pair.fork(theirs.fileno(), wrote), stream=ours, output=output)
    except BaseException:
        ours.close()
        os.close(output)
        raise
    finally:
        theirs.close()
        os.close(wrote)


def _too_large(seen: ProcessResult[Any], zygote: int, memory_mb: float) -> bool:
    """Look at the memory of a child's process tree; kill it at once where it is over the limit."""
    import psutil

    tree = []
    for pid in descendants(zygote):
        with contextlib.suppress(psutil.Error):
            tree.append(psutil.Process(pid))
    size = sum(_resident(process) for process in tree) / 2**20
    if size > memory_mb:  # pages shared with the zygote count once: look closer before anything is killed
        size = sum(_proportional(process) for process in tree) / 2**20
    seen.memory_mb = size
    seen.peak_mb = max(seen.peak_mb or 0.0, size)
    if size <= memory_mb:
        return False
    for process in tree:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return True


def _alive(pid: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _resident(process: Any) -> int:
    import psutil

    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _proportional(process: Any) -> int:
    """Resident memory, bytes, with every shared page divided among its users; plain resident memory off Linux."""
    import psutil

    try:
        return int(getattr(process.memory_full_info(), "pss", 0)) or _resident(process)
    except psutil.Error:
        return _resident(process)
