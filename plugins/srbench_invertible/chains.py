"""Chains of two maps between two variables, found in the middle: a view of one is a line in a view of the other.

Since every map can be undone, v = (g^-1(p*h(alpha*x + beta) + q) - b)/a is looked for as g(a*v + b) = p*h(...) + q: all
views of v and of x are compared at once by their correlations, and the constants of the best are fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_invertible.maps import MAPS, View, views
from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Fitted, Problem, count_work, finite_formula, refit

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


def chains(values: Array, x: Array, name: str, *, pairs: int, most: int, deadline: Deadline) -> list[Chain]:
    """Return chains that explain values best, the best first, at most so many.

    Args:
        values: shape (n,).
        x: of one variable, shape (n,).
        name: of the variable.
        pairs: of maps whose constants are fitted, beside those of one map only.
        most: how many.
        deadline: ends the fits of constants.
    """
    sides = []
    for side in (values, x):
        seen = list(views(side))
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
            row, column = np.unravel_index(int(block.argmax()), block.shape)
            best[g, h] = (1.0 - float(block[row, column]), some.start + int(row), others.start + int(column))
    single = sorted(found for maps, found in best.items() if "identity" in maps)
    ranked = [*single, *sorted(found for maps, found in best.items() if "identity" not in maps)[:pairs]]
    problem = Problem.of(Samples(variables=(name,), x=x[:, None], y=values))
    variation = float(np.square(values - values.mean()).sum())
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
        if len(found) < _FITTED_TWICE and fitted.rss > _EXACT * variation and not deadline.is_over:
            fitted = refit(fitted.expression, problem, steps=_STEPS)
        if np.isfinite(fitted.rss):
            found.append(Chain(fitted.expression, fitted.rss / variation))
    found.sort(key=lambda chain: (max(chain.left, _EXACT) * _GAIN ** -chain.expression.complexity, str(chain.expression)))
    return found[:most]


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
