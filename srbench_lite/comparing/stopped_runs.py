"""`stopped_at`: runs as they would be had each been stopped at a second, from what their records say of its mark."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from srbench_lite.comparing.runs import RunTable, counted
from srbench_lite.errors import UsageError
from srbench_lite.judging.scoring import SOLVED_R2
from srbench_lite.judging.verdict import RECOVERED_SRBENCH
from srbench_lite.recording.record import Status

__all__ = ["StoppedRuns", "stopped_at"]

#: Columns that are unknown of a formula on the way.
_UNKNOWN = ("mse_far", "r2_far", "nmse_far", "replay_gap", "undefined_train", "complexity_simplified", "recovered_any")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedRuns:
    """Runs as they would be, and what is to be said of them.

    Attributes:
        table: the runs.
        remarks: sentences for people.
    """

    table: RunTable
    remarks: tuple[str, ...]


def stopped_at(table: RunTable, seconds: float, progress: Mapping[int, Sequence[Mapping[str, Any]]]) -> StoppedRuns:
    """Return the runs as they would be had each been stopped at a second.

    A run that was not over by then counts as one that timed out with the formula that it had reported. Errors on far
    points are not known of it, and are left out of all runs. Runs without such a mark are left out.

    Args:
        table: at least with the columns `status` and `seconds`.
        seconds: one of the marks that the records have.
        progress: what the records say of their marks, by the `id` of the run.

    Raises:
        UsageError: no run has this mark.
    """
    if not len(table.runs):
        return StoppedRuns(table=table, remarks=())
    entries: list[Mapping[str, Any] | None] = []
    marks: set[float] = set()
    is_last: list[bool] = []
    for number in table.runs["id"]:
        of_run = {entry["seconds"]: entry for entry in progress.get(int(number), ())}
        marks |= set(of_run)
        entries.append(of_run.get(seconds))
        is_last.append(seconds == max(of_run, default=None))
    if seconds not in marks:
        raise UsageError(f"no run here has a mark at {seconds:g} s; {_known(marks)}")
    has_mark = np.array([entry is not None for entry in entries], dtype=np.bool_)
    runs = table.runs[has_mark].reset_index(drop=True)
    chosen = [entry for entry in entries if entry is not None]
    goes_on = ~np.array(is_last, dtype=np.bool_)[has_mark]  # at the end of its budget a run is as it ended
    cut = goes_on & (runs["seconds"] > seconds).to_numpy() & (runs["status"] != Status.SKIPPED).to_numpy()

    def column(name: str) -> Any:
        values = [entry[name] for entry in chosen]
        return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)

    verdicts = np.array([entry["verdict"] for entry in chosen], dtype=object)
    r2_test = column("r2_test")
    share = np.where(cut, seconds / np.maximum(runs["seconds"].to_numpy(), seconds), 1.0)
    status = np.where(cut, str(Status.TIMEOUT), runs["status"].astype(str))
    changed: dict[str, Any] = {
        "verdict": _categories(verdicts), "recovered": column("recovered"),
        "recovered_srbench": np.isin(verdicts.astype(str), RECOVERED_SRBENCH).astype(float),
        "nmse_test": column("nmse_test"), "r2_test": r2_test, "complexity": column("complexity"),
        "solved_r2": np.where(np.isnan(r2_test), np.nan, r2_test > SOLVED_R2), "n_far": 0.0,
        "seconds": np.where(cut, seconds, runs["seconds"]), "status": _categories(status),
    }  # fmt: skip
    changed |= {"cpu_seconds": runs["cpu_seconds"] * share} if "cpu_seconds" in runs else {}
    changed |= {"peak_mb": runs["peak_mb"].where(~cut)} if "peak_mb" in runs else {}  # the peak may come later
    changed |= dict.fromkeys(_UNKNOWN, np.nan)
    made = runs.assign(**{name: values for name, values in changed.items() if name in runs})
    said = [
        f"Each run as it would be had it been stopped at {seconds:g} s: {counted(int(cut.sum()), 'run')} cut short."
    ]
    if left_out := int((~has_mark).sum()):
        said.append(f"{counted(left_out, 'run')} without a mark at {seconds:g} s left out.")
    return StoppedRuns(table=replace(table, runs=made), remarks=tuple(said))


def _known(marks: Collection[float]) -> str:
    if not marks:
        return "none has progress, as in records of older versions; `srbench run --fresh` makes new ones"
    return f"they have {', '.join(f'{mark:g}' for mark in sorted(marks))}"


def _categories(values: Any) -> Any:
    import pandas as pd

    return pd.Categorical(values)
