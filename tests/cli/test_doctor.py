"""`srbench doctor`."""

from __future__ import annotations


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
