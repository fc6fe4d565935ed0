"""`ZygotePair`: a keeper and its zygote as the coordinator sees them: started, asked for children, cleared, ended."""

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
from dataclasses import replace
from typing import IO, Final, TypeVar

from srbench_lite.errors import SrbenchError
from srbench_lite.running.interpreter import Interpreter, find_place
from srbench_lite.running.packets import CLEAR, RUN, Cleared, Forked, Ready, ZygoteConfig
from srbench_lite.running.process_result import MAX_SECONDS_TO_BEGIN
from srbench_lite.running.process_tree import kill_marked, kill_tree
from srbench_lite.running.temporary_folder import clear_forsaken
from srbench_lite.running.wire import WireError

__all__ = ["THREAD_VARIABLES", "InterruptedRunError", "StartError", "ZygotePair"]

PacketT = TypeVar("PacketT", Forked, Cleared)

_SECONDS_BETWEEN_LOOKS: Final = 0.05  # at whether to stop, while a zygote loads
_MAX_SECONDS_TO_LOAD: Final = 120.0  # for a zygote to import its engines
_MAX_SECONDS_TO_END: Final = 25.0  # for a keeper, its zygote and all that descends from them
_MAX_OUTPUT_QUOTED: Final = 2_000  # bytes of what a zygote wrote in which its last line is looked for
_TOKEN: Final = "SRBENCH_LITE_SUPERVISOR"  # environment variable that marks the processes of one pair
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


class ZygotePair:
    """A keeper and its zygote; they are started when they are first needed, and again where somebody has killed them.

    Args:
        config: what the zygote loads.
        threads: threads of numerical libraries in every process.
        stop: when set, waiting for the zygote to load ends with `InterruptedRunError`.
        interpreter: another Python in which the processes run.
    """

    def __init__(
        self, config: ZygoteConfig, *, threads: int, stop: threading.Event, interpreter: Interpreter | None = None
    ) -> None:
        self._config = config
        self._threads = threads
        self._stop = stop
        self._interpreter = interpreter
        self._token = uuid.uuid4().hex
        self._keeper: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._wrote: IO[bytes] | None = None  # what they write while they load
        self._cannot_run: str | None = None  # why there is no keeper
        self.zygote = 0  # its process number, once it has loaded everything

    def begin(self) -> None:
        """Start the processes, where there are none, and do not wait until they have loaded."""
        if self._keeper is None:
            self._begin(self._config)

    def fork(self, stream: int, output: int) -> int:
        """Have a child forked that answers over a stream and writes to an output; return its process number.

        Raises:
            InterruptedRunError: the stop event was set before the zygote had loaded.
            StartError: the processes cannot be started.
            OSError, WireError: the zygote is gone, and so is the second one.
        """
        for attempt in (1, 2):  # a zygote that a method has killed is replaced once
            self._ready()
            try:
                return self._ask(RUN, Forked, (stream, output)).pid
            except (OSError, WireError):
                self.end()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def clear(self) -> Cleared:
        """End the child and all that descends from it.

        Raises:
            OSError, WireError: the zygote is gone.
        """
        cleared = self._ask(CLEAR, Cleared)
        if cleared.survivors:
            raise ConnectionError("processes outlived SIGKILL")
        return cleared

    def end(self) -> None:
        """End the zygote and all that descends from it."""
        if self._wrote is not None:
            self._wrote.close()
            self._wrote = None
        if self._control is not None:
            self._control.close()  # it then clears its descendants and exits, and so does its keeper
            self._control = None
        if self._keeper is not None:
            if not self.zygote:  # it is still loading, and would not hear that it should end
                kill_tree(self._keeper.pid)
            try:
                self._keeper.send_signal(signal.SIGCONT)  # a method may have stopped it
                code = self._keeper.wait(timeout=_MAX_SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                kill_tree(self._keeper.pid)
                code = self._keeper.wait()
            self._keeper, self.zygote = None, 0
            if code != 0:  # somebody has killed one of the two, and what they cannot see any more may be left
                kill_marked(_TOKEN, self._token)
                clear_forsaken()

    def disown(self) -> None:
        """Let go of the processes without ending them: what a forked child does with its parent's."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._keeper is not None:
            self._keeper.returncode = 0  # it is no child of this process, and not for it to wait for
            self._keeper, self.zygote = None, 0

    def _ask(self, command: bytes, reply: type[PacketT], fds: Sequence[int] = ()) -> PacketT:
        """Send the zygote a command and return its reply."""
        if self._control is None:
            raise ConnectionError("the zygote is gone")
        self._control.settimeout(MAX_SECONDS_TO_BEGIN)
        if fds:
            socket.send_fds(self._control, [command], fds)
        else:
            self._control.send(command)
        packet = self._control.recv(1 << 16)
        if not packet:
            raise ConnectionError("the zygote is gone")
        return reply.from_bytes(packet)

    # --- starting -------------------------------------------------------------------------------------------------

    def _ready(self) -> None:
        """Have a zygote; where it dies while importing the engines, one without them, so that others can go on."""
        if self.zygote:
            return
        self.begin()
        failure = self._loaded()
        if failure is not None and self._config.preload:
            self._begin(replace(self._config, preload=()))
            failure = self._loaded()
        if failure is not None and self._interpreter is None:
            raise StartError(f"the worker process could not start: {failure}; try `srbench doctor`")
        if failure is not None and self._interpreter is not None:
            name = self._interpreter.environment.name
            unknown = f"the worker process could not start in the environment {name}: {failure}; try `srbench env list`"
            raise StartError(find_place(self._interpreter).broken or unknown)

    def _begin(self, config: ZygoteConfig) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        interpreter = self._interpreter
        environment = dict(os.environ) if interpreter is None else interpreter.variables()
        environment |= dict.fromkeys(THREAD_VARIABLES, str(self._threads))
        environment |= {"PYTHONHASHSEED": "0", _TOKEN: self._token}
        self._wrote = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it has loaded; a pipe could be filled
        try:
            with theirs:
                self._keeper = subprocess.Popen(
                    _command(theirs.fileno()) if interpreter is None else interpreter.command(theirs.fileno()),
                    pass_fds=[theirs.fileno()], start_new_session=True, env=environment,
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._wrote,
                )  # fmt: skip
        except OSError as error:
            ours.close()
            program = sys.executable if interpreter is None else interpreter.environment.python
            self._cannot_run = f"cannot run {program}: {error.strerror}"
            return
        self._cannot_run = None
        self._control = ours
        with contextlib.suppress(OSError):  # it has died: seen when it is waited for
            ours.send(config.to_bytes())

    def _loaded(self) -> str | None:
        """Wait until the zygote is ready; return None, or the last thing it wrote where it did not become ready."""
        if self._control is None or self._wrote is None:
            self.end()
            return self._cannot_run
        try:
            self._await_loading(self._control)
            self.zygote = Ready.from_bytes(self._control.recv(1 << 16)).pid
        except (OSError, WireError):
            self._wrote.seek(max(0, self._wrote.seek(0, os.SEEK_END) - _MAX_OUTPUT_QUOTED))
            lines = self._wrote.read().decode(errors="replace").strip().splitlines()
            self.end()
            return lines[-1] if lines else "it ended without a word"
        self._wrote.close()
        self._wrote = None
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
                self.end()
                raise InterruptedRunError("stopped")
            if time.monotonic() > deadline:
                raise TimeoutError


def _command(fd: int) -> list[str]:
    """Return the command that starts a keeper in our own Python."""
    return [sys.executable, "-P", "-m", "srbench_lite.running.keeper", str(fd)]
