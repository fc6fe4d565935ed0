"""Powers of one variable, and its logarithm, that values are multiples of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression

__all__ = ["powers_of", "single_powers", "written_power"]

Array = NDArray[np.float64]
Write = Callable[[Expression], Expression]


def _root(e: Expression) -> Expression:
    return Expression.call("sqrt", e)


#: Functions of one variable with how they are written; those that need positive values last.
_EVERYWHERE: Final[tuple[tuple[Callable[[Array], Array], Write], ...]] = (
    (lambda x: x, lambda e: e),
    (np.square, lambda e: e**2),
    (lambda x: x**3, lambda e: e**3),
    (lambda x: x**4, lambda e: e**4),
    (lambda x: 1 / x, lambda e: 1.0 / e),
    (lambda x: x**-2, lambda e: 1.0 / e**2),
    (lambda x: x**-3, lambda e: 1.0 / e**3),
)
_POSITIVE: Final[tuple[tuple[Callable[[Array], Array], Write], ...]] = (
    (np.sqrt, _root),
    (lambda x: x**-0.5, lambda e: 1.0 / _root(e)),
    (lambda x: x**1.5, lambda e: e * _root(e)),
    (np.log, lambda e: Expression.call("log", e)),
)


def powers_of(x: Array) -> list[tuple[int, Array]]:
    """Return the functions of a variable that are finite on its values, shape (m,), with their numbers."""
    every = _EVERYWHERE + (_POSITIVE if (x > 0).all() else ())
    found = ((number, function(x)) for number, (function, _) in enumerate(every))
    return [(number, values) for number, values in found if np.isfinite(values).all() and np.ptp(values) > 0]


def written_power(number: int, variable: Expression) -> Expression:
    """Return the formula of a function of `powers_of`."""
    return (_EVERYWHERE + _POSITIVE)[number][1](variable)


def single_powers(x: Array, values: Array, sd: float, *, constant: bool) -> list[tuple[Write, float]]:
    """Return the functions, with their factors, that explain values known to `sd`; the best first.

    Args:
        x: the variable, shape (m,).
        values: shape (m,).
        sd: root mean square of the errors that are allowed.
        constant: whether a constant may be added.
    """
    found: list[tuple[float, int, Write, float]] = []
    every = _EVERYWHERE + (_POSITIVE if (x > 0).all() else ())
    y = values - values.mean() if constant else values
    for rank, (function, write) in enumerate(every):
        column = function(x)
        if not np.isfinite(column).all():
            continue
        column = column - column.mean() if constant else column
        square = float(column @ column)
        if not square > 0:
            continue
        factor = float(column @ y) / square
        error = float(np.sqrt(np.mean((y - factor * column) ** 2)))
        if error < max(sd, 1e-13 * float(np.abs(values).max())) and factor:
            found.append((error, rank, write, factor))
    return [(write, factor) for _, _, write, factor in sorted(found, key=lambda f: f[:2])]
