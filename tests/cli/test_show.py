"""`srbench show`: which runs it shows, and what it says of those that it does not."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
from commands import LINES
from places import HOSTILE

from srbench_lite.recording.store import Store


def test_show_refuses_a_bad_store_and_an_unknown_method(filled, tmp_path):
    (tmp_path / "notes.db").write_text("my notes\n" * 100)
    bad_store = filled("show", "sin/plain", "--store", "notes.db")
    bad_method = filled("show", "line", "-s", "toy.toml", "-m", "goood")

    assert (bad_store.code, bad_method.code) == (2, 2)
    assert "no SQLite file" in bad_store.err
    assert "Did you mean: good?" in bad_method.err


def test_runs_on_an_older_definition_are_left_out_and_counted(filled, tmp_path):
    (tmp_path / "toy.toml").write_text(LINES.replace("2*x + 1", "2*x + 2"))
    shown = filled("show", "line", "-s", "toy.toml")
    time.sleep(1.1)  # records know the second in which they began
    run = filled("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "-q")
    board = filled("leaderboard")

    assert "2 runs on another definition of this task are not shown" in shown.out
    assert "exact" not in shown.out
    assert run.code == 0
    assert "2 runs on older definitions of their tasks are left out" in board.out


@pytest.mark.parametrize("suite", [["-s", "toy.toml"], []], ids=["installed", "not installed"])
def test_show_mixes_no_verdicts_of_two_versions_of_the_scoring(filled, suite):
    """Old records stand beside new ones where nobody has rescored them, and alone where nothing newer is."""
    with Store(Path("results/srbench.db")) as store:
        for old in list(store):
            scores = dataclasses.replace(old.scores, verdict="different", recovered=False)
            key = dataclasses.replace(old.run_key, scoring_version="0.9").digest
            store.add(dataclasses.replace(old, scoring_version="0.9", key=key, scores=scores))
            if old.task == "toy/curve":
                store.add_all([], without=[old.key])
    line, good, curve = (
        filled("show", task, *suite, *more) for task, more in (("line", []), ("line", ["-m", "good"]), ("curve", []))
    )

    remark = "scored by an older version"
    assert f"2 runs {remark} are not shown; `srbench rescore` judges them again" in line.out
    assert f"1 run {remark} is not shown; `srbench rescore` judges it again" in good.out
    assert (line.out.count("exact"), line.out.count("different")) == (1, 0)
    assert remark not in curve.out
    assert curve.out.count("different") == 2
    assert "truth      2*x + 1" in line.out


def test_show_prints_the_task_its_truth_and_what_was_found(filled):
    said = filled("show", "line", "-s", "toy.toml")

    assert said.code == 0
    for piece in ("toy/line", "2*x + 1", "-1:1", "exact", "nothing to be found"):
        assert piece in said.out


def test_show_long_prints_what_the_method_said(filled):
    """Facts of the fit come under the judge's step; those that are not there are left out."""
    with Store(Path("results/srbench.db")) as store:
        (old,) = (record for record in store if (record.task, record.method) == ("toy/line", "good"))
        extras = {"terms": 2, "gap": 1 / 3, "penalty": None}
        store.add(dataclasses.replace(old, seed=7, key="k" * 64, extras=extras))
    short, said = (filled("show", "line", "-s", "toy.toml", "-m", "good", *more) for more in ([], ["--long"]))

    assert "seed 7" in said.out
    lines = [line.split() for line in said.out.split("seed 7")[1].splitlines()]
    assert ["terms", "2"] in lines
    assert ["gap", "0.333333"] in lines
    assert "penalty" not in said.out
    assert "gap" not in short.out


def test_show_knows_tasks_that_nobody_has_run(srbench):
    said = srbench("show", "sin/plain")

    assert said.code == 0
    assert "srbench run --method lasso --task sin/plain" in said.out
