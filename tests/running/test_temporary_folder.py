"""A folder for temporary files stands as long as somebody uses it, and no longer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from srbench_lite.running.temporary_folder import clear_forsaken, make_folder

#: A process that makes a folder, forks one that stays, says where the folder is, and waits to be killed.
OWNER = """
import os, sys, time
from srbench_lite.running.temporary_folder import make_folder
folder = make_folder()
if (child := os.fork()) == 0:
    time.sleep(600)
open(os.path.join(folder, "file"), "w").close()
print(folder, child, flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True, name="place")
def _place(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def test_the_folder_of_a_process_that_was_killed_goes_when_its_forks_have_ended_too(place):
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    folder, fork = owner.stdout.readline().split()
    clear_forsaken()
    assert Path(folder, "file").exists()

    owner.kill()
    owner.wait()
    owner.stdout.close()
    clear_forsaken()
    assert Path(folder, "file").exists()

    os.kill(int(fork), signal.SIGKILL)
    deadline = time.monotonic() + 60
    while Path(folder).exists() and time.monotonic() < deadline:
        clear_forsaken()
    assert list(place.iterdir()) == []


def test_a_folder_in_use_and_what_is_none_of_ours_stay(place):
    own = Path(make_folder())
    (place / "srbench-data").mkdir()
    (place / "srbench-data" / "results.csv").write_text("x")
    (place / "srbench-file").write_text("x")
    other = place / "other"
    other.mkdir()
    (other / ".srbench-lite-in-use").write_text("")
    (place / "srbench-link").symlink_to(other)
    (place / "srbench-loop").mkdir()
    (place / "srbench-loop" / ".srbench-lite-in-use").symlink_to("/etc/passwd")
    before = sorted(place.iterdir())

    clear_forsaken()

    assert own in before
    assert sorted(place.iterdir()) == before
    assert (other / ".srbench-lite-in-use").exists()


def test_a_folder_for_temporary_files_that_is_gone_is_no_error(place, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(place / "gone"))
    clear_forsaken()
