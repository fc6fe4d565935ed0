"""Records to `Leaderboard`: one row for each suite, noise level, perturbation and method, and one for all suites.

The task is the unit of statistics: seeds are averaged inside a task first. A run that failed counts as not recovered
and ranks last in every median of an error; medians of sizes are over the runs that returned a formula. Over all suites
the formula is the unit: tasks of one formula are averaged first, and only methods that ran on all tasks are shown.

`srbench_lite.comparing.runs` decides which runs count.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from srbench_lite.comparing import caveats
from srbench_lite.comparing.formula_class import formula_classes
from srbench_lite.comparing.runs import RunTable, counted, perturbation_of, perturbation_places
from srbench_lite.comparing.statistics import Interval, median_interval, wilson_interval
from srbench_lite.comparing.stopped_runs import stopped_at
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.record import Record, Status
from srbench_lite.recording.store import Store

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = [
    "ALL_SUITES", "CLAIMED", "LOW_SHARE", "Leaderboard", "Row", "formulas_of", "is_low", "on_all_tasks", "remarks_on",
]  # fmt: skip

#: What stands for all suites together; no suite can be called that.
ALL_SUITES: Final = "all suites"

#: Marks behind a recovery rate that rests on claims, and behind a share of a core that is low.
CLAIMED: Final = "*"
LOW_SHARE: Final = "!"

_COLUMNS: Final = (
    "suite", "task", "method", "noise", "status", "verdict", "recovered", "recovered_srbench",
    "solved_r2", "mse_test", "r2_test", "nmse_test", "mse_far", "r2_far", "nmse_far", "n_far", "y_constant",
    "complexity", "complexity_simplified", "complexity_truth", "seconds", "truth", "stopped", "cpu_seconds",
    "judged_here", "replay_gap", "undefined_train", "method_source", "task_fingerprint", "identifiable",
    "perturbation", "recovered_any", "peak_mb",
)  # fmt: skip

#: Columns of 0 and 1, errors, and sizes that are averaged.
_RATES: Final = ("recovered", "recovered_srbench", "solved_r2", "recovered_any")
_ERRORS: Final = ("r2_test", "nmse_test", "r2_far", "nmse_far")
_SIZES: Final = ("complexity", "complexity_simplified", "complexity_truth")
#: What a fit costs, of which runs that were skipped have nothing.
_COSTS: Final = ("seconds", "cpu_seconds", "peak_mb")
#: What is counted.
_COUNTS: Final = ("any_judged", "judged", "undecided", "by_clock", "claims", "unlike", "undefined")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a leaderboard. A number that does not exist is None.

    Attributes:
        suite, noise, method: what the line is about; `method` carries what tells variants of one method apart.
        tasks, runs, ok: numbers of tasks, of runs, and of runs that ended ok.
        judged: number of runs on tasks with a known truth: those that the recovery rate is about.
        recovery, recovery_interval: share of recovered runs, averaged over tasks, and its 95 % Wilson interval.
        recovery_srbench: the same by the field's published rule.
        undecided: number of runs whose formula could not be judged.
        solved_r2: share of runs with r2_test > 0.999, averaged over the tasks whose truth is not constant.
        r2_test, r2_test_interval, nmse_test, r2_far, nmse_far: medians over tasks of medians over seeds.
        complexity, complexity_simplified, complexity_truth: medians, in nodes.
        seconds: median wall clock of a fit.
        cpu_seconds, peak_mb: medians of its CPU time and of its peak resident memory in MiB, of the whole process tree.
        failures: number of runs by status, those that ended ok left out.
        by_clock: number of runs whose search the clock ended.
        core_share: CPU time over wall clock of the fits, each at most 1; None where no fit began.
        claims: number of runs with scores that were not computed here; None where the runs are those of a file, and so
            all claims.
        unlike, undefined: number of runs whose formula gives other values than the method's own predictions, or is
            undefined on training points of the run.
        formulas: number of different formulas among the tasks, over which the line averages; None in a line of one
            suite, which averages over tasks. A task without a truth counts as a formula.
        perturbation: what was changed of the tasks' points.
        recovered_any: share of runs whose answer or some candidate is the truth, averaged over tasks; a run whose
            candidates were not judged counts with its answer. None where none were judged.
    """

    suite: str
    noise: float
    method: str
    tasks: int
    runs: int
    ok: int
    judged: int
    recovery: float | None
    recovery_interval: Interval | None
    recovery_srbench: float | None
    undecided: int
    solved_r2: float | None
    r2_test: float | None
    r2_test_interval: Interval | None
    nmse_test: float | None
    r2_far: float | None
    nmse_far: float | None
    complexity: float | None
    complexity_simplified: float | None
    complexity_truth: float | None
    seconds: float | None
    failures: Mapping[str, int]
    by_clock: int
    core_share: float | None
    claims: int | None
    unlike: int
    undefined: int
    formulas: int | None = None
    perturbation: Perturbation = field(default_factory=Perturbation)
    recovered_any: float | None = None
    cpu_seconds: float | None = None
    peak_mb: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """Rows, ordered by suite, noise and perturbation, the best method first.

    Attributes:
        rows: the lines, each about one suite.
        overall: lines about all suites together, where there are several at a noise level.
        remarks: sentences for people: on runs that stand in no row, and on what the marks in rows mean.
        at: the second at which each run is looked at as if it had been stopped there; None for runs as they were.
    """

    rows: tuple[Row, ...]
    overall: tuple[Row, ...] = ()
    remarks: tuple[str, ...] = ()
    at: float | None = None

    @classmethod
    def from_store(
        cls,
        store: Store,
        *,
        suites: Sequence[str] = (),
        methods: Sequence[str] = (),
        keys: Iterable[str] | None = None,
        choose: Callable[[RunTable], RunTable] | None = None,
        at: float | None = None,
    ) -> Leaderboard:
        """Make it from all records of a store, or from those of some suites, methods or keys.

        Args:
            store: of the records.
            suites: only these; none for all.
            methods: only these; none for all.
            keys: only these; None for all.
            choose: returns those of the runs that are to be shown, such as `RunTable.identifiable`.
            at: as if each run had been stopped at this second; None for the runs as they were.

        Raises:
            UsageError: no run has a mark at this second.
        """
        table = RunTable.from_store(store, _COLUMNS, suites=suites, methods=methods, keys=keys)
        table = table if choose is None else choose(table)
        return cls._at(table, at, {} if at is None else dict(store.progress(table.runs["id"].tolist())))

    @classmethod
    def from_records(
        cls, records: Iterable[Record], *, choose: Callable[[RunTable], RunTable] | None = None,
        at: float | None = None,
    ) -> Leaderboard:  # fmt: skip
        """Make it from records; `choose` and `at` as for `from_store`."""
        known = list(records)
        table = RunTable.from_records(known, _COLUMNS)
        table = table if choose is None else choose(table)
        return cls._at(table, at, {number: record.progress for number, record in enumerate(known)})

    @classmethod
    def _at(cls, table: RunTable, at: float | None, progress: Mapping[int, Sequence[Mapping[str, Any]]]) -> Leaderboard:
        """Make it from runs as they were, or as if each had been stopped at a second."""
        if at is None:
            return cls.of(table)
        stopped = stopped_at(table, at, progress)
        board = cls.of(stopped.table)
        return replace(board, remarks=(*stopped.remarks, *board.remarks), at=at)

    @classmethod
    def from_file(
        cls, records: Iterable[Record], *, choose: Callable[[RunTable], RunTable] | None = None,
        at: float | None = None,
    ) -> Leaderboard:  # fmt: skip
        """Make it from the records of a file, whose scores are all claims: it says so once, and not in each row."""
        board = cls.from_records(records, choose=choose, at=at)
        claims = sum(row.claims or 0 for row in board.rows)
        others = tuple(remark for remark in board.remarks if not remark.startswith(CLAIMED))
        rows, overall = (tuple(replace(row, claims=None) for row in lines) for lines in (board.rows, board.overall))
        remarks = (*others, caveats.file_said(claims)) if claims else others
        return replace(board, rows=rows, overall=overall, remarks=remarks)

    @classmethod
    def of(cls, run_table: RunTable) -> Leaderboard:
        """Make it from runs that have the columns it needs."""
        runs = run_table.runs
        if not len(runs):
            return cls(rows=(), remarks=run_table.remarks)
        values = _values(runs)
        tasks, place = _by_task(runs, values)
        rows = tuple(sorted(_lines(tasks, place, values), key=_rank))
        together, missing = on_all_tasks(tasks.sort_values("first_run"))
        overall = tuple(sorted(_lines(together.sort_index(), place, values), key=_rank)) if len(together) else ()
        said = (*_overall_said(overall), *missing, *_mixed_code(runs), *remarks_on(rows))
        return cls(rows=rows, overall=overall, remarks=(*run_table.remarks, *said))

    @property
    def suites(self) -> tuple[tuple[str, float], ...]:
        """Every suite and noise level, in order."""
        return tuple(dict.fromkeys((row.suite, row.noise) for row in self.rows))

    @property
    def tables(self) -> tuple[tuple[Row, ...], ...]:
        """The rows of each suite and noise level, in order; those of all suites together come last."""
        found: dict[tuple[str, float], list[Row]] = {}
        for row in (*self.rows, *self.overall):
            found.setdefault((row.suite, row.noise), []).append(row)
        return tuple(tuple(rows) for rows in found.values())


