"""A cluster in this process: a `ClusterLink` whose workers are threads, and may be lost, late or strange."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from srbench_lite.running.cluster.greeting import Question
from srbench_lite.running.cluster.link import Answer, ChunkEnded, ClusterError, Event, WorkerAnswered, WorkersSeen
from srbench_lite.running.cluster.order import Order, Reply
from srbench_lite.running.cluster.session import greet
from srbench_lite.running.cluster.slots import Slots


@dataclass(kw_only=True)
class WorkerHere:
    """A worker: `on_order` may lose it or change its reply before an order is done."""

    cores: int = 1
    memory_mb: float | None = None
    on_order: Callable[[Order], str | None] = lambda order: None
    on_question: Callable[[str], Answer | None] = lambda question: None
    slots: Slots = field(default_factory=Slots)


class LinkHere:
    """A link to workers by name."""

    address = "here"

    def __init__(self, **workers: WorkerHere) -> None:
        self.present = dict(workers)
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.cancelled: set[int] = set()
        self.sent: list[tuple[str, Order]] = []
        self.ended_sessions: list[str] = []
        self.is_lost = False
        self.is_closed = False
        self._threads: list[threading.Thread] = []

    def workers(self) -> Collection[str]:
        self._check()
        return set(self.present)

    def lose(self, name: str) -> None:
        """Let a worker vanish, as if it had been killed."""
        del self.present[name]
        self.events.put(WorkersSeen(workers=set(self.present), asked_at=time.monotonic()))

    def join(self, name: str, worker: WorkerHere) -> None:
        self.present[name] = worker
        self.events.put(WorkersSeen(workers=set(self.present), asked_at=time.monotonic()))

    def ask(self, question: str, workers: Collection[str]) -> Mapping[str, Answer]:
        self._check()
        return {name: self._answer(question, self.present[name]) for name in workers if name in self.present}

    def _answer(self, question: str, worker: WorkerHere) -> Answer:
        told = worker.on_question(question)
        if told is not None:
            return told
        asked = Question.from_json(question)
        return Answer(text=greet(asked, cores=worker.cores, memory_mb=worker.memory_mb).to_json())

    def ask_later(self, question: str, worker: str) -> None:
        answer = self.ask(question, [worker]).get(worker)
        self.events.put(WorkerAnswered(worker=worker, answer=answer))

    def send(self, number: int, worker: str, order: str) -> None:
        self._check()
        read = Order.from_json(order)
        self.sent.append((worker, read))
        thread = threading.Thread(target=self._do, args=(number, worker, read), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _do(self, number: int, name: str, order: Order) -> None:
        worker = self.present.get(name)
        if worker is None:
            return
        try:
            text = worker.on_order(order)
        except RuntimeError as error:
            self.events.put(ChunkEnded(number=number, reply=None, failed=str(error)))
            return
        if text is None:
            reply = worker.slots.do(order, lambda: number not in self.cancelled and name in self.present)
            text = reply.to_json()
        if self.present.get(name) is worker and number not in self.cancelled:
            self.events.put(ChunkEnded(number=number, reply=text))

    def cancel(self, numbers: Collection[int]) -> None:
        self._check()
        self.cancelled.update(numbers)

    def end_session(self, name: str) -> None:
        self._check()
        self.ended_sessions.append(name)
        for worker in self.present.values():
            worker.slots.end_session(name)

    def next_event(self, seconds: float) -> Event | None:
        try:
            return self.events.get(timeout=seconds) if seconds > 0 else self.events.get_nowait()
        except queue.Empty:
            self._check()
            return None

    def close(self) -> None:
        self.is_closed = True
        for thread in self._threads:
            thread.join(timeout=30)

    def _check(self) -> None:
        if self.is_lost:
            raise ClusterError("the scheduler here was lost")


def stranger() -> str:
    """The reply of a worker that was started after the greeting."""
    return Reply(stranger=True).to_json()
