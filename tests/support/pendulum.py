"""A pendulum's swings, measured: lengths, periods with noise, and whether errors of constants cover the truth."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Problem, refit
from srbench_lite.regression.constant_errors import constant_errors

__all__ = ["LAW", "covers", "is_law", "swings"]

LAW: Final = Expression.parse("2*pi*sqrt(l/9.81)")
_NOISE: Final = 0.01
_MAX_GAP: Final = 1e-8


def swings(seed: int, kind: Literal["proportional", "equal"], n: int = 60) -> Samples:
    """Return n lengths from 0.1 to 2 m and periods with 1 % noise: of each period, or of their root mean square."""
    rng = np.random.default_rng([seed, n])
    length = rng.uniform(0.1, 2.0, n)
    exact = LAW({"l": length})
    size = exact if kind == "proportional" else np.sqrt(np.mean(exact**2))
    return Samples(variables=("l",), x=length[:, None], y=exact + _NOISE * size * rng.normal(size=n))


def is_law(found: Expression) -> bool:
    """Whether a formula is the square-root law, whatever its constants are near."""
    return _true_constants(found) is not None


def covers(found: Expression, samples: Samples) -> bool | None:
    """Whether 95 % intervals cover every measured constant; None where there is none."""
    true = _true_constants(found)
    errors = [error for error in constant_errors(found, samples) if error.interval is not None]
    if true is None or not errors:
        return None
    return all(error.interval[0] <= true[error.place] <= error.interval[1] for error in errors)


def _true_constants(found: Expression) -> tuple[float, ...] | None:
    """Return the constants that make a formula the law: those measured are moved, the others stay."""
    length = np.linspace(0.1, 2.0, 100)
    dense = Samples(variables=("l",), x=length[:, None], y=LAW({"l": length}))
    free = [error.place for error in constant_errors(found, dense) if error.fitted is not None]
    fitted = refit(found, Problem.of(dense), free=free, steps=100).expression
    gap = np.max(np.abs(fitted({"l": length}) - dense.y))
    moved = np.abs(np.array(fitted.constants) - np.array(found.constants)) > 0.1 * np.abs(found.constants)
    return fitted.constants if gap < _MAX_GAP and not moved.any() else None
