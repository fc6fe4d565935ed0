"""`srbench doctor`."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from records import many

from srbench_lite.recording.store import Store


def test_doctor_says_what_is_wrong_with_the_worker(srbench, monkeypatch):
    monkeypatch.setattr("srbench_lite.running.execution._MAX_SCORING_SECONDS", 0.0)
    said = srbench("doctor")

    assert said.code == 1
    assert "WRONG worker process" in said.out
    assert "scoring stopped (timeout)" in said.out


def test_doctor_finds_nothing_wrong_here_and_what_is_wrong_with_a_store(srbench, tmp_path):
    healthy = srbench("doctor")
    (tmp_path / "notes.db").write_text("my notes\n" * 100)
    sick = srbench("doctor", "--store", "notes.db")

    assert healthy.code == 0, healthy.out
    assert "WRONG" not in healthy.out
    assert sick.code == 1
    assert "no SQLite file" in sick.out


def test_doctor_finds_a_store_that_is_damaged_in_its_middle(srbench):
    path = Path("runs.db")
    with Store(path) as store:
        store.add_all(many(200))
    sound = path.read_bytes()
    path.write_bytes(sound[: len(sound) // 2] + b"\xa5" * 4096 + sound[len(sound) // 2 + 4096 :])
    damaged = srbench("doctor", "--store", "runs.db")
    path.write_bytes(sound)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER records_changed")
        connection.execute("UPDATE records SET seed = seed + 100000 WHERE id = 100")
    connection.close()
    changed = srbench("doctor", "--store", "runs.db")

    assert (damaged.code, changed.code) == (1, 1)
    assert "WRONG store runs.db\n      the store runs.db is damaged (malformed: " in damaged.out
    assert "does not fit its contents" in changed.out
