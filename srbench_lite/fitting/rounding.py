"""`round_constants`: the constants of a fitted formula replaced by numbers that people write, where the data allow it.

One constant after the other, exponents first and then the one that saves most (2.3 behind 2.2972 is no chance, 6.29
behind 6.2878 is): each is replaced by the spelling that makes the description shortest, within three standard errors,
and the others are fitted again. The k-th spelling is accepted where the sum of squares rises by at most 9 variances,
three standard errors, above the one before, and by at most 9 + 2 (k - 1) above the first, where all constants were
fitted. True values raise that by chi-square with k degrees of freedom, and this is its 99.7 % quantile within a tenth
for k up to 16: so small rises do not add up to a misfit. On noise-free data the variance is that of rounding, which is
no chance and does add up, and only the first rule holds. Threshold and refit, as in "Discovering governing equations
from data by sparse identification of nonlinear dynamical systems" (Brunton, Proctor, Kutz, 2016), but for the digits of
any tree's numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.gradient import Gradient
from srbench_lite.fitting.canonical_form import tidy
from srbench_lite.fitting.deadline import Deadline
from srbench_lite.fitting.equivalent_forms import PHASE_ROUNDING, equivalent_forms, rephased
from srbench_lite.fitting.idle_parts import without_idle_parts
from srbench_lite.fitting.levenberg_marquardt import Fitted, fit_constants, is_structural
from srbench_lite.fitting.problem import DIGIT_PRICE, NODE_PRICE, Problem
from srbench_lite.fitting.short_constants import (
    MAX_DECIMAL_DIGITS,
    Spelling,
    formula_digits,
    known_digits,
    number_digits,
    spellings,
)
from srbench_lite.fitting.work_clock import count_work

__all__ = ["RoundedFormula", "round_constants"]

Array = NDArray[np.float64]

#: A constant may move by this many standard errors (0.3 % of true short values lie outside), and raise the sum of
#: squares by as many variances, squared.
_MAX_STANDARD_ERRORS: Final = 3.0
#: Variances by which all spellings together may raise it more, for each after the first.
_MAX_FURTHER_VARIANCES: Final = 2.0
#: Rounding of residuals, relative to the root mean square of y: a few times float64's epsilon.
_FLOAT_ROUNDING_SHARE: Final = 2e-15
#: Spellings of one constant that are tried.
_MAX_SPELLINGS: Final = 3
#: Singular values are never taken to be below this share of the largest: where nothing is known, variances are huge
#: but finite. It is no rank, as `DEPENDENT` of a fit is.
_MIN_SINGULAR_SHARE: Final = 1e-14
#: What another form of the formula must save, in units of the criterion: some five forms are tried.
_MIN_FORM_GAIN: Final = 2 * math.log(5)
#: With so few digits a constant, no other form is tried; under noise, where digits are few, nor with so many constants.
_MAX_GOOD_DIGITS: Final = 1.2
_MAX_CONSTANTS: Final = 6
#: Formulas with more fitted constants are only tidied: nobody reads them, and it would take seconds.
_MAX_FREE: Final = 24
#: A constant moves far where it moves by more than this share; then the others need damped steps, at most so many.
_MAX_NEAR_MOVE: Final = 0.05
_MAX_FAR_STEPS: Final = 12
#: The others are fitted again until the sum of squares is within this share of one point's of the one before.
_MAX_ENOUGH_VARIANCES: Final = 0.1
#: Constants whose variance is this many times what it were if the others were known make up for each other; so many of
#: them are tried as 1.
_MIN_VARIANCE_RATIO: Final = 1e12
_MAX_ANCHORS: Final = 4
_TINY_SIZE: Final = 1e-300
#: Less than half a unit in the last place: no other number is within this share of one.
_MAX_SAME_SHARE: Final = 1e-16
#: Nanoseconds, for `count_work`: of tidying a formula and its other forms, by node; of the spellings of a number; of a
#: covariance, and of it by node of the formula, by value, and by point and pair of constants.
_TIDIED_NODE: Final = 60_000.0
_SPELLED: Final = 150_000.0
_COVARIANCE: Final = 60_000.0
_NODE: Final = 5_000.0
_VALUE: Final = 10.0
_PAIR: Final = 4.0
#: Digits that a phase without a short spelling costs.
_ALL_DIGITS: Final = 17


@dataclass(frozen=True, slots=True, eq=False)
class RoundedFormula:
    """A formula whose constants have their final values.

    Attributes:
        expression: the formula, tidied.
        rss: sum of squared residuals on the data.
        digits: of all constants together, as written.
    """

    expression: Expression
    rss: float
    digits: float

    @property
    def free(self) -> int:
        """Number of constants that are neither small whole numbers nor short ratios."""
        return sum(not is_structural(c) for c in self.expression.constants)

    def criterion(self, problem: Problem) -> float:
        """Return the description length on the problem's data."""
        return problem.criterion(self.rss, self.expression, self.digits)


