"""Plans, resume, jobs, interrupts: the finished store is the same whatever happened on the way."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from places import HOSTILE, SUPPORT

from srbench_lite import (
    Budget,
    DataError,
    Fit,
    Method,
    Report,
    Samples,
    Sampling,
    SrbenchError,
    SuiteError,
    Task,
    UsageError,
)
from srbench_lite.cli.run import run_command
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.methods.hookspecs import hookimpl
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.store import Store
from srbench_lite.running.live_state import state_path
from srbench_lite.running.plan import plan
from srbench_lite.running.runner import run

#: What may differ between two runs of the same plan: what was measured of the machine, and when.
VOLATILE = ("seconds", "cpu_seconds", "cell_seconds", "peak_mb", "started_at")


@pytest.fixture(name="registry")
def _registry() -> Registry:
    return discover(files=[HOSTILE])


def _tasks(n: int = 4) -> list[Task]:
    return [
        Task(
            name=f"toy/line-{i}", suite="toy", truth=Expression.parse(f"{i}*x + 1"), n_train=10, n_test=20,
            variables={"x": Sampling(low=-1.0, high=1.0)},
        )
        for i in range(1, n + 1)
    ]  # fmt: skip


def _contents(path: Path, *besides: str) -> list[dict[str, Any]]:
    with Store(path, read_only=True) as store:
        records = list(store)
    for record in records:
        record.environment.pop("speed", None)  # of the machine, which is measured by each command
    rows = [record.to_row() for record in records]
    return [{name: value for name, value in row.items() if name not in (*VOLATILE, *besides)} for row in rows]


def test_a_task_without_points_is_an_error_before_anything_runs(registry, tmp_path):
    bad = Task(
        name="toy/void", suite="toy", truth=Expression.parse("log(x)"), variables={"x": Sampling(low=-2, high=-1)}
    )
    planned = plan([registry.method("good")], [*_tasks(), bad], seeds=[0], noises=[0.0], budget=Budget())

    with Store(tmp_path / "s.db") as store, pytest.raises(SuiteError, match=r"toy/void.*undefined"):
        run(planned, registry=registry, store=store, plugins=[HOSTILE])


def test_jobs_change_nothing_but_times(registry, tmp_path, scoring_here):
    methods = [registry.method("random"), registry.method("good")]
    planned = plan(methods, _tasks(2), seeds=[0, 1], noises=[0.05], budget=Budget(seconds=20.0))
    for jobs in (1, 2):
        with Store(tmp_path / f"{jobs}.db") as store:
            run(planned, registry=registry, store=store, jobs=jobs, plugins=[HOSTILE])

    assert len(_contents(tmp_path / "1.db")) == len(planned)
    assert _contents(tmp_path / "1.db", "environment") == _contents(tmp_path / "2.db", "environment")


def test_another_method_changes_nobody_elses_numbers(registry, tmp_path, scoring_here):
    budget = Budget(seconds=20.0)
    for name, methods in (("alone", ["random"]), ("both", ["good", "random"])):
        planned = plan([registry.method(m) for m in methods], _tasks(2), seeds=[0], noises=[0.1], budget=budget)
        with Store(tmp_path / f"{name}.db") as store:
            run(planned, registry=registry, store=store, plugins=[HOSTILE])

    both = [row for row in _contents(tmp_path / "both.db", "environment") if row["method"] == "random"]
    assert both == _contents(tmp_path / "alone.db", "environment")


class _Events:
    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    @hookimpl
    def srbench_run_started(self, total: int, done: int) -> None:
        self.heard.append(("started", total, done))

    @hookimpl
    def srbench_record_finished(self, record: Any, done: int, total: int) -> None:
        self.heard.append(("record", record.task, done, total))

    @hookimpl
    def srbench_run_finished(self, done: int, total: int, interrupted: bool) -> None:
        self.heard.append(("finished", done, total, interrupted))


def test_a_second_run_does_only_what_is_missing_and_events_say_so(registry, tmp_path, runs_here):
    events = _Events()
    registry.manager.register(events)
    budget = Budget(seconds=20.0)
    first = plan([registry.method("good")], _tasks(2), seeds=[0], noises=[0.0], budget=budget)
    all_of_it = plan([registry.method("good")], _tasks(3), seeds=[0], noises=[0.0], budget=budget)
    with Store(tmp_path / "s.db") as store:
        run(first, registry=registry, store=store, plugins=[HOSTILE])
        events.heard.clear()
        summary = run(all_of_it, registry=registry, store=store, plugins=[HOSTILE])

    assert (summary.total, summary.present, summary.finished, summary.interrupted) == (3, 2, 3, False)
    assert events.heard == [("started", 3, 2), ("record", "toy/line-3", 3, 3), ("finished", 3, 3, False)]


def test_what_a_killed_run_left_goes_also_where_nothing_is_missing(registry, tmp_path, runs_here):
    planned = plan([registry.method("good")], _tasks(1), seeds=[0], noises=[0.0], budget=Budget(seconds=20.0))
    with Store(tmp_path / "s.db") as store:
        run(planned, registry=registry, store=store, plugins=[HOSTILE])
        state_path(store.path).write_text("{}")
        (tmp_path / "s.db.artifacts" / "unfinished" / "ab").mkdir(parents=True)
        summary = run(planned, registry=registry, store=store, plugins=[HOSTILE])
    assert summary.present == 1
    assert [path.name for path in tmp_path.iterdir()] == ["s.db"]


def test_a_kill_between_a_record_and_its_files_costs_no_files(tmp_path, runs_here, monkeypatch):
    plugin = SUPPORT / "drill_methods.py"
    registry = discover(files=[plugin])
    planned = plan([registry.method("drill-leaves")], _tasks(2), seeds=[0], noises=[0.0], budget=Budget(seconds=20.0))
    with Store(tmp_path / "s.db") as store:
        with monkeypatch.context() as killed:
            killed.setattr(Artifacts, "keep", lambda *_: None)
            killed.setattr(Artifacts, "clear", lambda *_: None)
            run(planned, registry=registry, store=store, plugins=[plugin])
        artifacts = Artifacts(store.path)
        assert not artifacts.keys()
        run(planned, registry=registry, store=store, plugins=[plugin])
        for one in planned:
            assert [file.name for file in artifacts.files(one.key)] == ["deep/0.txt", "deep/1.txt", "deep/2.txt"]
        assert not artifacts.has_unfinished()


SUITE = """
[suite]
name = "toy"
n_train = 10
n_test = 20
"""


def _command(folder: Path, *more: str, seeds: int = 1) -> list[str]:
    suite = folder / "toy.toml"
    if not suite.exists():
        tasks = (
            f'[[tasks]]\nname = "line-{i}"\ntruth = "{i}*x + 1"\nvariables.x = {{ low = -1, high = 1 }}\n'
            for i in range(1, 5)
        )
        suite.write_text(SUITE + "\n".join(tasks))
    return [
        sys.executable, "-m", "srbench_lite", "run", "--plugin", str(HOSTILE), "--method", "random", "--method", "good",
        "--suite", str(suite), "--seeds", str(seeds), "--noise", "0,0.1", "--jobs", "2", "--quiet", *more,
    ]  # fmt: skip


def _no_process_left(marker: str, within: float = 15.0) -> bool:
    """Whether every process started from this folder ends; zygotes notice the coordinator's death by themselves."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        left = []
        for process in psutil.process_iter(["cmdline", "cwd", "status"]):
            if process.info["cwd"] == marker and process.info["status"] != psutil.STATUS_ZOMBIE:
                left.append(process)
        if not left:
            return True
        time.sleep(0.1)
    return False


