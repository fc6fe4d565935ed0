"""`near_one`: the points of a domain with variables of very small or very large units brought near one.

With charges v of 1e-19, the term 0.01*v beside one changes no digit, and beside distances r of 1e12 the term 1 changes
none of r**2. Nobody's fit made these constants small: their units hide them. With all variables near one they show.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["near_one"]

#: A variable whose typical size on the domain is below or above these is in units that hide something.
_MAX_SMALL: Final = 1e-3
_MIN_LARGE: Final = 1e3
#: Sizes that such variables are given.
_LOW: Final = 0.5
_HIGH: Final = 2.0
_SEED: Final = 20_261_122


def near_one(
    columns: Mapping[str, NDArray[np.float64]], variables: Collection[str]
) -> dict[str, NDArray[np.float64]] | None:
    """Return the points with such variables near one in size, by variable; None where there are none.

    Args:
        columns: the points, by variable: shape (n,) each.
        variables: those that may be changed.
    """
    rng = np.random.default_rng(_SEED)
    changed = {}
    for name, column in columns.items():
        size = float(np.median(np.abs(column))) if len(column) else 1.0
        if name in variables and not _MAX_SMALL <= size <= _MIN_LARGE:
            changed[name] = np.copysign(rng.uniform(_LOW, _HIGH, len(column)), column)
    return {**columns, **changed} if changed else None
