"""`Solvers`: by which methods each task was recovered; so which tasks nobody recovered, and which only one did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Solvers", "only_by_one", "solvers_of", "unsolved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solvers:
    """Which methods recovered a task.

    Attributes:
        task: its full name.
        truth: its text.
        tried: the methods that ran on it, sorted.
        solved: those that recovered it in at least one run, sorted.
        closest: the method with the least error on test points in some run; None where no run has an error.
        nmse_test: that error.
    """

    task: str
    truth: str
    tried: tuple[str, ...]
    solved: tuple[str, ...]
    closest: str | None
    nmse_test: float | None


def solvers_of(runs: pd.DataFrame) -> tuple[Solvers, ...]:
    """Return them for each task, in the order of names.

    Args:
        runs: of `srbench_lite.comparing.breakdown.judged_runs`, with the column `nmse_test`.
    """
    error = runs["nmse_test"].astype(float).fillna(np.inf)
    cells = runs.assign(error=error).groupby(["task", "method"], observed=True, sort=True)
    table = cells.agg(solved=("solved", "max"), error=("error", "min"), truth=("truth", "first")).reset_index()
    found = []
    for task, own in table.groupby("task", observed=True, sort=True):
        errors = own["error"].to_numpy(dtype=np.float64)
        best = int(errors.argmin())
        has_error = bool(np.isfinite(errors[best]))
        methods = own["method"].astype(str)
        found.append(
            Solvers(
                task=str(task), truth=str(own["truth"].iloc[0]), tried=tuple(sorted(methods)),
                solved=tuple(sorted(methods[own["solved"] == 1])),
                closest=str(methods.iloc[best]) if has_error else None,
                nmse_test=float(errors[best]) if has_error else None,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.task))


def unsolved(tasks: Iterable[Solvers]) -> tuple[Solvers, ...]:
    """Return the tasks that no method recovered, in any run."""
    return tuple(one for one in tasks if not one.solved)


def only_by_one(tasks: Iterable[Solvers]) -> dict[str, tuple[Solvers, ...]]:
    """Return by method the tasks that it recovered and none of the others that ran on them; there must be others."""
    alone = [one for one in tasks if len(one.solved) == 1 and len(one.tried) > 1]
    methods = sorted({one.solved[0] for one in alone})
    return {method: tuple(one for one in alone if one.solved[0] == method) for method in methods}
