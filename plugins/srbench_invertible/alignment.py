"""Constants of many pairs of maps at once: g(a*v + b) and h(alpha*x + beta) are brought to a line.

Slope and offset of the line are eliminated (variable projection: Golub & Pereyra, SIAM J. Numer. Anal. 10(2), 1973,
with Kaufman's derivative, 1975), so at most four constants are left, and Levenberg's damping goes down for all pairs
together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_invertible.maps import MAPS, View
from srbench_lite.fitting import count_work

__all__ = ["Aligned", "align"]

Array = NDArray[np.float64]

#: Points that are looked at.
_POINTS: Final = 48
#: The damping at the start, and how it falls and rises.
_DAMPING: Final = 1e-2
_FALL: Final = 0.2
_RISE: Final = 8.0
_LEAST: Final = 1e-12
#: Nanoseconds of a step of one pair at one point, for `count_work`.
_STEP: Final = 60.0


@dataclass(frozen=True, slots=True)
class Aligned:
    """Two views whose values lie on a line.

    Attributes:
        left: share of the variance of the first that the line leaves.
        g: map of v, with a and b.
        h: map of x, with alpha and beta.
        constants: a, b, alpha, beta.
    """

    left: float
    g: str
    h: str
    constants: tuple[float, float, float, float]

    @classmethod
    def of(cls, g: View, h: View) -> Aligned:
        """Return two views before they are aligned."""
        return cls(1.0, g.map.name, h.map.name, (g.alpha, g.beta, h.alpha, h.beta))


def align(v: Array, x: Array, starts: Sequence[Aligned], *, steps: int) -> list[Aligned]:
    """Bring pairs of views nearer to a line, in so many damped steps.

    Args:
        v: shape (n,).
        x: shape (n,).
        starts: the pairs.
        steps: of all pairs together.
    """
    if not starts:
        return []
    order = np.argsort(x, kind="stable")
    chosen = order[np.linspace(0, len(x) - 1, min(_POINTS, len(x))).round().astype(int)]
    pairs = _Pairs(v[chosen], x[chosen], starts)
    count_work(_STEP * steps * len(starts) * len(chosen))
    theta = np.array([start.constants for start in starts])  # (pairs, 4)
    with np.errstate(all="ignore"):
        residual, slopes, cost = pairs.look(theta)
        damping = np.full(len(starts), _DAMPING)
        for _ in range(steps):
            normal = np.einsum("bni,bnj->bij", slopes, slopes)
            pull = np.einsum("bni,bn->bi", slopes, residual)
            diagonal = np.einsum("bii->bi", normal)
            added = damping[:, None] * diagonal + _LEAST * diagonal.max(axis=1, keepdims=True) + np.finfo(float).tiny
            lifted = normal + np.eye(4) * added[:, None, :]
            usable = np.isfinite(lifted).all(axis=(1, 2)) & np.isfinite(pull).all(axis=1)
            step = np.zeros_like(theta)
            step[usable] = -np.linalg.solve(lifted[usable], pull[usable][:, :, None])[:, :, 0]
            candidate = theta + step
            new_residual, new_slopes, new_cost = pairs.look(candidate)
            better = new_cost < cost
            theta[better], residual[better] = candidate[better], new_residual[better]
            slopes[better], cost[better] = new_slopes[better], new_cost[better]
            damping = np.where(better, damping * _FALL, damping * _RISE).clip(_LEAST, 1e12)
    theta[~np.isfinite(theta)] = 0.0
    return [
        Aligned(float(left), start.g, start.h, (a, b, alpha, beta))
        for left, start, (a, b, alpha, beta) in zip(cost, starts, theta.tolist(), strict=True)
    ]


class _Pairs:
    """The pairs, grouped by their maps, and the points."""

    def __init__(self, v: Array, x: Array, starts: Sequence[Aligned]) -> None:
        self.v, self.x = v, x
        self.of_v = _places([start.g for start in starts])
        self.of_x = _places([start.h for start in starts])

    def look(self, theta: Array) -> tuple[Array, Array, Array]:
        """Return residuals (pairs, n), their slopes (pairs, n, 4), and their squares, infinite where undefined."""
        u, of_u = _directions(self.v, theta[:, :2], self.of_v)
        w, of_w = _directions(self.x, theta[:, 2:], self.of_x)
        along = np.einsum("bn,bn->b", u, w)[:, None]
        residual = u - along * w
        slopes = np.concatenate([of_u, -along[:, :, None] * of_w], axis=2)
        slopes -= w[:, :, None] * np.einsum("bn,bnk->bk", w, slopes)[:, None, :]
        cost = np.einsum("bn,bn->b", residual, residual)
        return residual, slopes, np.where(np.isfinite(cost) & np.isfinite(slopes).all(axis=(1, 2)), cost, np.inf)


def _places(names: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    every = np.array(names)
    return {name: np.flatnonzero(every == name) for name in dict.fromkeys(names)}


def _directions(points: Array, theta: Array, places: dict[str, NDArray[np.intp]]) -> tuple[Array, Array]:
    """Return the maps' values (pairs, n), centred and of length one, and their slopes (pairs, n, 2)."""
    values = np.empty((len(theta), len(points)))
    slopes = np.zeros((len(theta), len(points), 2))
    for name, rows in places.items():
        one = MAPS[name]
        argument = theta[rows, :1] * points + theta[rows, 1:]
        values[rows] = one.apply(argument)
        slope = one.slope(argument)
        if one.kind in ("exponential", "centred"):
            slopes[rows, :, 0] = slope * points
        if one.kind in ("power", "centred"):
            slopes[rows, :, 1] = slope
    values -= values.mean(axis=1, keepdims=True)
    slopes -= slopes.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(values, axis=1)
    values /= lengths[:, None]
    slopes /= lengths[:, None, None]
    slopes -= values[:, :, None] * np.einsum("bn,bnk->bk", values, slopes)[:, None, :]
    return values, slopes
