"""`NoisyReduction`: the same problem in fewer variables, found from noisy points.

As in `reductions.py` a symmetry is a direction along which the target changes in a simple way: with x_i = exp(u_i),
y = exp(b t) * y along u + a t (a scaling), or with x itself y = y + b t along x + a t (a translation); a variable
without effect and a power law as a factor are the simplest of them. Under noise slopes are inexact, so directions are
not read off them: all short whole-number ones are compared by how steady the slope along them is, and the best are
judged by the leave-one-out errors of a model that has the symmetry. Fewer inputs then predict better, not worse, and
symmetries are added one by one; several chains of them are followed at once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, count_work, power_product, sum_by_sign
from srbench_portfolio.noise.link_models import LinkModel, fit_link_model

__all__ = ["NoisyReduction", "noisy_reductions"]

Array = NDArray[np.float64]
Vector = tuple[float, ...]

#: A positive variable whose largest value is so many times its least is looked at through its logarithm.
_MIN_RATIO: Final = 1.2
#: Values of the rarer sign, as a share, where a target is still taken to be of the other one.
_MAX_WRONG_SIGNS: Final = 0.25
#: ... and above which it may change its sign.
_LEAST_WRONG_SIGNS: Final = 0.02
#: Whole numbers of a scaling's direction, where at most two are not zero and where more are; of a translation's.
_WIDE: Final = (1, -1, 2, -2, 3, -3)
_NARROW: Final = (1, -1, 2, -2)
_UNITS: Final = (1, -1)
_MOST_MIXED: Final = 4
_MANY_VARIABLES: Final = 6
#: Directions that are judged in each step, and chains that are followed.
_JUDGED: Final = 6
_CHAINS: Final = 3
#: Changes of the target along a direction below this, relative to its size, are alike.
_LEAST_EFFECT: Final = 0.01
#: What each unit of a direction's numbers costs when directions are compared, and when models are: there in units of
#: Schwarz's criterion.
_DIRECTION_COST: Final = 0.08
_PRICE: Final = 2.0
#: What an input less is worth when models are compared, in the same units.
_GAIN: Final = 6.0
#: A symmetry is believed where n ln(error^2) rises by no more than this.
_MAX_RISE: Final = 3.0
#: ... and in all, where the least is that of another view: 5 % of the error of 200 points.
_MAX_RISE_OF_VIEW: Final = 20.0
#: Exponents this near to a multiple of 1/2 are meant as that.
_NEAR: Final = 0.15
#: What an exponent of a factor costs, for each unit of it and where it is no multiple of 1/2.
_UNIT_PRICE: Final = 1.0
_ODD_PRICE: Final = 4.0
#: Largest degree of a model in one input, and in more.
_TOP_OF_ONE: Final = 9
_TOP: Final = 6
#: Reductions that are returned.
_MOST: Final = 4
#: An error below this share of the target's size is none of the data: other parts see such symmetries better.
_LEAST_ERROR: Final = 3e-4
#: Standard deviation, as a share of the target's size, that weights are written for: so small that no formula's
#: residuals are taken to be within it.
_UNKNOWN_ERROR: Final = 1e-12
#: Nanoseconds, for `count_work`: by direction and pair of inputs.
_PAIR: Final = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class NoisyReduction:
    """A problem in fewer variables.

    Attributes:
        kind: of the symmetry, for reports.
        coordinates: the new variables as formulas of the old.
        factor: y is this times the new target; None for 1.
        term: y is this more than the new target; None for 0.
        samples: the new problem, with weights; where errors turned the sign of a target, it is the model's.
        smooth: the same with the model's values in place of all; its weights are of errors as large as the points have.
        error: of the model, relative to the size of y.
    """

    kind: str
    coordinates: Mapping[str, Expression]
    factor: Expression | None
    term: Expression | None
    samples: Samples
    smooth: Samples
    error: float

    def restore(self, formula: Expression) -> Expression:
        """Return a formula of the new variables as one of the old."""
        formula = formula.substitute(self.coordinates)
        if self.factor is not None:
            formula = self.factor * formula
        return formula if self.term is None else self.term + formula


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A problem as a model sees it.

    Attributes:
        samples: the problem.
        u: inputs of the model, shape (n, d).
        mixes: which of them may stand in a direction beside others, shape (d,).
        y: target, mostly positive where the model is an exponential.
        sign: of the target, by which it was multiplied.
        scale: of residuals, shape (n,).
        kind: "scaling" where the model is an exponential, "power" where it is a polynomial in logarithms times a power
            law, "translation" where it is one in the inputs.
    """

    samples: Samples
    u: Array
    mixes: NDArray[np.bool_]
    y: Array
    sign: float
    scale: Array
    kind: Literal["scaling", "power", "translation"]

    @property
    def exponential(self) -> bool:
        """Whether the polynomial is of the target's logarithm."""
        return self.kind == "scaling"


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """Symmetries one after the other.

    Attributes:
        inputs: directions in which the model still varies, each over the view's inputs.
        beside: directions along which it is linear.
        model: with these.
        misfit: n ln(error^2).
        price: of the directions, less what the inputs that are gone are worth.
        exponents: price of the exponents of the factor.
        power: exponents of the factor of a target that changes its sign, over the view's inputs.
    """

    inputs: tuple[Vector, ...]
    beside: tuple[Vector, ...]
    model: LinkModel
    misfit: float
    price: float
    exponents: float
    power: Vector

    @property
    def criterion(self) -> float:
        """By what chains are compared."""
        return self.misfit + self.price + self.exponents


