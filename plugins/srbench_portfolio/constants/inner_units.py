"""Functions of one argument whose inner constant is free: u(k*m) for a monomial m and any k."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression

__all__ = ["UNITS", "Unit", "arguments", "few_arguments", "grid"]

Array = NDArray[np.float64]

#: Typical sizes of k*m that are tried: shapes of small ones are alike, periodic ones need a finer grid.
_SMALL: Final = (1e-4, 1e-3, 1e-2)
_MIDDLE: Final = tuple(np.geomspace(0.03, 3.0, 16).tolist())
#: Largest sizes of k*m in periodic ones.
_PERIODIC: Final = (0.02, 0.1, 0.3, 0.6, 1.0, *np.arange(1.5, 12.0, 0.5).tolist(), *np.arange(12.0, 24.0, 0.7).tolist())
#: The same for pairs, where fewer must do.
_FEW: Final = tuple(np.geomspace(0.02, 20.0, 13).tolist())
_FEW_PERIODIC: Final = (0.2, 0.6, *np.arange(1.2, 18.0, 0.8).tolist())
#: The same for logarithms.
_WIDE: Final = (0.001, 0.02, 0.1, 0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.7, 2.5, 4.0, 10.0, 50.0, 1000.0)
#: Functions that are tried in sums of two.
_ONE_OF_TWO: Final = frozenset(("exp", "1/(1 + t)", "sqrt(1 + t)", "log(1 + t)", "sin", "cos", "tanh", "atan"))
#: Phases that are tried: the sign does not matter.
_PHASES: Final = tuple((np.pi * np.arange(1, 8) / 8).tolist())


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
        shifts: constants s with which u(k*m + s) is tried as a factor, beside s = 0.
        is_exponential: whether its logarithm is its argument: a factor without a constant of its own.
        powers: whether as a factor it says nothing new of another power of what is inside; `inverses`: of the inverse.
        sizes: typical sizes of k*m that are tried; by default those that suit most functions.
    """

    name: str
    values: Callable[[Array], Array]
    write: Callable[[Expression], Expression]
    signed: bool
    periodic: bool = False
    as_term: bool = True
    as_factor: bool = True
    shifts: tuple[float, ...] = ()
    is_exponential: bool = False
    powers: bool = False
    inverses: bool = False
    sizes: tuple[float, ...] = ()

    def suits(self, exponents: tuple[float, ...]) -> bool:
        """Whether as a factor it says something of a monomial with these exponents that it does not say of others."""
        return not exponents or not ((self.powers and exponents[0] != 1.0) or (self.inverses and exponents[0] < 0.0))

    @property
    def of_inverses(self) -> bool:
        """Whether inverses of variables are likely inside, as in exp(1/x) - 1."""
        return "exp" in self.name

    @property
    def as_one_of_two(self) -> bool:
        """Whether it is tried as one of two terms of a sum."""
        return self.as_term and self.name in _ONE_OF_TWO

    @property
    def has_phase(self) -> bool:
        """Whether it is the cosine, which stands for the sine too where its phase is free."""
        return self.periodic and bool(self.shifts)


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


def _positive(t: Array) -> NDArray[np.bool_]:
    return np.asarray(t > 0.0)


def _above_minus_one(t: Array) -> NDArray[np.bool_]:
    return np.asarray(t > -1.0)


def _term(
    name: str,
    values: Callable[[Array], Array],
    write: Callable[[Expression], Expression],
    sizes: tuple[float, ...] = (),
) -> Unit:
    """A unit for sums only: as a factor another one with a free power is the same."""
    return Unit(name, values, write, signed=True, as_factor=False, sizes=sizes)


def _factor(
    name: str, values: Callable[[Array], Array], write: Callable[[Expression], Expression],
    shifts: tuple[float, ...] = (),
) -> Unit:  # fmt: skip
    """A unit for products only, where its power is free."""
    return Unit(name, values, write, signed=True, as_term=False, shifts=shifts)


