"""`Slot`: runs cells one after another, each in a process of its own, and holds them to their limits from outside.

A slot owns one zygote. Wall clock and resident memory are watched here, in the coordinator; when a cell has ended,
however it ended, everything it started is killed and reaped before the next one starts.
"""

from __future__ import annotations

import contextlib
import json
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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from srbench_lite.errors import SrbenchError
from srbench_lite.recording.record import Status
from srbench_lite.running.wire import Inbox, WireError, send

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["THREAD_VARIABLES", "Ending", "InterruptedRunError", "Slot"]

_POLL: Final = 0.05  # s between looks at a cell's memory
_STARTUP: Final = 120.0  # s for a zygote to import its engines
_BEGIN: Final = 30.0  # s for a forked cell to reach its `fit`
_TAIL: Final = 2_000  # bytes of output kept
_READS: Final = 64  # pieces of output read at a time
_TOKEN: Final = "SRBENCH_LITE_SLOT"  # environment variable by which a slot's processes know each other
#: What numerical libraries read, when they are loaded, to know how many threads they may start.
THREAD_VARIABLES: Final = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS", "JULIA_NUM_THREADS", "RAYON_NUM_THREADS",
)  # fmt: skip


class InterruptedRunError(SrbenchError):
    """The run was stopped while this cell was running."""


@dataclass(kw_only=True)
class Ending:
    """How a cell ended.

    Attributes:
        message: what the process said at its end; None when it was stopped or died.
        arrays: arrays that came with it.
        best: text of the last formula it reported, None without any.
        cut: TIMEOUT or MEMOUT when a limit ended it, None otherwise.
        exit: wait status of the process, None where it is unknown.
        seconds: wall clock from the start of the fit to its end, as seen from outside.
        cpu_seconds: CPU time of the process tree.
        peak_mb: largest resident memory seen, MiB; None where it ended before the first look.
        late: whether it was ended because its fit had not begun in time.
        printed_bytes, tail: how much was written to stdout and stderr, and the end of it.
    """

    message: dict[str, Any] | None = None
    arrays: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    best: str | None = None
    cut: Status | None = None
    exit: int | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_mb: float | None = None
    late: bool = False
    printed_bytes: int = 0
    tail: bytes = b""

    def death(self) -> str:
        """Say how the process died, in one line."""
        if self.late:
            return f"the fit had not begun after {_BEGIN:g} s"
        said = self.tail.decode(errors="replace").strip().splitlines()
        last = f"; it last wrote: {said[-1][:300]}" if said else ""
        if self.exit is None:
            return f"the process was lost{last}"
        if os.WIFSIGNALED(self.exit):
            number = os.WTERMSIG(self.exit)
            with contextlib.suppress(ValueError):
                return f"the process was killed by {signal.Signals(number).name}{last}"
            return f"the process was killed by signal {number}{last}"
        return f"the process ended with exit code {os.WEXITSTATUS(self.exit)} without an answer{last}"


