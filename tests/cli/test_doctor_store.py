"""What `srbench doctor` says of a store: damage is wrong, and what a run would mend or do anew is a note."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from commands import LINES
from records import record

from srbench_lite.cli.doctor_store import findings_on_store
from srbench_lite.errors import SrbenchError
from srbench_lite.methods.discovery import discover
from srbench_lite.problems.suite_file import load_suite
from srbench_lite.recording.store import Store
from srbench_lite.running.live_state import state_path


@pytest.fixture(name="registry", scope="module")
def _registry():
    return discover()


@pytest.fixture(name="path")
def _path(tmp_path):
    return tmp_path / "runs.db"


def said(path, registry, mark=None):
    """What was found with this mark, or in all, as one text."""
    found = findings_on_store(path, registry)
    return "\n".join(f"{one.what}: {one.mend}" for one in found if mark in (None, one.mark))


def installed(registry, task="sin/plain", **changes):
    """A record of a task and a method as they are installed."""
    method = registry.methods["lasso"]
    facts = {"method": "lasso", "method_version": method.version, "suite": task.split("/")[0], "task": task}
    from srbench_lite.environments.assignment import source_of

    fingerprint = registry.tasks[task].fingerprint if task in registry.tasks else "0" * 64
    return record(**{**facts, "task_fingerprint": fingerprint, "method_source": source_of(method), **changes})


def filled(path, *records):
    with Store(path) as store:
        store.add_all(records)


def test_a_store_of_what_is_installed_gives_no_note(path, registry):
    filled(path, installed(registry))
    text = said(path, registry)
    assert f"store {path}: 1 records, all can be read, schema 6" in text
    assert "the tasks of all records are installed" in text
    assert "MiB free" in text
    assert not said(path, registry, "note")
    assert not said(path, registry, "WRONG")


def test_tasks_that_are_others_now_or_unknown_are_counted_by_suite(path, registry):
    filled(
        path, installed(registry), installed(registry, seed=1, task_fingerprint="1" * 64),
        *(installed(registry, f"gone/{number}", seed=10 + number) for number in range(3)),
        installed(registry, "sin/gone", seed=3),
    )  # fmt: skip
    notes = said(path, registry, "note")
    assert "1 record of tasks that are defined otherwise now: sin (1)" in notes
    assert "4 records of tasks that are not installed: gone (3), sin (1)" in notes
    assert "tables still show them" in notes


def test_suites_that_studies_of_the_store_name_and_drawn_ones_are_looked_at(path, registry, tmp_path):
    (tmp_path / "toy.toml").write_text(LINES)
    line, _ = load_suite(tmp_path / "toy.toml").tasks
    drawn = "random:seed=3,count=2"
    from srbench_lite.problems.generator_name import canonical_suite
    from srbench_lite.problems.random_suite import random_suite

    task = random_suite(canonical_suite(drawn)).tasks[0]
    filled(
        path,
        installed(registry, line.name, task_fingerprint=line.fingerprint),
        replace(installed(registry, task.name, task_fingerprint=task.fingerprint), suite=task.suite),
    )
    assert "1 record of tasks that are not installed: toy (1)" in said(path, registry, "note")
    with Store(path) as store:
        store.keep_study('methods = ["lasso"]\nsuites = ["./toy.toml"]\n')
    assert not said(path, registry, "note")
    (tmp_path / "toy.toml").write_text(LINES.replace("2*x + 1", "3*x + 1"))
    assert "defined otherwise now: toy (1)" in said(path, registry, "note")
    (tmp_path / "toy.toml").write_text("no suite")
    assert "not installed: toy (1)" in said(path, registry, "note")


def test_methods_that_are_others_now_or_unknown_are_counted(path, registry):
    filled(
        path, installed(registry, seed=1, method_source="0" * 16), installed(registry, seed=2, method_source=None),
        installed(registry, seed=3, method_version="0"), installed(registry, seed=4, method="gone"),
        installed(registry, seed=5, method="sklearn:antigravity:Flight", method_source="0" * 16),
    )  # fmt: skip
    notes = said(path, registry, "note")
    assert "3 records by other code than today's, or by code that nobody knows: lasso (3)" in notes
    assert "1 record by methods that are not installed: gone (1)" in notes
    assert "antigravity" not in notes
    assert "antigravity" not in sys.modules


def test_a_record_without_its_environment_is_damage(path, registry):
    filled(path, installed(registry))
    with Store(path) as store:
        store._connection.execute("PRAGMA foreign_keys = OFF")
        store._connection.execute("DELETE FROM environments")
    assert "1 records name an environment that is not there" in said(path, registry, "WRONG")
    with Store(path) as store, pytest.raises(SrbenchError, match="damaged"):
        store.check()


KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from records import record
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.store import Store
from srbench_lite.running.live_state import LiveState
store = Store(Path(sys.argv[1]))
store.add(record())
Artifacts(store.path).begin("ab")
LiveState(store.path, total=5, present=0, jobs=1, limit=1.0)._write()
if sys.argv[2:]:
    print("ready", flush=True)
    signal.pause()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_is_told_and_the_next_run_clears_it(path, registry):
    killed = [sys.executable, "-c", KILLED.format(path=sys.path), str(path)]
    assert subprocess.run(killed).returncode == -signal.SIGKILL
    path.with_name("runs.db-new").write_bytes(b"")
    (path.parent / "runs.db.artifacts" / "cd").mkdir()
    notes = said(path, registry, "note")
    assert "a run has died" in notes
    assert "5 of its runs were left" in notes
    assert "left by a run that was killed: runs.db-new, runs.db-lock, runs.db.artifacts/unfinished" in notes
    assert "bytes of the store lie in runs.db-wal" in notes
    assert "1 folder of files of runs that are not in the store" in notes
    state_path(path).write_text("{}")
    assert "runs.db.state.json" in said(path, registry, "note")


def test_a_run_at_work_has_left_nothing(path, registry):
    command = [sys.executable, "-c", KILLED.format(path=sys.path), str(path), "stay"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as at_work:
        assert at_work.stdout.readline()
        text = said(path, registry)
        at_work.kill()
    assert "a run is writing to the store" in text
    assert "killed" not in text
    assert "died" not in text


def test_a_disk_that_machines_share_and_a_full_one_are_told(path, registry, monkeypatch):
    filled(path, installed(registry))
    monkeypatch.setattr("srbench_lite.recording.file_system._mounted", lambda: [("/", "nfs4")])
    assert "disk of the store: nfs4, which machines share" in said(path, registry, "note")
    monkeypatch.setattr("srbench_lite.recording.file_system._mounted", list)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=2**20))
    assert "disk of the store: of an unknown kind, 1 MiB free: make room" in said(path, registry, "WRONG")


def test_a_link_that_leads_nowhere_is_no_store_yet(path, registry):
    path.symlink_to("gone.db")
    assert "there is no store at" in said(path, registry, "WRONG")


def test_doctor_says_it_as_json_too(srbench, monkeypatch):
    monkeypatch.setattr("srbench_lite.cli.doctor._worker", lambda files: iter(()))
    Path("notes.db").write_text("my notes\n" * 100)
    good, bad = srbench("doctor", "--json"), srbench("doctor", "--json", "--store", "notes.db")
    assert (good.code, bad.code) == (0, 1)
    assert {one["mark"] for one in json.loads(good.out)} == {"ok"}
    assert [one["mend"] for one in json.loads(bad.out) if one["mark"] == "WRONG"] == [
        "notes.db is no SQLite file; move it away, or name another store with --store"
    ]