#: In the order in which they are tried.
UNITS: Final = (
    Unit("exp", np.exp, _exp, signed=True, is_exponential=True),
    Unit("1 + t", lambda t: 1.0 + t, _one_plus, signed=True, as_term=False, inverses=True),
    _term("1/(1 + t)", lambda t: 1.0 / (1.0 + t), _over(_one_plus)),
    _term("sqrt(1 + t)", _where(_above_minus_one, lambda t: np.sqrt(1.0 + t)), _root_of_one_plus),
    _term("1/sqrt(1 + t)", _where(_above_minus_one, lambda t: 1.0 / np.sqrt(1.0 + t)), _over(_root_of_one_plus)),
    _factor("exp - 1", np.expm1, lambda e: _exp(e) - 1.0, shifts=(-2.0, -1.0, 1.0, 2.0)),
    _term("1/(exp - 1)", lambda t: 1.0 / np.expm1(t), _over(lambda e: _exp(e) - 1.0)),
    _factor("1 + exp", lambda t: 1.0 + np.exp(t), lambda e: 1.0 + _exp(e), shifts=(-2.0, -1.0, 1.0, 2.0)),
    _term("1/(1 + exp)", lambda t: 1.0 / (1.0 + np.exp(t)), _over(lambda e: 1.0 + _exp(e))),
    Unit(
        "log", _where(_positive, np.log), _call("log"), signed=True, as_term=False, shifts=(0.5, 1.0, 2.0, 4.0),
        powers=True, sizes=_WIDE,
    ),
    _term("log(1 + t)", _where(_above_minus_one, np.log1p), lambda e: Expression.call("log", 1.0 + e)),
    _term("1/log(t)", _where(_positive, lambda t: 1.0 / np.log(t)), _over(_call("log")), sizes=_WIDE),
    Unit("sin", np.sin, _call("sin"), signed=False, periodic=True),
    Unit("cos", np.cos, _call("cos"), signed=False, periodic=True, shifts=_PHASES),
    Unit("tanh", np.tanh, _call("tanh"), signed=False, shifts=(-1.5, -0.5, 0.5, 1.5)),
    Unit("cosh", np.cosh, _call("cosh"), signed=False, shifts=(-1.5, -0.5, 0.5, 1.5)),
    Unit("sinh", np.sinh, _call("sinh"), signed=False, shifts=(-1.5, -0.5, 0.5, 1.5)),
    Unit("atan", np.arctan, _call("atan"), signed=False, shifts=(-1.5, -0.5, 0.5, 1.5)),
    Unit("asin", _where(lambda t: np.asarray(np.abs(t) < 1.0), np.arcsin), _call("asin"), signed=False),
)  # fmt: skip


def grid(unit: Unit) -> Array:
    """Return the sizes of k*m that are tried, typical ones or of periodic units the largest, shape (K,)."""
    if unit.sizes:
        return np.array(unit.sizes)
    if unit.periodic:
        return np.array(_PERIODIC)
    sizes = np.array((*_SMALL, *_MIDDLE, 5.0, 10.0, 20.0))
    return np.concatenate([sizes, -sizes]) if unit.signed else sizes


def _sizes_of(unit: Unit, m: Array) -> Array:
    """Return the sizes of monomials' values (M, n) by which grids are scaled, (M,); NaN where they are of no use."""
    size = np.abs(m).max(axis=1) if unit.periodic else np.median(np.abs(m), axis=1)
    return np.where((size > 0) & np.isfinite(size), size, np.nan)


def few_arguments(unit: Unit, m: Array) -> Array:
    """Return fewer values of k than `arguments` does."""
    sizes = np.array(unit.sizes or (_FEW_PERIODIC if unit.periodic else _FEW))
    if unit.signed and not unit.sizes:
        sizes = np.concatenate([sizes, -sizes])
    return np.asarray(sizes[None, :] / _sizes_of(unit, m)[:, None])


def arguments(unit: Unit, m: Array) -> Array:
    """Return the values of k that are tried for monomials.

    Args:
        unit: the function.
        m: their values, (M, n).

    Returns:
        Shape (M, K); NaN where a monomial is of no use.
    """
    return np.asarray(grid(unit)[None, :] / _sizes_of(unit, m)[:, None])
