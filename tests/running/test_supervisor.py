"""Whatever a method does, its run ends with the right status and nothing is left behind."""

from __future__ import annotations

import dataclasses
import threading
import time
from pathlib import Path

import psutil
import pytest
from fit_requests import fit_request
from places import HOSTILE
from runs_here import do_scoring_here

from srbench_lite import Budget, Sampling, Task
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.recording.record import Record, Status
from srbench_lite.recording.store import Store
from srbench_lite.running.plan import plan
from srbench_lite.running.runner import run
from srbench_lite.running.supervisor import Supervisor
from srbench_lite.running.zygote_pair import InterruptedRunError


@pytest.fixture(scope="module", name="registry")
def _registry() -> Registry:
    return discover(files=[HOSTILE])


LINE = Task(
    name="toy/line", suite="toy", truth=Expression.parse("2*x + 1"), n_train=20, n_test=50,
    variables={"x": Sampling(low=-1.0, high=1.0)},
)  # fmt: skip


@pytest.fixture(name="task")
def _task() -> Task:
    return LINE


def _family() -> set[int]:
    return {process.pid for process in psutil.Process().children(recursive=True)}


@pytest.fixture(name="one_run")
def _one_run(scoring_here: None, registry: Registry, task: Task, tmp_path: Path):
    """Run one hostile method on the line; afterwards no process may be left."""
    before = _family()

    def execute(method: str, *, seconds: float = 20.0, memory_mb: float = 2048.0, **parameters: str) -> Record:
        chosen = registry.method(method).with_parameters({"pids": str(tmp_path / "pids"), **parameters})
        budget = Budget(seconds=seconds, memory_mb=memory_mb)
        planned = plan([chosen], [task], seeds=[0], noises=[0.0], budget=budget)
        with Store(tmp_path / "store.db") as store:
            summary = run(planned, registry=registry, store=store, plugins=[HOSTILE])
            (record,) = store
            output = store.output(record.key)
        assert summary.finished == 1
        return dataclasses.replace(record, output=output)

    yield execute
    assert _family() == before
    noted = tmp_path / "pids"
    for line in noted.read_text().splitlines() if noted.exists() else ():
        assert not psutil.pid_exists(int(line)) or psutil.Process(int(line)).status() == psutil.STATUS_ZOMBIE


@pytest.fixture(name="run_of", scope="module")
def _run_of(tmp_path_factory: pytest.TempPathFactory):
    """One run, of all methods that make a mistake; gives the record of each and where it would note what it started.

    A process for the engines is started once, and again where a method kills it. Afterwards no process may be left.
    """
    folder = tmp_path_factory.mktemp("mistakes")
    registry = discover(files=[HOSTILE])
    cases = [(method, "") for method, *_ in MISTAKES]
    cases += [("forges", f"{{{content}}}") for content, _ in FORGED] + [
        ("forges", message) for message, _ in UNREADABLE
    ]
    noted = {case: folder / f"pids-{number}" for number, case in enumerate(cases)}
    methods = [
        registry.method(method).with_parameters(
            {"pids": str(noted[method, message])} | ({"message": message} if message else {})
        )
        for method, message in cases
    ]
    planned = plan(methods, [LINE], seeds=[0], noises=[0.0], budget=Budget(seconds=20.0, memory_mb=2048.0))
    before = _family()
    with Store(folder / "store.db") as store, pytest.MonkeyPatch.context() as patch:
        do_scoring_here(patch)
        assert run(planned, registry=registry, store=store, plugins=[HOSTILE]).finished == len(cases)
        records = {record.key: record for record in store}
    assert _family() == before
    by_case = {case: records[each.key] for case, each in zip(cases, planned, strict=True)}
    return lambda method, message="": (by_case[method, message], noted[method, message])


def test_a_good_method_is_scored(one_run):
    record = one_run("good")

    assert record.status is Status.OK
    assert record.expression == "2*x + 1"
    assert record.scores.verdict == "exact"
    assert record.scores.r2_test == 1.0
    assert record.scores.r2_far == 1.0
    assert record.reason is None
    assert record.complaint is None
    assert record.stopped == "done"


def test_a_method_that_sleeps_for_ever_is_stopped_and_its_best_formula_scored(one_run):
    record = one_run("sleeps", seconds=0.5)

    assert record.status is Status.TIMEOUT
    assert record.expression == "2*x + 1"
    assert record.scores.recovered is True
    assert record.stopped == "budget"
    assert "0.5 s" in str(record.reason)


def test_a_method_that_ignores_signals_is_stopped(one_run):
    record = one_run("ignores-term", seconds=0.5)

    assert record.status is Status.TIMEOUT
    assert record.expression is None
    assert record.scores.recovered is None


