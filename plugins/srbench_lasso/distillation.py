"""The pipeline of the method: network, library, LASSO, pursuit, selection, snapping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lasso.descent import lasso_path
from srbench_lasso.library import Group, groups, nuisance, power_law, powers
from srbench_lasso.model import Data, Design, Model, extend, refine, sparsify
from srbench_lasso.network import train
from srbench_lasso.pursuit import Effort, Pool, best_of_each, entries, orthonormal, pursue
from srbench_lasso.snapping import Snapped, snap
from srbench_lasso.terms import Monomials, Shape
from srbench_lite import Budget, Expression, Fit, FitError, Report, Samples

if TYPE_CHECKING:
    from srbench_lasso import Lasso

__all__ = ["distill"]

Array = NDArray[np.float64]

_Term = tuple[Shape, tuple[float, ...]]  # a shape with its inner constants
_Penalties = dict[tuple[Shape, ...], float]  # at which a support appeared, relative to the largest penalty

#: What is left of the time is for choosing and writing.
_SHARE_OF_BUDGET: Final = 0.85
#: Sizes of targets whose squares and their sums are floats.
_RANGE: Final = (1e-120, 1e120)
#: Models whose criterion is within this of the best have their constants snapped before one is chosen.
_CLOSE: Final = 40.0
_MOST_SNAPPED: Final = 12
#: A model of at most so many terms is short.
_SHORT: Final = 4
#: Points along each axis from which neighbours tell noise from structure.
_DENSE: Final = 12


class _Progress:
    """Reports formulas that are better than the best so far, and knows whether the time is up."""

    def __init__(self, data: Data, names: Sequence[str], report: Report, expired: Callable[[], bool]) -> None:
        self._data, self._names, self._report = data, names, report
        self._best = math.inf
        self.expired = expired

    def offer(self, models: Sequence[Model]) -> None:
        if models and models[0].criterion < self._best:
            self._best = models[0].criterion
            self._report(snap(models[0], self._data).expression(self._names))


@dataclass(frozen=True, slots=True, eq=False)
class _Target:
    """Where terms are chosen: the data, and the network's values between them where it is good."""

    points: Monomials  # m points, the data first
    values: Array  # (m,)


