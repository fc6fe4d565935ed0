"""The zygote: a process that has the engines imported and forks one child for each request.

`python -m srbench_lite.running.zygote FD` is started by `supervisor.Supervisor`, speaks over the SOCK_SEQPACKET
socket FD, and has one child at a time. It is a child subreaper: whatever a method starts, in whatever session, becomes
its descendant when its parent dies, and `CLEAR` kills and reaps all descendants. When the coordinator goes away,
however that happened, it clears and exits.

Packets (`srbench_lite.running.packets`): a `ZygoteConfig` once, answered by `Ready`; then `RUN` with two file
descriptors (the child's stream, its output), answered by `Forked`; and `CLEAR`, answered by `Cleared`.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import importlib
import os
import resource
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Final

from srbench_lite.methods.discovery import discover
from srbench_lite.running.packets import RUN, Cleared, Forked, Ready, ZygoteConfig
from srbench_lite.running.worker import serve

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36
_MAX_SECONDS_TO_CLEAR: Final = 10.0  # a process that outlives SIGKILL for this long hangs in the kernel


def main(fd: int) -> None:
    """Serve until the coordinator closes its end."""
    control = socket.socket(fileno=fd)
    control.set_inheritable(False)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    config = ZygoteConfig.from_bytes(control.recv(1 << 20))
    registry = discover(files=[Path(file) for file in config.plugins], suites=False)
    for module in config.preload:
        # A broken engine is the method's own fault and shows in its `fit`.
        with contextlib.suppress(Exception, SystemExit):
            importlib.import_module(module)
    if config.scores:
        from srbench_lite.judging.scoring import warm_up

        warm_up()
    gc.collect()
    gc.freeze()  # children then share these pages
    with contextlib.suppress(OSError):
        control.send(Ready().to_bytes())
        _loop(control, registry)
    _clear(None)


def _loop(control: socket.socket, registry: Registry) -> None:
    pid: int | None = None
    while True:
        command, fds, _, _ = socket.recv_fds(control, 64, 2)
        if not command:
            return
        if command == RUN:
            pid = os.fork()
            if pid == 0:
                _child(control, registry, *fds)
            for fd in fds:
                os.close(fd)
            control.send(Forked(pid=pid).to_bytes())
        else:
            control.send(_clear(pid).to_bytes())
            pid = None


def _child(control: socket.socket, registry: Registry, stream_fd: int, output_fd: int) -> None:
    """Be the process that answers one request; never returns."""
    code = 1
    try:
        os.setsid()
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        control.close()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (output_fd, 1), (output_fd, 2)):
            os.dup2(source, target)
        os.close(nothing)
        os.close(output_fd)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        faulthandler.enable(file=2, all_threads=False)
        serve(socket.socket(fileno=stream_fd), registry)
        code = 0
    except BaseException:  # noqa: BLE001 - this process must end here; the supervisor reads its output
        with contextlib.suppress(BaseException):
            traceback.print_exc()
            sys.stderr.flush()
    finally:
        os._exit(code)  # only now is the stream closed, which the supervisor takes for the end


def _clear(pid: int | None) -> Cleared:
    """Kill and reap every descendant; return the wait status of `pid`, the CPU time of all, and how many survived.

    As a subreaper this process has no descendants when it has no children, so "no child left to wait for" is the end.
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


def _descendants() -> set[int]:
    import psutil

    return {child.pid for child in psutil.Process().children(recursive=True)}


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
