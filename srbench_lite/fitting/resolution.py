"""`resolution`: how finely numbers were written down, told from their digits."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["is_setting", "resolution"]

Array = NDArray[np.float64]

#: Digits that are looked at: in the last two of float64 sums such as 0.1 + 0.2 leave their rounding.
_DIGITS: Final = 15
#: Numbers are rounded where none has more significant digits.
_MAX_ROUNDED_DIGITS: Final = 7
#: One significant digit says nothing: 100, 200 and 300 may be exact.
_MIN_SIGNIFICANT: Final = 2
#: Whole numbers within fewer steps are counts or labels, not measurements.
_MIN_STEPS: Final = 20
#: Whole numbers below this are taken as they are.
_MAX_WHOLE: Final = 100
#: Steps of an even grid are alike to this share of one.
_MAX_UNEVEN: Final = 1e-6


def resolution(values: Array) -> Array | None:
    """Return the unit of the last digit that is given, for each value, shape (n,); None where they are not rounded.

    A column is written with so many decimals, or so many significant digits. The column itself shows the most of
    both, and the coarser of the two units is the unit of a value: with three significant digits, 1470 and 2.31 have
    the units 10 and 0.01. Zeros at the end of a whole number count as digits given, unless others show that they are
    none.
    """
    places, sizes = [], []  # decimal places of the last digit and of the first
    for value in np.abs(values).tolist():
        if value == 0:
            continue
        mantissa, _, power = f"{value:.{_DIGITS - 1}e}".partition("e")
        digits = len(mantissa.rstrip("0").replace(".", ""))
        if digits > _MAX_ROUNDED_DIGITS:
            return None
        sizes.append(int(power))
        places.append(int(power) - digits + 1)
    if not places:
        return None
    most = max(size - place for size, place in zip(sizes, places, strict=True)) + 1
    decimal = 10.0 ** min(*places, 0)
    units = np.full(len(values), decimal)
    if most >= _MIN_SIGNIFICANT:
        units[values != 0] = np.maximum(decimal, 10.0 ** (np.array(sizes) - most + 1.0))
    if decimal == 1.0 and np.ptp(values) < _MIN_STEPS:
        return None
    return units


def is_setting(values: Array) -> bool:
    """Whether an input was set rather than measured, so that its digits are all there is: small whole numbers, an even
    grid, or the same few values again and again."""
    distinct = np.unique(values)
    is_small = bool(np.abs(values).max() < _MAX_WHOLE)
    if len(distinct) <= max(len(values) // 2, 2) or (is_small and bool(np.all(values == np.round(values)))):
        return True
    steps = np.diff(distinct)
    return bool(np.ptp(steps) <= _MAX_UNEVEN * steps.max())
