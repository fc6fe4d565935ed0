"""Chains of two maps between two variables, found in the middle: a view of one is a line in a view of the other.

Since every map can be undone, v = (g^-1(p*h(alpha*x + beta) + q) - b)/a is looked for as g(a*v + b) = p*h(...) + q: all
views of v and of x are compared at once by their correlations, and the constants of the best are fitted.
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_invertible.maps import MAPS, View, views
from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Fitted, Problem, count_work, finite_formula, refit, tidy

__all__ = ["Chain", "chains"]

Array = NDArray[np.float64]

#: Steps of a first fit, and of a second, of how many of the best.
_FIRST_STEPS: Final = 20
_STEPS: Final = 200
_FITTED_TWICE: Final = 24
#: What a pair may leave of the variance before its constants are fitted.
_MOST_LEFT: Final = 0.05
#: What a longer chain must leave, as a share of what a shorter one leaves.
_GAIN: Final = 0.3
#: Share of the variance below which nothing is left but rounding.
_EXACT: Final = 1e-24
#: The error of values that are read off polynomials is known up to this factor.
_DOUBT: Final = 0.01
#: A constant beyond this, in units of the data, makes a map imitate another: a tangent by its pole is a reciprocal.
_LARGEST: Final = 1e3
#: So near a whole number a constant may be meant as it.
_NEAR: Final = 1e-3
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
    values: Array, x: Array, name: str, *, pairs: int, most: int, deadline: Deadline, floor: float = 0.0,
    monotone: bool = True,
) -> list[Chain]:  # fmt: skip
    """Return chains that explain values best, the best first, at most so many.

    Args:
        values: shape (n,).
        x: of one variable, shape (n,).
        name: of the variable.
        pairs: of maps whose constants are fitted, beside those of one map only.
        most: how many.
        deadline: ends the fits of constants.
        floor: share of the variance of the values that is error.
        monotone: whether what is done to the variable must be such that it can be undone.
    """
    sides = []
    for side, can_be_undone in ((values, True), (x, monotone)):
        seen = list(views(side, monotone=can_be_undone))
        count_work(_VIEW * len(seen) * len(side))
        centred = np.stack([view.values - view.values.mean() for view in seen]) if seen else np.zeros((0, len(side)))
        sides.append((seen, centred / np.linalg.norm(centred, axis=1, keepdims=True)))
    (of_values, left), (of_x, right) = sides
    if not of_values or not of_x:
        return []
    agreement = np.square(left @ right.T)
    count_work(_PAIR * agreement.size * len(x))
    best: dict[tuple[str, str], tuple[float, int, int]] = {}
    rows, columns = _groups(of_values), _groups(of_x)
    for g, some in rows.items():
        for h, others in columns.items():
            block = agreement[some][:, others]
            row, column = divmod(int(block.argmax()), block.shape[1])
            best[g, h] = (1.0 - float(block[row, column]), some.start + row, others.start + column)
    single = sorted(found for maps, found in best.items() if "identity" in maps)
    ranked = [*single, *sorted(found for maps, found in best.items() if "identity" not in maps)[:pairs]]
    problem = Problem.of(Samples(variables=(name,), x=x[:, None], y=values))
    variation = float(np.square(values - values.mean()).sum())
    scale = max(1.0, float(np.abs(values).max()), float(np.abs(x).max()))
    begun: list[Fitted] = []
    for share, row, column in ranked:
        if deadline.is_over:
            break
        written = finite_formula(_written, of_values[row], of_x[column], name) if share < _MOST_LEFT else None
        if written is not None:
            begun.append(refit(written, problem, steps=_FIRST_STEPS))
    begun.sort(key=lambda fitted: fitted.rss)
    found: list[Chain] = []
    for fitted in begun:
        if len(found) < _FITTED_TWICE and fitted.rss > max(floor, _EXACT) * variation and not deadline.is_over:
            fitted = refit(fitted.expression, problem, steps=_STEPS)
        if np.isfinite(fitted.rss) and max(map(abs, fitted.expression.constants), default=0.0) < _LARGEST * scale:
            found.append(_simplest(fitted, problem, variation, max(floor, _EXACT)))

    def price(chain: Chain, error: float) -> tuple[float, str]:
        return max(chain.left, error, _EXACT) * _GAIN**-chain.expression.complexity, str(chain.expression)

    by_errors = [sorted(found, key=functools.partial(price, error=error)) for error in (floor, _DOUBT * floor)]
    in_turn = itertools.chain.from_iterable(zip(*by_errors, strict=True))
    return list(dict.fromkeys(in_turn))[:most]


def _simplest(fitted: Fitted, problem: Problem, variation: float, floor: float) -> Chain:
    """Return the formula with what is nearly 0, 1 or -1 as that, where that leaves no more than there is error."""
    snapped = [round(c) if abs(c - round(c)) < _NEAR and abs(round(c)) <= 1 else c for c in fitted.expression.constants]
    simpler = tidy(fitted.expression.with_constants(snapped))
    rss = problem.rss(simpler) if simpler.variables else math.inf
    if rss <= max(fitted.rss, floor * variation):
        return Chain(simpler, rss / variation)
    return Chain(fitted.expression, fitted.rss / variation)


def _groups(seen: list[View]) -> dict[str, slice]:
    """Return where the views through each map stand; they stand together."""
    names = [view.map.name for view in seen]
    return {name: slice(names.index(name), names.index(name) + names.count(name)) for name in dict.fromkeys(names)}


def _written(view: View, other: View, name: str) -> Expression:
    """Return the chain of two views whose values lie on a line."""
    centred = other.values - other.values.mean()
    slope = float(centred @ view.values / (centred @ centred))
    offset = float(view.values.mean() - slope * other.values.mean())
    inner = other.map.write(_line(Expression.variable(name), other.alpha, other.beta))
    outer = MAPS[view.map.inverse].write(_line(inner, slope, offset))
    if view.map.name == "identity":
        return outer
    return _line(outer, 1 / view.alpha, -view.beta / view.alpha)


def _line(argument: Expression, slope: float, offset: float) -> Expression:
    scaled = argument if slope == 1 else slope * argument
    return scaled + offset if offset else scaled
