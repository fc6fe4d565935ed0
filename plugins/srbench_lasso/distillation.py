"""The pipeline of the method: network, library, LASSO, pursuit, selection, snapping."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lasso.descent import lasso_path
from srbench_lasso.library import groups, nuisance, power_groups, powers
from srbench_lasso.model import Data, Design, Model, extend, refine, sparsify
from srbench_lasso.network import train
from srbench_lasso.pursuit import Effort, Pool, best_of_each, entries, orthonormal, pursue
from srbench_lasso.snapping import Snapped, snap
from srbench_lasso.terms import Monomials, Shape
from srbench_lite import Budget, Expression, Fit, Report, Samples

if TYPE_CHECKING:
    from srbench_lasso import Lasso

__all__ = ["distill"]

Array = NDArray[np.float64]

#: Models whose criterion is within this of the best have their constants snapped before one is chosen.
_CLOSE: Final = 40.0
_MOST_SNAPPED: Final = 12
#: A model of at most so many terms is short.
_SHORT: Final = 4
#: Points along each axis from which neighbours tell noise from structure.
_DENSE: Final = 12
#: Powers that the pursuit may add one by one.
_PAIRED_POWERS: Final = 40


class _Progress:
    """Reports formulas that are better than the best so far."""

    def __init__(self, data: Data, names: Sequence[str], report: Report) -> None:
        self._data, self._names, self._report = data, names, report
        self._best = np.inf

    def offer(self, models: Sequence[Model]) -> None:
        if models and models[0].criterion < self._best:
            self._best = models[0].criterion
            self._report(snap(models[0], self._data).expression(self._names))


def distill(method: Lasso, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `method` to `samples`; see `Method.fit`."""
    with np.errstate(all="ignore"):  # a term that leaves its domain shows as NaN and is turned down
        return _distilled(method, samples, seed=seed, budget=budget, report=report)


