"""The lock of a store: one holds it at a time, and nobody after its holder has gone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from srbench_lite.recording.writer_lock import WriterLock

HOLDS = "import sys, time; from pathlib import Path; from srbench_lite.recording.writer_lock import WriterLock; "
HOLDS += "lock = WriterLock(Path(sys.argv[1])); print(lock.take(), flush=True); time.sleep(600)"


def test_one_holds_it_at_a_time(tmp_path):
    first, second = WriterLock(tmp_path / "a.db"), WriterLock(tmp_path / "a.db")
    assert not first.is_held()
    assert first.take()
    assert not second.take()
    second.release()
    assert second.is_held()
    first.release()
    assert not second.is_held()
    assert list(tmp_path.iterdir()) == []
    assert second.take()
    second.release()


def test_a_holder_that_was_killed_holds_nothing(tmp_path):
    lock = WriterLock(tmp_path / "a.db")
    holder = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path / "a.db")], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "True\n"
    assert lock.is_held()
    assert not lock.take()
    holder.kill()
    holder.communicate()
    assert lock.path.exists()
    assert not lock.is_held()
    assert lock.take()
    lock.release()
    assert not lock.path.exists()


def test_where_no_file_can_be_there_is_an_error_and_no_lock(tmp_path):
    lock = WriterLock(tmp_path / "no folder" / "a.db")
    assert not lock.is_held()
    with pytest.raises(FileNotFoundError):
        lock.take()
    lock.release()
