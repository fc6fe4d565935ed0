"""`ClusterExecutor` on a cluster in this process: what comes back, what is refused, who is lost."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cluster_here import LinkHere, WorkerHere, stranger
from runs_here import SupervisorHere
from timeless import timeless_by_key

from srbench_lite import Budget, Status, UsageError, discover
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store
from srbench_lite.running.cluster.cluster_executor import ClusterExecutor
from srbench_lite.running.cluster.link import Answer, ClusterError, WorkersSeen
from srbench_lite.running.cluster.order import Order
from srbench_lite.running.plan import PlannedRun, plan
from srbench_lite.running.runner import run

REGISTRY = discover()


@pytest.fixture(autouse=True)
def supervisors_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srbench_lite.running.cluster.slots.Supervisor", SupervisorHere)


def some_runs(count: int, *methods: str, **limits: Any) -> Sequence[PlannedRun]:
    chosen = [REGISTRY.methods[name] for name in methods or ("mean",)]
    budget = Budget(**{"seconds": 20, **limits})
    return plan(chosen, [REGISTRY.task("sin/plain")], seeds=range(count), noises=[0.0], budget=budget)


class Listener:
    """An executor with what it is told."""

    def __init__(self, link: LinkHere, folder: Path) -> None:
        self.link = link
        self.said: list[str] = []
        self.records: list[Record] = []
        self.began: list[PlannedRun] = []
        self.told: list[Record] = []
        self.artifacts = Artifacts(folder / "s.db")
        self.executor = ClusterExecutor(lambda: link, say=self.said.append)

    def do(self, planned: Sequence[PlannedRun], *, end: float = math.inf) -> bool:
        self.executor.prepare(planned)
        with contextlib.closing(self.executor):
            return self.executor.do(
                planned, began=self.began.append, save=self.records.append, on_result=self.told.append,
                on_stopped=lambda one, best: None, artifacts=self.artifacts, end=end,
            )  # fmt: skip

    @property
    def keys(self) -> list[str]:
        return sorted(record.key for record in self.records)


def keys_of(planned: Sequence[PlannedRun]) -> list[str]:
    return sorted(one.key for one in planned)


def loses(link: LinkHere, name: str, when: Callable[[Order], bool]) -> Callable[[Order], str | None]:
    """What a worker does that vanishes with an order."""

    def on_order(order: Order) -> str | None:
        if when(order) and name in link.present:
            link.lose(name)
        return None

    return on_order


# --- what comes back --------------------------------------------------------------------------------------------------


def test_records_are_those_of_a_local_run(tmp_path, runs_here):
    planned = some_runs(2, "mean", "linear")
    link = LinkHere(a=WorkerHere(), b=WorkerHere(cores=2))
    stores = []
    for executor in (None, ClusterExecutor(lambda: link, say=lambda text: None)):
        with Store(tmp_path / f"{len(stores)}.db") as store:
            summary = run(planned, registry=REGISTRY, store=store, executor=executor)
            assert summary.finished == 4
            stores.append(list(store))
    assert timeless_by_key(stores[1]) == timeless_by_key(stores[0])
    assert {record.environment["jobs"] for record in stores[1]} <= {1, 2}


def test_a_run_is_told_when_it_begins_is_saved_and_is_told_of(tmp_path):
    heard = Listener(LinkHere(a=WorkerHere()), tmp_path)
    planned = some_runs(12)
    assert heard.do(planned) is False
    assert heard.keys == keys_of(planned)
    assert [record.key for record in heard.told] == [record.key for record in heard.records]
    assert {one.key for one in heard.began} <= set(keys_of(planned))
    assert heard.link.is_closed
    assert len(heard.link.ended_sessions) == 1
    assert heard.said == []


def test_slots_are_what_threads_and_memory_have_room_for(tmp_path):
    link = LinkHere(a=WorkerHere(cores=5), b=WorkerHere(cores=8, memory_mb=3500.0), c=WorkerHere(cores=1))
    heard = Listener(link, tmp_path)
    heard.executor.prepare(some_runs(1, threads=2, memory_mb=1000.0))
    assert heard.executor.slots == 2 + 3
    assert heard.said == [
        "warning: no run fits on the worker c "
        f"({next(iter(heard.executor._greetings.values())).host}): it has 1 thread, and a run needs 2 (--threads, or "
        "dask worker --nthreads); it is not used"
    ]


def test_as_many_runs_go_out_as_their_own_threads_have_room_for(tmp_path):
    link = LinkHere(a=WorkerHere(cores=2))
    most = [0]

    def on_order(order: Order) -> None:
        most[0] = max(most[0], len(heard.executor._chunks))

    link.present["a"].on_order = on_order
    heard = Listener(link, tmp_path)
    single, double = some_runs(4, threads=1), some_runs(4, threads=2)
    heard.executor.prepare([*single, *double])
    for runs, slots in ((double, 1), (single, 2)):
        most[0] = 0
        heard.executor.do(
            runs, began=lambda one: None, save=heard.records.append, on_result=heard.told.append,
            on_stopped=lambda one, best: None, artifacts=heard.artifacts, end=math.inf,
        )  # fmt: skip
        assert most[0] <= slots
        assert heard.executor.slots == slots
    assert heard.keys == keys_of([*single, *double])


def test_a_skipped_run_needs_no_worker(tmp_path):
    (one,) = some_runs(1)
    lacking = dataclasses.replace(one, where=dataclasses.replace(one.where, lacks="it needs a thing"))
    heard = Listener(LinkHere(a=WorkerHere()), tmp_path)
    heard.do([lacking])
    assert [(record.status, record.reason) for record in heard.records] == [(Status.SKIPPED, "it needs a thing")]
    assert heard.link.sent == []


def test_when_the_time_is_over_what_is_out_is_taken_back(tmp_path):
    heard = Listener(LinkHere(a=WorkerHere()), tmp_path)
    assert heard.do(some_runs(3), end=-math.inf) is False
    assert heard.records == []


def test_a_new_worker_gets_runs(tmp_path):
    link = LinkHere(a=WorkerHere())
    late = iter([True])

    def on_order(order: Order) -> None:
        if next(late, False):
            link.join("b", WorkerHere())

    link.present["a"].on_order = on_order
    heard = Listener(link, tmp_path)
    planned = some_runs(60)
    heard.do(planned)
    assert heard.keys == keys_of(planned)
    assert {worker for worker, _ in link.sent} == {"a", "b"}


# --- what is refused --------------------------------------------------------------------------------------------------


def changed_answer(worker: WorkerHere, **changes: Any) -> Callable[[str], Answer]:
    """What a worker answers whose installation is another."""

    def on_question(question: str) -> Answer:
        worker.on_question = lambda question: None
        told = json.loads(LinkHere(a=worker).ask(question, ["a"])["a"].text)
        told["installation"] |= {name: value for name, value in changes.items() if name != "methods"}
        for name, facts in changes.get("methods", {}).items():
            told["installation"]["methods"][name] |= facts
        return Answer(text=json.dumps(told))

    return on_question


def different(**changes: Any) -> WorkerHere:
    worker = WorkerHere()
    worker.on_question = changed_answer(worker, **changes)
    return worker


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"srbench_lite": "0.0.1"}, r"the worker b \(.*\) differs from this machine: srbench-lite .* here and 0.0.1"),
        ({"code": "123"}, "with the code .* here and 123 there"),
        ({"python": "3.99.1"}, "Python 3.* here and 3.99.1 there"),
        ({"methods": {"mean": {"version": "77"}}}, "mean 1 here and 77 there"),
        ({"methods": {"mean": {"source": "abc"}}}, "mean 1 with the code .* here and abc there"),
        ({"methods": {"mean": {"missing": "no file"}}}, "no method mean there: no file"),
    ],
)
def test_a_worker_that_differs_refuses_the_run_with_both_versions(tmp_path, changes, said):
    heard = Listener(LinkHere(a=WorkerHere(), b=different(**changes)), tmp_path)
    with pytest.raises(UsageError, match=said):
        heard.executor.prepare(some_runs(1))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(failed="ModuleNotFoundError: No module named 'srbench_lite'"), "cannot do runs: ModuleNotFoundError"),
        (Answer(text="{"), "gave a malformed answer: a message must be JSON"),
        (Answer(text='{"cores": 1}'), "gave a malformed answer: it lacks installation"),
    ],
)
def test_a_worker_without_srbench_or_sense_refuses_the_run(tmp_path, answer, said):
    heard = Listener(LinkHere(a=WorkerHere(on_question=lambda question: answer)), tmp_path)
    with pytest.raises(UsageError, match=said):
        heard.executor.prepare(some_runs(1))


@pytest.mark.parametrize(
    ("worker", "limits", "said"),
    [
        (WorkerHere(cores=2), {"threads": 4}, "it has 2 threads, and a run needs 4"),
        (WorkerHere(memory_mb=2000.0), {}, "its memory limit is 2000 MiB, and a run may use 4096"),
    ],
)
def test_a_cluster_on_which_no_run_fits_is_refused_with_the_reason(tmp_path, worker, limits, said):
    heard = Listener(LinkHere(a=worker), tmp_path)
    with pytest.raises(UsageError, match=said):
        heard.executor.prepare(some_runs(1, **limits))


def test_a_worker_that_joins_later_and_differs_is_not_used(tmp_path):
    link = LinkHere(a=WorkerHere())
    late = iter([True])

    def on_order(order: Order) -> None:
        if next(late, False):
            link.join("b", different(code="123"))

    link.present["a"].on_order = on_order
    heard = Listener(link, tmp_path)
    planned = some_runs(30)
    heard.do(planned)
    assert heard.keys == keys_of(planned)
    assert {worker for worker, _ in link.sent} == {"a"}
    assert [line.rpartition(";")[2] for line in heard.said] == [" it is not used"]


def test_a_plugin_file_must_lie_at_the_same_place(tmp_path):
    file = tmp_path / "own.py"
    file.write_text("")
    link = LinkHere(a=WorkerHere())
    executor = ClusterExecutor(lambda: link, plugins=[file], say=lambda text: None)
    executor.prepare(some_runs(1))
    file.unlink()
    with pytest.raises(UsageError, match=f"no method mean there: .*{file}"):
        executor.prepare(some_runs(1))


# --- who is lost ------------------------------------------------------------------------------------------------------


def test_runs_of_a_lost_worker_are_done_elsewhere_and_none_twice(tmp_path):
    link = LinkHere(a=WorkerHere(), b=WorkerHere())
    planned = some_runs(30)
    fatal = planned[10].key
    for name in "ab":
        link.present[name].on_order = loses(
            link, name, lambda order: len(link.present) == 2 and fatal in {one.key for one in order.runs}
        )
    heard = Listener(link, tmp_path)
    assert heard.do(planned) is False
    assert heard.keys == keys_of(planned)
    assert {record.status for record in heard.records} == {Status.OK}
    assert len([line for line in heard.said if "was lost" in line]) == 1


def test_what_was_seen_before_a_worker_came_does_not_let_go_of_it(tmp_path):
    link = LinkHere(a=WorkerHere())
    link.events.put(WorkersSeen(workers=set(), asked_at=time.monotonic()))
    heard = Listener(link, tmp_path)
    heard.do(some_runs(2))
    assert len(heard.records) == 2
    assert heard.said == []


def test_a_worker_that_is_lost_before_it_answers_is_let_go(tmp_path):
    link = LinkHere(a=WorkerHere())
    link.events.put(WorkersSeen(workers={"a", "b"}, asked_at=time.monotonic()))
    heard = Listener(link, tmp_path)
    heard.do(some_runs(20))
    assert len(heard.records) == 20
    assert heard.said == []


def endless_workers(link: LinkHere, fatal: str) -> Iterator[None]:
    """Let a worker take the place of each that a run ends."""
    for number in itertools.count():
        name = f"w{number}"
        worker = WorkerHere(cores=2)
        worker.on_order = loses(link, name, lambda order: fatal in {one.key for one in order.runs})
        link.join(name, worker)
        yield


def test_a_run_that_ends_every_worker_is_recorded_as_crashed_with_the_reason(tmp_path):
    planned = some_runs(14)
    fatal = planned[7].key
    link = LinkHere()
    more = endless_workers(link, fatal)
    next(more)
    lose = link.lose

    def lose_and_join(name: str) -> None:
        lose(name)
        next(more)

    link.lose = lose_and_join  # type: ignore[method-assign]
    heard = Listener(link, tmp_path)
    heard.do(planned)
    assert heard.keys == keys_of(planned)
    crashed = {record.key: record for record in heard.records if record.status != Status.OK}
    assert set(crashed) == {fatal}
    assert crashed[fatal].status == Status.CRASHED
    assert crashed[fatal].reason == "the worker died while this ran, 3 times: w0, w1, w2"
    assert crashed[fatal].environment["host"]


def test_a_worker_that_was_started_again_under_its_address_is_greeted_again(tmp_path):
    link = LinkHere(a=WorkerHere())
    replies = iter([stranger()])
    link.present["a"].on_order = lambda order: next(replies, None)
    heard = Listener(link, tmp_path)

    said = heard.said.append

    def say(text: str) -> None:
        said(text)
        link.join("a", link.present["a"])  # as the scheduler goes on to see it

    heard.executor = ClusterExecutor(lambda: link, say=say)
    planned = some_runs(3)
    heard.do(planned)
    assert heard.keys == keys_of(planned)
    assert "was lost; 1 run that it had is done elsewhere" in heard.said[0]


def test_a_worker_that_cannot_start_processes_is_let_go_and_nobody_is_blamed(tmp_path):
    sick = WorkerHere(on_order=lambda order: '{"done": [], "stranger": false, "unfit": "StartError: no room"}')
    link = LinkHere(a=sick, b=WorkerHere())
    heard = Listener(link, tmp_path)
    planned = some_runs(8)
    heard.do(planned)
    assert heard.keys == keys_of(planned)
    assert {record.status for record in heard.records} == {Status.OK}
    assert ["is not used any more: StartError: no room" in line for line in heard.said] == [True]


def test_where_no_worker_can_do_runs_the_run_ends(tmp_path):
    sick = WorkerHere(on_order=lambda order: '{"done": [], "stranger": false, "unfit": "StartError: no room"}')
    with pytest.raises(ClusterError, match="no worker can do runs; the last one said: StartError: no room"):
        Listener(LinkHere(a=sick), tmp_path).do(some_runs(2))


def test_a_lost_scheduler_ends_the_run_and_what_came_back_is_kept(tmp_path):
    link = LinkHere(a=WorkerHere())
    orders = itertools.count()

    def on_order(order: Order) -> None:
        link.is_lost = next(orders) == 3

    link.present["a"].on_order = on_order
    heard = Listener(link, tmp_path)
    with pytest.raises(ClusterError, match="was lost"):
        heard.do(some_runs(100))
    assert 0 < len(heard.records) < 100


def test_what_a_worker_raises_ends_the_run(tmp_path):
    def on_order(order: Order) -> None:
        raise RuntimeError("WireError: nonsense")

    with pytest.raises(ClusterError, match="the worker a failed: WireError: nonsense"):
        Listener(LinkHere(a=WorkerHere(on_order=on_order)), tmp_path).do(some_runs(2))


def test_an_interrupt_takes_back_what_is_out_and_keeps_what_came_back(tmp_path):
    link = LinkHere(a=WorkerHere())
    heard = Listener(link, tmp_path)
    saved = heard.records

    def interrupt(record: Record) -> None:
        saved.append(record)
        if len(saved) == 5:
            raise KeyboardInterrupt

    heard.records = type("Interrupting", (list,), {"append": lambda self, record: interrupt(record)})()
    assert heard.do(some_runs(200)) is True
    assert 5 <= len({record.key for record in saved}) < 200
    assert heard.link.ended_sessions


# --- what a worker must not say ---------------------------------------------------------------------------------------


def lying(change: Callable[[dict[str, Any]], None]) -> WorkerHere:
    """A worker that changes its replies."""
    worker = WorkerHere()

    def on_order(order: Order) -> str:
        told = json.loads(worker.slots.do(order, lambda: True).to_json())
        change(told)
        return json.dumps(told)

    worker.on_order = on_order
    return worker


def of_another_seed(told: dict[str, Any]) -> None:
    told["done"][0]["row"]["seed"] += 1


def of_another_code(told: dict[str, Any]) -> None:
    told["done"][0]["row"]["method_source"] = "0123456789abcdef"


def without_output(told: dict[str, Any]) -> None:
    del told["done"][0]["output"]


@pytest.mark.parametrize("change", [of_another_seed, of_another_code, without_output])
def test_a_worker_that_sends_other_records_is_let_go(tmp_path, change):
    heard = Listener(LinkHere(a=lying(change), b=WorkerHere()), tmp_path)
    planned = some_runs(6)
    heard.do(planned)
    assert heard.keys == keys_of(planned)
    assert any("is not used any more: it sent a malformed record" in line for line in heard.said)


def test_files_of_a_run_come_back(tmp_path):
    link = LinkHere(a=lying(lambda told: told["done"][0]["files"].update({"sub/x.txt": "aGVsbG8="})))
    planned = some_runs(1)
    heard = Listener(link, tmp_path)
    heard.do(planned)
    heard.artifacts.keep(planned[0].key)
    assert [(file.name, file.size) for file in heard.artifacts.files(planned[0].key)] == [("sub/x.txt", 5)]
