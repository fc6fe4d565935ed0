"""`snapped`: exponents as whole numbers, halves and thirds where the points allow it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Final

from srbench_floors.least_squares import LeastSquares

__all__ = ["snapped"]

#: Larger exponents are not taken for short ratios.
_MAX_EXPONENT: Final = 12
#: The squared t statistic up to which an exponent may be off: two standard errors.
_MAX_SQUARE: Final = 4.0


def snapped(
    system: LeastSquares,
    places: Sequence[int],
    fixed: Mapping[int, Fraction],
    odd: Collection[int],
    max_denominator: int,
) -> dict[int, Fraction]:
    """Return the exponents that may be short ratios, those that are fixed among them, by place.

    The best known exponent comes first; the others are fitted again after each. A ratio is taken if it is within two
    standard errors of the exponent, of several the one with the smallest denominator.

    Args:
        system: logarithms of y on those of the inputs; its first column is the constant.
        places: of the exponents.
        fixed: further exponents, which are given.
        odd: places of inputs by whose sign the product changes its own: numerator and denominator must be odd.
        max_denominator: of a ratio.
    """
    taken = dict(fixed)
    free = list(places)
    variance = system.variance(system.solve([0, *free], taken))
    while free:
        solution = system.solve([0, *free], taken)
        exponents = system.unscaled(solution)[1:].tolist()
        for _, place, exponent in sorted(zip(solution.errors[1:].tolist(), free, exponents, strict=True)):
            others = [0, *(p for p in free if p != place)]
            for ratio in _ratios(exponent, place in odd, max_denominator):
                trial = system.solve(others, {**taken, place: ratio})
                if trial.rss - solution.rss <= _MAX_SQUARE * variance or system.is_exact(trial):
                    taken[place] = ratio
                    break
            if place in taken:
                free.remove(place)
                break
        else:
            break
    return taken


def _ratios(exponent: float, odd: bool, max_denominator: int) -> list[Fraction]:
    """Return the nearest ratio of each denominator up to a largest one, which must be odd over odd if it is said."""
    if not abs(exponent) <= _MAX_EXPONENT:
        return []
    ratios = []
    for denominator in range(1, max_denominator + 1):
        if odd and denominator % 2 == 0:
            continue
        numerator = 2 * round((exponent * denominator - 1) / 2) + 1 if odd else round(exponent * denominator)
        ratios.append(Fraction(numerator, denominator))
    return ratios
