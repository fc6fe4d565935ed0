"""Points as the transformer reads them: scaled, each number as value, sign, exponent and bits of its mantissa.

A skeleton does not change when an input is scaled, or the target scaled and shifted: the inputs are divided by their
largest size, the target is standardised.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEATURES", "MAX_POINTS", "SPECTRUM", "encode_points", "spectrum"]

Array = NDArray[np.float64]

#: Points that the model reads at most.
MAX_POINTS: Final = 64
_MANTISSA_BITS: Final = 12
#: Numbers below 2 ** -_MAX_EXPONENT are zero.
_MAX_EXPONENT: Final = 10
_FEATURES_PER_NUMBER: Final = 3 + _MANTISSA_BITS
#: Features of a point: two inputs and the target, and whether there is a second input.
FEATURES: Final = 3 * _FEATURES_PER_NUMBER + 1
#: Total degrees of the polynomials that are fitted, by the number of inputs, and how much their coefficients are held.
_MAX_DEGREES: Final = {1: 14, 2: 6}
_RIDGE: Final = 1e-8
#: Features of a function: coefficients as they are and by size, and what each degree leaves.
_MAX_TERMS: Final = 28
_REMAINDERS: Final = 15
SPECTRUM: Final = 2 * 2 * _MAX_TERMS + 2 * _REMAINDERS


def encode_points(x: Array, y: Array, *, scaled: bool = True) -> NDArray[np.float32]:
    """Return the features of points.

    Args:
        x: inputs of B functions at n points each, shape (B, n, variables), one or two variables.
        y: targets, shape (B, n); those of one function are not all equal.
        scaled: whether inputs and targets are scaled; without constants, their size matters.

    Returns:
        Shape (B, n, FEATURES).
    """
    count = x.shape[2]
    t, v = _scaled(x, y) if scaled else (x, y)
    result = np.zeros((*y.shape, FEATURES), np.float32)
    for place, column in enumerate((*np.moveaxis(t, 2, 0), *(() if count > 1 else (np.zeros_like(v),)), v)):
        result[..., place * _FEATURES_PER_NUMBER : (place + 1) * _FEATURES_PER_NUMBER] = _number(column)
    result[..., -1] = count - 1
    return result


def spectrum(x: Array, y: Array, *, scaled: bool = True) -> NDArray[np.float32]:
    """Return what polynomials say of functions: Chebyshev coefficients, and how much each degree leaves.

    Arguments are as in `encoded`; inputs that are not scaled are in [-1, 1].

    Returns:
        Shape (B, SPECTRUM): first for one input, then for two, zero where the other applies.
    """
    count = x.shape[2]
    t, v = _scaled(x, y) if scaled else (x, y)
    powers = [
        np.cos(np.arange(_MAX_DEGREES[count] + 1) * np.arccos(np.clip(t[..., k, None], -1, 1))) for k in range(count)
    ]
    pairs = [(d, 0) for d in range(_MAX_DEGREES[1] + 1)]
    if count == 2:
        pairs = [(d - k, k) for d in range(_MAX_DEGREES[2] + 1) for k in range(d + 1)]
    columns = [powers[0][..., i] * (powers[1][..., k] if count == 2 else 1.0) for i, k in pairs]
    design = np.stack(columns, axis=-1) / np.sqrt(y.shape[1])  # (B, n, terms)
    basis = np.linalg.qr(design)[0]  # one direction a term, those of lower degrees first; at most as many as points
    amplitudes = np.einsum("bnk,bn->bk", basis, v)
    total = np.einsum("bn,bn->b", v, v)
    gram = np.einsum("bnk,bnl->bkl", design, design) + _RIDGE * np.eye(len(pairs))
    coefficients = np.linalg.solve(gram, np.einsum("bnk,bn->bk", design, v)[..., None])[..., 0] / np.sqrt(y.shape[1])
    degrees = np.array([i + k for i, k in pairs])
    degrees = degrees[: basis.shape[2]]
    explained = np.stack([np.square(amplitudes[:, degrees <= d]).sum(axis=1) for d in range(degrees.max() + 1)], axis=1)
    left = np.maximum(1.0 - explained / np.maximum(total, 1e-300)[:, None], 1e-14)
    result = np.zeros((len(y), SPECTRUM), np.float32)
    first = (count - 1) * 2 * _MAX_TERMS
    result[:, first : first + len(pairs)] = np.clip(coefficients, -8, 8)
    sizes = np.sign(coefficients) * np.log1p(np.abs(coefficients) * 1e6) / 14
    result[:, first + _MAX_TERMS : first + _MAX_TERMS + len(pairs)] = sizes
    at = 4 * _MAX_TERMS + (count - 1) * _REMAINDERS
    result[:, at : at + left.shape[1]] = np.log10(left) / 14 + 0.5
    return result


def _scaled(x: Array, y: Array) -> tuple[Array, Array]:
    size = np.abs(x).max(axis=1, keepdims=True)
    centred = y - y.mean(axis=1, keepdims=True)
    spread = np.sqrt(np.mean(np.square(centred), axis=1, keepdims=True))
    return x / np.where(size > 0, size, 1.0), centred / np.where(spread > 0, spread, 1.0)


def _number(values: Array) -> NDArray[np.float32]:
    mantissa, exponent = np.frexp(np.abs(values))
    exponent = np.clip(exponent, -_MAX_EXPONENT, _MAX_EXPONENT)
    whole = np.floor(mantissa * 2.0 ** (_MANTISSA_BITS + 1)).astype(np.int64)  # the leading bit is always set
    bits = (whole[..., None] >> np.arange(_MANTISSA_BITS - 1, -1, -1)) & 1
    return np.concatenate(
        [values[..., None], np.sign(values)[..., None], exponent[..., None] / _MAX_EXPONENT, 2.0 * bits - 1.0], axis=-1
    ).astype(np.float32)
