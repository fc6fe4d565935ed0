"""From a trained network and the data to a formula: library, LASSO, pursuit, selection, rounding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lasso.approximation import Approximation
from srbench_lasso.descent import lasso_path
from srbench_lasso.library import Group, groups, nuisance, power_law, powers
from srbench_lasso.model import Data, Design, Model, extend, refine, sparsify
from srbench_lasso.pursuit import Effort, Pool, best_of_each, entries, orthonormal, pursue
from srbench_lasso.terms import Shape
from srbench_lasso.writing import formula
from srbench_lite import Expression, Fit, Report, Samples
from srbench_lite.fitting import (
    Deadline,
    Monomials,
    ParetoFront,
    check_range,
    constant_formula,
    count_work,
    finite_formula,
    varying_columns,
)

if TYPE_CHECKING:
    from srbench_lasso import Lasso

__all__ = ["distill", "without_training"]

Array = NDArray[np.float64]

_Term = tuple[Shape, tuple[float, ...]]  # a shape with its inner constants
_Penalties = dict[tuple[Shape, ...], float]  # at which a support appeared, relative to the largest penalty

#: Shares of the time after which the search is cut off, and the rounding of constants. What is left is for writing.
_SHARE_OF_SEARCH: Final = 0.85
_SHARE_OF_ROUNDING: Final = 0.95
#: ... which may count more work than is planned for all: it is short, and constants as they were fitted read badly.
_ROUNDING_SHARE_OF_WORK: Final = 1.15
#: Models that are written as formulas, one of which is chosen.
_MAX_WRITTEN: Final = 12
#: Models of each number of terms that are fitted to the data after a search on the network's values alone.
_MAX_SHORT_LIST: Final = 3
#: A longer model must lower the sum of squares to less than this share to be worth a place on the front.
_MAX_NEARER_SHARE: Final = 0.9
#: A model of at most so many terms is short.
_MAX_SHORT_TERMS: Final = 4
#: Of more points a random sample is searched, and a larger one is what formulas are fitted to.
_MAX_SEARCHED: Final = 1000
_MAX_FITTED: Final = 5000
#: Nanoseconds, for `count_work`: of a penalty of the path, and of it by term.
_SUPPORT: Final = 50_000.0
_COLUMN: Final = 100.0
#: Points along each axis from which neighbours tell noise from structure.
_MIN_POINTS_AN_AXIS: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class _Target:
    """Where terms are chosen: the data, and the network's values between them where it is good."""

    points: Monomials  # m points, the data first
    values: Array  # (m,)


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What one search goes by.

    Attributes:
        settings: the hyper-parameters.
        data: the measured points, to which every formula is fitted in the end.
        seen: what models are fitted to while terms are looked for: the data, a sample of them, or the network's values.
        target: where terms are chosen.
        front: takes the formulas one of which is chosen.
        interim: takes the best of the models met on the way, and reports them. It is the front, but where the network
            alone says which terms there are: of models met on the way, the data would choose what it does not show.
        names: of the variables.
        deadline: ends the search.
    """

    settings: Lasso
    data: Data
    seen: Data
    target: _Target
    front: ParetoFront
    interim: ParetoFront
    names: Sequence[str]
    deadline: Deadline

    def offer(self, models: Sequence[Model]) -> None:
        """Hand the best of the models met on the way, fitted to the data, to the interim front."""
        for model in self.on_data(models[:1]):
            self._offer_to(self.interim, model)

    def write(self, models: Iterable[Model]) -> None:
        """Hand models, fitted to the data, to the front."""
        for model in models:
            self._offer_to(self.front, model)

    def _offer_to(self, front: ParetoFront, model: Model) -> None:
        written = finite_formula(formula, model, self.names)
        if written is not None:
            front.offer(written)

    def on_data(self, models: Sequence[Model]) -> list[Model]:
        """Return the models with their constants fitted to the data, and terms that vanish there left out; best first.

        Models that were found on the data are returned as they are.
        """
        if self.seen is self.data:
            return list(models)
        fitted_models: list[Model] = []
        for model in models:
            fitted = refine(model.design, model.theta, self.data, self.settings.steps)
            if fitted is not None:
                fitted = sparsify(fitted, self.data, self.settings.steps)
                fitted_models += [fitted] if fitted.is_sound(self.data) else []
        return _ranked(fitted_models)


def without_training(samples: Samples, report: Report) -> Fit | None:
    """Return the answer where the target or all inputs are constant and there is nothing to train; None elsewhere.

    Raises:
        FitError: numbers are out of the range of squares.
    """
    value = constant_formula(samples)
    if value is not None:
        report(value)
        return Fit(expression=value, candidates=[value], extras={"reason": "the target or all inputs are constant"})
    check_range(samples)
    return None


def distill(
    settings: Lasso,
    samples: Samples,
    approximation: Approximation | None,
    *,
    rng: np.random.Generator,
    deadline: Deadline,
    report: Report,
) -> Fit:
    """Write a trained network, and the data that it was trained on, as a formula.

    Args:
        settings: hyper-parameters of the distillation; those of the network are not read.
        samples: the training points; `without_training` gave None for them.
        approximation: the network; None if there is none, which `mapping` must allow.
        rng: draws the places between the data at which the network is asked.
        deadline: of the whole fit; before it is over, what has been found by then is returned.
        report: takes the best formula so far.
    """
    with np.errstate(all="ignore"):  # a term that leaves its domain shows as NaN and is turned down
        return _distilled(settings, samples, approximation, rng, deadline, report)


def _distilled(
    settings: Lasso, samples: Samples, approximation: Approximation | None, rng: np.random.Generator,
    deadline: Deadline, report: Report,
) -> Fit:  # fmt: skip
    varying = varying_columns(samples.x)
    names = tuple(samples.variables[i] for i in varying)
    order = rng.permutation(len(samples.y))
    fitted, searched = np.sort(order[:_MAX_FITTED]), np.sort(order[:_MAX_SEARCHED])

    def posed(places: Array, y: Array) -> Data:
        return Data.of(Samples(variables=names, x=places[:, varying], y=y), settings.price)

    def measured(rows: NDArray[np.intp]) -> Data:
        some = samples.rows(rows)
        return Data.of(Samples(variables=names, x=some.x[:, varying], y=some.y, weights=some.weights), settings.price)

    data = measured(fitted)
    places = samples.x[searched]
    between = _between(places, settings.dense, rng)
    if settings.mapping == "network" and approximation is not None:
        asked = np.concatenate([places, between])
        seen = posed(asked, approximation.predict(asked))
        target = _Target(seen.points, seen.y)
    else:
        few = len(searched) == len(fitted)
        seen = data if few else measured(searched)
        if approximation is None or approximation.nmse is None or approximation.nmse > settings.trust:
            target = _Target(seen.points, seen.y)
        else:
            scale = None if seen.points.scale is None else np.concatenate([seen.points.scale, np.ones(len(between))])
            points = Monomials(np.concatenate([seen.points.x, between[:, varying]]), scale)
            target = _Target(points, np.concatenate([seen.y, approximation.predict(between)]))
    rounding = deadline.part(_SHARE_OF_ROUNDING, work_share=_ROUNDING_SHARE_OF_WORK)
    interim = ParetoFront(data.problem, report, kept=_MAX_WRITTEN, deadline=rounding)
    front = interim
    if settings.mapping == "network":
        front = ParetoFront(data.problem, kept=_MAX_WRITTEN, deadline=rounding)
    searching = deadline.part(_SHARE_OF_SEARCH)
    search = _Search(settings, data, seen, target, front, interim, names, searching)
    for each in {id(front): front, id(interim): interim}.values():
        each.offer(Expression.constant(float(data.problem.y.mean())))
    library = groups(target.points, settings.max_columns, searching)
    monomials = powers(target.points, settings.degree, settings.max_powers)
    monomials += [shape for shape in power_law(seen.points, seen.problem.y) if shape not in monomials]
    models, penalties = _models(search, monomials, library)
    if seen is not data:
        models = search.on_data(_short_list(models) if settings.mapping == "network" else models[:_MAX_WRITTEN])
    steps = settings.steps
    thinned = [sparsify(model, data, steps, tried_steps=steps) for model in models[:_MAX_WRITTEN]]
    search.write([*thinned, *_nearest(models)])
    front = front.settled()
    candidates = front.pareto()
    best = front.best()
    report(best.expression)
    y, values = data.problem.y, best.expression(data.problem.columns)
    variance = float(np.var(y)) or 1.0  # a sample of the points may be constant
    network_gap = None
    if approximation is not None:
        network_gap = float(np.mean((values - approximation.predict(samples.x[fitted])) ** 2)) / variance
    extras: dict[str, Any] = {
        **deadline.facts,
        "network_nmse": None if approximation is None else approximation.nmse,
        "network_points": len(target.values) - (0 if settings.mapping == "network" else len(searched)),
        "distillation_nmse_network": network_gap,
        "distillation_nmse_data": float(np.mean((values - y) ** 2)) / variance,
        "points_searched": len(searched),
        "library_terms": len(monomials) + sum(group.size for group in library),
        "terms": _count_summands(best.expression),
        "noise": front.problem.assumed_noise(best.rss, best.free),
        "exact": front.is_exact,
        "penalty": penalties.get(models[0].design.shapes) if models else None,
    }
    return Fit(
        expression=best.expression,
        candidates=candidates,
        stopped="budget" if deadline.was_cut else "done",
        extras=extras,
    )


def _models(search: _Search, monomials: Sequence[Shape], library: Sequence[Group]) -> tuple[list[Model], _Penalties]:
    """Go from simple to involved until the data are explained; return models, best first, and their penalties."""
    settings, seen, target, deadline = search.settings, search.seen, search.target, search.deadline
    path: list[_Term] = [(shape, ()) for shape in monomials]
    models, penalties = _along_path(search, _Target(seen.points, seen.y), path)
    search.offer(models)
    if _explained(models, seen) or deadline.is_over:
        return models, penalties
    pool = Pool(entries(library), target.points)
    Q, residual = orthonormal(*_constant_only(seen), target.points, target.values)
    wide = list(path)
    for _, entry in best_of_each(pool.gains(Q, residual), pool):
        wide += [(shape, tuple(entry.theta.tolist())) for shape in entry.group.shapes]
    more_models, more = _along_path(search, target, wide)
    models, penalties = _ranked([*models, *more_models]), {**penalties, **more}
    search.offer(models)

    def stop(current: Sequence[Model]) -> bool:
        search.offer(current)
        return deadline.is_over or _settled(current, seen)

    effort = Effort(
        beam=settings.beam, branch=settings.branch, pairs=settings.pairs, pair_entries=settings.pair_entries,
        steps=settings.steps, depth=settings.max_terms, swaps=settings.swaps,
    )  # fmt: skip
    models = pursue(
        seen, (target.points, target.values), pool, nuisance(target.points, settings.degree), models[: settings.beam],
        effort, stop=stop, deadline=deadline,
    )  # fmt: skip
    if _settled(models, seen) or deadline.is_over:
        return models, penalties
    tuned = list(path)
    for model in models[: settings.beam]:
        for shape, places in zip(model.design.shapes, model.design.index, strict=True):
            term = (shape, tuple(float(model.theta[k]) for k in places))
            if places and term not in tuned:
                tuned.append(term)
    more_models, more = _along_path(search, _Target(seen.points, seen.y), tuned)
    models = _ranked([*models, *more_models])
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
        count_work(_SUPPORT + _COLUMN * len(b))
        support = tuple(np.flatnonzero(b).tolist())
        if support in seen or len(support) > settings.max_support:
            continue
        if models and search.deadline.is_over:
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
        if len(group) < _MAX_SHORT_LIST:
            group.append(model)
    return [model for _, group in sorted(by_terms.items()) for model in group]


def _ranked(models: Iterable[Model]) -> list[Model]:
    return sorted(models, key=lambda m: (m.criterion, sum(s.size for s in m.design.shapes)))


def _explained(models: Sequence[Model], data: Data) -> bool:
    """Whether a short model explains the data down to rounding."""
    return any(m.is_exact(data) and len(m.design.shapes) <= _MAX_SHORT_TERMS for m in models[:5])


def _settled(models: Sequence[Model], data: Data) -> bool:
    """Whether a short model explains the data down to rounding, or a single term down to noise: looking on is idle."""
    if _explained(models, data):
        return True
    n, d = data.points.x.shape
    best = models[0]
    terms = {places or (-1 - j,) for j, places in enumerate(best.design.index) if not best.design.shapes[j].is_constant}
    return len(terms) <= 1 and n >= _MIN_POINTS_AN_AXIS**d and best.smoothness(data) < 2 / math.sqrt(n)


def _nearest(models: Sequence[Model]) -> list[Model]:
    """Return, of each number of nodes, the model nearest to the data, where it is nearer than all shorter ones."""
    result: list[Model] = []
    for model in sorted(models, key=lambda m: (m.design.length, m.rss)):
        if not result or model.rss < _MAX_NEARER_SHARE * result[-1].rss:
            result.append(model)
    return result


def _count_summands(expression: Expression) -> int:
    return sum(map(_count_summands, expression.args)) if expression.op in ("add", "sub") else 1
