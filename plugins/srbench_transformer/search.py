"""From skeletons to formulas: constants are fitted, the best go to a Pareto front, an exact one ends the search."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from srbench_lies.front import Front
from srbench_lies.problem import Clock, Problem
from srbench_lies.varpro import descend

from srbench_lite import ExpressionError, UsageError
from srbench_transformer.neighbours import near
from srbench_transformer.program import Held, Points, Program, Tied
from srbench_transformer.tokens import Node, parse

__all__ = ["Search"]

#: Points that constants are fitted to; formulas are chosen, and their constants finished, on all.
_POINTS: Final = 128
#: Starts of a skeleton, and how often one that is proposed again is started again.
_STARTS: Final = 16
_TIMES: Final = 3
_STEPS: Final = 32
#: Residuals below this share of the size of y end the fit of a skeleton.
_ENOUGH: Final = 1e-12
#: Fits that are offered to the front, of each round, the most promising first.
_OFFERED: Final = 12
#: Skeletons that are kept to be united with others, and those of them whose neighbours are tried in a round.
_KEPT: Final = 8
_GROWN: Final = 3
#: Nodes of a formula at most that ends the search; and the share of y below which a term is rounding.
_SHORT: Final = 40
_NOTHING: Final = 1e-11
#: Price of a token and of a constant in the choice of those, in the units of the misfit; and of a plain constant.
_TOKEN: Final = 2.0
_CONSTANT: Final = 6.0
_PLAIN: Final = 1.0
_RIGHT_ANGLE: Final = math.pi / 2


_Fit = tuple[Program, np.ndarray, np.ndarray]  # with inner and linear constants


class Search:
    """What was tried on some points.

    Args:
        problem: the points.
        front: takes the formulas.
        clock: cuts the search off.
        seed: of the starts.
        optimiser: "lm" or "bfgs", which fits the constants.
    """

    def __init__(self, problem: Problem, front: Front, clock: Clock, seed: int, optimiser: str = "lm") -> None:
        self.problem, self.front, self.clock, self.seed, self.optimiser = problem, front, clock, seed, optimiser
        n = len(problem.y)
        rows = np.sort(np.random.default_rng([seed, 1]).permutation(n)[:_POINTS])
        self.points, self.y = Points(problem.x[rows]), problem.y[rows]
        self.enough = len(self.y) * (_ENOUGH * problem.size) ** 2
        self.tried: dict[tuple[str, ...], int] = {}
        self.leaders: dict[
            Node, tuple[float, float]
        ] = {}  # skeletons with sum of squares and price, the best price first
        self.grown: set[Node] = set()  # leaders whose neighbours were proposed
        self.fits = 0
        self.found_at: int | None = None  # number of fits until an exact formula

    def propose(self, skeletons: Iterable[Sequence[str]]) -> bool:
        """Fit skeletons, the likeliest first, and offer the best.

        Returns:
            Whether the search is done.
        """
        fitted: list[tuple[float, float, _Fit]] = []
        known = dict(self.leaders)
        for tokens in skeletons:
            if self.clock.is_over:
                break
            found = self._fitted(tokens)
            if found is None:
                continue
            program, solution, node = found
            rss, theta, linear = solution
            misfit = self.problem.misfit(rss * len(self.problem.y) / len(self.y)) + _TOKEN * len(node.tokens)
            price = misfit + _CONSTANT * (program.size + program.width)
            known[node] = min((rss, price), known.get(node, (math.inf, math.inf)))
            if rss <= 4 * self.enough:
                self._offer(program, *self._trimmed(program, theta, linear))
                if self.is_done:
                    self.found_at = self.fits
                    return True
            else:
                hope = misfit + _PLAIN * (program.size + program.width)
                fitted.append((price, hope, (program, theta, linear)))
        self.leaders = _foremost(known)
        for program, theta, linear in _promising(fitted):
            if self.clock.is_over:
                break
            self._offer(program, theta, linear)
            self._offer(program, theta, np.concatenate(([0.0], linear[1:])))
            self._offer_plainer(program, theta)
        return self.is_done

    @property
    def is_done(self) -> bool:
        """Whether a formula is known that is exact and short: long ones may be no more than good approximations."""
        nodes = self.front.exact
        return nodes is not None and nodes <= _SHORT

    def propose_near(self) -> bool:
        """Fit skeletons near the best of each length; returns as `propose`."""
        nodes = list(self.leaders)
        fresh = [node for node in nodes if node not in self.grown][:_GROWN]
        self.grown.update(fresh)
        return self.propose(node.tokens for node in near(fresh, nodes, len(self.problem.names)))

    def _fitted(self, tokens: Sequence[str]) -> tuple[Program, tuple[float, np.ndarray, np.ndarray], Node] | None:
        """Fit a skeleton where that promises something."""
        try:
            node = parse(tokens)
            key = node.tokens
            times = self.tried.get(key, 0)
            if times >= _TIMES:
                return None
            program = Program(node)
        except UsageError:
            return None
        self.tried[key] = times + 1 if program.size else _TIMES
        names = {f"x{k + 1}" for k in range(len(self.problem.names))}
        if not {token for token in key if token in ("x1", "x2")} <= names:
            return None
        self.fits += 1
        rng = np.random.default_rng([self.seed, self.fits])
        starts = program.draw(self.points, _STARTS if program.size else 1, rng)
        if self.optimiser == "bfgs":
            return _by_bfgs(program, self.points, self.y, starts, node)
        found = descend(program, self.points, self.y, starts, _STEPS, enough=self.enough)
        tied = Tied(program)
        if tied.is_tied and (found is None or found.rss > self.enough):
            alike = descend(tied, self.points, self.y, starts[:, tied.kept], _STEPS, enough=self.enough)
            if alike is not None and (found is None or alike.rss < found.rss):
                found = replace(alike, theta=tied.whole(alike.theta[None])[0])
        if found is None or not math.isfinite(found.rss):
            return None
        return program, (found.rss, found.theta, found.linear), node

    def _trimmed(self, program: Program, theta: np.ndarray, linear: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the constants of an exact fit with zeros where they do nothing, so that terms too many go."""
        for place in range(program.size):
            trial = theta.copy()
            trial[place] = 0.0
            rss, solved = _solved(program, self.points, self.y, trial)
            if rss <= 4 * self.enough:
                theta, linear = trial, solved
        columns = program.columns(self.points, theta[None], False)[0][0]
        parts = np.abs(linear) * np.sqrt(np.square(columns).mean(axis=1))
        return theta, np.where(parts > _NOTHING * self.problem.size, linear, 0.0)

    def _offer_plainer(self, program: Program, theta: np.ndarray) -> None:
        """Offer a fit again with its offsets, each alone and all together, as textbooks have them: noise makes some."""
        offsets = program.offsets
        for held in [(offset,) for offset in offsets] + ([offsets] if len(offsets) > 1 else []):
            plain = theta.copy()
            for place, phase in held:
                plain[place] = round(theta[place] / _RIGHT_ANGLE) * _RIGHT_ANGLE if phase else 0.0
            part = Held(program, plain, [place for place, _ in held])
            found = descend(part, self.points, self.y, plain[None, part.free], _STEPS)
            if found is not None and math.isfinite(found.rss):
                for constant in (found.linear[0], 0.0):
                    self._offer(
                        program, part.whole(found.theta[None])[0], np.concatenate(([constant], found.linear[1:]))
                    )

    def _offer(self, program: Program, theta: np.ndarray, linear: np.ndarray) -> None:
        try:
            expression = program.express(theta, linear, self.problem.names)
        except ExpressionError:  # a constant beyond float64
            return
        self.front.offer(expression)


