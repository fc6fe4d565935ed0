"""Chains of two maps between two variables, found in the middle: a view of one is a line in a view of the other.

Since every map can be undone, v = (g^-1(p*h(alpha*x + beta) + q) - b)/a is looked for as g(a*v + b) = p*h(...) + q: all
views of v and of x are compared at once by their correlations, and the constants of the best are fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_invertible.alignment import Aligned, align
from srbench_invertible.maps import MAPS, View, views
from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Problem, count_work, finite_formula, refit

__all__ = ["Chain", "chains"]

Array = NDArray[np.float64]

#: Steps in which pairs are aligned, and the best of them further.
_FIRST_STEPS: Final = 30
_MORE_STEPS: Final = 120
#: Steps of the fit of a chain's constants.
_STEPS: Final = 60
#: Starts of a pair of maps, through different views of the values; of an inner function.
_STARTS: Final = 4
_INNER_STARTS: Final = 1
#: Chains of one map that are written; of each length that are, before an exact one ends it.
_SINGLE: Final = 12
_LOOKED_AT: Final = 6
#: Share of the variance that a chain may leave on a few points, to be written.
_MOST_LEFT: Final = 0.05
#: Share of the variance that a line leaves of a map at least.
_LEAST_BEND: Final = 1e-6
#: What a longer chain must leave, as a share of what a shorter one leaves.
_GAIN: Final = 0.3
#: Share of the variance below which nothing is left but rounding.
_EXACT: Final = 1e-24
#: Nanoseconds of a pair of views at a point, for `count_work`, and of making a view at a point.
_PAIR: Final = 0.4
_VIEW: Final = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A formula of one variable.

    Attributes:
        expression: with fitted constants.
        left: share of the variance that it leaves.
    """

    expression: Expression
    left: float


def chains(
    values: Array, x: Array, name: str, *, pairs: int, most: int, deadline: Deadline, monotone: bool = True,
    accuracy: float = _EXACT,
) -> list[Chain]:  # fmt: skip
    """Return chains that explain values best, the best first, at most so many.

    Args:
        values: shape (n,).
        x: of one variable, shape (n,).
        name: of the variable.
        pairs: of maps whose constants are fitted, beside those of one map only.
        most: how many.
        deadline: ends the fits of constants.
        monotone: whether all maps must be; squares and sines of x may turn where not.
        accuracy: share of the variance that a chain may leave to be the last whose constants are fitted.
    """
    of_values, left = _seen(values, monotone=True)
    of_x, right = _seen(x, monotone=monotone)
    if not of_values or not of_x:
        return []
    agreement = np.square(left @ right.T)
    count_work(_PAIR * agreement.size * len(x))
    problem = Problem.of(Samples(variables=(name,), x=x[:, None], y=values))
    variation = float(np.square(values - values.mean()).sum())
    enough = max(accuracy, _EXACT)
    found: list[Chain] = []
    columns = _groups(of_x)
    for is_single, limit in ((True, _SINGLE), (False, pairs)):
        starts: list[Aligned] = []
        for g, some in _groups(of_values).items():
            for h, others in columns.items():
                if ("identity" in (g, h)) is not is_single:
                    continue
                block = agreement[some][:, others]
                nearest = block.argmax(axis=1)
                for row in np.argsort(-block.max(axis=1), kind="stable")[: _STARTS if monotone else _INNER_STARTS]:
                    starts.append(Aligned.of(of_values[some.start + int(row)], of_x[others.start + int(nearest[row])]))
        if not limit or deadline.is_over or any(chain.left <= enough for chain in found):
            break
        begun = _best_of_each(align(values, x, starts, steps=_FIRST_STEPS))
        further = _best_of_each([*align(values, x, begun[: 2 * limit], steps=_MORE_STEPS), *begun])
        ranked = [each for each in further if _is_bent(each, values, x)][:limit]
        for k, each in enumerate(ranked):
            if deadline.is_over or (k == _LOOKED_AT and any(chain.left <= enough for chain in found)):
                break
            written = finite_formula(_written, each, values, x, name)
            fitted = None if written is None else refit(written, problem, steps=_STEPS)
            if fitted is not None and np.isfinite(fitted.rss):
                found.append(Chain(fitted.expression, fitted.rss / variation))
    found.sort(key=lambda one: (max(one.left, enough) * _GAIN**-one.expression.complexity, str(one.expression)))
    return found[:most]


def _best_of_each(aligned: list[Aligned]) -> list[Aligned]:
    """Return the best of each pair of maps, the best first."""
    best: dict[tuple[str, str], Aligned] = {}
    for each in sorted(aligned, key=lambda each: each.left):
        if each.left < _MOST_LEFT:
            best.setdefault((each.g, each.h), each)
    return list(best.values())


def _is_bent(pair: Aligned, values: Array, x: Array) -> bool:
    """Whether each map but the identity is told from a line on its arguments."""
    a, b, alpha, beta = pair.constants
    for one, argument in ((MAPS[pair.g], a * values + b), (MAPS[pair.h], alpha * x + beta)):
        with np.errstate(all="ignore"):
            straight = 1 - np.corrcoef(argument, one.apply(argument))[0, 1] ** 2
        if one.name != "identity" and not straight > _LEAST_BEND:
            return False
    return True


def _seen(side: Array, *, monotone: bool) -> tuple[list[View], Array]:
    """Return the views of a side and their values, centred and of length one, shape (views, n)."""
    seen = list(views(side, monotone=monotone))
    count_work(_VIEW * len(seen) * len(side))
    if not seen:
        return [], np.zeros((0, len(side)))
    with np.errstate(over="ignore"):
        centred = np.stack([view.values - view.values.mean() for view in seen])
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    usable = np.isfinite(lengths) & (lengths > 0)
    return seen, np.where(usable, centred / np.maximum(lengths, np.finfo(float).tiny), 0.0)


def _groups(seen: list[View]) -> dict[str, slice]:
    """Return where the views through each map stand; they stand together."""
    names = [view.map.name for view in seen]
    return {name: slice(names.index(name), names.index(name) + names.count(name)) for name in dict.fromkeys(names)}


def _written(pair: Aligned, values: Array, x: Array, name: str) -> Expression:
    """Return the chain of two views whose values lie on a line."""
    a, b, alpha, beta = pair.constants
    g, h = MAPS[pair.g], MAPS[pair.h]
    with np.errstate(all="ignore"):
        seen, other = g.apply(a * values + b), h.apply(alpha * x + beta)
        centred = other - other.mean()
        slope = float(centred @ seen / (centred @ centred))
        offset = float(seen.mean() - slope * other.mean())
    inner = h.write(_line(Expression.variable(name), alpha, beta))
    outer = MAPS[g.inverse].write(_line(inner, slope, offset))
    return outer if g.name == "identity" else _line(outer, 1 / a, -b / a)


def _line(argument: Expression, slope: float, offset: float) -> Expression:
    scaled = argument if slope == 1 else slope * argument
    return scaled + offset if offset else scaled
