"""Data sets that no method likes: numbers at the ends of float64's range, hardly any points, columns that say nothing.

`extreme_data(number)` makes the same data on every machine; neighbouring numbers are of different kinds (`KINDS`). All
values are finite, which is all that a method may rely on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Samples

__all__ = ["COUNT", "KINDS", "ExtremeData", "extreme_data"]

Array = NDArray[np.float64]
Rng = np.random.Generator
Table = tuple[Array, Array]  # inputs (n, d), target (n,)

#: How many data sets the slow test and the tool go through.
COUNT: Final = 2_000
_SEED: Final = 20
_TOP: Final = float(np.finfo(np.float64).max)
_DENORMAL: Final = 5e-324


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExtremeData:
    """A data set, the kind that it is of, and its number."""

    number: int
    kind: str
    samples: Samples


def extreme_data(number: int) -> ExtremeData:
    """Return the data set of a number, from 0."""
    kind = list(KINDS)[number % len(KINDS)]
    rng = np.random.default_rng((_SEED, number))
    with np.errstate(all="ignore"):
        x, y = KINDS[kind](rng)
        x = np.clip(np.nan_to_num(np.asarray(x, dtype=np.float64), nan=0.0), -_TOP, _TOP)
        y = np.clip(np.nan_to_num(np.asarray(y, dtype=np.float64), nan=0.0), -_TOP, _TOP)
    names = tuple(f"x{i}" for i in range(x.shape[1]))
    return ExtremeData(number=number, kind=kind, samples=Samples(variables=names, x=x, y=y))


# --- what the kinds are made from ---------------------------------------------------------------------------------


def _inputs(rng: Rng, most: int = 4) -> Array:
    """Return ordinary inputs: up to `most` variables, up to some 200 points."""
    n, d = int(rng.integers(12, 200)), int(rng.integers(1, most + 1))
    low = float(rng.choice([-5.0, -1.0, 0.1, 1.0]))
    return rng.uniform(low, low + float(rng.choice([1.0, 4.0, 10.0])), (n, d))


def _target(rng: Rng, x: Array) -> Array:
    """Return values of an ordinary function of the inputs, some of them with noise."""
    a, b, c = rng.uniform(0.3, 4.0, 3)
    first, last = x[:, 0], x[:, -1]
    y = [
        a * first + b,
        a * first * last - b,
        a * np.sin(b * first) + c * last,
        a * first**2 / (b + last**2),
        np.exp(-b * first**2) * a,
        a * np.sqrt(np.abs(first * last) + c),
    ][int(rng.integers(6))]
    noise = float(rng.choice([0.0, 0.0, 0.01, 0.1]))
    return np.asarray(y + noise * np.std(y) * rng.standard_normal(len(y)))


def _power(rng: Rng, low: float, high: float) -> float:
    """Return a power of ten, of either sign of the exponent."""
    return float(10.0 ** (rng.uniform(low, high) * rng.choice([-1.0, 1.0])))


def _ordinary(rng: Rng, most: int = 4) -> Table:
    x = _inputs(rng, most)
    return x, _target(rng, x)


# --- scales -------------------------------------------------------------------------------------------------------


def _scaled_target(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    return x, y * _power(rng, 20, 305)


def _scaled_inputs(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    return x * _power(rng, 20, 305), y


def _scaled_column(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    x[:, int(rng.integers(x.shape[1]))] *= _power(rng, 60, 305)
    return x, y


def _scaled_all(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    return x * np.array([_power(rng, 5, 300) for _ in x.T]), y * _power(rng, 5, 300)


def _moderately_scaled(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    return x * np.array([_power(rng, 5, 74) for _ in x.T]), y * _power(rng, 5, 74)


def _all_scales_in_a_column(rng: Rng) -> Table:
    x = _inputs(rng)
    end = float(rng.choice([30.0, 70.0, 300.0]))
    wide = 10.0 ** rng.uniform(-end, end, x.shape)
    y = [np.log(wide[:, 0]), wide[:, 0], 10.0 ** rng.uniform(-end, end, len(x)), np.sqrt(wide[:, -1])]
    return wide, y[int(rng.integers(4))]


def _grid_over_all_scales(rng: Rng) -> Table:
    end = float(rng.choice([30.0, 70.0, 300.0]))
    x = np.logspace(-end, end, int(rng.integers(5, 100)))[:, None]
    return x, 3 * x[:, 0] ** float(rng.choice([-1.0, -0.5, 0.5, 1.0]))


def _square_near_overflow(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    return x * float(rng.choice([1.0, 1e150])), y * float(rng.choice([1e74, 1e76, 1e150, 1e153, 1e154, 1e155]))


def _near_the_end(rng: Rng) -> Table:
    x, y = _ordinary(rng, 2)
    return x, rng.choice([-1.0, 1.0], len(y)) * _TOP * rng.uniform(0.5, 1.0, len(y))


def _denormals(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    tiny = _DENORMAL * rng.integers(0, 1000, len(y))
    if rng.random() < 0.5:
        return x, tiny
    x[:, 0] = tiny
    return x, y


def _one_outlier(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    place, size = int(rng.integers(len(y))), _power(rng, 10, 300)
    if rng.random() < 0.5:
        y[place] = size
    else:
        x[place, 0] = size
    return x, y


def _heavy_tails(rng: Rng) -> Table:
    x = rng.standard_cauchy((int(rng.integers(10, 200)), int(rng.integers(1, 4)))) ** 3
    return x, _target(rng, x)


# --- functions ----------------------------------------------------------------------------------------------------


def _steep_logistic(rng: Rng) -> Table:
    x = rng.uniform(-10, 10, (200, 4))
    return x, x[:, 0] / (1 + np.exp(-x[:, 1] * (x[:, 2] - x[:, 3])))


def _huge_exponent(rng: Rng) -> Table:
    x = _inputs(rng, 2)
    return x, np.abs(x[:, 0]) ** (rng.choice([-1.0, 1.0]) * rng.uniform(10, 300))


def _exponential_growth(rng: Rng) -> Table:
    x = _inputs(rng, 2)
    return x, rng.uniform(-2, 2) * np.exp(rng.uniform(5, 140) * x[:, 0])


def _double_exponential(rng: Rng) -> Table:
    x = _inputs(rng, 2)
    return x, np.exp(rng.choice([-1.0, 1.0]) * np.exp(x[:, 0]))


def _narrow_bump(rng: Rng) -> Table:
    x = rng.uniform(-1, 1, (int(rng.integers(20, 200)), int(rng.integers(1, 3))))
    return x, np.exp(-((x[:, 0] * _power(rng, 2, 8)) ** 2))


def _poles(rng: Rng) -> Table:
    x = _inputs(rng, 2)
    x[0, 0] = float(rng.choice([1e-12, 1e-80, 1e-300]))
    return x, rng.uniform(1, 5) / x[:, 0] ** float(rng.choice([1.0, 2.0, 3.0])) + np.tan(x[:, -1])


def _discontinuous(rng: Rng) -> Table:
    x = _inputs(rng, 2)
    first = x[:, 0]
    y = [np.floor(first), np.sign(first - first.mean()), np.where(first > first.mean(), 1e9, first), first % 1]
    return x, y[int(rng.integers(4))]


def _fast_oscillation(rng: Rng) -> Table:
    x = _inputs(rng, 2)
    return x, np.sin(_power(rng, 0, 8) ** 2 * x[:, 0])


def _noise_only(rng: Rng) -> Table:
    x = _inputs(rng)
    return x, rng.standard_normal(len(x)) * _power(rng, 0, 30)


# --- few and equal points -----------------------------------------------------------------------------------------


def _one_point(rng: Rng) -> Table:
    return rng.normal(size=(1, int(rng.integers(1, 5)))) * _power(rng, 0, 100), rng.normal(size=1) * _power(rng, 0, 100)


def _two_points(rng: Rng) -> Table:
    y = rng.normal(size=2) * _power(rng, 0, 50)
    y[1] = float(rng.choice([y[1], -y[0]]))  # a mean of exactly zero is another thing
    return rng.normal(size=(2, int(rng.integers(1, 5)))) * _power(rng, 0, 50), y


def _few_points(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    n = int(rng.integers(3, 8))
    return x[:n], y[:n] if rng.random() < 0.6 else np.arange(n) - (n - 1) / 2


def _equal_points(rng: Rng) -> Table:
    x = np.tile(rng.normal(size=(1, int(rng.integers(1, 4)))), (int(rng.integers(2, 50)), 1))
    return x, rng.normal(size=len(x)) * _power(rng, 0, 20)


def _repeated_points(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    rows = rng.integers(0, int(rng.integers(2, 6)), int(rng.integers(10, 100)))
    return x[rows], y[rows] + float(rng.choice([0.0, 0.1])) * rng.standard_normal(len(rows))


def _more_variables_than_points(rng: Rng) -> Table:
    n = int(rng.integers(2, 10))
    x = rng.normal(size=(n, n + int(rng.integers(1, 20))))
    return x, rng.normal(size=n)


# --- columns ------------------------------------------------------------------------------------------------------


def _constant_columns(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    x[:, rng.random(x.shape[1]) < 0.6] = float(rng.choice([0.0, 1.0, -3.5, 1e-200, 1e200, 0.1]))
    return x, y


def _constant_target(rng: Rng) -> Table:
    x = _inputs(rng)
    return x, np.full(len(x), float(rng.choice([0.0, -0.0, 4.25, 1e-310, 1e308, -1e-5, 0.1])))


def _hardly_varying_target(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    top = float(np.abs(y).max()) or 1.0
    return x, rng.uniform(1, 10) * (1 + y / top * float(10.0 ** rng.uniform(-18, -9)))


def _hardly_varying_column(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    x[:, 0] = rng.uniform(1, 10) * (1 + x[:, 0] * float(10.0 ** rng.uniform(-18, -9)))
    return x, y


def _huge_offset(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    offset = float(rng.choice([1e8, 1e12, 1e16, 1e17, -1e15]))
    return (x + offset, y) if rng.random() < 0.5 else (x, y + offset)


def _thirty_variables(rng: Rng) -> Table:
    x = rng.normal(size=(int(rng.choice([10, 40, 300, 20_000])), 30))
    return x, x[:, 3] * x[:, 17] + np.sin(x[:, 29])


def _many_rows(rng: Rng) -> Table:
    x = rng.uniform(-3, 3, (100_000, int(rng.choice([1, 2, 5]))))
    return x, _target(rng, x)


def _target_is_a_column(rng: Rng) -> Table:
    x = _inputs(rng)
    return x, x[:, int(rng.integers(x.shape[1]))] * float(rng.choice([1.0, -1.0, 1e-9, 1e40]))


def _equal_columns(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    return np.column_stack([x, x[:, 0], -x[:, -1], 2 * x[:, 0] + 1]), y


def _integers(rng: Rng) -> Table:
    x = rng.integers(0, int(rng.choice([2, 3, 10, 2030])), (int(rng.integers(5, 200)), int(rng.integers(1, 6))))
    return x, np.round(_target(rng, x.astype(np.float64)))


def _labels(rng: Rng) -> Table:
    x = np.eye(5)[rng.integers(0, 5, 2 * int(rng.integers(5, 50)))]
    return x, rng.integers(0, 2, len(x)) if rng.random() < 0.5 else rng.permutation(np.tile([-1.0, 1.0], len(x) // 2))


def _signed_zeros(rng: Rng) -> Table:
    x = rng.choice([-0.0, 0.0, 1.0, -1.0], (int(rng.integers(4, 60)), int(rng.integers(1, 4))))
    return x, rng.choice([-0.0, 0.0, 2.0], len(x))


def _nearly_all_zero(rng: Rng) -> Table:
    x, y = _ordinary(rng)
    y[:] = 0.0
    y[int(rng.integers(len(y)))] = _power(rng, 0, 100)
    return x, y


def _no_variable(rng: Rng) -> Table:
    n = int(rng.integers(1, 40))
    return np.zeros((n, 0)), rng.normal(size=n) * float(rng.choice([0.0, 1.0, 1e100]))


KINDS: Final[dict[str, Callable[[Rng], Table]]] = {
    function.__name__.removeprefix("_"): function
    for function in (
        _steep_logistic, _scaled_target, _two_points, _constant_columns, _huge_exponent, _scaled_inputs, _one_point,
        _thirty_variables, _all_scales_in_a_column, _denormals, _hardly_varying_target, _equal_points,
        _square_near_overflow, _target_is_a_column, _exponential_growth, _many_rows, _scaled_all, _few_points,
        _integers, _huge_offset, _double_exponential, _near_the_end, _repeated_points, _equal_columns, _poles,
        _moderately_scaled, _signed_zeros, _constant_target, _narrow_bump, _one_outlier, _more_variables_than_points,
        _discontinuous, _scaled_column, _hardly_varying_column, _fast_oscillation, _nearly_all_zero, _heavy_tails,
        _labels, _noise_only, _grid_over_all_scales, _no_variable,
    )
}  # fmt: skip
