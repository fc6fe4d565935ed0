"""The frame in which a network sees points: inputs on [-1, 1], targets of the size that the corpus has."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import FitError

__all__ = ["Frame"]

Array = NDArray[np.float64]

#: An interval is symmetric enough for x = 0 to stay t = 0, when its middle is so near to 0, in half lengths.
_MAX_MIDDLE: Final = 0.25
#: Half lengths are rounded up to one digit where that makes them at most so much longer, else to two.
_MAX_LOOSENESS: Final = 1.12
#: Largest target that polynomials of the corpus have, and the one below which a target is scaled up.
_MAX_TARGET: Final = 15.0
_MIN_TARGET: Final = 0.5
#: A coefficient below this share of the terms that it is the sum of is what rounding leaves of cancelled terms.
_MIN_REMAINING_SHARE: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """t = (x - centre) / scale, u = y / height.

    All three are short decimals, and height is a power of ten, so that a formula with short decimals in one frame has
    short decimals in the other.
    """

    centre: float
    scale: float
    height: float

    @classmethod
    def of(cls, x: Array, y: Array) -> Frame:
        """Return the frame of points, whose x are not all equal, and whose y are not all zero."""
        low, high = float(x.min()), float(x.max())
        half, middle = (high - low) / 2, (high + low) / 2
        if abs(middle) <= _MAX_MIDDLE * half:
            centre, scale = 0.0, _rounded_up(max(abs(low), abs(high)))
        else:
            scale = _rounded_up(half)
            step = 10.0 ** math.floor(math.log10(scale)) / 20
            centre = round(middle / step) * step
        top = float(np.abs(y).max())
        height = 1.0
        if top > _MAX_TARGET:
            height = 10.0 ** math.ceil(math.log10(top / _MAX_TARGET))
        elif top < _MIN_TARGET:
            height = 10.0 ** math.floor(math.log10(top / _MIN_TARGET))
        return cls(centre=centre, scale=scale, height=height)

    def t(self, x: Array) -> Array:
        """Return inputs as the network sees them."""
        return (x - self.centre) / self.scale

    def undo(self, coefficients: Array) -> Array:
        """Return the coefficients of powers of x, from those of powers of t with y scaled: both highest power first.

        What is left of cancelled terms is dropped, and rounding is mended to 12 digits of the largest term.

        Raises:
            FitError: a coefficient is out of float64's range.
        """
        total = np.poly1d([0.0])
        line = np.poly1d([1 / self.scale, -self.centre / self.scale])
        weight = np.zeros(len(coefficients))
        with np.errstate(all="ignore"):
            for value in coefficients:
                total = total * line + value
                weight = np.convolve(weight, np.abs(line.coefficients))[-len(coefficients) :]
                weight[-1] += abs(value)
            last = self.height * self.scale ** -np.float64(len(np.trim_zeros(coefficients, "f")) - 1)
            is_lost = not np.isfinite(self.height * total.coefficients).all() or last < np.finfo(np.float64).tiny
        if is_lost:
            raise FitError(
                f"coefficients of powers of x are out of float64's range where x reaches {self.scale:g} and the target "
                f"{self.height:g}: rescale both towards 1"
            )
        result = np.zeros(len(coefficients))
        result[len(result) - len(total.coefficients) :] = total.coefficients
        result[np.abs(result) <= _MIN_REMAINING_SHARE * weight] = 0.0
        return np.array([float(f"{value * self.height:.12g}") for value in result])


def _rounded_up(value: float) -> float:
    step = 10.0 ** math.floor(math.log10(value))
    for unit in (step, step / 10):
        up = math.ceil(value / unit - 1e-9) * unit
        if up <= _MAX_LOOSENESS * value:
            break
    return float(f"{up:.12g}")
