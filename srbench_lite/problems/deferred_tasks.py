"""`DeferredTasks`: the tasks of a suite, which are read when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, overload

from srbench_lite.errors import SuiteError

if TYPE_CHECKING:
    from srbench_lite.problems.task import Task

__all__ = ["DeferredTasks", "check_names", "variable_counts"]


class DeferredTasks(Sequence["Task"]):
    """Tasks of which the number is known, and which are read when one of them is first asked for.

    So `srbench list suites` need not read them. What is said before is compared with the tasks when they are read.
    """

    def __init__(
        self, suite: str, load: Callable[[], Iterable[Task]], *, count: int, counts: tuple[int, int] | None = None
    ) -> None:  # fmt: skip
        """Remember how to read the tasks.

        Args:
            suite: name of the suite.
            load: reads them.
            count: how many there are.
            counts: the smallest and the largest number of variables that one of them has; None: not known yet.
        """
        self._suite, self._load, self._count, self._counts = suite, load, count, counts
        self._tasks: tuple[Task, ...] | None = None

    @property
    def are_read(self) -> bool:
        """Whether they have been read."""
        return self._tasks is not None

    @property
    def variable_counts(self) -> tuple[int, int]:
        """The smallest and the largest number of variables of a task; they are read where nobody has said it."""
        return self._counts or variable_counts(self._read())

    def _read(self) -> tuple[Task, ...]:
        if self._tasks is None:
            tasks = tuple(self._load())
            check_names(self._suite, tasks)
            if len(tasks) != self._count:
                raise SuiteError(f"suite {self._suite}: {self._count} tasks were announced, but it has {len(tasks)}")
            found = variable_counts(tasks)
            if self._counts not in (None, found):
                raise SuiteError(
                    f"suite {self._suite}: variables = {list(self._counts or ())} was announced, but its tasks have "
                    f"{found[0]} to {found[1]} variables; write variables = {list(found)}"
                )
            self._tasks = tasks
        return self._tasks

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Task: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Task, ...]: ...
    def __getitem__(self, index: int | slice) -> Task | tuple[Task, ...]:
        return self._read()[index]


def check_names(suite: str, tasks: Iterable[Task]) -> None:
    """Refuse tasks of another suite, and two of one name; raises `SuiteError`."""
    seen: set[str] = set()
    for task in tasks:
        if task.name in seen:
            raise SuiteError(f"suite {suite}: two tasks are called {task.name}")
        if task.suite != suite or not task.name.startswith(f"{suite}/"):
            raise SuiteError(f"suite {suite}: task {task.name} must be called {suite}/...")
        seen.add(task.name)


def variable_counts(tasks: Iterable[Task]) -> tuple[int, int]:
    """Return the smallest and the largest number of variables that a task has."""
    counts = [len(task.variables) for task in tasks]
    return min(counts), max(counts)
