"""`srbench status`: what a run that goes on elsewhere is doing."""

from __future__ import annotations

import json
import time

import pytest
from records import record

from srbench_lite.recording.record import Status
from srbench_lite.running.live_state import LiveState, RunAtWork, state_path


@pytest.fixture(name="live")
def _live(tmp_path):
    live = LiveState(tmp_path / "a.db", total=10, present=3, jobs=2, limit=5.0)
    for place, status in enumerate([Status.OK, Status.OK, Status.TIMEOUT]):
        live.ended(record(key=str(place), status=status))
    at_work = RunAtWork("k", "sin/phase", "lies", 4, 0.01, since=1.0)
    live._at_work["k"] = at_work, time.monotonic() - 7.0, lambda: 1234.5
    return live


def test_it_says_what_is_done_and_what_is_at_work(srbench, live):
    with live.kept():
        said = srbench("status", "--store", "a.db")
    assert said.code == 0
    assert "6 of 10 runs done, 3 already in the store, 2 at a time" in said.out
    assert "3 of 3 recovered, 1 timeout" in said.out
    assert "left" in said.out
    assert "MiB in all processes" in said.out
    line = next(line.split() for line in said.out.splitlines() if "phase" in line)
    assert (line[:4], line[-1]) == (["lies", "sin/phase", "4", "0.01"], "1,234")


def test_a_clock_that_jumps_back_changes_nothing(srbench, live, monkeypatch):
    wall = time.time
    monkeypatch.setattr("time.time", lambda: wall() - 86_400)
    with live.kept():
        live._begun_at -= 60.0
        live._write()
        said = srbench("status", "--store", "a.db")
    assert said.code == 0
    assert "since 1:00 min, 3 runs a minute, 1:20 min left" in said.out
    assert next(line for line in said.out.splitlines() if "phase" in line).split()[4:] == ["7", "s", "1,234"]


def test_json_has_everything(srbench, live):
    with live.kept():
        facts = json.loads(srbench("status", "--store", "a.db", "--json").out)
    assert facts["statuses"] == {"ok": 2, "timeout": 1}
    assert facts["alive"] is True
    assert facts["seconds_left"] > 0
    assert (facts["at_work"][0]["task"], facts["at_work"][0]["memory_mb"]) == ("sin/phase", 1234.5)


def test_where_nothing_runs_it_says_so(srbench):
    said = srbench("status")
    assert said.code == 5
    assert "no run is writing to" in said.err


def test_a_run_that_was_killed_is_named(srbench, live, tmp_path):
    with live.kept():
        facts = json.loads(state_path(tmp_path / "a.db").read_text())
    state_path(tmp_path / "a.db").write_text(json.dumps(facts | {"identity": "another"}))
    said = srbench("status", "--store", "a.db", "--watch")
    assert said.code == 1
    assert "the run has died" in said.err
    assert "6 of 10 runs done" in said.out


def test_watching_ends_with_the_run(srbench, live, monkeypatch):
    with live.kept():
        monkeypatch.setattr("time.sleep", lambda _: state_path(live.store).unlink())
        said = srbench("status", "--store", "a.db", "--watch", "--every", "1")
    assert said.code == 0
    assert "the run has ended" in said.err
