"""What a dask worker calls of ours: dask finds these functions by their names, and they take and return JSON text."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from distributed import Worker, WorkerPlugin, get_worker

from srbench_lite.running.cluster.greeting import Question
from srbench_lite.running.cluster.order import Order, Reply
from srbench_lite.running.cluster.session import greet
from srbench_lite.running.cluster.slots import Slots

__all__ = ["do_order", "end_session", "greet_worker"]

_NAME: Final = "srbench-lite"
_slots: Slots | None = None


class _Farewell(WorkerPlugin):
    """Ends the processes of our runs when the worker closes."""

    def teardown(self, worker: Worker) -> None:
        """Stop what is at work; idle processes have ended when this returns."""
        global _slots
        ended, _slots = _slots, None
        if ended is not None:
            ended.close()


async def greet_worker(text: str, dask_worker: Worker | None = None) -> str:
    """Answer a question, and be ready for orders; runs in the worker's event loop, and its work in a thread."""
    global _slots
    assert dask_worker is not None
    if _slots is None:
        _slots = Slots()
        await dask_worker.plugin_add(plugin=_Farewell(), name=_NAME)
    limit = dask_worker.memory_manager.memory_limit
    greeting = await asyncio.to_thread(
        greet, Question.from_json(text), cores=dask_worker.state.nthreads,
        memory_mb=limit / 2**20 if limit else None,
    )  # fmt: skip
    return greeting.to_json()


def do_order(text: str) -> str:
    """Do an order in a thread of the worker, and return the reply."""
    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        task: Any = worker.state.tasks.get(key)
        return task is not None and task.state == "executing"

    slots = _slots
    if slots is None:  # this process was started after the greeting, or is about to end
        return Reply(stranger=True).to_json()
    return slots.do(Order.from_json(text), wanted).to_json()


async def end_session(name: str) -> None:
    """End the processes of a session; runs in the worker's event loop, and its work in a thread."""
    if _slots is not None:
        await asyncio.to_thread(_slots.end_session, name)
