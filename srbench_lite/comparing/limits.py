"""Runs under one set of limits: those that can stand side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from srbench_lite.comparing.runs import counted, plain_number
from srbench_lite.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["under_one_set"]

_LIMITS: Final = ["budget_seconds", "budget_memory_mb", "budget_threads"]


def under_one_set(runs: pd.DataFrame, *, of: str, time_limit: float | None = None) -> tuple[pd.DataFrame, list[str]]:
    """Return the runs under one set of limits, and what is said of the others.

    Args:
        runs: at least one, with the limits and `started_at`.
        of: column whose values are to stand side by side: the limits are those that most of them have, of several such
            those of the last run.
        time_limit: only this one, in seconds.

    Raises:
        UsageError: no run has this time limit.
    """
    if time_limit is not None:
        chosen = runs["budget_seconds"] == time_limit
        if not chosen.any():
            known = ", ".join(f"{float(one):g}" for one in sorted(runs["budget_seconds"].unique()))
            raise UsageError(f"no run has a time limit of {time_limit:g} s; there are: {known}")
        runs = runs[chosen]
    kinds = runs.assign(started=runs["started_at"].astype(str)).groupby(_LIMITS, observed=True)
    best = kinds.agg(values=(of, "nunique"), last=("started", "max")).sort_values(["values", "last"]).index[-1]
    fitting = (runs[_LIMITS] == list(best)).all(axis=1)
    said = []
    if others := int((~fitting).sum()):
        seconds, memory, threads = best
        limits = (
            f"{plain_number(float(seconds))} s, {plain_number(float(memory))} MiB, {counted(int(threads), 'thread')}"
        )
        said.append(f"{counted(others, 'run')} with other limits than {limits} left out; --time-limit chooses others.")
    return runs[fitting], said
