"""`Skeleton`: a sum of monomials and terms whose inner constants are fitted from many starts at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from srbench_lies.atoms import Powers, Term
from srbench_lite.fitting import Monomials, fit_separable

__all__ = ["Skeleton", "SkeletonFit", "refine"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Skeleton:
    """A sum of monomials and terms whose coefficients are linear constants.

    Attributes:
        powers: exponents of the monomials; all zero for the constant.
        terms: the terms with inner constants.
        kept: for each term which of its columns are in the sum.
    """

    powers: tuple[Powers, ...]
    terms: tuple[Term, ...]
    kept: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, powers: tuple[Powers, ...], *terms: Term) -> Skeleton:
        """Return the sum of these monomials and all columns of these terms."""
        return cls(powers, terms, tuple(tuple(range(term.width)) for term in terms))

    @cached_property
    def size(self) -> int:
        """Number of inner constants."""
        return sum(term.size for term in self.terms)

    @cached_property
    def width(self) -> int:
        """Number of linear constants."""
        return len(self.powers) + sum(map(len, self.kept))

    @cached_property
    def length(self) -> int:
        """Number of nodes, roughly."""
        powers = sum(2 + Term(each).length for each in self.powers)
        return powers + sum(2 + term.length for term in self.terms)

    def plus(self, term: Term) -> Skeleton:
        """Return the sum with one more term."""
        return Skeleton(self.powers, (*self.terms, term), (*self.kept, tuple(range(term.width))))

    def columns(self, points: Monomials, theta: Array, slopes: bool) -> tuple[Array, list[Array]]:
        """Return the columns (B, width, n) at B sets of constants (B, size), and for each term the derivatives of its
        columns by its constants, (columns, constants, B, n); all in the scale of the points."""
        B, n = len(theta), len(points)
        values = np.empty((B, self.width, n))
        for row, powers in enumerate(self.powers):
            values[:, row] = points(powers)
        derivatives: list[Array] = []
        row, at = len(self.powers), 0
        for term, kept in zip(self.terms, self.kept, strict=True):
            columns, inner = term.columns(points, theta[:, at : at + term.size], slopes)
            at += term.size
            for k in kept:
                values[:, row] = columns[k]
                row += 1
            derivatives.append(inner if len(kept) == term.width else inner[list(kept)])
        if points.scale is not None:
            return values * points.scale, [inner * points.scale for inner in derivatives]
        return values, derivatives


@dataclass(frozen=True, slots=True, eq=False)
class SkeletonFit:
    """A skeleton with constants.

    Attributes:
        skeleton: what is fitted.
        theta: inner constants, (size,).
        linear: linear constants, (width,).
        rss: sum of squared residuals.
    """

    skeleton: Skeleton
    theta: Array
    linear: Array
    rss: float

    def sizes(self, points: Monomials) -> Array:
        """Return the size of every column times its coefficient at n points, (width,)."""
        columns, _ = self.skeleton.columns(points, self.theta[None, :], slopes=False)
        return np.asarray(np.abs(self.linear) * np.sqrt(np.einsum("pn,pn->p", columns[0], columns[0])))


def refine(
    skeleton: Skeleton, points: Monomials, y: Array, starts: Array, steps: int, *, enough: float = 0.0
) -> SkeletonFit | None:
    """Fit all constants from many starts and return the best fit.

    Args:
        skeleton: the sum.
        points: n points.
        y: target, (n,).
        starts: B sets of inner constants, (B, size).
        steps: at most so many steps.
        enough: sum of squares at which the other starts are given up.

    Returns:
        The best fit; None where no start is defined on all points.
    """
    solution = fit_separable(skeleton, points, y, starts, steps, enough=enough)
    return None if solution is None else SkeletonFit(skeleton, solution.theta, solution.linear, solution.rss)
