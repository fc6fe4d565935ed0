"""`Solvers`: by which methods each task was recovered; so which tasks nobody recovered, and which only one did."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
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
    found: dict[str, list[tuple[str, bool, float, str]]] = {}
    for task, method, solved, least, truth in table.itertuples(index=False):
        found.setdefault(str(task), []).append((str(method), solved == 1, float(least), str(truth)))
    return tuple(_solvers(task, found[task]) for task in sorted(found))


def _solvers(task: str, own: Sequence[tuple[str, bool, float, str]]) -> Solvers:
    """Return what is known of a task: of each method, whether it recovered it, its least error, and the truth."""
    closest, _, least, _ = min(own, key=lambda one: one[2])
    known = math.isfinite(least)
    return Solvers(
        task=task, truth=own[0][3], tried=tuple(sorted(method for method, *_ in own)),
        solved=tuple(sorted(method for method, solved, *_ in own if solved)),
        closest=closest if known else None, nmse_test=least if known else None,
    )  # fmt: skip


def unsolved(tasks: Iterable[Solvers]) -> tuple[Solvers, ...]:
    """Return the tasks that no method recovered, in any run."""
    return tuple(one for one in tasks if not one.solved)


def only_by_one(tasks: Iterable[Solvers]) -> dict[str, tuple[Solvers, ...]]:
    """Return by method the tasks that it recovered and none of the others that ran on them; there must be others."""
    alone = [one for one in tasks if len(one.solved) == 1 and len(one.tried) > 1]
    methods = sorted({one.solved[0] for one in alone})
    return {method: tuple(one for one in alone if one.solved[0] == method) for method in methods}
