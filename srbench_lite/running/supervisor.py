"""`Supervisor`: answers requests one after another, each in a process of its own, and holds it to limits from outside.

A supervisor owns one keeper and its zygote. Wall clock and resident memory are watched here, in the coordinator; when a
process has ended, however it ended, everything it started is killed and reaped before the next one starts.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from srbench_lite.errors import SrbenchError
from srbench_lite.recording.output import MAX_BYTES_KEPT
from srbench_lite.recording.record import Status
from srbench_lite.running.interpreter import Interpreter, find_place
from srbench_lite.running.messages import FitReport, Request, Started, read_progress
from srbench_lite.running.packets import CLEAR, RUN, Cleared, Forked, Ready, ZygoteConfig
from srbench_lite.running.process_tree import descendants, kill_marked, kill_tree
from srbench_lite.running.report_log import ReportLog
from srbench_lite.running.wire import Inbox, WireError, send

__all__ = ["THREAD_VARIABLES", "InterruptedRunError", "ProcessResult", "StartError", "Supervisor"]

AnswerT = TypeVar("AnswerT")

_SECONDS_BETWEEN_LOOKS: Final = 0.05  # at a process's memory
_MAX_SECONDS_TO_LOAD: Final = 120.0  # for a zygote to import its engines
_MAX_SECONDS_TO_END: Final = 25.0  # for a keeper, its zygote and all that descends from them
_MAX_SECONDS_TO_BEGIN: Final = 30.0  # for a forked process to reach its `fit`
_MAX_SECONDS_AHEAD: Final = 1.0  # of a report before the moment at which it was read, as its own clock says
_MAX_OUTPUT_QUOTED: Final = 2_000  # bytes of what a process wrote in which its last line is looked for
_MAX_READS: Final = 64  # pieces of output read at a time
_TOKEN: Final = "SRBENCH_LITE_SUPERVISOR"  # environment variable that marks the processes of one supervisor
#: What numerical libraries read, when they are loaded, to know how many threads they may start.
THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS", "JULIA_NUM_THREADS", "RAYON_NUM_THREADS",
)  # fmt: skip


class InterruptedRunError(SrbenchError):
    """The run was stopped while this process was at work.

    Attributes:
        best: text of the last formula that it had reported; None without any.
    """

    def __init__(self, text: str, *, best: str | None = None) -> None:
        super().__init__(text)
        self.best = best


class StartError(SrbenchError):
    """The processes of a supervisor could not be started."""


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
            return f"the process had not begun its work after {_MAX_SECONDS_TO_BEGIN:g} s"
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
        self._config = ZygoteConfig(
            plugins=files, scores=scores, preload=modules if interpreter is None else (*interpreter.preload, *modules),
            entry_points=None if interpreter is None else interpreter.entry_points,
        )  # fmt: skip
        self._plugins = tuple(Path(file) for file in files)
        self._interpreter = interpreter
        self._abroad: dict[Interpreter, Supervisor] = {}
        self._threads = threads
        self._token = uuid.uuid4().hex
        self._stop = stop or threading.Event()
        self._keeper: subprocess.Popen[bytes] | None = None
        self._zygote = 0  # its process number, once it has loaded everything
        self._control: socket.socket | None = None

    def run(self, request: Request[AnswerT], *, seconds: float, memory_mb: float) -> ProcessResult[AnswerT]:
        """Have a process of its own answer a request, and see it to its end.

        Args:
            request: what the process is asked.
            seconds: wall-clock limit, counted from the start of the work.
            memory_mb: limit of the process tree's resident memory, MiB.

        Raises:
            InterruptedRunError: the stop event was set.
        """
        ours, theirs = socket.socketpair()
        out_read, out_write = os.pipe()
        os.set_blocking(out_read, False)
        seen: ProcessResult[AnswerT] = ProcessResult()
        try:
            try:
                pid = self._fork(theirs.fileno(), out_write)
            finally:
                theirs.close()
                os.close(out_write)
            with contextlib.suppress(OSError):  # it died while reading: seen below
                send(ours, request.to_message())
            self._watch(seen, request, pid, ours, out_read, seconds, memory_mb)
            self._clear(seen)
            before = -1
            while before != seen.printed_bytes:  # what is still in the pipe
                before = seen.printed_bytes
                _drain(seen, out_read)
        except (BrokenPipeError, ConnectionError, TimeoutError, WireError):
            self._end()  # the zygote is gone; the next request gets a new one
            _drain(seen, out_read)
        finally:
            ours.close()
            os.close(out_read)
        if self._stop.is_set() and not seen.has_answered and seen.limit is None:
            raise InterruptedRunError("stopped", best=seen.best)
        return seen

    def _watch(
        self, seen: ProcessResult[AnswerT], request: Request[AnswerT], pid: int, stream: socket.socket, output: int,
        seconds: float, memory_mb: float,
    ) -> None:  # fmt: skip
        """Listen to a process until it has answered, died, or reached a limit."""
        inbox = Inbox()
        forked_at = time.monotonic()
        started_at: float | None = None
        next_look = forked_at + _SECONDS_BETWEEN_LOOKS
        sources: list[Any] = [stream, output]
        while not seen.has_answered:
            now = time.monotonic()
            deadline = started_at + seconds if started_at is not None else forked_at + _MAX_SECONDS_TO_BEGIN
            ready, _, _ = select.select(sources, [], [], max(0.0, min(next_look, deadline) - now))
            now = time.monotonic()
            if output in ready and not _drain(seen, output):
                sources.remove(output)
            if stream in ready:
                try:
                    chunk = stream.recv(1 << 18)
                except OSError:
                    break
                if not chunk:
                    break
                if _listen(seen, request, inbox, chunk, now - forked_at) and started_at is None:
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
                if not _alive(pid) and not select.select([stream], [], [], 0)[0]:
                    break  # a dead process's last words lie in the stream: they are read first
                if self._too_large(seen, memory_mb):
                    seen.limit = Status.MEMOUT
                    break
        seen.seconds = time.monotonic() - (started_at if started_at is not None else forked_at)

    def _too_large(self, seen: ProcessResult[Any], memory_mb: float) -> bool:
        """Look at the memory of the child's process tree; kill it at once where it is over the limit."""
        import psutil

        tree = []
        for pid in descendants(self._zygote):
            with contextlib.suppress(psutil.Error):
                tree.append(psutil.Process(pid))
        size = sum(_resident(process) for process in tree) / 2**20
        if size > memory_mb:  # pages shared with the zygote count once: look closer before anything is killed
            size = sum(_proportional(process) for process in tree) / 2**20
        seen.peak_mb = max(seen.peak_mb or 0.0, size)
        if size <= memory_mb:
            return False
        for process in tree:
            with contextlib.suppress(psutil.Error):
                process.kill()
        return True

    # --- the zygote -----------------------------------------------------------------------------------------------

    def _ask(self, data: bytes, fds: Sequence[int] = (), *, seconds: float) -> bytes:
        """Send the zygote a packet and return its reply."""
        assert self._control is not None
        self._control.settimeout(seconds)
        if fds:
            socket.send_fds(self._control, [data], fds)
        else:
            self._control.send(data)
        reply = self._control.recv(1 << 16)
        if not reply:
            raise ConnectionError("the zygote is gone")
        return reply

    def _fork(self, stream: int, output: int) -> int:
        for attempt in (1, 2):  # a zygote that a method has killed is replaced once
            if self._keeper is None:
                self._start()
            try:
                return Forked.from_bytes(self._ask(RUN, (stream, output), seconds=_MAX_SECONDS_TO_BEGIN)).pid
            except (OSError, WireError):
                self._end()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _clear(self, seen: ProcessResult[Any]) -> None:
        cleared = Cleared.from_bytes(self._ask(CLEAR, seconds=_MAX_SECONDS_TO_BEGIN))
        seen.cpu_seconds = cleared.cpu_seconds
        seen.wait_status = cleared.wait_status
        if cleared.survivors:
            raise ConnectionError("processes outlived SIGKILL")

    def _start(self) -> None:
        """Start a zygote; where it dies while importing the engines, one without them, so that others can go on."""
        failure = self._started(self._config)
        if failure is not None and self._config.preload:
            failure = self._started(replace(self._config, preload=()))
        if failure is not None and self._interpreter is None:
            raise StartError(f"the worker process could not start: {failure}; try `srbench doctor`")
        if failure is not None and self._interpreter is not None:
            name = self._interpreter.environment.name
            unknown = f"the worker process could not start in the environment {name}: {failure}; try `srbench env list`"
            raise StartError(find_place(self._interpreter).broken or unknown)

    def _started(self, config: ZygoteConfig) -> str | None:
        """Start a zygote; return None, or the last thing it wrote where it did not become ready."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        interpreter = self._interpreter
        environment = dict(os.environ) if interpreter is None else interpreter.variables()
        environment |= dict.fromkeys(THREAD_VARIABLES, str(self._threads))
        environment |= {"PYTHONHASHSEED": "0", _TOKEN: self._token}
        with tempfile.TemporaryFile() as wrote:  # and not a pipe, which it could fill
            try:
                with theirs:
                    self._keeper = subprocess.Popen(
                        _command(theirs.fileno()) if interpreter is None else interpreter.command(theirs.fileno()),
                        pass_fds=[theirs.fileno()], start_new_session=True, env=environment,
                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=wrote,
                    )  # fmt: skip
            except OSError as error:
                ours.close()
                program = sys.executable if interpreter is None else interpreter.environment.python
                return f"cannot run {program}: {error.strerror}"
            self._control = ours
            try:
                ours.send(config.to_bytes())
                self._await_loading(ours)
                self._zygote = Ready.from_bytes(ours.recv(1 << 16)).pid
            except (OSError, WireError):
                self._end()
                wrote.seek(max(0, wrote.seek(0, os.SEEK_END) - _MAX_OUTPUT_QUOTED))
                lines = wrote.read().decode(errors="replace").strip().splitlines()
                return lines[-1] if lines else "it ended without a word"
        return None

    def _await_loading(self, control: socket.socket) -> None:
        """Wait until the zygote has something to say.

        Raises:
            InterruptedRunError: the stop event was set.
            TimeoutError: it took too long.
        """
        deadline = time.monotonic() + _MAX_SECONDS_TO_LOAD
        while not select.select([control], [], [], _SECONDS_BETWEEN_LOOKS)[0]:
            if self._stop.is_set():
                self._end()
                raise InterruptedRunError("stopped")
            if time.monotonic() > deadline:
                raise TimeoutError

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
        """End the zygote and all that descends from it, and those in other interpreters."""
        self._end()
        for there in self._abroad.values():
            there.close()

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()  # it then clears its descendants and exits, and so does its keeper
            self._control = None
        if self._keeper is not None:
            if not self._zygote:  # it is still loading, and would not hear that it should end
                kill_tree(self._keeper.pid)
            try:
                self._keeper.send_signal(signal.SIGCONT)  # a method may have stopped it
                code = self._keeper.wait(timeout=_MAX_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                kill_tree(self._keeper.pid)
                code = self._keeper.wait()
            self._keeper, self._zygote = None, 0
            if code != 0:  # somebody has killed one of the two, and what they cannot see any more may be left
                kill_marked(_TOKEN, self._token)

    def disown(self) -> None:
        """Let go of the processes without ending them: what a forked child does with its parent's supervisor."""
        for there in self._abroad.values():
            there.disown()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._keeper is not None:
            self._keeper.returncode = 0  # it is no child of this process, and not for it to wait for
            self._keeper, self._zygote = None, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _command(fd: int) -> list[str]:
    """Return the command that starts a keeper in our own Python."""
    return [sys.executable, "-P", "-m", "srbench_lite.running.keeper", str(fd)]


def _drain(seen: ProcessResult[Any], output: int) -> bool:
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
    seen.printed_bytes += sum(map(len, chunks))
    if chunks:
        seen.last_output = b"".join((seen.last_output, *chunks))[-MAX_BYTES_KEPT:]
    return more


def _listen(
    seen: ProcessResult[AnswerT], request: Request[AnswerT], inbox: Inbox, chunk: bytes, seconds: float
) -> bool:  # fmt: skip
    """Note what a process says up to its answer, so many seconds after it was forked; return whether it begins."""
    started = False
    try:
        for message in inbox.feed(chunk):
            progress = read_progress(message)
            if progress is None:
                seen.answer = request.read_answer(message)
                break
            if isinstance(progress, Started):
                started = True
            elif isinstance(progress, FitReport):
                if progress.seconds > seconds + _MAX_SECONDS_AHEAD:
                    raise WireError(f"seconds must not lie ahead, got {progress.seconds:g} after {seconds:g} s")
                seen.best = progress.expression
                seen.reports.add(progress.seconds, progress.expression)
    except WireError as error:
        seen.malformed = str(error)
    return started


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
