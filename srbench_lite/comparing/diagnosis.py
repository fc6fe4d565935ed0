"""`Diagnosis`: where methods fail, how they degrade and what they cost: all that `srbench breakdown` prints.

`srbench_lite.comparing.runs` decides which runs count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from srbench_lite.comparing.breakdown import TRAITS, Breakdown, break_down, judged_runs
from srbench_lite.comparing.condition import Condition, choose_condition, on_common_tasks, runs_under
from srbench_lite.comparing.cost import Cost, costs_of
from srbench_lite.comparing.degradation import SETTINGS, Degradation, NoCurve, degradation
from srbench_lite.comparing.misses import miss_breakdown, other_functions
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.solvers import Solvers, solvers_of
from srbench_lite.errors import UsageError
from srbench_lite.recording.record import Record

if TYPE_CHECKING:
    from srbench_lite.recording.store import Store

__all__ = ["PARTS", "Diagnosis", "TaskFacts"]

#: What a diagnosis may have, as users write it, in the order of tables -> what it is.
PARTS: Final = {
    **TRAITS, "miss": "how runs ended", **SETTINGS, "cost": "seconds, CPU, memory, and time to recover half",
    "tasks": "tasks that nobody, or only one method, recovered",
}  # fmt: skip
_COLUMNS: Final = (
    "suite", "task", "task_fingerprint", "method", "noise", "perturbation", "status", "verdict", "recovered", "truth",
    "nmse_test", "y_constant", "seconds", "cpu_seconds", "peak_mb", "identifiable",
)  # fmt: skip


class TaskFacts(NamedTuple):
    """What records do not say of a task: its tags, and how many training points it has itself."""

    tags: tuple[str, ...]
    n_train: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Where methods fail, how they degrade and what they cost.

    Attributes:
        condition: the noise level and perturbation of everything but the curves; None without runs.
        breakdowns: tables of recovery by traits and tags, and of how runs ended.
        degradations: curves over settings that have several levels.
        costs: of each method.
        tasks: by which methods each was recovered; those of all suites that were chosen.
        remarks: sentences for people: what was left out, and why.
    """

    condition: Condition | None
    breakdowns: tuple[Breakdown, ...] = ()
    degradations: tuple[Degradation, ...] = ()
    costs: tuple[Cost, ...] = ()
    tasks: tuple[Solvers, ...] = ()
    remarks: tuple[str, ...] = ()

    @classmethod
    def from_store(
        cls, store: Store, parts: Collection[str] = tuple(PARTS), *, suites: Sequence[str] = (),
        methods: Sequence[str] = (), not_shown: Collection[str] | None = None, **choice: Any,
    ) -> Diagnosis:  # fmt: skip
        """Make it from the records of a store, or from those of some suites and methods.

        Args:
            store: of the records.
            parts: what it is to have, names of `PARTS`.
            suites, methods: only these; none for all.
            not_shown: where given, tasks whose points cannot show the truth are left out: those with these
                fingerprints, and those whose records say so.
            choice: `noise`, `perturbation`, `common` and `facts`, as for `of`.

        Raises:
            UsageError: no run has the noise level or the perturbation.
        """
        with store.snapshot():
            table = RunTable.from_store(store, _COLUMNS, suites=suites, methods=methods)
            table = table if not_shown is None else table.identifiable(not_shown)
            runs = table.runs
            ids = runs["id"].to_numpy()[other_functions(runs)].tolist() if "miss" in parts and len(runs) else []
            formulas = {number: formula for number, (formula, _) in store.formulas(ids).items()}
            progress = dict(store.progress(runs["id"].tolist())) if "cost" in parts else {}
        return cls.of(table, formulas, progress, parts, **choice)

    @classmethod
    def from_records(
        cls, records: Iterable[Record], parts: Collection[str] = tuple(PARTS), *,
        not_shown: Collection[str] | None = None, **choice: Any,
    ) -> Diagnosis:  # fmt: skip
        """Make it from records; the arguments are as for `from_store`."""
        known = list(records)
        table = RunTable.from_records(known, _COLUMNS)
        table = table if not_shown is None else table.identifiable(not_shown)
        formulas = {number: record.expression for number, record in enumerate(known)}
        progress = {number: record.progress for number, record in enumerate(known)}
        return cls.of(table, formulas, progress, parts, **choice)

    @classmethod
    def of(
        cls, table: RunTable, formulas: Mapping[int, str | None],
        progress: Mapping[int, Sequence[Mapping[str, Any]]], parts: Collection[str] = tuple(PARTS), *,
        noise: float | None = None, perturbation: str | None = None, common: bool = False,
        facts: Mapping[str, TaskFacts] | None = None,
    ) -> Diagnosis:  # fmt: skip
        """Make it from runs that count.

        Args:
            table: of the runs.
            formulas: what they found, by the `id` of the run.
            progress: what they had at their marks, by the `id` of the run.
            parts: what it is to have, names of `PARTS`.
            noise, perturbation: what tables are about, as for `srbench_lite.comparing.condition.choose_condition`.
            common: leave out tasks that some method did not run on; of curves, those that some method with several
                levels did not run on at each of its levels.
            facts: of tasks by their fingerprints, where they are known.

        Raises:
            UsageError: no run has the noise level or the perturbation, or no task is common to all methods.
        """
        if not len(table.runs):
            return cls(condition=None, remarks=table.remarks)
        facts = facts or {}
        condition = choose_condition(table.runs, noise, perturbation)
        runs, said = runs_under(table.runs, condition)
        if common:
            known = runs["method"].nunique()
            runs, further = on_common_tasks(runs)
            said = (*said, *further)
            if not len(runs):
                raise UsageError(
                    f"--common: no task was run by all {known} methods at {condition}; choose with --method or --suite"
                )
        judged, unjudged = judged_runs(runs)
        remarks = [*table.remarks, *said, *unjudged]
        tables, curves = [], []
        if len(judged):
            tags = {fingerprint: fact.tags for fingerprint, fact in facts.items()}
            tables = [break_down(judged, by, tags) for by in TRAITS if by in parts]
            tables += [miss_breakdown(judged, formulas)] if "miss" in parts else []
        remarks += dict.fromkeys(remark for one in tables for remark in one.remarks)
        without = []
        for by in SETTINGS:
            if by in parts:
                own = {fingerprint: fact.n_train for fingerprint, fact in facts.items()}
                curve = degradation(table.runs, by, condition, own, common=common)
                if isinstance(curve, NoCurve):
                    without.append(str(curve))
                else:
                    curves.append(curve)
                    remarks += curve.remarks
        remarks += [f"No curves: {'; '.join(without)}."] if without else []
        return cls(
            condition=condition, breakdowns=tuple(tables), degradations=tuple(curves),
            costs=costs_of(runs, judged, progress) if "cost" in parts else (),
            tasks=solvers_of(judged) if "tasks" in parts and len(judged) else (), remarks=tuple(remarks),
        )  # fmt: skip
