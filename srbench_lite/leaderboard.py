"""Records to `Leaderboard`: one row for each suite, noise level and method.

The task is the unit of statistics: seeds are averaged inside a task first. A run that failed counts as not recovered
and ranks last in every median of an error; medians of sizes are over the runs that returned a formula.
"""

from __future__ import annotations

import json
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from srbench_lite.record import Record, Status
from srbench_lite.statistics import Interval, median_interval, wilson_interval
from srbench_lite.store import Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Leaderboard", "Row"]

T = TypeVar("T", bound=Hashable)

_COLUMNS: Final = (
    "suite", "task", "method", "noise", "seed", "status", "verdict", "recovered", "recovered_srbench",
    "solved_r2", "mse_test", "r2_test", "nmse_test", "mse_far", "r2_far", "nmse_far", "n_far", "complexity",
    "complexity_simplified", "complexity_truth", "seconds", "task_version", "method_version", "parameters",
    "budget_seconds", "budget_memory_mb", "budget_threads", "scoring_version", "truth",
)  # fmt: skip
#: What tells two variants of one method apart, and how each is shown behind the method's name.
_VARIANT: Final = {
    "method_version": "version {}",
    "parameters": "{}",
    "budget_seconds": "{} s",
    "budget_memory_mb": "{} MiB",
    "budget_threads": "{} threads",
    "scoring_version": "scoring {}",
}


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
        failures: number of runs by status, those that ended ok left out.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """Rows, ordered by suite and noise, the best method first."""

    rows: tuple[Row, ...]

    @classmethod
    def from_store(
        cls, store: Store, *, suites: Sequence[str] = (), methods: Sequence[str] = (), keys: Iterable[str] | None = None
    ) -> Leaderboard:
        """Make it from all records of a store, or from those of some suites, methods or keys."""
        if keys is None:
            return cls._from_rows(store.rows(_COLUMNS, suites=suites, methods=methods, ordered=False))
        chosen = set(keys)
        rows = store.rows((*_COLUMNS, "key"), suites=suites, methods=methods, ordered=False)
        return cls._from_rows([row[:-1] for row in rows if row[-1] in chosen])

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> Leaderboard:
        """Make it from records."""
        rows = (record.to_row() for record in records)
        return cls._from_rows([tuple(row[column] for column in _COLUMNS) for row in rows])

    @classmethod
    def _from_rows(cls, rows: Sequence[tuple[Any, ...]]) -> Leaderboard:
        task, version = _COLUMNS.index("task"), _COLUMNS.index("task_version")
        latest: dict[str, int] = {}
        for row in rows:
            latest[row[task]] = max(row[version], latest.get(row[task], 0))
        current = [row for row in rows if row[version] == latest[row[task]]]
        if not current:
            return cls(rows=())
        columns = dict(zip(_COLUMNS, zip(*current, strict=True), strict=True))
        return cls(rows=tuple(sorted(_Runs(columns).lines(), key=_rank)))

    @property
    def suites(self) -> tuple[tuple[str, float], ...]:
        """Every suite and noise level, in order."""
        return tuple(dict.fromkeys((row.suite, row.noise) for row in self.rows))


def _rank(row: Row) -> tuple[str, float, float, float, str]:
    return (
        row.suite,
        row.noise,
        -(round(row.recovery, 12) if row.recovery is not None else -1.0),
        -(row.r2_test if row.r2_test is not None else -math.inf),
        row.method,
    )