def noisy_reductions(samples: Samples, budget: Deadline) -> list[NoisyReduction]:
    """Return what reduces a problem, the likeliest first; nothing where errors are too small to be those of data."""
    if len(samples) < 8 * len(samples.variables):
        return []
    found: list[tuple[float, int, NoisyReduction]] = []
    with np.errstate(all="ignore"):
        chains = [(chain, view) for view in _views(samples) for chain in _chains(view, budget)]
        least = min((chain.misfit for chain, _ in chains), default=0.0)
        for chain, view in chains:
            if chain.misfit > least + _MAX_RISE_OF_VIEW or not chain.model.is_flat:
                continue
            reduction = _reduction(view, chain)
            if reduction is not None:
                found.append((chain.criterion, len(found), reduction))
    if any(each.error < _LEAST_ERROR for _, _, each in found):
        return []
    result: dict[tuple[str, ...], NoisyReduction] = {}
    for _, _, each in sorted(found, key=lambda f: f[:2]):
        result.setdefault(tuple(sorted(map(str, each.coordinates.values()))), each)
    return list(result.values())[:_MOST]


# --- views ------------------------------------------------------------------------------------------------------------


def _views(samples: Samples) -> Iterator[_View]:
    x, y = samples.x, samples.y
    scale = np.ones(len(y)) if samples.weights is None else np.sqrt(samples.weights / samples.weights.mean())
    logged = (x > 0).all(axis=0) & (x.max(axis=0) > _MIN_RATIO * x.min(axis=0))
    sign = 1.0 if float(np.median(y)) > 0 else -1.0
    if logged.any() and float(np.mean(sign * y <= 0)) <= _MAX_WRONG_SIGNS:
        u = np.where(logged, np.log(np.where(logged, x, 1.0)), x)
        yield _View(samples, u, logged, sign * y, sign, scale, "scaling")
    if logged.any() and float(np.mean(sign * y <= 0)) > _LEAST_WRONG_SIGNS:
        u = np.where(logged, np.log(np.where(logged, x, 1.0)), x)
        yield _View(samples, u, logged, y, 1.0, scale, "power")
    if len(samples.variables) > 1:
        yield _View(samples, x, np.ones(x.shape[1], dtype=bool), y, 1.0, scale, "translation")


# --- chains -----------------------------------------------------------------------------------------------------------


def _chains(view: _View, budget: Deadline) -> list[_Chain]:
    """Return chains of symmetries, the best of every length of which one is believed, the one without any first."""
    d = view.u.shape[1]
    start = _modelled(view, tuple(map(tuple, np.eye(d).tolist())), (), 0.0, (0.0,) * d)
    if start is None:
        return []
    front, found = [start], [start]
    while front:
        longer: dict[tuple[object, ...], _Chain] = {}
        for chain in front:
            if budget.is_over:
                break
            for each in _longer(view, chain):
                if each.misfit <= min(chain.misfit, start.misfit) + _MAX_RISE:
                    longer.setdefault((_spanned(each.inputs), len(each.beside)), each)
        front = sorted(longer.values(), key=lambda c: c.criterion)[:_CHAINS]
        found += front
    return found


def _spanned(vectors: Sequence[Vector]) -> tuple[float, ...]:
    """Return what is the same for two sets of vectors that span the same space: the projection onto it."""
    if not vectors:
        return ()
    Q, _ = np.linalg.qr(np.array(vectors).T)
    return tuple(np.round(Q @ Q.T, 6).ravel().tolist())


