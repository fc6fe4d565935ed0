"""Stored formulas judged again: the scores are new, the fit stays as it was, and no moment leaves a store half done."""

from __future__ import annotations

import dataclasses
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from commands import LINES
from rescored_stores import OLD, TASKS, WRONG, aged, contents, make_store, written, wrongly

from srbench_lite import Task, UsageError
from srbench_lite.judging.judge import TOLERANCES
from srbench_lite.judging.scoring import SCORING_VERSION
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store
from srbench_lite.running.rescoring import Rescored, plan_rescoring, rescore

here = pytest.mark.usefixtures("runs_here")


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


def again(path: Path, *, tasks: Iterable[Task] = TASKS, everything: bool = False) -> tuple[Rescored, ...]:
    with Store(path) as store:
        outcomes, interrupted = rescore(plan_rescoring(list(store), tasks, everything=everything), store=store)
    assert not interrupted
    return outcomes


# --- scores and fits --------------------------------------------------------------------------------------------------


def test_old_records_become_what_a_run_of_today_writes(path, fresh):
    """Scored again, the records equal those of the run in every field: its scores, and what belongs to the fit."""
    old = wrongly(fresh)
    for number, record in enumerate(old):
        old[number] = dataclasses.replace(record, environment={**record.environment, "tolerances": {"exact": 0.5}})
    written(path, old)
    outcomes = again(path)
    assert contents(path) == fresh
    assert [outcome.before for outcome in outcomes] == old
    assert [outcome.after for outcome in outcomes] == fresh
    assert {r.scores.verdict for r in fresh} == {"exact", "different", None}
    assert all(r.environment["tolerances"] == TOLERANCES for r in fresh)
    assert again(path) == ()  # and doing it twice changes nothing
    assert contents(path) == fresh


@here
def test_what_belongs_to_the_fit_stays(path, fresh):
    (found,) = (r for r in fresh if r.scores.verdict == "exact")
    fit: dict[str, Any] = {
        "seconds": 7.5, "cpu_seconds": 6.5, "cell_seconds": 8.5, "peak_mb": 123.0, "candidates": ("x", "2*x + 1"),
        "extras": {"epochs": 3}, "printed_bytes": 5, "started_at": "2020-01-01T00:00:00+00:00", "stopped": "budget",
        "environment": {"host": "elsewhere"}, "noise_definition": "another",
    }  # fmt: skip
    scores = dataclasses.replace(found.scores, **WRONG, replay_gap=0.25, metrics={"length": 4.0})
    written(path, [aged(found, scores=scores, **fit)])
    again(path)
    (after,) = contents(path)
    expected = dataclasses.replace(found.scores, replay_gap=0.25, metrics={"length": 4.0})
    fit["environment"] = {"host": "elsewhere", "tolerances": TOLERANCES}
    assert after == dataclasses.replace(found, scores=expected, progress=after.progress, right_candidates=1, **fit)


@here
def test_scores_reproduce(path, fresh):
    outcomes = again(path, everything=True)
    assert len(outcomes) == 4
    assert all(outcome.after == outcome.before for outcome in outcomes)
    assert contents(path) == fresh


METRIC = """
from srbench_lite import Metric, hookimpl

@hookimpl
def srbench_metrics():
    return [
        Metric(name="worst", summary="largest error", compute=lambda test, y, found, truth: abs(y - test.y).max()),
        Metric(name="broken", summary="raises", compute=lambda test, y, found, truth: 1 / 0),
    ]
"""


OLD_COMPLAINT = "fit: extras were dropped: no\nmetric broken: OSError: gone (m.py:1)"


@here
def test_metrics_of_installed_plugins_are_computed_again_and_others_kept(path, fresh, tmp_path):
    (tmp_path / "metric.py").write_text(METRIC)
    (found,) = (r for r in fresh if r.scores.verdict == "exact")
    scores = dataclasses.replace(found.scores, metrics={"worst": 9.0, "broken": 1.0, "length": 4.0})
    written(path, [aged(found, scores=scores, complaint=OLD_COMPLAINT)])
    for everything in (False, True):  # the complaint stands once, however often it is made
        with Store(path) as store:
            chosen = plan_rescoring(list(store), TASKS, everything=everything)
            rescore(chosen, store=store, metrics=["worst", "broken"], plugins=[tmp_path / "metric.py"])
        (after,) = contents(path)
        assert after.scores.metrics == {"worst": 0.0, "broken": None, "length": 4.0}
        assert after.complaint == (
            "fit: extras were dropped: no\nmetric broken: ZeroDivisionError: division by zero (metric.py:8)"
        )
        assert after.reason is None


def test_a_formula_that_was_not_scored_in_time_gets_its_verdict_later(path, fresh, monkeypatch):
    (found,) = (r for r in fresh if r.scores.verdict == "exact")
    written(path, [aged(found)])
    with monkeypatch.context() as patch:
        patch.setattr("srbench_lite.running.execution._MAX_SCORING_SECONDS", 0.0)
        again(path)
    (slow,) = contents(path)
    again(path, everything=True)
    assert (slow.scores.verdict, slow.complaint) == ("undecided", "scoring stopped (timeout)")
    assert slow.reason is None
    assert contents(path) == [found]


@here
def test_the_reason_of_a_run_without_a_formula_stays(path, fresh):
    (failed,) = (r for r in fresh if r.status == "failed" and r.task == "toy/line")
    written(path, [aged(failed, reason="nothing; metric a: b", complaint="fit: extras were dropped: no")])
    again(path)
    (after,) = contents(path)
    assert (after.reason, after.complaint) == ("nothing; metric a: b", "fit: extras were dropped: no")


# --- which records ----------------------------------------------------------------------------------------------------