def on_all_tasks(runs: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the runs that stand for all suites together, with the column `formula`; and what is said of the others.

    At each noise level and perturbation with several suites these are the methods that ran on every task of it: rates
    over different tasks say nothing of methods. Tasks of one formula have the same `formula`.
    """
    import pandas as pd

    line, said = ["noise", "perturbation", "method"], []
    stands: set[tuple[Any, ...]] = set()
    cells = runs[[*line, "suite", "task"]].drop_duplicates()
    for (noise, perturbation), level in cells.groupby(["noise", "perturbation"], sort=True, observed=True):
        if level["suite"].nunique() < 2:
            continue
        tasks, every = level.groupby("method", observed=True).size(), level["task"].nunique()
        complete = tasks.index[tasks == every]
        others = sorted(str(name) for name in tasks.index.difference(complete))
        if others and len(complete):
            where = _condition(float(str(noise)), perturbation_of(perturbation))
            said.append(
                f"{ALL_SUITES}, {where}: {', '.join(others)} did not run on all {counted(every, 'task')} and "
                f"{'are' if len(others) > 1 else 'is'} left out; --suite chooses suites."
            )
        stands |= {(noise, perturbation, method) for method in complete}
    lines = runs.groupby(line, observed=True)
    chosen = np.array([key in stands for key in lines.size().index], dtype=np.bool_)
    together = runs if chosen.all() else runs[chosen[lines.ngroup().to_numpy()]]
    suite = pd.Categorical.from_codes(np.zeros(len(together), dtype=np.int64), pd.Index([ALL_SUITES], dtype=object))
    return together.assign(suite=suite, formula=formulas_of(together)), tuple(said)


def formulas_of(runs: pd.DataFrame) -> NDArray[np.int64]:
    """Return a number for each run, shape (n,): the same for runs on tasks of one formula.

    The formula of a task is the truth of its least perturbed run: in other units it is another one for each seed.
    """
    import pandas as pd

    tasks = pd.factorize(runs["task"].cat.codes.to_numpy(), sort=True)[0]
    order = np.argsort(perturbation_places(runs), kind="stable")[::-1]
    first = np.zeros(int(tasks.max(initial=-1)) + 1, dtype=np.int64)
    first[tasks[order]] = order
    truths = runs["truth"].iloc[first].astype(object)
    classes = formula_classes(truths.dropna())
    place = {text: number for number, text in enumerate(classes.values())}
    of_task = [len(classes) + k if truth not in classes else place[classes[truth]] for k, truth in enumerate(truths)]
    return np.array(of_task, dtype=np.int64)[tasks]


def _overall_said(rows: Sequence[Row]) -> Iterator[str]:
    """Say over what the lines of all suites together are averages."""
    if levels := {_condition(row.noise, row.perturbation): row for row in rows}:
        counts = [
            f"{level}: {counted(row.formulas or 0, 'formula')} of {counted(row.tasks, 'task')}"
            for level, row in levels.items()
        ]
        yield (
            f"{ALL_SUITES}: averages over formulas; one that stands in several tasks, whatever its variables are "
            f"called, counts once ({'; '.join(counts)})."
        )


def _condition(noise: float, perturbation: Perturbation) -> str:
    return f"noise {noise:g}, {perturbation}" if perturbation else f"noise {noise:g}"


def _mixed_code(runs: pd.DataFrame) -> Iterator[str]:
    """Say of which methods runs of several codes stand together, as after a part of them was repeated."""
    if len(runs) and "method_source" in runs:
        method, source = runs["method"].cat, runs["method_source"].cat
        kinds = np.unique(method.codes.to_numpy(np.int64) * (len(source.categories) + 1) + source.codes + 1)
        methods, counts = np.unique(kinds // (len(source.categories) + 1), return_counts=True)
        if names := [str(method.categories[place]) for place in methods[counts > 1]]:
            yield (
                f"{', '.join(names)}: runs of different code of the method stand together; `srbench run` repeats those "
                "that are not of its code as it is now."
            )


def remarks_on(rows: Sequence[Row]) -> Iterator[str]:
    """Yield what the marks in rows mean, those that there are."""
    if claims := sum(row.claims or 0 for row in rows):
        yield f"{CLAIMED} {caveats.claims_said(claims)}."
    if low := sorted({row.method for row in rows if is_low(row.core_share)}):
        yield f"{LOW_SHARE} {', '.join(low)} got {caveats.LOW_CORE}."
    for mark, phrase in (("unlike", caveats.UNLIKE), ("undefined", caveats.UNDEFINED)):
        if count := sum(getattr(row, mark) for row in rows):
            yield f"{mark}: {counted(count, 'formula')} {phrase}."


def is_low(core_share: float | None) -> bool:
    """Return whether tables warn of a share of a core."""
    return core_share is not None and core_share < caveats.LEAST_CORE_SHARE


def _rank(row: Row) -> tuple[str, float, tuple[float, ...], float, float, str]:
    return (
        row.suite,
        row.noise,
        row.perturbation.place,
        -(round(row.recovery, 12) if row.recovery is not None else -1.0),
        -(row.r2_test if row.r2_test is not None else -math.inf),
        row.method,
    )


def _values(runs: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return columns of runs, (n,) each, as averages count them: NaN is left out of these."""
    judged = runs["truth"].notna().to_numpy()
    began = (runs["status"] != Status.SKIPPED).to_numpy()
    right = {name: np.nan_to_num(_column(runs, name)) for name in ("recovered", "recovered_srbench", "recovered_any")}
    right["recovered_any"] = np.maximum(right["recovered_any"], right["recovered"])
    return {
        # None is no recovery where there is a truth; where there is none, or a score cannot exist, NaN is left out.
        **{name: np.where(judged, values, np.nan) for name, values in right.items()},
        "any_judged": ~np.isnan(_column(runs, "recovered_any")),
        "solved_r2": np.where(_defined(runs, "r2_test"), np.nan_to_num(_column(runs, "solved_r2")), np.nan),
        **{name: _ranked(runs, name) for name in _ERRORS},
        **{name: _column(runs, name) for name in _SIZES},
        **{name: np.where(began, _column(runs, name), np.nan) for name in _COSTS},
        "judged": judged,
        "undecided": (runs["verdict"] == "undecided").to_numpy(),
        "status": runs["status"].array,
        **caveats.sums_of(runs),
    }


def _by_task(runs: pd.DataFrame, values: Mapping[str, NDArray[Any]]) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """Return the averages of each method on each task at each noise level and perturbation, in the order of these.

    Args:
        runs: at least one.
        values: of them.

    Returns:
        A row for each, with truth and place of the first of its runs; and the row that each run belongs to, (n,).
    """
    import pandas as pd

    number = pd.factorize(runs["noise"], sort=True)[0].astype(np.int64)
    for name in ("perturbation", "method", "task"):
        number = number * len(runs[name].cat.categories) + runs[name].cat.codes.to_numpy()
    place = pd.factorize(number, sort=True)[0]
    first = np.empty(int(place.max()) + 1, dtype=np.int64)
    first[place[::-1]] = np.arange(len(place))[::-1]
    rates = {}
    for name in _RATES:  # means of 0 and 1 are exact, in whatever order they are added
        known = ~np.isnan(values[name])
        with np.errstate(invalid="ignore"):
            rates[name] = np.bincount(place, np.where(known, values[name], 0.0)) / np.bincount(place, known)
    errors = pd.DataFrame({name: values[name] for name in _ERRORS}, copy=False).groupby(place).median()
    keys = runs[["suite", "noise", "perturbation", "method", "task", "truth"]].iloc[first].reset_index(drop=True)
    return keys.assign(first_run=first, **rates, **_arrays(errors)), place


def _lines(tasks: pd.DataFrame, place: NDArray[np.int64], values: Mapping[str, Any]) -> Iterator[Row]:
    """Yield the rows of the leaderboard, in no particular order.

    Args:
        tasks: of `_by_task`, all or some rows, with the column `formula` where tasks of one formula are averaged before
            all others.
        place: of `_by_task`.
        values: of the runs.
    """
    import pandas as pd

    line = ["suite", "noise", "perturbation", "method"]
    by_formula = ["formula"] if "formula" in tasks else []
    tasks = tasks.sort_values([*line, *by_formula], kind="stable")  # the last digit of a mean depends on the order
    of_task = tasks.groupby(line, observed=True).ngroup().to_numpy()
    line_of = np.full(int(place.max()) + 1, -1)
    line_of[tasks.index] = of_task
    of_run = line_of[place]
    if (of_run < 0).any():
        values = {name: column[of_run >= 0] for name, column in values.items()}
        of_run = of_run[of_run >= 0]
    averaged = dict.fromkeys(_RATES, "mean") | dict.fromkeys(_ERRORS, "median")
    units = tasks.groupby([*line, "formula"], observed=True).agg(averaged).reset_index() if by_formula else tasks
    lines = units.groupby(line, observed=True)
    names, count_of_tasks = lines.size(), np.bincount(of_task)
    rate, error = _arrays(lines[[*_RATES]].mean()), _arrays(lines[[*_ERRORS]].median())
    measured = pd.DataFrame({name: values[name] for name in (*_SIZES, *_COSTS, "wall", "core")}, copy=False)
    by_line = measured.groupby(of_run)
    medians, seconds = _arrays(by_line[[*_SIZES, *_COSTS]].median()), _arrays(by_line[["wall", "core"]].sum())
    counts = {name: np.bincount(of_run, values[name]) for name in _COUNTS}
    kinds = values["status"].categories
    ended = np.bincount(of_run * len(kinds) + values["status"].codes, minlength=len(names) * len(kinds))
    statuses = ended.reshape(len(names), len(kinds))
    ends = np.cumsum(names.to_numpy())
    recovered_of, r2_of = units["recovered"].to_numpy(), units["r2_test"].to_numpy()
    for number, (key, count) in enumerate(names.items()):
        suite, noise, perturbation, method = cast("tuple[str, float, str, str]", key)
        own = slice(ends[number] - count, ends[number])
        judged_units = int(np.count_nonzero(~np.isnan(recovered_of[own])))
        r2 = r2_of[own]
        recovery = _number(rate["recovered"][number])
        status = dict(zip(kinds, statuses[number].tolist(), strict=True))
        wall, core = float(seconds["wall"][number]), float(seconds["core"][number])
        yield Row(
            suite=str(suite),
            noise=float(noise),
            method=str(method),
            tasks=int(count_of_tasks[number]),
            runs=sum(status.values()),
            ok=status.get(Status.OK, 0),
            judged=int(counts["judged"][number]),
            recovery=recovery,
            recovery_interval=None if recovery is None else wilson_interval(recovery, judged_units),
            recovery_srbench=_number(rate["recovered_srbench"][number]),
            undecided=int(counts["undecided"][number]),
            solved_r2=_number(rate["solved_r2"][number]),
            r2_test_interval=median_interval(r2[~np.isnan(r2)]),
            **{name: _number(error[name][number]) for name in _ERRORS},
            **{name: _number(medians[name][number]) for name in (*_SIZES, *_COSTS)},
            failures={str(s): status[s] for s in Status if s is not Status.OK and status.get(s, 0)},
            core_share=core / wall if wall > 0 else None,
            by_clock=int(counts["by_clock"][number]),
            claims=int(counts["claims"][number]),
            unlike=int(counts["unlike"][number]),
            undefined=int(counts["undefined"][number]),
            formulas=int(count) if by_formula else None,
            perturbation=perturbation_of(perturbation),
            recovered_any=_number(rate["recovered_any"][number]) if counts["any_judged"][number] else None,
        )


def _column(runs: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return a column of numbers; NaN where the runs were read without it."""
    return runs[name].to_numpy(dtype=np.float64) if name in runs else np.full(len(runs), np.nan)


def _arrays(table: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return the columns of a table: reading single numbers of it is slow."""
    return {str(name): column.to_numpy() for name, column in table.items()}


def _ranked(runs: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Return r2 or nmse with the worst value where a formula is missing or undefined, NaN where it cannot exist."""
    values, worst = _column(runs, name), -math.inf if name.startswith("r2") else math.inf
    return np.where(_defined(runs, name), np.where(np.isnan(values), worst, values), np.nan)


def _defined(runs: pd.DataFrame, name: str) -> NDArray[np.bool_]:
    """Return for which runs r2 or nmse can exist. That depends on the task alone, not on what the method did.

    They cannot where there are no points far out, or where the target is constant; on far points, also where the
    error exists and its ratio to var(y) does not.
    """
    if name.endswith("_test"):
        return np.asarray(_column(runs, "y_constant") != 1)
    unknown = np.isnan(_column(runs, name)) & ~np.isnan(_column(runs, "mse_far"))
    return np.asarray((_column(runs, "n_far") != 0) & ~unknown)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
