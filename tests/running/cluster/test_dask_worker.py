"""What a dask worker calls, in a worker of this process: JSON in, JSON out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from distributed import Client, LocalCluster
from runs_here import SupervisorHere

from srbench_lite import Budget, discover
from srbench_lite.running.cluster import dask_worker
from srbench_lite.running.cluster.dask_worker import do_order, end_session, greet_worker
from srbench_lite.running.cluster.greeting import AskedMethod, Greeting, Question
from srbench_lite.running.cluster.order import Order, Reply
from srbench_lite.running.plan import plan

REGISTRY = discover()
QUESTION = Question(
    session="w", plugins=(), threads=1, memory_mb=100.0,
    methods=(AskedMethod(name="mean", elsewhere="mean", environment=None),),
)  # fmt: skip

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr("srbench_lite.running.cluster.slots.Supervisor", SupervisorHere)
    monkeypatch.setattr(dask_worker, "_slots", None)
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=3, processes=False, dashboard_address="127.0.0.1:0", memory_limit=3 * 2**30,
            protocol="inproc://",
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


def test_a_worker_greets_does_orders_and_ends_what_it_keeps(client):
    (one,) = plan(
        [REGISTRY.methods["mean"]], [REGISTRY.task("sin/plain")], seeds=[0], noises=[0.0], budget=Budget(seconds=20)
    )
    order = Order.of({one.key: one}, session="w", seconds=1.0).to_json()
    assert Reply.from_json(client.submit(do_order, order, pure=False).result()).stranger
    (text,) = client.run(greet_worker, QUESTION.to_json()).values()
    greeting = Greeting.from_json(text)
    assert (greeting.cores, greeting.memory_mb) == (3, 3 * 2**10)
    reply = Reply.from_json(client.submit(do_order, order, pure=False).result())
    assert [done.record.key for done in reply.done] == [one.key]
    slots = dask_worker._slots
    assert slots is not None
    assert len(slots._idle) == 1
    client.run(end_session, "w")
    assert slots._idle == []
    (worker,) = client.cluster.workers.values()
    client.sync(worker.plugin_remove, name="srbench-lite")
    assert dask_worker._slots is None


def test_where_nobody_has_greeted_there_is_nothing_to_end(monkeypatch):
    monkeypatch.setattr(dask_worker, "_slots", None)
    asyncio.run(end_session("w"))
    assert dask_worker._slots is None
