"""`Approximation`: a trained network, as the distillation sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Approximation", "split"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Approximation:
    """A network that was trained on the data.

    Attributes:
        predict: its outputs (n,) for inputs (n, d), in the units of the data.
        nmse: its mean squared error on points held back, over their variance; None where there were too few.
        hidden: its activations for inputs (n, d): by layer, (n, width).
        losses: curves by name, one value an epoch.
    """

    predict: Callable[[Array], Array]
    nmse: float | None
    hidden: Callable[[Array], Mapping[str, Array]]
    losses: Mapping[str, Array]


def split(n: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which of n points are trained on, and which fifth is held back (none of fewer than five)."""
    order = rng.permutation(n)
    return order[n // 5 :], order[: n // 5]
