"""`Condition`: the noise level and the perturbation that a table is about, and the runs that were made under it.

Nothing averages over several conditions. Where none is chosen, it is the one with the least noise, and of these the
least perturbed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from srbench_lite.comparing.leaderboard import formulas_of
from srbench_lite.comparing.runs import counted, perturbation_of
from srbench_lite.errors import UsageError, suggest
from srbench_lite.problems.perturbation import Perturbation

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Condition", "choose_condition", "on_common_tasks", "runs_under", "with_formulas"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A noise level and a perturbation."""

    noise: float
    perturbation: Perturbation

    def __str__(self) -> str:
        return f"noise {self.noise:g}" + (f", {self.perturbation}" if self.perturbation else "")


def choose_condition(runs: pd.DataFrame, noise: float | None = None, perturbation: str | None = None) -> Condition:
    """Return the condition that is asked for, or the one with the least noise and the least perturbed.

    Args:
        runs: at least one, with the columns `noise` and `perturbation`.
        noise: the level; None for the least.
        perturbation: as tables write it, such as `train 50, 3 dummies` or `none`; None for the least perturbed one.

    Raises:
        UsageError: no run was made under it; the error lists what there is.
    """
    known = {perturbation_of(text) for text in runs["perturbation"].unique()}
    if perturbation is not None:
        fitting = {one for one in known if str(one) == perturbation}
        if not fitting:
            names = [str(one) for one in sorted(known, key=lambda one: one.place)]
            raise UsageError(
                f"no run here has the perturbation {perturbation!r}.{suggest(perturbation, names)} They have: "
                f"{'; '.join(names)}."
            )
        runs = _of(runs, fitting)
    levels = sorted({float(level) for level in runs["noise"].unique()})
    if noise is not None and noise not in levels:
        raise UsageError(f"no run here has noise {noise:g}; they have {', '.join(f'{level:g}' for level in levels)}")
    level = levels[0] if noise is None else noise
    there = {perturbation_of(text) for text in runs.loc[runs["noise"] == level, "perturbation"].unique()}
    return Condition(level, min(there, key=lambda one: one.place))


def runs_under(runs: pd.DataFrame, condition: Condition) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the runs under a condition, and what is said of the others."""
    own = _of(runs[runs["noise"] == condition.noise], {condition.perturbation})
    others = len(runs) - len(own)
    if not others:
        return own, ()
    said = f"{counted(others, 'run')} at other noise levels or perturbations: --noise and --perturbation choose them."
    return own, (said,)


def on_common_tasks(runs: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the runs on tasks that all methods ran on, and what is said of the others."""
    counts = runs[["task", "method"]].drop_duplicates().groupby("task", observed=True).size()
    full = counts.index[counts == runs["method"].nunique()]
    if len(full) == len(counts):
        return runs, ()
    fewer = len(counts) - len(full)
    said = f"{counted(fewer, 'task')} that some method did not run on {'are' if fewer > 1 else 'is'} left out."
    return runs[np.asarray(runs["task"].isin(full))], (said,)


def _of(runs: pd.DataFrame, wanted: set[Perturbation]) -> pd.DataFrame:
    texts = [text for text in runs["perturbation"].unique() if perturbation_of(text) in wanted]
    return runs[runs["perturbation"].isin(texts)]


def with_formulas(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs with the column `formula`, by which tasks are averaged before all else.

    Of several suites it numbers the formulas of the tasks, since suites share them; of one suite its tasks.
    """
    if runs["suite"].nunique() > 1:
        return runs.assign(formula=formulas_of(runs))
    return runs.assign(formula=np.unique(runs["task"].cat.codes, return_inverse=True)[1])
