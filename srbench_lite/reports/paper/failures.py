"""`Failures`: where methods fail and what they cost, at the lowest noise level: what text, figure and tables say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from srbench_lite.comparing.breakdown import TRAITS, Breakdown, break_down, judged_runs
from srbench_lite.comparing.condition import choose_condition, runs_under
from srbench_lite.comparing.cost import Cost, costs_of
from srbench_lite.comparing.misses import miss_breakdown, other_functions
from srbench_lite.comparing.runs import RunTable, counted
from srbench_lite.comparing.solvers import Solvers, only_by_one, solvers_of, unsolved
from srbench_lite.reports.page.answers import answers_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Failures", "looked_at"]

#: Runs whose formulas are looked at: more are too slow, and how they missed is left out.
_MAX_FORMULAS: Final = 20_000


def looked_at(runs: pd.DataFrame) -> list[int]:
    """Return the numbers of the records whose formulas `Failures` looks at; none where they are too many."""
    own, _ = runs_under(runs, choose_condition(runs))
    numbers: list[int] = own["id"].to_numpy()[other_functions(own)].tolist()
    return numbers if len(numbers) <= _MAX_FORMULAS else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Where methods fail, and what they cost.

    Attributes:
        breakdowns: recovery by traits of the truth and by tags, and how runs ended; those that have a level.
        costs: of each method.
        tasks: with a truth, by which methods each was recovered.
        remarks: sentences for people: what is left out, and why.
    """

    breakdowns: tuple[Breakdown, ...]
    costs: tuple[Cost, ...]
    tasks: tuple[Solvers, ...]
    remarks: tuple[str, ...]

    @classmethod
    def of(
        cls, run_table: RunTable, formulas: Mapping[int, str | None], tags: Mapping[str, Collection[str]]
    ) -> Self:  # fmt: skip
        """Make it of runs.

        Args:
            run_table: of the runs, with marks where they have such.
            formulas: of the runs that `looked_at` names, by number of the record.
            tags: of tasks by their fingerprints, of those that are known.
        """
        own, _ = runs_under(run_table.runs, choose_condition(run_table.runs))
        judged, _ = judged_runs(own)
        costs = costs_of(own, judged, _progress(run_table.marks))
        if not len(judged):
            return cls(breakdowns=(), costs=costs, tasks=(), remarks=("No task has a known truth.",))
        tables = [break_down(judged, by, tags) for by in TRAITS]
        misses = int(other_functions(judged).sum())
        few = misses <= _MAX_FORMULAS
        tables += [miss_breakdown(judged, formulas)] if few else []
        said = [] if few else [f"How runs missed is left out: {counted(misses, 'formula')} are too many to look at."]
        said += [f"{remark.partition(';')[0].rstrip('.')}." for table in tables for remark in table.remarks]
        return cls(
            breakdowns=tuple(table for table in tables if table.levels), costs=costs, tasks=solvers_of(judged),
            remarks=tuple(dict.fromkeys(said)),
        )  # fmt: skip

    @property
    def nobody(self) -> tuple[Solvers, ...]:
        """The tasks that no method recovered in any run."""
        return unsolved(self.tasks)

    @property
    def only(self) -> Mapping[str, tuple[Solvers, ...]]:
        """By method, the tasks that it alone recovered, of those that several tried."""
        return only_by_one(self.tasks)

    def rows(self, methods: Sequence[str]) -> list[dict[str, Any]]:
        """Return every rate with its interval, as plain rows, the methods in the given order."""
        return [
            {
                "by": table.by, "title": table.title, "level": level, "method": method, "rate": cell.rate,
                "low": cell.interval.low, "high": cell.interval.high, "formulas": cell.formulas, "tasks": cell.tasks,
            }
            for table in self.breakdowns for method in methods for level in table.levels
            if (cell := table.cell(level, method)) is not None
        ]  # fmt: skip

    def answers(self, leader: str) -> Iterator[str]:
        """Yield a sentence on what kind of task the leader recovers least of, if any has a truth; and its cost."""
        kinds = [
            {
                "by": table.by, "total": {cell.method: [cell.rate] for cell in table.total},
                "cells": [[cell.level, cell.method, cell.rate, *cell.interval, cell.tasks] for cell in table.cells],
            }
            for table in self.breakdowns
        ]  # fmt: skip
        costs = [{"method": cost.method, "seconds": cost.seconds, "memory": cost.peak_mb} for cost in self.costs]
        here = {"noise": 0.0, "perturbation": ""}
        standing = here | {"metric": "recovery", "lines": [{"method": leader}]}
        for answer in answers_of([standing], [here | {"breakdowns": kinds, "costs": costs}]):
            yield from answer["sentences"] if self.breakdowns else answer["sentences"][1:]


def _progress(marks: pd.DataFrame | None) -> Mapping[int, list[Mapping[str, Any]]]:
    """Return by number of a run what it had at its marks."""
    found: dict[int, list[Mapping[str, Any]]] = {}
    if marks is not None:
        for number, seconds, recovered in marks[["id", "seconds", "at_recovered"]].itertuples(index=False):
            found.setdefault(int(number), []).append({"seconds": float(seconds), "recovered": recovered == 1})
    return found
