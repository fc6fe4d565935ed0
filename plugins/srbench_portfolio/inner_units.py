"""Functions of one argument whose inner constant is free: u(k*m) for a monomial m and any k."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression

__all__ = ["UNITS", "Unit", "arguments"]

Array = NDArray[np.float64]

#: Typical sizes of k*m that are tried: shapes of small ones are alike, periodic ones need a finer grid.
_SMALL: Final = (1e-4, 1e-3, 1e-2)
_MIDDLE: Final = tuple(np.geomspace(0.03, 3.0, 16).tolist())
_LARGE: Final = tuple(np.arange(3.4, 16.0, 0.4).tolist())


@dataclass(frozen=True, slots=True)
class Unit:
    """A function u of one argument.

    Attributes:
        name: for reports.
        values: u, elementwise; NaN where it is undefined.
        write: u of a formula.
        signed: whether k and -k give different shapes.
        periodic: whether large arguments make sense.
        as_term, as_factor: whether it is tried as a term of a sum, and as a factor of a product with a free power.
    """

    name: str
    values: Callable[[Array], Array]
    write: Callable[[Expression], Expression]
    signed: bool
    periodic: bool = False
    as_term: bool = True
    as_factor: bool = True


def _call(op: str) -> Callable[[Expression], Expression]:
    return lambda argument: Expression.call(op, argument)


def _where(
    condition: Callable[[Array], NDArray[np.bool_]], function: Callable[[Array], Array]
) -> Callable[[Array], Array]:
    return lambda t: np.where(condition(t), function(t), np.nan)


def _one_plus(e: Expression) -> Expression:
    return 1.0 + e


def _root_of_one_plus(e: Expression) -> Expression:
    return Expression.call("sqrt", 1.0 + e)


def _exp(e: Expression) -> Expression:
    return Expression.call("exp", e)


def _over(below: Callable[[Expression], Expression]) -> Callable[[Expression], Expression]:
    return lambda argument: 1.0 / below(argument)


def _above_minus_one(t: Array) -> NDArray[np.bool_]:
    return np.asarray(t > -1.0)


def _term(name: str, values: Callable[[Array], Array], write: Callable[[Expression], Expression]) -> Unit:
    """A unit for sums only: as a factor another one with a free power is the same."""
    return Unit(name, values, write, signed=True, as_factor=False)


def _factor(name: str, values: Callable[[Array], Array], write: Callable[[Expression], Expression]) -> Unit:
    """A unit for products only, where its power is free."""
    return Unit(name, values, write, signed=True, as_term=False)


#: In the order in which they are tried.
UNITS: Final = (
    _term("exp", np.exp, _exp),
    _factor("1 + t", lambda t: 1.0 + t, _one_plus),
    _term("1/(1 + t)", lambda t: 1.0 / (1.0 + t), _over(_one_plus)),
    _term("sqrt(1 + t)", _where(_above_minus_one, lambda t: np.sqrt(1.0 + t)), _root_of_one_plus),
    _term("1/sqrt(1 + t)", _where(_above_minus_one, lambda t: 1.0 / np.sqrt(1.0 + t)), _over(_root_of_one_plus)),
    _factor("exp - 1", np.expm1, lambda e: _exp(e) - 1.0),
    _term("1/(exp - 1)", lambda t: 1.0 / np.expm1(t), _over(lambda e: _exp(e) - 1.0)),
    _factor("1 + exp", lambda t: 1.0 + np.exp(t), lambda e: 1.0 + _exp(e)),
    _term("1/(1 + exp)", lambda t: 1.0 / (1.0 + np.exp(t)), _over(lambda e: 1.0 + _exp(e))),
    Unit("log(1 + t)", _where(_above_minus_one, np.log1p), lambda e: Expression.call("log", 1.0 + e), signed=True),
    Unit("sin", np.sin, _call("sin"), signed=False, periodic=True),
    Unit("cos", np.cos, _call("cos"), signed=False, periodic=True),
    Unit("tanh", np.tanh, _call("tanh"), signed=False),
    Unit("cosh", np.cosh, _call("cosh"), signed=False),
    Unit("sinh", np.sinh, _call("sinh"), signed=False),
    Unit("atan", np.arctan, _call("atan"), signed=False),
    Unit("asin", _where(lambda t: np.asarray(np.abs(t) < 1.0), np.arcsin), _call("asin"), signed=False),
)


def arguments(unit: Unit, m: Array) -> Array:
    """Return the values of k that are tried for a monomial's values, shape (K,)."""
    size = float(np.median(np.abs(m)))
    if not size > 0 or not np.isfinite(size):
        return np.empty(0)
    grid = np.array((*_SMALL, *_MIDDLE, *(_LARGE if unit.periodic else (5.0, 10.0)))) / size
    return np.concatenate([grid, -grid]) if unit.signed else grid
