"""`Suite`: a named collection of tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from srbench_lite.errors import ExpressionError, SuiteError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.deferred_tasks import DeferredTasks, check_names, variable_counts
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task

__all__ = ["Suite", "difficulty"]

_DIFFICULTIES: Final = frozenset(("easy", "medium", "hard"))
#: A truth of more nodes is no longer easy; x**2 + 3*x + 1 has 9.
_MOST_NODES_OF_EASY: Final = 12
#: A truth of more nodes is hard.
_MOST_NODES_OF_MEDIUM: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A named collection of tasks.

    Attributes:
        name: letters, digits, - and _.
        summary: what it is about, in a line.
        tasks: at least one, with different names; a tuple, or `DeferredTasks` that are read when first asked for.
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
    tasks: Sequence[Task]
    version: int = 1
    source: str = ""
    licence: str = ""
    tags: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.version, bool) or not isinstance(self.version, int) or self.version < 1:
            raise SuiteError(f"suite {self.name}: version must be a whole number of at least 1, got {self.version!r}")
        if not self.tasks:
            raise SuiteError(f"suite {self.name} has no tasks")
        if not isinstance(self.tasks, DeferredTasks):
            object.__setattr__(self, "tasks", tuple(self.tasks))
            check_names(self.name, self.tasks)

    @property
    def are_read(self) -> bool:
        """Whether the tasks are there already."""
        return not isinstance(self.tasks, DeferredTasks) or self.tasks.are_read

    @property
    def variable_counts(self) -> tuple[int, int]:
        """The smallest and the largest number of variables of a task; without reading them where a suite says it."""
        return self.tasks.variable_counts if isinstance(self.tasks, DeferredTasks) else variable_counts(self.tasks)

    @classmethod
    def from_file(cls, path: Path) -> Suite:
        """Return the suite of a TOML file that ships with a plugin; its tasks are read when first asked for.

        Only `[suite]` is read at once: where it gives `variables = [1, 5]`, the smallest and the largest number of
        variables, `srbench list suites` needs no more. Unlike `load_suite` this draws no points to see whether the
        truths can be learnt from them: `srbench check-suite` does.

        Raises:
            SuiteError: the file cannot be read, or has a fault in `[suite]`; a fault of a task is raised when the
                tasks are read.
        """
        from srbench_lite.problems.suite_file import announced_suite

        return announced_suite(path)

    @classmethod
    def from_formulas(
        cls, name: str, *, summary: str, formulas: Mapping[str, tuple[str, Mapping[str, tuple[float, float]]]],
        version: int = 1, source: str = "", licence: str = "", tags: Sequence[str] = (),
        errata: Mapping[str, str] | None = None, n_train: int = 200, n_test: int = 1000, deferred: bool = False,
    ) -> Suite:  # fmt: skip
        """Make a suite from `{task: (truth, {variable: (low, high)})}` with uniform sampling.

        Every task has the `tags`, and its `difficulty` where they give none; `errata` say by task where sources
        disagree. Where `deferred`, the formulas are read when the tasks are first asked for: importing a large suite
        costs nothing, and a fault in a formula is found late.
        """

        def own_tags(truth: Expression) -> tuple[str, ...]:
            return tuple(tags) if _DIFFICULTIES & {*tags} else (*tags, difficulty(truth))

        def made() -> Iterator[Task]:
            for task, (text, intervals) in formulas.items():
                try:
                    truth = Expression.parse(text, variables=intervals)
                except ExpressionError as error:
                    raise SuiteError(f"task {name}/{task} truth: {error}") from None
                yield Task(
                    name=f"{name}/{task}", suite=name, version=version, truth=truth,
                    variables={v: Sampling(low=low, high=high) for v, (low, high) in intervals.items()},
                    n_train=n_train, n_test=n_test, source=source, licence=licence, tags=own_tags(truth),
                    erratum=(errata or {}).get(task, ""),
                )  # fmt: skip

        tasks: Sequence[Task]
        if deferred and formulas:
            counts = [len(intervals) for _, intervals in formulas.values()]
            tasks = DeferredTasks(name, made, count=len(counts), counts=(min(counts), max(counts)))
        else:
            tasks = tuple(made())
        return cls(
            name=name, summary=summary, tasks=tasks, version=version, source=source, licence=licence, tags=tuple(tags)
        )


def difficulty(truth: Expression) -> str:
    """Return the tag of a truth whose difficulty nobody published: easy, medium or hard, by its number of nodes."""
    nodes = sum(1 for _ in truth.postorder())
    return "easy" if nodes <= _MOST_NODES_OF_EASY else "medium" if nodes <= _MOST_NODES_OF_MEDIUM else "hard"
