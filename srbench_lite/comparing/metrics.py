"""`METRICS`: what methods are compared by, and what each run has of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MAX_NMSE", "METRICS", "MIN_NMSE", "USUAL_METRICS", "ComparedMetric"]

Array = NDArray[np.float64]

#: Errors below this share of the variance of y are rounding; above the other, all are equally useless.
MIN_NMSE: Final = 1e-12
MAX_NMSE: Final = 1e2
_MIN_SECONDS: Final = 1e-3  # shorter times are not measured well
_MIN_MB: Final = 1.0  # no process is smaller


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedMetric:
    """Something that methods are compared by.

    Attributes:
        name: as users write it.
        title: as tables say it.
        sign: 1 where more is better, -1 where less is.
        margin: a difference that does not matter, in the unit of `of`.
        of: one number a run, NaN where it cannot exist.
        ratio: whether `of` is a logarithm to base 10, so that differences are ratios.
        gates: whether it may be primary: a time depends on the machine.
        usual: whether it is compared where no metric is named.
    """

    name: str
    title: str
    sign: int
    margin: float
    of: Callable[[pd.DataFrame], Array]
    ratio: bool = False
    gates: bool = True
    usual: bool = True


def _recovered(runs: pd.DataFrame) -> Array:
    recovered = runs["recovered"].astype(float).fillna(0.0).to_numpy()
    return np.asarray(np.where(runs["truth"].notna(), recovered, math.nan), dtype=np.float64)


def _accuracy(runs: pd.DataFrame) -> Array:
    errors = runs["nmse_test"].astype(float).fillna(math.inf).clip(MIN_NMSE, MAX_NMSE)
    accuracy = np.asarray(-np.log10(errors.to_numpy()), dtype=np.float64)
    return np.where((runs["y_constant"].astype(float) == 1).to_numpy(), math.nan, accuracy)


def _size(runs: pd.DataFrame) -> Array:
    return np.log10(runs["complexity"].astype(float).to_numpy())


def _time(runs: pd.DataFrame) -> Array:
    return _log_of(runs, "seconds", _MIN_SECONDS)


def _cpu(runs: pd.DataFrame) -> Array:
    return _log_of(runs, "cpu_seconds", _MIN_SECONDS)


def _memory(runs: pd.DataFrame) -> Array:
    return _log_of(runs, "peak_mb", _MIN_MB)


def _log_of(runs: pd.DataFrame, name: str, least: float) -> Array:
    """Return the logarithm of a column; NaN where it is unknown, as in a baseline, or the run was skipped."""
    if name not in runs:
        return np.full(len(runs), math.nan)
    values = runs[name].astype(float).where(runs["status"] != Status.SKIPPED)
    return np.asarray(np.log10(values.clip(least).to_numpy()), dtype=np.float64)


METRICS: Final = {
    metric.name: metric
    for metric in (
        ComparedMetric(name="recovery", title="recovery rate", sign=1, margin=0.03, of=_recovered),
        ComparedMetric(name="accuracy", title="digits of accuracy", sign=1, margin=0.5, of=_accuracy),
        ComparedMetric(name="complexity", title="complexity", sign=-1, margin=math.log10(1.1), of=_size, ratio=True),
        ComparedMetric(
            name="time", title="seconds", sign=-1, margin=math.log10(1.2), of=_time, ratio=True, gates=False
        ),
        ComparedMetric(
            name="cpu",
            title="CPU seconds",
            sign=-1,
            margin=math.log10(1.2),
            of=_cpu,
            ratio=True,
            gates=False,
            usual=False,
        ),
        ComparedMetric(
            name="memory",
            title="peak MiB",
            sign=-1,
            margin=math.log10(1.1),
            of=_memory,
            ratio=True,
            gates=False,
            usual=False,
        ),
    )
}

#: Those that are compared where none is named.
USUAL_METRICS: Final = tuple(name for name, metric in METRICS.items() if metric.usual)