def distill(method: Lasso, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `method` to `samples`; see `Method.fit`."""
    with np.errstate(all="ignore"):  # a term that leaves its domain shows as NaN and is turned down
        return _distilled(method, samples, seed=seed, budget=budget, report=report)


def _distilled(method: Lasso, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    started = time.monotonic()
    limit = _SHARE_OF_BUDGET * budget.seconds

    def expired() -> bool:
        return time.monotonic() - started > limit

    x, y = samples.x, samples.y
    varying = np.flatnonzero(np.ptp(x, axis=0) > 1e-13 * np.abs(x).max(axis=0))
    if np.ptp(y) <= 1e-14 * np.abs(y).max() or len(varying) == 0:
        value = Expression.constant(float(y[0]) if np.ptp(y) == 0 else float(y.mean()))
        report(value)
        return Fit(expression=value, candidates=[value], extras={"reason": "the target or all inputs are constant"})
    top = float(np.abs(y).max())
    if not _RANGE[0] < top < _RANGE[1]:
        raise FitError(
            f"the target's largest absolute value is {top:g}; its square is out of float64's range: rescale the target "
            f"into {_RANGE[0]:g} to {_RANGE[1]:g}"
        )
    names = [samples.variables[i] for i in varying]
    x = np.ascontiguousarray(x[:, varying])
    rng = np.random.default_rng(seed)
    network, network_nmse = _trained(method, x, y, rng, expired)
    data = Data.of(x, y, method.price)
    progress = _Progress(data, names, report, expired)
    target = _target(method, data, network, network_nmse, rng)
    library = groups(target.points, method.max_columns)
    monomials = powers(target.points, method.degree, method.max_powers)
    monomials += [shape for shape in power_law(data.points, y) if shape not in monomials]
    models, penalties = _models(method, data, target, monomials, library, progress)
    best = _chosen(models, data)
    expression = best.expression(names)
    values = expression(dict(zip(names, x.T, strict=True)))
    freedom = max(len(y) - len(best.theta) - len(best.coefficients), 1)
    variance = float(np.var(y))
    extras: dict[str, Any] = {
        "network_nmse": network_nmse,
        "network_points": len(target.values) - len(y),
        "distillation_nmse_network": float(np.mean((values - network(x)) ** 2)) / variance,
        "distillation_nmse_data": float(np.mean((values - y) ** 2)) / variance,
        "library_terms": len(monomials) + sum(group.size for group in library),
        "terms": int(np.count_nonzero(best.coefficients)),
        "noise": math.sqrt(best.rss / freedom),
        "exact": models[0].is_exact(data),
        "penalty": penalties.get(models[0].design.shapes),
    }
    return Fit(
        expression=expression,
        candidates=_front(models, data, names, expression),
        stopped="budget" if expired() else "done",
        extras=extras,
    )


def _models(
    method: Lasso,
    data: Data,
    target: _Target,
    monomials: Sequence[Shape],
    library: Sequence[Group],
    progress: _Progress,
) -> tuple[list[Model], _Penalties]:
    """Go from simple to involved until the data are explained; return models, best first, and their penalties."""
    path: list[_Term] = [(shape, ()) for shape in monomials]
    models, penalties = _along_path(method, data, _Target(data.points, data.y), path, progress.expired)
    progress.offer(models)
    if _explained(models, data) or progress.expired():
        return models, penalties
    pool = Pool(entries(library), target.points)
    Q, residual = orthonormal(*_constant_only(data), target.points, target.values)
    wide = list(path)
    for _, entry in best_of_each(pool.gains(Q, residual), pool):
        wide += [(shape, tuple(entry.theta.tolist())) for shape in entry.group.shapes]
    found, more = _along_path(method, data, target, wide, progress.expired)
    models, penalties = _ranked([*models, *found]), {**penalties, **more}
    progress.offer(models)

    def stop(current: Sequence[Model]) -> bool:
        progress.offer(current)
        return progress.expired() or _settled(current, data)

    effort = Effort(
        beam=method.beam, branch=method.branch, pairs=method.pairs, pair_entries=method.pair_entries,
        steps=method.steps, depth=method.max_terms,
    )  # fmt: skip
    models = pursue(
        data, (target.points, target.values), pool, nuisance(target.points, method.degree), models[: method.beam],
        effort, stop=stop, expired=progress.expired,
    )  # fmt: skip
    if _settled(models, data) or progress.expired():
        return models, penalties
    tuned = list(path)
    for model in models[: method.beam]:
        for shape, places in zip(model.design.shapes, model.design.index, strict=True):
            term = (shape, tuple(float(model.theta[k]) for k in places))
            if places and term not in tuned:
                tuned.append(term)
    found, more = _along_path(method, data, _Target(data.points, data.y), tuned, progress.expired)
    models = _ranked([*models, *found])
    progress.offer(models)
    return models, {**penalties, **more}


def _trained(
    method: Lasso, x: Array, y: Array, rng: np.random.Generator, expired: Callable[[], bool]
) -> tuple[Callable[[Array], Array], float | None]:
    """Train the network on four fifths of the points; return it and its nmse on the others (None below 5 points)."""
    order = rng.permutation(len(y))
    held, kept = order[: len(y) // 5], order[len(y) // 5 :]
    network = train(
        x[kept], y[kept], hidden=[width for width in (method.hidden1, method.hidden2) if width > 0],
        epochs=method.epochs, batch=method.batch, learning_rate=method.learning_rate, rng=rng, expired=expired,
    )  # fmt: skip
    if not len(held):
        return network, None
    return network, float(np.mean((network(x[held]) - y[held]) ** 2) / float(np.var(y)))


def _target(
    method: Lasso, data: Data, network: Callable[[Array], Array], nmse: float | None, rng: np.random.Generator
) -> _Target:
    """Add the network's values at random places between pairs of data points, if its error is small."""
    x = data.points.x
    pairs = rng.integers(0, len(x), (2, method.dense))
    share = rng.random((method.dense, 1))
    if nmse is None or nmse > method.trust or method.dense == 0:
        return _Target(data.points, data.y)
    between = share * x[pairs[0]] + (1 - share) * x[pairs[1]]  # (dense, d)
    return _Target(Monomials(np.concatenate([x, between])), np.concatenate([data.y, network(between)]))


def _constant_only(data: Data) -> tuple[Design, Array]:
    return Design((Shape((0.0,) * data.points.x.shape[1]),), ((),), 0), np.zeros(0)


def _along_path(
    method: Lasso, data: Data, target: _Target, terms: Sequence[_Term], expired: Callable[[], bool]
) -> tuple[list[Model], _Penalties]:
    """Fit LASSO along its path; refit each support on the data without penalty and with free inner constants."""
    columns = np.empty((len(target.values), len(terms)))
    for j, (shape, inner) in enumerate(terms):
        columns[:, j] = shape.value(target.points, inner)[0][:, 0]
    path = lasso_path(
        columns, target.values, count=method.penalties, smallest=method.smallest_penalty, sweeps=method.sweeps,
        most=method.max_support,
    )  # fmt: skip
    models: dict[tuple[Shape, ...], Model] = {}
    penalties: _Penalties = {}
    seen: set[tuple[int, ...]] = set()
    for penalty, b in path:
        support = tuple(np.flatnonzero(b).tolist())
        if support in seen or len(support) > method.max_support:
            continue
        if models and expired():
            break
        seen.add(support)
        design, theta = _constant_only(data)
        for j in support:
            shape, inner = terms[j]
            design = extend(design, (shape,), len(inner))
            theta = np.concatenate([theta, inner])
        fixed = refine(design, theta, data, 0)
        if fixed is None:
            continue
        model = sparsify(fixed, data, 0)
        if model.design.size:
            free = refine(model.design, model.theta, data, method.steps)
            model = model if free is None else sparsify(free, data, method.steps)
        key = model.design.shapes
        if model.is_sound(data) and (key not in models or model.criterion < models[key].criterion):
            models[key] = model
            penalties[key] = penalty
    return _ranked(models.values()), penalties


def _ranked(models: Iterable[Model]) -> list[Model]:
    return sorted(models, key=lambda m: (m.criterion, sum(s.size for s in m.design.shapes)))


def _explained(models: Sequence[Model], data: Data) -> bool:
    """Whether a short model explains the data down to rounding."""
    return any(m.is_exact(data) and len(m.design.shapes) <= _SHORT for m in models[:5])


def _settled(models: Sequence[Model], data: Data) -> bool:
    """Whether a short model explains the data down to rounding, or a single term down to noise: looking on is idle."""
    if _explained(models, data):
        return True
    n, d = data.points.x.shape
    best = models[0]
    terms = {places or (-j,) for j, places in enumerate(best.design.index) if not best.design.shapes[j].is_constant}
    return len(terms) <= 1 and n >= _DENSE**d and best.smoothness(data) < 2 / math.sqrt(n)


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
