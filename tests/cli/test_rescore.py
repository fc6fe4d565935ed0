"""`srbench rescore`: what it prints and changes, what it refuses, and with which exit code."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import LINES, Said
from commands import srbench as called
from rescored_stores import contents, make_store, written, wrongly

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.judging.scoring import SCORING_VERSION
from srbench_lite.recording.record import Record
from srbench_lite.reports.progress import PlainProgress


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory) -> Path:
    return make_store(tmp_path_factory.mktemp("made") / "store.db")


@pytest.fixture(name="fresh")
def _fresh(made) -> list[Record]:
    """The records of the store, as today's scoring has made them."""
    return contents(made)


@pytest.fixture(name="path")
def _path(made, tmp_path) -> Path:
    """A copy of the store, to be changed."""
    return shutil.copy(made, tmp_path / "store.db")


@pytest.fixture(name="srbench")
def _srbench(monkeypatch, capsys, tmp_path) -> Callable[..., Said]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(LINES)

    def call(*arguments: str) -> Said:
        return called(monkeypatch, capsys, *arguments)

    return call


RESCORE = ("rescore", "--store", "store.db", "--suite", "toy.toml")


def test_a_dry_run_says_what_would_change_and_writes_nothing(srbench, path, fresh):
    written(path, wrongly(fresh))
    before = path.read_bytes()
    said = srbench(*RESCORE, "--dry-run")
    assert said.code == 0
    assert path.read_bytes() == before
    for piece in (
        "rescored                          4",
        "carried over without a formula  2",
        "another verdict                 1",
        "same verdict, other scores      1",
        "toy/line  good    3     0.1    different  exact  2*x + 1",
        "nothing was written (--dry-run)",
    ):
        assert piece in said.out
    assert "4 records, 1 at a time" in said.err
    assert "finished: 4/4 done, 1 of 4 recovered, 2 failed" in said.err


def test_of_a_perturbed_run_the_perturbation_is_said(srbench, path, fresh):
    few = [dataclasses.replace(record, perturbation={"train_size": 8}) for record in fresh]
    written(path, wrongly(few))
    said = srbench(*RESCORE, "--dry-run")
    assert "toy/line  good    3     0.1    train 8       different  exact  2*x + 1" in said.out


def test_the_command_rescores_once(srbench, path, fresh):
    old = written(path, wrongly(fresh))
    mixed = Leaderboard.from_records([*fresh[:1], *old[1:]])
    first, second = srbench(*RESCORE), srbench(*RESCORE)
    assert (first.code, second.code) == (0, 0)
    assert "toy/line  good" in first.out
    assert second.out == f"all 4 records are scored here by the current version, {SCORING_VERSION}\n"
    assert contents(path) == fresh
    assert mixed.remarks == ("3 runs scored by an older version are left out; `srbench rescore` judges them again.",)
    assert Leaderboard.from_records(contents(path)).remarks == ()


def test_the_command_names_what_it_leaves(srbench, path, fresh):
    written(path, wrongly(fresh))
    said = srbench("rescore", "--store", "store.db", "--method", "good")
    assert said.code == 0
    assert "left as they are  2" in said.out
    assert "toy/line   1     the task is not installed" in said.out
    assert "--suite FILE.toml" in said.out


def test_ctrl_c_is_130_and_says_how_to_go_on(srbench, path, fresh, monkeypatch):
    written(path, wrongly(fresh))

    def interrupt(self: PlainProgress, record: Record, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(PlainProgress, "srbench_record_finished", interrupt)
        said = srbench(*RESCORE)
    assert said.code == 130
    assert "go on with the same command" in said.err
    assert len(contents(path)) == 4
    srbench(*RESCORE)
    assert contents(path) == fresh


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--store", "store.db", "--suite", "sin"], 5, "holds no such records"),
        (["--store", "store.db", "--suite", "sinn"], 2, "unknown suite 'sinn'"),
        (["--store", "store.db", "--method", "lasso"], 2, "unknown method 'lasso'"),
        (["--store", "none.db"], 2, "there is no store at none.db"),
        (["--store", "store.db", "--jobs", "0"], 2, "0 is not in the range"),
    ],
)
def test_nothing_selected_is_5_and_wrong_usage_2(srbench, path, fresh, tmp_path, arguments, code, words):
    said = srbench("rescore", *arguments)
    assert said.code == code
    assert words in said.err
    assert contents(path) == fresh
    assert not (tmp_path / "none.db").exists()
