"""The zygote: a process that has the engines imported and forks one child for each request.

It is forked by `srbench_lite.running.keeper`, speaks over the SOCK_SEQPACKET socket FD, and has one child at a time. It
adopts orphans: whatever a method starts, in whatever session, becomes its descendant when its parent dies, and `CLEAR`
kills and reaps all descendants. When the coordinator goes away, however that happened, it clears and exits.

Packets (`srbench_lite.running.packets`): a `ZygoteConfig` once, answered by `Ready`; then `RUN` with two file
descriptors (the child's stream, its output), answered by `Forked`; and `CLEAR`, answered by `Cleared`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import io
import os
import signal
import socket
import sys
import traceback
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, Final

from srbench_lite.methods.discovery import GROUP, discover
from srbench_lite.running.hidden_suites import forget_suites
from srbench_lite.running.packets import RUN, Forked, Ready, ZygoteConfig
from srbench_lite.running.process_tree import adopt_orphans, die_with_parent, end_descendants
from srbench_lite.running.worker import serve

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry

#: What every fit imports when it begins or ends: done once here, its children need not do it.
_OF_EVERY_FIT: Final = ("numpy.random", "srbench_lite.expressions.printing")


def main(fd: int) -> None:
    """Serve until the coordinator closes its end."""
    control = socket.socket(fileno=fd)
    control.set_inheritable(False)
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    config = ZygoteConfig.from_bytes(control.recv(1 << 20))
    registry = discover(
        files=[Path(file) for file in config.plugins], suites=False, entry_points=_entry_points(config)
    )  # fmt: skip
    forget_suites(registry)
    for module in (*_OF_EVERY_FIT, *config.preload):
        # A broken engine is the method's own fault and shows in its `fit`.
        with contextlib.suppress(Exception, SystemExit):
            importlib.import_module(module)
    if config.scores:
        from srbench_lite.judging.scoring import warm_up

        warm_up()
    gc.collect()
    gc.freeze()  # children then share these pages
    with contextlib.suppress(OSError):
        control.send(Ready(pid=os.getpid()).to_bytes())
        _loop(control, registry)
    end_descendants()


def _entry_points(config: ZygoteConfig) -> list[EntryPoint] | None:
    """Return the plugins that another interpreter is told of, since nothing of ours is installed there."""
    if config.entry_points is None:
        return None
    named = (text.partition("=") for text in config.entry_points)
    return [EntryPoint(name=name, value=module, group=GROUP) for name, _, module in named]


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
            control.send(end_descendants(pid).to_bytes())
            pid = None


def _child(control: socket.socket, registry: Registry, stream_fd: int, output_fd: int) -> None:
    """Be the process that answers one request; never returns."""
    code = 1
    try:
        os.setsid()
        die_with_parent()
        control.close()
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (output_fd, 1), (output_fd, 2)):
            os.dup2(source, target)
        os.close(nothing)
        os.close(output_fd)
        if isinstance(sys.stdout, io.TextIOWrapper):  # both streams come in the order in which they are written
            sys.stdout.reconfigure(line_buffering=True)
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
