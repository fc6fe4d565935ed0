"""The search over small skeletons: closed forms first, then everything that is one or two features away from them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lies.families import Families, Size, signs
from srbench_lies.features import Block, exponent_sets, monomials
from srbench_lies.loosening import loosened
from srbench_lies.matching import Matcher, rank
from srbench_lies.spaces import Basis, basis, formulas
from srbench_lies.targets import PRODUCTS, SUMS, Target, Transform, targets
from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, count_work, finite_formula, orthonormal_columns

__all__ = ["SIZES", "Enumeration"]

Array = NDArray[np.float64]
Offer = Callable[[Expression], bool]

#: Points at which features are compared; the models found are then fitted to all points.
_POINTS_COMPARED: Final = 64
#: ... beyond the columns of every model, where only exact models count.
_EXTRA_POINTS_COMPARED: Final = 30
#: Models of each matcher that are fitted to all points and offered: of exact ones, and of others.
_MAX_EXACT_OFFERED: Final = 12
_MAX_OTHERS_OFFERED: Final = 6
#: ... and how many of the others are offered with further constants.
_MAX_OTHERS_LOOSENED: Final = 3
#: Targets whose closed forms are fitted at once.
_TARGETS_PER_CHUNK: Final = 2048
#: Nanoseconds, for `count_work`: of a target that is compared with a closed form; of a value of it, and by column.
_TARGET: Final = 1_000.0
_VALUE: Final = 20.0
_PAIR: Final = 0.2
#: Residuals of a closed form at all points below this fraction of the target are rounding of the projection.
_MAX_CLOSED_FORM_RESIDUAL: Final = 1e-9

#: How much is looked at, from a tenth of a second to tens of seconds for five variables.
SIZES: Final = (
    Size(small=24, middle=60, large=400, most=2_000, pairs=500, triples=80, divisors=60, coefficients=3),
    Size(small=60, middle=250, large=6_000, most=20_000, pairs=2_000, triples=200, divisors=400, coefficients=6),
    Size(small=120, middle=600, large=60_000, most=120_000, pairs=5_000, triples=400, divisors=1_500, coefficients=9),
)


@dataclass(slots=True, eq=False)
class Enumeration:
    """One search.

    Args:
        problem: the points.
        deadline: cuts off.
        offer: takes a formula; True when an exact one is known.
        seed: chooses the screening points.
        transforms: whether the target is transformed.
        compounds: whether products of units with monomials and with units are looked at.

    Attributes:
        models: how many were compared with the data.
        rows: places of the screening points.
    """

    problem: Problem
    deadline: Deadline
    offer: Offer
    seed: int
    transforms: bool = True
    compounds: bool = True
    models: int = field(default=0, init=False)
    rows: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        n = len(self.problem.y)
        rng = np.random.default_rng(self.seed)
        self.rows = np.sort(rng.permutation(n)[:_POINTS_COMPARED])

    # --- closed forms -------------------------------------------------------------------------------------------------

    def power_laws(self) -> bool:
        """Fit products of powers to every transform of y by least squares of logarithms."""
        problem = self.problem
        base = basis(problem.x, 0, is_product=True)
        is_exact = False
        for target in self._targets(PRODUCTS, is_product=True):
            if self.deadline.is_over:
                break
            for expression in formulas(problem, target, base, ()):
                is_exact = self.offer(expression) or is_exact
        return is_exact

    def polynomials(self, degree: int) -> bool:
        """Fit polynomials of falling support, of every degree up to the largest that the points determine."""
        problem, d = self.problem, self.problem.x.shape[1]
        n, is_exact = self.problem.points, False
        for target in self._targets(SUMS, is_product=False):
            for k in range(1, degree + 1):
                if math.comb(d + k, k) > min(0.75 * n, 151) or self.deadline.is_over:
                    break
                base = basis(problem.x, k, is_product=False)
                many = len(base.exponents) > (30 if target.transform.name == "y" else 15)
                if many and not self._is_closed(base, target):
                    continue
                for expression in formulas(problem, target, base, ()):
                    is_exact = self.offer(expression) or is_exact
                if is_exact:
                    return True
                if target.transform.name != "y" and k >= 4:
                    break
        return is_exact

    def _is_closed(self, base: Basis, target: Target) -> bool:
        """Whether the columns alone explain the target."""
        Q = self._span(base)
        t = target.values
        return float(np.linalg.norm(t - Q @ (Q.T @ t))) < _MAX_CLOSED_FORM_RESIDUAL * float(
            np.linalg.norm(t - t.mean())
        )

    def _span(self, base: Basis) -> Array:
        """Return an orthonormal basis of the columns at all points, shape (n, 1 + k).

        All of it is NaN, so that nothing is closed, where a column is zero throughout.
        """
        Z = base.columns(self.problem.x)
        return orthonormal_columns(Z) if Z.any(axis=0).all() else np.full_like(Z, np.nan)

    def divided(self, size: Size) -> bool:
        """Fit polynomials of degree at most 3 to every transform of y over every simple monomial."""
        is_exact = False
        for degree in (1, 2, 3):
            if math.comb(self.problem.x.shape[1] + degree, degree) > min(0.6 * self.problem.points, 120):
                break
            base = basis(self.problem.x, degree, is_product=False)
            Q = self._span(base)
            wanted = list(self._divided(size, SUMS))
            self.models += len(wanted)
            scored: list[tuple[float, int, Target]] = []
            for start in range(0, len(wanted), _TARGETS_PER_CHUNK):
                if self.deadline.is_over:
                    break
                some = wanted[start : start + _TARGETS_PER_CHUNK]
                count_work(len(some) * (_TARGET + len(Q) * (_VALUE + _PAIR * Q.shape[1])))
                T = np.stack([t.values for t in some])  # (chunk, n)
                R = T - (T @ Q) @ Q.T
                left = np.linalg.norm(R, axis=1) / np.linalg.norm(T - T.mean(axis=1)[:, None], axis=1)
                rough = np.linalg.norm(R * np.stack([t.weights for t in some]), axis=1)
                size_of = np.where(left < _MAX_CLOSED_FORM_RESIDUAL, 0.0, rough).tolist()
                scored += [(s, start + i, t) for i, (s, t) in enumerate(zip(size_of, some, strict=True))]
            scored.sort(key=lambda s: (s[0], s[2].nodes, s[1]))
            for _, _, target in scored[: _MAX_EXACT_OFFERED if scored and scored[0][0] == 0.0 else _MAX_OTHERS_OFFERED]:
                for expression in formulas(self.problem, target, base, ()):
                    is_exact = self.offer(expression) or is_exact
            if is_exact or self.deadline.is_over:
                return is_exact
        return is_exact

    # --- one feature beside a closed form ---------------------------------------------------------------------------

    def products(self, families: Families, *, divided: bool) -> bool:
        """Look for y as a power law times a power, or the exponential, of one feature.

        Args:
            families: the features.
            divided: for y over a monomial, plus or minus 1, instead of for y and its transforms.
        """
        base = basis(self.problem.x, 0, is_product=True)
        if divided:
            shifts = tuple(t for t in PRODUCTS if t.name in ("y - 1", "y + 1"))
            matchers = [self._matcher(base, list(self._divided(families.size, shifts)), weighted=False)]
        else:
            wanted = self._targets(PRODUCTS, is_product=True)
            matchers = [self._matcher(base, wanted[:1], weighted=True), self._matcher(base, wanted[1:], weighted=False)]
        return self._matched(matchers, families.for_products())

    def terms(self, families: Families, *, divided: bool) -> bool:
        """Look for y as a polynomial of degree 0, 1 or 2 plus one feature.

        Args:
            families: the features.
            divided: for transforms of y over monomials, instead of for y and its transforms.
        """
        for degree in (0, 1) if divided else (0, 1, 2):
            base = basis(self.problem.x, degree, is_product=False)
            if divided:
                wanted = list(self._divided(families.size, SUMS[:6]))
                wanted += self._over_units(families) if self.compounds and degree == 0 else []
                matchers = [self._matcher(base, wanted, weighted=False)]
            else:
                wanted = self._targets(SUMS, is_product=False)
                first = [t for t in wanted if t.transform.name in ("y", "ln y")]
                rest = [t for t in wanted if t not in first]
                matchers = [self._matcher(base, first, weighted=True), self._matcher(base, rest, weighted=False)]
            if self._matched(matchers, ((block, False) for block in families.for_sums())):
                return True
            if self.deadline.is_over:
                break
        return False

    def _matcher(self, base: Basis, wanted: Sequence[Target], *, weighted: bool) -> Matcher:
        rows = self.rows if weighted else self.rows[: _EXTRA_POINTS_COMPARED + len(base.exponents)]
        return Matcher(
            self.problem.x[rows], rows, self._n, base, wanted, weighted=weighted, deadline=self.deadline,
            least=self.problem.noise.least,
        )  # fmt: skip

    def _matched(self, matchers: Sequence[Matcher], features: Iterable[tuple[Block, bool]]) -> bool:
        for block, logged in features:
            if self.deadline.is_over:
                break
            for matcher in matchers:
                matcher.add(block, logged=logged)
            if any(h.is_exact for s in matchers for h in s.hits) and self._offer_best(*matchers):
                return True
        return self._offer_best(*matchers)

    # --- two and three features --------------------------------------------------------------------------------

    def pairs(self, families: Families, *, product: bool) -> bool:
        """Look for two features at once, as factors or as terms."""
        base = basis(self.problem.x, 0, is_product=product)
        kinds = self._targets(PRODUCTS if product else SUMS, is_product=product)
        blocks = families.for_pairs(product=product)
        is_exact = False
        for target in kinds[: 3 if families.size.pairs <= 2_000 else 1 if product else 2]:
            if self.deadline.is_over:
                break
            matcher = self._matcher(base, [target], weighted=True)
            matcher.pairs(blocks)
            is_exact = self._offer_best(matcher) or is_exact
            if is_exact:
                break
        return is_exact

    def triples(self, families: Families) -> bool:
        """Look for three terms at once."""
        base = basis(self.problem.x, 0, is_product=False)
        is_exact = False
        for target in self._targets(SUMS, is_product=False)[:2]:
            matcher = self._matcher(base, [target], weighted=True)
            matcher.triples(families.for_triples())
            is_exact = self._offer_best(matcher) or is_exact
            if is_exact or self.deadline.is_over:
                break
        return is_exact

    # --- parts of all of these ---------------------------------------------------------------------------------

    @property
    def _x(self) -> Array:
        return np.asarray(self.problem.x[self.rows])

    @property
    def _n(self) -> int:
        return len(self.problem.y)

    def families(self, size: Size) -> Families:
        """Return the features of one size at the screening points."""
        return Families(self._x, self.problem.names, signs(self.problem.x), size, compounds=self.compounds)

    def _targets(self, kinds: tuple[Transform, ...], *, is_product: bool) -> list[Target]:
        chosen, problem = kinds if self.transforms else kinds[:1], self.problem
        return targets(problem.y, chosen, is_product=is_product, scale=problem.scale)

    def _divided(self, size: Size, kinds: tuple[Transform, ...]) -> Iterator[Target]:
        """Yield targets of y over simple monomials, simplest first."""
        exponents = exponent_sets(signs(self.problem.x), size.divisors, (1.0, -1.0, 2.0, -2.0, 0.5, 3.0), spread=4)
        block = monomials(self.problem.x, self.problem.names, exponents)
        is_product = kinds[0] not in SUMS
        chosen, problem = kinds if self.transforms else (), self.problem
        for i in range(len(block)):
            yield from targets(
                problem.y, chosen, is_product=is_product, divisor=block.write(i), h=block.values[i], scale=problem.scale
            )

    def _over_units(self, families: Families) -> list[Target]:
        """Return y over simple units and over products of one with a simple monomial."""
        over_units: list[Target] = []
        count = families.size.divisors
        for block in (families.unary.first(count // 4), families.mixed(4 * count).first(2 * count)):
            for i in range(len(block)):
                divisor = block.write(i)
                h = divisor(self.problem.columns)
                over_units += targets(
                    self.problem.y, SUMS[:1], is_product=False, divisor=divisor, h=h, scale=self.problem.scale
                )
        return over_units

    def _offer_best(self, *matchers: Matcher) -> bool:
        """Fit and offer the best models of the matchers; return whether an exact formula is known."""
        is_exact = False
        self.models += sum(s.seen for s in matchers)
        for matcher in matchers:
            ordered = rank(matcher.hits, _MAX_EXACT_OFFERED)
            count = _MAX_EXACT_OFFERED if ordered and ordered[0].is_exact else _MAX_OTHERS_OFFERED
            for number, hit in enumerate(ordered[:count]):
                if is_exact and not hit.is_exact:
                    break
                if self.deadline.is_over:
                    return is_exact
                for expression in formulas(self.problem, hit.target, hit.base, hit.parts()):
                    is_exact = self.offer(expression) or is_exact
                    if not is_exact and not hit.is_exact and number < _MAX_OTHERS_LOOSENED:
                        looser = finite_formula(loosened, expression)
                        is_exact = looser is not None and self.offer(looser)
        return is_exact
