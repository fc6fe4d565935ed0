"""`Overall`: who is best over all suites, by how much, and how sure: a matrix of methods x suites, ranks and duels.

Only methods that ran on every task are ranked; the others are named with what they lack, unless the tasks that all have
in common are asked for. `srbench_lite.comparing.suite_means` decides how suites and formulas weigh, `rank_intervals`
which ranks are possible, `wins` who beats whom.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from srbench_lite.comparing import caveats
from srbench_lite.comparing.metrics import MAX_NMSE, MIN_NMSE
from srbench_lite.comparing.overall_verdict import Leader, verdict_of
from srbench_lite.comparing.rank_intervals import RankIntervals
from srbench_lite.comparing.runs import RunTable, counted
from srbench_lite.comparing.score_table import COLUMNS, Lack, ScoreTable, score_tables
from srbench_lite.comparing.statistics import Interval, wilson_interval
from srbench_lite.comparing.stopped_runs import stopped_at
from srbench_lite.comparing.suite_means import SuiteMeans, task_weights
from srbench_lite.comparing.wins import Duel, duels
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store

__all__ = ["Cell", "Overall", "OverallTables", "Standing", "SuiteColumn"]


#: Between what the means can lie.
_RANGES: Final = {
    "recovery": Interval(0.0, 1.0), "accuracy": Interval(-float(np.log10(MAX_NMSE)), -float(np.log10(MIN_NMSE))),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What a method has in a suite.

    Attributes:
        value: mean over the tasks: a rate of recovery, 0 to 1, or digits of accuracy.
        interval: its 95 % interval: Wilson's for a rate, a bootstrap's for accuracy; all that there can be for the
            accuracy on one task.
    """

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteColumn:
    """A suite of the matrix.

    Attributes:
        name: its name.
        tasks: number of its tasks.
        shared: number of those whose formula stands in other suites, too.
        weight: share of the suite in the means over all; all sum to 1, and are equal where no formula is shared.
    """

    name: str
    tasks: int
    shared: int
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A line of the matrix.

    Attributes:
        method: its name, with what tells variants apart.
        cells: one a suite, in the order of the table's suites.
        value, interval: mean over all suites, and its 95 % interval.
        rank: 1 is best; equal means share the better rank.
        ranks: the first and the last rank that may be the true one; those of all methods hold at once in 95 of 100
            cases.
        runs: number of its runs.
        statuses: how many of them ended how.
    """

    method: str
    cells: tuple[Cell, ...]
    value: float
    interval: Interval
    rank: int
    ranks: tuple[int, int]
    runs: int
    statuses: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """Standings at one noise level, by one metric.

    Attributes:
        metric: "recovery" or "accuracy"; of both, more is better.
        noise, perturbation: of the runs.
        suites: the columns, by name.
        formulas: number of different formulas.
        standings: the lines, the best first; empty where no method ran on all tasks.
        duels: row against column, in the order of the standings, None on the diagonal.
        lacks: the methods that are not ranked, with what they lack.
        verdict: one sentence on who is best, by how much and how sure.
        remarks: further sentences: on what the ranking rests.
    """

    metric: str
    noise: float
    perturbation: Perturbation
    suites: tuple[SuiteColumn, ...]
    formulas: int
    standings: tuple[Standing, ...]
    duels: tuple[tuple[Duel | None, ...], ...]
    lacks: tuple[Lack, ...]
    verdict: str
    remarks: tuple[str, ...] = ()

    @property
    def tasks(self) -> int:
        """Number of tasks."""
        return sum(suite.tasks for suite in self.suites)

    @classmethod
    def of(cls, table: ScoreTable, *, common: bool = False, seed: int = 0) -> Self:
        """Make it of scores.

        Args:
            table: with at least one task.
            common: rank all methods on the tasks that all ran on, in place of those that ran on all.
            seed: of the resampling.

        Raises:
            UsageError: no task is common to all.
        """
        lacks = () if common else table.lacks
        ranked = table.common() if common else table.complete()
        left_out = len(table.tasks) - len(ranked.tasks)
        means = SuiteMeans.of(ranked.scores, ranked.suite, ranked.formula, seed=seed) if ranked.methods else None
        shared, weights = _shared(ranked), task_weights(ranked.suite, ranked.formula)
        suites = tuple(
            SuiteColumn(
                name=name, tasks=int((ranked.suite == place).sum()), shared=int(shared[ranked.suite == place].sum()),
                weight=float(weights[ranked.suite == place].sum()),
            )
            for place, name in enumerate(ranked.suites)
        )  # fmt: skip
        standings: tuple[Standing, ...] = ()
        fights: tuple[tuple[Duel | None, ...], ...] = ()
        if means is not None:
            intervals = RankIntervals.of(means)
            order = sorted(range(len(ranked.methods)), key=lambda k: (intervals.ranks[k], ranked.methods[k]))
            standings = tuple(_standing(ranked, means, intervals, k) for k in order)
            grid = np.ix_(order, order)
            fights = duels(
                tuple(ranked.methods[k] for k in order), means.formulas[order], intervals.differences[grid],
                intervals.half_width[grid], most=_RANGES[table.metric].high - _RANGES[table.metric].low,
            )  # fmt: skip
        leaders = [Leader(s.method, s.value, s.interval, s.ranks) for s in standings]
        return cls(
            metric=table.metric, noise=table.noise, perturbation=table.perturbation, suites=suites,
            formulas=int(ranked.formula.max()) + 1, standings=standings, duels=fights, lacks=lacks,
            verdict=verdict_of(table.metric, leaders, fights, [s.name for s in suites]),
            remarks=tuple(_remarks(ranked, int(shared.sum()), left_out)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OverallTables:
    """Standings at each noise level and perturbation.

    Attributes:
        tables: by noise and perturbation; at each, tasks with a truth by recovery, then those without by accuracy.
        remarks: sentences on runs that stand nowhere; the last is on claims, where there are any.
        claims: number of verdicts that were not judged here.
    """

    tables: tuple[Overall, ...]
    remarks: tuple[str, ...] = ()
    claims: int = 0

    @classmethod
    def from_store(
        cls, store: Store, *, suites: Sequence[str] = (), methods: Sequence[str] = (), metric: str | None = None,
        common: bool = False, choose: Callable[[RunTable], RunTable] | None = None, at: float | None = None,
        keys: Iterable[str] | None = None,
    ) -> Self:  # fmt: skip
        """Make them from the records of a store.

        Args:
            store: of the records.
            suites, methods: only these; none for all.
            metric: "recovery" or "accuracy", for all tasks that have it; None for what `Overall.metric` says.
            common: rank all methods on the tasks that all ran on.
            choose, at: as for `Leaderboard.from_store`.
            keys: only the records with these keys; None for all.

        Raises:
            UnknownNameError: there is no such metric.
            UsageError: no run has a mark at this second, no task is common to all, or there are too many methods.
        """
        table = RunTable.from_store(store, COLUMNS, suites=suites, methods=methods, keys=keys)
        table = table if choose is None else choose(table)
        progress = {} if at is None else dict(store.progress(table.runs["id"].tolist()))
        return cls._at(table, at, progress, metric=metric, common=common)

    @classmethod
    def from_records(
        cls, records: Iterable[Record], *, metric: str | None = None, common: bool = False,
        choose: Callable[[RunTable], RunTable] | None = None, at: float | None = None,
    ) -> Self:  # fmt: skip
        """Make them from records; all else as for `from_store`."""
        known = list(records)
        table = RunTable.from_records(known, COLUMNS)
        table = table if choose is None else choose(table)
        progress = {number: record.progress for number, record in enumerate(known)}
        return cls._at(table, at, progress, metric=metric, common=common)

    @classmethod
    def from_file(
        cls, records: Iterable[Record], *, metric: str | None = None, common: bool = False,
        choose: Callable[[RunTable], RunTable] | None = None, at: float | None = None,
    ) -> Self:  # fmt: skip
        """Make them from the records of a file, whose verdicts are all claims; all else as for `from_store`."""
        made = cls.from_records(records, metric=metric, common=common, choose=choose, at=at)
        return replace(made, remarks=(*made.remarks[:-1], caveats.file_said(made.claims))) if made.claims else made

    @classmethod
    def _at(
        cls, table: RunTable, at: float | None, progress: Mapping[int, Sequence[Mapping[str, Any]]], *,
        metric: str | None, common: bool,
    ) -> Self:  # fmt: skip
        if at is None:
            return cls.of(table, metric=metric, common=common)
        stopped = stopped_at(table, at, progress)
        made = cls.of(stopped.table, metric=metric, common=common)
        return replace(made, remarks=(*stopped.remarks, *made.remarks))

    @classmethod
    def of(cls, run_table: RunTable, *, metric: str | None = None, common: bool = False) -> Self:
        """Make them from runs that have the columns `COLUMNS`."""
        runs = run_table.runs
        tables = tuple(Overall.of(table, common=common) for table in score_tables(runs, metric))
        judged_here = runs["judged_here"].to_numpy(dtype=np.float64, na_value=math.nan) == 1
        claims = int((runs["complexity"].notna().to_numpy() & ~judged_here).sum())
        said = (f"{caveats.claims_said(claims)}.",) if claims else ()
        return cls(tables=tables, remarks=(*run_table.remarks, *said), claims=claims)


def _shared(table: ScoreTable) -> NDArray[np.bool_]:
    """Return which tasks have a formula that stands in several suites, shape (tasks,)."""
    formula = np.unique(np.column_stack([table.formula, table.suite]), axis=0)[:, 0]
    return np.asarray(np.bincount(formula)[table.formula] > 1)


def _standing(table: ScoreTable, means: SuiteMeans, intervals: RankIntervals, place: int) -> Standing:
    """Return the line of a method."""
    tasks, is_rate, whole = np.bincount(table.suite), table.metric == "recovery", _RANGES[table.metric]
    cells = []
    for suite, value in enumerate(means.suites[place].tolist()):
        rate = wilson_interval(value, int(tasks[suite])) if is_rate else None
        spread = whole if tasks[suite] == 1 else _between(means.resampled_suites[:, place, suite], value)
        cells.append(Cell(value=value, interval=rate or spread))
    value = float(means.means[place])
    interval = _between(means.resampled[:, place], value)
    if is_rate and np.ptp(table.scores[place]) == 0:  # resamples cannot scatter
        interval = wilson_interval(value, max(1, int(means.effective))) or interval
    elif not is_rate and len(means.formula_weights) == 1:
        interval = whole
    return Standing(
        method=table.methods[place], cells=tuple(cells), value=value, interval=interval,
        rank=int(intervals.ranks[place]), ranks=(int(intervals.low[place]), int(intervals.high[place])),
        runs=int(table.runs[place].sum()), statuses=table.statuses[place],
    )  # fmt: skip


def _between(resampled: NDArray[np.float64], value: float) -> Interval:
    """Return the 95 % percentile interval around a value."""
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Interval(min(float(low), value), max(float(high), value))


def _remarks(table: ScoreTable, shared: int, left_out: int) -> Iterator[str]:
    """Say on what the ranking rests."""
    if left_out:
        are = "are" if left_out > 1 else "is"
        yield f"Only tasks that all methods ran on are counted; {counted(left_out, 'task')} {are} left out."
    if shared:
        yield (
            f"{counted(shared, 'task')} of {len(table.tasks):,} have a formula that stands in several suites; there it "
            "counts once, its weight shared among them."
        )
    ends = [
        f"{method} {', '.join(f'{count:,} {status}' for status, count in sorted(counts.items()) if status != 'ok')} "
        f"of {sum(counts.values()):,}"
        for method, counts in zip(table.methods, table.statuses, strict=True)
        if set(counts) - {"ok"}
    ]
    if ends:
        counts_as = "not recovered" if table.metric == "recovery" else "the worst accuracy there is"
        yield f"Runs that did not end ok: {'; '.join(ends)}. Those without a formula count as {counts_as}."
    limits = {
        method: ", ".join(f"{limit:g} s" for limit in own)
        for method, own in zip(table.methods, table.limits, strict=True)
    }
    if len(set(limits.values())) > 1:
        yield f"Time limits differ: {'; '.join(f'{method} {limit}' for method, limit in limits.items())}."
