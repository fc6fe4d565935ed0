"""`chosen`: the conditional operator on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["chosen"]


def chosen(condition: ArrayLike, above: ArrayLike, otherwise: ArrayLike) -> NDArray[Any]:
    """Return `above` where the condition is above zero, `otherwise` where it is not, NaN where it is NaN."""
    return np.where(np.isnan(condition), np.nan, np.where(np.greater(condition, 0.0), above, otherwise))
