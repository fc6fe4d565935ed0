"""`Spelling`: short ways to write a number near a given one, and what each costs.

The price of a spelling is its length in decimal digits, which is minus the decimal logarithm of a prior: among whole
numbers and decimals about 10**b cost at most b. A number known to P digits can always be rounded to P digits; a ratio
or a multiple of pi is believed only where it is shorter than that by a margin, so that a chance hit is improbable
(minimum description length: Rissanen, "Modeling by shortest data description", 1978).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression

__all__ = [
    "MAX_DECIMAL_DIGITS",
    "MAX_DENOMINATOR",
    "Spelling",
    "formula_digits",
    "known_digits",
    "number_digits",
    "shortest_decimal",
    "significant_digits",
    "spellings",
]

#: Denominators of ratios that people write, and the largest one where the numerator is short.
MAX_DENOMINATOR: Final = 12
_MAX_PART: Final = 1_000
#: What a ratio, a named number and a ratio with a decimal must save, in digits, before they are believed: about 10**b
#: of them cost at most b, so this leaves one chance hit in some ten and in some hundred.
_RATIO_MARGIN: Final = 1.0
_NAMED_MARGIN: Final = 2.0
_DECIMAL_MARGIN: Final = 2.0
#: People rarely divide by these: extra price.
_ODD_DENOMINATORS: Final = (7, 9, 11)
_ODD_DIGITS: Final = 0.5
#: Ratios with decimals are looked for where a number is known to so many digits: with at most so many digits, so many.
_MIN_KNOWN_DIGITS: Final = 6
_MAX_RATIO_DIGITS: Final = 6
_MAX_DECIMAL_RATIOS: Final = 2
#: Price of pi and e, in digits.
_NAMED_DIGITS: Final = 0.5
#: On noise-free data a decimal with more significant digits is a coincidence.
MAX_DECIMAL_DIGITS: Final = 9
#: Powers of ten between which the position of the decimal point is free, and the price of one place beyond.
_MIN_FREE_POWER: Final = -1
_MAX_FREE_POWER: Final = 1
_PLACE_DIGITS: Final = 0.3

_PI: Final = Expression.named("pi")
_E: Final = Expression.named("e")


def _root(number: Expression | float) -> Expression:
    return Expression.call("sqrt", number)


#: Numbers that occur in formulas of physics and statistics: numerator, denominator, price in digits.
_NAMED_NUMBERS: Final[tuple[tuple[Expression | None, Expression | None, float], ...]] = (
    (_PI, None, 1.0),
    (None, _PI, 1.0),
    (_PI**2, None, 1.5),
    (None, _PI**2, 1.5),
    (_root(2), None, 1.0),
    (_root(3), None, 1.3),
    (_root(_PI), None, 1.5),
    (None, _root(_PI), 1.5),
    (_root(2 * _PI), None, 1.5),
    (None, _root(2 * _PI), 1.3),
    (_E, None, 1.5),
    (None, _E, 1.5),
    (Expression.call("log", 2), None, 1.5),
)


def _value(expression: Expression | None) -> float:
    return 1.0 if expression is None else float(expression({})[0])


_SIZES: Final[NDArray[np.float64]] = np.array([_value(top) / _value(bottom) for top, bottom, _ in _NAMED_NUMBERS])


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write a number.

    Attributes:
        value: the number, as float64 evaluates the spelling.
        digits: price.
        expression: how it is written.
    """

    value: float
    digits: float
    expression: Expression


@lru_cache(maxsize=65_536)
def number_digits(value: float) -> float:
    """Return the price of a number written as a decimal, in digits; 0 costs none, 1 a third of one."""
    if value == 0:
        return 0.0
    short = f"{abs(value)!r}".partition("e")[0].replace(".", "").strip("0")
    power = int(f"{abs(value):.16e}".partition("e")[2])
    return math.log10(1 + int(short)) + _PLACE_DIGITS * max(_MIN_FREE_POWER - power, power - _MAX_FREE_POWER, 0)


def significant_digits(value: float) -> int:
    """Return the number of significant digits of the shortest decimal that reads back as `value`; 0 has none."""
    return len(f"{value!r}".partition("e")[0].replace(".", "").strip("-0"))


def shortest_decimal(value: float, radius: float) -> float:
    """Return the decimal of fewest significant digits within `radius` of `value`, the nearest such; 0 has none."""
    return 0.0 if abs(value) <= radius else next(_decimals(value, radius), value)


def formula_digits(expression: Expression) -> float:
    """Return what the constants of a formula cost as written, in digits."""
    total = 0.0
    for node in expression.postorder():
        if node.value is not None:
            total += number_digits(node.value)
        elif node.op in ("pi", "e"):
            total += _NAMED_DIGITS
    return total


def known_digits(value: float, radius: float) -> float:
    """Return how many digits of a number are known that lies within a radius; infinite where all or none are.

    Args:
        value: the number.
        radius: at least 0; may be infinite.
    """
    if radius == 0:
        return math.inf
    share = abs(value) / radius
    return math.log10(share) if share > 0 else -math.inf


