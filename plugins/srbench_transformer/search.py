"""From skeletons to formulas: constants are fitted, the best go to a Pareto front, an exact one ends the search."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import UsageError
from srbench_lite.fitting import Deadline, ParetoFront, Problem, Solution, count_work, finite_formula, fit_separable
from srbench_transformer.constraints import TiedProgram
from srbench_transformer.neighbours import neighbours_of, polynomials
from srbench_transformer.program import Program
from srbench_transformer.shortening import shorten
from srbench_transformer.tokens import Node, parse

__all__ = ["Search"]

Array = NDArray[np.float64]

#: Points that constants are fitted to; formulas are chosen, and their constants finished, on all.
_MAX_POINTS: Final = 128
#: Starts of a skeleton, and how often one that is proposed again is started again.
_STARTS: Final = 16
_MAX_TRIES: Final = 2
#: Steps that all skeletons take, and steps that the most promising ones take then.
_FIRST_STEPS: Final = 10
_FURTHER_STEPS: Final = 32
#: Share of the skeletons of a round that take the further steps, and how many at least.
_PROMISING_SHARE: Final = 0.35
_MIN_PROMISING: Final = 12
#: Nanoseconds of a skeleton, for `count_work`, beside its fit: drawing and reading it, and that by node.
_PROPOSAL: Final = 200_000.0
_PROPOSED_NODE: Final = 100_000.0
#: Residuals below this share of the size of y end the fit of a skeleton.
_EXACT_RESIDUAL_SHARE: Final = 1e-12
#: Fits that wait to be offered to the front in the end, by each of two prices.
_MAX_WAITING: Final = 40
#: Skeletons that are kept to be united with others, and those of them whose neighbours are tried in a round.
_MAX_LEADERS: Final = 8
_LEADERS_GROWN: Final = 1
#: An exact formula of more nodes does not end the search: it may be no more than a good approximation.
_MAX_NODES_TO_END: Final = 40
#: A term below this share of the size of y is rounding.
_MIN_TERM_SHARE: Final = 1e-11
#: Price of a token and of a constant in the choice of those, in the units of the misfit; and of a plain constant.
_TOKEN_PRICE: Final = 2.0
_CONSTANT_PRICE: Final = 6.0
_PLAIN_CONSTANT_PRICE: Final = 1.0
#: So many skeletons whose sums of squares differ by less than this factor are a sign of noise.
_NOISE_FITS: Final = 10
_NOISE_FACTOR: Final = 1.25
#: Price of a constant and what stands with it, when it is asked whether it can go.
_REMOVAL_PRICE: Final = 8.0
#: Sum of squares that stands for one that is not finite.
_LARGEST_RSS: Final = 1e200
#: ... and the least variation of y that errors are divided by.
_SMALLEST: Final = 1e-300
#: Quasi-Newton steps are taken from one of so many starts: they take so much longer.
_BFGS_STARTS_SKIPPED: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    """A skeleton with fitted constants.

    Attributes:
        program: of the skeleton.
        node: the skeleton.
        theta: inner constants, shape (size,).
        linear: linear constants, shape (width,).
        rss: sum of squared residuals on the points of the search.
        price: description length.
        best_price: the same, if its constants turn out plain ones.
    """

    program: Program
    node: Node
    theta: Array
    linear: Array
    rss: float
    price: float
    best_price: float


class Search:
    """What was tried on some points.

    Args:
        problem: the points.
        front: takes the formulas.
        deadline: ends the search.
        seed: of the starts.
        optimiser: "lm" or "bfgs", which fits the constants.
    """

    def __init__(
        self, problem: Problem, front: ParetoFront, deadline: Deadline, seed: int, optimiser: str = "lm"
    ) -> None:
        self.problem, self.front, self.deadline, self.seed = problem, front, deadline, seed
        self.solve = _by_bfgs if optimiser == "bfgs" else fit_separable
        n = len(problem.y)
        rows = np.sort(np.random.default_rng([seed, 1]).permutation(n)[:_MAX_POINTS])
        self.points, self.y = problem.x[rows], problem.y[rows]
        self.scale = None if problem.scale is None else problem.scale[rows]
        weights = np.ones(len(self.y)) if self.scale is None else np.square(self.scale)
        variation = float(weights @ np.square(self.y - np.average(self.y, weights=weights)))
        self._variation = max(variation, _SMALLEST)
        self.exact_rss = len(self.y) * (_EXACT_RESIDUAL_SHARE * problem.size) ** 2
        self.tried: dict[tuple[str, ...], int] = {}
        self.errors: dict[tuple[str, ...], float] = {}  # the least sum of squares of each spelling
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
            if self.deadline.is_over:
                break
            count_work(_PROPOSAL + _PROPOSED_NODE * len(tokens))
            fit = self._start(tokens)
            if fit is not None:
                begun.append(fit)
                if self._ends(fit):
                    return True
        begun.sort(key=lambda fit: fit.price)
        going = max(_MIN_PROMISING, math.ceil(_PROMISING_SHARE * len(begun)))
        for place, fit in enumerate(begun[:going]):
            if self.deadline.is_over:
                break
            if self._is_exact(fit):
                continue
            begun[place] = self._continue(fit)
            if self._ends(begun[place]):
                return True
        self.full += [fit for fit in begun if fit.node in self.wholes]
        inexact = [fit for fit in (*self.leaders, *self.waiting, *begun) if not self._is_exact(fit)]
        by_node = {fit.node: fit for fit in sorted(inexact, key=lambda fit: -fit.rss)}  # the best of each skeleton
        self.leaders = _foremost(list(by_node.values()))
        self.waiting = _promising(list(by_node.values()))
        if self.waiting:
            self._offer(self.waiting[0].program, self.waiting[0].theta, self.waiting[0].linear)
        return self.is_done

    def _is_exact(self, fit: _Fit) -> bool:
        return fit.rss <= 4 * self.exact_rss

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
        nodes = self.front.exact_size
        return nodes is not None and nodes <= _MAX_NODES_TO_END

    @property
    def is_noisy(self) -> bool:
        """Whether many skeletons explain the same: what they leave is noise, as it seems."""
        left = sorted(fit.rss for fit in self.waiting)
        return len(left) >= _NOISE_FITS and left[_NOISE_FITS - 1] < _NOISE_FACTOR * left[0]

    def finish(self, most: int, deadline: Deadline) -> None:
        """Offer fits that are not exact in all their forms, until a deadline is over.

        These are the full polynomials, and so many of the most promising.
        """
        for fit in (*self.full, *self.waiting[:most]):
            for theta, linear in self._forms(fit):
                if deadline.is_over:
                    return
                self._offer(fit.program, theta, linear)
                if (absorbed := fit.program.absorb(theta, linear, self.problem.names)) is not None:
                    self.front.offer(absorbed)

    def nmse_of(self, skeleton: Sequence[str]) -> float:
        """Return the least NMSE of a skeleton on the points of the search; infinite where it could not be fitted."""
        try:
            key = parse(skeleton).tokens
        except UsageError:
            return math.inf
        return self.errors.get(key, math.inf) / self._variation

    def best(self, count: int) -> list[tuple[str, ...]]:
        """Return so many spellings that fit best, the best first."""
        return heapq.nsmallest(count, self.errors, key=lambda key: (self.errors[key], len(key), key))

    def polynomials(self) -> Iterator[tuple[str, ...]]:
        """Yield the full polynomials, all of whose constants are linear."""
        for node in self.wholes:
            yield node.tokens

    def neighbours(self) -> Iterator[tuple[str, ...]]:
        """Yield skeletons near the best of each length, of those that were not asked for before."""
        nodes = [fit.node for fit in self.leaders]
        fresh = [node for node in nodes if node not in self.grown][:_LEADERS_GROWN]
        self.grown.update(fresh)
        for node in neighbours_of(fresh, nodes, len(self.problem.names)):
            yield node.tokens

    def _start(self, tokens: Sequence[str]) -> _Fit | None:
        """Take the first steps with a skeleton, where that promises something."""
        try:
            node = parse(tokens)
            key = node.tokens
            times = self.tried.get(key, 0)
            if times >= _MAX_TRIES:
                return None
            program = Program(node)
        except UsageError:
            return None
        self.tried[key] = times + 1 if program.size else _MAX_TRIES
        names = {f"x{k + 1}" for k in range(len(self.problem.names))}
        if not {token for token in key if token in ("x1", "x2")} <= names:
            return None
        self.fits += 1
        rng = np.random.default_rng([self.seed, self.fits])
        starts = program.draw(self.points, _STARTS if program.size else 1, rng)
        solution = self._solve(program, starts, _FIRST_STEPS)
        return None if solution is None else self._with_prices(program, node, solution)

    def _continue(self, fit: _Fit) -> _Fit:
        """Take the other steps."""
        if not fit.program.size:
            return fit
        solution = self._solve(fit.program, fit.theta[None], _FURTHER_STEPS)
        if solution is None or solution.rss >= fit.rss:
            return fit
        return self._with_prices(fit.program, fit.node, solution)

    def _solve(self, program: Program, starts: Array, steps: int) -> Solution | None:
        """Return the constants at which some steps from some starts end, those of like parts also as the same ones."""
        best = self.solve(program, self.points, self.y, starts, steps, enough=self.exact_rss, scale=self.scale)
        tied = TiedProgram(program)
        if tied.is_tied and (best is None or best.rss > self.exact_rss):
            alike = self.solve(
                tied, self.points, self.y, starts[:, tied.representatives], steps, enough=self.exact_rss,
                scale=self.scale,
            )  # fmt: skip
            if alike is not None and (best is None or alike.rss < best.rss):
                best = replace(alike, theta=tied.whole(alike.theta[None])[0])
        return best if best is not None and math.isfinite(best.rss) else None

    def _with_prices(self, program: Program, node: Node, solution: Solution) -> _Fit:
        key = node.tokens
        self.errors[key] = min(solution.rss, self.errors.get(key, math.inf))
        misfit = self._misfit(solution.rss) + _TOKEN_PRICE * len(key)
        constants = program.size + program.width
        return _Fit(
            program=program, node=node, theta=solution.theta, linear=solution.linear, rss=solution.rss,
            price=misfit + _CONSTANT_PRICE * constants, best_price=misfit + _PLAIN_CONSTANT_PRICE * constants,
        )  # fmt: skip

    def _trimmed(self, program: Program, theta: Array, linear: Array) -> tuple[Array, Array]:
        """Return the constants of an exact fit with zeros where they do nothing, so that terms too many go."""
        for place in range(program.size):
            trial = theta.copy()
            trial[place] = 0.0
            solved = fit_separable(program, self.points, self.y, trial[None], 0, scale=self.scale)
            if solved is not None and solved.rss <= 4 * self.exact_rss:
                theta, linear = trial, solved.linear
        columns = program.columns(self.points, theta[None], False)[0][0]
        parts = np.abs(linear) * np.sqrt(np.square(columns).mean(axis=1))
        return theta, np.where(parts > _MIN_TERM_SHARE * self.problem.size, linear, 0.0)

    def _forms(self, fit: _Fit) -> Iterator[tuple[Array, Array]]:
        """Yield constants of a fit: as they are, without the offset, and with more and more zeros."""
        theta, linear = fit.program.usual_form(fit.theta, fit.linear)
        yield theta, linear
        yield theta, np.concatenate(([0.0], linear[1:]))
        yield from shorten(
            fit.program,
            self.points,
            self.y,
            theta,
            linear,
            fit.rss,
            misfit=self._misfit,
            price=_REMOVAL_PRICE,
            scale=self.scale,
        )

    def _misfit(self, rss: float) -> float:
        """Return what residuals on the points of the search cost on all."""
        return self.problem.misfit(rss * len(self.problem.y) / len(self.y))

    def _offer(self, program: Program, theta: Array, linear: Array) -> None:
        written = finite_formula(lambda: program.express(*program.usual_form(theta, linear), self.problem.names))
        if written is not None:
            self.front.offer(written)


def _promising(fits: Sequence[_Fit]) -> list[_Fit]:
    """Return the fits of least price, in turn with those of least price if their constants turn out plain ones."""
    by_price = sorted(range(len(fits)), key=lambda k: fits[k].price)[:_MAX_WAITING]
    by_best_price = sorted(range(len(fits)), key=lambda k: fits[k].best_price)[:_MAX_WAITING]
    in_turn = itertools.chain.from_iterable(zip(by_price, by_best_price, strict=True))
    return [fits[k] for k in dict.fromkeys(in_turn)]


def _foremost(fits: Sequence[_Fit]) -> list[_Fit]:
    """Return those that fit better than all with shorter skeletons, the least price first."""
    best, front = math.inf, []
    for fit in sorted(fits, key=lambda fit: (len(fit.node.tokens), fit.rss, fit.node.tokens)):
        if fit.rss < best:
            best = fit.rss
            front.append(fit)
    return sorted(front, key=lambda fit: (fit.price, fit.node.tokens))[:_MAX_LEADERS]


def _by_bfgs(
    separable: Program | TiedProgram, points: Array, y: Array, starts: Array, steps: int, *, enough: float = 0.0,
    scale: Array | None = None,
) -> Solution | None:  # fmt: skip
    """Fit inner constants by quasi-Newton steps from an eighth of the starts, which take as long: for comparison."""
    from scipy.optimize import minimize

    def solved(theta: Array) -> Solution | None:
        return fit_separable(separable, points, y, theta[None], 0, scale=scale)

    def rss(theta: Array) -> float:
        solution = solved(theta)
        return _LARGEST_RSS if solution is None else min(solution.rss, _LARGEST_RSS)

    ends = [
        minimize(rss, start, method="BFGS", options={"maxiter": steps}).x if separable.size else start
        for start in starts[: max(1, len(starts) // _BFGS_STARTS_SKIPPED)]
    ]
    solutions = [solution for solution in map(solved, ends) if solution is not None]
    return min(solutions, key=lambda solution: solution.rss, default=None)
