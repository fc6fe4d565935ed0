"""Stored formulas judged again: the scores are new, the fit stays as it was, and no moment leaves a store half done."""

from __future__ import annotations

import dataclasses
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from commands import LINES, Said
from commands import srbench as called
from places import HOSTILE

from srbench_lite import Budget, Expression, Sampling, Task
from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.judging.judge import TOLERANCES
from srbench_lite.judging.scores import Scores
from srbench_lite.judging.scoring import SCORING_VERSION
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store
from srbench_lite.reports.progress import PlainProgress
from srbench_lite.running.rescoring import Outcome, plan_rescoring, rescore
from srbench_lite.running.runner import plan, reason_of_fit, run

OLD = "0.1"  # a version of the scoring before all others
TASKS = tuple(
    Task(
        name=f"toy/{name}", suite="toy", truth=Expression.parse(truth), n_train=10, n_test=20,
        variables={"x": Sampling(low=-1.0, high=1.0)},
    )
    for name, truth in (("line", "2*x + 1"), ("curve", "x**2"))
)  # fmt: skip


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory) -> Path:
    """A store with two runs of each of two methods: `good` answers 2*x + 1, `finds-nothing` nothing."""
    path = tmp_path_factory.mktemp("made") / "store.db"
    registry = discover(files=[HOSTILE])
    methods = [registry.method("good"), registry.method("finds-nothing")]
    cells = plan(methods, TASKS, seeds=[3], noises=[0.1], budget=Budget(seconds=20.0))
    with Store(path) as store:
        run(cells, registry=registry, store=store, plugins=[HOSTILE])
        assert len(store) == 4
    return path


@pytest.fixture(name="fresh")
def _fresh(made) -> list[Record]:
    """The records of the store, as today's scoring has made them."""
    return contents(made)


@pytest.fixture(name="path")
def _path(made, tmp_path) -> Path:
    """A copy of the store, to be changed."""
    return shutil.copy(made, tmp_path / "store.db")


def contents(path: Path) -> list[Record]:
    with Store(path, read_only=True) as store:
        return list(store)


def aged(record: Record, version: str = OLD, **changes: Any) -> Record:
    """Return the record as another version of the scoring would have left it."""
    return dataclasses.replace(record, scoring_version=version, key=record.key_by(version), **changes)


def written(path: Path, records: Iterable[Record]) -> list[Record]:
    """Make these the only records of the store."""
    records = list(records)
    with Store(path) as store:
        store.add_all([], without=[r.key for r in store])
        store.add_all(records)
    return records


WRONG = {"verdict": "different", "verdict_by": "mistake", "recovered": False, "recovered_srbench": False, "n_far": 7}


def wrongly(records: Iterable[Record], version: str = OLD) -> list[Record]:
    """Return them as an older and worse judge would have left them."""
    return [aged(r, version, scores=dataclasses.replace(r.scores, **WRONG) if r.expression else Scores(n_far=7))
            for r in records]  # fmt: skip


def again(path: Path, *, tasks: Iterable[Task] = TASKS, everything: bool = False) -> tuple[Outcome, ...]:
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
    assert after == dataclasses.replace(found, scores=expected, **fit)


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


def test_metrics_of_installed_plugins_are_computed_again_and_others_kept(path, fresh, tmp_path):
    (tmp_path / "metric.py").write_text(METRIC)
    (found,) = (r for r in fresh if r.scores.verdict == "exact")
    scores = dataclasses.replace(found.scores, metrics={"worst": 9.0, "broken": 1.0, "length": 4.0})
    written(path, [aged(found, scores=scores, reason="extras were dropped: no; metric broken: OSError: gone (m.py:1)")])
    for everything in (False, True):  # the complaint stands once, however often it is made
        with Store(path) as store:
            chosen = plan_rescoring(list(store), TASKS, everything=everything)
            rescore(chosen, store=store, metrics=["worst", "broken"], plugins=[tmp_path / "metric.py"])
        (after,) = contents(path)
        assert after.scores.metrics == {"worst": 0.0, "broken": None, "length": 4.0}
        assert (
            after.reason == "extras were dropped: no; metric broken: ZeroDivisionError: division by zero (metric.py:8)"
        )