@pytest.mark.parametrize(
    ("method", "status"),
    [("grandchild", Status.OK), ("double-fork", Status.OK), ("leaves-and-kills-parent", Status.CRASHED)],
)
def test_a_process_left_behind_is_killed(one_run, method, status, tmp_path):
    record = one_run(method)

    assert record.status is status
    assert (tmp_path / "pids").read_text().strip().isdigit()  # it did start one; the fixture looks for it


def test_a_method_that_allocates_10_gb_is_stopped_at_its_limit(one_run):
    record = one_run("allocates", seconds=120.0, memory_mb=1000.0)

    assert record.status is Status.MEMOUT
    assert record.expression == "2*x + 1"
    assert record.peak_mb is not None
    assert 1000.0 < record.peak_mb < 4000.0


#: Methods that do something wrong, how their runs end, and what is said of it.
MISTAKES = [
    ("exits", Status.CRASHED, "exit code 3"),
    ("system-exits", Status.CRASHED, "SystemExit"),
    ("segfaults", Status.CRASHED, "SIGSEGV"),
    ("kills-parent", Status.CRASHED, "lost"),
    ("crashes", Status.CRASHED, "RuntimeError: sorry"),
    ("writes-into-samples", Status.CRASHED, "read-only"),
    ("finds-nothing", Status.FAILED, "nothing to be found"),
    ("skips", Status.SKIPPED, "not today"),
    ("skip-raises", Status.CRASHED, "ZeroDivisionError: in skip_reason (hostile_methods.py:"),
    ("looks-around", Status.FAILED, "no suites in sight"),
    ("returns-text", Status.INVALID, "must return a Fit, got str"),
    ("returns-text-in-fit", Status.INVALID, "must hold an Expression, got str"),
    ("unknown-variables", Status.INVALID, "unknown variable 'z'"),
    ("huge", Status.INVALID, "at most"),
    ("smuggles", Status.INVALID, "unknown"),
    ("parses-code", Status.INVALID, "unknown function '__import__'"),
    ("nan-constants", Status.INVALID, "finite number, got nan"),
    ("smuggles-nan", Status.INVALID, "nan"),
]


@pytest.mark.parametrize(("method", "status", "reason"), MISTAKES)
def test_what_a_method_does_wrong_becomes_its_status(run_of, method, status, reason):
    record, noted = run_of(method)

    assert record.status is status
    assert reason in str(record.reason)
    assert len(str(record.reason)) < 3000
    assert record.expression is None
    assert record.scores.recovered is None
    assert not noted.exists()  # what code in a formula would have made


#: What a method may write itself, without its braces, and what is said of it.
FORGED = [
    ('"kind": "ended", "status": [], "reason": null, "seconds": 1.0, "arrays": {}', "status must be one of ok, failed"),
    ('"kind": "ended", "status": "wonderful", "reason": null, "seconds": 1.0, "arrays": {}', "got 'wonderful'"),
    ('"kind": "ended", "status": "timeout", "reason": null, "seconds": 1.0, "arrays": {}', "got 'timeout'"),
    ('"kind": "ended", "status": "ok", "reason": null, "seconds": 1.0, "arrays": {}', "expression must be given"),
    ('"kind": "ended", "status": "ok", "expression": "x", "seconds": 1.0, "arrays": {}', "it lacks reason"),
    ('"kind": "ended", "status": "ok", "expression": "x", "reason": null, "arrays": {}', "it lacks seconds"),
    (
        '"kind": "ended", "status": "ok", "expression": "x", "reason": null, "seconds": -5.0, "arrays": {}',
        "seconds must be a number that is not negative, got -5.0",
    ),
    (
        '"kind": "ended", "status": "ok", "expression": "x", "reason": null, "seconds": 1.0, "candidates": [1], '
        '"arrays": {}',
        "candidates must be a list of texts, got [1]",
    ),
    ('"kind": "ended", "arrays": []', "a message cannot be read"),
    ('"kind": "report", "expression": 3, "seconds": 0.0, "arrays": {}', "expression must be a text, got 3"),
    ('"kind": "thanks", "arrays": {}', "kind must be started, report or ended, got 'thanks'"),
    ('"arrays": {}', "kind must be started, report or ended, got None"),
]


@pytest.mark.parametrize(("content", "what"), FORGED)
def test_a_forged_message_costs_its_own_run_only(run_of, content, what):
    record, _ = run_of("forges", f"{{{content}}}")

    assert record.status is Status.CRASHED
    assert str(record.reason).startswith("the method's process sent a malformed answer: ")
    assert what in str(record.reason)
    assert record.expression is None
    assert record.seconds >= 0


