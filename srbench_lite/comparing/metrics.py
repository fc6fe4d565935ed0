"""`METRICS`: what methods are compared by, and what each run has of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MAX_NMSE", "METRICS", "MIN_NMSE", "ComparedMetric"]

Array = NDArray[np.float64]

#: Errors below this share of the variance of y are rounding; above the other, all are equally useless.
MIN_NMSE: Final = 1e-12
MAX_NMSE: Final = 1e2
_MIN_SECONDS: Final = 1e-3  # shorter times are not measured well


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
    """

    name: str
    title: str
    sign: int
    margin: float
    of: Callable[[pd.DataFrame], Array]
    ratio: bool = False
    gates: bool = True


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
    return np.log10(runs["seconds"].astype(float).clip(_MIN_SECONDS).to_numpy())


METRICS: Final = {
    metric.name: metric
    for metric in (
        ComparedMetric(name="recovery", title="recovery rate", sign=1, margin=0.03, of=_recovered),
        ComparedMetric(name="accuracy", title="digits of accuracy", sign=1, margin=0.5, of=_accuracy),
        ComparedMetric(name="complexity", title="complexity", sign=-1, margin=math.log10(1.1), of=_size, ratio=True),
        ComparedMetric(
            name="time", title="seconds", sign=-1, margin=math.log10(1.2), of=_time, ratio=True, gates=False
        ),
    )
}
