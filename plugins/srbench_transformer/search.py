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
_POINTS: Final = 200
#: Starts of a skeleton, and how often one that is proposed again is started again.
_STARTS: Final = 16
_TIMES: Final = 3
_STEPS: Final = 40
#: Residuals below this share of the size of y end the fit of a skeleton.
_ENOUGH: Final = 1e-12
#: Fits that are offered to the front, of each round, the most promising first.
_OFFERED: Final = 12
#: Skeletons that are kept to be united with others, and those of them whose neighbours are tried in a round.
_KEPT: Final = 8
_GROWN: Final = 3
#: Price of a token and of a constant in the choice of those, in the units of the misfit.
_TOKEN: Final = 2.0
_CONSTANT: Final = 6.0
_RIGHT_ANGLE: Final = math.pi / 2


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
        self.leaders: list[tuple[float, Node]] = []  # by price
        self.grown: set[Node] = set()  # leaders whose neighbours were proposed
        self.fits = 0
        self.found_at: int | None = None  # number of fits until an exact formula

    def propose(self, skeletons: Iterable[Sequence[str]]) -> bool:
        """Fit skeletons, the likeliest first, and offer the best.

        Returns:
            Whether an exact formula is known.
        """
        fitted: list[tuple[float, Program, np.ndarray, np.ndarray]] = []
        leaders = dict((node, price) for price, node in self.leaders)
        for tokens in skeletons:
            if self.clock.is_over:
                break
            found = self._fitted(tokens)
            if found is None:
                continue
            program, solution, node = found
            rss, theta, linear = solution
            price = self.problem.misfit(rss * len(self.problem.y) / len(self.y))
            price += _TOKEN * len(node.tokens) + _CONSTANT * (program.size + program.width)
            leaders[node] = min(price, leaders.get(node, math.inf))
            if rss <= 4 * self.enough:
                self._offer(program, theta, linear)
                if self.front.is_exact:
                    self.found_at = self.found_at or self.fits
                    return True
            else:
                fitted.append((price, program, theta, linear))
        self.leaders = sorted(((p, n) for n, p in leaders.items()), key=lambda each: (each[0], each[1].tokens))[:_KEPT]
        fitted.sort(key=lambda each: each[0])
        for _, program, theta, linear in fitted[:_OFFERED]:
            if self.clock.is_over:
                break
            self._offer(program, theta, linear)
            self._offer_plainer(program, theta)
        return self.front.is_exact

    def propose_near(self) -> bool:
        """Fit skeletons near the best; returns as `propose`."""
        nodes = [node for _, node in self.leaders]
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
                self._offer(program, part.whole(found.theta[None])[0], found.linear)

    def _offer(self, program: Program, theta: np.ndarray, linear: np.ndarray) -> None:
        try:
            expression = program.express(theta, linear, self.problem.names)
        except ExpressionError:  # a constant beyond float64
            return
        self.front.offer(expression)


def _by_bfgs(
    program: Program, points: Points, y: np.ndarray, starts: np.ndarray, node: Node
) -> tuple[Program, tuple[float, np.ndarray, np.ndarray], Node] | None:
    """Fit inner constants by quasi-Newton steps from an eighth of the starts, which take as long: for comparison."""
    from scipy.optimize import minimize

    def solved(theta: np.ndarray) -> tuple[float, np.ndarray]:
        with np.errstate(all="ignore"):
            columns = program.columns(points, theta[None], False)[0][0]
        if not np.isfinite(columns).all():
            return math.inf, np.zeros(program.width)
        linear = np.linalg.lstsq(columns.T, y, rcond=None)[0]
        return float(np.sum(np.square(y - linear @ columns))), linear

    best: tuple[float, np.ndarray] = (math.inf, starts[0])
    for start in starts[: max(1, len(starts) // 8)]:
        theta = start
        if program.size:
            theta = minimize(lambda t: min(solved(t)[0], 1e200), start, method="BFGS", options={"maxiter": 60}).x
        rss = solved(theta)[0]
        if rss < best[0]:
            best = rss, theta
    if not math.isfinite(best[0]):
        return None
    return program, (best[0], best[1], solved(best[1])[1]), node
