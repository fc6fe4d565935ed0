"""Whether points have errors: what a flexible model, or the best formula so far, leaves of them tells.

Errors are alike everywhere and no longer tailed than normal ones. What a model misses of an exact law is not: it is
larger in some regions than in others, and points near each other miss alike (Moran, Biometrika 37, 1950).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Problem, count_work
from srbench_portfolio.division.surrogate import fit_surrogate, unit_scaled
from srbench_portfolio.noise.link_models import fit_link_model

__all__ = ["is_surely_noisy", "leaves_errors", "looks_noisy"]

Array = NDArray[np.float64]

#: Points that are looked at, and neighbours of each.
_POINTS: Final = 300
_NEIGHBOURS: Final = 4
#: Residuals of such a share of the size of y may be errors.
_LEAST: Final = 1e-5
_MOST: Final = 0.4
#: Largest agreement of neighbours, in standard deviations: of residuals, and of their sizes.
_MAX_ALIKE: Final = 2.0
_MAX_SIZES_ALIKE: Final = 2.5
#: Largest kurtosis; normal errors have 3.
_MAX_KURTOSIS: Final = 4.5
#: A positive variable whose largest value is so many times its least is looked at through its logarithm, too.
_MIN_RATIO: Final = 1.2
#: Fewer points are too far apart: what varies between them cannot be told from errors for sure.
_SURE_POINTS: Final = 50
#: A formula leaves errors for sure where a model leaves no more than so many times as much.
_MAX_RATIO: Final = 1.3
#: Variables up to which models of enough degrees are determined; and values of the rarer sign, as a share, up to which
#: one is an exponential.
_MAX_VARIABLES: Final = 5
_MAX_WRONG_SIGNS: Final = 0.25
#: Nanoseconds, for `count_work`: by pair of points.
_PAIR: Final = 12.0


def looks_noisy(problem: Problem, formula: Expression | None) -> bool:
    """Return whether residuals look like errors of the data.

    They are those of the best polynomial, of the variables or their logarithms, and those of a formula.

    Args:
        problem: the points.
        formula: the best so far, if any.
    """
    some = problem.some(_POINTS, 0)
    residuals = [] if formula is None else [some.y - formula(some.columns)]
    best = _of_polynomials(some)
    if best is not None:
        residuals.append(best)
    return any(_are_errors(some, r) for r in residuals)


def is_surely_noisy(problem: Problem, formula: Expression | None) -> bool:
    """Return whether points have errors beyond doubt, before much was looked at.

    Models of higher degree explain no more of them and leave what looks like errors, or a formula leaves such, and a
    model hardly more. An exact law that a polynomial cannot show is neither.
    """
    if len(problem.y) < _SURE_POINTS:
        return False
    some = problem.some(_POINTS, 0)
    left = None if formula is None else some.y - formula(some.columns)
    if left is not None and not _are_errors(some, left):
        left = None
    for residuals, error, is_flat in _of_models(some):
        if left is not None and error < _MAX_RATIO * float(np.sqrt(np.mean(left**2))):
            return True
        if is_flat and _are_errors(some, residuals):
            return True
    return False


def _of_models(problem: Problem) -> Iterator[tuple[Array, float, bool]]:
    """Yield what models with and without a link leave, (n,), their errors, and whether higher degrees help no more."""
    x, y = problem.x, problem.y
    if x.shape[1] > _MAX_VARIABLES:
        return
    logged = (x > 0).all(axis=0)
    u = np.where(logged, np.log(np.where(logged, x, 1.0)), x)
    sign = 1.0 if float(np.median(y)) > 0 else -1.0
    may_be_exponential = float(np.mean(sign * y <= 0)) <= _MAX_WRONG_SIGNS
    for exponential in (True, False) if may_be_exponential else (False,):
        model = fit_link_model(u, sign * y, np.ones(len(y)), exponential=exponential)
        if model is not None:
            yield sign * y - model.values, model.error, model.is_flat


def leaves_errors(problem: Problem, formula: Expression) -> bool:
    """Return whether what a formula leaves looks like errors of the data."""
    some = problem.some(_POINTS, 0)
    return _are_errors(some, some.y - formula(some.columns))


def _of_polynomials(problem: Problem) -> Array | None:
    """Return what the best polynomial leaves of y, or of its logarithm times y, shape (n,)."""
    x, y = problem.x, problem.y
    logged = (x > 0).all(axis=0) & (x.max(axis=0) > _MIN_RATIO * x.min(axis=0))
    inputs = [x] + ([np.where(logged, np.log(np.where(logged, x, 1.0)), x)] if logged.any() else [])
    targets = [(y, np.ones_like(y))]
    if (y > 0).all() or (y < 0).all():
        targets.append((np.log(np.abs(y)), y))
    found = [
        (surrogate.error * float(np.sqrt(np.mean(slope**2))), (target - surrogate.values) * slope)
        for u in inputs
        for target, slope in targets
        if (surrogate := fit_surrogate(u, target)) is not None
    ]
    return min(found, key=lambda f: f[0])[1] if found else None


def _are_errors(problem: Problem, residuals: Array) -> bool:
    n = len(residuals)
    size = float(np.sqrt(np.mean(residuals**2)))
    if n <= _NEIGHBOURS or not _LEAST < size / float(np.sqrt(np.mean(problem.y**2))) < _MOST:
        return False
    centred = residuals - residuals.mean()
    if np.mean(centred**4) > _MAX_KURTOSIS * np.mean(centred**2) ** 2:
        return False
    count_work(_PAIR * n * n)
    u = unit_scaled(problem.x)[0]
    squares = (u * u).sum(axis=1)
    distances = squares[:, None] + squares[None, :] - 2 * u @ u.T
    np.fill_diagonal(distances, np.inf)
    near = np.argpartition(distances, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    return _agreement(centred, near) < _MAX_ALIKE and _agreement(np.abs(centred), near) < _MAX_SIZES_ALIKE


def _agreement(values: Array, near: NDArray[np.intp]) -> float:
    """Return Moran's statistic for nearest neighbours, in standard deviations of independent values."""
    values = values - values.mean()
    alike = float(np.mean(values[:, None] * values[near]) / np.mean(values * values))
    return alike * float(np.sqrt(near.size / 1.5))  # two thirds of neighbours are mutual
