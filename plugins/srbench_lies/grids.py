"""Grids of inner constants, scaled by the data: where the search for the constants of a term starts.

Coefficients are multiples of the inverse half-range of what they multiply; shifts are fractions of the range of an
argument, counted from the edge of the domain. For nested units the ranges are those at each inner grid point.
"""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lies.atoms import Term, Unit
from srbench_lite.fitting import MAX_CONSTANT_SPREAD, MIN_USEFUL_SPREAD, Monomials

__all__ = ["grid"]

Array = NDArray[np.float64]

#: Coefficients times the half-range of the argument, by density (0 fine, 1 few, 2 coarse). One step of a frequency
#: apart, a sine still correlates by 0.96 with its neighbour half a step away.
_WAVE_GRIDS: Final = (
    (0.5, 1.0, 1.5, *np.arange(2.0, 31.0).tolist()),
    (0.7, 1.5, 2.5, 3.5, 4.5, 6.0, 7.5, 9.0, 10.5, 12.0, 14.0),
    (0.8, 2.0, 3.5, 5.0, 7.0),
)
_RATE_GRIDS: Final = (
    (-6.0, -3.0, -1.6, -0.8, -0.3, 0.3, 0.8, 1.6, 3.0, 6.0),
    (-4.0, -1.5, -0.5, 0.5, 1.5, 4.0),
    (-2.5, -0.7, 0.7, 2.5),
)
#: Distances to the edge of the domain as fractions of the range of the argument.
_SHIFT_GRIDS: Final = ((0.02, 0.1, 0.3, 1.0, 3.0), (0.06, 0.3, 1.2), (0.1, 0.6))
#: Phases of a sine inside another unit.
_PHASE_GRIDS: Final = ((-2.4, -1.6, -0.8, 0.0, 0.8, 1.6, 2.4, 3.14), (-1.57, 0.0, 1.57, 3.14), (0.0, 1.57, 3.14, -1.57))
#: Ratios of the coefficient of a further piece to that of the first, after scaling.
_RATIO_GRID: Final = (-1.0, -0.3, 0.3, 1.0)
_COARSEST_LEVEL: Final = 2
#: Of an argument: half of a smaller range may be zero, and its inverse no number.
_MIN_RANGE: Final = 1e-300


def grid(term: Term, points: Monomials, density: int, most: int) -> Array:
    """Return starting constants of a term that are usable on the points.

    Args:
        term: the term.
        points: n points.
        density: 0 fine, 1 few, 2 coarse; made coarser where there would be more than `most`.
        most: number of rows that is not exceeded; rows are then taken evenly.

    Returns:
        Inner constants, (g, size); rows at which a column of the term is not finite, huge or constant are left out.
    """
    while True:
        rows = _of_term(term, points, density)
        if len(rows) <= most or density >= _COARSEST_LEVEL:
            break
        density += 1
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).round().astype(np.intp)]
    with np.errstate(all="ignore"):
        values, _ = term.columns(points, rows, slopes=False)  # (k, g, n)
        top = np.abs(values).max(axis=2)
        usable = ((top < 1e100) & (top > 1e-100) & (np.ptp(values, axis=2) > MIN_USEFUL_SPREAD * top)).all(axis=0)
    return np.asarray(rows[usable])


def _of_term(term: Term, points: Monomials, density: int) -> Array:
    if not np.isfinite(points(term.powers)).all():
        return np.zeros((0, term.size))
    points_of_grid = np.zeros((1, 0))
    for unit in term.units:
        points_of_grid = _product(points_of_grid, _of_unit(unit, points, density))
    return points_of_grid


def _product(left: Array, right: Array) -> Array:
    """Return every row of the one beside every row of the other."""
    return np.hstack([np.repeat(left, len(right), axis=0), np.tile(right, (len(left), 1))])


def _of_unit(unit: Unit, points: Monomials, density: int) -> Array:
    inner = [_of_term(piece, points, density) for piece in unit.pieces]
    if any(not len(rows) for rows in inner):
        return np.zeros((0, unit.size))
    nested = sum(piece.size for piece in unit.pieces)
    blocks: list[Array] = []
    for choice in product(*inner):
        rows = _outer(unit, points, choice, density if not nested else min(density + 1, _COARSEST_LEVEL))
        if len(rows):
            blocks.append(rows)
    return np.concatenate(blocks) if blocks else np.zeros((0, unit.size))


def _outer(unit: Unit, points: Monomials, inner: tuple[Array, ...], density: int) -> Array:
    """Return rows of the unit's constants at one choice of the constants of its pieces."""
    values: list[Array] = []
    with np.errstate(all="ignore"):
        for piece, constants in zip(unit.pieces, inner, strict=True):
            column, _ = piece.columns(points, constants[None, :], slopes=False)
            values.append(column[0, 0])
    if not all(np.isfinite(v).all() and np.ptp(v) > _least_range(v) for v in values):
        return np.zeros((0, unit.size))
    halves = [0.5 * float(np.ptp(v)) for v in values]
    if len(values) > 1:
        density = min(density + 1, _COARSEST_LEVEL)
    axes: list[list[float]] = []
    for index, half in enumerate(halves):
        if index == 0 and unit.is_monic:
            axes.append([unit.sign])
        elif unit.is_monic:
            axes.append([ratio * halves[0] / half for ratio in _RATIO_GRID])
        elif unit.kind in ("wave", "sin"):
            signs = (1.0,) if index == 0 else (1.0, -1.0)
            axes.append([sign * w / half for w in _WAVE_GRIDS[density] for sign in signs])
        elif unit.kind == "tanh":
            axes.append([r / half for r in _RATE_GRIDS[density] if r > 0])
        else:
            axes.append([r / half for r in _RATE_GRIDS[density]])
    rows: list[list[float]] = []
    for coefficients in product(*axes):
        z = sum(c * v for c, v in zip(coefficients, values, strict=True))
        row: list[float] = []
        for index, (c, constants) in enumerate(zip(coefficients, inner, strict=True)):
            if index or not unit.is_monic:
                row.append(c)
            row += constants.tolist()
        rows += [[*row, shift] for shift in _shifts(unit.kind, np.asarray(z), density)] if unit.has_shift else [row]
    return np.array(rows).reshape(len(rows), unit.size)


def _least_range(values: Array) -> float:
    """Return the range up to which an argument is constant, or too small for a coefficient to be its inverse."""
    return max(MAX_CONSTANT_SPREAD * float(np.abs(values).max()), _MIN_RANGE)


def _shifts(kind: str, z: Array, density: int) -> list[float]:
    """Return starting values of what is added to z (n,)."""
    low, high = float(z.min()), float(z.max())
    if kind == "sin":
        return list(_PHASE_GRIDS[density])
    if kind == "tanh":
        return [-(low + share * (high - low)) for share in (0.15, 0.5, 0.85)]
    shifts = [share * (high - low) - low for share in _SHIFT_GRIDS[density]]
    if low > 0:
        shifts.append(0.0)
    if kind == "rec" and density < _COARSEST_LEVEL:
        shifts += [-share * (high - low) - high for share in _SHIFT_GRIDS[density]]
    return shifts
