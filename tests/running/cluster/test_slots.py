"""`Slots`: orders in supervised processes, which stay from order to order and end when they should."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from places import HOSTILE
from runs_here import SupervisorHere

from srbench_lite import Budget, SrbenchError, Status, discover
from srbench_lite.running.cluster import slots as module
from srbench_lite.running.cluster.greeting import AskedMethod, Question
from srbench_lite.running.cluster.order import Order
from srbench_lite.running.cluster.session import greet
from srbench_lite.running.cluster.slots import Slots
from srbench_lite.running.plan import PlannedRun, plan

REGISTRY = discover(files=[HOSTILE])


def some_runs(count: int, method: str = "mean", seconds: float = 20.0, threads: int = 1) -> list[PlannedRun]:
    tasks = [REGISTRY.task("sin/plain")]
    budget = Budget(seconds=seconds, threads=threads)
    return list(plan([REGISTRY.methods[method]], tasks, seeds=range(count), noises=[0.0], budget=budget))


def order_of(runs: list[PlannedRun], *, session: str = "s", seconds: float = 100.0) -> Order:
    methods = {one.method.name for one in runs}
    asked = tuple(AskedMethod(name=name, elsewhere=name, environment=None) for name in methods)
    question = Question(session=session, methods=asked, plugins=(str(HOSTILE),), threads=1, memory_mb=10.0)
    greet(question, cores=1, memory_mb=None)
    return Order.of({one.key: one for one in runs}, session=session, seconds=seconds)


def always() -> bool:
    return True


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("srbench_lite.running.cluster.slots.Supervisor", SupervisorHere)


@pytest.fixture
def slots() -> Iterator[Slots]:
    made = Slots()
    yield made
    made.close()


def test_all_runs_of_an_order_are_done_in_their_order(here, slots):
    runs = some_runs(3)
    reply = slots.do(order_of(runs), always)
    assert [one.record.key for one in reply.done] == [one.key for one in runs]
    assert (reply.stranger, reply.unfit) == (False, "")


def test_when_its_time_is_over_what_is_left_is_not_begun_and_one_is_always_done(here, slots):
    runs = some_runs(3)
    assert [one.record.key for one in slots.do(order_of(runs, seconds=0.0), always).done] == [runs[0].key]


def test_of_an_unknown_session_nothing_is_done(here, slots):
    order = dataclasses.replace(order_of(some_runs(1)), session="unknown")
    assert slots.do(order, always).stranger


def test_a_slot_is_kept_from_order_to_order_of_a_session(here, slots):
    order = order_of(some_runs(1))
    slots.do(order, always)
    (first,) = slots._idle
    slots.do(order, always)
    assert slots._idle == [first]
    slots.do(order_of(some_runs(1), session="other"), always)
    assert len(slots._idle) == 2
    slots.end_session("s")
    assert [slot.session.name for slot in slots._idle] == ["other"]


def test_runs_with_other_threads_have_a_slot_of_their_own(here, slots):
    session = order_of(some_runs(1)).session
    for threads in (1, 2):
        runs = {one.key: one for one in some_runs(1, threads=threads)}
        slots.do(Order.of(runs, session=session, seconds=1.0), always)
    assert sorted(slot.threads for slot in slots._idle) == [1, 2]


def test_a_slot_that_nobody_uses_ends(here, slots, monkeypatch):
    monkeypatch.setattr(module, "_SECONDS_IDLE", 0.1)
    slots.do(order_of(some_runs(1)), always)
    deadline = time.monotonic() + 60
    while slots._idle and time.monotonic() < deadline:
        time.sleep(0.02)
    assert slots._idle == []


def test_a_worker_that_cannot_start_processes_says_so(monkeypatch, slots):
    class Sick(SupervisorHere):
        def run(self, *_: Any, **__: Any) -> Any:
            raise SrbenchError("no room")

    monkeypatch.setattr("srbench_lite.running.cluster.slots.Supervisor", Sick)
    reply = slots.do(order_of(some_runs(1)), always)
    assert (reply.done, reply.unfit) == ((), "SrbenchError: no room")


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def ended(what: str, slots: Slots, before: set[int], begin_end: Any) -> list[Any]:
    """Let an order hang, end it somehow, and return what came back once no process is left."""
    replies: list[Any] = []
    wanted = threading.Event()
    order = order_of(some_runs(2, "ignores-term", seconds=3600.0))
    thread = threading.Thread(target=lambda: replies.append(slots.do(order, lambda: not wanted.is_set())))
    thread.start()
    deadline = time.monotonic() + 120
    while len(children() - before) < 3 and time.monotonic() < deadline:  # keeper, zygote and the fit
        time.sleep(0.05)
    assert len(children() - before) >= 3, what
    begin_end(wanted)
    thread.join(timeout=120)
    assert not thread.is_alive(), what
    assert children() <= before, what
    return replies


@pytest.mark.slow
@pytest.mark.parametrize("how", ["not wanted", "closed", "session ended"])
def test_what_is_at_work_stops_when_it_is_not_wanted_and_when_the_worker_ends(how):
    slots = Slots()
    before = children()
    ways = {
        "not wanted": lambda wanted: wanted.set(),
        "closed": lambda wanted: slots.close(),
        "session ended": lambda wanted: slots.end_session("s"),
    }
    (reply,) = ended(how, slots, before, ways[how])
    assert reply.done == ()
    slots.close()


@pytest.mark.slow
def test_a_run_in_processes_of_its_own_leaves_none_when_its_slot_ends():
    slots, before = Slots(), children()
    reply = slots.do(order_of(some_runs(1)), always)
    assert [one.record.status for one in reply.done] == [Status.OK]
    assert len(children() - before) >= 2
    slots.close()
    assert children() <= before
