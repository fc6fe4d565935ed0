"""`judge`: is the formula that was found the true one? The answer is a `Verdict`: a word, and the step that decided.

The found formula f carries constants c; the truth is g. The question is whether constants c* near c exist for which
f(c*) and g are the same function, and how near. In the order of their cost:

1. both are evaluated in float64 at random points of the domain;
2. c* is solved for (`srbench_lite.alignment`), first in float64, then to 80 digits;
3. f(c*) and g are compared at other random points, with 80 digits, on the domain and on boxes up to ten million
   times wider or narrower. Two formulas made of analytic functions that agree so at random points are the same
   function on each connected piece of the domain, with probability one (Schwartz, 1980; Zippel, 1979, for
   polynomials). Where the digits do not settle it (cancellation, branches outside the domain), 320 digits are used:
   equal functions then agree to more digits, unequal ones to as many as before;
4. only what is left undecided is given to SymPy, in a child process with a time limit.

Points are real: variables are real, or positive where their sampling says so, and a formula that is undefined where the
truth is defined is another one. The same inputs give the same verdict; the clock only cuts off (`undecided`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

from srbench_lite.alignment import REACH, nearby, polish, snap
from srbench_lite.certification import Comparison
from srbench_lite.derivatives import Gradient
from srbench_lite.errors import ExpressionError
from srbench_lite.expression import Expression
from srbench_lite.free_constants import gathered, is_short, movable, tied, whole_exponents
from srbench_lite.precision import OutOfReachError, OutOfTimeError, PreciseFormula, UndefinedError, with_digits
from srbench_lite.stray_terms import HIDDEN, StrayTerms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.task import Sampling

__all__ = ["SCORING_VERSION", "TOLERANCES", "Verdict", "VerdictWord", "judge"]

#: Version of the rules by which verdicts are given; part of every record's key.
SCORING_VERSION: Final = "1"

#: `exact`: every constant within this share of the constant that makes the formula the truth.
EXACT_CONSTANT: Final = 1e-6
#: `recovered`: the same, coarser.
RECOVERED_CONSTANT: Final = 1e-2
#: `exact`: leaving out vanishing terms changes no value on the domain by more than this share of std(y).
EXACT_TERM: Final = 1e-9
#: `recovered`: the same, coarser.
RECOVERED_TERM: Final = 1e-3

#: The tolerances by name, as they stand in records.
TOLERANCES: Final[dict[str, float]] = {
    "exact_constant": EXACT_CONSTANT,
    "recovered_constant": RECOVERED_CONSTANT,
    "exact_term": EXACT_TERM,
    "recovered_term": RECOVERED_TERM,
}

#: Points for the float64 steps: at least this many, and four for every constant.
_POINTS: Final = 96
#: The same where there are branches: a branch that few points lie on is not to be missed.
_BRANCH_POINTS: Final = 400
#: A pair is not judged on fewer points.
_FEWEST: Final = 8
#: A formula undefined on more than this share of the truth's domain is different, whatever its constants.
_HOLES: Final = 0.05
#: No c* is looked for in formulas with more constants.
_MOST_CONSTANTS: Final = 200
#: Weighted float64 differences that rounding never causes by itself; checked against 50 digits before it is believed.
_FAR: Final = 1e-7
#: Precisions tried, in decimal digits.
_DIGITS: Final = (80, 320)
#: Weighted differences that rounding causes.
_ROUNDING: Final = 1e-12
#: Weighted differences beyond which a formula with free factor and summand is given up.
_CLEARLY_FAR: Final = 1e-4
#: A point where the next float64 changes a value by more is not used in float64.
_CALM: Final = 1e-8
#: Points on which std(y) and the effect of vanishing terms are measured.
_EFFECT_POINTS: Final = 1000
#: Seconds of CPU that SymPy gets at most.
_SYMPY_SECONDS: Final = 2.0


class VerdictWord(StrEnum):
    """The five answers of the judge, the best first."""

    EXACT = "exact"
    RECOVERED = "recovered"
    AFFINE = "affine"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the judge says about one pair of formulas.

    Attributes:
        word: the answer.
        by: the step that decided, in words.
        aligned: text of the found formula with the constants that make it the truth; None where there are none.
        seconds: wall clock that the decision took.
    """

    word: VerdictWord
    by: str
    aligned: str | None
    seconds: float

    @property
    def recovered(self) -> bool:
        """Whether the truth was found: `exact` or `recovered`."""
        return self.word in (VerdictWord.EXACT, VerdictWord.RECOVERED)

    @property
    def recovered_srbench(self) -> bool:
        """Whether the truth was found up to one additive or multiplicative constant."""
        return self.recovered or self.word == VerdictWord.AFFINE


