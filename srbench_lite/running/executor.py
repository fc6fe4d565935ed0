"""`Executor`: what does planned runs and hands back their records, on this machine or on others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.record import Record
from srbench_lite.running.plan import PlannedRun
from srbench_lite.running.pool import run_in_pool
from srbench_lite.running.supervisor import Supervisor

__all__ = ["Began", "Executor", "LocalExecutor"]


class Began(Protocol):
    """Hears that a run has begun."""

    def __call__(self, one: PlannedRun, memory_mb: Callable[[], float | None] = ...) -> None:
        """Note it, and what says how large the run's processes are now, MiB."""


class Executor(Protocol):
    """Does planned runs. `prepare` is called before the first of them, with all that `do` will get."""

    @property
    def slots(self) -> int:
        """How many runs are done at once, as far as is known now."""

    def prepare(self, planned: Iterable[PlannedRun]) -> None:
        """Make sure that the runs can be done.

        Raises:
            UsageError: they cannot, and the text says why.
        """

    def do(
        self, planned: Sequence[PlannedRun], *, began: Began, save: Callable[[Record], None],
        on_result: Callable[[Record], None], on_stopped: Callable[[PlannedRun, str], None], artifacts: Artifacts,
        end: float,
    ) -> bool:  # fmt: skip
        """Do the runs; return whether an interrupt (Ctrl-C) ended it.

        Args:
            planned: the runs, all with one number of threads; each is looked at when it is its turn.
            began: hears of every run that begins.
            save: stores a record; called in this thread, also at the end for those that an interrupt or an error has
                left. It may be called twice with the same record.
            on_result: hears of every record that has been saved, unless an interrupt or an error came before.
            on_stopped: hears of runs that the interrupt stopped after they had reported a formula, and of the last one.
            artifacts: where the files of a run are left for `save` to keep.
            end: when to stop, as `time.monotonic` has it; runs that are not done then are left.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalExecutor:
    """Does the runs on this machine, each in processes of its own.

    Attributes:
        work: does one run with the supervisor that it is given.
        slots: how many runs are done at once.
        plugins: plugin files that the processes load.
        preload: modules that the processes import once.
    """

    work: Callable[[PlannedRun, Supervisor], Record]
    slots: int
    plugins: Sequence[Path] = ()
    preload: Iterable[str] = ()

    def prepare(self, planned: Iterable[PlannedRun]) -> None:
        """Do nothing: what can be wrong with a run here becomes its record."""

    def do(
        self, planned: Sequence[PlannedRun], *, began: Began, save: Callable[[Record], None],
        on_result: Callable[[Record], None], on_stopped: Callable[[PlannedRun, str], None], artifacts: Artifacts,
        end: float,
    ) -> bool:  # fmt: skip
        """Do the runs in a pool of threads; as `Executor.do`, and what `work` raises is raised."""

        def work(one: PlannedRun, supervisor: Supervisor) -> Record:
            began(one, lambda: supervisor.memory_mb)
            return self.work(one, supervisor)

        return run_in_pool(
            planned, work, save=save, on_result=on_result, jobs=min(self.slots, len(planned)), plugins=self.plugins,
            preload=self.preload, threads=planned[0].budget.threads, on_stopped=on_stopped, end=end,
        )  # fmt: skip
