"""`Placement`: which runs go to which worker of a cluster, and what becomes of those whose worker is lost.

A worker has slots. Each slot gets one chunk at a time: as many runs as last about as long as a chunk should, by what
runs of that method have lasted. So what is out is never more than a chunk for each slot, however many runs there are.

A run that ends its worker takes along what runs beside it. So that nobody is blamed for that, runs of a lost worker are
done again one by one, and for the last time on a worker that does nothing else meanwhile. What loses its third worker
is given up.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from srbench_lite.running.plan import PlannedRun

__all__ = ["MAX_LOSSES", "SECONDS_OF_A_CHUNK", "Chunk", "LostRun", "Placement"]

#: A run is tried on so many workers that are lost.
MAX_LOSSES: Final = 3
#: How long a chunk should last: long beside what it costs to hand one out, short beside what is lost with a worker.
SECONDS_OF_A_CHUNK: Final = 1.5
_MAX_RUNS_OF_A_CHUNK: Final = 500
_MAX_GROWTH: Final = 4  # of a chunk over the last one of that method
_WEIGHT_OF_SLOWER: Final = 0.5  # of newer runs that lasted longer; shorter ones count at once, as no harm is done


@dataclass(slots=True, kw_only=True)
class _Try:
    """A run that is to be done, and the workers that were lost with it."""

    run: PlannedRun
    key: str
    lost: tuple[str, ...] = ()

    @property
    def is_last(self) -> bool:
        """Whether it is given up when one more worker is lost with it."""
        return len(self.lost) == MAX_LOSSES - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LostRun:
    """A run that is given up: every worker that tried it was lost."""

    run: PlannedRun
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Runs that one slot of a worker does.

    Attributes:
        number: of the chunk.
        worker: address of the worker.
        runs: by their keys, in their order.
    """

    number: int
    worker: str
    runs: Mapping[str, PlannedRun]


@dataclass(slots=True, kw_only=True)
class _Seat:
    """A worker: its slots, the numbers of the chunks that are out there, and whether one must be alone."""

    slots: int
    out: set[int] = field(default_factory=set)
    is_taken: bool = False

    @property
    def free(self) -> int:
        return 0 if self.is_taken else self.slots - len(self.out)


@dataclass(slots=True, kw_only=True)
class _Pace:
    """How long runs of a method last, and how many were in the last chunk."""

    seconds: float
    count: int


