"""The plan: which runs there are to do, each a method on a task with one seed, noise level and perturbation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from srbench_lite.environments.assignment import OWN, Assignment, assigned, source_of
from srbench_lite.environments.environment import Environment
from srbench_lite.errors import UsageError
from srbench_lite.judging.scoring import SCORING_VERSION
from srbench_lite.methods.method import Budget, Method
from srbench_lite.problems.drawn_task import check_perturbation
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.problems.task import Task
from srbench_lite.recording.run_key import RunKey

__all__ = ["PlannedRun", "plan"]

_MAX_RUNS: Final = 10_000_000  # which take some 5 GB
_NONE: Final = Perturbation()


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


def plan(
    methods: Iterable[Method], tasks: Iterable[Task], *, seeds: Sequence[int], noises: Sequence[float], budget: Budget,
    perturbations: Iterable[Perturbation] = (_NONE,), environments: Mapping[str, Environment] | None = None,
) -> tuple[PlannedRun, ...]:  # fmt: skip
    """List the runs: method by method, task by task.

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
            that a perturbation could change, an environment cannot be read, or there are more runs than memory has
            room for.
    """
    methods, tasks, perturbed = tuple(methods), tuple(tasks), tuple(dict.fromkeys(perturbations))
    count = len(methods) * len(tasks) * len(noises) * len(seeds) * len(perturbed)
    if count > _MAX_RUNS:
        raise UsageError(f"a plan has at most {_MAX_RUNS:,} runs, this one has {count:,}; use fewer seeds or tasks")
    for noise in noises:
        if not 0 <= noise < float("inf"):
            raise UsageError(f"a noise level is a fraction of the RMS of y, 0 or a positive number, got {noise:g}")
    for seed in seeds:
        if not 0 <= seed < 2**63:
            raise UsageError(f"a seed must be a whole number from 0 to 2**63 - 1, got {seed}")
    for task in tasks:
        for perturbation in perturbed:
            check_perturbation(task, perturbation)
    fingerprints = [(task, task.fingerprint) for task in tasks]
    placed = [
        (method, where, source_of(method, where)) for method in methods for where in [assigned(method, environments)]
    ]
    return tuple(
        PlannedRun(
            method=method, task=task, fingerprint=fingerprint, seed=seed, noise=noise, budget=budget,
            method_source=source, perturbation=perturbation, where=where,
        )
        for method, where, source in placed
        for task, fingerprint in fingerprints
        for perturbation in perturbed
        for noise in dict.fromkeys(float(n) for n in noises)
        for seed in dict.fromkeys(seeds)
    )  # fmt: skip
