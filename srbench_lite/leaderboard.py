"""Records to `Leaderboard`: one row for each suite, noise level and method.

The task is the unit of statistics: seeds are averaged inside a task first. A run that failed counts as not recovered
and ranks last in every median of an error; medians of sizes are over the runs that returned a formula.

Runs on an older definition of a task are left out. So are runs that an older version of the scoring has judged than
the newest among them: verdicts of two judges never stand in one leaderboard.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.record import Record, Status
from srbench_lite.statistics import Interval, median_interval, wilson_interval
from srbench_lite.store import Store

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Leaderboard", "Row", "scoring_age"]

_COLUMNS: Final = (
    "suite", "task", "method", "noise", "seed", "status", "verdict", "recovered", "recovered_srbench",
    "solved_r2", "mse_test", "r2_test", "nmse_test", "mse_far", "r2_far", "nmse_far", "n_far", "y_constant",
    "complexity", "complexity_simplified", "complexity_truth", "seconds", "task_version", "method_version",
    "parameters", "budget_seconds", "budget_memory_mb", "budget_threads", "scoring_version", "truth",
    "task_fingerprint", "started_at",
)  # fmt: skip
#: What tells two variants of one method apart, and how each is shown behind the method's name.
_VARIANT: Final = {
    "method_version": "version {}",
    "parameters": "{}",
    "budget_seconds": "{} s",
    "budget_memory_mb": "{} MiB",
    "budget_threads": "{} threads",
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
    """Rows, ordered by suite and noise, the best method first.

    Attributes:
        rows: the lines.
        left_out: number of runs on older definitions of a task, which stand in no row.
        scored_otherwise: number of the other runs whose scores are of an older version of the scoring than the
            newest among them; they stand in no row either, until `srbench rescore` has judged them again.
    """

    rows: tuple[Row, ...]
    left_out: int = 0
    scored_otherwise: int = 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """One sentence for each kind of runs that stand in no row, for people."""
        said = []
        if self.left_out:
            said.append(f"{self.left_out} runs on older definitions of their tasks are left out.")
        if self.scored_otherwise:
            said.append(
                f"{self.scored_otherwise} runs scored by an older version are left out; "
                "`srbench rescore` judges them again."
            )
        return tuple(said)

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
        import pandas as pd

        if not rows:
            return cls(rows=())
        defined = _current(rows)
        current = _newest_scoring(defined)
        columns = dict(zip(_COLUMNS, zip(*current, strict=True), strict=True))
        measured = {name: values for name, values in columns.items() if name not in _VARIANT}
        runs = pd.DataFrame(measured | {"method": _labels(columns)})
        return cls(
            rows=tuple(sorted(_lines(runs), key=_rank)), left_out=len(rows) - len(defined),
            scored_otherwise=len(defined) - len(current),
        )  # fmt: skip

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


def _current(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the runs on the newest definition of each task: the highest version, and of that the last one run."""
    task, fingerprint = _COLUMNS.index("task"), _COLUMNS.index("task_fingerprint")
    version, started = _COLUMNS.index("task_version"), _COLUMNS.index("started_at")
    newest: dict[str, tuple[int, str, str]] = {}
    for row in rows:
        age = (row[version], row[started], row[fingerprint])
        if row[task] not in newest or age > newest[row[task]]:
            newest[row[task]] = age
    return [row for row in rows if row[fingerprint] == newest[row[task]][2]]