def spellings(value: float, radius: float, *, exact: bool = False, plain: bool = False) -> list[Spelling]:
    """Return short ways to write a number near `value`, the cheapest first.

    Args:
        value: the number as it was fitted.
        radius: how far it may move; may be infinite.
        exact: whether the data are free of noise, so that long decimals are coincidences.
        plain: only decimals and ratios of whole numbers, as for exponents.

    Returns:
        Among others 0 and 1 where they lie within, the shortest decimal, ratios, and multiples of pi, e and roots
        where the number is known well enough to tell them from a chance hit.
    """
    if value == 0:
        return [Spelling(0.0, 0.0, Expression.constant(0))]
    ways: dict[Expression, Spelling] = {}

    def add(number: float, price: float, expression: Expression) -> None:
        ways.setdefault(expression, Spelling(number, price, expression))

    sign = math.copysign(1.0, value)
    for number in (0.0, sign, -sign):
        if abs(number - value) <= radius:
            add(number, number_digits(number), Expression.constant(number))
    known = known_digits(value, radius)
    if known <= 0:
        short = float(f"{value:.0e}")
        add(short, number_digits(short), Expression.constant(short))
        return sorted(ways.values(), key=lambda s: s.digits)
    for short in islice(_decimals(value, radius), 2):  # 8 and 8.03 for 8.0253
        if not exact or significant_digits(short) <= MAX_DECIMAL_DIGITS:
            add(short, number_digits(short), Expression.constant(short))
    ratios = _ratios(abs(value), radius, sign, known, plain)
    if known >= _MIN_KNOWN_DIGITS and not plain:
        ratios += _decimal_ratios(abs(value), radius, sign, known)
    for spelling in ratios:
        ways.setdefault(spelling.expression, spelling)
    return sorted(ways.values(), key=lambda s: s.digits)


def _decimals(value: float, radius: float) -> Iterator[float]:
    """Yield the decimals within the radius to which the number is rounded, each once, the shortest first."""
    before = math.inf
    for places in range(16):
        rounded = float(f"{value:.{places}e}")
        if abs(rounded - value) <= radius and rounded != before:
            yield rounded
            before = rounded


@lru_cache(maxsize=1)
def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return known numbers (m, 1), their prices (m, 1), and small whole numbers (1, q); 1 is the first of the known."""
    sizes = np.concatenate([[1.0], _SIZES])[:, None]
    prices = np.concatenate([[0.0], [price for _, _, price in _NAMED_NUMBERS]])[:, None]
    return sizes, prices, np.arange(1.0, MAX_DENOMINATOR + 1)[None, :]


def _ratios(size: float, radius: float, sign: float, known: float, plain: bool) -> list[Spelling]:
    """Return p/q times a known number, q or p at most 12, where the price leaves the margin."""
    sizes, prices, small = _grid()
    share = size / sizes  # (m, 1)
    with np.errstate(all="ignore"):
        tops = np.concatenate([np.round(share * small), np.broadcast_to(small, (len(sizes), small.shape[1]))], axis=1)
        bottoms = np.concatenate(
            [np.broadcast_to(small, (len(sizes), small.shape[1])), np.round(small / share)], axis=1
        )
        off = np.abs(tops / bottoms * sizes - size)
        cost = prices + np.log10(1 + tops) * (tops > 1) + np.log10(1 + bottoms) * (bottoms > 1)
        margin = np.where(prices > 0, _NAMED_MARGIN, _RATIO_MARGIN)
        good = (off <= radius) & (tops >= 1) & (bottoms >= 1) & (tops <= _MAX_PART) & (bottoms <= _MAX_PART)
        good &= np.gcd(tops.astype(np.int64), bottoms.astype(np.int64)) == 1
        cost += _ODD_DIGITS * np.isin(bottoms, _ODD_DENOMINATORS)
        good &= cost + margin <= known
        good &= (bottoms > 1) & (prices == 0) if plain else (bottoms > 1) | (prices > 0)
    result = []
    for row, column in np.argwhere(good).tolist():
        top, bottom = float(tops[row, column]), float(bottoms[row, column])
        expression = _written(sign * top, bottom, row)
        result.append(Spelling(float(expression({})[0]), float(cost[row, column]) or 0.1, expression))
    return result


def _decimal_ratios(size: float, radius: float, sign: float, known: float) -> list[Spelling]:
    """Return d/q and p/d times a known number, d a short decimal: 2.37/7, 1/7.31."""
    sizes, prices, small = _grid()
    share = size / sizes  # (m, 1)
    parts = np.concatenate([share * small, small / share], axis=1)  # (m, 2 q): what the decimal must be
    whole = np.concatenate([small, small], axis=1)
    scale = 10.0 ** -np.floor(np.log10(parts))
    cost = np.full(parts.shape, np.inf)
    decimals = np.zeros(parts.shape)
    for count in range(_MAX_RATIO_DIGITS, 0, -1):
        factor = scale * 10.0 ** (count - 1)
        mantissa = np.round(parts * factor)
        near = np.abs(mantissa / factor - parts) <= radius / size * parts
        decimals = np.where(near, mantissa / factor, decimals)
        cost = np.where(near, np.log10(1 + mantissa), cost)
    cost = cost + prices + np.log10(1 + whole) * (whole > 1)
    cost[0, 0] = math.inf  # the decimal itself
    cost[cost + _DECIMAL_MARGIN > known] = math.inf
    result = []
    for place in np.argsort(cost, axis=None, kind="stable")[:_MAX_DECIMAL_RATIOS].tolist():
        row, column = divmod(place, parts.shape[1])
        if not math.isfinite(cost[row, column]):
            break
        decimal, number = float(f"{decimals[row, column]:.{_MAX_RATIO_DIGITS}e}"), float(whole[0, column])
        top, bottom = (decimal, number) if column < small.shape[1] else (number, decimal)
        expression = _written(sign * top, bottom, row)
        result.append(Spelling(float(expression({})[0]), float(cost[row, column]), expression))
    return result


def _written(top: float, bottom: float, row: int) -> Expression:
    """Write top / bottom times the known number of that row."""
    over, under, _ = _NAMED_NUMBERS[row - 1] if row else (None, None, 0.0)
    above = Expression.constant(top) if over is None else over if top == 1 else -over if top == -1 else top * over
    if bottom == 1:
        return above if under is None else above / under
    return above / bottom if under is None else above / (bottom * under)
