"""`Design` and `Model`: a sum of terms, fitted by variable projection.

The model is selected by Schwarz's criterion ("Estimating the dimension of a model", Ann. Stat. 6(2), 1978) in the
extended form for large libraries of Chen & Chen (Biometrika 95(3), 2008).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lasso.terms import POWER, Shape
from srbench_lite import Samples
from srbench_lite.fitting import Monomials, Problem, fit_separable

__all__ = ["Data", "Design", "Model", "extend", "refine", "sparsify", "without"]

Array = NDArray[np.float64]

#: A step that lowers the sum of squares by less than this share ends a fit.
_MIN_GAIN: Final = 1e-5
#: A shift this many times larger than its argument, or a rate as much smaller, makes a factor a power or a constant in
#: disguise.
_MAX_SHIFT: Final = 1e3
#: Neighbours are looked for among so many points at most.
_MAX_NEIGHBOURS: Final = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """What a model is fitted to.

    Attributes:
        problem: n points and a target, with their yardsticks.
        points: the same points.
        price: of one node of the formula, in units of the criterion (twice nats).
        neighbours: for each point the nearest other one (n,).
    """

    problem: Problem
    points: Monomials
    price: float
    neighbours: NDArray[np.intp]

    @classmethod
    def of(cls, samples: Samples, price: float) -> Data:
        """Prepare points and their targets."""
        problem = Problem.of(samples)
        return cls(problem, Monomials(samples.x, problem.scale), price, _nearest(samples.x))

    @property
    def y(self) -> Array:
        """The target (n,), in the scale of the problem, as columns and residuals are."""
        return self.problem.scaled(self.problem.y)

    def criterion(self, rss: float, n_constants: int, size: int) -> float:
        """Return Schwarz's criterion plus a price for the formula's length; rounding is not worth fitting."""
        return self.problem.misfit(rss) + math.log(max(len(self.y), 2)) * n_constants + self.price * size


@dataclass(frozen=True, slots=True)
class Design:
    """Terms of a sum: those without inner constants first, then groups that share theirs.

    Attributes:
        shapes: the terms, p of them.
        index: for each term, the positions of its inner constants in theta.
        size: number of inner constants q.
    """

    shapes: tuple[Shape, ...]
    index: tuple[tuple[int, ...], ...]
    size: int

    @property
    def width(self) -> int:
        """Number of terms."""
        return len(self.shapes)

    @property
    def length(self) -> int:
        """Number of nodes of the formula, roughly."""
        return sum(shape.size for shape in self.shapes)

    def columns(self, points: Monomials, theta: Array, slopes: bool) -> tuple[Array, list[Array]]:
        """Return the columns (B, p, n) at B sets of inner constants (B, q), and for each group the derivatives of its
        columns by its constants, (columns, constants, B, n)."""
        values = np.empty((len(theta), self.width, len(points)))
        groups: dict[tuple[int, ...], list[Array]] = {}
        for j, (shape, places) in enumerate(zip(self.shapes, self.index, strict=True)):
            value, inner = shape.value(points, [theta[:, k] for k in places], slopes)
            values[:, j] = value.T
            if inner:
                ones = np.ones((len(points), len(theta)))
                groups.setdefault(places, []).append(np.stack([(ones * part).T for part in inner]))
        return values, [np.stack(group) for group in groups.values()]

    def columns_at(self, points: Monomials, theta: Array) -> Array:
        """Return the columns (n, p) at one set of inner constants (q,)."""
        with np.errstate(all="ignore"):
            return np.asarray(self.columns(points, theta[None], slopes=False)[0][0].T)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A fitted sum of terms: theta (q,) inner constants, coefficients (p,), rss, and the criterion (less is better)."""

    design: Design
    theta: Array
    coefficients: Array
    rss: float
    criterion: float

    def is_exact(self, data: Data) -> bool:
        """Whether nothing but rounding is left."""
        return data.problem.is_exact(self.rss)

    def is_sound(self, data: Data) -> bool:
        """Whether every inner constant matters: a tiny rate or a far shift only imitates a power, or nothing at all."""
        for shape, places in zip(self.design.shapes, self.design.index, strict=True):
            start = 0
            for factor in shape.factors:
                stop = start + len(factor.roles)
                mine = [abs(float(self.theta[k])) for k in places[start:stop]]
                start = stop
                tops = [float(np.abs(data.points(u)).max()) for u in factor.arguments]
                if factor.roles[-1] == "shift":
                    if mine[-1] > _MAX_SHIFT * tops[0]:
                        return False
                elif factor.kind != POWER and min(a * top for a, top in zip(mine, tops, strict=False)) * _MAX_SHIFT < 1:
                    return False
        return True

    def smoothness(self, data: Data) -> float:
        """Return the correlation of the residuals of nearest neighbours.

        Near 1 something is missing in the model, near 0 (within 1/sqrt(n) or so) what is left looks like noise.
        """
        residual = data.y - self.predict(data.points)
        return float(residual @ residual[data.neighbours]) / max(float(residual @ residual), 1e-300)

    def predict(self, points: Monomials) -> Array:
        """Return values (n,), in the scale of the points."""
        return np.asarray(self.design.columns_at(points, self.theta) @ self.coefficients)