def _promising(fitted: Sequence[tuple[float, float, _Fit]]) -> list[_Fit]:
    """Return the fits of least price, and those that would be if their constants turned out to be plain ones."""
    by_price = sorted(range(len(fitted)), key=lambda k: fitted[k][0])[:_OFFERED]
    by_hope = sorted(range(len(fitted)), key=lambda k: fitted[k][1])[:_OFFERED]
    return [fitted[k][2] for k in dict.fromkeys([*by_price, *by_hope])]


def _foremost(known: dict[Node, tuple[float, float]]) -> dict[Node, tuple[float, float]]:
    """Return the skeletons that fit better than all shorter ones, those of least price, the least first."""
    best, front = math.inf, []
    for node, (rss, price) in sorted(known.items(), key=lambda item: (len(item[0].tokens), item[1], item[0].tokens)):
        if rss < best:
            best = rss
            front.append((price, node))
    front.sort(key=lambda each: (each[0], each[1].tokens))
    return {node: known[node] for _, node in front[:_KEPT]}


def _solved(program: Program, points: Points, y: np.ndarray, theta: np.ndarray) -> tuple[float, np.ndarray]:
    """Return sum of squares and linear constants for inner ones."""
    with np.errstate(all="ignore"):
        columns = program.columns(points, theta[None], False)[0][0]
    if not np.isfinite(columns).all():
        return math.inf, np.zeros(program.width)
    linear = np.linalg.lstsq(columns.T, y, rcond=None)[0]
    return float(np.sum(np.square(y - linear @ columns))), linear


def _by_bfgs(
    program: Program, points: Points, y: np.ndarray, starts: np.ndarray, node: Node
) -> tuple[Program, tuple[float, np.ndarray, np.ndarray], Node] | None:
    """Fit inner constants by quasi-Newton steps from an eighth of the starts, which take as long: for comparison."""
    from scipy.optimize import minimize

    best: tuple[float, np.ndarray] = (math.inf, starts[0])
    for start in starts[: max(1, len(starts) // 8)]:
        theta = start
        if program.size:
            theta = minimize(
                lambda t: min(_solved(program, points, y, t)[0], 1e200), start, method="BFGS", options={"maxiter": 60}
            ).x
        rss = _solved(program, points, y, theta)[0]
        if rss < best[0]:
            best = rss, theta
    if not math.isfinite(best[0]):
        return None
    return program, (best[0], best[1], _solved(program, points, y, best[1])[1]), node
