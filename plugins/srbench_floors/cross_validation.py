"""`chosen_degree`: the degree of a polynomial, by cross-validation with the rule of one standard error.

Folds are the same for the same points: rows are put into folds by a permutation with a fixed seed, rows with equal
inputs into one fold together, so that no repeated measurement is predicted from its twin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_floors.least_squares import decomposition_work
from srbench_floors.terms import Exponents, Terms
from srbench_lite import Samples
from srbench_lite.fitting import Deadline, count_work

__all__ = ["Choice", "chosen_degree", "folds_of", "validation_work"]

Array = NDArray[np.float64]

#: More rows than this do not tell degrees apart any better.
_MAX_ROWS: Final = 2_000
#: Errors below this share of the deviation of y are rounding: of degrees that reach it, the lowest is chosen.
_MAX_EXACT_SHARE: Final = 2e-12
#: A column of which less than this share is left beside those before it says nothing that they do not.
_MIN_SHARE: Final = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A degree and what spoke for it.

    Attributes:
        degree: the chosen one.
        errors: the mean squared error on rows held out of each degree from 0, in variances of y; infinite where a fold
            does not determine the polynomial.
    """

    degree: int
    errors: tuple[float, ...]


def chosen_degree(
    samples: Samples, names: Sequence[str], x: Array, exponents: Sequence[Exponents], folds: int, deadline: Deadline
) -> Choice:
    """Return the lowest degree whose error is within a standard error of the least.

    Args:
        samples: for the target and the weights.
        names: of the inputs.
        x: the inputs, shape (n, d).
        exponents: of all terms, those of lower degree first.
        folds: how many at most.
        deadline: when it is over, degrees are compared by the folds that are done, at least one.
    """
    rows = _some_rows(len(x))
    y = samples.y[rows] / max(float(np.abs(samples.y).max()), float(np.finfo(np.float64).tiny))
    weights = np.ones(len(rows)) if samples.weights is None else samples.weights[rows] / samples.weights.max()
    columns = Terms.centred(names, exponents, x).values(x[rows])  # (n, k)
    degrees = np.array([sum(e) for e in exponents])
    sizes = [int(np.sum(degrees <= degree)) for degree in range(int(degrees.max()) + 1)]
    place = folds_of(x[rows], folds)
    errors: list[list[float]] = []
    for fold in range(int(place.max()) + 1):
        if errors and deadline.is_over:
            break
        errors.append(_errors(columns, y, weights, place == fold, sizes))
    variance = float(np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)) or 1.0
    table = np.array(errors) / variance  # (folds, degrees)
    means = table.mean(axis=0)
    best = int(np.argmin(means))
    spread = float(np.std(table[:, best], ddof=1)) / math.sqrt(len(table)) if len(table) > 1 else 0.0
    most = max(means[best] + spread, _MAX_EXACT_SHARE**2)
    return Choice(int(np.argmax(means <= most)), tuple(means.tolist()))


def folds_of(x: Array, folds: int) -> NDArray[np.intp]:
    """Return the fold of each row of inputs (n, d), shape (n,): equal rows have the same."""
    _, which = np.unique(x, axis=0, return_inverse=True)
    which = which.reshape(-1)
    count = int(which.max()) + 1
    order = np.random.default_rng(0).permutation(count)
    return np.asarray((order % min(folds, count))[which], dtype=np.intp)


def validation_work(rows: int, terms: int, folds: int) -> float:
    """Return the seconds of the reference machine that the choice among so many terms takes."""
    return folds * decomposition_work(min(rows, _MAX_ROWS), terms)


def _some_rows(n: int) -> NDArray[np.intp]:
    """Return the places of all rows, or of as many as are needed, drawn with a fixed seed."""
    return np.sort(np.random.default_rng(0).permutation(n)[:_MAX_ROWS])


def _errors(columns: Array, y: Array, weights: Array, held_out: NDArray[np.bool_], sizes: Sequence[int]) -> list[float]:
    """Return the mean squared error on rows held out of the first so many columns, for each such number."""
    if held_out.all():  # there is one point only
        return [0.0, *[math.inf] * (len(sizes) - 1)]
    root = np.sqrt(weights[~held_out])
    count_work(1e9 * decomposition_work(*columns.shape))
    train = columns[~held_out] * root[:, None]
    lengths = np.linalg.norm(train, axis=0)
    Q, R = np.linalg.qr(train / np.where(lengths > 0, lengths, 1.0))
    target = Q.T @ (y[~held_out] * root)
    diagonal = np.abs(np.diag(R))
    results = []
    for size in sizes:
        if size > len(diagonal) or (diagonal[:size] <= _MIN_SHARE).any():
            results.append(math.inf)
            continue
        scaled = np.linalg.solve(R[:size, :size], target[:size])
        gaps = y[held_out] - columns[held_out, :size] @ (scaled / lengths[:size])
        results.append(float(np.average(gaps**2, weights=weights[held_out])))
    return results
