"""The keeper: the zygote's parent, which ends whatever a method leaves when it has killed the zygote.

`python -m srbench_lite.running.keeper FD` is started by `supervisor.Supervisor`. It forks the zygote
(`srbench_lite.running.zygote`), which serves over the socket FD, and waits for its end. Like the zygote it adopts
orphans: what a method has started, in whatever session and with whatever environment, becomes its descendant when the
zygote dies, and is killed and reaped before the keeper ends. Temporary files lie in a folder that goes with it, since
who is killed at a limit cannot remove its own; the folder of a keeper that was killed goes with the next one's start.
Its exit code is 0 where the zygote ended by itself.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import Final

from srbench_lite.running.process_tree import adopt_orphans, die_with_parent, end_descendants
from srbench_lite.running.temporary_folder import clear_forsaken, make_folder

_MAX_SECONDS_TO_END: Final = 12.0  # for a zygote whose coordinator has gone; it clears up meanwhile
_MILLISECONDS_BETWEEN_LOOKS: Final = 200  # at a zygote whose coordinator has gone


def main(fd: int) -> int:
    """Fork a zygote, wait until it ends, and end what it has left; return the exit code."""
    adopt_orphans()
    clear_forsaken()
    folder = make_folder()
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    zygote = os.fork()
    if zygote == 0:
        _be_zygote(fd)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the coordinator decides when this ends
        signal.signal(number, signal.SIG_IGN)
    status = _wait(zygote, fd)
    end_descendants()
    shutil.rmtree(folder, ignore_errors=True)
    return 0 if status == 0 else 1


def _be_zygote(fd: int) -> None:
    """Serve as the zygote; never returns."""
    os.setsid()  # a method that kills the zygote's process group does not kill the keeper
    die_with_parent()
    from srbench_lite.running.zygote import main as serve

    serve(fd)
    sys.exit(0)


def _wait(zygote: int, fd: int) -> int:
    """Wait for the zygote's end; return its wait status. It has a limited time where its coordinator has gone."""
    woken, wakes = socket.socketpair()
    for end in (woken, wakes):
        end.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno())
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    look = select.poll()
    look.register(woken, select.POLLIN)
    look.register(fd, 0)  # which reports POLLHUP all the same: the coordinator has closed its end
    deadline: float | None = None
    while True:
        done, status = os.waitpid(zygote, os.WNOHANG)
        if done:
            return status
        if deadline is not None and time.monotonic() > deadline:
            os.kill(zygote, signal.SIGKILL)
        for source, _ in look.poll(None if deadline is None else _MILLISECONDS_BETWEEN_LOOKS):
            if source == fd:
                look.unregister(fd)
                deadline = time.monotonic() + _MAX_SECONDS_TO_END
                os.kill(zygote, signal.SIGCONT)  # a method may have stopped it
            else:
                with contextlib.suppress(BlockingIOError):
                    woken.recv(1 << 10)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