def _newest_scoring(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the runs that the newest version of the scoring among them has judged."""
    version = _COLUMNS.index("scoring_version")
    newest = max({row[version] for row in rows}, key=scoring_age)
    return [row for row in rows if row[version] == newest]


def scoring_age(version: str) -> tuple[tuple[int, ...], str]:
    """Return what orders versions of the scoring, the oldest first: `1.9` comes before `1.10`."""
    return tuple(int(number) for number in re.findall("[0-9]{1,9}", version)), version


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


def _lines(runs: pd.DataFrame) -> Iterator[Row]:
    """Yield the rows of the leaderboard, in no particular order."""
    line = ["suite", "noise", "method"]
    judged = runs["truth"].notna()
    runs = runs.assign(
        # None is no recovery where there is a truth; where there is none, or a score cannot exist, NaN is left out.
        **{name: runs[name].astype(float).fillna(0.0).where(judged) for name in ("recovered", "recovered_srbench")},
        solved_r2=runs["solved_r2"].astype(float).fillna(0.0).where(_defined(runs, "r2_test")),
        **{name: _ranked(runs, name) for name in ("r2_test", "nmse_test", "r2_far", "nmse_far")},
        **{name: runs[name].astype(float) for name in ("complexity", "complexity_simplified", "complexity_truth")},
        seconds=runs["seconds"].where(runs["status"] != Status.SKIPPED),
        judged=judged,
        undecided=runs["verdict"] == "undecided",
    )
    rates, errors = ["recovered", "recovered_srbench", "solved_r2"], ["r2_test", "nmse_test", "r2_far", "nmse_far"]
    by_task = runs.groupby([*line, "task"]).agg(dict.fromkeys(rates, "mean") | dict.fromkeys(errors, "median"))
    groups = runs.groupby(line)
    medians = groups[["complexity", "complexity_simplified", "complexity_truth", "seconds"]].median()
    counts = groups[["judged", "undecided"]].sum()
    statuses = runs.groupby([*line, "status"]).size().unstack(fill_value=0)
    for (suite, noise, method), tasks in by_task.groupby(level=line):
        key: Any = (str(suite), float(str(noise)), str(method))
        median, count, status = medians.loc[key], counts.loc[key], statuses.loc[key]
        recovered, r2 = tasks["recovered"].dropna(), tasks["r2_test"].dropna()
        rate = _number(recovered.mean())
        yield Row(
            suite=key[0],
            noise=key[1],
            method=key[2],
            tasks=len(tasks),
            runs=int(status.sum()),
            ok=int(status.get(Status.OK, 0)),
            judged=int(count["judged"]),
            recovery=rate,
            recovery_interval=None if rate is None else wilson_interval(rate, len(recovered)),
            recovery_srbench=_number(tasks["recovered_srbench"].mean()),
            undecided=int(count["undecided"]),
            solved_r2=_number(tasks["solved_r2"].mean()),
            r2_test=_number(r2.median()),
            r2_test_interval=median_interval(r2.to_numpy()),
            nmse_test=_number(tasks["nmse_test"].median()),
            r2_far=_number(tasks["r2_far"].median()),
            nmse_far=_number(tasks["nmse_far"].median()),
            complexity=_number(median["complexity"]),
            complexity_simplified=_number(median["complexity_simplified"]),
            complexity_truth=_number(median["complexity_truth"]),
            seconds=_number(median["seconds"]),
            failures={str(s): int(status[s]) for s in Status if s is not Status.OK and status.get(s, 0)},
        )


def _ranked(runs: pd.DataFrame, name: str) -> pd.Series[float]:
    """Return r2 or nmse with the worst value where a formula is missing or undefined, NaN where it cannot exist."""
    worst = -math.inf if name.startswith("r2") else math.inf
    return runs[name].astype(float).fillna(worst).where(_defined(runs, name))


def _defined(runs: pd.DataFrame, name: str) -> pd.Series[bool]:
    """Say for which runs r2 or nmse can exist: whatever the method did, not where it depends on the task alone.

    They cannot where there are no points far out, or where the target is constant; on far points, also where the
    error exists and its ratio to var(y) does not.
    """
    if name.endswith("_test"):
        return runs["y_constant"].astype(float) != 1
    return (runs["n_far"].astype(float) != 0) & (runs[name].notna() | runs["mse_far"].isna())


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
