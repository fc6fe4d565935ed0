"""`answer`: formulas that several methods found to one Pareto front, and the formula to recommend.

The front is of complexity against the error on held-out rows, or on training rows where none are held out. The
recommended formula is the one on it of least description length on all rows, held-out ones included (Rissanen,
"Modeling by shortest data description", 1978): the misfit n log(rss / n), a price for each node, and for each constant
the digits that it has, as methods choose among their own formulas (`srbench_lite.fitting.problem`). One thing differs:
methods that round no constants write all digits of them, so digits that the data cannot tell cost nothing. A constant
is known to a share of about sqrt(nmse / n) of itself, which caps its price at log(n / nmse).

Within the noise simpler formulas win, since what a further node explains there is less than its price; where noise is
known (weights, or the digits of the data), errors below it are not paid for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.errors import FitError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS
from srbench_lite.fitting.problem import DIGIT_PRICE, MIN_RESIDUAL_SHARE, Problem
from srbench_lite.fitting.short_constants import number_digits
from srbench_lite.judging.scoring import errors_on, undefined_on
from srbench_lite.problems.data import Samples

__all__ = ["Answer", "Errors", "FrontRow", "answer"]

Array = NDArray[np.float64]

#: Formulas whose values differ by less than this share of the size of y, at every row, are one formula.
_MAX_SAME_SHARE: Final = 1e-9
#: Errors below this share of the size of y are rounding; the simpler formula is as good.
_MAX_EXACT_SHARE: Final = 2e-12
#: What is alike and what to recommend is seen on so many rows at most, drawn without replacement.
_MAX_ROWS_OF_CHOICE: Final = 20_000
#: Price of pi and e in digits.
_NAMED_DIGITS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How far off a formula is on some rows. Where rows have weights, so have the errors.

    Attributes:
        mse: mean squared error; None where the formula is undefined on some row.
        nmse: the same over the variance of y; None where y is constant, too.
        r2: 1 - nmse.
        undefined: number of rows on which the formula is undefined.
    """

    mse: float | None
    nmse: float | None
    r2: float | None
    undefined: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrontRow:
    """A formula of the answer.

    Attributes:
        methods: who found it, in the order in which they were given.
        expression: the formula.
        complexity: number of its nodes.
        train: errors on the training rows.
        held_out: errors on rows that no method has seen; None where there are none.
    """

    methods: tuple[str, ...]
    expression: Expression
    complexity: int
    train: Errors
    held_out: Errors | None

    @property
    def shown(self) -> Errors:
        """Errors on the held-out rows, or on the training rows where none are held out."""
        return self.train if self.held_out is None else self.held_out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What several methods found together.

    Attributes:
        rows: the Pareto front, simplest first; each row is more complex than the one before and has a smaller error.
        recommended: one of the rows.
        reason: why that one, in a sentence or two.
        behind: number of further formulas, which others on the front beat in error and complexity.
        undefined: formulas that are undefined on some row; they are not on the front.
        is_held_out: whether the front's errors are on held-out rows.
    """

    rows: tuple[FrontRow, ...]
    recommended: FrontRow
    reason: str
    behind: int
    undefined: tuple[FrontRow, ...]
    is_held_out: bool


def answer(found: Sequence[tuple[str, Expression]], train: Samples, held_out: Samples | None) -> Answer:
    """Join what methods found to one front, and choose.

    Args:
        found: name of a method and a formula of it, for every formula of every method. Formulas that are the same, or
            have the same values at all rows, count once.
        train: the rows that methods have seen.
        held_out: rows that they have not; None where there are none.

    Raises:
        FitError: no formula is defined on all training rows.
    """
    rows = [_row(methods, expression, train, held_out) for expression, methods in _by_formula(found).items()]
    defined = [row for row in rows if not row.train.undefined and not (row.held_out and row.held_out.undefined)]
    undefined = [row for row in rows if row not in defined]
    if not defined and held_out is not None:  # what is undefined on a held-out row only is better than nothing
        held_out = None
        defined = [replace(row, held_out=None) for row in rows if not row.train.undefined]
    if not defined:
        what = "every formula is undefined on some training row" if rows else "no method found a formula"
        raise FitError(f"{what}; give more time, or another method")
    every = _some(train if held_out is None else _joined(train, held_out))
    distinct = _distinct(defined, every)
    front = _front(distinct, train if held_out is None else held_out)
    recommended, reason = _recommended(front, every)
    return Answer(
        rows=tuple(front), recommended=recommended, reason=reason, behind=len(distinct) - len(front),
        undefined=tuple(undefined), is_held_out=held_out is not None,
    )  # fmt: skip


def _by_formula(found: Iterable[tuple[str, Expression]]) -> dict[Expression, tuple[str, ...]]:
    """Return who found each formula."""
    methods: dict[Expression, tuple[str, ...]] = {}
    for method, expression in found:
        methods[expression] = _union(methods.get(expression, ()), (method,))
    return methods


def _union(methods: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*methods, *others)))


def _row(methods: tuple[str, ...], expression: Expression, train: Samples, held_out: Samples | None) -> FrontRow:
    return FrontRow(
        methods=methods, expression=expression, complexity=expression.complexity, train=_errors(expression, train),
        held_out=None if held_out is None else _errors(expression, held_out),
    )  # fmt: skip


def _errors(expression: Expression, samples: Samples) -> Errors:
    mse, nmse, r2 = errors_on(expression, samples)
    return Errors(mse=mse, nmse=nmse, r2=r2, undefined=undefined_on(expression, samples) if mse is None else 0)


def _distinct(rows: Iterable[FrontRow], samples: Samples) -> list[FrontRow]:
    """Return rows of different values, simplest first; of those that are alike the simplest, with all who found one."""
    size = float(np.max(np.abs(samples.y))) or 1.0
    kept: list[tuple[FrontRow, Array]] = []
    for row in sorted(rows, key=lambda row: (row.complexity, _digits(row.expression))):
        values = row.expression(samples.columns)
        for place, (other, others) in enumerate(kept):
            with np.errstate(over="ignore"):  # of values near the end of float64's range
                gap = float(np.max(np.abs(values - others)))
            if gap <= _MAX_SAME_SHARE * size:
                kept[place] = replace(other, methods=_union(other.methods, row.methods)), others
                break
        else:
            kept.append((row, values))
    return [row for row, _ in kept]


def _front(rows: Sequence[FrontRow], samples: Samples) -> list[FrontRow]:
    """Return the rows that no other beats in error and complexity, simplest first."""
    with np.errstate(all="ignore"):
        floor = float(np.square(_MAX_EXACT_SHARE * np.max(np.abs(samples.y))))  # below it errors are rounding
    front: list[FrontRow] = []
    for row in sorted(rows, key=lambda row: (row.complexity, _error(row))):
        if not front or max(_error(row), floor) < max(_error(front[-1]), floor):
            front.append(row)
    return front


def _error(row: FrontRow) -> float:
    return math.inf if row.shown.mse is None else row.shown.mse


def _recommended(front: Sequence[FrontRow], samples: Samples) -> tuple[FrontRow, str]:
    """Return the row of least description length, and why."""
    problem = Problem.of(samples)
    best = min(front, key=lambda row: _description_length(row.expression, problem))
    why = f"it has the shortest description on {len(samples):,} rows: misfit, nodes, digits of constants"
    last = front[-1]
    if last is best:
        return best, f"{why}; no formula has a smaller error"
    share = 1 - math.sqrt(_error(best) and _error(last) / _error(best))
    return best, (
        f"{why}; the formula of complexity {last.complexity} has an error {100 * share:.2g} % smaller, which is less "
        f"than its length is worth"
    )


def _description_length(expression: Expression, problem: Problem) -> float:
    """Return misfit, nodes and digits of constants, digits that the data cannot tell left out."""
    rss = problem.rss(expression)
    n = len(problem.y)
    left = min(max(rss / (n * problem.size**2), MIN_RESIDUAL_SHARE**2), 1.0)
    return problem.criterion(rss, expression, _digits(expression, math.log(n / left) / DIGIT_PRICE))


def _digits(expression: Expression, most: float = math.inf) -> float:
    """Return the digits of all constants, at most so many of each."""
    numbers = [min(number_digits(value), most) for value in expression.constants]
    return sum(numbers) + _NAMED_DIGITS * sum(node.op in NAMED_CONSTANTS for node in expression.postorder())


def _joined(train: Samples, held_out: Samples) -> Samples:
    """Return the rows of both."""
    weights = None
    if train.weights is not None and held_out.weights is not None:
        weights = np.concatenate([train.weights, held_out.weights])
    return replace(
        train, x=np.concatenate([train.x, held_out.x]), y=np.concatenate([train.y, held_out.y]), weights=weights
    )


def _some(samples: Samples) -> Samples:
    """Return at most `_MAX_ROWS_OF_CHOICE` rows."""
    n = len(samples)
    if n <= _MAX_ROWS_OF_CHOICE:
        return samples
    return samples.rows(np.sort(np.random.default_rng(0).permutation(n)[:_MAX_ROWS_OF_CHOICE]))
