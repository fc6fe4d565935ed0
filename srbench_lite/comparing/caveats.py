"""`caveats_of`: what must be known of runs beside their scores, before a number made of them is believed.

Whether the clock ended them, what share of a core they got, whether their verdicts were judged here, and whether their
formulas give what the methods themselves predicted. Every table shows these counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.comparing.runs import counted
from srbench_lite.judging.scores import MAX_REPLAY_GAP
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "COLUMNS", "LEAST_CORE_SHARE", "LOW_CORE", "UNDEFINED", "UNLIKE", "Caveats", "caveats_of", "claims_said",
    "file_said", "is_unlike", "sums_of",
]  # fmt: skip

#: Columns of the runs that the caveats are counted from; those that are not there count as unknown.
COLUMNS: Final = (
    "status", "stopped", "seconds", "cpu_seconds", "judged_here", "verdict", "complexity", "replay_gap",
    "undefined_train",
)  # fmt: skip
#: Share of a core below which tables warn.
LEAST_CORE_SHARE: Final = 0.8
#: What a share below that means.
LOW_CORE: Final = (
    f"less than {100 * LEAST_CORE_SHARE:.0f} % of a core: the machine was busy, or the method waits; runs that the "
    "clock ended may find more on a free machine"
)
UNLIKE: Final = "with other values than the method itself predicted"
UNDEFINED: Final = "undefined on training points of the run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveats:
    """Counts over some runs.

    Attributes:
        runs: how many runs there are.
        by_clock: those whose search the clock ended, whatever their status.
        core_share: CPU time over wall clock of their fits, each run at most 1; None where it is unknown.
        claims: those with scores that were not computed here.
        unlike: those whose formula gives other values than the method's own predictions.
        undefined: those whose formula is undefined on some of its own training points.
    """

    runs: int
    by_clock: int | None
    core_share: float | None
    claims: int
    unlike: int
    undefined: int


def caveats_of(runs: pd.DataFrame) -> Caveats:
    """Return the caveats of all these runs together."""
    sums = {name: float(np.sum(column)) for name, column in sums_of(runs).items()}
    known = "stopped" in runs and bool((runs["stopped"].notna() | (runs["status"] != Status.OK)).all())
    return Caveats(
        runs=len(runs), by_clock=int(sums["by_clock"]) if known else None,
        core_share=sums["core"] / sums["wall"] if sums["wall"] > 0 else None,
        **{name: int(sums[name]) for name in ("claims", "unlike", "undefined")},
    )  # fmt: skip


def sums_of(runs: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return columns whose sums over runs are the caveats: the counts, and seconds of a core and of the clock.

    Returns:
        by_clock, claims, unlike, undefined: (n,) bool; wall, core: (n,) seconds, 0 where one of them is unknown.
    """
    status = runs["status"]
    seconds, cpu = _numbers(runs, "seconds"), _numbers(runs, "cpu_seconds")
    measured = ~np.isnan(cpu) & (status != Status.SKIPPED).to_numpy()
    wall = np.where(measured, seconds, 0.0)
    scored = runs["complexity"].notna() if "complexity" in runs else status == Status.OK
    stopped = runs["stopped"] == "budget" if "stopped" in runs else np.zeros(len(runs), dtype=np.bool_)
    judged = np.ones(len(runs)) if "judged_here" not in runs else _numbers(runs, "judged_here")
    return {
        "by_clock": np.asarray(stopped, dtype=np.bool_) | (status == Status.TIMEOUT).to_numpy(),
        "claims": scored.to_numpy() & (judged != 1),
        "unlike": is_unlike(_numbers(runs, "replay_gap")),
        "undefined": np.nan_to_num(_numbers(runs, "undefined_train")) > 0,
        "wall": wall,
        "core": np.minimum(np.where(measured, cpu, 0.0), wall),
    }


def claims_said(claims: int, *, of: str = "", judged_by: str = "srbench rescore") -> str:
    """Say how many verdicts (of a method) are claims, and the command that judges them."""
    are, them = ("is a claim", "it") if claims == 1 else ("are claims", "them")
    return (
        f"{counted(claims, 'verdict')}{of and f' of {of}'} {are} of a file or an older store, not judged here; "
        f"`{judged_by}` judges {them}"
    )


def file_said(claims: int) -> str:
    """Say that all verdicts are those of a file."""
    return f"{counted(claims, 'verdict')} as in the file, not judged here; `srbench import --verify` judges them."


def is_unlike(replay_gap: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether a formula with this gap is another one than the method predicted with; not where it is unknown."""
    return np.asarray(np.nan_to_num(replay_gap) > MAX_REPLAY_GAP, dtype=np.bool_)


def _numbers(runs: pd.DataFrame, name: str) -> NDArray[np.float64]:
    if name not in runs:
        return np.full(len(runs), math.nan)
    return runs[name].to_numpy(dtype=np.float64, na_value=math.nan)