#: Whole messages that cannot be read, or whose content cannot be kept, and what is said of them.
UNREADABLE = [
    ("no json", "the method's process sent a malformed answer: a message cannot be read"),
    (
        '{"kind": "ended", "status": "ok", "expression": "x", "reason": null, "seconds": 1.0, '
        '"extras": {"a": 1e999}, "arrays": {}}',
        "the method's answer cannot be kept: a record's extras must be plain JSON",
    ),
]


@pytest.mark.parametrize(("message", "reason"), UNREADABLE)
def test_what_cannot_be_read_or_kept_costs_its_own_run_only(run_of, message, reason):
    record, _ = run_of("forges", message)

    assert record.status is Status.CRASHED
    assert str(record.reason).startswith(reason)
    assert record.expression is None
    assert record.extras == {}


def test_forged_seconds_cannot_exceed_what_was_seen(one_run):
    message = '{"kind": "ended", "status": "ok", "expression": "x", "reason": null, "seconds": 1e6, "arrays": {}}'
    record = one_run("forges", message=message)

    assert record.status is Status.OK
    assert record.seconds < 60


def test_nonsense_beside_a_good_formula_is_dropped_and_said(one_run):
    record = one_run("odd-answers")

    assert record.status is Status.OK
    assert record.scores.verdict == "exact"
    assert record.candidates == ("x", "2*x + 1")
    assert record.stopped == "done"
    assert record.extras == {}
    assert record.scores.replay_gap is None
    for word in ("extras were dropped", "predictions were dropped", "(20,), got (1, 2)", "stopped must be"):
        assert word in str(record.complaint)
    assert record.reason is None
    assert all(line.startswith("fit: ") for line in str(record.complaint).splitlines())


def test_a_method_may_close_its_outputs(one_run):
    assert one_run("closes-outputs").status is Status.OK


def test_an_answer_is_heard_however_late_the_look_at_the_process(one_run, monkeypatch):
    """The process answers and ends between two looks: what it said counts."""
    from srbench_lite.running import supervisor

    alive = supervisor._alive

    def slowly(pid: int) -> bool:
        time.sleep(0.3)
        return alive(pid)

    monkeypatch.setattr(supervisor, "_alive", slowly)
    monkeypatch.setattr(supervisor, "_SECONDS_BETWEEN_LOOKS", 0.001)

    assert one_run("random").status is Status.OK


def test_a_file_in_the_current_folder_does_not_shadow_what_the_worker_imports(one_run, tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise RuntimeError('shadow')")
    monkeypatch.chdir(tmp_path)

    assert one_run("good").status is Status.OK


def test_a_method_that_writes_100_mb_is_drained(one_run):
    record = one_run("prints", seconds=120.0)

    assert record.status is Status.OK
    assert record.printed_bytes == 100_000_000
    assert record.output == "x" * 65_535 + "\n"


def test_a_method_that_stops_its_parent_does_not_stop_the_run(registry, task, tmp_path, monkeypatch):
    before = _family()
    monkeypatch.setattr("srbench_lite.running.zygote_pair.MAX_SECONDS_TO_BEGIN", 1.0)
    budget = Budget(seconds=5.0)
    methods = [registry.method("stops-parent"), registry.method("good")]
    with Store(tmp_path / "store.db") as store:
        run(
            plan(methods, [task], seeds=[0], noises=[0.0], budget=budget),
            registry=registry,
            store=store,
            plugins=[HOSTILE],
        )
        statuses = {record.method: record.status for record in store}

    assert statuses["good"] is Status.OK
    assert statuses["stops-parent"] in (Status.OK, Status.CRASHED)
    assert _family() == before


def test_stopping_ends_the_process_at_work(registry):
    before = _family()
    stop = threading.Event()
    request = fit_request("sleeps", threads=1)
    begun = time.monotonic()
    with Supervisor(plugins=[HOSTILE], stop=stop) as supervisor:
        threading.Timer(1.0, stop.set).start()
        with pytest.raises(InterruptedRunError):
            supervisor.run(request, seconds=60.0, memory_mb=500.0)

    assert time.monotonic() - begun < 30  # far below the limit of 60 s: it was not waited for
    assert _family() == before


def test_it_says_how_large_the_process_at_work_is(registry):
    stop = threading.Event()
    sizes: list[float | None] = []

    def look() -> None:
        while not sizes or not (sizes[-1] or 0.0) > 5.0:
            sizes.append(supervisor.memory_mb)
            time.sleep(0.02)
        stop.set()

    with Supervisor(plugins=[HOSTILE], stop=stop) as supervisor:
        assert supervisor.memory_mb is None
        threading.Thread(target=look).start()
        with pytest.raises(InterruptedRunError):
            supervisor.run(fit_request("sleeps"), seconds=60.0, memory_mb=500.0)
        assert supervisor.memory_mb is None
    assert 5.0 < (sizes[-1] or 0.0) < 500.0
