"""Scalars as sequences of digits: one step a decimal place, the most significant first, three features a step.

A variable with training interval [low, high] is first shifted and scaled to t = (x - (low + high)/2)/(high - low): the
interval's ends are -0.5 and 0.5, zero is its middle. Rounded to m places, |t| = 0.d1 d2 ... dm;
what is then zero has the sign +. Step k shows

| feature  | "placed"                  | "plain"                       |
|----------|---------------------------|-------------------------------|
| digit    | sign(t) * 2 * dk * 10**-k | dk / 9                        |
| position | from -1 (k = 1) to 1      | the same                      |
| scale    | 10**(1 - k)               | sign(t) * 10**(1 - k)         |

In "placed" the digits of one variable add up to 2*t, so neighbours on either side of a carry (0.1999 and 0.2000) have
the same sum, and a network that adds is smooth there; digits that are too fine to matter are small. In "plain" a
network has to learn both from the points. Outside the interval the code goes on up to |t| < 1, one half of the
interval's length beyond either end, and stays there. With several variables the features of a step stand side by side,
three a variable.

Example, m = 4: x = 3.7 in [1, 5] has t = 0.175, digits 1 7 5 0; "placed" shows the digits 0.2, 0.14, 0.01, 0, the
positions -1, -1/3, 1/3, 1 and the scales 1, 0.1, 0.01, 0.001.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEATURES", "Encoding"]

Array = NDArray[np.float64]

#: Features of one variable at one step.
FEATURES: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """How points are shown to the network.

    Attributes:
        low: lower ends of the variables' training intervals, shape (d,).
        high: upper ends, shape (d,).
        digits: m, the steps of a sequence.
        placed: whether digits carry their place value and sign.
    """

    low: Array
    high: Array
    digits: int
    placed: bool

    @classmethod
    def of(cls, x: Array, *, digits: int, placed: bool) -> Encoding:
        """Take the intervals from training points (n, d)."""
        return cls(x.min(axis=0), x.max(axis=0), digits, placed)

    def __call__(self, x: Array) -> Array:
        """Return the sequences (m, n, 3 d) of points (n, d)."""
        n, d = x.shape
        t = self._scaled(x)  # (n, d)
        rest = np.rint(np.abs(t) * 10.0**self.digits).clip(0, 10.0**self.digits - 1).astype(np.int64)
        sign = np.where((t < 0) & (rest > 0), -1.0, 1.0)
        sequence = np.empty((self.digits, n, d, FEATURES))
        for k in range(1, self.digits + 1):
            digit, rest = np.divmod(rest, 10 ** (self.digits - k))
            scale = 10.0 ** (1 - k)
            step = sequence[k - 1]
            step[..., 0] = sign * digit * (0.2 * scale) if self.placed else digit / 9
            step[..., 1] = 2 * (k - 1) / (self.digits - 1) - 1 if self.digits > 1 else 0.0
            step[..., 2] = scale if self.placed else sign * scale
        return sequence.reshape(self.digits, n, d * FEATURES)

    def _scaled(self, x: Array) -> Array:
        """Return t, shape (n, d); 0 where all training points have one value. Halves keep float64's largest finite."""
        length = 0.5 * self.high - 0.5 * self.low
        middle = 0.5 * self.high + 0.5 * self.low
        return np.where(length > 0, 0.5 * ((x - middle) / np.where(length > 0, length, 1.0)).clip(-2, 2), 0.0)