class Slot:
    """Runs cells one at a time.

    Args:
        plugins: plugin files to load besides the installed plugins.
        preload: modules to import before the first cell.
        threads: threads of numerical libraries in every cell.
        scores: whether formulas will be scored here, so that scoring is made ready once.
        stop: when set, the running cell is ended and `run` raises `InterruptedRunError`.
    """

    def __init__(
        self, *, plugins: Sequence[Path] = (), preload: Sequence[str] = (), threads: int = 1,
        scores: bool = False, stop: threading.Event | None = None,
    ) -> None:  # fmt: skip
        files = [str(Path(p).resolve()) for p in plugins]
        self._config = {"plugins": files, "preload": list(preload), "scores": scores}
        self._threads = threads
        self._token = uuid.uuid4().hex
        self._stop = stop or threading.Event()
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def run(
        self, request: Mapping[str, Any], arrays: Mapping[str, NDArray[np.float64]], *, seconds: float, memory_mb: float
    ) -> Ending:
        """Run one cell to its end.

        Args:
            request: what the cell's process is asked (`cell.serve`).
            arrays: arrays that go with it.
            seconds: wall-clock limit, counted from the start of the fit.
            memory_mb: limit of the process tree's resident memory, MiB.

        Raises:
            InterruptedRunError: the stop event was set.
        """
        ours, theirs = socket.socketpair()
        out_read, out_write = os.pipe()
        os.set_blocking(out_read, False)
        ending = Ending()
        try:
            try:
                pid = self._fork(theirs.fileno(), out_write)
            finally:
                theirs.close()
                os.close(out_write)
            with contextlib.suppress(OSError):  # it died while reading: seen below
                send(ours, request, arrays)
            self._watch(ending, pid, ours, out_read, seconds, memory_mb)
            self._clear(ending)
            before = -1
            while before != ending.printed_bytes:  # what is still in the pipe
                before = ending.printed_bytes
                _drain(out_read, ending)
        except (BrokenPipeError, ConnectionError, json.JSONDecodeError, TimeoutError):
            self.close()  # the zygote is gone; the next cell gets a new one
        finally:
            ours.close()
            os.close(out_read)
        if self._stop.is_set() and ending.message is None and ending.cut is None:
            raise InterruptedRunError("stopped")
        return ending

    def _watch(
        self, ending: Ending, pid: int, stream: socket.socket, output: int, seconds: float, memory_mb: float
    ) -> None:
        """Listen to the cell until it has answered, died, or reached a limit."""
        inbox = Inbox()
        begun = time.monotonic()
        started: float | None = None
        next_look = begun + _POLL
        sources: list[Any] = [stream, output]
        while ending.message is None:
            now = time.monotonic()
            deadline = started + seconds if started is not None else begun + _BEGIN
            ready, _, _ = select.select(sources, [], [], max(0.0, min(next_look, deadline) - now))
            now = time.monotonic()
            if output in ready and not _drain(output, ending):
                sources.remove(output)
            if stream in ready:
                try:
                    chunk = stream.recv(1 << 18)
                    messages = list(inbox.feed(chunk))
                except (OSError, WireError):
                    break
                if not chunk:
                    break
                for header, arrays in messages:
                    kind = header.get("kind")
                    if kind == "started" and started is None:
                        started = now
                    elif kind == "report" and isinstance(header.get("expression"), str):
                        ending.best = header["expression"]
                    elif kind == "ended":
                        ending.message, ending.arrays = header, arrays
                        break
                if ending.message is not None:
                    break
            if now >= deadline:
                ending.cut = Status.TIMEOUT if started is not None else None
                ending.late = started is None
                break
            if now >= next_look or self._stop.is_set():
                next_look = now + _POLL
                if self._stop.is_set():
                    break
                if not _alive(pid) and not select.select([stream], [], [], 0)[0]:
                    break  # a dead process's last words lie in the stream: they are read first
                if self._too_large(ending, memory_mb):
                    ending.cut = Status.MEMOUT
                    break
        ending.seconds = time.monotonic() - (started if started is not None else begun)

    def _too_large(self, ending: Ending, memory_mb: float) -> bool:
        """Look at the memory of the cell's process tree; kill it at once where it is over the limit."""
        import psutil

        assert self._zygote is not None
        try:
            tree = psutil.Process(self._zygote.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return False
        size = sum(_resident(process) for process in tree) / 2**20
        if size > memory_mb:  # pages shared with the zygote count once: look closer before anything is killed
            size = sum(_proportional(process) for process in tree) / 2**20
        ending.peak_mb = max(ending.peak_mb or 0.0, size)
        if size <= memory_mb:
            return False
        for process in tree:
            with contextlib.suppress(psutil.Error):
                process.kill()
        return True

    # --- the zygote -----------------------------------------------------------------------------------------------

    def _ask(self, data: bytes, fds: Sequence[int] = (), *, seconds: float) -> dict[str, Any]:
        assert self._control is not None
        self._control.settimeout(seconds)
        if fds:
            socket.send_fds(self._control, [data], fds)
        else:
            self._control.send(data)
        answer = self._control.recv(1 << 16)
        if not answer:
            raise ConnectionError("the zygote is gone")
        content = json.loads(answer)
        assert isinstance(content, dict)
        return content

    def _fork(self, stream: int, output: int) -> int:
        for attempt in (1, 2):  # a zygote that a method has killed is replaced once
            if self._zygote is None:
                self._start()
            try:
                return int(self._ask(b"run", (stream, output), seconds=_BEGIN)["pid"])
            except (OSError, json.JSONDecodeError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _clear(self, ending: Ending) -> None:
        answer = self._ask(b"clear", seconds=_BEGIN)
        ending.cpu_seconds = float(answer["cpu_seconds"])
        ending.exit = answer["exit"]
        if answer["left"]:
            raise ConnectionError("processes outlived SIGKILL")

    def _start(self) -> None:
        """Start a zygote; where it dies while importing the engines, one without them, so that others can go on."""
        said = self._started(self._config)
        if said is not None and self._config["preload"]:
            said = self._started(self._config | {"preload": []})
        if said is not None:
            raise SrbenchError(f"the worker process could not start: {said}; try `srbench doctor`")

    def _started(self, config: Mapping[str, Any]) -> str | None:
        """Start a zygote; return None, or the last thing it wrote where it did not become ready."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(self._threads))
        environment |= {"PYTHONHASHSEED": "0", _TOKEN: self._token}
        with tempfile.TemporaryFile() as wrote:  # and not a pipe, which it could fill
            try:
                with theirs:
                    self._zygote = subprocess.Popen(
                        [sys.executable, "-P", "-m", "srbench_lite.running.zygote", str(theirs.fileno())],
                        pass_fds=[theirs.fileno()], start_new_session=True, env=environment,
                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=wrote,
                    )  # fmt: skip
            except OSError as error:
                ours.close()
                return f"cannot run {sys.executable}: {error.strerror}"
            self._control = ours
            try:
                self._ask(json.dumps(config).encode(), seconds=_STARTUP)
            except (OSError, json.JSONDecodeError):
                self._zygote.kill()
                self.close()
                wrote.seek(max(0, wrote.seek(0, os.SEEK_END) - _TAIL))
                lines = wrote.read().decode(errors="replace").strip().splitlines()
                return lines[-1] if lines else "it wrote nothing"
        return None

    def close(self) -> None:
        """End the zygote and all that descends from it."""
        if self._control is not None:
            self._control.close()  # it then clears its descendants and exits
            self._control = None
        if self._zygote is not None:
            try:
                self._zygote.send_signal(signal.SIGCONT)  # a method may have stopped it
                code = self._zygote.wait(timeout=15)
            except subprocess.TimeoutExpired:
                _kill_tree(self._zygote.pid)
                code = self._zygote.wait()
            self._zygote = None
            if code != 0:
                _kill_marked(self._token)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _drain(output: int, ending: Ending) -> bool:
    """Read what has been written, keep its end; return whether more can come."""
    for _ in range(_READS):  # and no more: the limits must have their look even at a flood
        try:
            chunk = os.read(output, 1 << 16)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        ending.printed_bytes += len(chunk)
        ending.tail = (ending.tail + chunk)[-_TAIL:]
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


def _kill_marked(token: str) -> None:
    """Kill every process that inherited the token of a zygote which died before it could clear up."""
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(_TOKEN) == token:
                process.kill()


def _kill_tree(pid: int) -> None:
    import psutil

    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        for process in [*root.children(recursive=True), root]:
            with contextlib.suppress(psutil.Error):
                process.kill()
