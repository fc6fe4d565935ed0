"""`Monomials`: values of products of powers of the inputs, computed once each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Monomials"]

Array = NDArray[np.float64]


class Monomials:
    """Values of monomials on the inputs `x` (n, d), computed once each.

    `scale` (n,) is that of a `Problem`, for columns that are fitted to its scaled target; None for 1. Values of
    monomials are not scaled.
    """

    def __init__(self, x: Array, scale: Array | None = None) -> None:
        self.x = x  # (n, d)
        self.scale = scale  # (n,)
        self._known: dict[tuple[float, ...], Array] = {}

    def __len__(self) -> int:
        return len(self.x)

    def __call__(self, exponents: tuple[float, ...]) -> Array:
        """Return the values (n,) of the monomial with these exponents (d,); not finite where it is not defined."""
        values = self._known.get(exponents)
        if values is None:
            values = np.ones(len(self.x))
            with np.errstate(all="ignore"):
                for column, exponent in zip(self.x.T, exponents, strict=True):
                    if exponent == 0.5:
                        values = values * np.sqrt(column)
                    elif exponent:
                        values = values * column**exponent
            self._known[exponents] = values
        return values
