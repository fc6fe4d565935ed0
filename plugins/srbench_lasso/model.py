"""`Design` and `Model`: a sum of terms, fitted by variable projection.

Source: Golub & Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables
separate" (SIAM J. Numer. Anal. 10(2), 1973), with the shortened Jacobian of Kaufman (BIT 15, 1975); damping after
Marquardt (SIAM J. Appl. Math. 11(2), 1963). The model is selected by Schwarz's criterion ("Estimating the dimension of
a model", Ann. Stat. 6(2), 1978) in the extended form for large libraries of Chen & Chen (Biometrika 95(3), 2008).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lasso.terms import POWER, Monomials, Shape

__all__ = ["EXACT", "Data", "Design", "Model", "extend", "refine", "sparsify", "without"]

Array = NDArray[np.float64]

#: A root mean square residual below this, relative to that of y, is rounding: some digits above float64's 1e-16,
#: because columns cancel.
EXACT: Final = 1e-11
#: Columns are dependent where one has less than this left after projecting out those before it.
_DEPENDENT: Final = 1e-11
#: A shift this many times larger than its argument, or a rate as much smaller, makes a factor a power or a constant in
#: disguise.
_FAR: Final = 1e3
#: Neighbours are looked for among so many points at most.
_MOST_NEIGHBOURS: Final = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """What a model is fitted to.

    Attributes:
        points: n points.
        y: target (n,).
        price: of one node of the formula, in units of the criterion (twice nats).
        neighbours: for each point the nearest other one (n,).
    """

    points: Monomials
    y: Array
    price: float
    neighbours: NDArray[np.intp]

    @classmethod
    def of(cls, x: Array, y: Array, price: float) -> Data:
        """Prepare points (n, d) and targets (n,)."""
        return cls(Monomials(x), y, price, _nearest(x))

    @property
    def scale(self) -> float:
        """Root mean square of y."""
        return float(np.sqrt(np.mean(self.y**2)))

    def criterion(self, rss: float, n_constants: int, size: int) -> float:
        """Return Schwarz's criterion plus a price for the formula's length; rounding is not worth fitting."""
        n = len(self.y)
        return self.misfit(rss) + math.log(max(n, 2)) * n_constants + self.price * size

    def misfit(self, rss: float) -> float:
        """Return minus twice the log likelihood of the residuals, up to a constant."""
        n = len(self.y)
        return n * math.log(max(rss / n, (EXACT * self.scale) ** 2, 1e-300))


@dataclass(frozen=True, slots=True)
class Design:
    """Terms of a sum; terms may share inner constants.

    Attributes:
        shapes: the terms, p of them.
        index: for each term, the positions of its inner constants in theta.
        size: number of inner constants q.
    """

    shapes: tuple[Shape, ...]
    index: tuple[tuple[int, ...], ...]
    size: int

    @property
    def length(self) -> int:
        """Number of nodes of the formula, roughly."""
        return sum(shape.size for shape in self.shapes)

    def columns(self, points: Monomials, theta: Array, slopes: bool) -> tuple[Array, list[tuple[int, int, Array]]]:
        """Return the columns (n, p) and triples of column, inner constant and derivative (n,)."""
        phi = np.empty((len(points), len(self.shapes)))
        derivatives: list[tuple[int, int, Array]] = []
        with np.errstate(all="ignore"):
            for j, (shape, places) in enumerate(zip(self.shapes, self.index, strict=True)):
                value, inner = shape.value(points, [theta[k] for k in places], slopes)
                phi[:, j] = value[:, 0]
                if slopes:
                    derivatives += [(j, k, dv[:, 0]) for k, dv in zip(places, inner, strict=True)]
        return phi, derivatives


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
        return self.rss <= len(data.y) * (EXACT * data.scale) ** 2

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
                    if mine[-1] > _FAR * tops[0]:
                        return False
                elif factor.kind != POWER and min(a * top for a, top in zip(mine, tops, strict=False)) * _FAR < 1:
                    return False
        return True

    def smoothness(self, data: Data) -> float:
        """Return the correlation of the residuals of nearest neighbours.

        Near 1 something is missing in the model, near 0 (within 1/sqrt(n) or so) what is left looks like noise.
        """
        residual = data.y - self.predict(data.points)
        return float(residual @ residual[data.neighbours]) / max(float(residual @ residual), 1e-300)

    def predict(self, points: Monomials) -> Array:
        """Return values (n,)."""
        return np.asarray(self.design.columns(points, self.theta, slopes=False)[0] @ self.coefficients)


def _nearest(x: Array) -> NDArray[np.intp]:
    n = len(x)
    if n == 1:
        return np.zeros(1, dtype=np.intp)
    spread = np.ptp(x, axis=0)
    scaled = x / np.where(spread > 0, spread, 1.0)  # (n, d)
    among = scaled[:_MOST_NEIGHBOURS]
    result = np.empty(n, dtype=np.intp)
    for i in range(n):
        distance = np.einsum("ij,ij->i", among - scaled[i], among - scaled[i])
        if i < len(distance):
            distance[i] = np.inf
        result[i] = int(np.argmin(distance))
    return result


def _project(phi: Array, y: Array) -> tuple[Array, Array, Array] | None:
    """Return orthonormal columns (n, p), coefficients (p,) and residual (n,); None where columns are dependent."""
    lengths = np.sqrt(np.einsum("ij,ij->j", phi, phi))
    if not (np.isfinite(lengths).all() and (lengths > 0).all()) or phi.shape[1] > phi.shape[0]:
        return None
    Q, R = np.linalg.qr(phi / lengths)
    diagonal = np.abs(np.diag(R))
    if diagonal.min() < _DEPENDENT:
        return None
    moments = Q.T @ y
    residual = y - Q @ moments
    residual -= Q @ (Q.T @ residual)  # once more: the first projection rounds at the size of y
    coefficients = np.linalg.solve(R, moments) / lengths
    return Q, coefficients, residual


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
    """
    if design.size + len(design.shapes) > max(1, len(data.y) // 2):
        return None
    phi, derivatives = design.columns(data.points, theta, slopes=True)
    state = _project(phi, data.y)
    if state is None:
        return None
    Q, coefficients, residual = state
    rss = float(residual @ residual)
    q = design.size
    damping = 1e-3
    tiny = len(data.y) * (1e-16 * data.scale) ** 2
    for _ in range(steps if q else 0):
        J = np.zeros((len(data.y), q))
        for j, k, derivative in derivatives:
            J[:, k] += coefficients[j] * derivative
        J -= Q @ (Q.T @ J)  # (n, q)
        H = J.T @ J
        g = J.T @ residual
        diagonal = np.diag(H).copy()
        if not (np.isfinite(H).all() and np.isfinite(g).all() and (diagonal > 0).all()):
            break
        better = False
        for _ in range(6):
            root = np.sqrt(diagonal)
            scaled = H / np.outer(root, root) + damping * np.eye(q)
            if not np.isfinite(scaled).all():
                break
            step = np.linalg.solve(scaled, g / root) / root
            candidate = theta + step
            phi_new, derivatives_new = design.columns(data.points, candidate, slopes=True)
            state = _project(phi_new, data.y)
            if state is not None and (new := float(state[2] @ state[2])) < rss:
                better = True
                break
            damping = max(damping, 1e-12) * 8
        if not better or state is None:
            break
        gain = rss - new
        theta, derivatives = candidate, derivatives_new
        Q, coefficients, residual = state
        last, rss = rss, new
        damping = max(damping / 10, 1e-13)  # keeps the matrix regular
        if rss <= tiny or gain <= (1e-5 if data.misfit(rss) < bar else 0.02) * last:
            break
    criterion = data.criterion(rss, q + len(coefficients), design.length)
    return Model(design, theta, coefficients, rss, criterion)


def extend(design: Design, shapes: Sequence[Shape], n_inner: int) -> Design:
    """Add terms that share `n_inner` new inner constants."""
    places = tuple(range(design.size, design.size + n_inner))
    index = tuple(places if shape.roles else () for shape in shapes)
    return Design((*design.shapes, *shapes), (*design.index, *index), design.size + n_inner)


def without(design: Design, theta: Array, column: int) -> tuple[Design, Array]:
    """Leave a term out, and the inner constants that nothing else uses."""
    shapes = tuple(s for j, s in enumerate(design.shapes) if j != column)
    index = [places for j, places in enumerate(design.index) if j != column]
    used = sorted({k for places in index for k in places})
    renumbered = {k: new for new, k in enumerate(used)}
    return Design(shapes, tuple(tuple(renumbered[k] for k in p) for p in index), len(used)), theta[used]


def sparsify(model: Model, data: Data, steps: int, *, bar: float = math.inf) -> Model:
    """Leave out terms one at a time, the least useful first, as long as the criterion falls; then refine once more."""
    kept = model
    while len(kept.design.shapes) > 1:
        phi, _ = kept.design.columns(data.points, kept.theta, slopes=False)
        lengths = np.linalg.norm(phi, axis=0)
        # the squared coefficient over the diagonal of the inverse Gram matrix is what leaving the column out costs
        inverse = np.linalg.pinv(phi / lengths)  # (p, n)
        cost = (kept.coefficients * lengths) ** 2 / np.einsum("ij,ij->i", inverse, inverse)
        smaller: Model | None = None
        for column in np.argsort(cost, kind="stable")[:2]:
            design, theta = without(kept.design, kept.theta, int(column))
            smaller = refine(design, theta, data, 0)
            if smaller is not None and smaller.criterion < kept.criterion:
                break
            smaller = None
        if smaller is None:
            break
        kept = smaller
    if kept is not model and kept.design.size and steps:
        kept = refine(kept.design, kept.theta, data, steps, bar=bar) or kept
    return kept
