"""From skeletons to formulas: constants are fitted, the best go to a Pareto front, an exact one ends the search."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import ExpressionError, UsageError
from srbench_lite.fitting.deadline import Clock
from srbench_lite.fitting.pareto_front import Front
from srbench_lite.fitting.problem import Problem
from srbench_lite.fitting.variable_projection import Solution, descend
from srbench_transformer.constraints import Tied
from srbench_transformer.neighbours import near, polynomials
from srbench_transformer.program import Program
from srbench_transformer.shortening import shortened
from srbench_transformer.tokens import Node, parse

__all__ = ["Search"]

Array = NDArray[np.float64]

#: Points that constants are fitted to; formulas are chosen, and their constants finished, on all.
_POINTS: Final = 128
#: Starts of a skeleton, and how often one that is proposed again is started again.
_STARTS: Final = 16
_TIMES: Final = 2
_STEPS: Final = 32
#: Steps that all skeletons take; share of those of a round that take the others, and how many at least.
_FIRST: Final = 10
_GOING: Final = 0.35
_LEAST: Final = 12
#: Work of a skeleton, beside that of its fit: it has to be drawn and read.
_ASKED: Final = 1.0
#: Residuals below this share of the size of y end the fit of a skeleton.
_ENOUGH: Final = 1e-12
#: Fits that are kept to be offered to the front in the end, by each of two prices.
_WAITING: Final = 40
#: Skeletons that are kept to be united with others, and those of them whose neighbours are tried in a round.
_KEPT: Final = 8
_GROWN: Final = 1
#: Nodes of a formula at most that ends the search; and the share of y below which a term is rounding.
_SHORT: Final = 40
_NOTHING: Final = 1e-11
#: Price of a token and of a constant in the choice of those, in the units of the misfit; and of a plain constant.
_TOKEN: Final = 2.0
_CONSTANT: Final = 6.0
_PLAIN: Final = 1.0
#: So many skeletons whose sums of squares differ by less than this factor are a sign of noise.
_MANY: Final = 10
_SAME: Final = 1.25
#: Price of a constant and what stands with it, when it is asked whether it can go.
_GONE: Final = 8.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    """A skeleton with constants; `price` is what it costs to say, `hope` the same if its constants are plain ones."""

    program: Program
    node: Node
    theta: Array
    linear: Array
    rss: float
    price: float
    hope: float


class Search:
    """What was tried on some points.

    Args:
        problem: the points.
        front: takes the formulas.
        clock: cuts the search off.
        work: ends it as well: fits times their constants, not seconds, so that a slower machine searches as far.
        seed: of the starts.
        optimiser: "lm" or "bfgs", which fits the constants.
    """

    def __init__(
        self, problem: Problem, front: Front, clock: Clock, work: float, seed: int, optimiser: str = "lm"
    ) -> None:
        self.problem, self.front, self.clock, self.seed = problem, front, clock, seed
        self.left = work
        self.solve = _by_bfgs if optimiser == "bfgs" else descend
        n = len(problem.y)
        rows = np.sort(np.random.default_rng([seed, 1]).permutation(n)[:_POINTS])
        self.points, self.y = problem.x[rows], problem.y[rows]
        self.enough = len(self.y) * (_ENOUGH * problem.size) ** 2
        self.tried: dict[tuple[str, ...], int] = {}
        self.leaders: list[_Fit] = []  # the best of each length, the best price first
        self.waiting: list[_Fit] = []  # to be offered when nothing exact is found
        self.wholes = tuple(polynomials(len(problem.names)))
        self.full: list[_Fit] = []  # those of them that were tried
        self.grown: set[Node] = set()  # leaders whose neighbours were yielded
        self.fits = 0
        self.found_at: int | None = None  # number of fits until an exact formula

    def propose(self, skeletons: Iterable[Sequence[str]]) -> bool:
        """Fit skeletons, the likeliest first; exact formulas, and the best of the others, are offered at once.

        All take a few steps, the most promising the rest.

        Returns:
            Whether the search is done.
        """
        begun: list[_Fit] = []
        for tokens in skeletons:
            if self.is_over:
                break
            self.left -= _ASKED
            fit = self._begun(tokens)
            if fit is not None:
                begun.append(fit)
                if self._ends(fit):
                    return True
        begun.sort(key=lambda fit: fit.price)
        going = max(_LEAST, math.ceil(_GOING * len(begun)))
        for place, fit in enumerate(begun[:going]):
            if self.is_over:
                break
            if self._is_exact(fit):
                continue
            begun[place] = self._continued(fit)
            if self._ends(begun[place]):
                return True
        self.full += [fit for fit in begun if fit.node in self.wholes]
        inexact = [fit for fit in (*self.leaders, *self.waiting, *begun) if not self._is_exact(fit)]
        known = {fit.node: fit for fit in sorted(inexact, key=lambda fit: -fit.rss)}  # the best of each skeleton
        self.leaders = _foremost(list(known.values()))
        self.waiting = _promising(list(known.values()))
        if self.waiting:
            self._offer(self.waiting[0].program, self.waiting[0].theta, self.waiting[0].linear)
        return self.is_done

    @property
    def is_over(self) -> bool:
        """Whether the work is done or the time is up."""
        return self.left <= 0 or self.clock.is_over

    def _is_exact(self, fit: _Fit) -> bool:
        return fit.rss <= 4 * self.enough

    def _ends(self, fit: _Fit) -> bool:
        """Offer a fit if it is exact; return whether that ends the search."""
        if not self._is_exact(fit):
            return False
        self._offer(fit.program, *self._trimmed(fit.program, fit.theta, fit.linear))
        if self.is_done and self.found_at is None:
            self.found_at = self.fits
        return self.is_done

    @property
    def is_done(self) -> bool:
        """Whether a formula is known that is exact and short: long ones may be no more than good approximations."""
        nodes = self.front.exact
        return nodes is not None and nodes <= _SHORT

    @property
    def is_noisy(self) -> bool:
        """Whether many skeletons explain the same: what they leave is noise, as it seems."""
        left = sorted(fit.rss for fit in self.waiting)
        return len(left) >= _MANY and left[_MANY - 1] < _SAME * left[0]

    def finish(self, most: int, clock: Clock) -> None:
        """Offer fits that are not exact in all their forms, until a clock is over.

        These are the full polynomials, and so many of the most promising.
        """
        for fit in (*self.full, *self.waiting[:most]):
            for theta, linear in self._forms(fit):
                if clock.is_over:
                    return
                self._offer(fit.program, theta, linear)
                if (absorbed := fit.program.absorbed(theta, linear, self.problem.names)) is not None:
                    self.front.offer(absorbed)

    def polynomials(self) -> Iterator[tuple[str, ...]]:
        """Yield the full polynomials, all of whose constants are linear."""
        for node in self.wholes:
            yield node.tokens

    def neighbours(self) -> Iterator[tuple[str, ...]]:
        """Yield skeletons near the best of each length, of those that were not asked for before."""
        nodes = [fit.node for fit in self.leaders]
        fresh = [node for node in nodes if node not in self.grown][:_GROWN]
        self.grown.update(fresh)
        for node in near(fresh, nodes, len(self.problem.names)):
            yield node.tokens

    def _begun(self, tokens: Sequence[str]) -> _Fit | None:
        """Take the first steps with a skeleton, where that promises something."""
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
        found = self._descended(program, starts, _FIRST)
        return None if found is None else self._priced(program, node, found)

    def _continued(self, fit: _Fit) -> _Fit:
        """Take the other steps."""
        if not fit.program.size:
            return fit
        found = self._descended(fit.program, fit.theta[None], _STEPS)
        return fit if found is None or found.rss >= fit.rss else self._priced(fit.program, fit.node, found)

    def _descended(self, program: Program, starts: Array, steps: int) -> Solution | None:
        """Return the constants at which some steps from some starts end, those of like parts also as the same ones."""
        self.left -= 1 + program.size
        found = self.solve(program, self.points, self.y, starts, steps, enough=self.enough)
        tied = Tied(program)
        if tied.is_tied and (found is None or found.rss > self.enough):
            self.left -= 1 + tied.size
            alike = self.solve(tied, self.points, self.y, starts[:, tied.kept], steps, enough=self.enough)
            if alike is not None and (found is None or alike.rss < found.rss):
                found = replace(alike, theta=tied.whole(alike.theta[None])[0])
        return found if found is not None and math.isfinite(found.rss) else None

    def _priced(self, program: Program, node: Node, found: Solution) -> _Fit:
        misfit = self._misfit(found.rss) + _TOKEN * len(node.tokens)
        constants = program.size + program.width
        return _Fit(
            program=program, node=node, theta=found.theta, linear=found.linear, rss=found.rss,
            price=misfit + _CONSTANT * constants, hope=misfit + _PLAIN * constants,
        )  # fmt: skip

    def _trimmed(self, program: Program, theta: Array, linear: Array) -> tuple[Array, Array]:
        """Return the constants of an exact fit with zeros where they do nothing, so that terms too many go."""
        for place in range(program.size):
            trial = theta.copy()
            trial[place] = 0.0
            solved = descend(program, self.points, self.y, trial[None], 0)
            if solved is not None and solved.rss <= 4 * self.enough:
                theta, linear = trial, solved.linear
        columns = program.columns(self.points, theta[None], False)[0][0]
        parts = np.abs(linear) * np.sqrt(np.square(columns).mean(axis=1))
        return theta, np.where(parts > _NOTHING * self.problem.size, linear, 0.0)

    def _forms(self, fit: _Fit) -> Iterator[tuple[Array, Array]]:
        """Yield constants of a fit: as they are, without the offset, and with more and more zeros."""
        theta, linear = fit.program.usual(fit.theta, fit.linear)
        yield theta, linear
        yield theta, np.concatenate(([0.0], linear[1:]))
        yield from shortened(fit.program, self.points, self.y, theta, linear, fit.rss, misfit=self._misfit, price=_GONE)

    def _misfit(self, rss: float) -> float:
        """Return what residuals on the points of the search cost on all."""
        return self.problem.misfit(rss * len(self.problem.y) / len(self.y))

    def _offer(self, program: Program, theta: Array, linear: Array) -> None:
        try:
            expression = program.express(*program.usual(theta, linear), self.problem.names)
        except ExpressionError:  # a constant beyond float64
            return
        self.front.offer(expression)


def _promising(fits: Sequence[_Fit]) -> list[_Fit]:
    """Return the fits of least price, in turn with those that would be if their constants turned out plain ones."""
    by_price = sorted(range(len(fits)), key=lambda k: fits[k].price)[:_WAITING]
    by_hope = sorted(range(len(fits)), key=lambda k: fits[k].hope)[:_WAITING]
    in_turn = itertools.chain.from_iterable(zip(by_price, by_hope, strict=True))
    return [fits[k] for k in dict.fromkeys(in_turn)]


def _foremost(fits: Sequence[_Fit]) -> list[_Fit]:
    """Return those that fit better than all with shorter skeletons, the least price first."""
    best, front = math.inf, []
    for fit in sorted(fits, key=lambda fit: (len(fit.node.tokens), fit.rss, fit.node.tokens)):
        if fit.rss < best:
            best = fit.rss
            front.append(fit)
    return sorted(front, key=lambda fit: (fit.price, fit.node.tokens))[:_KEPT]


def _by_bfgs(
    separable: Program | Tied, points: Array, y: Array, starts: Array, steps: int, *, enough: float = 0.0
) -> Solution | None:
    """Fit inner constants by quasi-Newton steps from an eighth of the starts, which take as long: for comparison."""
    from scipy.optimize import minimize

    def solved(theta: Array) -> Solution | None:
        return descend(separable, points, y, theta[None], 0)

    def rss(theta: Array) -> float:
        found = solved(theta)
        return 1e200 if found is None else min(found.rss, 1e200)

    ends = [
        minimize(rss, start, method="BFGS", options={"maxiter": steps}).x if separable.size else start
        for start in starts[: max(1, len(starts) // 8)]
    ]
    found = [solution for solution in map(solved, ends) if solution is not None]
    return min(found, key=lambda solution: solution.rss, default=None)