def round_constants(formula: Fitted | Expression, problem: Problem, deadline: Deadline | None = None) -> RoundedFormula:
    """Replace constants by short values where the data allow it, drop idle parts, and tidy the formula.

    Args:
        formula: fitted; constants that are structural (exactly p/q) stay.
        problem: what it was fitted to.
        deadline: when it is over, no further form of the formula is tried and no further constant looked at.

    Returns:
        The formula with its final constants, or as it came where no shorter one explains the data as well. One with
        more than 24 fitted constants is only tidied.
    """
    deadline = deadline or Deadline(math.inf)
    expression = formula.expression if isinstance(formula, Fitted) else formula
    rss = problem.rss(expression)
    plain = RoundedFormula(expression, rss, formula_digits(expression))
    if not math.isfinite(rss):
        return plain
    count_work(expression.complexity * _TIDIED_NODE)
    neat = tidy(without_idle_parts(expression, problem.columns))
    best = _better(plain, neat, problem)
    if sum(not is_structural(c) for c in neat.constants) > _MAX_FREE:
        return best
    has_waves = any(node.op in ("sin", "cos") for node in neat.postorder())
    with np.errstate(all="ignore"):
        for place, form in enumerate(equivalent_forms(neat)):
            rounding = _ConstantRounding(form, problem, deadline)
            if not math.isfinite(rounding.rss):
                continue
            if has_waves:
                rounding = rounding.rephased()
            for candidate in [*rounding.anchored(), rounding]:
                if deadline.is_over:
                    return best
                count_work(form.complexity * _TIDIED_NODE)
                best = _better(best, candidate.round_all(), problem, margin=_MIN_FORM_GAIN if place else 0.0)
            count = len(best.expression.constants)
            if best.digits <= _MAX_GOOD_DIGITS * count or (count > _MAX_CONSTANTS and not rounding.is_long(best)):
                break
        if has_waves:  # phases are known better now that other numbers are
            last = _ConstantRounding(best.expression, problem, deadline).rephased()
            if last.expression != best.expression:
                best = _better(best, last.round_all(), problem)
    return best


def _better(best: RoundedFormula, expression: Expression, problem: Problem, margin: float = 0.0) -> RoundedFormula:
    """Return the shorter description; the new one where they are alike, unless it must win by a margin."""
    rss = problem.rss(expression)
    if not math.isfinite(rss):
        return best
    new = RoundedFormula(expression, rss, formula_digits(expression))
    return new if new.criterion(problem) <= best.criterion(problem) - margin else best


