"""The keeper: whoever kills the zygote leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from places import HOSTILE

from srbench_lite import Budget, Samples
from srbench_lite.recording.record import Status
from srbench_lite.running.messages import FitRequest
from srbench_lite.running.packets import Ready, ZygoteConfig
from srbench_lite.running.supervisor import Supervisor

SAMPLES = Samples(variables=("x",), x=np.array([[0.0], [1.0]]), y=np.array([1.0, 3.0]))


def fit_request(method: str, **parameters: str) -> FitRequest:
    return FitRequest(method=method, parameters=parameters, seed=1, budget=Budget(), samples=SAMPLES)


def running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    ("ways", "answers"),
    [
        ("twice setsid nohup close clear", True),
        ("setsid nohup fit-kills", False),
        ("setsid close clear fit-kills", False),
        ("twice setsid nohup close clear fit-kills", False),
        ("twice setsid nohup close clear daemon-kills", False),
        ("twice clear fit-kills", False),
        ("twice setsid nohup close fit-kills keeper-too", False),
    ],
)
def test_no_daemon_outlives_its_run(tmp_path, ways, answers):
    pids = tmp_path / "pids"
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    with Supervisor(plugins=[HOSTILE]) as supervisor:
        result = supervisor.run(fit_request("daemon", pids=str(pids), ways=ways), seconds=30.0, memory_mb=2000.0)
        left = int(pids.read_text())
        deadline = time.monotonic() + 10.0  # one that lost its parent a moment ago is dying
        while running(left) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not running(left)  # and not only when all runs are done
        good = supervisor.run(fit_request("good"), seconds=30.0, memory_mb=2000.0)

    assert (result.answer is not None) == answers
    assert good.answer is not None
    assert good.answer.status is Status.OK
    assert {process.pid for process in psutil.Process().children(recursive=True)} == before


def _keeper() -> tuple[subprocess.Popen[bytes], socket.socket, int]:
    """Return a keeper, the socket to its zygote, and the zygote's number."""
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        keeper = subprocess.Popen(
            [sys.executable, "-P", "-m", "srbench_lite.running.keeper", str(theirs.fileno())],
            pass_fds=[theirs.fileno()], start_new_session=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    control.settimeout(120)
    control.send(ZygoteConfig(plugins=(), preload=(), scores=False).to_bytes())
    return keeper, control, Ready.from_bytes(control.recv(1 << 16)).pid


def test_it_ends_with_its_zygote_and_says_how_that_ended():
    keeper, control, zygote = _keeper()
    with control:
        os.kill(zygote, signal.SIGKILL)
        assert control.recv(1) == b""  # closed by both
        assert keeper.wait(timeout=30) == 1
    assert not running(zygote)


def test_it_wakes_a_stopped_zygote_when_the_coordinator_has_gone():
    keeper, control, zygote = _keeper()
    os.kill(zygote, signal.SIGSTOP)
    control.close()
    assert keeper.wait(timeout=30) == 0
    assert not running(zygote)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_to_a_whole_group_do_not_end_it_before_the_coordinator_does(number):
    keeper, control, zygote = _keeper()
    with control:
        os.killpg(keeper.pid, number)
        time.sleep(0.05)
        assert running(keeper.pid)
        assert running(zygote)
    assert keeper.wait(timeout=30) == 0


def test_it_loads_nothing_of_what_its_zygote_loads():
    loaded = "import srbench_lite.running.keeper, sys; print('numpy' in sys.modules, 'pluggy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, cwd=Path("/"))
    assert done.stdout.split() == ["False", "False"]