def _nearest(x: Array) -> NDArray[np.intp]:
    n = len(x)
    if n == 1:
        return np.zeros(1, dtype=np.intp)
    spread = np.ptp(x, axis=0)
    scaled = x / np.where(spread > 0, spread, 1.0)  # (n, d)
    among = scaled[:_MAX_NEIGHBOURS]
    result = np.empty(n, dtype=np.intp)
    for i in range(n):
        distance = np.einsum("ij,ij->i", among - scaled[i], among - scaled[i])
        if i < len(distance):
            distance[i] = np.inf
        result[i] = int(np.argmin(distance))
    return result


def refine(design: Design, theta: Array, data: Data, steps: int, *, bar: float = math.inf) -> Model | None:
    """Fit all constants from a starting point of the inner ones.

    Args:
        design: the terms.
        theta: start (q,).
        data: points and target.
        steps: at most that many steps of Levenberg and Marquardt.
        bar: a misfit; a fit above it must fall by a fiftieth with each step to be gone on with.

    Returns:
        The model; None where the columns are dependent or undefined at the start, or two points a constant are lacking.
        A constant alone is always one, also where the target's mean is exactly zero.
    """
    if design.size + design.width > max(1, len(data.y) // 2):
        return None
    n = len(data.y)
    rounding = n * (1e-16 * data.problem.size) ** 2
    solution = fit_separable(
        design, data.points, data.y, theta[None], steps, enough=rounding, min_gain=_MIN_GAIN,
        bar=n * math.exp(bar / n) if bar < math.inf else bar,
    )  # fmt: skip
    alone = design.width == 1 and design.shapes[0].is_constant
    if solution is None or not (solution.linear.all() or alone):
        return None
    criterion = data.criterion(solution.rss, design.size + design.width, design.length)
    return Model(design, solution.theta, solution.linear, solution.rss, criterion)


def extend(design: Design, shapes: Sequence[Shape], n_inner: int) -> Design:
    """Add terms that share `n_inner` new inner constants; terms without any come before those that have some."""
    at = len(design.shapes) if n_inner else sum(not places for places in design.index)
    places = (tuple(range(design.size, design.size + n_inner)),) * len(shapes)
    shapes = (*design.shapes[:at], *shapes, *design.shapes[at:])
    return Design(shapes, (*design.index[:at], *places, *design.index[at:]), design.size + n_inner)


def without(design: Design, theta: Array, column: int) -> tuple[Design, Array]:
    """Leave a term out, and the inner constants that nothing else uses."""
    shapes = tuple(s for j, s in enumerate(design.shapes) if j != column)
    index = [places for j, places in enumerate(design.index) if j != column]
    used = sorted({k for places in index for k in places})
    renumbered = {k: new for new, k in enumerate(used)}
    return Design(shapes, tuple(tuple(renumbered[k] for k in p) for p in index), len(used)), theta[used]


def sparsify(model: Model, data: Data, steps: int, *, bar: float = math.inf, tried_steps: int = 0) -> Model:
    """Leave out terms one at a time, the least useful first, as long as the criterion falls; then refine once more.

    Args:
        model: fitted.
        data: what it was fitted to.
        steps: of the last fit.
        bar: of the last fit; see `refine`.
        tried_steps: of the fit after each omission; with 0 the inner constants stay meanwhile.
    """
    kept = model
    while len(kept.design.shapes) > 1:
        phi = kept.design.columns_at(data.points, kept.theta)
        lengths = np.linalg.norm(phi, axis=0)
        # the squared coefficient over the diagonal of the inverse Gram matrix is what leaving the column out costs
        inverse = np.linalg.pinv(phi / lengths)  # (p, n)
        cost = (kept.coefficients * lengths) ** 2 / np.einsum("ij,ij->i", inverse, inverse)
        smaller: Model | None = None
        for column in np.argsort(cost, kind="stable")[:2]:
            design, theta = without(kept.design, kept.theta, int(column))
            smaller = refine(design, theta, data, tried_steps)
            if smaller is not None and smaller.criterion < kept.criterion:
                break
            smaller = None
        if smaller is None:
            break
        kept = smaller
    if kept is not model and kept.design.size and steps:
        kept = refine(kept.design, kept.theta, data, steps, bar=bar) or kept
    return kept
