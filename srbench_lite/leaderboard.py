"""Records to `Leaderboard`: one row for each suite, noise level and method.

The task is the unit of statistics: seeds are averaged inside a task first. A run that failed counts as not recovered
and ranks last in every median of an error; medians of sizes are over the runs that returned a formula.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.record import Record, Status
from srbench_lite.statistics import Interval, median_interval, wilson_interval
from srbench_lite.store import Store

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Leaderboard", "Row"]

_COLUMNS: Final = (
    "key", "suite", "task", "method", "noise", "seed", "status", "verdict", "recovered", "recovered_srbench",
    "solved_r2", "mse_test", "r2_test", "nmse_test", "mse_far", "r2_far", "nmse_far", "n_far", "complexity",
    "complexity_simplified", "complexity_truth", "seconds", "task_version", "method_version", "parameters",
    "budget_seconds", "budget_memory_mb", "budget_threads", "scoring_version", "truth",
)  # fmt: skip
#: What tells two variants of one method apart, and how each is shown behind the method's name.
_VARIANT: Final = {
    "method_version": "version {}",
    "parameters": "{}",
    "budget_seconds": "{:g} s",
    "budget_memory_mb": "{:g} MiB",
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
        solved_r2: share of runs with r2_test > 0.999.
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
    solved_r2: float
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
        rows = store.rows(_COLUMNS, suites=suites, methods=methods, ordered=False)
        if keys is not None:
            chosen = set(keys)
            rows = [row for row in rows if row[0] in chosen]
        return cls._from_rows(rows)

    @classmethod
    def from_records(cls, records: Iterable[Record]) -> Leaderboard:
        """Make it from records."""
        rows = (record.to_row() for record in records)
        return cls._from_rows([tuple(row[column] for column in _COLUMNS) for row in rows])

    @classmethod
    def _from_rows(cls, rows: Sequence[tuple[Any, ...]]) -> Leaderboard:
        import pandas as pd

        if not rows:
            return cls(rows=())
        frame = pd.DataFrame.from_records(rows, columns=list(_COLUMNS))
        latest = frame.groupby("task")["task_version"].transform("max")
        frame = frame[frame["task_version"] == latest]
        frame["method"] = _labels(frame)
        lines = [
            _row(str(suite), float(str(noise)), str(method), group)
            for (suite, noise, method), group in frame.groupby(["suite", "noise", "method"])
        ]
        return cls(rows=tuple(sorted(lines, key=_rank)))

    @property
    def suites(self) -> tuple[tuple[str, float], ...]:
        """Every suite and noise level, in order."""
        return tuple(dict.fromkeys((row.suite, row.noise) for row in self.rows))


def _rank(row: Row) -> tuple[str, float, float, float, str]:
    return (
        row.suite,
        row.noise,
        -(row.recovery if row.recovery is not None else -1.0),
        -(row.r2_test if row.r2_test is not None else -math.inf),
        row.method,
    )


def _labels(frame: pd.DataFrame) -> pd.Series[str]:
    """Return the methods' names; where a method stands in several variants, with what tells them apart."""
    labels = frame["method"].copy()
    for method, group in frame.groupby("method"):
        differing = [column for column in _VARIANT if group[column].nunique() > 1]
        if not differing:
            continue
        variants = group[differing].drop_duplicates()
        texts = [json.loads(text) for text in variants["parameters"]] if "parameters" in differing else []
        varied = sorted({name for p in texts for name in p if len({json.dumps(q.get(name)) for q in texts}) > 1})
        for values in variants.itertuples(index=False):
            mask = group.index.to_series().map(lambda _: True)
            shown = []
            for column, value in zip(differing, values, strict=True):
                mask &= group[column] == value
                if column == "parameters":
                    parameters = json.loads(value)
                    value = ", ".join(f"{name}={parameters.get(name)}" for name in varied)
                shown.append(_VARIANT[column].format(value))
            labels.loc[mask.index[mask]] = f"{method} [{', '.join(shown)}]"
    return labels


def _row(suite: str, noise: float, method: str, group: pd.DataFrame) -> Row:
    import numpy as np

    ran = group[group["status"] != Status.SKIPPED]
    judged = group[group["truth"].notna()]
    counts = group["status"].value_counts()
    rates = judged["recovered"].fillna(0).astype(float).groupby(judged["task"]).mean()
    compat = judged["recovered_srbench"].fillna(0).astype(float).groupby(judged["task"]).mean()
    r2 = _by_task(group, "r2_test", worst=-math.inf)
    return Row(
        suite=suite,
        noise=noise,
        method=method,
        tasks=int(group["task"].nunique()),
        runs=len(group),
        ok=int(counts.get(Status.OK, 0)),
        judged=len(judged),
        recovery=float(rates.mean()) if len(rates) else None,
        recovery_interval=wilson_interval(float(rates.mean()), len(rates)) if len(rates) else None,
        recovery_srbench=float(compat.mean()) if len(compat) else None,
        undecided=int((group["verdict"] == "undecided").sum()),
        solved_r2=float(group["solved_r2"].fillna(0).astype(float).groupby(group["task"]).mean().mean()),
        r2_test=_finite(r2.median()),
        r2_test_interval=median_interval(np.asarray(r2, dtype=np.float64)),
        nmse_test=_finite(_by_task(group, "nmse_test", worst=math.inf).median()),
        r2_far=_finite(_by_task(group, "r2_far", worst=-math.inf).median()),
        nmse_far=_finite(_by_task(group, "nmse_far", worst=math.inf).median()),
        complexity=_finite(group["complexity"].astype(float).median()),
        complexity_simplified=_finite(group["complexity_simplified"].astype(float).median()),
        complexity_truth=_finite(group["complexity_truth"].astype(float).median()),
        seconds=_finite(ran["seconds"].median()),
        failures={str(s): int(counts[s]) for s in Status if s is not Status.OK and counts.get(s, 0)},
    )


def _by_task(group: pd.DataFrame, column: str, *, worst: float) -> pd.Series[float]:
    """Median over seeds of r2 or nmse, one number a task; a run without a finite error counts as `worst`.

    Runs whose score cannot exist are left out: there are no points far out, or the truth is constant there (the error
    exists, its ratio to var(y) does not).
    """
    kind = column.rpartition("_")[2]
    defined = group[column].notna() | group[f"mse_{kind}"].isna()
    if kind == "far":
        defined &= group["n_far"] != 0
    chosen = group[defined]
    return chosen[column].astype(float).fillna(worst).groupby(chosen["task"]).median()


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