def judge(found: Expression, truth: Expression, domain: Mapping[str, Sampling], *, time_limit: float = 5.0) -> Verdict:
    """Say whether `found` is `truth`.

    Args:
        found: the formula that a method returned.
        truth: the formula that the data were made from.
        domain: where each variable comes from.
        time_limit: wall clock in seconds; what is not decided by then is `undecided`.

    Raises:
        ExpressionError: the truth uses a variable that the domain does not have.
    """
    began = time.perf_counter()
    missing = sorted(set(truth.variables) - set(domain))
    if missing:
        raise ExpressionError(f"no sampling for the variable {missing[0]} of the truth; given: {', '.join(domain)}")
    strange = sorted(set(found.variables) - set(domain))
    if strange:
        word, by, aligned = VerdictWord.DIFFERENT, f"uses {strange[0]}, which is no variable of the task", None
    elif found == truth:
        word, by, aligned = VerdictWord.EXACT, "the same tree", str(found)
    else:
        import numpy as np

        try:
            with np.errstate(all="ignore"):  # formulas may overflow or have no value: that is looked at, not warned of
                word, by, aligned = _decide(found, truth, domain, began + time_limit)
        except OutOfTimeError:
            word, by, aligned = VerdictWord.UNDECIDED, f"time limit of {time_limit:g} s", None
    return Verdict(word=word, by=by, aligned=aligned, seconds=time.perf_counter() - began)


_Answer = tuple[VerdictWord, str, str | None]


def _decide(found: Expression, truth: Expression, domain: Mapping[str, Sampling], deadline: float) -> _Answer:
    """Judge the formula with its constants as they stand, then with those of parts without a variable as one."""
    case = _Case(found, truth, domain, deadline)
    answer = case.decide()
    if answer[0] == VerdictWord.EXACT or case.far:
        return answer
    fewer = gathered(found)
    if fewer == found:
        return answer
    again = _Case(fewer, truth, domain, deadline).decide()
    return again if again[0] == VerdictWord.EXACT or answer[0] == VerdictWord.UNDECIDED else answer


