"""`run_in_child`: a computation with a time limit, in a forked child process that is always ended and reaped.

The time limit counts the child's CPU seconds, so it does not depend on what else the machine does; wall clock is the
backstop. One text comes back; nothing is pickled.
"""

from __future__ import annotations

import contextlib
import faulthandler
import math
import os
import resource
import select
import signal
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

__all__ = ["ChildAnswer", "in_child", "run_in_child"]

#: Longest text that is read back, in bytes.
_MAX_TEXT_BYTES: Final = 1_000_000
#: Memory that the child may add to what it inherits, in bytes.
_MAX_ADDED_BYTES: Final = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class ChildAnswer:
    """What a child process computed.

    Attributes:
        text: its text; None where the time ran out, or the work raised, or the child died.
        cpu_seconds: CPU time that the child used.
    """

    text: str | None
    cpu_seconds: float


def in_child(work: Callable[[], str], *, cpu_seconds: float, wall_seconds: float) -> str | None:
    """Run `work` in a forked child and return its text only; the rest is as for `run_in_child`."""
    return run_in_child(work, cpu_seconds=cpu_seconds, wall_seconds=wall_seconds).text


def run_in_child(work: Callable[[], str], *, cpu_seconds: float, wall_seconds: float) -> ChildAnswer:
    """Run `work` in a forked child and return its text.

    Args:
        work: what to compute; its text has at most a million bytes.
        cpu_seconds: CPU time that the child may use.
        wall_seconds: wall clock after which it is ended in any case.
    """
    end = time.monotonic() + wall_seconds
    reading, writing = os.pipe()
    with warnings.catch_warnings():  # the child only computes: threads that it loses are not missed
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _work(work, writing, cpu_seconds)
    os.close(writing)
    received = b""
    complete = False
    try:
        while len(received) <= _MAX_TEXT_BYTES:
            left = end - time.monotonic()
            if left <= 0 or not select.select([reading], [], [], None if math.isinf(left) else left)[0]:
                break
            part = os.read(reading, 65536)
            if not part:
                complete = True
                break
            received += part
    finally:
        os.close(reading)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        usage = os.wait4(pid, 0)[2]
    used = usage.ru_utime + usage.ru_stime
    # the first byte says that the work was done: a child that died early leaves nothing or an incomplete text
    if not complete or not received.startswith(b"=") or not received.endswith(b"\n"):
        return ChildAnswer(None, used)
    return ChildAnswer(received[1:-1].decode("utf-8", errors="replace"), used)


def _work(work: Callable[[], str], writing: int, cpu_seconds: float) -> None:
    """Compute, send, and leave; never returns."""
    try:
        import psutil

        faulthandler.disable()  # a child that dies of its limits is no news
        for name in (signal.SIGPROF, signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(ValueError, OSError):  # a system without this limit, or one that is already lower
            limit = psutil.Process().memory_info().vms + _MAX_ADDED_BYTES
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        sent = b"=" + work().encode() + b"\n"
        view = memoryview(sent)
        while view:
            view = view[os.write(writing, view) :]
    finally:
        os._exit(0)