@here
def test_records_of_tasks_that_are_not_installed_are_left_and_named(path, fresh):
    old = written(path, wrongly(fresh))
    line, _ = TASKS
    other = dataclasses.replace(TASKS[1], version=2)
    nothing = plan_rescoring(old, [line])
    another = plan_rescoring(old, [line, other])
    assert sorted({(r.task, why) for r, why in nothing.left}) == [("toy/curve", "the task is not installed")]
    assert {why for _, why in another.left} == {"another definition of the task is installed"}
    assert [len(part) for part in (nothing.todo, nothing.left)] == [2, 2]
    again(path, tasks=[line])
    kept = {r.key for r in contents(path)}
    assert kept == {r.key for r in fresh if r.task == "toy/line"} | {r.key for r in old if r.task == "toy/curve"}


def test_current_records_are_not_touched_unless_asked(fresh):
    assert plan_rescoring(fresh, TASKS).todo == ()
    assert plan_rescoring(fresh, TASKS).current == 4
    assert len(plan_rescoring(fresh, TASKS, everything=True).todo) == 4


def test_records_of_a_newer_version_are_left(fresh):
    newer = aged(fresh[0], "99.1")
    chosen = plan_rescoring([newer, *fresh], TASKS, everything=True)
    assert [(r.key, why) for r, why in chosen.left] == [
        (newer.key, f"scored by version 99.1, this srbench-lite has {SCORING_VERSION}")
    ]
    assert len(chosen.todo) == 4


@here
def test_of_two_records_of_a_cell_the_newer_stays(path, fresh):
    """Imported from elsewhere, an old record may stand beside a new one, or beside an older one still."""
    first, second, *_ = fresh
    written(path, [first, *wrongly([first, second]), *wrongly([second], "0.0.9")])
    with Store(path) as store:
        chosen = plan_rescoring(list(store), TASKS)
        assert (len(chosen.todo), chosen.current, len(chosen.superseded)) == (1, 1, 1)
        assert chosen.todo[0].record.scoring_version == OLD
        (outcome,), _ = rescore(chosen, store=store)
    assert outcome.removed == 1
    assert contents(path) == [first, second]


@here
def test_a_formula_that_cannot_be_read_any_more_is_left(path, fresh):
    (found,) = (r for r in fresh if r.scores.verdict == "exact")
    old = written(path, [aged(found, expression="flub(x) + 1")])
    (outcome,) = again(path)
    assert outcome.after is None
    assert "unknown function 'flub'" in str(outcome.why_left)
    assert contents(path) == old


# --- at any moment ----------------------------------------------------------------------------------------------------


@here
def test_an_interrupt_keeps_what_is_done_and_the_rest_is_done_later(path, fresh):
    old = written(path, wrongly(fresh))

    def interrupt(rescored: Rescored, done: int) -> None:
        raise KeyboardInterrupt

    with Store(path) as store:
        outcomes, interrupted = rescore(plan_rescoring(list(store), TASKS), store=store, on_result=interrupt)
    assert interrupted
    assert 1 <= len(outcomes) <= 4
    new = {outcome.before.key: outcome.after for outcome in outcomes}
    assert {r.key for r in contents(path)} == {(new.get(r.key) or r).key for r in old}
    again(path)
    assert contents(path) == fresh


@here
def test_an_interrupt_while_a_record_is_saved_costs_its_output_nothing(path, fresh, monkeypatch):
    old = dataclasses.replace(wrongly(fresh)[0], output="printed\n", printed_bytes=8)
    written(path, [old])
    rename, interrupts = Artifacts.rename, [KeyboardInterrupt]

    def interrupted_before(artifacts: Artifacts, before: str, after: str) -> None:
        while interrupts:
            raise interrupts.pop()
        rename(artifacts, before, after)

    monkeypatch.setattr(Artifacts, "rename", interrupted_before)
    with Store(path) as store:
        (done,), interrupted = rescore(plan_rescoring(list(store), TASKS), store=store)
        assert interrupted
        assert done.after is not None
        assert done.after.key != old.key
        assert store.output(done.after.key) == "printed\n"


DYING = """
import os, signal, sys
from pathlib import Path
from srbench_lite.running.rescoring import plan_rescoring, rescore
from srbench_lite.recording.store import Store
from srbench_lite.problems.suite_file import load_suite

with Store(Path(sys.argv[1])) as store:  # dies between the two halves of the second exchange
    store._connection.create_function("die", 0, lambda: os.kill(os.getpid(), signal.SIGKILL))
    store._connection.execute(f"CREATE TEMP TABLE seen AS SELECT 0 AS n")
    store._connection.execute("CREATE TEMP TRIGGER t AFTER INSERT ON records BEGIN "
        "UPDATE seen SET n = n + 1; SELECT CASE WHEN n = 2 THEN die() END FROM seen; END")
    rescore(plan_rescoring(list(store), load_suite(Path(sys.argv[2])).tasks), store=store)
"""


@here
def test_kill_9_between_the_new_record_and_the_old_leaves_one_of_them(path, fresh, tmp_path):
    old = written(path, wrongly(fresh))
    (tmp_path / "toy.toml").write_text(LINES)
    done = subprocess.run([sys.executable, "-c", DYING, str(path), str(tmp_path / "toy.toml")])
    assert done.returncode == -signal.SIGKILL
    keys = {r.key for r in contents(path)}
    assert len(keys) == 4
    assert len(keys & {r.key for r in old}) == 3
    assert len(keys & {r.key for r in fresh}) == 1
    again(path)
    assert contents(path) == fresh


def test_jobs_below_one_are_refused(fresh):
    with pytest.raises(UsageError, match="jobs must be at least 1, got 0"):
        rescore(plan_rescoring(fresh, TASKS), store=None, jobs=0)