def _modelled(
    view: _View, inputs: tuple[Vector, ...], beside: tuple[Vector, ...], price: float, power: Vector
) -> _Chain | None:
    d = view.u.shape[1]
    u = view.u @ np.array(inputs).reshape(-1, d).T
    extra = view.u @ np.array(beside).reshape(-1, d).T
    extra = extra - extra.mean(axis=0)
    factor = np.exp(view.u @ np.array(power))
    model = fit_link_model(
        u, view.y / factor, view.scale * factor, exponential=view.exponential, extra=extra,
        top=_TOP_OF_ONE if len(inputs) == 1 else _TOP,
    )  # fmt: skip
    if model is None or not model.error > 0:
        return None
    powers = model.extra.tolist() if view.exponential else power
    exponents = sum(_exponent_price(c) for c in powers)
    return _Chain(inputs, beside, model, 2 * len(u) * math.log(model.error), price, exponents, power)


def _longer(view: _View, chain: _Chain) -> Iterator[_Chain]:
    """Yield the chain with one more symmetry, for the directions along which the model is steadiest."""
    k = len(chain.inputs)
    if not k:
        return
    forms = np.array(chain.inputs)
    slopes, values = chain.model.slopes, chain.model.values
    weights = view.scale * np.exp(view.u @ np.array(chain.power)) * (values if view.exponential else 1.0)
    along = values if view.kind == "power" else np.ones(len(values))  # what slopes may be a multiple of
    weights = weights**2 / float(np.sum((weights * along) ** 2))
    rates = (weights * along) @ slopes
    covariance = (slopes - np.outer(along, rates)).T @ ((slopes - np.outer(along, rates)) * weights[:, None])
    alone = [bool((forms[i] != 0).sum() == 1 and not view.mixes[np.argmax(forms[i] != 0)]) for i in range(k)]
    directions = _directions(k, tuple(alone), view.kind != "translation")
    count_work(_PAIR * len(directions) * k * k)
    spread = np.std(view.u @ forms.T, axis=0)
    moves = 1.0 / np.max(np.abs(directions) / spread, axis=1)
    size = float(np.std(view.y)) if view.kind == "translation" else 1.0
    effects = np.sqrt(np.maximum(np.einsum("ki,ij,kj->k", directions, covariance, directions), 0.0)) * moves / size
    costs = np.abs(directions).sum(axis=1)
    order = np.argsort(np.maximum(effects, _LEAST_EFFECT) * (1 + _DIRECTION_COST * costs), kind="stable")
    for place in order[:_JUDGED].tolist():
        direction = directions[place]
        pivot = min(np.flatnonzero(direction).tolist(), key=lambda j: (abs(direction[j]), -_length(forms[j])))
        inputs = tuple(
            tuple((forms[j] - direction[j] / direction[pivot] * forms[pivot]).tolist()) for j in range(k) if j != pivot
        )
        price = chain.price + _PRICE * float(costs[place]) - _GAIN
        made = [_modelled(view, inputs, chain.beside, price, chain.power)]
        if not alone[pivot] and view.kind == "power":
            exponent = round(2 * float(rates @ direction)) / 2 / direction[pivot]
            power = tuple((np.array(chain.power) + exponent * forms[pivot]).tolist())
            made = [_modelled(view, inputs, chain.beside, price, power)]
        elif not alone[pivot]:
            made.append(_modelled(view, inputs, (*chain.beside, chain.inputs[pivot]), price + _PRICE, chain.power))
        yield from (each for each in made if each is not None)


def _length(form: Array) -> float:
    """Return the length of a form."""
    return float(np.abs(form).sum())


@cache
def _directions(k: int, alone: tuple[bool, ...], wide: bool) -> Array:
    """Return whole-number directions, shape (number, k), each up to its sign; some inputs only on their own."""
    found = []
    for size in range(1, min(k, _MOST_MIXED if k < _MANY_VARIABLES else _MOST_MIXED - 1) + 1):
        for places in itertools.combinations(range(k), size):
            if size > 1 and any(alone[p] for p in places):
                continue
            choices = _UNITS if not wide else _WIDE if size <= 2 else _NARROW
            for numbers in itertools.product(choices, repeat=size):
                if numbers[0] > 0 and math.gcd(*numbers) == 1:
                    row = [0.0] * k
                    for place, number in zip(places, numbers, strict=True):
                        row[place] = float(number)
                    found.append(row)
    return np.array(found)


# --- problems ---------------------------------------------------------------------------------------------------------


