"""`search_skeletons`: small sums of units, products of units and compositions, looked for from simple to involved.

Enumeration finds the structure, variable projection the constants: polynomials; every term alone; all pairs of the
simpler terms; then the best fits are extended by the term that explains most of what they leave. Every step ranks
grid points by their linear gain (`srbench_lies.screen`) and fits the best from several starts (`skeleton_fit`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, combinations_with_replacement
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lies.atoms import Powers, Term
from srbench_lies.catalogue import entries, nuisances
from srbench_lies.screen import Screen, Start
from srbench_lies.skeleton_fit import Skeleton, SkeletonFit, refine
from srbench_lies.trimming import trim
from srbench_lies.writing import write
from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Monomials, Problem, finite_formula, orthonormal_rows

__all__ = ["Effort", "search_skeletons"]

Array = NDArray[np.float64]

#: Root mean square residual, relative to the target's size, at which a fit explains noise-free data: near
#: rounding, since sums of smooth terms imitate others to 1e-12, which would do for a `Problem`.
_MAX_EXACT_RESIDUAL: Final = 3e-14
#: A sum has at most this share of n constants, so that an exact fit means something.
_MAX_CONSTANTS_PER_POINT: Final = 0.4
#: A fit whose columns are larger than the target by this factor, cancelling one another, imitates other functions.
_MAX_CANCELLATION: Final = 300.0
#: Columns of a term that stands alone, and of one that is added to others: products of two waves imitate much.
_MAX_COLUMNS_ALONE: Final = 4
_MAX_COLUMNS_BESIDE_OTHERS: Final = 2
#: An exact fit with more constants may be a very good approximation: the search goes on.
_MAX_CONSTANTS_TO_END: Final = 9
#: Degree up to which polynomials are tried.
_MAX_DEGREE: Final = 6
#: Steps of the first look at a start.
_STEPS_OF_FIRST_LOOK: Final = 5


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried: all counted, nothing timed.

    Attributes:
        points: the search looks at so many points at most; fits are finished on all.
        columns: of each level of the catalogue.
        singles: entries fitted after looking at all, for each set of accompanying monomials.
        pair_grid: grid points of each level among which all pairs are looked at.
        pairs: pairs of each two levels that get a first look, for each set of accompanying monomials.
        full_share: share of the first looks that is fitted fully.
        starts: for each skeleton; more for single terms of the higher levels, whose grids are coarse.
        steps: of Levenberg and Marquardt, per fit.
        beam: fits extended after each round.
        branch: entries tried for each of them.
        depth: most terms of one sum.
        parts: parts of the best sums beside which every term is tried, before and after the extension.
        nuisance: most monomials that accompany terms.
        offers: formulas offered at the end where none is exact.
    """

    points: int
    columns: tuple[int, int, int]
    singles: int
    pair_grid: tuple[int, int, int]
    pairs: int
    full_share: float
    starts: int
    steps: int
    beam: int
    branch: int
    depth: int
    parts: int
    nuisance: int
    offers: int

    @classmethod
    def quick(cls) -> Effort:
        """Return what takes a second or two."""
        return cls(
            points=120, columns=(3_000, 3_000, 0), singles=6, pair_grid=(500, 500, 0), pairs=5,
            full_share=0.25, starts=4, steps=30, beam=1, branch=3, depth=3, parts=6, nuisance=6, offers=10,
        )  # fmt: skip

    @classmethod
    def full(cls) -> Effort:
        """Return what takes some ten seconds where nothing is found."""
        return cls(
            points=200, columns=(6_000, 12_000, 16_000), singles=15,
            pair_grid=(2_000, 2_500, 2_500), pairs=9,
            full_share=0.3, starts=6, steps=40, beam=1, branch=4, depth=3, parts=10, nuisance=10, offers=40,
        )  # fmt: skip


