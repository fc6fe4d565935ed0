"""The plan: which runs there are to do, each a method on a task with one seed, noise level and perturbation.

A plan is a sequence whose runs are made when they are looked at, so one of a million takes no more room than one of
ten; a part of a plan is the numbers of its runs.
"""

from __future__ import annotations

import bisect
import itertools
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, overload

from srbench_lite.environments.assignment import OWN, Assignment, assigned, source_of
from srbench_lite.environments.environment import Environment
from srbench_lite.errors import UsageError
from srbench_lite.judging.scoring import SCORING_VERSION
from srbench_lite.methods.method import Budget, Method
from srbench_lite.problems.drawn_task import check_perturbation
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.problems.task import Task
from srbench_lite.recording.run_key import RunKey, digests

__all__ = ["KeyedRun", "Plan", "PlannedRun", "plan"]

_MAX_RUNS: Final = 100_000_000
_NONE: Final = Perturbation()
#: Where fewer than one run in this many is chosen, keys come from the runs, and not from all keys.
_DENSE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One planned run.

    `fingerprint` is the task's, `method_source` that of the method's code and of what its environment has, each
    computed once; `where` says in which interpreter the method runs.
    """

    method: Method
    task: Task
    fingerprint: str
    seed: int
    noise: float
    budget: Budget
    method_source: str | None = None
    perturbation: Perturbation = _NONE
    where: Assignment = OWN

    @property
    def run_key(self) -> RunKey:
        """What identifies the run."""
        return RunKey(
            task_fingerprint=self.fingerprint, method=self.method.name, method_version=self.method.version,
            parameters=self.method.parameters(), seed=self.seed, noise=self.noise, budget_seconds=self.budget.seconds,
            budget_memory_mb=self.budget.memory_mb, budget_threads=self.budget.threads,
            scoring_version=SCORING_VERSION, perturbation=self.perturbation.settings,
        )  # fmt: skip

    @property
    def key(self) -> str:
        """The key that its record will have."""
        return self.run_key.digest


#: A method, where it runs, and the source of its code.
_Placed = tuple[Method, Assignment, str | None]
#: Runs that differ in their seeds only: method, task with its fingerprint, perturbation, noise.
_Group = tuple[_Placed, tuple[str, Task], Perturbation, float]


#: The key of a run, the name of its method, and the source of the method's code.
KeyedRun = tuple[str, str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Every combination of what is given, methods outermost and seeds innermost; methods with place and source."""

    methods: tuple[_Placed, ...]
    tasks: tuple[tuple[str, Task], ...]
    perturbations: tuple[Perturbation, ...]
    noises: tuple[float, ...]
    seeds: Sequence[int]
    budget: Budget

    def __len__(self) -> int:
        return len(self.methods) * len(self.tasks) * len(self.perturbations) * len(self.noises) * len(self.seeds)

    def __getitem__(self, number: int) -> PlannedRun:
        number, seed = divmod(number, len(self.seeds))
        return self._run(*self._group(number), self.seeds[seed])

    def __iter__(self) -> Iterator[PlannedRun]:
        for group in self._groups():
            for seed in self.seeds:
                yield self._run(*group, seed)

    def keyed(self) -> Iterator[KeyedRun]:
        """Yield of each run what is known before it is made."""
        for group in self._groups():
            one = self._run(*group, 0)
            for key in digests(one.run_key, self.seeds):
                yield key, one.method.name, one.method_source

    def _groups(self) -> Iterator[_Group]:
        return itertools.product(self.methods, self.tasks, self.perturbations, self.noises)

    def _group(self, number: int) -> _Group:
        number, noise = divmod(number, len(self.noises))
        number, perturbation = divmod(number, len(self.perturbations))
        method, task = divmod(number, len(self.tasks))
        return self.methods[method], self.tasks[task], self.perturbations[perturbation], self.noises[noise]

    def _run(
        self, placed: _Placed, known: tuple[str, Task], perturbation: Perturbation, noise: float, seed: int
    ) -> PlannedRun:
        method, where, source = placed
        fingerprint, task = known
        return PlannedRun(
            method=method, task=task, fingerprint=fingerprint, seed=seed, noise=noise, budget=self.budget,
            method_source=source, perturbation=perturbation, where=where,
        )  # fmt: skip


class _Listed(tuple[PlannedRun, ...]):
    """Runs that somebody has listed."""

    __slots__ = ()

    def keyed(self) -> Iterator[KeyedRun]:
        """Yield of each run what is known before it is made."""
        return map(_keyed, self)


