"""The state of a run is there while it goes on, says what is at work, and is gone afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from records import record

from srbench_lite.errors import StoreError
from srbench_lite.methods.method import Budget
from srbench_lite.recording.record import Status
from srbench_lite.running.live_state import LiveState, RunState, forget_state, state_path
from srbench_lite.running.plan import plan


@pytest.fixture(name="planned")
def _planned():
    from srbench_lite import discover

    registry = discover()
    return plan(
        [registry.method("lasso")], registry.suite("sin").tasks[:3], seeds=[0], noises=[0.0], budget=Budget(seconds=5.0)
    )


def until(condition):
    for _ in range(100):
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_what_is_at_work_and_done_is_told(tmp_path, planned):
    store = tmp_path / "a.db"
    live = LiveState(store, total=5, present=2, jobs=2, limit=5.0)
    with live.kept():
        at_once = RunState.read(store)
        assert at_once is not None
        assert (at_once.total, at_once.present, at_once.ended, at_once.left) == (5, 2, 0, 3)
        assert at_once.is_alive
        assert at_once.memory_mb() > 10
        live.began(planned[0])
        live.began(planned[1], lambda: 77.0)
        live.ended(record(key=planned[0].key))
        live.ended(record(key="other", status=Status.CRASHED, truth=None))

        assert until(lambda: RunState.read(store).ended == 2)
        state = RunState.read(store)
        assert [(one.task, one.memory_mb) for one in state.at_work] == [(planned[1].task.name, 77.0)]
        assert state.statuses == {"ok": 1, "crashed": 1}
        assert (state.recovered, state.judged, state.left) == (1, 1, 1)
        assert state.per_second > 0
    assert RunState.read(store) is None
    assert list(tmp_path.iterdir()) == []


def test_the_state_of_a_dead_process_says_so(tmp_path):
    store = tmp_path / "a.db"
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    with LiveState(store, total=1, present=0, jobs=1, limit=1.0).kept():
        facts = json.loads(state_path(store).read_text())
    state_path(store).write_text(json.dumps(facts | {"pid": child.pid}))
    assert RunState.read(store).is_alive is False
    assert RunState.read(store).memory_mb() is None
    state_path(store).write_text(json.dumps(facts | {"identity": facts["identity"][:-1]}))  # a number used again
    assert RunState.read(store).is_alive is False
    state_path(store).write_text(json.dumps(facts | {"host": "elsewhere"}))
    assert RunState.read(store).is_alive is None


def test_what_a_killed_run_left_is_forgotten(tmp_path):
    store = tmp_path / "a[1].db"
    state_path(store).write_text("{}")
    (tmp_path / ".a[1].db.state.json.123.part").write_text("{")
    (tmp_path / ".a1.db.state.json.123.part").write_text("{")  # of another store
    forget_state(store)
    forget_state(store)
    assert [path.name for path in tmp_path.iterdir()] == [".a1.db.state.json.123.part"]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"version": 99}', '{"version": 1, "pid": 3}', "\x00"])
def test_a_foreign_file_is_one_clear_error(tmp_path, text):
    state_path(tmp_path / "a.db").write_text(text)
    with pytest.raises(StoreError, match="is no state of a run"):
        RunState.read(tmp_path / "a.db")


def test_a_folder_that_cannot_be_written_costs_the_run_nothing(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with LiveState(blocked / "a.db", total=1, present=0, jobs=1, limit=1.0).kept() as live:
        live.ended(record())