def search_skeletons(
    problem: Problem, *, effort: Effort, seed: int, deadline: Deadline, offer: Callable[[Expression], bool]
) -> None:
    """Search for sums of terms; a constant y has none.

    Args:
        problem: the points.
        effort: how much is tried.
        seed: of the choice of points, where there are more than the search looks at.
        deadline: cuts the search off.
        offer: called with each formula worth keeping; returns True where an exact one is known.
    """
    if not np.ptp(problem.y) > 0:
        return
    with np.errstate(all="ignore"):
        _Search(problem, effort, seed, deadline, offer).run()


class _Search:
    """One search: what has been fitted so far."""

    def __init__(
        self, problem: Problem, effort: Effort, seed: int, deadline: Deadline, offer: Callable[[Expression], bool]
    ) -> None:
        self.names = problem.names
        self.effort, self.deadline, self._offer = effort, deadline, offer
        self.problem = problem
        self.all_points, self.all_y = Monomials(problem.x, problem.scale), problem.scaled(problem.y)
        n = len(problem.y)
        chosen: NDArray[np.intp] = np.arange(n)
        if n > effort.points:
            chosen = np.sort(np.random.default_rng(seed).permutation(n)[: effort.points])
        scale = None if problem.scale is None else problem.scale[chosen]
        self.points, self.y = Monomials(problem.x[chosen], scale), self.all_y[chosen]
        self.size = float(np.std(problem.y))
        self.enough = len(self.y) * (_MAX_EXACT_RESIDUAL * self.size) ** 2
        self.most = int(_MAX_CONSTANTS_PER_POINT * len(self.y))
        self.best_fits: dict[tuple[tuple[Powers, ...], tuple[Term, ...]], SkeletonFit] = {}
        self.done = False  # an exact fit is known, or the deadline is over
        self.exact_fit: SkeletonFit | None = None
        self._offered: list[Expression] = []

    # --- the plan -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Go through all stages until one finds an exact fit; offer the best fits where none does."""
        self._search()
        if self.exact_fit is None:
            self._give_best()

    def _search(self) -> None:
        """Go through the stages."""
        effort = self.effort
        self._polynomials()
        bases = [Skeleton(powers, (), ()) for powers in nuisances(self.points, min(effort.nuisance, self.most // 2))]
        screens: list[Screen] = []
        for level, columns in enumerate(effort.columns):
            if self._is_over() or not columns:
                break
            screens.append(Screen(entries(self.points, level, columns, self.deadline), self.points))
            for base in bases:
                self._singles(screens[-1], base, (1 + level) * effort.starts)
            if level == 0:
                for base in bases[:3]:
                    self._pairs(screens[0], base, effort.pair_grid)
        if self._is_over():
            return
        everything = Screen([entry for screen in screens for entry in screen.entries], self.points)
        for base in bases[:3]:
            self._pairs(everything, base, effort.pair_grid)
        self._replace(everything, bases)
        self._extend(everything)
        self._replace(everything, bases)

    def _polynomials(self) -> None:
        d = len(self.names)
        for degree in range(1, _MAX_DEGREE + 1):
            if math.comb(degree + d, d) > self.most or self._is_over():
                return
            self._fit(Skeleton(_powers_up_to(degree, d), (), ()), np.zeros((1, 0)), 0)

    def _singles(self, screen: Screen, base: Skeleton, starts: int) -> None:
        if self._is_over() or not screen.entries:
            return
        Q, residual = self._left(base, np.zeros(0))
        for start in screen.singles(Q, residual, self.effort.singles, starts, _MAX_COLUMNS_ALONE):
            if self._is_over():
                return
            self._fit(base.plus(start.entries[0].term), start.theta, self.effort.steps)

    def _pairs(self, screen: Screen, base: Skeleton, grid: tuple[int, int, int]) -> None:
        if self._is_over() or not screen.entries:
            return
        Q, residual = self._left(base, np.zeros(0))
        pairs = screen.pairs(Q, residual, grid, self.effort.pairs, self.effort.starts)
        sums = [(base.plus(s.entries[0].term).plus(s.entries[1].term), s.theta) for s in pairs]
        self._look([(sum_, theta) for sum_, theta in sums if (sum_.powers, sum_.terms) not in self.best_fits])

    def _extend(self, screen: Screen) -> None:
        for terms in range(1, self.effort.depth):
            for fit in self._beam([f for f in self._ranked() if len(f.skeleton.terms) == terms]):
                if self._is_over():
                    return
                self._add_to(fit.skeleton, fit.theta, screen)

    def _replace(self, screen: Screen, bases: Sequence[Skeleton]) -> None:
        """Take parts of the best sums and look for what belongs beside them.

        In a sum that imitates the target, a right term already has its right constants, to many digits; what it leaves
        of the target is then as easy to explain as if the other terms were all there is.
        """
        tried: set[tuple[object, ...]] = set()
        for fit in self._ranked():
            terms = fit.skeleton.terms
            for size in range(1, len(terms) + 1):
                for chosen in combinations(range(len(terms)), size):
                    part, theta = _part(fit, chosen)
                    for base in bases:
                        skeleton = replace(part, powers=base.powers)
                        key = (skeleton.powers, skeleton.terms, *(f"{value:.2g}" for value in theta))
                        if self._is_over() or len(tried) >= self.effort.parts:
                            return
                        if key not in tried and skeleton.width < fit.skeleton.width:
                            tried.add(key)
                            self._add_to(skeleton, theta, screen)

    def _add_to(self, skeleton: Skeleton, theta: Array, screen: Screen) -> None:
        """Try every term beside a sum with these constants."""
        Q, residual = self._left(skeleton, theta)
        starts = screen.singles(Q, residual, self.effort.branch, self.effort.starts, _MAX_COLUMNS_BESIDE_OTHERS)
        self._look([(skeleton.plus(s.entries[0].term), _beside(theta, s)) for s in starts])

    def _beam(self, ranked: Sequence[SkeletonFit]) -> list[SkeletonFit]:
        """Return the best fits of each set of monomials and number of constants, lest rich ones crowd out the rest."""
        taken: dict[tuple[tuple[Powers, ...], int], int] = {}
        chosen: list[SkeletonFit] = []
        for fit in ranked:
            key = (fit.skeleton.powers, min(fit.skeleton.width + fit.skeleton.size, len(fit.skeleton.powers) + 4))
            count = taken.get(key, 0)
            if (
                count < self.effort.beam
                and max(term.width for term in fit.skeleton.terms) <= _MAX_COLUMNS_BESIDE_OTHERS
            ):
                taken[key] = count + 1
                chosen.append(fit)
        return chosen

    # --- fitting --------------------------------------------------------------------------------------------------

    def _look(self, candidates: Sequence[tuple[Skeleton, Array]]) -> None:
        """Take a few steps from all candidates, and all steps from the better ones."""
        short: list[SkeletonFit] = []
        for skeleton, theta in candidates:
            if self._is_over():
                return
            fit = self._fit(skeleton, theta, _STEPS_OF_FIRST_LOOK)
            if fit is not None:
                short.append(fit)
        short.sort(key=self._criterion)
        for fit in short[: max(1, round(self.effort.full_share * len(candidates)))]:
            if self._is_over():
                return
            self._fit(fit.skeleton, fit.theta[None, :], self.effort.steps)

    def _fit(self, skeleton: Skeleton, theta: Array, steps: int) -> SkeletonFit | None:
        if skeleton.width + skeleton.size > self.most:
            return None
        fit = refine(skeleton, self.points, self.y, theta, steps, enough=self.enough)
        if fit is None:
            return None
        key = (skeleton.powers, skeleton.terms)
        known = self.best_fits.get(key)
        if known is None or fit.rss < known.rss:
            self.best_fits[key] = fit
        if fit.rss <= self.enough:
            self._offer_exact(fit)
        return fit

    def _offer_exact(self, fit: SkeletonFit) -> None:
        """Trim an exact fit, check it on all points, and offer it."""
        fit = trim(fit, self.points, self.y, self.enough)
        finished = self._finish(fit)
        if finished is None or finished.rss > len(self.all_y) * (_MAX_EXACT_RESIDUAL * self.size) ** 2:
            return
        constants = finished.skeleton.width + finished.skeleton.size
        if self.exact_fit is None or constants < self.exact_fit.skeleton.width + self.exact_fit.skeleton.size:
            self.exact_fit = finished
            self.done = self._give(finished) or constants <= _MAX_CONSTANTS_TO_END or not finished.skeleton.terms

    def _finish(self, fit: SkeletonFit) -> SkeletonFit | None:
        """Fit on all points."""
        if len(self.all_y) == len(self.y):
            return fit
        return refine(fit.skeleton, self.all_points, self.all_y, fit.theta[None, :], 10)

    def _left(self, skeleton: Skeleton, theta: Array) -> tuple[Array, Array]:
        """Return an orthonormal basis (n, p) of a fit's columns and what they leave of the target, (n,)."""
        columns, _ = skeleton.columns(self.points, theta[None, :], slopes=False)
        basis, _, _ = orthonormal_rows(columns)
        Q = basis[0].T
        return Q, self.y - Q @ (Q.T @ self.y)

    def _criterion(self, fit: SkeletonFit) -> float:
        n = len(self.y)
        constants = fit.skeleton.width + fit.skeleton.size
        known = 0.0 if fit.rss <= self.enough else n * self.problem.noise.least**2
        misfit = n * math.log(max(fit.rss, 1e-6 * self.enough, known) / n)
        return misfit + math.log(n) * constants + fit.skeleton.length

    def _ranked(self) -> list[SkeletonFit]:
        sound = [fit for fit in self.best_fits.values() if self._cancellation(fit) < _MAX_CANCELLATION]
        return sorted(sound, key=self._criterion)

    def _cancellation(self, fit: SkeletonFit) -> float:
        """Return the largest column times its coefficient, relative to the target."""
        return float(fit.sizes(self.points).max() / np.linalg.norm(self.y))

    def _is_over(self) -> bool:
        return self.done or self.deadline.is_over

    # --- offering -------------------------------------------------------------------------------------------------

    def _give(self, fit: SkeletonFit) -> bool:
        expression = finite_formula(write, fit, self.names)
        if expression is None or expression in self._offered:
            return False
        self._offered.append(expression)
        return self._offer(expression)

    def _give_best(self) -> None:
        """Offer the best fits of each number of terms, trimmed and fitted on all points."""
        by_terms: dict[int, list[SkeletonFit]] = {}
        for fit in self._ranked():
            by_terms.setdefault(len(fit.skeleton.terms), []).append(fit)
        each = max(1, self.effort.offers // max(len(by_terms), 1))
        chosen = [fit for fits in by_terms.values() for fit in fits[:each]]
        for number, fit in enumerate(sorted(chosen, key=self._criterion)):
            if number and self.deadline.is_over:
                return
            trimmed = trim(fit, self.points, self.y, self.enough)
            finished = self._finish(trimmed)
            if finished is not None and self._give(finished):
                return


def _powers_up_to(degree: int, d: int) -> tuple[Powers, ...]:
    """Return the exponents of all monomials of d variables up to a total degree, in the order of their numbers."""
    choices = (chosen for total in range(degree + 1) for chosen in combinations_with_replacement(range(d), total))
    return tuple(sorted(tuple(float(chosen.count(i)) for i in range(d)) for chosen in choices))


def _beside(theta: Array, start: Start) -> Array:
    """Return the constants of a fit beside each start's, (B, q)."""
    return np.hstack([np.tile(theta, (len(start.theta), 1)), start.theta])


def _part(fit: SkeletonFit, chosen: Sequence[int]) -> tuple[Skeleton, Array]:
    """Return the sum of some terms of a fit, and their constants (q,)."""
    terms = fit.skeleton.terms
    ends = np.cumsum([term.size for term in terms])
    theta = [fit.theta[ends[index] - terms[index].size : ends[index]] for index in chosen]
    kept = tuple(fit.skeleton.kept[index] for index in chosen)
    return Skeleton(fit.skeleton.powers, tuple(terms[index] for index in chosen), kept), np.concatenate(theta)