def _distilled(method: Lasso, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    started = time.monotonic()
    limit = 0.9 * budget.seconds

    def expired() -> bool:
        return time.monotonic() - started > limit

    x, y = samples.x, samples.y
    spread = np.ptp(x, axis=0)
    varying = np.flatnonzero(spread > 1e-13 * np.abs(x).max(axis=0))
    if np.ptp(y) <= 1e-14 * np.abs(y).max() or len(varying) == 0:
        value = Expression.constant(float(y[0]) if np.ptp(y) == 0 else float(y.mean()))
        report(value)
        return Fit(expression=value, candidates=[value], extras={"reason": "the target or all inputs are constant"})
    names = [samples.variables[i] for i in varying]
    x = np.ascontiguousarray(x[:, varying])
    rng = np.random.default_rng(seed)
    network, network_nmse = _trained(method, x, y, rng, expired)

    data = Data.of(x, y, method.price)
    points = data.points
    library = groups(points, method.max_columns)
    monomials = powers(points, method.degree, method.max_powers)
    progress = _Progress(data, names, report)
    effort = Effort(
        beam=method.beam, branch=method.branch, pairs=method.pairs, pair_entries=method.pair_entries,
        steps=method.steps, depth=method.max_terms,
    )  # fmt: skip
    constant = Shape((0.0,) * x.shape[1])
    path = [(shape, ()) for shape in monomials]
    models, penalties = _along_path(method, data, points, y, path, constant)
    progress.offer(models)
    if not any(m.is_exact(data) and len(m.design.shapes) <= _SHORT for m in models[:5]):
        pool = Pool(entries(library), points)
        Q, residual = orthonormal(Design((constant,), ((),), 0), np.zeros(0), points, y)
        columns = list(path)
        for _, entry in best_of_each(pool.gains(Q, residual), pool):
            columns += [(shape, tuple(entry.theta.tolist())) for shape in entry.group.shapes]
        wide, wide_penalties = _along_path(method, data, points, y, columns, constant)
        models, penalties = _ranked([*models, *wide]), {**penalties, **wide_penalties}
        progress.offer(models)

        def stop(found: Sequence[Model]) -> bool:
            progress.offer(found)
            return _settled(found, data) or expired()

        models = pursue(
            data, (points, y), [*power_groups(monomials, _PAIRED_POWERS), *library], nuisance(points, method.degree), models[: method.beam], effort, stop=stop
        )
        if not _settled(models, data) and not expired():
            tuned = list(path)
            for model in models[: method.beam]:
                for shape, places in zip(model.design.shapes, model.design.index, strict=True):
                    term = (shape, tuple(float(model.theta[k]) for k in places))
                    if places and term not in tuned:
                        tuned.append(term)
            last, last_penalties = _along_path(method, data, points, y, tuned, constant)
            models, penalties = _ranked([*models, *last]), {**penalties, **last_penalties}
            progress.offer(models)
    best = _chosen(models, data)
    expression = best.expression(names)
    noise = float(np.sqrt(best.rss / max(len(y) - len(best.theta) - len(best.coefficients), 1)))
    formula_values = expression(dict(zip(names, x.T, strict=True)))
    network_values = network(x)
    variance = float(np.var(y))
    extras: dict[str, Any] = {
        "network_nmse": network_nmse,
        "distillation_nmse_network": float(np.mean((formula_values - network_values) ** 2)) / variance,
        "distillation_nmse_data": float(np.mean((formula_values - y) ** 2)) / variance,
        "library_terms": len(monomials) + sum(g.size for g in library),
        "terms": int(np.count_nonzero(best.coefficients)),
        "noise": noise,
        "exact": bool(models[0].is_exact(data)),
        "penalty": penalties.get(models[0].design.shapes),
    }
    return Fit(
        expression=expression,
        candidates=_front(models, data, names, expression),
        stopped="budget" if expired() else "done",
        extras=extras,
    )


def _trained(
    method: Lasso, x: Array, y: Array, rng: np.random.Generator, expired: Any
) -> tuple[Any, float | None]:
    """Train the network on four fifths of the points; return it and its nmse on the others (None below 5 points)."""
    n = len(y)
    order = rng.permutation(n)
    held = order[: n // 5]
    kept = order[n // 5 :]
    network = train(
        x[kept], y[kept], hidden=[width for width in (method.hidden1, method.hidden2) if width > 0],
        epochs=method.epochs, batch=method.batch, learning_rate=method.learning_rate, rng=rng, expired=expired,
    )  # fmt: skip
    if not len(held):
        return network, None
    return network, float(np.mean((network(x[held]) - y[held]) ** 2) / max(float(np.var(y)), 1e-300))


def _along_path(
    method: Lasso,
    data: Data,
    points: Monomials,
    y: Array,
    terms: Sequence[tuple[Shape, tuple[float, ...]]],
    constant: Shape,
) -> tuple[list[Model], dict[tuple[Shape, ...], float]]:
    """Fit LASSO along its path, refit each support without penalty and with free inner constants, best first."""
    columns = np.empty((len(points), len(terms)))
    with np.errstate(all="ignore"):
        for j, (shape, theta) in enumerate(terms):
            columns[:, j] = shape.value(points, theta)[0][:, 0]
    path = lasso_path(
        columns, y, count=method.penalties, smallest=method.smallest_penalty, sweeps=method.sweeps,
        most=method.max_support,
    )  # fmt: skip
    models: dict[tuple[Shape, ...], Model] = {}
    penalties: dict[tuple[Shape, ...], float] = {}
    seen: set[tuple[int, ...]] = set()
    for penalty, b in path:
        support = tuple(np.flatnonzero(b).tolist())
        if support in seen or len(support) > method.max_support:
            continue
        seen.add(support)
        design = Design((constant,), ((),), 0)
        theta: list[float] = []
        for j in support:
            shape, inner = terms[j]
            design = extend(design, (shape,), len(inner))
            theta += inner
        fixed = refine(design, np.array(theta), data, 0)
        if fixed is None:
            continue
        model = sparsify(fixed, data, 0)
        if model.design.size:
            free = refine(model.design, model.theta, data, method.steps)
            model = model if free is None else sparsify(free, data, method.steps)
        key = model.design.shapes
        if not model.is_sound(data):
            continue
        if key not in models or model.criterion < models[key].criterion:
            models[key] = model
            penalties[key] = penalty
    return _ranked(models.values()), penalties


def _ranked(models: Iterable[Model]) -> list[Model]:
    return sorted(models, key=lambda m: (m.criterion, sum(s.size for s in m.design.shapes)))


def _settled(models: Sequence[Model], data: Data) -> bool:
    """Whether a short model explains the data down to rounding or to noise, so that looking on cannot help."""
    if any(m.is_exact(data) and len(m.design.shapes) <= _SHORT for m in models[:5]):
        return True
    n, d = data.points.x.shape
    best = models[0]
    terms = [j for j, shape in enumerate(best.design.shapes) if not shape.is_constant]
    groups = {best.design.index[j] or (-j,) for j in terms}
    short = len(groups) <= 1 or (best.design.size == 0 and len(terms) < _SHORT)
    return short and n >= _DENSE**d and best.smoothness(data) < 2 / math.sqrt(n)


def _chosen(models: Sequence[Model], data: Data) -> Snapped:
    """Snap the best models; among exact ones take the shortest, else the one of the best criterion."""
    exact = [m for m in models if m.is_exact(data)][:8]
    if exact:
        return min((snap(m, data) for m in exact), key=lambda s: s.size)
    close = [m for m in models if m.criterion < models[0].criterion + _CLOSE][:_MOST_SNAPPED]
    return min((snap(m, data) for m in close), key=lambda s: s.criterion(data))


def _front(models: Sequence[Model], data: Data, names: Sequence[str], chosen: Expression) -> list[Expression]:
    """Return the Pareto front of complexity and error, simplest first."""
    found: list[tuple[int, float, Expression]] = []
    best_by_terms: dict[int, Model] = {}
    for model in models:
        size = sum(s.size for s in model.design.shapes)
        if size not in best_by_terms or model.rss < best_by_terms[size].rss:
            best_by_terms[size] = model
    lowest = np.inf
    for size in sorted(best_by_terms)[:40]:
        model = best_by_terms[size]
        if model.rss < 0.9 * lowest:
            lowest = model.rss
            snapped = snap(model, data)
            expression = snapped.expression(names)
            found.append((expression.complexity, snapped.rss, expression))
    found.sort(key=lambda item: item[:2])
    front: list[Expression] = []
    lowest = np.inf
    for _, rss, expression in found:
        if rss < lowest:
            lowest = rss
            front.append(expression)
    return front if chosen in front else [*front, chosen]
