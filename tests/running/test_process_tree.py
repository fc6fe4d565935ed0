"""Processes: what descends from one is adopted and ended, and what slipped away is found by its mark."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import uuid

import psutil

from srbench_lite.running.process_tree import descendants, identity_of, kill_marked, kill_tree

SLEEPS = "import time; time.sleep(600)"
#: Starts a process that starts another one in a new session, says its number, and ends.
LEAVES = (
    f"import subprocess, sys; left = subprocess.Popen([sys.executable, '-c', {SLEEPS!r}], start_new_session=True,"
    " stdout=subprocess.DEVNULL); print(left.pid)"
)


def ended(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(timeout=10)
    except psutil.NoSuchProcess:
        return True
    return not psutil.pid_exists(pid)


def test_an_adopted_orphan_is_ended_and_its_time_counted():
    code = (
        "import subprocess, sys\nfrom srbench_lite.running.process_tree import adopt_orphans, end_descendants\n"
        f"adopt_orphans()\nleft = int(subprocess.check_output([sys.executable, '-c', {LEAVES!r}]))\n"
        "cleared = end_descendants()\nprint(left, cleared.wait_status, cleared.survivors, cleared.cpu_seconds > 0)\n"
        "print(end_descendants().cpu_seconds < 1e-9)"
    )
    left, *cleared = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert cleared == ["None", "0", "True", "True"]
    assert ended(int(left))


def test_the_status_of_the_child_that_is_asked_for_comes_back():
    code = (
        "import os, time\nfrom srbench_lite.running.process_tree import end_descendants\npid = os.fork()\n"
        "if pid == 0:\n    os._exit(3)\ntime.sleep(0.2)\nprint(os.WEXITSTATUS(end_descendants(pid).wait_status))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "3\n"


def test_descendants_are_those_of_every_thread_and_generation():
    child = (
        f"import subprocess, sys; left = subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]);"
        f" print(left.pid, flush=True); {SLEEPS}"
    )
    code = (
        "import subprocess, sys, threading\n"
        f"def start():\n    subprocess.Popen([sys.executable, '-c', {child!r}]).wait()\n"
        "threading.Thread(target=start).start()"
    )
    started = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert started.stdout is not None
    try:
        left = int(started.stdout.readline())
        found = descendants(started.pid)
        assert set(found) == {one.pid for one in psutil.Process(started.pid).children(recursive=True)}
        assert left in found
        assert len(found) == 2
    finally:
        kill_tree(started.pid)
        started.wait()
        started.stdout.close()
    assert descendants(started.pid) == []


def test_a_process_is_killed_with_its_descendants():
    started = subprocess.Popen(
        [sys.executable, "-c", f"{LEAVES}; sys.stdout.flush(); {SLEEPS}"], stdout=subprocess.PIPE
    )
    assert started.stdout is not None
    left = int(started.stdout.readline())
    kill_tree(started.pid)
    assert started.wait() < 0
    started.stdout.close()
    assert ended(left)
    kill_tree(started.pid)  # one that has gone is no error


def test_what_a_descendant_held_is_free_when_its_tree_was_killed(tmp_path):
    path = tmp_path / "lock"
    path.touch()
    holds = f"import fcntl, sys; f = open({str(path)!r}); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True)"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {f'{holds}; {SLEEPS}'!r}]).wait()"
    started = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert started.stdout is not None
    assert started.stdout.readline() == b"held\n"
    with path.open() as file:
        kill_tree(started.pid)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # it would raise
    started.wait()
    started.stdout.close()


def test_a_process_has_an_identity_until_it_ends():
    child = subprocess.Popen([sys.executable, "-c", SLEEPS])
    first = identity_of(child.pid)
    assert first == identity_of(child.pid)
    assert first not in (None, identity_of(os.getpid()))
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # its number is still taken
    assert identity_of(child.pid) is None
    child.wait()
    assert identity_of(child.pid) is None


def test_what_was_marked_is_killed_wherever_it_is():
    mark = uuid.uuid4().hex
    started = [
        subprocess.Popen([sys.executable, "-c", SLEEPS], env=os.environ | {"TEST_MARK": value}, start_new_session=True)
        for value in (mark, mark, f"{mark}-other")
    ]
    kill_marked("TEST_MARK", mark)
    assert [process.wait(timeout=10) < 0 for process in started[:2]] == [True, True]
    assert started[2].poll() is None
    started[2].kill()
    started[2].wait()
