"""A supervisor is kept for the next fit that needs the same processes, and ends when nobody needs it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from places import HOSTILE

from srbench_lite import Budget, Samples
from srbench_lite.running import spare_supervisor
from srbench_lite.running.messages import FitRequest
from srbench_lite.running.spare_supervisor import end_spare_supervisor, lent_supervisor
from srbench_lite.running.supervisor import Supervisor

LINE = Samples(variables=("x",), x=np.array([[0.0], [1.0], [2.0]]), y=np.array([1.0, 3.0, 5.0]))


@pytest.fixture(autouse=True)
def _end() -> Iterator[None]:
    end_spare_supervisor()
    yield
    end_spare_supervisor()


def fitted(supervisor: Supervisor, method: str = "good") -> str | None:
    request = FitRequest(method=method, parameters={"pids": ""}, budget=Budget(), seed=0, samples=LINE)
    answer = supervisor.run(request, seconds=20, memory_mb=2048).answer
    return None if answer is None else answer.expression


def family() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


def test_the_next_fit_has_the_same_processes_and_they_can_be_ended():
    before = family()
    with lent_supervisor(plugins=[HOSTILE]) as first:
        assert fitted(first) == "2*x + 1"
    waiting = family() - before
    assert waiting
    with lent_supervisor(plugins=[HOSTILE]) as second:
        assert fitted(second) == "2*x + 1"
        assert family() - before == waiting
    assert second is first
    end_spare_supervisor()
    assert family() == before


def test_what_has_loaded_something_else_is_another_one(tmp_path):
    changed = tmp_path / "methods.py"
    changed.write_text("")
    lent = []
    for options in ({}, {"preload": ["json"]}, {"threads": 2}, {"plugins": [HOSTILE]}, {"plugins": [changed]}):
        with lent_supervisor(**options) as supervisor:
            lent.append(supervisor)
    os.utime(changed, (1, 1))
    with lent_supervisor(plugins=[changed]) as supervisor:
        lent.append(supervisor)
    assert len(set(lent)) == len(lent)


def test_fits_at_one_time_have_one_each():
    with lent_supervisor() as first, lent_supervisor() as second:
        assert first is not second


def test_an_interrupted_fit_ends_its_processes():
    before = family()

    def interrupted() -> None:
        with lent_supervisor(plugins=[HOSTILE]) as supervisor:
            fitted(supervisor)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert family() == before


def test_one_that_waits_too_long_is_ended(monkeypatch):
    before = family()
    monkeypatch.setattr(spare_supervisor, "_MAX_IDLE_SECONDS", 0.0)
    with lent_supervisor(plugins=[HOSTILE]) as supervisor:
        fitted(supervisor)
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join()
    assert family() == before


def test_a_forked_child_lets_go_of_its_parents_processes_and_starts_its_own(tmp_path: Path):
    """As a pool of processes does: the parent ends its own at once, whatever the child does, and the child can fit."""
    code = f"""
        import os, sys
        sys.path[:0] = {[str(Path(__file__).parent), str(HOSTILE.parent)]!r}
        from test_spare_supervisor import HOSTILE, end_spare_supervisor, family, fitted, lent_supervisor
        with lent_supervisor(plugins=[HOSTILE]) as supervisor:
            fitted(supervisor)
        done, tell = os.pipe()
        if os.fork() == 0:
            with lent_supervisor(plugins=[HOSTILE]) as supervisor:
                print(fitted(supervisor), len(family()) > 0, flush=True)
            os.close(tell)
            os.read(done, 1)  # until the parent has ended its own
            end_spare_supervisor()
            os._exit(0)
        end_spare_supervisor()
        os.close(tell)
        os.wait()
        print(family())
    """
    script = tmp_path / "forks.py"
    script.write_text(textwrap.dedent(code))
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["2*x + 1 True", "set()"], done.stderr
