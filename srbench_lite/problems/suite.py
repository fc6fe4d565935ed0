"""`Suite`: a named collection of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from srbench_lite.errors import SuiteError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task

__all__ = ["Suite"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A named collection of tasks.

    Attributes:
        name: letters, digits, - and _.
        summary: what it is about, in a line.
        tasks: at least one, with different names.
        version: raised when a definition changes.
        source: where the tasks come from (citation).
        licence: under which the definitions or data may be used.
        tags: what every task of it is tagged with.
        faults: of a suite file, what is wrong with the tasks that were left out; no part of the definition.

    Raises:
        SuiteError: two tasks share a name, a task belongs to another suite, or the version is no whole number.
    """

    name: str
    summary: str
    tasks: tuple[Task, ...]
    version: int = 1
    source: str = ""
    licence: str = ""
    tags: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise SuiteError(f"suite {self.name}: version must be a whole number of at least 1, got {self.version!r}")
        seen: set[str] = set()
        if not self.tasks:
            raise SuiteError(f"suite {self.name} has no tasks")
        for task in self.tasks:
            if task.name in seen:
                raise SuiteError(f"suite {self.name}: two tasks are called {task.name}")
            if task.suite != self.name or not task.name.startswith(f"{self.name}/"):
                raise SuiteError(f"suite {self.name}: task {task.name} must be called {self.name}/...")
            seen.add(task.name)

    @classmethod
    def from_formulas(
        cls, name: str, *, summary: str, formulas: Mapping[str, tuple[str, Mapping[str, tuple[float, float]]]],
        version: int = 1, source: str = "", n_train: int = 200, n_test: int = 1000,
    ) -> Suite:  # fmt: skip
        """Make a suite from `{task: (truth, {variable: (low, high)})}` with uniform sampling."""
        tasks = tuple(
            Task(
                name=f"{name}/{task}", suite=name, version=version, truth=Expression.parse(truth, variables=intervals),
                variables={v: Sampling(low=low, high=high) for v, (low, high) in intervals.items()},
                n_train=n_train, n_test=n_test, source=source,
            )
            for task, (truth, intervals) in formulas.items()
        )  # fmt: skip
        return cls(name=name, summary=summary, tasks=tasks, version=version, source=source)
