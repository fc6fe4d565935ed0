"""Transforms of the target: y is the inverse of T of something simpler."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression

__all__ = ["POWERS", "UNITS", "Transform"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Transform:
    """A function T of the target with its inverse.

    Attributes:
        name: for reports.
        forward: T, elementwise.
        suits: whether T has an inverse on these values.
        write: the inverse of a formula.
    """

    name: str
    forward: Callable[[Array], Array]
    suits: Callable[[Array], bool]
    write: Callable[[Expression], Expression]


def _always(y: Array) -> bool:
    return True


def _nonzero(y: Array) -> bool:
    return bool((y != 0).all())


def _positive(y: Array) -> bool:
    return bool((y > 0).all())


def _negative(y: Array) -> bool:
    return bool((y < 0).all())


def _in_half_turn(y: Array) -> bool:
    return bool((y > 0).all() and (y < math.pi).all())


def _in_right_half(y: Array) -> bool:
    return bool(np.abs(y).max() < math.pi / 2)


def _root(e: Expression) -> Expression:
    return Expression.call("sqrt", e)


#: Powers of the target.
POWERS: Final = (
    Transform("y", lambda y: y, _always, lambda e: e),
    Transform("1/y", lambda y: 1 / y, _nonzero, lambda e: 1.0 / e),
    Transform("y^2", np.square, _positive, _root),
    Transform("-y^2", np.square, _negative, lambda e: -_root(e)),
    Transform("sqrt y", np.sqrt, _positive, lambda e: e**2),
    Transform("sqrt -y", lambda y: np.sqrt(-y), _negative, lambda e: -(e**2)),
    Transform("1/y^2", lambda y: y**-2, _positive, lambda e: 1.0 / _root(e)),
    Transform("-1/y^2", lambda y: y**-2, _negative, lambda e: -1.0 / _root(e)),
    Transform("1/sqrt y", lambda y: y**-0.5, _positive, lambda e: 1.0 / e**2),
    Transform("1/sqrt -y", lambda y: (-y) ** -0.5, _negative, lambda e: -1.0 / e**2),
)
#: Other functions of the target.
UNITS: Final = (
    Transform("ln y", np.log, _positive, lambda e: Expression.call("exp", e)),
    Transform("exp y", np.exp, lambda y: bool(np.abs(y).max() < 20), lambda e: Expression.call("log", e)),
    Transform("cos y", np.cos, _in_half_turn, lambda e: Expression.call("acos", e)),
    Transform("sin y", np.sin, _in_right_half, lambda e: Expression.call("asin", e)),
    Transform("tan y", np.tan, _in_right_half, lambda e: Expression.call("atan", e)),
)
