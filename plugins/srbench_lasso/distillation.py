"""From a trained network and the data to a formula: library, LASSO, pursuit, selection, snapping."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lasso.approximation import Approximation
from srbench_lasso.descent import lasso_path
from srbench_lasso.library import Group, groups, nuisance, power_law, powers
from srbench_lasso.model import Data, Design, Model, extend, refine, sparsify
from srbench_lasso.pursuit import Effort, Pool, best_of_each, entries, orthonormal, pursue
from srbench_lasso.snapping import Snapped, snap
from srbench_lasso.terms import Monomials, Shape
from srbench_lite import Expression, Fit, FitError, Report, Samples

if TYPE_CHECKING:
    from srbench_lasso import Lasso

__all__ = ["distill", "without_training"]

Array = NDArray[np.float64]

_Term = tuple[Shape, tuple[float, ...]]  # a shape with its inner constants
_Penalties = dict[tuple[Shape, ...], float]  # at which a support appeared, relative to the largest penalty

#: Sizes of targets whose squares and their sums are floats.
_RANGE: Final = (1e-120, 1e120)
#: Models whose criterion is within this of the best have their constants snapped before one is chosen.
_CLOSE: Final = 40.0
_MOST_SNAPPED: Final = 12
#: Models of each number of terms that are fitted to the data after a search on the network's values alone.
_SHORT_LIST: Final = 3
#: A model of at most so many terms is short.
_SHORT: Final = 4
#: Of more points a random sample is searched, and a larger one is what formulas are fitted to.
_MOST_SEARCHED: Final = 1000
_MOST_FITTED: Final = 5000
#: Points along each axis from which neighbours tell noise from structure.
_DENSE: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class _Target:
    """Where terms are chosen: the data, and the network's values between them where it is good."""

    points: Monomials  # m points, the data first
    values: Array  # (m,)


class _Search:
    """What one search goes by.

    Attributes:
        settings: the hyper-parameters.
        data: the measured points, to which every formula is fitted in the end.
        seen: what models are fitted to while terms are looked for: the data, a sample of them, or the network's values.
        target: where terms are chosen.
        expired: whether the time is up.
    """

    def __init__(
        self, settings: Lasso, data: Data, seen: Data, target: _Target, names: Sequence[str], report: Report,
        expired: Callable[[], bool],
    ) -> None:  # fmt: skip
        self.settings, self.data, self.seen, self.target, self.expired = settings, data, seen, target, expired
        self._names, self._report = names, report
        self._best = math.inf

    def offer(self, models: Sequence[Model]) -> None:
        """Report the best of the models, fitted to the data, if none before it was better."""
        best = next(iter(self.on_data(models[:1])), None)
        if best is not None and best.criterion < self._best:
            self._best = best.criterion
            self._report(snap(best, self.data).expression(self._names))

    def on_data(self, models: Sequence[Model]) -> list[Model]:
        """Return the models with their constants fitted to the data, and terms that vanish there left out; best first.

        Models that were found on the data are returned as they are.
        """
        if self.seen is self.data:
            return list(models)
        found: list[Model] = []
        for model in models:
            fitted = refine(model.design, model.theta, self.data, self.settings.steps)
            if fitted is not None:
                fitted = sparsify(fitted, self.data, self.settings.steps)
                found += [fitted] if fitted.is_sound(self.data) else []
        return _ranked(found)


def without_training(samples: Samples, report: Report) -> Fit | None:
    """Return the answer where the target or all inputs are constant and there is nothing to train; None elsewhere.

    Raises:
        FitError: the target's squares are out of float64's range.
    """
    x, y = samples.x, samples.y
    top = float(np.abs(y).max())
    if np.ptp(y) <= 1e-14 * top or not _varying(x).size:
        value = Expression.constant(float(y[0]) if np.ptp(y) == 0 else float(y.mean()))
        report(value)
        return Fit(expression=value, candidates=[value], extras={"reason": "the target or all inputs are constant"})
    if not _RANGE[0] < top < _RANGE[1]:
        raise FitError(
            f"the target's largest absolute value is {top:g}; its square is out of float64's range: rescale the target "
            f"into {_RANGE[0]:g} to {_RANGE[1]:g}"
        )
    return None


