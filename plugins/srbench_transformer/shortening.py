"""Backward elimination: one after the other, the constant of a fit that is missed least goes.

Noise makes terms and offsets that are not there, and a skeleton with a term too many fits as well as the right one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import fit_separable
from srbench_transformer.constraints import HeldProgram
from srbench_transformer.program import Program

__all__ = ["shorten"]

Array = NDArray[np.float64]

#: Steps of a fit without the constant that goes.
_STEPS_WITHOUT_ONE: Final = 8
_RIGHT_ANGLE: Final = math.pi / 2


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Constants, and what has gone."""

    theta: Array
    linear: Array
    rss: float
    held: frozenset[int] = frozenset()
    absent: frozenset[int] = frozenset()
    free: int = 0


def shorten(
    program: Program, points: Array, y: Array, theta: Array, linear: Array, rss: float, *,
    misfit: Callable[[float], float], price: float, scale: Array | None = None,
) -> Iterator[tuple[Array, Array]]:  # fmt: skip
    """Yield constants with more and more zeros, as long as what goes is worth less than it costs.

    Args:
        program: the skeleton.
        points: shape (n, variables).
        y: targets, shape (n,).
        theta: inner constants, shape (size,).
        linear: linear constants, shape (width,).
        rss: sum of squared residuals there.
        misfit: what a sum of squared residuals costs.
        price: of a constant, in the same units.
        scale: by what residuals are multiplied, shape (n,); None for 1.

    Yields:
        Inner and linear constants; offsets and coefficients are 0, the phases of sines multiples of a right angle.
    """
    state = _State(theta, linear, rss, free=program.size + program.width)
    while True:
        before = misfit(state.rss) + price * state.free
        trials = [trial for trial in _without_one(program, points, y, scale, state) if math.isfinite(trial.rss)]
        best = min(trials, key=lambda trial: misfit(trial.rss) + price * trial.free, default=None)
        if best is None or misfit(best.rss) + price * best.free >= before:
            return
        state = best
        yield state.theta, state.linear


def _without_one(program: Program, points: Array, y: Array, scale: Array | None, state: _State) -> Iterator[_State]:
    gone = {place for row in state.absent if row for place in program.places(row)} | state.held
    for row in range(program.width):
        last = row > 0 and len(state.absent - {0}) == program.width - 2
        if row not in state.absent and not last:
            yield from _solved(program, points, y, scale, state.theta, state.held, state.absent | {row})
    waves = dict(program.offsets)
    for place in (*waves, *program.removable):
        if place not in gone:
            theta = state.theta.copy()
            theta[place] = round(theta[place] / _RIGHT_ANGLE) * _RIGHT_ANGLE if waves.get(place) else 0.0
            yield from _solved(program, points, y, scale, theta, state.held | {place}, state.absent)


def _solved(
    program: Program, points: Array, y: Array, scale: Array | None, theta: Array, held: frozenset[int],
    absent: frozenset[int],
) -> Iterator[_State]:  # fmt: skip
    part = HeldProgram(program, theta, held, absent)
    solution = fit_separable(part, points, y, theta[None, part.free], _STEPS_WITHOUT_ONE, scale=scale)
    if solution is not None:
        whole, linear = part.whole(solution.theta[None])[0], part.whole_linear(solution.linear)
        yield _State(whole, linear, solution.rss, held, absent, part.size + part.width)