def _reduction(view: _View, chain: _Chain) -> NoisyReduction | None:
    """Return the problem in the coordinates of a chain; None where nothing varies in them."""
    samples, n = view.samples, len(view.y)
    inputs = _shortest(chain.inputs)
    total = np.array(chain.power)
    for form, coefficient in zip(chain.beside, chain.model.extra.tolist(), strict=True):
        total = total + _near(coefficient) * np.array(form)
    if view.kind != "translation":
        total = _fewest(total, inputs)
    variables = [Expression.variable(name) for name in samples.variables]
    names = _names(samples.variables)
    coordinates: dict[str, Expression] = {}
    columns = []
    for form in inputs:
        formula = _written(form, variables, view)
        coordinates[str(formula) if formula.is_variable else next(names)] = formula
        columns.append(formula(samples.columns) * np.ones(n))
    size = float(np.sqrt(np.mean((view.scale * samples.y) ** 2)))
    factor = term = None
    scale, y = view.scale, samples.y
    values = view.sign * chain.model.values * np.exp(view.u @ np.array(chain.power))
    if total.any():
        beside = _written(tuple(total.tolist()), variables, view)
        at_points = beside(samples.columns) * np.ones(n)
        if view.kind != "translation":
            factor, scale, values, y = beside, scale * np.abs(at_points), values / at_points, y / at_points
        else:
            term, y = beside, y - at_points
    if view.exponential:
        y = np.where(np.sign(y) == view.sign, y, values)
    elif term is not None:
        values = values - at_points
    x = np.column_stack(columns) if columns else np.ones((n, 1))
    if not columns:
        coordinates = {samples.variables[0]: variables[0]}
        x = samples.x[:, :1]
    good = all(np.isfinite(part).all() for part in (x, y, values, scale)) and (scale > 0).all()
    if not good or not (np.ptp(y) > 0 and np.ptp(values) > 0):
        return None
    made, smooth = (
        Samples(variables=tuple(coordinates), x=x, y=each, weights=(scale / error) ** 2)
        for each, error in ((y, _UNKNOWN_ERROR * size), (values, chain.model.error))
    )
    kind = "noisy translation" if view.kind == "translation" else "noisy scaling"
    return NoisyReduction(kind, coordinates, factor, term, made, smooth, chain.model.error / size)


def _near(value: float) -> float:
    """Return a multiple of 1/2 that is near, else two digits."""
    return float(f"{value:.2g}") if _is_odd(value) else round(2 * value) / 2


def _exponent_price(value: float) -> float:
    return _UNIT_PRICE * abs(value) + _ODD_PRICE * _is_odd(value)


def _is_odd(value: float) -> bool:
    return abs(round(2 * value) / 2 - value) >= _NEAR


def _written(form: Vector, variables: Sequence[Expression], view: _View) -> Expression:
    """Return a form of the view's inputs as a formula of the variables."""
    if view.kind == "translation":
        return sum_by_sign([(a, v) for a, v in zip(form, variables, strict=True) if a])
    return power_product([(v, a) for v, a in zip(variables, form, strict=True) if a])


def _shortest(vectors: tuple[Vector, ...]) -> list[Vector]:
    """Return whole-number vectors that span the same space, as short as can be."""
    k = len(vectors)
    if not k:
        return []
    rows = np.array(vectors)
    pool: dict[Vector, None] = {}
    for numbers in itertools.product((0, 1, -1, 2, -2), repeat=k) if k <= 4 else np.eye(k).tolist():
        row = np.array(numbers, dtype=np.float64) @ rows
        row = _primitive(row)
        if row is not None:
            pool[row] = None
    chosen: list[Vector] = []
    for row in sorted(pool, key=lambda r: (sum(map(abs, r)), sum(v < 0 for v in r), r)):
        if np.linalg.matrix_rank(np.array([*chosen, row])) > len(chosen):
            chosen.append(row)
    return chosen


def _primitive(row: Array) -> Vector | None:
    """Return the shortest whole-number vector along this one, its first number positive; None for zero."""
    whole = np.round(row * 12).astype(np.int64)
    divisor = int(np.gcd.reduce(whole))
    if not divisor:
        return None
    first = whole[np.argmax(whole != 0)]
    return tuple((whole / (divisor if first > 0 else -divisor)).tolist())


def _fewest(total: Array, inputs: Sequence[Vector]) -> Array:
    """Return the exponents of a factor plus those multiples of the coordinates that make them shortest."""
    if not inputs or len(inputs) > 3:
        return total
    rows = np.array(inputs)
    multiples = itertools.product((0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0), repeat=len(rows))
    options = [np.round(total + np.array(m) @ rows, 6) for m in multiples]
    return min(options, key=lambda t: float(np.abs(t).sum()))


def _names(taken: tuple[str, ...]) -> Iterator[str]:
    """Yield names that no variable has."""
    return (f"z{k}" for k in itertools.count(1) if f"z{k}" not in taken)