def _records(path: Path) -> int:
    """Count the records of a store while another process writes it; none where it is still being made."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM records").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.mark.parametrize(("kills", "seeds"), [(1, 1), pytest.param(10, 3, marks=pytest.mark.slow)])
def test_kill_9_at_random_moments_loses_nothing(runs_here, tmp_path, kills, seeds):
    """SIGKILL the whole run again and again, then let it finish: the store equals that of an undisturbed run here."""
    moments = random.Random(4)
    killed, calm = tmp_path / "killed.db", tmp_path / "calm.db"
    done = 0
    for _ in range(kills):
        command = _command(tmp_path, "--store", killed.name, seeds=seeds)
        victim = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
        enough = min(done + moments.randint(1, 8), 16 * seeds)
        while victim.poll() is None and _records(killed) < enough:
            time.sleep(0.2)
        time.sleep(moments.uniform(0.0, 0.3))
        with contextlib.suppress(ProcessLookupError):  # it has come to its end
            os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()
        assert _records(killed) >= enough
        done = _records(killed)
    assert _no_process_left(str(tmp_path))
    subprocess.run(_command(tmp_path, "--store", str(killed), seeds=seeds), cwd=tmp_path, check=True)
    assert run_command.main(_command(tmp_path, "--store", str(calm), seeds=seeds)[4:], standalone_mode=False) == 0

    assert len(_contents(calm)) == 16 * seeds
    assert _contents(killed, "environment") == _contents(calm, "environment")


#: How each signal becomes the same interrupt is in test_interrupts.py.
@pytest.mark.parametrize(
    "number", [signal.SIGTERM, *(pytest.param(one, marks=pytest.mark.slow) for one in (signal.SIGINT, signal.SIGHUP))]
)
def test_an_interrupt_stops_cleanly_keeps_what_is_done_and_says_how_to_go_on(tmp_path, number):
    command = _command(tmp_path, "--store", "s.db", "--method", "sleeps", "--time-limit", "30")
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore it
    started = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        preexec_fn=heard,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            time.sleep(0.2)
            if _records(tmp_path / "s.db") > 5:
                break
    finally:  # whatever went wrong above: no run is left behind for the tests that count processes
        started.send_signal(number)
        _, said = started.communicate(timeout=60)

    assert started.returncode == 130
    assert "records are kept" in said
    assert "go on with the same command" in said
    assert _no_process_left(str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.db", "toy.toml"]
    with Store(tmp_path / "s.db", read_only=True) as store:
        assert 5 < len(store) < 24


METRICS = """
from srbench_lite import Metric, hookimpl