class Placement:
    """Deals out runs to workers.

    Args:
        runs: what is to be done; each is looked at when a slot is free for it.
    """

    def __init__(self, runs: Iterable[PlannedRun]) -> None:
        self._fresh: Iterator[PlannedRun] = iter(runs)
        self._first: deque[_Try] = deque()  # were out before, or looked at: they go before fresh ones
        self._last: deque[_Try] = deque()  # have one try left, on a worker of their own
        self._reserved: str | None = None  # the worker that runs empty for the first of those
        self._seats: dict[str, _Seat] = {}
        self._out: dict[int, tuple[str, tuple[_Try, ...]]] = {}  # by number: the worker, and what it does
        self._paces: dict[str, _Pace] = {}
        self._numbers = itertools.count(1)

    @property
    def workers(self) -> Collection[str]:
        """Addresses of the workers."""
        return self._seats.keys()

    @property
    def slots(self) -> int:
        """How many chunks are out at most."""
        return sum(seat.slots for seat in self._seats.values())

    @property
    def is_over(self) -> bool:
        """Whether nothing is out and nothing is left."""
        return not (self._out or self._last or self._look_ahead())

    def join(self, worker: str, slots: int) -> None:
        """Take a new worker."""
        self._seats[worker] = _Seat(slots=slots)

    def lose(self, worker: str) -> list[LostRun]:
        """Let go of a worker that was lost; return the runs that are given up."""
        return self._blame(self._let_go(worker), worker)

    def retire(self, worker: str) -> None:
        """Let go of a worker that cannot do runs: what is out there is done elsewhere, and nobody is blamed."""
        self._again(self._let_go(worker))

    def lose_chunk(self, number: int) -> list[LostRun]:
        """Take back a chunk that its worker has lost; return the runs that are given up."""
        worker, tries = self._taken_back(number)
        return self._blame(tries, worker)

    def finish(self, number: int, seconds: Mapping[str, float]) -> None:
        """Note that a chunk has come back.

        Args:
            number: of the chunk.
            seconds: how long each of its runs lasted that are done, by key; the others are dealt out again.
        """
        _, tries = self._taken_back(number)
        self._again(one for one in tries if one.key not in seconds)
        by_method: dict[str, list[float]] = {}
        for one in tries:
            if one.key in seconds:
                by_method.setdefault(one.run.method.name, []).append(seconds[one.key])
        for name, lasted in by_method.items():
            self._note_pace(name, sum(lasted) / len(lasted), len(lasted))

    def is_out(self, number: int) -> bool:
        """Whether a chunk is out; those of a worker that was let go are not any more."""
        return number in self._out

    def next_chunk(self) -> Chunk | None:
        """Deal out a chunk, to the worker with the most free slots; None where nothing is left or no slot is free."""
        alone = self._next_alone()
        if alone is not None:
            return alone
        open_seats = {worker: seat for worker, seat in self._seats.items() if worker != self._reserved}
        worker = max(open_seats, key=lambda worker: open_seats[worker].free, default=None)
        if worker is None or open_seats[worker].free <= 0:
            return None
        return self._sent(worker, self._taken())

    def _next_alone(self) -> Chunk | None:
        """Deal out a run that must be alone where a worker is empty for it, or see to it that one becomes so."""
        if not self._last:
            self._reserved = None
            return None
        if self._reserved is None:
            free = {worker: len(seat.out) for worker, seat in self._seats.items() if not seat.is_taken}
            self._reserved = min(free, key=free.__getitem__, default=None)
        if self._reserved is None or self._seats[self._reserved].out:
            return None
        worker, self._reserved = self._reserved, None
        self._seats[worker].is_taken = True
        return self._sent(worker, (self._last.popleft(),))

    def _sent(self, worker: str, tries: tuple[_Try, ...]) -> Chunk | None:
        if not tries:
            return None
        number = next(self._numbers)
        self._out[number] = worker, tries
        self._seats[worker].out.add(number)
        return Chunk(number=number, worker=worker, runs={one.key: one.run for one in tries})

    def _taken(self) -> tuple[_Try, ...]:
        """Take the runs of a chunk; one that has lost a worker is alone in it."""
        taken: list[_Try] = []
        expected = 0.0
        while self._look_ahead() and len(taken) < _MAX_RUNS_OF_A_CHUNK:
            one = self._first[0]
            expected += self._expected(one.run.method.name)
            if taken and (one.lost or taken[0].lost or expected > SECONDS_OF_A_CHUNK):
                break
            taken.append(self._first.popleft())
        return tuple(taken)

    def _expected(self, method: str) -> float:
        """Return how long a run of a method is expected to last, in a chunk that may grow."""
        pace = self._paces.get(method)
        if pace is None:
            return SECONDS_OF_A_CHUNK
        return max(pace.seconds, SECONDS_OF_A_CHUNK / (_MAX_GROWTH * pace.count))

    def _note_pace(self, method: str, seconds: float, count: int) -> None:
        pace = self._paces.get(method)
        if pace is not None and seconds > pace.seconds:
            seconds = pace.seconds + _WEIGHT_OF_SLOWER * (seconds - pace.seconds)
        self._paces[method] = _Pace(seconds=seconds, count=count)

    def _look_ahead(self) -> bool:
        """Have the next run at hand, and say whether there is one."""
        if not self._first:
            self._first.extend(_Try(run=run, key=run.key) for run in itertools.islice(self._fresh, 1))
        return bool(self._first)

    def _let_go(self, worker: str) -> list[_Try]:
        """Let go of a worker, and return what was out there."""
        if self._reserved == worker:
            self._reserved = None
        seat = self._seats[worker]
        tries = [one for number in sorted(seat.out) for one in self._taken_back(number)[1]]
        del self._seats[worker]
        return tries

    def _taken_back(self, number: int) -> tuple[str, tuple[_Try, ...]]:
        worker, tries = self._out.pop(number)
        self._seats[worker].out.discard(number)
        self._seats[worker].is_taken = False
        return worker, tries

    def _blame(self, tries: Iterable[_Try], worker: str) -> list[LostRun]:
        """Note that a worker was lost with these runs; return those that are given up."""
        blamed = [_Try(run=one.run, key=one.key, lost=(*one.lost, worker)) for one in tries]
        self._again(one for one in blamed if len(one.lost) < MAX_LOSSES)
        return [LostRun(run=one.run, workers=one.lost) for one in blamed if len(one.lost) >= MAX_LOSSES]

    def _again(self, tries: Iterable[_Try]) -> None:
        """Deal runs out again, before others and in their order."""
        tries = list(tries)
        self._last.extend(one for one in tries if one.is_last)
        self._first.extendleft(reversed([one for one in tries if not one.is_last]))