def test_a_formula_that_was_not_scored_in_time_gets_its_verdict_later(path, fresh, monkeypatch):
    (found,) = (r for r in fresh if r.scores.verdict == "exact")
    written(path, [aged(found)])
    with monkeypatch.context() as patch:
        patch.setattr("srbench_lite.running.runner._SCORING_SECONDS", 0.0)
        again(path)
    (slow,) = contents(path)
    again(path, everything=True)
    assert (slow.scores.verdict, slow.reason) == ("undecided", "scoring stopped (timeout)")
    assert contents(path) == [found]


@pytest.mark.parametrize(
    ("reason", "of_fit"),
    [
        (None, None),
        ("stopped at the limit of 1 s", "stopped at the limit of 1 s"),
        ("scoring died: the process was lost", None),
        ("stopped at the limit of 1 s; scoring stopped (memout)", "stopped at the limit of 1 s"),
        ("extras were dropped: a; b; metrics were not computed: timeout", "extras were dropped: a; b"),
        ("metric a: ValueError: x; metric b: KeyError: y", None),
        ("no metric was of use", "no metric was of use"),
    ],
)
def test_what_the_scoring_said_is_told_from_what_the_fit_said(reason, of_fit):
    assert reason_of_fit(reason) == of_fit


# --- which records ----------------------------------------------------------------------------------------------------


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


def test_of_two_records_of_a_cell_the_newer_stays(path, fresh):
    """Imported from elsewhere, an old record may stand beside a new one, or beside an older one still."""
    first, second, *_ = fresh
    written(path, [first, *wrongly([first, second]), *wrongly([second], "0.0.9")])
    with Store(path) as store:
        chosen = plan_rescoring(list(store), TASKS)
        assert (len(chosen.todo), chosen.current, len(chosen.twins)) == (1, 1, 1)
        assert chosen.todo[0].record.scoring_version == OLD
        (outcome,), _ = rescore(chosen, store=store)
    assert outcome.twins == 1
    assert contents(path) == [first, second]


def test_a_formula_that_cannot_be_read_any_more_is_left(path, fresh):
    (found,) = (r for r in fresh if r.scores.verdict == "exact")
    old = written(path, [aged(found, expression="bessel(x) + 1")])
    (outcome,) = again(path)
    assert outcome.after is None
    assert "unknown function 'bessel'" in str(outcome.why)
    assert contents(path) == old


# --- at any moment ----------------------------------------------------------------------------------------------------


def test_an_interrupt_keeps_what_is_done_and_the_rest_is_done_later(path, fresh):
    old = written(path, wrongly(fresh))

    def interrupt(outcome: Outcome, done: int) -> None:
        raise KeyboardInterrupt

    with Store(path) as store:
        outcomes, interrupted = rescore(plan_rescoring(list(store), TASKS), store=store, tell=interrupt)
    assert interrupted
    assert 1 <= len(outcomes) <= 4
    new = {outcome.before.key: outcome.after for outcome in outcomes}
    assert {r.key for r in contents(path)} == {(new.get(r.key) or r).key for r in old}
    again(path)
    assert contents(path) == fresh


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


# --- the command ------------------------------------------------------------------------------------------------------


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


def test_the_command_rescores_once(srbench, path, fresh):
    old = written(path, wrongly(fresh))
    mixed = Leaderboard.from_records([*fresh[:1], *old[1:]])
    first, second = srbench(*RESCORE), srbench(*RESCORE)
    assert (first.code, second.code) == (0, 0)
    assert "toy/line  good" in first.out
    assert second.out == f"all 4 records are scored by the current version, {SCORING_VERSION}\n"
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
