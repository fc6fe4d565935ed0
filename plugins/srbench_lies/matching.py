"""Which features a transformed target is linear in, beside the columns that a model always has: all at once.

A feature's residual after projection on the complement of those columns is compared with the target's by one matrix
product, so that millions of models a second are fitted (Golub & Pereyra, 1973: the linear part is eliminated).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lies.features import Block
from srbench_lies.spaces import Basis, Part
from srbench_lies.targets import Target
from srbench_lite.fitting import Deadline, count_work, orthonormal_columns

__all__ = ["Hit", "Matcher", "rank"]

Array = NDArray[np.float64]

#: Formulas per matrix product: what fits a cache of a few MiB at 64 points.
_FORMULAS_PER_CHUNK: Final = 8192
#: Residuals below this fraction of the target at the screening points mark a model as exact.
_MAX_EXACT_RESIDUAL: Final = 1e-8
#: A feature with less than this fraction left after projection is a combination of the columns.
_MIN_FEATURE_SHARE_LEFT: Final = 1e-6
#: A target, or one of the columns, with less than this fraction left beside the columns is a combination of them.
_MIN_TARGET_SHARE_LEFT: Final = 1e-10
#: Singular values below this share of the largest make two or three features a combination of each other.
_MIN_SINGULAR_SHARE: Final = 1e-14
#: Cosines in float32 are right to about this.
_COSINE_ERROR_SINGLE: Final = 4e-6
#: Models of one matrix product that may be exact, as far as float32 can tell, and are looked at in float64.
_MAX_MODELS_LOOKED_AT: Final = 400
#: Rounding in the score, as a fraction of the target at the few points looked at.
_MIN_RESIDUAL_SHARE: Final = 1e-12
#: Nanoseconds, for `count_work`: of a target of a matcher, by value and column; of a chunk of features and a feature;
#: of a value of them, and of it by column that it is projected on; of a product of a feature and a target, by point.
_TARGET: Final = 40_000.0
_TARGET_PAIR: Final = 10.0
_CHUNK: Final = 150_000.0
_FEATURE: Final = 50.0
_FEATURE_VALUE: Final = 4.0
_FEATURE_PAIR: Final = 0.3
_MATCH: Final = 1.0
_MATCH_VALUE: Final = 0.04
#: Of two features beside each other: of their product, by point, and of their score; of three in one.
_PAIR_VALUE: Final = 0.06
_PAIR: Final = 12.0
_TRIPLE: Final = 5.0
#: Rounding of one minus the share of the squares that two features explain, from their cosines.
_CANCELLATION_ERROR: Final = 1e-14


@dataclass(frozen=True, slots=True, eq=False, order=False)
class Hit:
    """A model that is worth fitting.

    Attributes:
        score: n log(rss / n) + 2 nodes, from the screening points; smaller is better.
        is_exact: whether the residual at the screening points is rounding.
        target, base, features: the model; each feature is a block, a place in it, and whether its logarithm is meant.
    """

    score: float
    is_exact: bool
    target: Target
    base: Basis
    features: tuple[tuple[Block, int, bool], ...]

    def parts(self) -> list[Part]:
        """Return the features as formulas."""
        return [Part(block.write(i), logged) for block, i, logged in self.features]


@dataclass(eq=False)
class Matcher:
    """Targets and columns at the screening points, and the best models so far.

    Args:
        x: screening points, shape (m, d).
        rows: their places among the n points, shape (m,).
        n: number of points.
        base: columns of every model.
        targets: with values at all n points.
        weighted: whether residuals are weighted, which costs a projection for each target; else one serves all.
        deadline: cuts off.
        keep: models remembered for each target (weighted) or in all (else).
        least: root mean square residual of y below which models are not told apart, but where they are exact.
    """

    x: Array
    rows: NDArray[np.intp]
    n: int
    base: Basis
    targets: Sequence[Target]
    weighted: bool
    deadline: Deadline = field(default_factory=lambda: Deadline(math.inf))
    keep: int = 12
    least: float = 0.0
    hits: list[Hit] = field(default_factory=list)
    seen: int = 0

    def __post_init__(self) -> None:
        Z = self.base.columns(self.x)  # (m, 1 + k)
        count_work(len(self.targets) * (_TARGET + _TARGET_PAIR * Z.size * (Z.shape[1] if self.weighted else 1)))
        self._bases: list[Array] = []
        self._sides: list[Array] = []
        self._scales: list[np.float64] = []  # NumPy's numbers: their squares become infinite where a float would raise
        weights = [t.weights[self.rows] if self.weighted else np.ones(len(self.rows)) for t in self.targets]
        shared = None if self.weighted else orthonormal_columns(Z, least=_MIN_TARGET_SHARE_LEFT)
        self._targets: list[Target] = []
        for target, w in zip(self.targets, weights, strict=True):
            Q = orthonormal_columns(Z * w[:, None], least=_MIN_TARGET_SHARE_LEFT) if shared is None else shared
            t = target.values[self.rows] * w
            r = t - Q @ (Q.T @ t)
            r -= Q @ (Q.T @ r)
            size = np.float64(np.linalg.norm(r))
            if size <= _MIN_TARGET_SHARE_LEFT * float(np.linalg.norm(t)):
                continue  # the columns alone explain it
            self._targets.append(target)
            self._bases.append(Q)
            self._sides.append(r / size)
            typical = np.float64(1.0 if self.weighted else np.sqrt(np.mean(target.weights**2)))
            self._scales.append(size * typical)
        if not self.weighted and self._sides:
            self._stack = np.stack(self._sides)  # (T, m)
            self._single = self._stack.astype(np.float32)

    @property
    def freedom(self) -> int:
        """Matchering points beyond the columns."""
        return len(self.rows) - (self._bases[0].shape[1] if self._bases else 0)

    def add(self, block: Block, *, logged: bool) -> None:
        """Match every formula of a block (or its logarithm) with every target."""
        if not self._sides or self.freedom < 4:
            return
        for start in range(0, len(block), _FORMULAS_PER_CHUNK):
            if self.deadline.is_over:
                break
            part = block.values[start : start + _FORMULAS_PER_CHUNK, : len(self.rows)]
            with np.errstate(all="ignore"):
                F = np.log(np.abs(part)) if logged else part.copy()
            F[~np.isfinite(F).all(axis=1)] = 0.0
            nodes = block.nodes[start : start + _FORMULAS_PER_CHUNK]
            self.seen += len(F) * len(self._sides)
            self._count_matches(F)
            if self.weighted:
                for k, Q in enumerate(self._bases):
                    self._match_one(k, _project(F * self._weights_of(k), Q), block, start, nodes, logged)
            else:
                self._match_all(_project(F, self._bases[0]), block, start, nodes, logged)
        self._trim()

    def _count_matches(self, F: Array) -> None:
        """Count the work of matching features (N, m) with every target."""
        (N, m), targets, p = F.shape, len(self._sides), self._bases[0].shape[1]
        projections = targets if self.weighted else 1
        projection = _CHUNK + N * (_FEATURE + m * (_FEATURE_VALUE + _FEATURE_PAIR * p))
        count_work(_CHUNK + projections * projection + N * targets * (_MATCH + _MATCH_VALUE * m))

    def _weights_of(self, k: int) -> Array:
        return self._targets[k].weights[self.rows]

    def _match_one(self, k: int, F: Array, block: Block, start: int, nodes: NDArray[np.int64], logged: bool) -> None:
        cosines = F @ self._sides[k]
        left = np.maximum(1.0 - cosines**2, 0.0)
        score = self._score(k, left, nodes)
        count = min(self.keep, len(score))
        for i in np.argpartition(score, count - 1)[:count].tolist():
            if cosines[i] != 0.0:
                self._keep(k, float(cosines[i]), F[i], int(nodes[i]), block, start + i, logged)

    def _match_all(self, F: Array, block: Block, start: int, nodes: NDArray[np.int64], logged: bool) -> None:
        C = self._single @ F.astype(np.float32).T  # (T, N)
        np.abs(C, out=C)
        best = int(np.argmax(C))
        if C.flat[best] > 1.0 - _COSINE_ERROR_SINGLE:
            places = np.argwhere(C > 1.0 - _COSINE_ERROR_SINGLE)
            places = places[np.argsort(-C[places[:, 0], places[:, 1]], kind="stable")[:_MAX_MODELS_LOOKED_AT]]
        else:
            places = np.array([divmod(best, C.shape[1])])
        for k, i in places.tolist():
            self._keep(k, float(F[i] @ self._sides[k]), F[i], int(nodes[i]), block, start + i, logged)

    def _score(self, k: int, left: Array | float, nodes: NDArray[np.int64] | int) -> Array:
        m = len(self.rows)
        rss = np.maximum(left, _MIN_RESIDUAL_SHARE**2) * self._scales[k] ** 2
        if self.least:
            rss = np.where(left < _MAX_EXACT_RESIDUAL**2, rss, np.maximum(rss, m * self.least**2))
        return np.asarray(self.n * np.log(rss / m) + 2.0 * (np.asarray(nodes) + self._targets[k].nodes))

    def _least_left(self, k: int) -> float:
        """Return the share of target k's squares below which models are not told apart."""
        return len(self.rows) * (self.least / self._scales[k]) ** 2

    def _keep(self, k: int, cosine: float, f: Array, nodes: int, block: Block, i: int, logged: bool) -> None:
        gap = self._sides[k] - cosine * f  # not 1 - cosine**2, which is rounding
        left = float(gap @ gap)
        score = float(self._score(k, left, nodes))
        feature = (block, i, logged)
        self.hits.append(Hit(score, left < _MAX_EXACT_RESIDUAL**2, self._targets[k], self.base, (feature,)))

    def _trim(self) -> None:
        self.hits.sort(key=lambda h: h.score)
        if len(self.hits) > 4 * self.keep:
            kept: dict[int, int] = {}
            result = []
            for hit in self.hits:
                number = kept.get(id(hit.target), 0)
                if number < self.keep:
                    kept[id(hit.target)] = number + 1
                    result.append(hit)
            self.hits = result[: 20 * self.keep]

    def pairs(self, blocks: Sequence[tuple[Block, bool]]) -> None:
        """Match every pair of features with every target; for a few thousand features."""
        if not self._sides or self.freedom < 5:
            return
        pool = _Pool.of(blocks, len(self.rows))
        for k in range(len(self._sides)):
            F, b = self._projected(k, pool)
            self.seen += len(b) ** 2 // 2
            places_by_loss: list[tuple[float, tuple[int, ...]]] = []
            for start in range(0, len(F), 512):
                if self.deadline.is_over:
                    break
                stop = min(start + 512, len(F))
                count_work((stop - start) * len(F) * (_PAIR + _PAIR_VALUE * F.shape[1]))
                G = F[start:stop] @ F.T  # (512, N)
                score = _pair_scores(G, b[start:stop], b, self.n, least=self._least_left(k))
                score += 2.0 * (pool.nodes[start:stop, None] + pool.nodes[None, :])
                score[np.arange(len(F))[None, :] <= np.arange(start, stop)[:, None]] = np.inf
                places_by_loss += [(v, (start + i, j)) for v, i, j in _least(score, self.keep)]
            self._keep_best(k, F, pool, places_by_loss)
        self._trim()

    def triples(self, blocks: Sequence[tuple[Block, bool]]) -> None:
        """Match every three features with every target; for a few hundred features."""
        if not self._sides or self.freedom < 6:
            return
        pool = _Pool.of(blocks, len(self.rows))
        for k in range(len(self._sides)):
            F, b = self._projected(k, pool)
            N = len(b)
            self.seen += N**3 // 6
            G = F @ F.T
            places_by_loss: list[tuple[float, tuple[int, ...]]] = []
            for i in range(N - 2):
                if self.deadline.is_over:
                    break
                count_work(_CHUNK + _TRIPLE * (N - i) ** 2)
                g = G[i, i + 1 :]  # beside feature i: the others without their part along it
                left = 1.0 - g**2
                scale = np.where(
                    left > _MIN_FEATURE_SHARE_LEFT, 1.0 / np.sqrt(np.maximum(left, _MIN_FEATURE_SHARE_LEFT)), 0.0
                )
                H = (G[i + 1 :, i + 1 :] - g[:, None] * g[None, :]) * scale[:, None] * scale[None, :]
                rest = (b[i + 1 :] - g * b[i]) * scale
                score = _pair_scores(H, rest, rest, self.n, already=float(b[i] ** 2), least=self._least_left(k))
                score += 2.0 * (pool.nodes[i] + pool.nodes[i + 1 :, None] + pool.nodes[None, i + 1 :])
                score[np.tri(len(g), dtype=bool)] = np.inf
                places_by_loss += [(v, (i, i + 1 + p, i + 1 + q)) for v, p, q in _least(score, 2)]
            self._keep_best(k, F, pool, places_by_loss)
        self._trim()

    def _projected(self, k: int, pool: _Pool) -> tuple[Array, Array]:
        """Return features (N, m) and their cosines with target k (N,)."""
        F = _project(pool.values * self._weights_of(k) if self.weighted else pool.values, self._bases[k])
        return F, F @ self._sides[k]

    def _keep_best(self, k: int, F: Array, pool: _Pool, places_by_loss: list[tuple[float, tuple[int, ...]]]) -> None:
        for _, places in sorted(places_by_loss)[: 3 * self.keep]:
            columns = F[list(places)].T
            solution = np.linalg.lstsq(columns, self._sides[k], rcond=_MIN_SINGULAR_SHARE)[0]
            gap = self._sides[k] - columns @ solution
            left = float(gap @ gap)
            score = float(self._score(k, left, int(sum(pool.nodes[p] for p in places)) + len(places) - 1))
            features = tuple(pool.places[p] for p in places)
            self.hits.append(Hit(score, left < _MAX_EXACT_RESIDUAL**2, self._targets[k], self.base, features))