def _varying(x: Array) -> NDArray[np.intp]:
    return np.flatnonzero(np.ptp(x, axis=0) > 1e-13 * np.abs(x).max(axis=0))


def distill(
    settings: Lasso,
    samples: Samples,
    approximation: Approximation | None,
    *,
    rng: np.random.Generator,
    expired: Callable[[], bool],
    report: Report,
) -> Fit:
    """Write a trained network, and the data that it was trained on, as a formula.

    Args:
        settings: hyper-parameters of the distillation; those of the network are not read.
        samples: the training points; `without_training` gave None for them.
        approximation: the network; None if there is none, which `mapping` must allow.
        rng: draws the places between the data at which the network is asked.
        expired: whether the time is up; what has been found by then is returned.
        report: takes the best formula so far.
    """
    with np.errstate(all="ignore"):  # a term that leaves its domain shows as NaN and is turned down
        return _distilled(settings, samples, approximation, rng, expired, report)


def _distilled(
    settings: Lasso, samples: Samples, approximation: Approximation | None, rng: np.random.Generator,
    expired: Callable[[], bool], report: Report,
) -> Fit:  # fmt: skip
    varying = _varying(samples.x)
    names = [samples.variables[i] for i in varying]
    order = rng.permutation(len(samples.y))
    fitted, searched = np.sort(order[:_MOST_FITTED]), np.sort(order[:_MOST_SEARCHED])
    x, y = np.ascontiguousarray(samples.x[fitted][:, varying]), samples.y[fitted]
    data = Data.of(x, y, settings.price)
    places = samples.x[searched]
    between = _between(places, settings.dense, rng)
    if settings.mapping == "network" and approximation is not None:
        asked = np.concatenate([places, between])
        seen = Data.of(np.ascontiguousarray(asked[:, varying]), approximation.predict(asked), settings.price)
        target = _Target(seen.points, seen.y)
    else:
        few = len(searched) == len(fitted)
        seen = data if few else Data.of(places[:, varying], samples.y[searched], settings.price)
        if approximation is None or approximation.nmse is None or approximation.nmse > settings.trust:
            target = _Target(seen.points, seen.y)
        else:
            points = Monomials(np.concatenate([seen.points.x, between[:, varying]]))
            target = _Target(points, np.concatenate([seen.y, approximation.predict(between)]))
    search = _Search(settings, data, seen, target, names, report, expired)
    library = groups(target.points, settings.max_columns, expired)
    monomials = powers(target.points, settings.degree, settings.max_powers)
    monomials += [shape for shape in power_law(seen.points, seen.y) if shape not in monomials]
    found, penalties = _models(search, monomials, library)
    short = _short_list(found) if settings.mapping == "network" else found[:_MOST_SNAPPED]
    models = search.on_data(found if seen is data else short) or [_mean(data)]
    best = _chosen(models, data)
    expression = best.expression(names)
    values = expression(dict(zip(names, x.T, strict=True)))
    freedom = max(len(y) - len(best.theta) - len(best.coefficients), 1)
    variance = float(np.var(y)) or 1.0  # a sample of the points may be constant
    network_gap = None
    if approximation is not None:
        network_gap = float(np.mean((values - approximation.predict(samples.x[fitted])) ** 2)) / variance
    extras: dict[str, Any] = {
        "network_nmse": None if approximation is None else approximation.nmse,
        "network_points": len(target.values) - (0 if settings.mapping == "network" else len(searched)),
        "distillation_nmse_network": network_gap,
        "distillation_nmse_data": float(np.mean((values - y) ** 2)) / variance,
        "points_searched": len(searched),
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


def _models(search: _Search, monomials: Sequence[Shape], library: Sequence[Group]) -> tuple[list[Model], _Penalties]:
    """Go from simple to involved until the data are explained; return models, best first, and their penalties."""
    settings, seen, target, expired = search.settings, search.seen, search.target, search.expired
    path: list[_Term] = [(shape, ()) for shape in monomials]
    models, penalties = _along_path(search, _Target(seen.points, seen.y), path)
    search.offer(models)
    if _explained(models, seen) or expired():
        return models, penalties
    pool = Pool(entries(library), target.points)
    Q, residual = orthonormal(*_constant_only(seen), target.points, target.values)
    wide = list(path)
    for _, entry in best_of_each(pool.gains(Q, residual), pool):
        wide += [(shape, tuple(entry.theta.tolist())) for shape in entry.group.shapes]
    found, more = _along_path(search, target, wide)
    models, penalties = _ranked([*models, *found]), {**penalties, **more}
    search.offer(models)

    def stop(current: Sequence[Model]) -> bool:
        search.offer(current)
        return expired() or _settled(current, seen)

    effort = Effort(
        beam=settings.beam, branch=settings.branch, pairs=settings.pairs, pair_entries=settings.pair_entries,
        steps=settings.steps, depth=settings.max_terms, swaps=settings.swaps,
    )  # fmt: skip
    models = pursue(
        seen, (target.points, target.values), pool, nuisance(target.points, settings.degree), models[: settings.beam],
        effort, stop=stop, expired=expired,
    )  # fmt: skip
    if _settled(models, seen) or expired():
        return models, penalties
    tuned = list(path)
    for model in models[: settings.beam]:
        for shape, places in zip(model.design.shapes, model.design.index, strict=True):
            term = (shape, tuple(float(model.theta[k]) for k in places))
            if places and term not in tuned:
                tuned.append(term)
    found, more = _along_path(search, _Target(seen.points, seen.y), tuned)
    models = _ranked([*models, *found])
    search.offer(models)
    return models, {**penalties, **more}


def _between(x: Array, count: int, rng: np.random.Generator) -> Array:
    """Return random places on the lines between pairs of the points, shape (count, d)."""
    pairs = rng.integers(0, len(x), (2, count))
    share = rng.random((count, 1))
    return np.asarray(share * x[pairs[0]] + (1 - share) * x[pairs[1]])


def _constant_only(data: Data) -> tuple[Design, Array]:
    return Design((Shape((0.0,) * data.points.x.shape[1]),), ((),), 0), np.zeros(0)


def _along_path(search: _Search, target: _Target, terms: Sequence[_Term]) -> tuple[list[Model], _Penalties]:
    """Fit LASSO along its path; refit each support to what is seen, unpenalised and with free inner constants."""
    settings, data = search.settings, search.seen
    columns = np.empty((len(target.values), len(terms)))
    for j, (shape, inner) in enumerate(terms):
        columns[:, j] = shape.value(target.points, inner)[0][:, 0]
    path = lasso_path(
        columns, target.values, count=settings.penalties, smallest=settings.smallest_penalty, sweeps=settings.sweeps,
        most=settings.max_support,
    )  # fmt: skip
    models: dict[tuple[Shape, ...], Model] = {}
    penalties: _Penalties = {}
    seen: set[tuple[int, ...]] = set()
    for penalty, b in path:
        support = tuple(np.flatnonzero(b).tolist())
        if support in seen or len(support) > settings.max_support:
            continue
        if models and search.expired():
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
            free = refine(model.design, model.theta, data, settings.steps)
            model = model if free is None else sparsify(free, data, settings.steps)
        key = model.design.shapes
        if model.is_sound(data) and (key not in models or model.criterion < models[key].criterion):
            models[key] = model
            penalties[key] = penalty
    return _ranked(models.values()), penalties


def _short_list(models: Sequence[Model]) -> list[Model]:
    """Return the few models of each number of terms that are nearest to what is seen."""
    by_terms: dict[int, list[Model]] = {}
    for model in sorted(models, key=lambda m: m.rss):
        group = by_terms.setdefault(len(model.design.shapes), [])
        if len(group) < _SHORT_LIST:
            group.append(model)
    return [model for _, group in sorted(by_terms.items()) for model in group]


def _mean(data: Data) -> Model:
    model = refine(*_constant_only(data), data, 0)
    assert model is not None
    return model


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
    terms = {places or (-1 - j,) for j, places in enumerate(best.design.index) if not best.design.shapes[j].is_constant}
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
