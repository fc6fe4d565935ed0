"""Episodes to learn from: machines write what chance says, and what they reach on the way becomes their goal.

Hindsight relabelling (Andrychowicz et al., 2017, strategy "future"; in EGRL-SR, arXiv 2601.14693): an episode that
missed its goal reached others, so every step of it is a right step towards what it has reached later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_goals.environment import TOKENS, StackMachines
from srbench_goals.states import States

__all__ = ["TOLERANCE", "Episodes", "draw_episodes"]

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]

#: How often chance takes each token where it is allowed, relative to the others.
_WEIGHTS: Final = np.array([1.0, 1.0, 0.3, 1.3, 0.6, 1.3, 0.5, 0.22, 0.18, 0.16, 0.18])
assert len(_WEIGHTS) == len(TOKENS)
#: Domains that inputs are drawn from, beside those about zero.
_INTERVALS: Final = ((0.0, 1.0), (0.0, 2.0), (0.0, 4.0), (0.5, 1.5), (1.0, 3.0), (0.0, 10.0))
_SHARE_ABOUT_ZERO: Final = 0.5
_HALF_WIDTHS: Final = (0.5, 5.0)
#: A goal must vary at least so much over the points, in standard deviations.
_LEAST_VARIATION: Final = 1e-3
#: Values agree where they differ by less than this share of the size of the goal.
TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """Steps with goals.

    Attributes:
        states: before each step.
        tokens: that were written then, shape (steps,).
        episodes: how many were drawn.
        met: how many of them met a goal that counts.
    """

    states: States
    tokens: Integers
    episodes: int
    met: int


def draw_episodes(rng: np.random.Generator, count: int, *, points: int, longest: int, hindsight: bool) -> Episodes:
    """Return the steps of so many episodes that led to their goals, in any order.

    Args:
        rng: draws.
        count: episodes.
        points: of each.
        longest: tokens of an episode, at most.
        hindsight: whether goals are what was reached; else each episode has the goal that another one reached, on
            its own points, and its steps count only where it has met that.
    """
    is_plane = rng.random() < 0.5  # episodes of two variables, all of this draw
    x = _inputs(rng, count, points, 2 if is_plane else 1)
    machines = StackMachines(x, count, longest)
    history: list[tuple[States, Integers]] = []
    reached: list[tuple[Array, Bools]] = []
    nothing = np.zeros((count, points))
    last = np.full(count, -1, dtype=np.int64)
    for _ in range(longest):
        allowed = machines.allowed()
        chances = np.where(allowed, _WEIGHTS, 0.0).cumsum(axis=1)
        drawn = (rng.random((count, 1)) * chances[:, -1:] > chances).sum(axis=1)
        history.append((States.of(machines, nothing, last), drawn))
        machines.write(drawn)
        last = drawn
        top = machines.top
        with np.errstate(all="ignore"):
            varies = top.std(axis=1) > _LEAST_VARIATION
        reached.append((top, machines.is_alive & (machines.depth == 1) & varies))
    values, is_goal = np.stack([v for v, _ in reached]), np.stack([g for _, g in reached])  # (steps, episodes, ...)
    chosen = _some_time(rng, is_goal)
    goals = values[np.maximum(chosen, 0), np.arange(count)]
    if hindsight:
        ends = chosen
    else:  # formulas of this draw in any order, and only those that were met by chance
        order = rng.permutation(count)
        goals = _evaluated(x, [tokens for _, tokens in history], order, chosen)
        with np.errstate(all="ignore"):
            size = np.sqrt(np.square(goals).mean(axis=1))
            agrees = (np.abs(values - goals).max(axis=2) <= TOLERANCE * size) & is_goal
        ends = np.where(agrees.any(axis=0), agrees.argmax(axis=0), -1)
    parts = []
    for time, (states, tokens) in enumerate(history):
        rows = np.flatnonzero(time <= ends)
        parts.append((states.rows(rows).towards(goals[rows]), tokens[rows]))
    order = rng.permutation(sum(len(tokens) for _, tokens in parts))
    states = States.joined([states for states, _ in parts]).rows(order)
    return Episodes(states, np.concatenate([tokens for _, tokens in parts])[order], count, int((ends >= 0).sum()))


def _inputs(rng: np.random.Generator, count: int, points: int, variables: int) -> Array:
    """Return points, each episode's from an interval of its own: shape (count, points, variables)."""
    intervals = np.array(_INTERVALS)[rng.integers(len(_INTERVALS), size=count)]
    half = rng.uniform(*_HALF_WIDTHS, size=count)
    about_zero = rng.random(count) < _SHARE_ABOUT_ZERO
    low = np.where(about_zero, -half, intervals[:, 0])[:, None, None]
    high = np.where(about_zero, half, intervals[:, 1])[:, None, None]
    return np.asarray(rng.uniform(low, high, (count, points, variables)))


def _some_time(rng: np.random.Generator, is_goal: Bools) -> Integers:
    """Return for each episode one of the times at which it stood at a goal; -1 for none."""
    ranks = np.where(is_goal, rng.random(is_goal.shape), -1.0)
    return np.where(is_goal.any(axis=0), ranks.argmax(axis=0), -1)


def _evaluated(x: Array, tokens: list[Integers], order: Integers, ends: Integers) -> Array:
    """Return on each episode's points what another one has reached at its end; not a number where it has none."""
    machines = StackMachines(x, len(order), len(tokens))
    goals = np.full(x.shape[:2], np.nan)
    for time, written in enumerate(tokens):
        machines.is_alive &= time <= ends[order]
        machines.write(written[order])
        rows = np.flatnonzero((ends[order] == time) & machines.is_alive)
        goals[rows] = machines.top[rows]
    return goals