def _labels(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return each run's method; where a method stands in several variants, with what tells them apart."""
    runs = list(zip(columns["method"], *(columns[name] for name in _VARIANT), strict=True))
    variants: dict[str, list[dict[str, Any]]] = {}
    for method, *values in dict.fromkeys(runs):
        variants.setdefault(method, []).append(dict(zip(_VARIANT, values, strict=True)))
    labels: dict[tuple[Any, ...], str] = {}
    for method, several in variants.items():
        differing = [name for name in _VARIANT if len({variant[name] for variant in several}) > 1]
        parameters = [json.loads(variant["parameters"]) for variant in several]
        varied = [
            name
            for name in sorted({name for p in parameters for name in p})
            if len({json.dumps(p.get(name)) for p in parameters}) > 1
        ]
        for variant, values in zip(several, parameters, strict=True):
            shown = variant | {"parameters": ", ".join(f"{name}={values.get(name)}" for name in varied)}
            texts = [_VARIANT[name].format(_short(shown[name])) for name in differing]
            labels[method, *variant.values()] = f"{method} [{', '.join(texts)}]" if texts else method
    return [labels[run] for run in runs]


def _short(value: Any) -> Any:
    """Return 60 for 60.0; a number that needs more than six digits keeps them."""
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else value


class _Runs:
    """The columns of all runs as arrays, and two groupings: lines, and units (the seeds of one task in a line)."""

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        import numpy as np

        self._columns = columns
        keys = zip(columns["suite"], columns["noise"], _labels(columns), strict=True)
        self.line, self.names = _codes(list(keys))  # (n,): which line each run belongs to
        self.unit, units = _codes(list(zip(self.line.tolist(), columns["task"], strict=True)))  # (n,)
        self.line_of_unit = np.array([line for line, _ in units], dtype=np.int64)  # (units,)

    def lines(self) -> list[Row]:
        """Return the rows of the leaderboard, in no particular order."""
        import numpy as np

        status = np.array([str(status) for status in self._columns["status"]])
        judged = np.array([truth is not None for truth in self._columns["truth"]])
        undecided = np.array([verdict == "undecided" for verdict in self._columns["verdict"]])
        every = np.ones(len(status), dtype=bool)
        seconds = self._medians("seconds", status != Status.SKIPPED)
        sizes = {n: self._medians(n, every) for n in ("complexity", "complexity_simplified", "complexity_truth")}
        rates = {n: self._rates(n, judged) for n in ("recovered", "recovered_srbench")}
        rates["solved_r2"] = self._rates("solved_r2", self._defined("r2_test"))
        errors = {n: self._errors(n) for n in ("r2_test", "nmse_test", "r2_far", "nmse_far")}
        counts = {s: self._count(status == s) for s in Status}
        runs, judged_runs, undecided_runs = (self._count(mask) for mask in (every, judged, undecided))
        rows = []
        for i, (suite, noise, method) in enumerate(self.names):
            recovery = rates["recovered"][i]
            rate = _mean(recovery)
            rows.append(
                Row(
                    suite=str(suite),
                    noise=float(noise),
                    method=str(method),
                    tasks=int(np.count_nonzero(self.line_of_unit == i)),
                    runs=int(runs[i]),
                    ok=int(counts[Status.OK][i]),
                    judged=int(judged_runs[i]),
                    recovery=rate,
                    recovery_interval=None if rate is None else wilson_interval(rate, len(recovery)),
                    recovery_srbench=_mean(rates["recovered_srbench"][i]),
                    undecided=int(undecided_runs[i]),
                    solved_r2=_mean(rates["solved_r2"][i]),
                    r2_test=_median(errors["r2_test"][i]),
                    r2_test_interval=median_interval(errors["r2_test"][i]),
                    nmse_test=_median(errors["nmse_test"][i]),
                    r2_far=_median(errors["r2_far"][i]),
                    nmse_far=_median(errors["nmse_far"][i]),
                    complexity=_finite(sizes["complexity"][i]),
                    complexity_simplified=_finite(sizes["complexity_simplified"][i]),
                    complexity_truth=_finite(sizes["complexity_truth"][i]),
                    seconds=_finite(seconds[i]),
                    failures={str(s): int(n[i]) for s, n in counts.items() if s is not Status.OK and n[i]},
                )
            )
        return rows

    def _column(self, name: str) -> NDArray[np.float64]:
        """One column, shape (n,); NaN where there is no number."""
        import numpy as np

        return np.array(self._columns[name], dtype=np.float64)

    def _count(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Number of chosen runs in each line, shape (lines,)."""
        import numpy as np

        return np.bincount(self.line[mask], minlength=len(self.names))

    def _medians(self, name: str, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Median of a column over the chosen runs of each line that have the number, shape (lines,)."""
        import numpy as np

        values = self._column(name)
        mask = mask & ~np.isnan(values)
        return _group_medians(values[mask], self.line[mask], len(self.names))

    def _rates(self, name: str, mask: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
        """For each line, the share of true values in each of its tasks, over the chosen runs; none is no."""
        import numpy as np

        chosen = self.unit[mask]
        counts = np.bincount(chosen, minlength=len(self.line_of_unit))
        hits = np.bincount(chosen, np.nan_to_num(self._column(name)[mask]), minlength=len(self.line_of_unit))
        return self._by_line(np.divide(hits, counts, out=np.full(len(counts), np.nan), where=counts > 0))

    def _errors(self, name: str) -> list[NDArray[np.float64]]:
        """For each line, the medians over seeds of r2 or nmse, one a task; a run without a finite error is worst."""
        import numpy as np

        mask = self._defined(name)
        worst = -math.inf if name.startswith("r2") else math.inf
        values = np.nan_to_num(self._column(name)[mask], nan=worst, posinf=math.inf, neginf=-math.inf)
        return self._by_line(_group_medians(values, self.unit[mask], len(self.line_of_unit)))

    def _defined(self, name: str) -> NDArray[np.bool_]:
        """Whether r2 or nmse can exist, shape (n,).

        It cannot where there are no points far out, or the truth is constant (the error exists, its ratio to var(y)
        does not).
        """
        import numpy as np

        kind = name.rpartition("_")[2]
        defined = ~np.isnan(self._column(name)) | np.isnan(self._column(f"mse_{kind}"))
        return defined & (self._column("n_far") != 0) if kind == "far" else defined

    def _by_line(self, values: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Deal numbers of units, shape (units,), out to their lines; NaN is left out."""
        import numpy as np

        there = ~np.isnan(values)
        return [values[there & (self.line_of_unit == i)] for i in range(len(self.names))]


def _codes(values: Sequence[T]) -> tuple[NDArray[np.int64], list[T]]:
    """Number distinct values in the order in which they occur: a number for each value, and the distinct ones."""
    import numpy as np

    numbers: dict[T, int] = {}
    codes = [numbers.setdefault(value, len(numbers)) for value in values]
    return np.array(codes, dtype=np.int64), list(numbers)


def _group_medians(values: NDArray[np.float64], groups: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """Median of each of n groups, shape (n,); NaN where a group is empty."""
    import numpy as np

    ranked = values[np.lexsort((values, groups))]
    counts = np.bincount(groups, minlength=n)
    starts = np.cumsum(counts) - counts
    medians = np.full(n, np.nan)
    full = counts > 0
    low, high = (starts + (counts - 1) // 2)[full], (starts + counts // 2)[full]
    medians[full] = 0.5 * ranked[low] + 0.5 * ranked[high]
    return medians


def _mean(values: NDArray[np.float64]) -> float | None:
    return math.fsum(values) / len(values) if len(values) else None  # the same in whatever order the runs come


def _median(values: NDArray[np.float64]) -> float | None:
    import numpy as np

    return _finite(_group_medians(values, np.zeros(len(values), dtype=np.int64), 1)[0])


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
