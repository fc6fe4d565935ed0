"""Rollouts: the policy writes many formulas at once towards one goal, until one reaches it at all points.

The reward is that of EGRL-SR (arXiv 2601.14693, "all points satisfied"): 1 where all values agree with the goal, else
0. Its directions of search are here bounds: of functions in a formula, and of its length.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_goals.environment import ARITY, TOKENS, StackMachines, formula_on_top
from srbench_goals.episodes import TOLERANCE
from srbench_goals.policy import Policy
from srbench_goals.states import States
from srbench_lite.fitting import Deadline, count_work

__all__ = ["DIRECTIONS", "Attempt", "Rollouts"]

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]

#: Most functions in a formula and most tokens, of each direction.
DIRECTIONS: Final = ((0, 13), (0, 25), (1, 11), (1, 21), (2, 13), (2, 25), (4, 15), (4, 25))
#: Formulas that miss the goal and are kept, and how many of each step are looked at.
_KEPT: Final = 40
_KEPT_OF_STEP: Final = 3
#: Nanoseconds, for `count_work`: of a state that the policy sees; of a step of a machine, and of each of its points.
_STATE: Final = 19_000.0
_STEP: Final = 3_000.0
_VALUE: Final = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """A formula that missed the goal.

    Attributes:
        misfit: what a line through its values leaves of the goal's variance, as a share.
        slope, offset: of that line.
        text: the formula.
    """

    misfit: float
    slope: float
    offset: float
    text: str


class Rollouts:
    """Rounds of rollouts towards one goal.

    Args:
        policy: says what to write.
        x: inputs, shape (n, variables).
        goal: shape (n,).
        names: of the variables.
        seen: rows of the points that the policy sees.
        rng: draws.
        temperature: of the softmax that draws tokens.
        epsilon: share of the tokens that are drawn without the policy, each allowed one alike.
        device: where the policy is.

    Attributes:
        episodes: that were begun.
        found_at: number of the episode that reached the goal, from 1 on; None before one has.
    """

    def __init__(
        self, policy: Policy, x: Array, goal: Array, names: tuple[str, ...], *, seen: Integers,
        rng: np.random.Generator, temperature: float, epsilon: float, device: str,
    ) -> None:  # fmt: skip
        self.policy, self.x, self.goal, self.names, self.seen, self.rng = policy, x, goal, names, seen, rng
        self.temperature, self.epsilon, self.device = temperature, epsilon, device
        self.episodes = 0
        self.found_at: int | None = None
        self._size = float(np.sqrt(np.square(goal).mean()))
        self._centred = goal - goal.mean()
        self._variation = float(self._centred @ self._centred)
        self._attempts: dict[str, Attempt] = {}

    def round(self, count: int, deadline: Deadline) -> str | None:
        """Begin so many episodes, the same number in each direction, and return a formula that reaches the goal."""
        directions = np.array(DIRECTIONS)[np.arange(count) % len(DIRECTIONS)]
        most_functions, longest = directions[:, 0], directions[:, 1]
        machines = StackMachines(self.x[None], count, longest)
        tokens = np.zeros((count, int(longest.max())), dtype=np.int64)
        last = np.full(count, -1, dtype=np.int64)
        for time in range(tokens.shape[1]):
            allowed = machines.allowed(most_functions)
            going = machines.is_alive & allowed.any(axis=1)
            if deadline.is_over or not going.any():
                break
            drawn = np.zeros(count, dtype=np.int64)
            rows = np.flatnonzero(going)
            drawn[rows] = self._draw(machines, tokens[:, :time], rows, allowed[rows], last)
            machines.is_alive &= going
            machines.write(drawn)
            tokens[:, time], last = drawn, drawn
            count_work(count * (_STEP + _VALUE * len(self.goal)))
            rows = np.flatnonzero(machines.is_alive)
            if (reached := self._look(machines.top[rows], tokens[rows, : time + 1])) is not None:
                self.found_at = self.episodes + int(rows[reached]) + 1
                self.episodes += count
                return formula_on_top(tokens[rows[reached], : time + 1].tolist(), self.names)
        self.episodes += count
        return None

    def attempts(self) -> list[Attempt]:
        """Return the formulas that came nearest, up to a line through their values, the nearest first."""
        return heapq.nsmallest(_KEPT, self._attempts.values(), key=lambda attempt: (attempt.misfit, attempt.text))

    def _draw(
        self, machines: StackMachines, written: Integers, rows: Integers, allowed: Bools, last: Integers
    ) -> Integers:
        """Return a token for each of some machines; each distinct beginning is looked at once."""
        _, first, which = np.unique(written[rows], axis=0, return_index=True, return_inverse=True)
        states = States.of(machines, self.goal, last, rows[first]).at_points(self.seen)
        count_work(_STATE * len(first))
        points, facts = (part.to(self.device) for part in states.tensors())
        with torch.no_grad():
            logits = self.policy(points, facts).double().cpu().numpy()[which.reshape(-1)]
        logits = np.where(allowed, logits / self.temperature, -np.inf)
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        alike = allowed / allowed.sum(axis=1, keepdims=True)
        bounds = ((1 - self.epsilon) * chances + self.epsilon * alike).cumsum(axis=1)
        picked: Integers = (self.rng.random((len(rows), 1)) * bounds[:, -1:] >= bounds).sum(axis=1)
        return np.minimum(picked, len(TOKENS) - 1).astype(np.int64)

    def _look(self, tops: Array, written: Integers) -> int | None:
        """Return which of some values reach the goal, if any; keep the formulas of those that come nearest."""
        if not len(tops):
            return None
        reach = np.abs(tops - self.goal).max(axis=1) <= TOLERANCE * self._size
        if reach.any():
            return int(reach.argmax())
        is_new = np.array(ARITY)[written[:, -1]] > 0
        centred = tops - tops.mean(axis=1, keepdims=True)
        spread = np.square(centred).sum(axis=1)
        with np.errstate(all="ignore"):
            slopes = np.where(is_new & (spread > 0), centred @ self._centred / spread, np.nan)
            misfits = 1.0 - slopes**2 * spread / self._variation
        misfits = np.where(np.isfinite(misfits), misfits, np.inf)
        for row in misfits.argsort(kind="stable")[:_KEPT_OF_STEP]:
            if np.isfinite(misfits[row]):
                text = formula_on_top(written[row].tolist(), self.names)
                slope = float(slopes[row])
                offset = float(self.goal.mean() - slope * tops[row].mean())
                self._attempts.setdefault(text, Attempt(float(misfits[row]), slope, offset, text))
        return None
