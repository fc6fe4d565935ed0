"""Writing fits as formulas: constants as fitted, signs and phases tidied, sine and cosine of one argument merged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lies.atoms import Powers, Term, Unit
from srbench_lies.skeleton_fit import SkeletonFit
from srbench_lite import Expression
from srbench_lite.fitting import above_and_below, leading_multiple, quotient, sum_constant_last

__all__ = ["write", "write_monomial"]

Array = NDArray[np.float64]

#: A matrix of four amplitudes is one product of two sines where its second singular value is below this share.
_MAX_SECOND_SINGULAR_SHARE: Final = 1e-6


def write(fit: SkeletonFit, names: Sequence[str]) -> Expression:
    """Return the formula of a fit.

    Raises:
        ExpressionError: a constant is not finite.
    """
    parts: list[tuple[float, list[Expression], list[Expression]]] = []
    skeleton = fit.skeleton
    linear = fit.linear.tolist()
    row = len(skeleton.powers)
    constant = 0.0
    for coefficient, powers in zip(linear[:row], skeleton.powers, strict=True):
        if any(powers):
            parts.append((coefficient, *_powers(powers, names)))
        else:
            constant += coefficient
    at = 0
    for term, kept in zip(skeleton.terms, skeleton.kept, strict=True):
        theta = fit.theta[at : at + term.size]
        at += term.size
        amplitudes = np.zeros(term.width)
        amplitudes[list(kept)] = linear[row : row + len(kept)]
        row += len(kept)
        parts += _of_term(term, theta, amplitudes, names)
    return _sum([(c, _quotient(above, below)) for c, above, below in parts], constant)


def write_monomial(powers: Powers, names: Sequence[str]) -> Expression:
    """Return a product of powers; 1 where all exponents are zero."""
    return _quotient(*_powers(powers, names))


def _of_term(
    term: Term, theta: Array, amplitudes: Array, names: Sequence[str]
) -> list[tuple[float, list[Expression], list[Expression]]]:
    """Return summands of a term with these amplitudes of its columns: coefficient, numerators, denominators."""
    above, below = _powers(term.powers, names)
    arguments: list[tuple[list[tuple[float, Expression]], float]] = []
    at = 0
    for unit in term.units:
        own = theta[at : at + unit.size]
        at += unit.size
        if unit.kind == "wave":
            arguments.append(_argument(unit, own, names))
        else:
            top, bottom = _unit(unit, own, names)
            above += top
            below += bottom
    parts = []
    for scale, vectors in _rank_one(amplitudes, len(arguments)):
        size = scale
        sines: list[Expression] = []
        for (pieces, _), vector in zip(arguments, vectors, strict=True):
            factor, sine = _sine(pieces, float(vector[0]), float(vector[1]))
            size *= factor
            sines.append(sine)
        parts.append((size, [*above, *sines], below))
    return parts


def _rank_one(amplitudes: Array, waves: int) -> list[tuple[float, list[Array]]]:
    """Return amplitudes of products of sines and cosines as sums of products of (sine, cosine) pairs."""
    if waves == 0:
        return [(float(amplitudes[0]), [])] if amplitudes[0] else []
    if waves == 1:
        return [(1.0, [amplitudes])] if amplitudes.any() else []
    if waves == 2:
        matrix = amplitudes.reshape(2, 2)
        U, S, Vt = np.linalg.svd(matrix)
        if np.count_nonzero(matrix) > 1 and S[1] <= _MAX_SECOND_SINGULAR_SHARE * S[0]:
            return [(float(S[0]), [U[:, 0], Vt[0]])]
    factors: list[tuple[float, list[Array]]] = []
    for index in np.flatnonzero(amplitudes).tolist():
        bits = [(index >> (waves - 1 - w)) & 1 for w in range(waves)]
        factors.append((float(amplitudes[index]), [np.eye(2)[bit] for bit in bits]))
    return factors


def _sine(pieces: list[tuple[float, Expression]], sine: float, cosine: float) -> tuple[float, Expression]:
    """Write sine*sin(z) + cosine*cos(z) as a factor and a sine or cosine of z with a positive first coefficient."""
    if pieces[0][0] < 0:
        pieces = [(-c, e) for c, e in pieces]
        sine = -sine
    if cosine == 0:
        return sine, Expression.call("sin", _sum(pieces, 0.0))
    if sine == 0:
        return cosine, Expression.call("cos", _sum(pieces, 0.0))
    size, phase = math.hypot(sine, cosine), math.atan2(cosine, sine)
    if abs(phase) > 0.5 * math.pi:
        size, phase = -size, phase - math.copysign(math.pi, phase)
    return size, Expression.call("sin", _sum(pieces, phase))


def _argument(unit: Unit, theta: Array, names: Sequence[str]) -> tuple[list[tuple[float, Expression]], float]:
    """Return coefficients and formulas of the pieces of a unit's argument, and its shift."""
    pieces: list[tuple[float, Expression]] = []
    at = 0
    for index, piece in enumerate(unit.pieces):
        free = not (unit.is_monic and index == 0)
        coefficient = float(theta[at]) if free else unit.sign
        at += free
        own = theta[at : at + piece.size]
        at += piece.size
        if piece.units:
            ((size, above, below),) = _of_term(piece, own, np.ones(1), names)
            pieces.append((coefficient * size, _quotient(above, below)))
        else:
            pieces.append((coefficient, write_monomial(piece.powers, names)))
    return pieces, float(theta[at]) if unit.has_shift else 0.0


def _unit(unit: Unit, theta: Array, names: Sequence[str]) -> tuple[list[Expression], list[Expression]]:
    """Return numerators and denominators of a unit that is no wave."""
    pieces, shift = _argument(unit, theta, names)
    match unit.kind:
        case "rec":
            return [], [_sum(pieces, shift)]
        case "exp":
            powers = [_as_power(c, piece, names) for (c, _), piece in zip(pieces, unit.pieces, strict=True)]
            rest = [pair for pair, power in zip(pieces, powers, strict=True) if power is None]
            above = [power for power in powers if power is not None]
            return ([Expression.call("exp", _sum(rest, 0.0))] if rest else []) + above, []
        case "ln":
            return [Expression.call("log", pieces[0][1])], []
        case "sin":
            shift = math.remainder(shift, 2.0 * math.pi)
            return [Expression.call("sin", _sum(pieces, shift))], []
        case _:
            return [Expression.call(unit.kind, _sum(pieces, shift))], []


def _as_power(coefficient: float, piece: Term, names: Sequence[str]) -> Expression | None:
    """Return exp(coefficient * m * log(u)) as u**(coefficient*m), where the piece is such a product."""
    if len(piece.units) != 1 or piece.units[0].kind != "ln" or piece.units[0].pieces[0].units:
        return None
    base = write_monomial(piece.units[0].pieces[0].powers, names)
    if not any(piece.powers):
        return base**coefficient
    return base ** leading_multiple(coefficient, write_monomial(piece.powers, names))


def _powers(powers: Powers, names: Sequence[str]) -> tuple[list[Expression], list[Expression]]:
    return above_and_below((Expression.variable(name), e) for name, e in zip(names, powers, strict=True))


def _quotient(above: Sequence[Expression], below: Sequence[Expression]) -> Expression:
    return quotient(sorted(above, key=lambda e: e.complexity), below)


def _sum(parts: Sequence[tuple[float, Expression]], constant: float) -> Expression:
    return sum_constant_last(parts, constant, leading_multiple)
