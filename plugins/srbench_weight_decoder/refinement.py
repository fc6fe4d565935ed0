"""Least squares on a network's own outputs, and the coarsest decimals that the network's error allows.

Which decimal is written is a matter of description length (Rissanen, "Modeling by Shortest Data Description",
Automatica 14, 1978): a digit more costs ln 10, and a value away from the estimate costs what Student's t
distribution takes for the distance in standard errors. An estimate that no short decimal is near stays as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEAST_SQUARES_POINTS", "Refined", "refine"]

Array = NDArray[np.float64]

#: Points at which least squares looks at a network.
LEAST_SQUARES_POINTS: Final = 64
#: The error of a network along each direction that a polynomial of the family can take is estimated by what it does
#: along the next two degrees, times this factor: training finds low degrees first, and noise is alike in all. It is at
#: least this share of what all further degrees say, and at least this share of the outputs' root mean square. All three
#: were set on networks of the training split: polished ones, ones trained by Adam alone, and ones trained on noise.
_NEXT_DEGREES_FACTOR: Final = 1.3
_MIN_REST_SHARE: Final = 0.3
_MIN_ERROR_SHARE: Final = 2e-5
#: Degrees of freedom of the t distribution that an estimate has about the truth: errors of errors are large.
_DEGREES_OF_FREEDOM: Final = 4.0
_MAX_DIGITS: Final = 12
#: Of an estimate near the smallest numbers: zero has no logarithm.
_MIN_ERROR: Final = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refined:
    """What least squares and rounding give.

    Attributes:
        coefficients: of all powers asked about, zero where a term is not there: shape (powers,).
        errors: standard errors of the estimates before rounding, zero where a term is not there: shape (powers,).
        residual: root mean square of what the polynomial leaves of the network's outputs.
    """

    coefficients: Array
    errors: Array
    residual: float


def refine(x: Array, outputs: Array, present: NDArray[np.bool_], *, droppable: bool = False) -> Refined:
    """Fit the terms that are present, and write each coefficient with the fewest digits that its error allows.

    Args:
        x: inputs, ascending, shape (n,).
        outputs: of the network there, shape (n,).
        present: which powers of x are there, the highest first and the constant last, shape (terms,).
        droppable: whether a coefficient may also come out as zero.
    """
    powers = np.arange(len(present) - 1, -1, -1)
    which = np.flatnonzero(present)
    design = x[:, None] ** powers[which]
    scale = np.maximum(np.abs(design).max(axis=0), 1e-300)
    level = _level(x, outputs, len(present))
    estimates, errors = _solved(design, scale, outputs, level)
    whole = np.zeros(len(present))
    whole[which] = errors
    written = np.zeros(len(which))
    left = list(range(len(which)))
    rest = outputs
    while left:
        # The one whose rounding saves most goes first; the others are fitted again with it in its place.
        choices = [_rounded(estimates[i], errors[i], droppable) for i in range(len(left))]
        best = max(range(len(left)), key=lambda i: choices[i][1])
        place = left.pop(best)
        written[place] = choices[best][0]
        rest = rest - written[place] * design[:, place]
        if left:
            estimates, errors = _solved(design[:, left], scale[left], rest, level)
    coefficients = np.zeros(len(present))
    coefficients[which] = written
    residual = float(np.sqrt(np.mean(np.square(rest)))) if len(which) else float(np.sqrt(np.mean(np.square(outputs))))
    return Refined(coefficients=coefficients, errors=whole, residual=residual)


def _level(x: Array, outputs: Array, terms: int) -> float:
    """Return the error of the outputs along each direction of a polynomial, an orthonormal one over the inputs."""
    middle, half = (x[0] + x[-1]) / 2, (x[-1] - x[0]) / 2
    basis = np.linalg.qr(np.polynomial.chebyshev.chebvander((x - middle) / half, terms + 1))[0]
    amplitudes = basis.T @ outputs
    rest = outputs - basis[:, :terms] @ amplitudes[:terms]
    turns = max(1, int(np.count_nonzero(np.diff(np.sign(rest)))))  # of sign: directions in which the rest goes
    each = float(np.linalg.norm(rest)) / math.sqrt(turns)
    following = float(np.sqrt(np.mean(np.square(amplitudes[terms:]))))
    return max(
        _NEXT_DEGREES_FACTOR * following,
        _MIN_REST_SHARE * each,
        _MIN_ERROR_SHARE * float(np.linalg.norm(outputs)),
        1e-300,
    )


def _solved(design: Array, scale: Array, values: Array, level: float) -> tuple[Array, Array]:
    """Return estimates and standard errors; the columns of the design are divided by the scale for the solution."""
    scaled = design / scale
    estimates: Array = np.linalg.lstsq(scaled, values, rcond=None)[0].astype(np.float64)
    spread: Array = level * np.sqrt(np.maximum(np.diag(np.linalg.pinv(scaled.T @ scaled)), 0.0)).astype(np.float64)
    return estimates / scale, spread / scale


def _rounded(estimate: float, error: float, droppable: bool) -> tuple[float, float]:
    """Return the value to write, and by how much it is better than the estimate as it is."""
    if estimate == 0:
        return 0.0, math.inf
    leading = math.floor(math.log10(abs(estimate)))  # the power of ten of the first digit
    error = max(error, abs(estimate) * 10.0 ** -(_MAX_DIGITS + 1), _MIN_ERROR)
    finest = math.floor(math.log10(error)) - 1
    price = math.log(10)  # of a digit
    plain = -price * (max(1, leading - finest + 1) + 1e-9)  # of two that cost the same, the rounded one
    best, best_score = estimate, plain
    if droppable:
        score = _misfit(estimate / error)
        if score > best_score:
            best, best_score = 0.0, score
    for place in range(max(leading, 0), max(finest, leading - _MAX_DIGITS) - 1, -1):
        value = round(estimate, -place)
        if value == 0:
            continue
        digits = max(1, max(leading, 0) - place + 1)
        score = _misfit((value - estimate) / error) - price * digits
        if score > best_score:
            best, best_score = value, score
    return best, best_score - plain


def _misfit(deviation: float) -> float:
    """Return the log density of the t distribution, relative to its peak."""
    return -0.5 * (_DEGREES_OF_FREEDOM + 1) * math.log1p(deviation**2 / _DEGREES_OF_FREEDOM)
