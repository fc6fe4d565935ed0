"""Least squares on a network's own outputs, and the coarsest decimals that the network's error allows.

Which decimal is written is a matter of description length (Rissanen, "Modeling by Shortest Data Description",
Automatica 14, 1978): a digit more costs ln 10, and a value away from the estimate costs the square of the distance in
standard errors, halved. An estimate that no short decimal is near stays as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Refined", "refined"]

Array = NDArray[np.float64]

#: Relative error that every estimate has: that of float64, with room.
_NO_ERROR: Final = 1e-13
_MOST_DIGITS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refined:
    """What least squares and snapping found.

    Attributes:
        coefficients: of all powers asked about, zero where a term is not there: shape (powers,).
        errors: standard errors of the estimates before snapping, zero where a term is not there: shape (powers,).
        residual: root mean square of what the polynomial leaves of the network's outputs.
    """

    coefficients: Array
    errors: Array
    residual: float


def refined(x: Array, outputs: Array, present: NDArray[np.bool_], *, droppable: bool = False) -> Refined:
    """Fit the terms that are present, and write each coefficient with the fewest digits that its error allows.

    Args:
        x: inputs, shape (n,).
        outputs: of the network there, shape (n,).
        present: which powers of x are there, the highest first and the constant last, shape (terms,).
        droppable: whether a coefficient may also come out as zero.
    """
    powers = np.arange(len(present) - 1, -1, -1)
    which = np.flatnonzero(present)
    design = x[:, None] ** powers[which]
    scale = np.maximum(np.abs(design).max(axis=0), 1e-300)
    estimates, errors = _solved(design / scale, outputs)
    estimates, errors = estimates / scale, errors / scale
    whole = np.zeros(len(present))
    whole[which] = errors
    found = np.zeros(len(which))
    left = list(range(len(which)))
    rest = outputs
    while left:
        # The one whose snapping saves most goes first; the others are fitted again with it in its place.
        choices = [_snapped(estimates[i], errors[i], droppable) for i in range(len(left))]
        best = max(range(len(left)), key=lambda i: choices[i][1])
        place = left.pop(best)
        found[place] = choices[best][0]
        rest = rest - found[place] * design[:, place]
        if left:
            estimates, errors = _solved(design[:, left] / scale[left], rest)
            estimates, errors = estimates / scale[left], errors / scale[left]
    coefficients = np.zeros(len(present))
    coefficients[which] = found
    residual = float(np.sqrt(np.mean(np.square(rest)))) if len(which) else float(np.sqrt(np.mean(np.square(outputs))))
    return Refined(coefficients=coefficients, errors=whole, residual=residual)


def _solved(design: Array, values: Array) -> tuple[Array, Array]:
    """Return estimates and standard errors."""
    estimates: Array = np.linalg.lstsq(design, values, rcond=None)[0].astype(np.float64)
    rest = values - design @ estimates
    spread = max(float(np.sqrt(np.mean(np.square(rest)))), _NO_ERROR * float(np.abs(values).max(initial=0.0)), 1e-300)
    # Zero crossings along the sorted inputs: a residual that varies freely has n / 2 of them.
    freedom = max(1.0, float(np.count_nonzero(np.diff(np.sign(rest)))))
    inverse = np.linalg.pinv(design.T @ design / len(values))
    errors: Array = spread * np.sqrt(np.maximum(np.diag(inverse), 0.0) / freedom).astype(np.float64)
    return estimates, errors


def _snapped(estimate: float, error: float, droppable: bool) -> tuple[float, float]:
    """Return the value to write, and by how much it is better than the estimate as it is."""
    if estimate == 0:
        return 0.0, math.inf
    leading = math.floor(math.log10(abs(estimate)))  # the power of ten of the first digit
    error = max(error, abs(estimate) * _NO_ERROR)
    finest = math.floor(math.log10(error)) - 1
    digit = math.log(10)
    plain = -digit * (max(1, leading - finest + 1) + 1e-9)  # of two that cost the same, the rounded one
    best, best_score = estimate, plain
    if droppable:
        score = -0.5 * (estimate / error) ** 2
        if score > best_score:
            best, best_score = 0.0, score
    for place in range(max(leading, 0), max(finest, leading - _MOST_DIGITS) - 1, -1):
        value = round(estimate, -place)
        if value == 0:
            continue
        written = max(1, max(leading, 0) - place + 1)
        score = -0.5 * ((value - estimate) / error) ** 2 - digit * written
        if score > best_score:
            best, best_score = value, score
    return best, best_score - plain
