"""`ZygotePair`: what it loads, with which threads, and how it ends, as a supervisor meets it."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

import psutil
import pytest
from fit_requests import fit_request

from srbench_lite.recording.record import Status
from srbench_lite.running.packets import ZygoteConfig
from srbench_lite.running.supervisor import Supervisor
from srbench_lite.running.zygote_pair import InterruptedRunError, ZygotePair


def _family() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def test_an_engine_that_cannot_be_imported_stops_no_other_method(tmp_path):
    (tmp_path / "deadly_engine.py").write_text("import os\nos._exit(9)\n")
    plugin = tmp_path / "engines.py"
    plugin.write_text(
        "import sys\nsys.path.insert(0, " + repr(str(tmp_path)) + ")\n"
        "from dataclasses import dataclass\nfrom srbench_lite import Expression, Fit, Method, hookimpl\n"
        "@dataclass(frozen=True, kw_only=True)\nclass M(Method):\n"
        "    name = 'm'\n    summary = source = 'x'\n    engine = ('deadly_engine',)\n"
        "    def fit(self, samples, *, seed, budget, report):\n        return Fit(expression=Expression.constant(1))\n"
        "@hookimpl\ndef srbench_methods():\n    return [M()]\n"
    )
    request = fit_request("m", threads=1)
    with Supervisor(plugins=[plugin], preload=["deadly_engine"]) as supervisor:
        result = supervisor.run(request, seconds=60.0, memory_mb=500.0)

    assert result.answer is not None
    assert result.answer.status is Status.OK


def test_threads_are_set_for_every_process(tmp_path):
    plugin = tmp_path / "threads.py"
    plugin.write_text(
        "import os\nfrom dataclasses import dataclass\n"
        "from srbench_lite import Expression, Fit, Method, hookimpl\n"
        "@dataclass(frozen=True, kw_only=True)\nclass M(Method):\n"
        "    name = 'threads'\n    summary = source = 'x'\n"
        "    def fit(self, samples, *, seed, budget, report):\n"
        "        return Fit(expression=Expression.constant(float(os.environ['OMP_NUM_THREADS'])))\n"
        "@hookimpl\ndef srbench_methods():\n    return [M()]\n"
    )
    request = fit_request("threads", threads=3)
    with Supervisor(plugins=[plugin], threads=3) as supervisor:
        result = supervisor.run(request, seconds=60.0, memory_mb=500.0)

    assert result.answer is not None
    assert result.answer.expression == "3"


def test_a_stop_does_not_wait_for_engines_that_are_being_loaded(tmp_path):
    (tmp_path / "slow.py").write_text(
        f"import time\nfrom pathlib import Path\nPath({str(tmp_path / 'loading')!r}).touch()\ntime.sleep(100)\n"
    )
    before = _family()
    stop = threading.Event()

    def interrupt() -> None:
        while not (tmp_path / "loading").exists():
            time.sleep(0.01)
        stop.set()

    threading.Thread(target=interrupt).start()
    begun = time.monotonic()
    supervisor = Supervisor(plugins=[tmp_path / "slow.py"], stop=stop)
    with pytest.raises(InterruptedRunError):
        supervisor.run(fit_request("m"), seconds=60.0, memory_mb=500.0)

    assert time.monotonic() - begun < 60  # far below the 100 s that loading takes
    assert _family() == before


def test_a_zygote_that_was_killed_is_replaced_and_its_child_is_ended():
    before = _family()
    pair = ZygotePair(ZygoteConfig(plugins=(), preload=(), scores=False), threads=1, stop=threading.Event())
    ours, theirs = socket.socketpair()
    with ours, theirs, open(os.devnull, "wb") as output:
        first = pair.fork(theirs.fileno(), output.fileno())
        os.kill(pair.zygote, signal.SIGKILL)
        with pytest.raises(OSError, match=r"gone|reset|pipe"):
            pair.clear()
        second = pair.fork(theirs.fileno(), output.fileno())
        assert not psutil.pid_exists(first) or psutil.Process(first).status() == psutil.STATUS_ZOMBIE
        assert psutil.pid_exists(second)
        assert pair.clear().survivors == 0
        pair.end()
    assert _family() == before


def test_one_that_has_begun_to_load_can_be_ended():
    before = _family()
    pair = ZygotePair(ZygoteConfig(plugins=(), preload=(), scores=True), threads=1, stop=threading.Event())
    pair.begin()
    assert _family() != before
    pair.end()
    pair.end()  # there is nothing to end any more
    assert _family() == before
