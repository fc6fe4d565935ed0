"""Processes and what descends from them: adopt it, end it, find what has slipped away."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from typing import Any, Final

from srbench_lite.running.packets import Cleared

__all__ = [
    "adopt_orphans",
    "descendants",
    "die_with_parent",
    "end_descendants",
    "identity_of",
    "kill_marked",
    "kill_tree",
]

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_MAX_SECONDS_TO_CLEAR: Final = 10.0  # a process that outlives SIGKILL for this long hangs in the kernel
_SECONDS_BETWEEN_SEARCHES: Final = 0.05
_MAX_SEARCHES: Final = 20  # for marked processes; each finds what the last one's victims had started meanwhile


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies, in whatever session it is. Linux only."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    """Be killed when the parent process ends. Linux only."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_descendants(pid: int | None = None) -> Cleared:
    """Kill and reap every descendant; return the wait status of `pid`, the CPU time of all, and how many survived.

    A process that adopts orphans has no descendants when it has no children, so "no child left to wait for" is the end.

    Args:
        pid: the child whose wait status is wanted; it is killed first.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    deadline = time.monotonic() + _MAX_SECONDS_TO_CLEAR
    status: int | None = None
    left: set[int] = set() if pid is None else {pid}
    while True:
        for child in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            done, code = os.waitpid(-1, os.WNOHANG)
            if done == 0:  # somebody is dying, or was started after the last look
                if time.monotonic() > deadline:
                    break
                time.sleep(0.0005)
                left = {pid} if pid is not None and status is None else _descendants()
            elif done == pid:
                status = code
        except ChildProcessError:
            left = set()
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cleared(wait_status=status, cpu_seconds=cpu, survivors=len(left))


def descendants(pid: int) -> list[int]:
    """Return the process numbers of all that descend from a process; of one that is gone, none.

    On Linux the kernel lists the children of each thread, so that nobody else is looked at: this is asked often, and
    all processes of a machine are many.
    """
    if not os.path.exists("/proc/thread-self/children"):
        import psutil

        try:
            return [child.pid for child in psutil.Process(pid).children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        new: list[int] = []
        with contextlib.suppress(OSError):  # it has ended meanwhile
            for thread in os.listdir(f"/proc/{parent}/task"):
                with contextlib.suppress(OSError), open(f"/proc/{parent}/task/{thread}/children", "rb") as file:
                    new += map(int, file.read().split())
        found += new
        waiting += new
    return found


def identity_of(pid: int) -> str | None:
    """Return what tells a process from every other that had or will have its number; None where it has ended.

    On Linux that is the boot and the moment after it. When it began as the clock on the wall has it says less: that
    changes as soon as the clock is set.
    """
    with contextlib.suppress(OSError, IndexError):
        with open("/proc/sys/kernel/random/boot_id") as file:
            boot = file.read().strip()
        with open(f"/proc/{pid}/stat", "rb") as stat:
            state, *fields = stat.read().rpartition(b")")[2].split()
        return None if state in b"ZX" else f"{boot} {int(fields[18])}"
    if sys.platform == "linux":
        return None
    import psutil

    try:
        return f"{psutil.Process(pid).create_time():.0f}"
    except psutil.Error:
        return None


def kill_tree(pid: int) -> None:
    """Kill a process and its descendants, and wait until the descendants have ended: what they held is free then."""
    import psutil

    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        below = root.children(recursive=True)
        for process in [*below, root]:
            with contextlib.suppress(psutil.Error):
                process.kill()
        deadline = time.monotonic() + _MAX_SECONDS_TO_CLEAR
        while time.monotonic() < deadline and not all(map(_has_ended, below)):  # who has started the root waits for it
            time.sleep(0.005)


def _has_ended(process: Any) -> bool:
    """Whether a process is gone, or is a zombie, for which nobody may ever wait."""
    import psutil

    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def kill_marked(variable: str, value: str) -> None:
    """Kill every process whose environment has a variable with this value, until a search finds none."""
    import psutil

    for _ in range(_MAX_SEARCHES):
        found = False
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(variable) == value:
                    process.kill()
                    found = True
        if not found:
            return
        time.sleep(_SECONDS_BETWEEN_SEARCHES)  # until they are dead: a zombie shows no environment


def _descendants() -> set[int]:
    """Return the process numbers of all descendants; without psutil, which another interpreter need not have."""
    if sys.platform != "linux":
        import psutil

        return {child.pid for child in psutil.Process().children(recursive=True)}
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):  # it has ended meanwhile
                with open(f"/proc/{entry}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry))
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        new = [pid for pid in children.get(waiting.pop(), ()) if pid not in found]
        found.update(new)
        waiting += new
    return found


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)
