"""`ClusterLink`: what an executor needs of a cluster. It knows nothing of runs: orders and replies are text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from srbench_lite.errors import SrbenchError

__all__ = ["Answer", "ChunkEnded", "ClusterError", "ClusterLink", "Event", "WorkerAnswered", "WorkersSeen"]


class ClusterError(SrbenchError):
    """A cluster was lost or failed while it did runs; what came back is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a worker answered to a question: a text, or why there is none."""

    text: str = ""
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkEnded:
    """An order has ended.

    Attributes:
        number: under which it was sent.
        reply: what its worker returned; None where its worker or the order was lost.
        failed: what the worker raised instead; empty where it did not.
    """

    number: int
    reply: str | None
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersSeen:
    """Which workers the scheduler has, by address, and when it was asked, as `time.monotonic` has it."""

    workers: Collection[str]
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerAnswered:
    """A worker has answered the question that it was asked with `ask_later`; None where it was lost meanwhile."""

    worker: str
    answer: Answer | None


Event = ChunkEnded | WorkersSeen | WorkerAnswered


class ClusterLink(Protocol):
    """A connection to a scheduler and its workers.

    Every call may raise `ClusterError` where the scheduler is lost.
    """

    @property
    def address(self) -> str:
        """Of the scheduler."""

    def workers(self) -> Collection[str]:
        """Return the addresses of the workers that there are now."""

    def ask(self, question: str, workers: Collection[str]) -> Mapping[str, Answer]:
        """Ask workers, and wait for their answers; one that is lost meanwhile is missing."""

    def ask_later(self, question: str, worker: str) -> None:
        """Ask a worker; its answer is an event."""

    def send(self, number: int, worker: str, order: str) -> None:
        """Send an order to a worker; its end is an event."""

    def cancel(self, numbers: Collection[int]) -> None:
        """Take orders back: what is at work of them is stopped. They end without an event, or with one of no reply."""

    def end_session(self, name: str) -> None:
        """Let all workers end what they keep for a session."""

    def next_event(self, seconds: float) -> Event | None:
        """Wait so long for the next event; None where there was none."""

    def close(self) -> None:
        """Let go of the scheduler, and end it and its workers where they were started here."""