class _Case:
    """One pair under judgement: the steps, and what they have found out."""

    def __init__(self, found: Expression, truth: Expression, domain: Mapping[str, Sampling], deadline: float) -> None:
        self.found = found = whole_exponents(found)
        self.truth = truth
        self.domain = domain
        self.deadline = deadline
        self.start = found.constants
        self.comparison = Comparison(found, truth, domain, deadline)
        self.why = "no constants nearby make it the truth"
        self.far = False  # whether the formula's values are nowhere near the truth's

    def decide(self) -> _Answer:
        """Go through the steps."""
        import numpy as np

        if not self.sample():
            return self.ask_sympy("the truth is defined nearly nowhere on its domain")
        values = self.found(self.columns)
        defined = np.isfinite(values)
        if not defined.all() and self.comparison.is_undefined(self.x[~defined]):
            if (~defined).mean() > _HOLES:
                return VerdictWord.DIFFERENT, "undefined where the truth is defined", None
            self.comparison.holes = self.x[~defined][:4]
        if defined.sum() < _FEWEST:
            return self.compare_as_is()
        calm = defined & self.is_calm(values)
        kept = calm if calm.sum() >= _FEWEST else defined
        self.restrict(kept)
        self.strays = StrayTerms(self.found, Gradient(self.found, self.columns), self.many, self.spread)
        if self.is_far(self.found) and (not self.vanishing[0] or self.is_far(self.strays.without(self.vanishing[0]))):
            self.far = True
            return VerdictWord.DIFFERENT, self.why, None
        answer, settled = self.align()
        if (answer is None or answer[0] != VerdictWord.EXACT) and len(set(tied(self.start))) < len(self.start):
            again, _ = self.align(equal_are_one=True)
            if again is not None and (answer is None or again[0] == VerdictWord.EXACT):
                answer = again
        answer = answer or self.affine()
        if answer is not None:
            return answer
        return (VerdictWord.DIFFERENT, self.why, None) if settled else self.ask_sympy("the digits do not settle it")

    def align(self, *, equal_are_one: bool = False) -> tuple[_Answer | None, bool]:
        """Look for c* in all ways; return the best verdict, if any, and whether every search came to its end.

        Args:
            equal_are_one: whether equal numbers of many digits stay equal.
        """
        best: _Answer | None = None
        settled = True
        for zeros in self.vanishing:
            for keep_short in self.freedoms():
                formula = self.strays.without(zeros)
                solved = self.solve(formula, keep_short=keep_short, equal_are_one=equal_are_one)
                settled = settled and solved.settled
                answer = self.classify(solved.constants, zeros) if solved.constants is not None else None
                if answer is not None and (best is None or answer[0] == VerdictWord.EXACT):
                    best = answer
                if best is not None and best[0] == VerdictWord.EXACT:
                    return best, settled
        return best, settled

    def compare_as_is(self) -> _Answer:
        """Compare a formula that overflows float64 on the whole domain, its constants taken as they are."""
        formula = PreciseFormula(self.found, self.comparison.names)
        agreed: bool | None = False
        for digits in _DIGITS:
            with_digits(digits)
            try:
                agreed = self.comparison.agrees(formula, formula.constants(), digits, wide=digits == _DIGITS[0])
            except (UndefinedError, OutOfReachError):
                agreed = False
            if agreed is not None:
                break
        if agreed:
            return VerdictWord.EXACT, self.comparison.by, str(self.found)
        if agreed is None:
            return self.ask_sympy("it cannot be evaluated where the truth is defined")
        return VerdictWord.DIFFERENT, "beyond float64 where the truth is not", None

    def is_far(self, formula: Expression) -> bool:
        """Whether no constants nearby, not even with a free factor and summand, bring the formula near the truth."""
        import numpy as np

        off = (formula(self.columns) - self.y) * self.weights
        k = len(self.start)
        if not np.sqrt(np.mean(off**2)) > _CLEARLY_FAR or k > _MOST_CONSTANTS:
            return False
        try:
            wider = Expression.call("add", Expression.call("mul", formula, 1.0), 0.0)
        except ExpressionError:  # no room for more nodes
            return False
        gradient = Gradient(wider, self.columns)
        start = np.array(wider.constants)
        scales = np.abs(start)
        scales[k + 1] = 1.0 / float(np.sqrt(np.mean(self.weights**2)))
        scales[:k][~movable(formula, self.columns)] = 0.0
        # a constant with little effect may go to zero and beyond, and does so rather than the others
        _, slopes = gradient.jacobian(start, range(k))
        effects = np.max(np.abs(slopes * scales), axis=0)
        light = effects < 10 * RECOVERED_TERM * self.spread
        scales[light] *= 100.0
        reach = np.where(light, 0.02, REACH)
        reach[k:] = np.inf
        first = nearby(gradient, self.y, self.weights, start, scales, reach, deadline=self.deadline)
        return first.residual > _CLEARLY_FAR and not self.is_rounding(
            wider.with_constants(first.constants), first.residual
        )

    def freedoms(self) -> tuple[bool, ...]:
        """Whether constants of few digits stay: first yes, then no; only one of the two where it is all the same."""
        short = [is_short(c) for c in self.start]
        return (True, False) if any(short) else (False,)

    def sample(self) -> bool:
        """Draw points of the domain where the truth is finite; return whether there are enough."""
        import numpy as np

        points = _POINTS if self.comparison.smooth else _BRANCH_POINTS
        wanted = max(points, 4 * min(len(self.start), _MOST_CONSTANTS))
        x = self.comparison.draw(wanted, part=0)
        for part in (1, 2):
            columns = self.comparison.columns(x)
            y = np.array(np.broadcast_to(self.truth(columns), len(x)))
            good = np.flatnonzero(np.isfinite(y))[:wanted]
            if len(good) > wanted / 2:
                break
            x = np.concatenate([x, self.comparison.draw(10 * wanted, part=-part)])
        self.x = x[good]  # (n, d)
        self.y = y[good]  # (n,)
        absolute = np.abs(self.y)
        top = float(np.max(absolute, initial=0.0))
        size = top * float(np.sqrt(np.mean((self.y / top) ** 2))) if top else 0.0  # squares of values may overflow
        many = self.comparison.draw(_EFFECT_POINTS, part=3)
        values = np.broadcast_to(self.truth(self.comparison.columns(many)), len(many))
        finite = np.isfinite(values)
        self.many = self.comparison.columns(many[finite])
        sample = values[finite] if finite.sum() >= _FEWEST else self.y
        largest = float(np.max(np.abs(sample), initial=0.0))
        spread = largest * float(np.std(sample / largest)) if largest else 0.0
        self.spread = spread if spread > 1e-13 * size else size or 1.0  # a constant truth: against its value
        floor = (0.1 * float(np.median(absolute)) if len(good) else 0.0) or 0.1 * size or 1.0
        self.weights = 1.0 / np.maximum(absolute, floor)
        self.comparison.size = size or 1.0
        self.columns = self.comparison.columns(self.x)
        return len(good) >= _FEWEST and math.isfinite(self.spread) and bool((self.weights > 0).all())

    def is_calm(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return where float64 can be trusted, shape (n,): not at sin(1e20), where the next number has another sine."""
        import numpy as np

        columns = {name: np.nextafter(column, np.inf) for name, column in self.columns.items()}
        change = np.maximum(np.abs(self.found(columns) - values), np.abs(self.truth(columns) - self.y))
        return np.asarray(change * self.weights < _CALM)

    def restrict(self, kept: NDArray[np.bool_]) -> None:
        """Keep only some of the points."""
        self.x, self.y, self.weights = self.x[kept], self.y[kept], self.weights[kept]
        self.columns = self.comparison.columns(self.x)

    @cached_property
    def vanishing(self) -> list[frozenset[int]]:
        """The sets of constants to be tried at zero: all with little effect, those with next to none, none."""
        if len(self.start) > _MOST_CONSTANTS:
            return [frozenset()]
        sets = [self.strays.negligible(tolerance) for tolerance in (RECOVERED_TERM, EXACT_TERM)]
        return list(dict.fromkeys([*sets, frozenset()]))

    # --- constants that move --------------------------------------------------------------------------------------

    def solve(
        self, formula: Expression, *, keep_short: bool = False, equal_are_one: bool = False, extra: float = 0.0
    ) -> _Solution:
        """Look for c*.

        Args:
            formula: the formula to align.
            keep_short: whether constants of few digits (2.0, -1, 0.5) must stay as they are.
            equal_are_one: whether equal numbers of many digits stay equal.
            extra: if positive, the formula's last constant may move without bound, in steps of that size.
        """
        import numpy as np

        numbers = formula.constants
        places = tied(numbers) if equal_are_one else list(range(len(numbers)))
        start = np.zeros(max(places, default=-1) + 1)
        start[places] = numbers
        scales = np.abs(start)
        reach = np.full(len(start), REACH)
        if extra:
            scales[-1], reach[-1] = extra, np.inf
        scales[[place for place, free in zip(places, movable(formula, self.columns), strict=True) if not free]] = 0.0
        if keep_short:
            scales[[i for i, c in enumerate(start) if is_short(c) and not (extra and i == len(start) - 1)]] = 0.0
        too_many = len(start) > _MOST_CONSTANTS
        if too_many:
            scales[:] = 0.0
        gradient = Gradient(formula, self.columns, places)
        first = nearby(gradient, self.y, self.weights, start, scales, reach, deadline=self.deadline)
        if first.residual > _FAR and not self.is_rounding(
            formula.with_constants(first.constants[places]), first.residual
        ):
            return _Solution(constants=None, settled=not too_many)
        moved = np.abs(first.constants - start) > 1e-9 * scales
        precise_found = PreciseFormula(formula, self.comparison.names, places)
        with_digits(_DIGITS[-1])
        constants = precise_found.constants()
        if moved.any() and first.residual < math.inf:
            constants = [with_digits(_DIGITS[-1]).mpf(float(c)) for c in first.constants]
        for digits in _DIGITS:
            wide = digits == _DIGITS[0]
            try:
                unmoved = wide and first.residual < _ROUNDING and not moved.any()
                if unmoved and self.comparison.agrees(precise_found, constants, digits, wide=wide):
                    return _Solution(constants=list(numbers), settled=True)
                points, targets = self.comparison.targets(self.x, digits)
                solved = polish(
                    precise_found, gradient, points, targets, self.weights, constants, scales,
                    digits=digits, deadline=self.deadline,
                )  # fmt: skip
                if solved is None:
                    return _Solution(constants=None, settled=True)
                constants = [
                    snap(c, float(scale), digits) if scale else c for c, scale in zip(solved, scales, strict=True)
                ]
                agreed = self.comparison.agrees(precise_found, constants, digits, wide=wide)
            except UndefinedError:
                return _Solution(constants=None, settled=True)
            except OutOfReachError:
                return _Solution(constants=None, settled=False)
            if agreed is not None:
                return _Solution(constants=[float(constants[p]) for p in places] if agreed else None, settled=True)
        return _Solution(constants=None, settled=False)

    def is_rounding(self, aligned: Expression, residual: float) -> bool:
        """Whether the difference that is left comes from float64 and not from the formulas."""
        import numpy as np

        if not math.isfinite(residual):
            return False
        differences = np.abs((aligned(self.columns) - self.y) * self.weights)
        worst = np.argsort(-differences, kind="stable")[:3]
        real = self.comparison.differences(aligned, self.x[worst])
        return any(
            r is None or r * w < 0.3 * d for r, w, d in zip(real, self.weights[worst], differences[worst], strict=True)
        )

    def classify(self, constants: list[float], zeros: frozenset[int]) -> _Answer | None:
        """Return the verdict for constants that make the formula the truth; None where they are too far."""
        gone = zeros | {i for i, c in enumerate(constants) if c == 0 and self.start[i] != 0}
        change = max(
            (abs(c - s) / abs(s) for c, s in zip(constants, self.start, strict=True) if c != s and s and c), default=0.0
        )
        effect = self.strays.effect(gone)
        hidden = self.strays.effect_in_units(gone)
        text = str(self.found.with_constants(constants))
        if hidden >= HIDDEN:
            self.why = (
                f"it is the truth only without terms that the units of a variable hide: {hidden:.2g} of it near one"
            )
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

    def affine(self) -> _Answer | None:
        """Try one more constant, added or multiplied."""
        import numpy as np

        for op in ("add", "mul"):
            for zeros in self.vanishing:
                base = self.strays.without(zeros)
                values = base(self.columns)
                square = self.weights**2
                if op == "add":
                    begin = float(np.sum(square * (self.y - values)) / np.sum(square))
                else:
                    begin = float(np.sum(square * values * self.y) / np.sum(square * values**2))
                if not math.isfinite(begin) or begin == 0:
                    continue
                try:
                    wider = Expression.call(op, base, begin)
                except ExpressionError:  # no room for another node
                    continue
                # the new constant moves more easily than the formula's own
                unit = 30 * (abs(begin) if op == "mul" else 1.0 / float(np.sqrt(np.mean(self.weights**2))))
                for keep_short in self.freedoms():
                    constants = self.solve(wider, keep_short=keep_short, extra=unit).constants
                    if constants is None or constants[-1] == 0 or self.classify(constants[:-1], zeros) is None:
                        continue
                    by = f"up to {'an additive' if op == 'add' else 'a multiplicative'} constant; {self.comparison.by}"
                    return VerdictWord.AFFINE, by, str(wider.with_constants(constants))
        return None

    # --- the last resort ------------------------------------------------------------------------------------------

    def ask_sympy(self, reason: str) -> _Answer:
        """Let SymPy prove the formulas equal, in a child process; `undecided` where it does not."""
        import sympy  # here and not in the child: imported once

        from srbench_lite.child import in_child

        positive = [name for name, sampling in self.domain.items() if sampling.is_positive]

        def prove() -> str:
            difference = self.found.to_sympy(positive=positive) - self.truth.to_sympy(positive=positive)
            return "equal" if sympy.simplify(difference) == 0 else ""

        left = self.deadline - time.perf_counter()
        if max(self.found.complexity, self.truth.complexity) <= 200 and left > 0:
            answer = in_child(prove, cpu_seconds=_SYMPY_SECONDS, wall_seconds=left)
            if answer == "equal":
                return VerdictWord.EXACT, f"SymPy ({reason})", str(self.found)
        return VerdictWord.UNDECIDED, reason, None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solution:
    """What became of the search for c*: the constants, if any, and whether the answer is certain."""

    constants: list[float] | None
    settled: bool