@hookimpl
def srbench_metrics():
    return [
        Metric(name="worst", summary="largest error", compute=lambda test, y, found, truth: abs(y - test.y).max()),
        Metric(name="nan", summary="no number", compute=lambda test, y, found, truth: float("nan")),
        Metric(name="broken", summary="raises", compute=lambda test, y, found, truth: 1 / 0),
    ]
"""


def test_metrics_of_plugins_are_kept_and_a_broken_one_costs_only_itself(tmp_path, runs_here):
    plugin = tmp_path / "metrics.py"
    plugin.write_text(METRICS)
    registry = discover(files=[HOSTILE, plugin])
    planned = plan([registry.method("good")], _tasks(2), seeds=[0], noises=[0.0], budget=Budget(seconds=20.0))
    with Store(tmp_path / "s.db") as store:
        run(planned, registry=registry, store=store, plugins=[HOSTILE, plugin])
        line, steeper = sorted(store, key=lambda record: record.task, reverse=True)

    assert line.scores.metrics == {"broken": None, "nan": None, "worst": 0.0}
    assert steeper.scores.metrics["worst"] == pytest.approx(1.0, abs=0.1)
    assert line.scores.verdict == "exact"
    assert "metric broken: ZeroDivisionError" in str(line.complaint)


def test_a_formula_that_cannot_be_scored_in_time_is_undecided(registry, tmp_path, monkeypatch):
    monkeypatch.setattr("srbench_lite.running.execution._MAX_SCORING_SECONDS", 0.0)
    planned = plan([registry.method("good")], _tasks(1), seeds=[0], noises=[0.0], budget=Budget(seconds=20.0))
    with Store(tmp_path / "s.db") as store:
        run(planned, registry=registry, store=store, plugins=[HOSTILE])
        (record,) = store

    assert record.status == "ok"
    assert record.scores.verdict == "undecided"
    assert record.scores.recovered is None
    assert "scoring stopped" in str(record.complaint)
    assert record.reason is None


def test_far_outside_is_drawn_and_recorded(registry, tmp_path, runs_here):
    planned = plan([registry.method("good")], _tasks(2), seeds=[0], noises=[0.0], budget=Budget(seconds=20.0))
    with Store(tmp_path / "s.db") as store:
        run(planned, registry=registry, store=store, plugins=[HOSTILE])
        by_task = {record.task: record.scores for record in store}

    assert by_task["toy/line-2"].r2_far == 1.0
    assert by_task["toy/line-1"].mse_far is not None
    assert by_task["toy/line-1"].mse_far > by_task["toy/line-1"].mse_test  # the error grows with |x|
    assert by_task["toy/line-1"].n_far == 20


def test_a_task_that_cannot_be_drawn_for_a_later_seed_costs_only_that_run(registry, tmp_path, runs_here):
    """The preflight draws the first seed; what a later one cannot draw is recorded and the rest goes on."""
    narrow = Task(
        name="toy/narrow", suite="toy", truth=Expression.parse("2*x + 1 + 0*sqrt(x - 0.9)"), n_train=3, n_test=3,
        variables={"x": Sampling(low=-1.0, high=1.0)},
    )  # fmt: skip
    planned = plan([registry.method("good")], [narrow], seeds=range(60), noises=[0.0], budget=Budget(seconds=20.0))
    drawable = [one for one in planned if _draws(one)]
    assert 0 < len(drawable) < len(planned)
    ordered = [drawable[0], *(one for one in planned if one not in drawable)][:2]
    with Store(tmp_path / "s.db") as store:
        run(ordered, registry=registry, store=store, plugins=[HOSTILE])
        statuses = sorted((record.status, record.reason) for record in store)

    assert [status for status, _ in statuses] == ["ok", "skipped"]
    assert all("no points could be drawn" in str(reason) for status, reason in statuses if status == "skipped")


def _draws(one: Any) -> bool:
    try:
        one.task.dataset(seed=one.seed)
    except DataError:
        return False
    return True


def test_a_record_that_is_done_again_stands_until_the_new_one_is_there(registry, tmp_path, scoring_here):
    planned = plan([registry.method("finds-nothing")], _tasks(2), seeds=[0], noises=[0.0], budget=Budget(seconds=20.0))
    keys = {one.key for one in planned}
    with Store(tmp_path / "s.db") as store:

        def again() -> Any:
            return run(planned, registry=registry, store=store, plugins=[HOSTILE], again=keys)

        again()
        before = {record.key: record.cell_seconds for record in store}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.executable", "/bin/false")
            with pytest.raises(SrbenchError, match="could not start"):
                again()
        assert {record.key: record.cell_seconds for record in store} == before
        summary = again()
        after = {record.key: record.cell_seconds for record in store}

    assert (summary.total, summary.present, summary.finished) == (2, 0, 2)
    assert before.keys() == after.keys()
    assert all(before[key] != after[key] for key in keys)


def test_runs_that_stand_twice_in_a_plan_are_done_once(registry, tmp_path, runs_here):
    planned = plan([registry.method("good")], _tasks(2), seeds=[0], noises=[0.0], budget=Budget(seconds=20.0))
    with Store(tmp_path / "s.db") as store:
        summary = run([*planned, *planned], registry=registry, store=store, plugins=[HOSTILE])

    assert (summary.total, summary.finished) == (2, 2)


def test_runs_with_different_threads_follow_each_other(registry, tmp_path):
    budgets = [Budget(threads=2), Budget(threads=1)]
    plans = [plan([registry.method("good")], _tasks(1), seeds=[0], noises=[0.0], budget=budget) for budget in budgets]
    with Store(tmp_path / "store.db") as store:
        summary = run(plans[0] + plans[1], registry=registry, store=store, plugins=[HOSTILE])
        assert (summary.total, summary.finished) == (2, 2)
        assert [record.budget_threads for record in store] == [2, 1]
        assert {record.status for record in store} == {"ok"}


@dataclass(frozen=True, kw_only=True)
class Homeless(Method):
    """A method of this module, as one of a notebook would be."""

    name = "homeless"
    summary = source = "tests"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        raise NotImplementedError


class Impostor(Homeless):
    name = "good"


@pytest.mark.parametrize(
    ("method", "plugins", "words"),
    [
        (Homeless(), [HOSTILE], ["'homeless' (class Homeless of", "test_runner)", "discover(files=[FILE])"]),
        (Impostor(), [HOSTILE], ["'good' (class Impostor of", "is not one that plugins offer"]),
        (None, [], ["the method 'good' is in a plugin file; give run(plugins=[Path('", "hostile_methods.py"]),
    ],
)
def test_a_method_that_no_process_could_find_is_refused(registry, tmp_path, method, plugins, words):
    planned = plan([method or registry.method("good")], _tasks(1), seeds=[0], noises=[0.0], budget=Budget(seconds=20.0))
    with Store(tmp_path / "s.db") as store, pytest.raises(UsageError) as refused:
        run(planned, registry=registry, store=store, plugins=plugins)
    for word in words:
        assert word in str(refused.value)
