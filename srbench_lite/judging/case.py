"""`Case`: one pair of formulas under judgement, step by step (`srbench_lite.judging.judge` says which)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.gradient import Gradient
from srbench_lite.judging.alignment import REACH, closest, nearby, polish, root_mean_square, snap
from srbench_lite.judging.alignment_search import Search, Solution
from srbench_lite.judging.certification import Comparison
from srbench_lite.judging.free_constants import is_short, movable, tied, whole_exponents
from srbench_lite.judging.gauss_newton import MOST_FREE, polish_exactly
from srbench_lite.judging.high_precision import OutOfReachError, PreciseFormula, UndefinedError, with_digits
from srbench_lite.judging.high_precision_gradient import PreciseGradient
from srbench_lite.judging.negligible_terms import StrayTerms
from srbench_lite.judging.sample_points import Reference
from srbench_lite.judging.sympy_proof import proved_equal
from srbench_lite.judging.verdict import (
    EXACT_CONSTANT,
    EXACT_TERM,
    HIDDEN_TERM,
    RECOVERED_CONSTANT,
    RECOVERED_TERM,
    VerdictWord,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.problems.sampling import Sampling

__all__ = ["Answer", "Case"]

#: The word, the step that decided, and the text of the aligned formula.
Answer = tuple[VerdictWord, str, str | None]

#: A formula undefined on more than this share of the truth's domain is different, whatever its constants.
_HOLES: Final = 0.05
#: No c* is looked for in formulas with more constants.
_MOST_CONSTANTS: Final = 200
#: Weighted float64 differences that rounding never causes by itself; checked against 50 digits before it is believed.
_FAR: Final = 1e-7
#: Precisions tried, in decimal digits.
_DIGITS: Final = (80, 320, 1280)
#: Weighted differences from which the constants are near enough to be solved for at once.
_CLOSE: Final = 1e-8
#: Weighted differences that rounding causes.
_ROUNDING: Final = 1e-12
#: Weighted differences beyond which a formula with free factor and summand is given up.
_CLEARLY_FAR: Final = 1e-4
#: The same beyond which no added or multiplied constant is looked for.
_AFFINELY_FAR: Final = 1e-6
#: A line this close to y = x needs no second start.
_NEAR_LINE: Final = 0.3
#: A constant that has moved by up to so many times what is allowed may be spared by moving others.
_SPARED: Final = 5.0
#: Sets of vanishing constants that are tried besides the likely ones.
_MORE_SETS: Final = 8


class Case:
    """One pair under judgement: the steps, and what they have found out.

    Args:
        found: the formula that a method returned.
        truth: the formula that the data were made from.
        domain: where each variable comes from.
        deadline: moment on the clock `time.perf_counter` after which `OutOfTimeError` is raised.

    Attributes:
        near: whether some constants nearby brought the found formula to the truth as far as float64 tells.
    """

    def __init__(self, found: Expression, truth: Expression, domain: Mapping[str, Sampling], deadline: float) -> None:
        self.found = found = whole_exponents(found)
        self.truth = truth
        self.domain = domain
        self.deadline = deadline
        self.start = found.constants
        self.comparison = Comparison(found, truth, domain, deadline)
        self.why = "no constants nearby make it the truth"
        self.near = False
        self.affinely_near = True  # the same with a free factor and summand, unless that is known to be wrong

    def decide(self, *, exact_only: bool = False) -> Answer:
        """Go through the steps.

        Args:
            exact_only: whether no other verdict is of interest: steps that cannot lead to it are left out.
        """
        few = min(len(self.start), _MOST_CONSTANTS)
        self.reference = reference = Reference(self.found, self.truth, self.comparison, few)
        if not reference.enough:
            return self.ask_sympy("the truth is defined nearly nowhere on its domain")
        share, holes = reference.holes()
        if share > _HOLES:
            return VerdictWord.DIFFERENT, "undefined where the truth is defined", None
        self.comparison.holes = holes
        reference.settle_on_points()
        if not reference.enough:
            return self.ask_sympy("it cannot be evaluated where the truth is defined")
        gradient = self.gradient(self.found)
        self.strays = StrayTerms(self.found, gradient, reference)
        if self.is_far(self.found) and (not self.vanishing[0] or self.is_far(self.strays.without(self.vanishing[0]))):
            return VerdictWord.DIFFERENT, self.why, None
        answer, settled = self.align(self.vanishing)
        if answer is None or answer[0] != VerdictWord.EXACT:
            if (self.near or reference.precise) and len(set(tied(self.start))) < len(self.start):
                answer = _better(answer, self.align(self.vanishing, alike_are_one=True)[0])
            if answer is None and not exact_only:
                answer = self.align(self.more_vanishing)[0]
                if answer is None and self.affinely_near:
                    answer = self.affine()
        if answer is not None:
            return answer
        return (VerdictWord.DIFFERENT, self.why, None) if settled else self.ask_sympy("the digits do not settle it")

    def gradient(self, formula: Expression, places: Sequence[int] | None = None) -> Gradient | PreciseGradient:
        """Return the formula as a function of its constants, at the points of the reference."""
        if self.reference.precise:
            every = range(len(formula.constants)) if places is None else places
            return PreciseGradient(formula, self.comparison.names, self.reference.x, list(every), self.deadline)
        return Gradient(formula, self.reference.columns, places)

    def is_far(self, formula: Expression) -> bool:
        """Whether no constants nearby, not even with a free factor and summand, bring the formula near the truth."""

        if len(self.start) > _MOST_CONSTANTS or self.reference.blind:
            return False
        reference = self.reference
        values = self.gradient(formula).value(formula.constants)
        residual = root_mean_square((values - reference.y) * reference.weights)
        if not residual > _CLEARLY_FAR or self.is_rounding(formula, residual):
            return False
        try:
            wider = Expression.call("add", Expression.call("mul", formula, 1.0), 0.0)
        except ExpressionError:  # no room for more nodes
            return False
        factor, summand = self.line(values)
        if not self.is_far_from(wider, factor, summand):
            return False
        near = abs(factor - 1) < _NEAR_LINE and abs(summand) < _NEAR_LINE * self.reference.spread
        return near or self.is_far_from(wider, 1.0, 0.0)

    def is_far_from(self, wider: Expression, factor: float, summand: float) -> bool:
        """The same for factor*formula + summand, from one start."""
        import numpy as np

        reference, k = self.reference, len(self.start)
        gradient = self.gradient(wider)
        start = np.array([*wider.constants[:k], factor, summand])
        scales = np.abs(start)
        scales[k + 1] = max(scales[k + 1], reference.unit)
        scales[:k][~movable(wider, reference.columns)[:k]] = 0.0
        # a constant with little effect may go to zero and beyond, and does so rather than the others
        _, slopes = gradient.jacobian(start, range(k))
        effects = np.max(np.abs(slopes * scales), axis=0)
        light = (effects < 10 * RECOVERED_TERM * reference.spread) & (np.arange(k + 2) < k)
        scales[light] *= 100.0
        reach = np.where(light, 0.02, REACH)
        reach[k:] = np.inf
        first = nearby(gradient, reference.y, reference.weights, start, scales, reach, deadline=self.deadline)
        self.affinely_near = not first.residual > _AFFINELY_FAR or self.is_rounding(
            wider.with_constants(first.constants), first.residual
        )
        return first.residual > _CLEARLY_FAR and not self.affinely_near

    def line(self, values: NDArray[np.float64]) -> tuple[float, float]:
        """Return the factor and the summand that bring values nearest to the truth (weighted least squares)."""
        import numpy as np

        reference = self.reference
        columns = np.column_stack([values, np.ones_like(values)]) * reference.weights[:, None]
        sizes = np.array([root_mean_square(column) for column in columns.T])
        if not (np.isfinite(columns).all() and (sizes > 0).all()):
            return 1.0, 0.0
        best = np.linalg.lstsq(columns / sizes, reference.y * reference.weights, rcond=1e-12)[0] / sizes
        return (float(best[0]), float(best[1])) if best[0] and np.isfinite(best).all() else (1.0, 0.0)

    # --- constants that vanish ------------------------------------------------------------------------------------

    @cached_property
    def vanishing(self) -> list[frozenset[int]]:
        """The sets of constants to be tried at zero: all with little effect, those with next to none, none."""
        if len(self.start) > _MOST_CONSTANTS:
            return [frozenset()]
        sets = [self.strays.negligible(tolerance) for tolerance in (RECOVERED_TERM, EXACT_TERM)]
        return list(dict.fromkeys([*sets, frozenset()]))

    @property
    def more_vanishing(self) -> list[frozenset[int]]:
        """Further sets: of the constants with little effect each alone, and all but each."""
        every = self.vanishing[0]
        if len(every) < 2:
            return []
        sets = [*(frozenset([i]) for i in sorted(every)), *(every - {i} for i in sorted(every))]
        return [s for s in dict.fromkeys(sets) if s not in self.vanishing][:_MORE_SETS]

    # --- constants that move --------------------------------------------------------------------------------------

    def align(self, vanishing: list[frozenset[int]], *, alike_are_one: bool = False) -> tuple[Answer | None, bool]:
        """Look for c* in all ways; return the best verdict, if any, and whether every search came to its end.

        Args:
            vanishing: sets of constants to set to zero first.
            alike_are_one: whether numbers of many digits that are nearly equal become one.
        """
        best: Answer | None = None
        settled = len(self.start) <= _MOST_CONSTANTS
        for zeros in vanishing:
            formula = self.strays.without(zeros)
            for keep_short in self.freedoms(formula, alike_are_one=alike_are_one):
                solved = self.solve(formula, keep_short=keep_short, alike_are_one=alike_are_one)
                settled = settled and solved.settled
                answer = self.classify(solved.constants, zeros) if solved.constants is not None else None
                if solved.constants is not None and (answer is None or answer[0] != VerdictWord.EXACT):
                    answer = _better(answer, self.spare(formula, solved.constants, zeros))
                best = _better(best, answer)
                if best is not None and best[0] == VerdictWord.EXACT:
                    return best, settled
        return best, settled

    def freedoms(self, formula: Expression, *, alike_are_one: bool = False, extra: float = 0.0) -> tuple[bool, ...]:
        """Say for `solve` whether constants of few digits are to stay: first yes, then no; never, where none would do.

        Most formulas cannot be made the truth at all. For those it is enough to try once, with all constants free.
        """
        if not any(is_short(c) for c in self.start):
            return (False,)
        search = self.search(formula, alike_are_one=alike_are_one, extra=extra)
        return (True, False) if self.is_close(search, search.start) or self.reach(search) is not None else ()

    def search(
        self, formula: Expression, *, keep_short: bool = False, alike_are_one: bool = False, extra: float = 0.0
    ) -> Search:
        """Prepare to look for c*.

        Args:
            formula: the formula to align.
            keep_short: whether constants of few digits (2.0, -1, 0.5) must stay as they are.
            alike_are_one: whether numbers of many digits that are nearly equal become one.
            extra: if positive, the formula's last constant may move without bound, in steps of that size.
        """
        import numpy as np

        numbers = np.array(formula.constants)
        places = tied(formula.constants) if alike_are_one else list(range(len(numbers)))
        start = numbers
        if places:  # the mean of numbers that are one constant
            start = np.asarray(np.bincount(places, weights=numbers / np.bincount(places)[places]), dtype=np.float64)
        scales = np.abs(start)
        reach = np.full(len(start), REACH)
        if extra:
            scales[-1], reach[-1] = extra, np.inf
        free = movable(formula, self.reference.columns)
        scales[[place for place, moves in zip(places, free, strict=True) if not moves]] = 0.0
        if keep_short:
            scales[[i for i, c in enumerate(start) if is_short(c) and not (extra and i == len(start) - 1)]] = 0.0
        if len(start) > _MOST_CONSTANTS:
            scales[:] = 0.0
        gradient = self.gradient(formula, places)
        return Search(formula=formula, gradient=gradient, places=places, start=start, scales=scales, reach=reach)

    def residual(self, search: Search, constants: NDArray[np.float64]) -> float:
        """Return the root mean square of the weighted difference from the truth."""
        reference = self.reference
        return root_mean_square((search.gradient.value(constants) - reference.y) * reference.weights)

    def is_close(self, search: Search, constants: NDArray[np.float64]) -> bool:
        """Whether the formula with these constants is the truth as far as float64 tells."""
        residual = self.residual(search, constants)
        close = residual < _CLOSE or self.reference.blind
        close = close or self.is_rounding(_with(search.formula, constants, search.places), residual)
        self.near = self.near or close
        return close

    def reach(self, search: Search) -> NDArray[np.float64] | None:
        """Return constants that bring the formula to the truth as far as float64 tells; None where there are none."""
        reference = self.reference
        found = nearby(
            search.gradient, reference.y, reference.weights, search.start, search.scales, search.reach,
            deadline=self.deadline,
        )  # fmt: skip
        if found.residual > _FAR:
            aligned = _with(search.formula, found.constants, search.places)
            if not self.is_rounding(aligned, found.residual):
                return None
        self.near = True
        return found.constants

    def solve(
        self, formula: Expression, *, keep_short: bool = False, alike_are_one: bool = False, extra: float = 0.0
    ) -> Solution:
        """Look for c*; the arguments are those of `search`."""
        search = self.search(formula, keep_short=keep_short, alike_are_one=alike_are_one, extra=extra)
        solution = Solution(constants=None, settled=True, solved=False)
        if self.is_close(search, search.start):
            solution = self.certify(search, search.start, as_written=not alike_are_one)
            if solution.solved or self.reference.blind or self.residual(search, search.start) < _ROUNDING:
                return solution
        reached = self.reach(search)
        if reached is None:
            return solution
        further = self.certify(search, reached)
        return Solution(
            constants=further.constants, settled=further.settled and solution.settled, solved=further.solved
        )

    def certify(self, search: Search, begin: NDArray[np.float64], *, as_written: bool = False) -> Solution:
        """Solve for c* from close by, in more and more digits, and compare f(c*) with the truth.

        Args:
            search: the formula and its constants.
            begin: constants to start from, shape (k,).
            as_written: whether these are the formula's own, which are also tried as they are, to every digit.
        """
        import numpy as np

        reference = self.reference
        exact = PreciseFormula(search.formula, self.comparison.names, search.places)
        context = with_digits(_DIGITS[-1])
        constants = exact.constants() if as_written else [context.mpf(float(c)) for c in begin]
        scales = search.scales
        for digits in _DIGITS:
            last = digits == _DIGITS[-1]
            try:
                if as_written and (digits == _DIGITS[0] or reference.blind):
                    agreed = self.comparison.agrees(exact, constants, digits, last=last)
                    if agreed:
                        return Solution(constants=[float(begin[p]) for p in search.places], settled=True, solved=True)
                if reference.blind:
                    if as_written and agreed is False and all(is_short(c) for c in begin):
                        return Solution(constants=None, settled=True, solved=True)
                    continue
                points, targets = self.comparison.targets(reference.x, digits)
                if reference.precise and np.count_nonzero(scales) <= MOST_FREE:
                    solved = polish_exactly(
                        exact, points, targets, constants, scales, digits=digits, deadline=self.deadline
                    )
                else:
                    solved = polish(
                        exact, search.gradient, points, targets, reference.weights, constants, scales,
                        digits=digits, deadline=self.deadline,
                    )  # fmt: skip
                if solved is None:
                    return Solution(constants=None, settled=True, solved=False)
                constants = [
                    snap(c, float(scale), digits) if scale else c for c, scale in zip(solved, scales, strict=True)
                ]
                agreed = self.comparison.agrees(exact, constants, digits, last=last)
            except UndefinedError:
                return Solution(constants=None, settled=True, solved=True)
            except OutOfReachError:
                return Solution(constants=None, settled=False, solved=False)
            if agreed is not None:
                found = [float(constants[p]) for p in search.places] if agreed else None
                return Solution(constants=found, settled=True, solved=True)
        return Solution(constants=None, settled=False, solved=True)

    def spare(self, formula: Expression, constants: list[float], zeros: frozenset[int]) -> Answer | None:
        """Try to have no constant move far by moving others more, where some can stand in for others."""
        import numpy as np

        own, new = np.array(formula.constants), np.array(constants)
        moving = (own != 0) & (new != 0)
        change = float(np.max(np.abs((new - own)[moving] / own[moving]), initial=0.0))
        if not any(limit < change < _SPARED * limit for limit in (EXACT_CONSTANT, RECOVERED_CONSTANT)):
            return None
        scales = np.where(moving & movable(formula, self.reference.columns), np.abs(own), 0.0)
        begin = closest(self.gradient(formula), self.reference.weights, own, new, scales)
        if begin is None:
            return None
        solved = self.certify(self.search(formula), begin)
        return None if solved.constants is None else self.classify(solved.constants, zeros)

    def is_rounding(self, aligned: Expression, residual: float) -> bool:
        """Whether the difference that is left comes from float64 and not from the formulas."""
        import numpy as np

        reference = self.reference
        if not math.isfinite(residual) or reference.precise:
            return False
        differences = np.abs((aligned(reference.columns) - reference.y) * reference.weights)
        worst = np.argsort(-differences, kind="stable")[:3]
        real = self.comparison.differences(aligned, reference.x[worst])
        return any(
            r is None or r * w < 0.3 * d
            for r, w, d in zip(real, reference.weights[worst], differences[worst], strict=True)
        )

    def classify(self, constants: list[float], zeros: frozenset[int]) -> Answer | None:
        """Return the verdict for constants that make the formula the truth; None where they are too far."""
        gone = zeros | {i for i, c in enumerate(constants) if c == 0 and self.start[i] != 0}
        change = max(
            (abs(c - s) / abs(s) for c, s in zip(constants, self.start, strict=True) if c != s and s and c), default=0.0
        )
        effect = self.strays.effect(gone)
        hidden = self.strays.effect_in_units(gone)
        text = str(self.found.with_constants(constants))
        if hidden >= HIDDEN_TERM:
            self.why = (
                f"it is the truth only without terms that the units of a variable hide: {hidden:.2g} of it near one"
            )
            self.affinely_near = False  # without those terms it is the truth itself
            return None
        if change <= EXACT_CONSTANT and effect < EXACT_TERM:
            return VerdictWord.EXACT, self.comparison.by, text
        if change <= RECOVERED_CONSTANT and effect < RECOVERED_TERM:
            return VerdictWord.RECOVERED, self.comparison.by, text
        if change > RECOVERED_CONSTANT:
            self.why = f"it is the truth only with a constant moved by {change:.2g} of itself"
        else:
            self.why = f"it is the truth only without terms that change it by {effect:.2g} standard deviations"
        return None

    def affine(self) -> Answer | None:
        """Try one more constant, added or multiplied."""
        import numpy as np

        reference = self.reference
        for op in ("add", "mul"):
            for zeros in self.vanishing:
                base = self.strays.without(zeros)
                values = self.gradient(base).value(base.constants)
                weights = reference.weights * reference.unit
                off, size = (reference.y - values) * weights, values * weights
                if op == "add":
                    begin = float(np.sum(off * weights) / np.sum(weights**2))
                else:
                    top = float(np.max(np.abs(size), initial=0.0)) or 1.0
                    size = size / top
                    begin = float(np.sum(size * (reference.y * weights)) / np.sum(size**2)) / top
                if not math.isfinite(begin) or begin == 0:
                    continue
                try:
                    wider = Expression.call(op, base, begin)
                except ExpressionError:  # no room for another node
                    continue
                # the new constant moves more easily than the formula's own
                unit = 30 * (abs(begin) if op == "mul" else reference.unit)
                for keep_short in self.freedoms(wider, extra=unit):
                    constants = self.solve(wider, keep_short=keep_short, extra=unit).constants
                    answer = None if constants is None else self.classify(constants[:-1], zeros)
                    if constants is None or answer is None or (op == "mul" and constants[-1] == 0):
                        continue
                    if constants[-1] == (0 if op == "add" else 1):  # it was not needed, only a help on the way
                        return answer
                    by = f"up to {'an additive' if op == 'add' else 'a multiplicative'} constant; {self.comparison.by}"
                    return VerdictWord.AFFINE, by, str(wider.with_constants(constants))
        return None

    def ask_sympy(self, reason: str) -> Answer:
        """Let SymPy prove the formulas equal; `undecided` where it does not."""
        positive = [name for name, sampling in self.domain.items() if sampling.is_positive]
        if proved_equal(self.found, self.truth, positive=positive, deadline=self.deadline):
            return VerdictWord.EXACT, f"SymPy ({reason})", str(self.found)
        return VerdictWord.UNDECIDED, reason, None


def _better(one: Answer | None, other: Answer | None) -> Answer | None:
    """Return the better of two verdicts, the first where they are as good."""
    known = [answer for answer in (one, other) if answer is not None]
    return min(known, key=lambda answer: list(VerdictWord).index(answer[0])) if known else None


def _with(formula: Expression, constants: NDArray[np.float64], places: Sequence[int]) -> Expression:
    return formula.with_constants(float(constants[place]) for place in places)
