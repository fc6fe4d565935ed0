"""`Function`: what may be taken of a target, or of a part of it, with the way back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression

__all__ = ["OF_DIFFERENCE", "OF_RATIO", "OF_TARGET", "Function"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the target or of a part of it, with its inverse.

    Attributes:
        values: elementwise; NaN where it cannot be inverted.
        invert: the expression of what `values` were computed from; takes what is in place of them and whether those
            are negative.
    """

    values: Callable[[Array], Array]
    invert: Callable[[Expression, bool], Expression]


def _inverse(op: str) -> Callable[[Expression, bool], Expression]:
    return lambda e, negative: Expression.call(op, e)


def _root(e: Expression, negative: bool) -> Expression:
    root = Expression.call("sqrt", e)
    return -root if negative else root


def _within(low: float, high: float, function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda v: np.where((v > low) & (v < high), function(v), np.nan)


_PLAIN: Final = Function(lambda v: v, lambda e, negative: e)
_RECIPROCAL: Final = Function(np.reciprocal, lambda e, negative: 1.0 / e)
_SQUARE: Final = Function(np.square, _root)
_ROOT: Final = Function(_within(0.0, math.inf, np.sqrt), lambda e, negative: e**2)
_LOGARITHM: Final = Function(
    lambda v: np.log(np.abs(v)),
    lambda e, negative: -Expression.call("exp", e) if negative else Expression.call("exp", e),
)
_EXPONENTIAL: Final = Function(_within(-20.0, 20.0, np.exp), _inverse("log"))
_HALF: Final = math.pi / 2
_SINE: Final = Function(_within(-_HALF, _HALF, np.sin), _inverse("asin"))
_COSINE: Final = Function(_within(0.0, math.pi, np.cos), _inverse("acos"))
_TANGENT: Final = Function(_within(-_HALF, _HALF, np.tan), _inverse("atan"))
_ARCSINE: Final = Function(_within(-1.0, 1.0, np.arcsin), _inverse("sin"))
_ARCCOSINE: Final = Function(_within(-1.0, 1.0, np.arccos), _inverse("cos"))
_ARCTANH: Final = Function(_within(-1.0, 1.0, np.arctanh), _inverse("tanh"))
_SQUARED_RECIPROCAL: Final = Function(lambda v: v**-2.0, lambda e, negative: 1.0 / _root(e, negative))

#: T of T(y) * f = a * g + b + c.x + e * T(y).
OF_TARGET: Final = (
    _PLAIN, _RECIPROCAL, _SQUARE, _LOGARITHM, _ROOT, _SQUARED_RECIPROCAL, _EXPONENTIAL, _SINE, _COSINE, _TANGENT,
)  # fmt: skip
#: G of G(y / f) = a * g + b + c.x, and of G(y - f).
OF_RATIO: Final = (
    _SQUARE,
    _LOGARITHM,
    _RECIPROCAL,
    _ROOT,
    _SQUARED_RECIPROCAL,
    _EXPONENTIAL,
    _ARCSINE,
    _ARCCOSINE,
    _ARCTANH,
)
OF_DIFFERENCE: Final = (_PLAIN, _SQUARE, _LOGARITHM, _RECIPROCAL, _ROOT, _SQUARED_RECIPROCAL, _ARCSINE, _ARCCOSINE)
