"""`costs_of`: what each method costs: seconds, CPU, memory, and how long until it has recovered half of the tasks.

How long follows from the marks of the runs (`srbench_lite.recording.progress`): a run has recovered the truth from the
first mark on at which its formula is the truth, or from its end on where that was earlier. So each second is an upper
bound, and the method may have been there a little sooner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SHARES", "Cost", "Reach", "costs_of", "reach_of"]

Array = NDArray[np.float64]

#: Shares of the tasks until whose recovery the seconds are counted.
SHARES: Final = (0.5, 0.9)
_ROUNDING: Final = 1e-9  # of sums of weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """When a method had recovered a share of the tasks.

    Attributes:
        share: of the tasks, 0 to 1.
        seconds: wall clock of a fit after which it had; None where it never did.
        earliest, latest: when the upper and the lower bound of the recovery rate's 95 % Wilson interval had; None where
            that bound never did.
    """

    share: float
    seconds: float | None
    earliest: float | None
    latest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the runs of a method cost. Medians are over runs that began.

    Attributes:
        method: its name.
        runs: that began: skipped ones did not.
        seconds: median wall clock of a fit.
        cpu_seconds: median CPU time of a fit, its processes included.
        peak_mb: median of the peak resident memory of a fit, MiB; None where it is not known.
        largest_mb: the largest of them.
        traced: number of formulas whose runs have marks, over which `reach` is; of one suite these are tasks.
        reach: for each of `SHARES`; empty where no run has marks, or no task has a truth.
    """

    method: str
    runs: int
    seconds: float | None
    cpu_seconds: float | None
    peak_mb: float | None
    largest_mb: float | None
    traced: int
    reach: tuple[Reach, ...]


def costs_of(
    runs: pd.DataFrame, judged: pd.DataFrame, progress: Mapping[int, Sequence[Mapping[str, Any]]]
) -> tuple[Cost, ...]:
    """Return the cost of each method, in the order of names.

    Args:
        runs: with `method`, `status`, `seconds`, `cpu_seconds` and `peak_mb`.
        judged: those with a truth, of `srbench_lite.comparing.breakdown.judged_runs`, with `id` and `seconds`, too.
        progress: what the records say of their marks, by the `id` of the run.
    """
    began = runs[runs["status"] != Status.SKIPPED]
    traced = judged[judged["id"].isin([number for number, entries in progress.items() if entries])]
    found = []
    for method in sorted(runs["method"].unique()):
        own = began[began["method"] == method]
        with_marks = traced[traced["method"] == method]
        memory = own["peak_mb"].astype(float).dropna()
        found.append(
            Cost(
                method=str(method), runs=len(own), seconds=_median(own["seconds"]),
                cpu_seconds=_median(own["cpu_seconds"]), peak_mb=_median(memory),
                largest_mb=float(memory.max()) if len(memory) else None,
                traced=int(with_marks["formula"].nunique()), reach=reach_of(with_marks, progress),
            )
        )  # fmt: skip
    return tuple(found)


def _median(values: pd.Series[float]) -> float | None:
    known = values.astype(float).dropna()
    return float(known.median()) if len(known) else None


def reach_of(
    runs: pd.DataFrame, progress: Mapping[int, Sequence[Mapping[str, Any]]], shares: Sequence[float] = SHARES
) -> tuple[Reach, ...]:
    """Return when the recovery rate of runs first reached each share; nothing without runs.

    The rate at a second is an average over formulas, tasks and seeds, as in the leaderboard.

    Args:
        runs: of one method, with `id`, `formula`, `task`, `seconds` and `solved`, each with marks.
        progress: what the records say of their marks, by the `id` of the run.
        shares: of the tasks, above 0.
    """
    if not len(runs):
        return ()
    weights = _weights(runs)
    times, steps = [0.0], [0.0]
    for number, end, solved, weight in zip(
        runs["id"].tolist(), runs["seconds"].tolist(), runs["solved"].tolist(), weights.tolist(), strict=True
    ):
        for second, change in _changes(progress[int(number)], float(end), bool(solved)):
            times.append(second)
            steps.append(change * weight)
    seconds, places = np.unique(np.array(times), return_inverse=True)
    rates: Array = np.clip(np.cumsum(np.bincount(places, weights=np.array(steps))), 0.0, 1.0).astype(np.float64)
    bounds = [wilson_interval(rate, int(runs["formula"].nunique())) for rate in rates.tolist()]
    low = np.array([interval.low for interval in bounds if interval is not None])
    high = np.array([interval.high for interval in bounds if interval is not None])
    return tuple(
        Reach(
            share=share, seconds=_first(seconds, rates, share), earliest=_first(seconds, high, share),
            latest=_first(seconds, low, share),
        )
        for share in shares
    )  # fmt: skip


def _weights(runs: pd.DataFrame) -> Array:
    """Return the weight of each run in an average over seeds, then tasks, then formulas, (n,)."""
    seeds = runs.groupby(["formula", "task"], observed=True)["id"].transform("size").to_numpy(dtype=np.float64)
    tasks = runs.groupby("formula", observed=True)["task"].transform("nunique").to_numpy(dtype=np.float64)
    return np.asarray(1.0 / (seeds * tasks * float(runs["formula"].nunique())), dtype=np.float64)


def _changes(entries: Iterable[Mapping[str, Any]], end: float, solved: bool) -> Iterable[tuple[float, int]]:
    """Yield the seconds at which a run came to have the truth (1) or gave it up again (-1)."""
    had = False
    for entry in entries:
        is_over = entry["seconds"] >= end
        has = solved if is_over else bool(entry["recovered"])
        if has != had:
            yield (min(entry["seconds"], end) if is_over else entry["seconds"]), 1 if has else -1
        had = has
        if is_over:
            return


def _first(seconds: Array, values: Array, share: float) -> float | None:
    """Return the first second at which a value is as large as a share."""
    places = np.flatnonzero(values >= share - _ROUNDING)
    return float(seconds[places[0]]) if len(places) else None
