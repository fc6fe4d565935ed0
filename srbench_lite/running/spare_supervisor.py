"""`lent_supervisor`: a supervisor for one fit, whose processes stay ready for the next fit of this Python process.

Starting a zygote takes as long as importing the engines of a method, seconds where that is torch; forking a worker
takes milliseconds. Whoever fits again and again, such as an estimator in a cross-validation, keeps the last supervisor.
It ends after a minute without a fit, with this Python process, and when a fit is interrupted.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from srbench_lite.running.interpreter import Interpreter
from srbench_lite.running.supervisor import Supervisor

__all__ = ["end_spare_supervisor", "lent_supervisor"]

_MAX_IDLE_SECONDS: Final = 60.0
#: What a supervisor's processes have loaded: plugin files, each as it was when it was changed last (ns), modules, and
#: threads of numerical libraries; and the other Python in which they are, with what it has.
_Kind = tuple[tuple[tuple[Path, int], ...], tuple[str, ...], int, str]


class _Spares:
    """The supervisors of this Python process: those that are lent, and at most one that waits for the next fit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lent: set[Supervisor] = set()
        self._spare: tuple[_Kind, Supervisor] | None = None
        self._timer: threading.Timer | None = None

    def take(self, kind: _Kind, interpreter: Interpreter | None = None) -> Supervisor:
        """Return a supervisor whose processes have loaded this much: the spare one, or a new one."""
        with self._lock:
            if self._spare is not None and self._spare[0] == kind:
                supervisor = self._spare[1]
                self._spare = None
            else:
                files, preload, threads, _ = kind
                supervisor = Supervisor(
                    plugins=[file for file, _ in files], preload=preload, threads=threads, interpreter=interpreter
                )
            self._lent.add(supervisor)
        return supervisor

    def keep(self, kind: _Kind, supervisor: Supervisor) -> None:
        """Let a supervisor wait for the next fit, in the place of the one that waited before."""
        with self._lock:
            self._lent.discard(supervisor)
            before, self._spare = self._spare, (kind, supervisor)
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(_MAX_IDLE_SECONDS, self.end, [supervisor])
            self._timer.daemon = True
            self._timer.start()
        if before is not None:
            before[1].close()

    def drop(self, supervisor: Supervisor) -> None:
        """End a supervisor that is lent, and whatever it has started."""
        with self._lock:
            self._lent.discard(supervisor)
        supervisor.close()

    def end(self, idle: Supervisor | None = None) -> None:
        """End the one that waits; where one is named, only if it still is that one."""
        with self._lock:
            if self._spare is None or (idle is not None and self._spare[1] is not idle):
                return
            supervisor = self._spare[1]
            self._spare = None
        supervisor.close()

    def forget(self) -> None:
        """In a forked child: let go of the parent's supervisors, so that their end does not wait for this process."""
        held = [*self._lent, *([] if self._spare is None else [self._spare[1]])]
        for supervisor in held:
            supervisor.disown()
        self.__init__()  # type: ignore[misc]  # the lock may have been held by a thread that is not here


_SPARES: Final = _Spares()
os.register_at_fork(after_in_child=_SPARES.forget)


def end_spare_supervisor() -> None:
    """End the processes that wait for the next fit, if there are any."""
    _SPARES.end()


atexit.register(end_spare_supervisor)


@contextlib.contextmanager
def lent_supervisor(
    *, plugins: Sequence[Path] = (), preload: Sequence[str] = (), threads: int = 1,
    interpreter: Interpreter | None = None,
) -> Iterator[Supervisor]:  # fmt: skip
    """Lend a supervisor; what was loaded for an earlier fit is used again.

    Where the block ends by an exception, an interrupt among them, all of the supervisor's processes are ended.

    Args:
        plugins: plugin files that its processes load.
        preload: modules that they import.
        threads: threads of numerical libraries.
        interpreter: another Python in which its processes run.
    """
    files = tuple((file.resolve(), file.stat().st_mtime_ns) for file in plugins)
    kind = (files, tuple(preload), threads, "" if interpreter is None else repr(interpreter))
    supervisor = _SPARES.take(kind, interpreter)
    try:
        yield supervisor
    except BaseException:
        _SPARES.drop(supervisor)
        raise
    _SPARES.keep(kind, supervisor)