class Plan(Sequence[PlannedRun]):
    """Runs in their order, each once, each made when it is looked at."""

    __slots__ = ("_ends", "_parts")

    def __init__(self, parts: Iterable[tuple[_Grid | _Listed, Sequence[int]]]) -> None:
        self._parts = tuple(parts)  # runs, and the numbers of those that belong to the plan, rising
        self._ends = tuple(itertools.accumulate(len(numbers) for _, numbers in self._parts))

    @classmethod
    def of(cls, runs: Iterable[PlannedRun]) -> Plan:
        """Return runs as a plan; of several with one key, the last one at the first one's place."""
        return runs if isinstance(runs, Plan) else cls([_whole(_Listed({one.key: one for one in runs}.values()))])

    @classmethod
    def joined(cls, plans: Sequence[Plan]) -> Plan:
        """Return the runs of several plans one after the other; of several with one key, the first one."""
        every = cls(part for one in plans for part in one._parts)
        if len(plans) < 2:
            return every
        seen: set[bytes] = set()
        new = array("q")
        for number, digest in enumerate(map(bytes.fromhex, every.keys())):
            if digest not in seen:
                seen.add(digest)
                new.append(number)
        return every.part(new)

    def __add__(self, other: Iterable[PlannedRun]) -> Plan:
        """Return these runs and others behind them."""
        return Plan.joined([self, Plan.of(other)])

    def part(self, numbers: Iterable[int]) -> Plan:
        """Return some of the runs, by their numbers in this plan; these must rise."""
        parts = []
        waiting = iter(numbers)
        number = next(waiting, None)
        start = 0
        for (block, whole), end in zip(self._parts, self._ends, strict=True):
            chosen = array("q")
            while number is not None and number < end:
                chosen.append(whole[number - start])
                number = next(waiting, None)
            parts.append((block, chosen))
            start = end
        return Plan(parts)

    def lacking(self) -> dict[str, str]:
        """Return why methods will be skipped for which there is no interpreter, by name."""
        grids = (block for block, _ in self._parts if isinstance(block, _Grid))
        placed = itertools.chain.from_iterable(grid.methods for grid in grids)
        return {method.name: where.lacks for method, where, _ in placed if where.lacks is not None}

    def keys(self) -> Iterator[str]:
        """Yield the runs' keys in order, faster than from the runs."""
        return (key for key, _, _ in self.keyed())

    def keyed(self) -> Iterator[KeyedRun]:
        """Yield of each run in order its key, the name of its method and the source of the method's code."""
        for block, numbers in self._parts:
            if _DENSE * len(numbers) < len(block):
                yield from (_keyed(block[number]) for number in numbers)
            else:
                wanted = iter(numbers)
                next_one = next(wanted, None)
                for number, keyed in enumerate(block.keyed()):
                    if number == next_one:
                        yield keyed
                        next_one = next(wanted, None)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> PlannedRun: ...
    @overload
    def __getitem__(self, index: slice) -> Plan: ...
    def __getitem__(self, index: int | slice) -> PlannedRun | Plan:
        """Return a run, or a part of the plan."""
        if isinstance(index, slice):
            return Plan.of([self[number] for number in range(len(self))[index]])
        number = range(len(self))[index]
        place = bisect.bisect_right(self._ends, number)
        block, numbers = self._parts[place]
        return block[numbers[number - (self._ends[place - 1] if place else 0)]]

    def __iter__(self) -> Iterator[PlannedRun]:
        for block, numbers in self._parts:
            yield from block if len(numbers) == len(block) else (block[number] for number in numbers)


def _keyed(one: PlannedRun) -> KeyedRun:
    return one.key, one.method.name, one.method_source


def _whole(block: _Grid | _Listed) -> tuple[_Grid | _Listed, Sequence[int]]:
    return block, range(len(block))


def plan(
    methods: Iterable[Method], tasks: Iterable[Task], *, seeds: Sequence[int], noises: Sequence[float], budget: Budget,
    perturbations: Iterable[Perturbation] = (_NONE,), environments: Mapping[str, Environment] | None = None,
) -> Plan:  # fmt: skip
    """Return the runs: method by method, task by task.

    Args:
        methods: what is run.
        tasks: what it is run on.
        seeds: numbers of the repetitions.
        noises: noise levels.
        budget: limits of each fit.
        perturbations: what is changed of the points.
        environments: in which a method runs, by its name; others run where they say themselves.

    Raises:
        UsageError: a noise level is negative or not finite, a seed is negative or beyond 64 bits, a task has nothing
            that a perturbation could change, an environment cannot be read, or there are more runs than anybody can do.
    """
    methods, tasks, perturbed = tuple(dict.fromkeys(methods)), tuple(tasks), tuple(dict.fromkeys(perturbations))
    levels = tuple(dict.fromkeys(float(n) for n in noises))
    numbers = seeds if isinstance(seeds, range) else tuple(dict.fromkeys(seeds))  # a range has each once
    count = len(methods) * len(tasks) * len(noises) * len(seeds) * len(perturbed)
    if count > _MAX_RUNS:
        raise UsageError(f"a plan has at most {_MAX_RUNS:,} runs, this one has {count:,}; use fewer seeds or tasks")
    for noise in noises:
        if not 0 <= noise < float("inf"):
            raise UsageError(f"a noise level is a fraction of the RMS of y, 0 or a positive number, got {noise:g}")
    for seed in (min(numbers, default=0), max(numbers, default=0)):
        if not 0 <= seed < 2**63:
            raise UsageError(f"a seed must be a whole number from 0 to 2**63 - 1, got {seed}")
    for task in tasks:
        for perturbation in perturbed:
            check_perturbation(task, perturbation)
    placed = [
        (method, where, source_of(method, where)) for method in methods for where in [assigned(method, environments)]
    ]
    return Plan([_whole(_Grid(
        methods=tuple(placed), tasks=tuple({task.fingerprint: task for task in tasks}.items()), perturbations=perturbed,
        noises=levels, seeds=numbers, budget=budget,
    ))])  # fmt: skip
