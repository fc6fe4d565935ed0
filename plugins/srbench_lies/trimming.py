"""Trimming: columns of a fit that the data do not ask for are taken out, the rest is fitted again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lies.atoms import Term
from srbench_lies.skeleton_fit import Skeleton, SkeletonFit, refine
from srbench_lite.fitting import Monomials, orthonormal_rows

__all__ = ["trim"]

Array = NDArray[np.float64]

#: Columns whose share of the target is below this are rounding where the fit is exact.
_MIN_COLUMN_SHARE: Final = 1e-8
#: Price of a constant in units of log(n): what Schwarz's criterion charges, and as much again for being looked for.
_PRICE_PER_CONSTANT: Final = 2.0
#: Steps of each refit; they begin next to their optimum.
_REFIT_STEPS: Final = 12


def trim(fit: SkeletonFit, points: Monomials, y: Array, enough: float) -> SkeletonFit:
    """Return the fit without needless columns.

    Args:
        fit: to be trimmed.
        points: n points.
        y: target, (n,).
        enough: sum of squares that counts as exact. An exact fit stays exact; of others a column is dropped while the
            misfit n*log(rss) rises by less than the price of its constants.
    """
    if fit.rss <= enough:
        tiny = np.flatnonzero(fit.sizes(points) <= _MIN_COLUMN_SHARE * math.sqrt(float(y @ y)))
        smaller = _without(fit, tiny.tolist(), points, y, enough) if len(tiny) else None
        if smaller is not None and smaller.rss <= enough:
            fit = smaller
        fit = _simpler(fit, points, y, enough)
    untried = True
    while untried and fit.skeleton.width > 1:
        untried = False
        for column in np.argsort(_losses(fit, points), kind="stable").tolist():
            smaller = _without(fit, [column], points, y, enough)
            if smaller is None:
                continue
            gone = fit.skeleton.width + fit.skeleton.size - smaller.skeleton.width - smaller.skeleton.size
            price = _PRICE_PER_CONSTANT * math.log(len(y)) * gone
            if fit.rss <= enough:
                good = smaller.rss <= enough
            else:
                good = len(y) * math.log(max(smaller.rss, 1e-300) / max(fit.rss, 1e-300)) < price
            if good:
                fit, untried = smaller, True
                break
            if fit.rss > enough:
                break
    return fit


def _simpler(fit: SkeletonFit, points: Monomials, y: Array, enough: float) -> SkeletonFit:
    """Return an exact fit without factors and summands of arguments that it does not need."""
    for index, term in enumerate(fit.skeleton.terms):
        at = sum(each.size for each in fit.skeleton.terms[:index])
        for shorter, places in _shortened(term):
            skeleton = fit.skeleton
            kept = skeleton.kept[index] if shorter.width == term.width else tuple(range(shorter.width))
            rest = Skeleton(
                skeleton.powers,
                (*skeleton.terms[:index], shorter, *skeleton.terms[index + 1 :]),
                (*skeleton.kept[:index], kept, *skeleton.kept[index + 1 :]),
            )
            own = fit.theta[at : at + term.size][places]
            start = np.concatenate([fit.theta[:at], own, fit.theta[at + term.size :]])
            smaller = refine(rest, points, y, start[None, :], _REFIT_STEPS, enough=1e-6 * enough)
            if smaller is not None and smaller.rss <= enough:
                return _simpler(smaller, points, y, enough)
    return fit


def _shortened(term: Term) -> Iterator[tuple[Term, list[int]]]:
    """Yield the term without one unit, or without one piece of one unit, and which of its constants are left."""
    at = 0
    for number, unit in enumerate(term.units):
        others = [k for k in range(term.size) if not at <= k < at + unit.size]
        if len(term.units) > 1 or any(term.powers):
            yield replace(term, units=(*term.units[:number], *term.units[number + 1 :])), others
        first = at
        for place, piece in enumerate(unit.pieces):
            fixed = unit.is_monic and place == 0
            size = piece.size + (not fixed)
            if len(unit.pieces) > 1 and not fixed:
                less = replace(unit, pieces=(*unit.pieces[:place], *unit.pieces[place + 1 :]))
                left = [k for k in range(term.size) if not first <= k < first + size]
                yield replace(term, units=(*term.units[:number], less, *term.units[number + 1 :])), left
            first += size
        at += unit.size


def _losses(fit: SkeletonFit, points: Monomials) -> Array:
    """Return by how much the sum of squares rises without each column, the others fitted again, (width,)."""
    columns, _ = fit.skeleton.columns(points, fit.theta[None, :], slopes=False)
    _, R, lengths = orthonormal_rows(columns)
    inverse = np.linalg.inv(R[0])
    spread = np.einsum("ij,ij->i", inverse, inverse)
    return np.asarray((fit.linear * lengths[0]) ** 2 / spread)


def _without(fit: SkeletonFit, dropped: list[int], points: Monomials, y: Array, enough: float) -> SkeletonFit | None:
    """Return the fit without some columns; terms of which no column is left go altogether."""
    skeleton = fit.skeleton
    powers = tuple(p for index, p in enumerate(skeleton.powers) if index not in dropped)
    terms, kept, theta = [], [], []
    row, at = len(skeleton.powers), 0
    for term, columns in zip(skeleton.terms, skeleton.kept, strict=True):
        left = tuple(c for index, c in enumerate(columns) if row + index not in dropped)
        row += len(columns)
        if left:
            terms.append(term)
            kept.append(left)
            theta.append(fit.theta[at : at + term.size])
        at += term.size
    if not powers and not terms:
        return None
    rest = Skeleton(powers, tuple(terms), tuple(kept))
    start = np.concatenate(theta) if theta else np.zeros(0)
    return refine(rest, points, y, start[None, :], _REFIT_STEPS, enough=1e-6 * enough)
