"""The method `log-linear`: a product of powers, the logarithm of y linear in those of the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_floors.exponents import snapped
from srbench_floors.least_squares import LeastSquares
from srbench_floors.mean import mean_of
from srbench_floors.signs import sign_factors
from srbench_lite import Expression, Fit, FitError, Report, Samples
from srbench_lite.fitting import (
    constant_formula,
    finite_formula,
    leading_multiple,
    power_product,
    shortest_decimal,
    varying_columns,
)

if TYPE_CHECKING:
    from srbench_floors import LogLinear

__all__ = ["fit"]

Array = NDArray[np.float64]

#: The constant may be written as a decimal that is off by so many roundings at every point.
_REACHES: Final = (8.0, 1.0)
#: What an input says that is left out because others determine it.
_SAYS_NOTHING: Final = "says nothing that the others do not say"


def fit(method: LogLinear, samples: Samples, *, report: Report) -> Fit:
    """Fit `method` to `samples`; see `Method.fit`.

    Raises:
        FitError: y has signs or zeros that no product of powers has, or a number is out of float64's range.
    """
    if constant_formula(samples) is not None:
        mean = Expression.constant(mean_of(samples))
        report(mean)
        return Fit(expression=mean)
    inputs = _Inputs.of(samples)
    system = inputs.system(samples)
    places = system.independent(range(len(inputs.columns) + 1))[1:]  # 0 is the constant
    dependent = set(range(1, len(inputs.columns) + 1)) - set(places)
    fixed = {place: Fraction(1) for place in dependent & inputs.odd}  # for their signs
    if method.snap:
        fixed = snapped(system, places, fixed, inputs.odd, method.max_denominator)
    free = [place for place in places if place not in fixed]
    solution = system.solve([0, *free], fixed)
    exponents = system.shortened(solution)
    powers: dict[int, float | Fraction] = dict(fixed)
    powers.update({} if exponents is None else zip(free, exponents[1:].tolist(), strict=True))
    formula = finite_formula(_written, samples, inputs, powers, _constant(system, powers))
    with np.errstate(all="ignore"):
        values = np.full(len(samples), np.nan) if formula is None else formula(samples.columns)
    if formula is None or not np.isfinite(values[inputs.rows]).all():
        raise FitError("a constant or a power is out of float64's range: rescale inputs and target towards one")
    if values[~inputs.rows].any():  # no number, or another than zero
        raise FitError(
            f"y is zero at {int((~inputs.rows).sum())} of {len(samples)} points, where inputs are, but {formula} is not"
        )
    report(formula)
    names = {place: samples.variables[column] for place, column in enumerate(inputs.columns, start=1)}
    return Fit(
        expression=formula,
        extras={
            "exponents": {names[place]: float(exponent) for place, exponent in sorted(powers.items())},
            "left_out": {**inputs.left_out, **{names[place]: _SAYS_NOTHING for place in dependent - inputs.odd}},
            "exact": system.is_exact(system.solve([0], powers)),
        },
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Inputs:
    """What a product of powers may be made of.

    Attributes:
        columns: of the inputs, in `Samples.x`; place k + 1 of the system is the k-th of them.
        odd: places of those by whose sign the product changes its own.
        sign: of the constant where every other factor is positive.
        rows: the points that have logarithms, shape (n,).
        left_out: reasons by the name of an input.
    """

    columns: tuple[int, ...]
    odd: frozenset[int]
    sign: int
    rows: NDArray[np.bool_]
    left_out: Mapping[str, str]

    @classmethod
    def of(cls, samples: Samples) -> _Inputs:
        """Look at zeros and signs.

        Raises:
            FitError: y has zeros or signs that inputs do not explain.
        """
        x, y, n = samples.x, samples.y, len(samples)
        rows = y != 0
        left_out: dict[str, str] = {}
        columns: list[int] = []
        for column in varying_columns(x).tolist():
            zeros = int(((x[:, column] == 0) & rows).sum())
            if zeros:
                left_out[samples.variables[column]] = f"is zero at {zeros} of {n} points where y is not"
            else:
                columns.append(column)
        alone = int((~rows & (x[:, columns] != 0).all(axis=1)).sum())
        if alone:
            raise FitError(f"y is zero at {alone} of {n} points where no input is: no product of powers is zero there")
        signs = sign_factors(x[rows][:, columns], y[rows])
        if signs is None:
            raise FitError(
                f"y is negative at {int((y < 0).sum())} of {n} points, and the signs of the inputs do not say where: "
                "no product of powers has these signs"
            )
        sign, odd = signs
        return cls(tuple(columns), frozenset(k + 1 for k in odd), sign, rows, left_out)

    def system(self, samples: Samples) -> LeastSquares:
        """Return the logarithm of y on a constant and the logarithms of the inputs.

        A weight of y is one of its logarithm times y**2, since an error of y is one of y*d(log y).
        """
        y = np.abs(samples.y[self.rows])
        logarithms = np.log(np.abs(samples.x[self.rows][:, list(self.columns)]))
        weights = None
        if samples.weights is not None:
            given = samples.weights[self.rows]
            weights = np.maximum(given / given.max() * (y / y.max()) ** 2, np.finfo(np.float64).tiny)
        return LeastSquares(np.column_stack([np.ones(len(y)), logarithms]), np.log(y), weights, grain=1.0)


def _constant(system: LeastSquares, powers: Mapping[int, float | Fraction]) -> float:
    """Return the size of the constant beside given powers; infinite or zero where it is out of range.

    Where all residuals are rounding it is the shortest decimal with which they still are.
    """
    solution = system.solve([0], powers)
    with np.errstate(over="ignore"):
        size = float(np.exp(system.unscaled(solution)[0]))
    if system.is_exact(solution) and 0 < size < np.inf:
        radius = float(system.certainty(solution)[0]) * size
        for reach in _REACHES:
            short = shortest_decimal(size, min(reach * radius, size / 2))
            if system.is_exact(system.solve([], {**powers, 0: float(np.log(short))})):
                return short
    return size


def _written(
    samples: Samples, inputs: _Inputs, powers: Mapping[int, float | Fraction], size: float
) -> Expression | None:
    """Write a constant times powers of inputs."""
    if not 0 < size < np.inf:
        return None
    constant = inputs.sign * size
    factors: list[tuple[Expression, float]] = []
    for place, exponent in sorted(powers.items()):
        column = inputs.columns[place - 1]
        variable, values = Expression.variable(samples.variables[column]), samples.x[:, column]
        if exponent == 0:
            continue
        whole = isinstance(exponent, Fraction) and exponent.denominator == 1
        if place in inputs.odd and not isinstance(exponent, Fraction):
            rest = float(Fraction(repr(exponent)) - 1)  # 1.37 - 1 is 0.37
            factors += [(variable, 1.0), (Expression.call("abs", variable), rest)]
        elif place in inputs.odd or (values >= 0).all() or (whole and int(exponent) % 2 == 0):
            factors.append(_power(variable, exponent))
        elif (values <= 0).all():
            if whole and int(exponent) % 2:
                constant = -constant
            factors.append(_power(variable if whole else -variable, exponent))
        else:
            factors.append(_power(Expression.call("abs", variable), exponent))
    return leading_multiple(constant, power_product(factors))


def _power(base: Expression, exponent: float | Fraction) -> tuple[Expression, float]:
    """Return a base and an exponent that give a power, thirds by the cube root."""
    if isinstance(exponent, Fraction) and exponent.denominator == 3:
        return Expression.call("cbrt", base), float(exponent.numerator)
    return base, float(exponent)
