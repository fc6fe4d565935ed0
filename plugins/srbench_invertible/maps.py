"""Functions of one variable that are invertible, and the views that they give of some values.

Each has its inverse among them. A view of values v is h(alpha*v + beta) with h monotone on all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression

__all__ = ["MAPS", "Map", "View", "views"]

Array = NDArray[np.float64]

#: How far a pole or a branch point lies from the values, in widths of their range.
_DISTANCES: Final = (0.0, 0.003, 0.02, 0.1, 0.3, 1.0, 3.0, 10.0)
#: Where the centre of a function lies, in widths from the smallest value on.
_CENTRES: Final = (-1.0, -0.3, 0.0, 0.15, 0.3, 0.5, 0.7, 0.85, 1.0, 1.3, 2.0)
#: Width of the range of an argument.
_WIDTHS: Final = (0.3, 0.7, 1.2, 2.0, 3.0, 5.0, 8.0, 20.0, 60.0)
#: Shares of the domain between -1 and 1 that arguments fill.
_FILLED: Final = (0.3, 0.6, 0.8, 0.9, 0.97, 0.995, 0.9999)
#: Phases of a sine that turns.
_PHASES: Final = (0.0, math.pi / 4, math.pi / 2, 3 * math.pi / 4)


@dataclass(frozen=True, slots=True)
class Map:
    """A function of one variable that can be undone.

    Attributes:
        name: of it.
        inverse: name of the map that undoes it.
        kind: "identity"; "power" where scales of the argument can be taken out; "exponential" where shifts can;
            "centred" else.
        limit: arguments lie between - and + this; infinite for all numbers.
        is_signed: whether negative arguments are allowed.
        apply: to numbers.
        slope: its derivative.
        write: as a formula.
    """

    name: str
    inverse: str
    kind: str
    limit: float
    is_signed: bool
    apply: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    write: Callable[[Expression], Expression]


def _call(op: str) -> Callable[[Expression], Expression]:
    return lambda argument: Expression.call(op, argument)


_EVERY: Final = (
    Map("identity", "identity", "identity", math.inf, True, lambda u: u, np.ones_like, lambda u: u),
    Map("square", "sqrt", "power", math.inf, False, np.square, lambda u: 2 * u, lambda u: u**2),
    Map("sqrt", "square", "power", math.inf, False, np.sqrt, lambda u: 0.5 / np.sqrt(u), _call("sqrt")),
    Map("cube", "cbrt", "power", math.inf, True, lambda u: u**3, lambda u: 3 * u**2, lambda u: u**3),
    Map("cbrt", "cube", "power", math.inf, True, np.cbrt, lambda u: 1 / (3 * np.cbrt(u) ** 2), _call("cbrt")),
    Map("reciprocal", "reciprocal", "power", math.inf, False, np.reciprocal, lambda u: -1 / u**2, lambda u: 1 / u),
    Map("log", "exp", "power", math.inf, False, np.log, np.reciprocal, _call("log")),
    Map("exp", "log", "exponential", math.inf, True, np.exp, np.exp, _call("exp")),
    Map("tanh", "atanh", "centred", math.inf, True, np.tanh, lambda u: 1 - np.tanh(u) ** 2, _call("tanh")),
    Map("atanh", "tanh", "centred", 1.0, True, np.arctanh, lambda u: 1 / (1 - u**2), _call("atanh")),
    Map("sin", "asin", "centred", math.pi / 2, True, np.sin, np.cos, _call("sin")),
    Map("asin", "sin", "centred", 1.0, True, np.arcsin, lambda u: 1 / np.sqrt(1 - u**2), _call("asin")),
    Map("tan", "atan", "centred", math.pi / 2, True, np.tan, lambda u: 1 + np.tan(u) ** 2, _call("tan")),
    Map("atan", "tan", "centred", math.inf, True, np.arctan, lambda u: 1 / (1 + u**2), _call("atan")),
    Map("sinh", "asinh", "centred", math.inf, True, np.sinh, np.cosh, _call("sinh")),
    Map("asinh", "sinh", "centred", math.inf, True, np.arcsinh, lambda u: 1 / np.sqrt(1 + u**2), _call("asinh")),
)
MAPS: Final = {each.name: each for each in _EVERY}


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Values seen through a map: map(alpha*v + beta), shape (n,)."""

    map: Map
    alpha: float
    beta: float
    values: Array


def views(values: Array, *, monotone: bool = True) -> Iterator[View]:
    """Yield views of values, shape (n,), that differ among each other; only finite ones.

    Where they need not be monotone, squares and sines are of any argument.
    """
    low, high = float(values.min()), float(values.max())
    span = high - low
    if not span > 0:
        return
    for each in MAPS.values():
        arguments = list(_arguments(each, low, high, span))
        if not monotone and each.name in ("square", "sin"):
            arguments += _turning(each, low, span)
        for alpha, beta in dict.fromkeys(arguments):
            argument = alpha * values + beta
            with np.errstate(all="ignore"):
                seen = each.apply(argument)
            if np.isfinite(seen).all() and np.ptp(seen) > 0:
                yield View(each, alpha, beta, seen)


def _arguments(each: Map, low: float, high: float, span: float) -> Iterator[tuple[float, float]]:
    """Yield alpha and beta with which a map is monotone between two values."""
    if each.kind in ("identity", "exponential") or (
        each.kind == "centred" and (math.isinf(each.limit) or max(abs(low), abs(high)) < each.limit)
    ):
        yield 1.0, 0.0
    if each.kind == "identity":
        return
    if each.kind == "exponential":
        for width in _WIDTHS[:-2]:
            for alpha in (width / span, -width / span):
                yield alpha, -alpha * (low if alpha < 0 else high)
    elif each.kind == "power" and not each.is_signed:
        at_zero = each.name in ("square", "sqrt")
        if low > 0 or (low == 0 and at_zero):
            yield 1.0, 0.0
        if high < 0 or (high == 0 and at_zero):
            yield -1.0, 0.0
        for distance in _DISTANCES[0 if at_zero else 1 :]:
            yield 1.0, distance * span - low
            yield -1.0, distance * span + high
    elif each.kind == "power":
        yield 1.0, 0.0
        for centre in _CENTRES:
            yield 1.0, -(low + centre * span)
    else:
        centres = [0.0, *(low + centre * span for centre in _CENTRES)]
        for centre in centres:
            farthest = max(high - centre, centre - low)
            sizes = (
                [width / span for width in _WIDTHS] if math.isinf(each.limit)
                else [share * each.limit / farthest for share in _FILLED]
            )  # fmt: skip
            for alpha in sizes:
                yield alpha, -alpha * centre


def _turning(each: Map, low: float, span: float) -> Iterator[tuple[float, float]]:
    """Yield alpha and beta with which a square or a sine may turn between two values."""
    if each.name == "square":
        for centre in (0.0, *(low + centre * span for centre in _CENTRES)):
            yield 1.0, -centre
        return
    for alpha in (1.0, 2.0, math.pi, 2 * math.pi, *(width / span for width in _WIDTHS)):
        for phase in _PHASES:
            yield alpha, phase