@dataclass(frozen=True, slots=True, eq=False)
class _Pool:
    """Features of several blocks side by side."""

    places: list[tuple[Block, int, bool]]
    values: Array  # (N, m)
    nodes: NDArray[np.int64]  # (N,)

    @classmethod
    def of(cls, blocks: Sequence[tuple[Block, bool]], m: int) -> _Pool:
        with np.errstate(all="ignore"):
            values = np.concatenate([np.log(np.abs(b.values)) if logged else b.values for b, logged in blocks])[:, :m]
        good = np.flatnonzero(np.isfinite(values).all(axis=1))
        places = [(b, i, logged) for b, logged in blocks for i in range(len(b))]
        nodes = np.concatenate([b.nodes for b, _ in blocks])
        return cls([places[i] for i in good.tolist()], values[good], nodes[good])


def _pair_scores(G: Array, p: Array, q: Array, n: int, already: float = 0.0, least: float = 0.0) -> Array:
    """Return n log of what all pairs leave unexplained, from cosines among features G and with the target p and q.

    Less than `least` counts as that, but where it is rounding.
    """
    with np.errstate(all="ignore"):
        explained = (p[:, None] ** 2 + q[None, :] ** 2 - 2 * p[:, None] * q[None, :] * G) / (1.0 - G * G)
    explained[np.abs(G) > 0.9999999] = 0.0
    left = 1.0 - already - explained
    if least > _MAX_EXACT_RESIDUAL**2:
        left = np.where(left < _MAX_EXACT_RESIDUAL**2, left, np.maximum(left, least))
    return np.asarray(n * np.log(np.maximum(left, _CANCELLATION_ERROR)))


def _least(score: Array, count: int) -> list[tuple[float, int, int]]:
    """Return the `count` least entries of a matrix with their places."""
    count = min(count, score.size)
    flat = np.argpartition(score, count - 1, axis=None)[:count]
    return [(float(score.flat[f]), *divmod(int(f), score.shape[1])) for f in flat.tolist()]


def _project(F: Array, Q: Array) -> Array:
    """Return the rows of F on the complement of Q at length one; zero where hardly anything is left. Shape (N, m)."""
    before = np.linalg.norm(F, axis=1)
    R = F - (F @ Q) @ Q.T
    after = np.linalg.norm(R, axis=1)
    keep = after > _MIN_FEATURE_SHARE_LEFT * np.where(before > 0, before, 1.0)
    return np.asarray(R * np.where(keep, 1.0 / np.where(after > 0, after, 1.0), 0.0)[:, None])


def rank(hits: Sequence[Hit], count: int) -> list[Hit]:
    """Return the best hits: exact ones by nodes first, then by score."""
    ordered = sorted(hits, key=lambda h: (not h.is_exact, h.score))
    return ordered[:count]
