"""Intervals: Wilson for rates, bootstrap over tasks for medians."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Interval", "median_interval", "wilson_interval"]

_Z95: Final = 1.959963984540054  # 97.5 % quantile of the standard normal distribution
_RESAMPLES: Final = 1_000
_CHUNK: Final = 2_000_000  # numbers drawn at once, to bound memory


class Interval(NamedTuple):
    """Bounds of a 95 % interval."""

    low: float
    high: float


def wilson_interval(rate: float, n: int) -> Interval | None:
    """Return the 95 % interval of a rate over n independent units (Wilson, JASA 22, 1927); None for n = 0.

    `rate` may be an average of averages, such as the mean over n tasks of the share of seeds that recovered.
    """
    if n == 0:
        return None
    z2 = _Z95**2
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(max(rate * (1 - rate) / n + z2 / (4 * n * n), 0.0))
    return Interval(min(rate, max(0.0, centre - half)), max(rate, min(1.0, centre + half)))  # rounding left out


def median_interval(values: NDArray[np.float64], *, seed: int = 0) -> Interval | None:
    """Return the 95 % percentile-bootstrap interval of a median (Efron, 1979); None without values.

    Args:
        values: one number a task, shape (n,). Infinite ones stand for failed tasks and rank first or last.
        seed: of the resampling.
    """
    import numpy as np

    n = len(values)
    if n == 0:
        return None
    ranked = np.sort(values)
    rng = np.random.default_rng(seed)
    lower, upper = [], []
    step = max(1, _CHUNK // n)
    for start in range(0, _RESAMPLES, step):
        places = np.sort(rng.integers(0, n, (min(step, _RESAMPLES - start), n)), axis=1)  # (resamples, n)
        lower.append(places[:, (n - 1) // 2].copy())  # a view would keep all of `places`
        upper.append(places[:, n // 2].copy())
    medians = 0.5 * ranked[np.concatenate(lower)] + 0.5 * ranked[np.concatenate(upper)]  # halves first: no overflow
    low, high = np.quantile(medians, [0.025, 0.975], method="inverted_cdf")  # a value that occurs: infinity stays exact
    return Interval(float(low), float(high))
