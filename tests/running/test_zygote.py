"""The zygote: it loads, forks, clears up whatever a child has started, and ends with its coordinator."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import psutil
import pytest
from places import HOSTILE

from srbench_lite import Budget, Samples
from srbench_lite.running.messages import FitAnswer, FitRequest, read_progress
from srbench_lite.running.packets import CLEAR, RUN, Cleared, Forked, Ready, ZygoteConfig
from srbench_lite.running.wire import receive, send

SAMPLES = Samples(variables=("x",), x=np.array([[0.0], [1.0]]), y=np.array([1.0, 3.0]))
Packet = TypeVar("Packet", Ready, Forked, Cleared)


class Zygote:
    """A zygote of our own under its keeper, and the socket over which it is asked."""

    def __init__(self, config: ZygoteConfig) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "srbench_lite.running.keeper", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], start_new_session=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self.control.settimeout(120)
        self.control.send(config.to_bytes())
        Ready.from_bytes(self.control.recv(1 << 16))

    def fork(self) -> tuple[int, socket.socket, int]:
        """Return the number of a new child, the stream to it, and the end of the pipe that it writes to."""
        ours, theirs = socket.socketpair()
        read, write = os.pipe()
        with theirs:
            socket.send_fds(self.control, [RUN], [theirs.fileno(), write])
            pid = Forked.from_bytes(self.control.recv(1 << 16)).pid
        os.close(write)
        ours.settimeout(60)
        return pid, ours, read

    def clear(self) -> Cleared:
        self.control.send(CLEAR)
        return Cleared.from_bytes(self.control.recv(1 << 16))


@pytest.fixture(name="zygote")
def _zygote() -> Iterator[Zygote]:
    zygote = Zygote(ZygoteConfig(plugins=(str(HOSTILE),), preload=("json", "no_such_module"), scores=False))
    try:
        yield zygote
    finally:
        zygote.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            zygote.process.wait(timeout=30)
        zygote.process.kill()
        zygote.process.wait()


def fit_request(method: str, **parameters: str) -> FitRequest:
    return FitRequest(method=method, parameters=parameters, seed=1, budget=Budget(), samples=SAMPLES)


def answer(stream: socket.socket, request: FitRequest) -> FitAnswer:
    while (message := receive(stream)) is not None:
        if read_progress(message) is None:
            return request.read_answer(message)
    raise AssertionError("there was no answer")


def gone(pid: int, within: float = 15.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_a_child_answers_and_is_cleared(zygote):
    for _ in range(2):  # one after another
        pid, stream, output = zygote.fork()
        request = fit_request("good")
        with stream:
            send(stream, request.to_message())
            assert answer(stream, request).expression == "2*x + 1"
        cleared = zygote.clear()
        assert cleared.survivors == 0
        assert cleared.cpu_seconds > 0
        assert cleared.wait_status is not None
        assert gone(pid)
        assert os.read(output, 100) == b""
        os.close(output)


def test_what_a_child_leaves_behind_is_killed(zygote, tmp_path):
    _, stream, output = zygote.fork()
    request = fit_request("grandchild", pids=str(tmp_path / "pids"))
    with stream:
        send(stream, request.to_message())
        assert answer(stream, request).expression == "2*x + 1"
    (left,) = (int(line) for line in (tmp_path / "pids").read_text().split())
    assert psutil.pid_exists(left)
    assert zygote.clear().survivors == 0
    assert gone(left)
    os.close(output)


def test_a_child_at_work_is_killed(zygote):
    pid, stream, output = zygote.fork()
    send(stream, fit_request("sleeps").to_message())
    assert receive(stream) is not None  # it has begun
    cleared = zygote.clear()
    assert cleared.wait_status is not None
    assert os.WTERMSIG(cleared.wait_status) == signal.SIGKILL
    assert gone(pid)
    stream.close()
    os.close(output)


def test_a_malformed_request_ends_the_child_and_not_the_zygote(zygote):
    _, stream, output = zygote.fork()
    with stream:
        stream.sendall(b"\0" * 15 + b"\1" + b"nonsense that is no message")
        with contextlib.suppress(ConnectionResetError):  # it ends without reading all of it
            assert receive(stream) is None
    written = b""
    while part := os.read(output, 1 << 16):  # until it has ended
        written += part
    os.close(output)
    assert b"WireError: a message cannot be read" in written
    assert zygote.clear().survivors == 0
    test_a_child_answers_and_is_cleared(zygote)


def test_clearing_when_there_is_nothing_is_no_error(zygote):
    assert zygote.clear() == Cleared(wait_status=None, cpu_seconds=0.0, survivors=0)


def test_it_ends_with_its_coordinator_and_takes_its_children_along(zygote):
    pid, stream, output = zygote.fork()
    send(stream, fit_request("ignores-term").to_message())
    assert receive(stream) is not None
    zygote.control.close()
    assert zygote.process.wait(timeout=30) == 0
    assert gone(pid)
    stream.close()
    os.close(output)
