"""Units of one variable, u(k * x**p), that values are multiples of, k being free."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import count_work, power_product
from srbench_portfolio.constants.inner_units import UNITS, Unit, arguments

__all__ = ["single_units"]

Array = NDArray[np.float64]

#: Exponents of the variable inside a unit.
_POWERS: Final = (1.0, 2.0, -1.0, 0.5, 3.0)
#: Points that are compared, shapes that are refined, and steps of that.
_POINTS: Final = 128
_REFINED: Final = 8
_STEPS: Final = 36
_GOLDEN: Final = (5**0.5 - 1) / 2
#: Nanoseconds, for `count_work`: by value, and by unit and power.
_VALUE: Final = 16.0
_CALL: Final = 30_000.0


def single_units(x: Array, values: Array, variable: Expression, *, constant: bool) -> list[Expression]:
    """Return the formulas c * u(k * x**p), or with a constant that is added, that are nearest, the best first.

    Args:
        x: the variable, shape (m,).
        values: shape (m,).
        variable: its name.
        constant: whether a constant may be added.
    """
    rows = np.random.default_rng(0).permutation(len(x))[:_POINTS]
    x, y = x[rows], values[rows]
    shapes: list[tuple[float, int, Unit, float, float]] = []
    for p in _POWERS:
        if (p < 0 and (x == 0).any()) or (p != int(p) and not (x > 0).all()):
            continue
        m = x**p
        for unit in UNITS:
            ks = arguments(unit, m[None, :])[0]
            if not np.isfinite(ks).all():
                continue
            count_work(_CALL + _VALUE * len(ks) * len(m))
            errors = _errors(unit.values(ks[:, None] * m), y, constant=constant)
            k = int(np.argmin(errors))
            shapes.append((float(errors[k]), len(shapes), unit, p, float(ks[k])))
    shapes.sort(key=lambda s: s[:2])
    refined = [_refined(x**p, y, unit, p, k, constant=constant) for _, _, unit, p, k in shapes[:_REFINED]]
    refined = sorted((r for r in refined if np.isfinite(r[0])), key=lambda r: r[0])
    return [_written(x**p, y, unit, k, _power(variable, p), constant=constant) for _, unit, p, k in refined]


def _errors(columns: Array, y: Array, *, constant: bool) -> Array:
    """Return the sums of squares that each column, a row of `columns`, leaves."""
    columns = np.where(np.isfinite(columns), columns, np.inf)
    if constant:
        columns, y = columns - columns.mean(axis=1, keepdims=True), y - y.mean()
    squares = np.einsum("km,km->k", columns, columns)
    gains = (columns @ y) ** 2 / squares
    errors = float(y @ y) - gains
    return np.where(np.isfinite(errors) & (squares > 0), errors, np.inf)


def _refined(m: Array, y: Array, unit: Unit, p: float, k: float, *, constant: bool) -> tuple[float, Unit, float, float]:
    """Return the least sum of squares near k, with the unit, the power and k (golden sections: Kiefer, 1953)."""

    def error(at: float) -> float:
        column = unit.values(at * m)
        if not np.isfinite(column).all():
            return np.inf
        residual = y - _line(column, y, constant=constant)[0]
        return float(residual @ residual)

    low, high = sorted((k / 1.45, k * 1.45))
    count_work(_STEPS * (_CALL / 3 + _VALUE * len(m)))
    one, other = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_one, at_other = error(one), error(other)
    for _ in range(_STEPS):
        if at_one < at_other:
            high, other, at_other = other, one, at_one
            one = high - _GOLDEN * (high - low)
            at_one = error(one)
        else:
            low, one, at_one = one, other, at_other
            other = low + _GOLDEN * (high - low)
            at_other = error(other)
    return (at_one, unit, p, one) if at_one < at_other else (at_other, unit, p, other)


def _line(column: Array, y: Array, *, constant: bool) -> tuple[Array, float, float]:
    """Return the values nearest to y that are a multiple of a column, with its factor and the constant."""
    middle, mean = (float(column.mean()), float(y.mean())) if constant else (0.0, 0.0)
    centred = column - middle
    factor = float(centred @ (y - mean)) / max(float(centred @ centred), 1e-300)
    return factor * centred + mean, factor, mean - factor * middle


def _written(m: Array, y: Array, unit: Unit, k: float, inside: Expression, *, constant: bool) -> Expression:
    _, factor, added = _line(unit.values(k * m), y, constant=constant)
    formula = factor * unit.write(k * inside)
    return formula + added if constant else formula


def _power(variable: Expression, p: float) -> Expression:
    return power_product([(variable, p)])
