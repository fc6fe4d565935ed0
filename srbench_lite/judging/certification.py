"""`Certificate`: constants c* to many digits, and the proof by numbers that they make the found formula the truth.

`certify` solves for c* from close by and compares f(c*) with the truth at other points, in more and more digits, until
these settle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.judging.agreement import Agreement, HighPrecisionCheck
from srbench_lite.judging.free_constants import is_short
from srbench_lite.judging.gauss_newton import MAX_FREE_CONSTANTS, gauss_newton_refine
from srbench_lite.judging.high_precision import OutOfReachError, PreciseFormula, UndefinedError, with_digits
from srbench_lite.judging.high_precision_values import truth_targets
from srbench_lite.judging.newton import newton_refine, round_to_decimal

if TYPE_CHECKING:
    from srbench_lite.judging.constant_search import ConstantSearch
    from srbench_lite.judging.sample_points import Reference

__all__ = ["Certificate", "certify"]

#: Precisions tried, in decimal digits.
_DIGITS: Final = (80, 320, 1280)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What became of the search for c*.

    Attributes:
        constants: c*, for each number of the formula; None where there is none.
        is_settled: whether that is certain.
        is_solved: whether the equations for c* were solved, whatever the solution was worth.
        by: what c* stands on, in words; empty without c*.
    """

    constants: list[float] | None
    is_settled: bool
    is_solved: bool
    by: str = ""


def certify(
    check: HighPrecisionCheck,
    reference: Reference,
    search: ConstantSearch,
    begin: NDArray[np.float64],
    *,
    as_written: bool = False,
) -> Certificate:
    """Solve for c* from close by, in more and more digits, and compare f(c*) with the truth.

    Args:
        check: what f(c*) is compared with.
        reference: the points at which c* is solved for.
        search: the formula and its constants.
        begin: constants to start from, shape (k,).
        as_written: whether these are the formula's own, which are also tried as they are, to every digit.
    """
    formula = PreciseFormula(search.formula, reference.pair.domain.names, search.places)
    context = with_digits(_DIGITS[-1])
    constants = formula.constants() if as_written else [context.mpf(float(c)) for c in begin]
    for digits in _DIGITS:
        last = digits == _DIGITS[-1]
        try:
            if as_written and (digits == _DIGITS[0] or reference.is_blind):
                agreement = check.compare(formula, constants, digits, last=last)
                if agreement.equal and not _agrees_at_features(check, search, formula, constants, digits):
                    return Certificate(constants=None, is_settled=True, is_solved=False)
                if agreement.equal:
                    return _certificate(agreement, [float(begin[p]) for p in search.places])
                if reference.is_blind and agreement.equal is False and all(is_short(c) for c in begin):
                    return Certificate(constants=None, is_settled=True, is_solved=True)
            if reference.is_blind:
                continue
            solution = _refine(formula, reference, search, constants, digits)
            if solution is None:
                return Certificate(constants=None, is_settled=True, is_solved=False)
            constants = [
                round_to_decimal(c, float(scale), digits) if scale else c
                for c, scale in zip(solution, search.scales, strict=True)
            ]
            agreement = check.compare(formula, constants, digits, last=last)
            if agreement.equal and not _agrees_at_features(check, search, formula, constants, digits):
                return Certificate(constants=None, is_settled=True, is_solved=True)
        except UndefinedError:
            return Certificate(constants=None, is_settled=True, is_solved=True)
        except OutOfReachError:
            return Certificate(constants=None, is_settled=False, is_solved=False)
        if agreement.equal is not None:
            return _certificate(agreement, [float(constants[p]) for p in search.places])
    return Certificate(constants=None, is_settled=False, is_solved=True)


def _agrees_at_features(
    check: HighPrecisionCheck, search: ConstantSearch, formula: PreciseFormula, constants: Sequence[Any], digits: int
) -> bool:
    """Whether c* makes the formula the truth also where one of both may do something that random points miss."""
    found = search.with_constants(np.array([float(c) for c in constants]))
    return check.agrees_at_features(found, formula, constants, digits)


def _certificate(agreement: Agreement, constants: list[float]) -> Certificate:
    """Return the certificate for constants of which it is known whether they make the formula the truth."""
    return Certificate(
        constants=constants if agreement.equal else None, is_settled=True, is_solved=True, by=agreement.by
    )


def _refine(
    formula: PreciseFormula, reference: Reference, search: ConstantSearch, constants: Sequence[Any], digits: int
) -> list[Any] | None:
    """Solve for c* to so many digits; None where there is no solution close by."""
    pair = reference.pair
    points, targets = truth_targets(pair, reference.x, digits)
    if reference.is_precise and np.count_nonzero(search.scales) <= MAX_FREE_CONSTANTS:
        return gauss_newton_refine(
            formula, points, targets, constants, search.scales, digits=digits, deadline=pair.deadline
        )
    return newton_refine(
        formula, search.gradient, points, targets, reference.weights, constants, search.scales,
        digits=digits, deadline=pair.deadline,
    )  # fmt: skip