class _ConstantRounding:
    """A formula whose constants are rounded one by one."""

    __slots__ = (
        "deadline",
        "exponents",
        "expression",
        "first_rss",
        "free",
        "gradient",
        "is_exact",
        "problem",
        "rss",
        "spelled",
        "values",
        "variance",
    )

    def __init__(self, expression: Expression, problem: Problem, deadline: Deadline) -> None:
        self.expression, self.problem, self.deadline = expression, problem, deadline
        self.gradient = Gradient(expression, problem.columns)
        constants = expression.constants
        self.exponents = _exponents(expression)
        self.free = [k for k, c in enumerate(constants) if not is_structural(c)]
        self.spelled: dict[int, Spelling] = {}
        self.values, self.rss = fit_constants(
            self.gradient, np.array(constants), self.free, problem.y, steps=3, scale=problem.scale
        )
        top = float(np.sqrt(np.mean(problem.scaled(problem.y) ** 2))) or 1.0
        self.variance = max(problem.variance(self.rss, len(self.free)), (_FLOAT_ROUNDING_SHARE * top) ** 2)
        self.is_exact = problem.is_exact(self.rss)
        self.first_rss = self.rss

    def rephased(self) -> _ConstantRounding:
        """Return a rounding where sines and cosines have the phases of the shortest description."""
        covariance = self.covariance()

        def price(k: int, value: float) -> float:
            priced = self.priced(value, max(self.error(k, covariance), PHASE_ROUNDING))
            return priced[0][0] if priced else DIGIT_PRICE * _ALL_DIGITS

        fitted = self.expression.with_constants(self.values.tolist())
        other = rephased(fitted, price)
        return self if other == fitted else _ConstantRounding(other, self.problem, self.deadline)

    def round_all(self) -> Expression:
        """Round what can be rounded; return the formula with spellings in place of numbers."""
        for _ in range(2):
            count = len(self.spelled)
            self.one_pass()
            if len(self.spelled) == count or not self.free:
                break
        for k in range(len(self.values)):
            if k not in self.spelled and k not in self.free:
                value = float(self.values[k])
                exact = [s for s in spellings(value, _MAX_SAME_SHARE * abs(value), exact=True) if s.value == value]
                if exact:
                    self.spelled[k] = exact[0]
        return tidy(self.written())

    def anchored(self) -> list[_ConstantRounding]:
        """Return roundings where one of the constants that make up for each other is 1: the scale of a ratio, say."""
        if len(self.free) < 2:
            return []
        covariance = self.covariance()
        columns = self.columns()
        alone = self.variance / np.einsum("ij,ij->j", columns, columns)  # were the others known
        result: list[_ConstantRounding] = []
        for i, k in enumerate(self.free):
            value = float(self.values[k])
            makes_up = covariance[i, i] > _MIN_VARIANCE_RATIO * alone[i]
            if k in self.exponents or not makes_up or len(result) == _MAX_ANCHORS:
                continue
            rounding = _ConstantRounding(self.expression, self.problem, self.deadline)
            number = math.copysign(1.0, value)
            unit = Spelling(number, 0.0, Expression.constant(number))
            if k in rounding.free and rounding.attempt(k, unit, covariance):
                result.append(rounding)
        return result

    def one_pass(self) -> None:
        """Offer every free constant a spelling: exponents first, then where it saves most, a true hit before chance."""
        covariance = self.covariance()  # (free, free)
        gains = {k: self.choices(k, self.error(k, covariance))[0] for k in self.free}
        while gains and not self.deadline.is_over:
            k = min(gains, key=lambda k: (k not in self.exponents, -gains[k], k))
            gain, choices = self.choices(k, self.error(k, covariance))
            if gain < gains[k] - DIGIT_PRICE:  # others were rounded since: look again at who comes first
                gains[k] = gain
                continue
            del gains[k]
            for spelling in choices:
                if self.attempt(k, spelling, covariance):
                    covariance = self.covariance()
                    break

    def is_long(self, best: RoundedFormula) -> bool:
        """Whether constants of an exact formula were left as they are: another form may have short ones."""
        return self.is_exact and max(map(number_digits, best.expression.constants), default=0.0) > MAX_DECIMAL_DIGITS

    def error(self, k: int, covariance: Array) -> float:
        """Return the standard error of constant k."""
        i = self.free.index(k)
        return math.sqrt(max(float(covariance[i, i]), 0.0))

    def choices(self, k: int, error: float) -> tuple[float, list[Spelling]]:
        """Return what is saved on constant k, in units of the criterion, and its shortest descriptions, best first."""
        value = float(self.values[k])
        priced = self.priced(value, error, plain=k in self.exponents)[:_MAX_SPELLINGS]
        if not priced:
            return -math.inf, []
        known = known_digits(max(abs(value), _TINY_SIZE), max(error, _FLOAT_ROUNDING_SHARE * abs(value), _TINY_SIZE))
        return DIGIT_PRICE * known - priced[0][0], [spelling for _, spelling in priced]

    def priced(self, value: float, error: float, *, plain: bool = False) -> list[tuple[float, Spelling]]:
        """Return the spellings of a number and what each costs, in units of the criterion, the cheapest first."""

        def description(spelling: Spelling) -> float:
            off = (spelling.value - value) / error if error else 0.0
            return DIGIT_PRICE * spelling.digits + NODE_PRICE * (spelling.expression.complexity - 1) + off * off

        count_work(_SPELLED)
        near = spellings(value, _MAX_STANDARD_ERRORS * error, exact=self.is_exact, plain=plain)
        return sorted(((description(spelling), spelling) for spelling in near), key=lambda pair: pair[0])

    def attempt(self, k: int, spelling: Spelling, covariance: Array) -> bool:
        """Give constant k its spelling if the others, fitted again, make up for it.

        The sum of squares that the next rise is measured from is the new one, or the one before where that is larger.
        """
        i = self.free.index(k)
        move = spelling.value - float(self.values[k])
        start = self.values.copy()
        if covariance[i, i] > 0 and math.isfinite(move):
            start[self.free] += covariance[:, i] / covariance[i, i] * move
        others = [f for f in self.free if f != k]
        is_far = abs(move) > _MAX_NEAR_MOVE * abs(float(self.values[k]))
        new = math.inf
        for origin in (start, self.values) if is_far else (start,):
            trial = origin.copy()
            trial[k] = spelling.value
            trial, new = fit_constants(
                self.gradient, trial, others, self.problem.y,
                steps=_MAX_FAR_STEPS if is_far else 0, enough=self.rss + _MAX_ENOUGH_VARIANCES * self.variance,
                scale=self.problem.scale,
            )  # fmt: skip
            if self.is_close(new):
                break
        if not self.is_close(new):
            return False
        self.values, self.rss, self.free = trial, max(new, self.rss), others
        self.spelled[k] = spelling
        return True

    def is_close(self, rss: float) -> bool:
        """Whether a sum of squares is no more than chance above the one before and, but for rounding, the first."""
        step = _MAX_STANDARD_ERRORS**2 * self.variance
        total = math.inf if self.is_exact else step + _MAX_FURTHER_VARIANCES * len(self.spelled) * self.variance
        return rss - self.rss <= step and rss - self.first_rss <= total

    def columns(self) -> Array:
        """Return the slopes of the scaled formula by its free constants, shape (n, free)."""
        _, jacobian = self.gradient.jacobian(self.values, set(self.free))
        return self.problem.scaled(jacobian[:, self.free].T).T

    def covariance(self) -> Array:
        """Return the covariance of the free constants, shape (free, free)."""
        if not self.free:
            return np.zeros((0, 0))
        n, k = len(self.problem.y), len(self.free)
        count_work(_COVARIANCE + self.gradient.nodes * (_NODE + _VALUE * n) + n * k * k * _PAIR)
        columns = np.nan_to_num(self.columns(), nan=0.0, posinf=0.0, neginf=0.0)
        missing = max(len(self.free) - len(columns), 0)  # with fewer points than constants, directions without any
        columns = np.pad(columns, ((0, missing), (0, 0)))
        lengths = np.sqrt(np.einsum("ij,ij->j", columns, columns))
        silent = ~(lengths > 0)
        lengths[silent] = 1.0
        _, singular, right = np.linalg.svd(columns / lengths, full_matrices=False)
        shares = right / np.maximum(singular, _MIN_SINGULAR_SHARE * max(float(singular[0]), 1e-300))[:, None] / lengths
        result: Array = self.variance * (shares.T @ shares)
        result[silent, silent] = 0.0
        return result

    def written(self) -> Expression:
        """Return the formula with its spellings."""
        supply = iter(range(len(self.values)))

        def leaf(node: Expression) -> Expression:
            if not node.is_constant:
                return node
            k = next(supply)
            return self.spelled[k].expression if k in self.spelled else Expression.constant(float(self.values[k]))

        return self.expression.fold(leaf, lambda node, args: Expression(node.op, args=args))


def _exponents(expression: Expression) -> set[int]:
    """Return the places of constants that are exponents."""
    seen = 0
    result: set[int] = set()

    def leaf(node: Expression) -> int | None:
        nonlocal seen
        if not node.is_constant:
            return None
        seen += 1
        return seen - 1

    def inner(node: Expression, args: list[int | None]) -> int | None:
        place = args[-1]
        if node.op == "pow" and place is not None:
            result.add(place)
        return place if node.op == "neg" else None

    expression.fold(leaf, inner)
    return result
