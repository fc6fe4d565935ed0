"""What the tests of the judge's parts have in common: pairs from text, their points, and deadlines."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.cpu_deadline import CpuDeadline
from srbench_lite.judging.pair import Pair
from srbench_lite.judging.sample_points import Reference, sample_points, trusted_points
from srbench_lite.judging.screening import Screen, screen
from srbench_lite.problems.sampling import Sampling

__all__ = [
    "ABOVE", "NEVER", "OVER", "REAL", "TWO", "Limits", "paired", "parsed", "referred", "sampled", "screened", "settled",
]  # fmt: skip

Limits = Mapping[str, tuple[float, float]]

NEVER = CpuDeadline(cpu=math.inf, earliest=math.inf, wall=math.inf)
OVER = CpuDeadline(cpu=-math.inf, earliest=-math.inf, wall=math.inf)
REAL = {"x": (-3.0, 3.0)}
ABOVE = {"x": (0.1, 3.0)}
TWO = {"x": (0.1, 3.0), "y": (0.1, 2.0)}


def parsed(text: str) -> Expression:
    return Expression.parse(text)


def sampled(limits: Limits) -> dict[str, Sampling]:
    return {name: Sampling(low=low, high=high) for name, (low, high) in limits.items()}


def paired(found: str, truth: str, limits: Limits = REAL, *, deadline: CpuDeadline = NEVER) -> Pair:
    return Pair.of(parsed(found), parsed(truth), sampled(limits), deadline)


def referred(found: str, truth: str, limits: Limits = REAL, *, constants: int = 0) -> Reference:
    """Return the pair at the points that are drawn."""
    with np.errstate(all="ignore"):
        return sample_points(paired(found, truth, limits), constants)


def settled(found: str, truth: str, limits: Limits = REAL) -> Reference:
    """Return the pair at the points that can be trusted."""
    with np.errstate(all="ignore"):
        return trusted_points(referred(found, truth, limits))


def screened(found: str, truth: str, limits: Limits = REAL) -> Screen:
    """Return the screen of a pair that passes it."""
    with np.errstate(all="ignore"):
        result = screen(paired(found, truth, limits))
    assert isinstance(result, Screen)
    return result
