"""Points as a transformer sees them: scaled, each number as a value, a sign, an exponent and the bits of its mantissa.

A skeleton does not change when an input is scaled, or the target scaled and shifted: the inputs are divided by their
largest size, the target is standardised.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEATURES", "MOST_POINTS", "encoded"]

Array = NDArray[np.float64]

#: Points that are shown at most.
MOST_POINTS: Final = 64
_BITS: Final = 12
#: Numbers below 2 ** -_DEEPEST are zero.
_DEEPEST: Final = 10
_EACH: Final = 3 + _BITS
#: Features of a point: two inputs and the target, and whether there is a second input.
FEATURES: Final = 3 * _EACH + 1


def encoded(x: Array, y: Array, *, scaled: bool = True) -> NDArray[np.float32]:
    """Return the features of points.

    Args:
        x: inputs of B functions at n points each, shape (B, n, variables), one or two variables.
        y: targets, shape (B, n); those of one function are not all equal.
        scaled: whether inputs and targets are scaled; without constants, their size matters.

    Returns:
        Shape (B, n, FEATURES).
    """
    count = x.shape[2]
    t, v = x, y
    if scaled:
        size = np.abs(x).max(axis=1, keepdims=True)
        t = x / np.where(size > 0, size, 1.0)
        centred = y - y.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.mean(np.square(centred), axis=1, keepdims=True))
        v = centred / np.where(spread > 0, spread, 1.0)
    result = np.zeros((*y.shape, FEATURES), np.float32)
    for place, column in enumerate((*np.moveaxis(t, 2, 0), *(() if count > 1 else (np.zeros_like(v),)), v)):
        result[..., place * _EACH : (place + 1) * _EACH] = _number(column)
    result[..., -1] = count - 1
    return result


def _number(values: Array) -> NDArray[np.float32]:
    mantissa, exponent = np.frexp(np.abs(values))
    exponent = np.clip(exponent, -_DEEPEST, _DEEPEST)
    whole = np.floor(mantissa * 2.0 ** (_BITS + 1)).astype(np.int64)  # the leading bit is always set
    bits = (whole[..., None] >> np.arange(_BITS - 1, -1, -1)) & 1
    return np.concatenate(
        [values[..., None], np.sign(values)[..., None], exponent[..., None] / _DEEPEST, 2.0 * bits - 1.0], axis=-1
    ).astype(np.float32)
