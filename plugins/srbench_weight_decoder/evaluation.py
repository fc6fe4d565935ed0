"""How well a reader reads networks that it has not seen: structure, coefficients, exact strings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_weight_decoder.architecture import architecture
from srbench_weight_decoder.corpus import Corpus
from srbench_weight_decoder.head import Head
from srbench_weight_decoder.network_training import chebyshev_nodes
from srbench_weight_decoder.polynomials import Family, family
from srbench_weight_decoder.reader import Reader
from srbench_weight_decoder.refinement import LEAST_SQUARES_POINTS, refine
from srbench_weight_decoder.tokens import PAD, TOKENS, encode, read

__all__ = [
    "Score", "by_length", "by_position", "coefficients_of", "estimate_coefficients", "fit_polynomials", "read_all",
    "refine_all", "score",
]  # fmt: skip

Array = NDArray[np.float64]

#: Networks that are read at once.
_NETWORKS_AT_ONCE: Final = 500
#: Distance from the truth, in units of the last decimal, that is rounding.
_MAX_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a reading scores on a corpus.

    Attributes:
        networks: how many were read.
        structure: share with the right terms and signs.
        exact: share with every coefficient right to the last decimal.
        mae: mean absolute error of the coefficients.
        exact_by_decimals: `exact` by how many decimals the longest coefficient of the truth has.
    """

    networks: int
    structure: float
    exact: float
    mae: float
    exact_by_decimals: Mapping[int, float]


def score(polynomials: Family, coefficients: Array, truth: NDArray[np.int64]) -> Score:
    """Compare coefficients, shape (n, terms), with the truth in units of the last decimal, shape (n, terms)."""
    wanted = polynomials.values(truth)
    errors = np.abs(coefficients - wanted)
    exact = _is_exact(polynomials, coefficients, truth)
    decimals = polynomials.decimals_of(truth)
    return Score(
        networks=len(truth),
        structure=float((np.sign(coefficients) == np.sign(wanted)).all(axis=1).mean()),
        exact=float(exact.mean()),
        mae=float(errors.mean()),
        exact_by_decimals={count: float(exact[decimals == count].mean()) for count in range(polynomials.decimals + 1)},
    )


def read_all(reader: Reader, weights: torch.Tensor) -> torch.Tensor:
    """Return the tokens that a reader writes of networks, shape (n, size): shape (n, longest)."""
    return torch.cat(
        [
            reader.write(weights[first : first + _NETWORKS_AT_ONCE])[0]
            for first in range(0, len(weights), _NETWORKS_AT_ONCE)
        ]
    )


def coefficients_of(polynomials: Family, tokens: torch.Tensor) -> NDArray[np.int64]:
    """Return the coefficients that tokens mean, in units of the last decimal: shape (n, terms)."""
    texts = ("".join(TOKENS[code] for code in row if len(TOKENS[code]) == 1) for row in tokens.tolist())
    return np.array([read(polynomials, text) for text in texts])


def refine_all(corpus: Corpus, present: NDArray[np.bool_]) -> Array:
    """Return coefficients by least squares on each network's outputs, terms given, shortest decimals."""
    x = chebyshev_nodes(LEAST_SQUARES_POINTS)
    shape = architecture(corpus.settings.architecture)
    outputs = shape.outputs(corpus.weights.double(), x).numpy()
    return np.array([refine(x.numpy(), row, terms).coefficients for row, terms in zip(outputs, present, strict=True)])


def fit_polynomials(corpus: Corpus) -> Array:
    """Return coefficients by least squares on each network's outputs, rounded to the family's decimals."""
    x = chebyshev_nodes(LEAST_SQUARES_POINTS)
    polynomials = family(corpus.settings.family)
    outputs = architecture(corpus.settings.architecture).outputs(corpus.weights.double(), x).numpy()
    design = x.numpy()[:, None] ** polynomials.powers
    coefficients: Array = np.linalg.lstsq(design, outputs.T, rcond=None)[0].T
    return np.round(coefficients, polynomials.decimals)


def estimate_coefficients(head: Head, polynomials: Family, weights: torch.Tensor) -> Array:
    """Return what a head estimates of networks, rounded to the family's decimals."""
    with torch.no_grad():
        estimates: Array = head(head.features(weights)).double().numpy()
    return np.round(estimates, polynomials.decimals)


def by_position(tokens: torch.Tensor, truth: torch.Tensor) -> Array:
    """Return the share of right tokens at each place where the truth has one: shape (longest,)."""
    there = truth != PAD
    right = ((tokens == truth) & there).sum(0).double() / there.sum(0).clamp_min(1)
    return np.asarray(right.numpy(), dtype=np.float64)


def by_length(polynomials: Family, coefficients: Array, truth: NDArray[np.int64]) -> dict[int, float]:
    """Return the share of exact formulas by the number of tokens of the truth, "end" included."""
    lengths = (encode(polynomials, truth) != PAD).sum(axis=1)
    exact = _is_exact(polynomials, coefficients, truth)
    return {int(n): float(exact[lengths == n].mean()) for n in np.unique(lengths)}


def _is_exact(polynomials: Family, coefficients: Array, truth: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return of which polynomials every coefficient is right to the last decimal: shape (n,)."""
    errors = np.abs(coefficients - polynomials.values(truth))
    return np.asarray(np.all(errors < _MAX_ROUNDING / polynomials.units, axis=1))
