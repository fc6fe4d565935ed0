"""`measured_constants`: how well the rows determine the constants of a formula.

Constants of a found formula are often rounded, and a rounded constant is no best fit. So all numbers that were measured
are fitted again from where they stand, together, and their errors are those at this optimum: linearised least squares
(Bates & Watts, "Nonlinear regression analysis and its applications", 1988, section 2.3), with 95 % intervals by
Student's t, or the normal distribution where the errors of the rows are known and explain the residuals.

- What is a measured number. An exponent of halves, thirds or quarters is structure, and stays. Every other number is
  taken as measured, also a short one: the 2 in 2*sqrt(l) may be 2.006 that was rounded. Of numbers of which the rows
  tell only a combination (2 and 9.81 in 2*pi*sqrt(l/9.81)) short ones are structure; where none is short, none is
  determined, and no error is made up. A short number that may as well be half as large is structure, too.
- How far off rows are. Known errors (`Samples.weights`, digits of the data) scale the residuals; they grow by
  sqrt(chi-square / degrees of freedom) where that is above 1 (Particle Data Group, "Review of particle physics",
  section 5.2.2). Where nothing is known, errors may be larger at some rows than at others. Then an error is the larger
  one of the usual and of HC3, which holds in that case (MacKinnon & White, J. Econometrics 29, 1985) and alone is too
  small where few rows weigh much. On straight lines, parabolas and powers with errors of one size or proportional to y,
  8 to 60 rows, 95 % intervals cover 87 to 99 %; the usual ones 44 to 99 %.

The choice of the formula is no part of these errors: they hold if it is the right one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.gradient import Gradient
from srbench_lite.fitting.levenberg_marquardt import is_structural, refit
from srbench_lite.fitting.problem import Problem
from srbench_lite.fitting.short_constants import number_digits
from srbench_lite.problems.data import Samples

__all__ = ["ConstantError", "MeasuredConstants", "constant_errors", "measured_constants"]

Array = NDArray[np.float64]
Kind = Literal["measured", "structure", "undetermined"]

_CONFIDENCE: Final = 0.95
#: Of formulas with more numbers no errors are worked out: nobody reads them.
_MAX_NUMBERS: Final = 100
#: Columns of length one of which less than this is left beside the others say nothing of their own.
_MIN_OWN_SHARE: Final = 1e-6
#: A constant takes part in a combination that the rows do not tell where its share of it is above this.
_MIN_PART: Final = 1e-3
#: A short number is structure where its error is above this share of it, or its best fit further away.
_MAX_SHORT_ERROR: Final = 0.5
#: Exponents that are structure: p/q with q at most this, at most so large.
_MAX_EXPONENT_DENOMINATOR: Final = 4
_MAX_EXPONENT: Final = 12.0
_MAX_STEPS: Final = 100
#: A row that alone determines a number has no residual, and leverage 1.
_MAX_LEVERAGE: Final = 1 - 1e-9
#: Exponents such as 1/3, as float64 has them.
_SAME: Final = 1e-9

_EXPONENT: Final = "an exponent"
_SILENT: Final = "no row depends on it"
_COMBINED: Final = "the rows tell only a combination of it and others"
_SHORT_COMBINED: Final = "short, and the rows tell only a combination of it and others"
_LOOSE: Final = "short, and the rows hardly tell it"
_FEW_ROWS: Final = "there are too few rows"
_TOO_MANY: Final = f"the formula has more than {_MAX_NUMBERS} numbers"
_UNDEFINED: Final = "the formula is undefined on some row"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantError:
    """What the rows say about one number of a formula.

    Attributes:
        place: of the number, in text order, among `Expression.constants`.
        value: the number as it is written.
        kind: "measured", "structure" (it was not measured, or cannot be) or "undetermined" (the rows do not tell it).
        fitted: its best fit, where it is measured.
        standard_error: of the best fit, where it is measured.
        interval: where the true number lies with 95 % confidence if the formula is right; where it is measured.
        note: why there is no error; empty where there is one.
    """

    place: int
    value: float
    kind: Kind
    fitted: float | None = None
    standard_error: float | None = None
    interval: tuple[float, float] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredConstants:
    """The numbers of a formula, fitted together.

    Attributes:
        errors: one for each number of the formula, in text order.
        expression: the formula with its measured numbers at their best fit.
        free: places of the numbers that were fitted.
        covariances: of the fitted numbers, each of shape (free, free): the usual one, and where errors may differ from
            row to row that of HC3. An error is the largest that one of them gives.
        quantile: standard errors from the best fit to the end of an interval.
    """

    errors: tuple[ConstantError, ...]
    expression: Expression
    free: tuple[int, ...]
    covariances: tuple[Array, ...]
    quantile: float

    def band(self, columns: Mapping[str, Array]) -> Array:
        """Return how far the formula may be off at some points, shape (n,): half the width of 95 % intervals of its
        values, not of measurements; 0 where no number was fitted."""
        gradient = Gradient(self.expression, columns)
        n = len(next(iter(columns.values())))
        if not self.free:
            return np.zeros(n)
        _, jacobian = gradient.jacobian(np.array(self.expression.constants), self.free)
        slopes = jacobian[:, list(self.free)]
        with np.errstate(all="ignore"):
            variances = [np.einsum("ij,jk,ik->i", slopes, c, slopes) for c in self.covariances]
            return np.asarray(self.quantile * np.sqrt(np.max(variances, axis=0)))


def constant_errors(expression: Expression, samples: Samples) -> tuple[ConstantError, ...]:
    """Return what the rows say about each number of a formula, in text order; see `measured_constants`."""
    return measured_constants(expression, samples).errors


def measured_constants(expression: Expression, samples: Samples) -> MeasuredConstants:
    """Fit the measured numbers of a formula together, from where they stand, and say how well the rows determine them.

    Args:
        expression: the formula, its constants near their best fit.
        samples: the rows that it was fitted to.
    """
    return _Measurement(expression, samples).result()


class _Measurement:
    """One formula on its rows: which numbers are measured, and why the others are not."""

    def __init__(self, expression: Expression, samples: Samples) -> None:
        self.expression = expression
        self.values = expression.constants
        self.others: dict[int, tuple[Kind, str]] = {}  # what numbers are that are not measured, and why
        self.problem = Problem.of(samples)

    def result(self) -> MeasuredConstants:
        """Choose the measured numbers and fit them; again without short ones that come out as anything."""
        if len(self.values) > _MAX_NUMBERS:
            return self.nothing(_TOO_MANY)
        if not math.isfinite(self.problem.rss(self.expression)):
            return self.nothing(_UNDEFINED)
        self.problem = self.problem.with_errors_of(self.expression)
        for place in _exponents(self.expression):
            self.others[place] = "structure", _EXPONENT
        units = self.unit_columns()
        if (
            sum(not is_structural(value) for k, value in enumerate(self.values) if k not in self.others)
            > self.most_free
        ):
            return self.nothing(_FEW_ROWS)
        self.leave_out_undetermined(units)
        while True:
            measured = self.fitted(self.independent(units))
            loose = [error.place for error in measured.errors if _is_loose(error)]
            if not loose:
                return measured
            for place in loose:
                self.others[place] = "structure", _LOOSE

    @property
    def most_free(self) -> int:
        """So many numbers can be fitted at most: where the errors of rows are to be told, one row more is needed."""
        rows = len(self.problem.y)
        return min(self.problem.points, rows if self.problem.noise.is_given else rows - 1)

    def unit_columns(self) -> Array:
        """Return the slopes of the formula by its numbers, scaled to length one, shape (n, k); 0 where there are none.

        A slope that is not finite on every row is none.
        """
        columns = self.columns(self.expression, range(len(self.values)))
        columns = np.where(np.isfinite(columns).all(axis=0), columns, 0.0)
        lengths = _lengths(columns)
        return np.asarray(columns / np.where(lengths > 0, lengths, 1.0))

    def leave_out_undetermined(self, units: Array) -> None:
        """Note the numbers that no row tells, and the long ones of which the rows tell a combination only."""
        for k, value in enumerate(self.values):
            if k not in self.others and not units[:, k].any():
                self.others[k] = ("structure" if is_structural(value) else "undetermined"), _SILENT
        long = [k for k, value in enumerate(self.values) if k not in self.others and not is_structural(value)]
        for place in _combined(units[:, long]):
            self.others[long[place]] = "undetermined", _COMBINED

    def independent(self, units: Array) -> list[int]:
        """Return the places of numbers to fit: none of their columns is a combination of the others.

        Long numbers come first, then short ones by their digits, as long as there are rows. Of those of which rows tell
        a combination as many are fitted as are independent: errors of the others depend on them.
        """
        order = sorted(
            (k for k in range(len(self.values)) if self.others.get(k, ("", _COMBINED))[1] == _COMBINED),
            key=lambda k: (is_structural(self.values[k]), -number_digits(self.values[k]), k),
        )
        free: list[int] = []
        basis: list[Array] = []
        for k in order:
            short = is_structural(self.values[k])
            left = units[:, k]
            for _ in range(2):  # once more, for what rounding has left
                for direction in basis:
                    left = left - (direction @ left) * direction
            length = float(np.linalg.norm(left))
            if short and len(free) >= self.most_free:
                self.others[k] = "structure", _FEW_ROWS
            elif length > _MIN_OWN_SHARE:
                basis.append(left / length)
                free.append(k)
            elif short:
                self.others[k] = "structure", _SHORT_COMBINED
        return sorted(free)

    def fitted(self, free: Sequence[int]) -> MeasuredConstants:
        """Fit the numbers at these places, and work out their errors."""
        fit = refit(self.expression, self.problem, free=free, steps=_MAX_STEPS)
        problem = self.problem
        n, k = len(problem.y), len(free)
        columns = self.columns(fit.expression, free)
        silent = [place for place, length in zip(free, _lengths(columns), strict=True) if not 0 < length < math.inf]
        if silent:  # the fit has gone where they change no value
            for place in silent:
                self.others[place] = "undetermined", _SILENT
            return self.fitted([place for place in free if place not in silent])
        variance = problem.variance(fit.rss, k)
        known = variance <= problem.noise.least**2
        quantile = _quantile(None if known else n - k)
        covariances = [_covariance(columns, variance)]
        if not problem.noise.is_given and not known:
            covariances.append(_robust_covariance(columns, problem.residual(fit.expression)))
        with np.errstate(invalid="ignore"):
            sizes = np.sqrt(np.max([np.diag(c) for c in covariances], axis=0)).tolist() if free else []
        errors = dict(zip(free, sizes, strict=True))
        return MeasuredConstants(
            errors=tuple(
                self.error(place, fit.expression.constants[place], errors.get(place), quantile)
                for place in range(len(self.values))
            ),
            expression=fit.expression, free=tuple(free), covariances=tuple(covariances), quantile=quantile,
        )  # fmt: skip

    def columns(self, expression: Expression, free: Collection[int]) -> Array:
        """Return the slopes of the scaled formula by the numbers at these places, shape (n, free)."""
        _, jacobian = Gradient(expression, self.problem.columns).jacobian(np.array(expression.constants), free)
        return self.problem.scaled(jacobian[:, list(free)].T).T

    def error(self, place: int, fitted: float, error: float | None, quantile: float) -> ConstantError:
        kind, note = self.others.get(place, ("measured", ""))
        if not note and not math.isfinite(quantile * (error or 0.0)):
            kind, note = ("structure" if is_structural(self.values[place]) else "undetermined"), _COMBINED
        if note or error is None:
            return ConstantError(place=place, value=self.values[place], kind=kind, note=note)
        return ConstantError(
            place=place, value=self.values[place], kind=kind, fitted=fitted, standard_error=error,
            interval=(fitted - quantile * error, fitted + quantile * error),
        )  # fmt: skip

    def nothing(self, why: str) -> MeasuredConstants:
        """Return the formula as it is; of no number anything is known."""
        errors = []
        for place, value in enumerate(self.values):
            kind, note = self.others.get(place, ("undetermined", why))
            errors.append(ConstantError(place=place, value=value, kind=kind, note=note))
        return MeasuredConstants(
            errors=tuple(errors), expression=self.expression, free=(), covariances=(), quantile=math.nan
        )


def _is_loose(error: ConstantError) -> bool:
    """Whether a short number may as well be quite another one."""
    if error.fitted is None or error.standard_error is None or not is_structural(error.value):
        return False
    allowed = _MAX_SHORT_ERROR * abs(error.value)
    return error.standard_error > allowed or abs(error.fitted - error.value) > allowed


def _combined(units: Array) -> list[int]:
    """Return the columns that take part in a combination which is zero."""
    if not units.shape[1]:
        return []
    rows = max(units.shape)  # with fewer rows than columns, combinations without any
    padded = np.pad(units, ((0, rows - len(units)), (0, 0)))
    _, singular, right = np.linalg.svd(padded, full_matrices=False)
    silent = right[singular <= _MIN_OWN_SHARE * singular[0]]
    return np.flatnonzero((np.abs(silent) > _MIN_PART).any(axis=0)).tolist() if len(silent) else []


def _inverse(columns: Array) -> Array:
    """Return the pseudo-inverse, shape (k, n), of independent columns, shape (n, k), of whatever lengths."""
    lengths = _lengths(columns)
    with np.errstate(over="ignore"):
        return np.asarray(np.linalg.pinv(columns / lengths, rcond=0.0) / lengths[:, None])


def _lengths(columns: Array) -> Array:
    """Return the lengths of columns, shape (k,), of numbers of any size; NaN or infinite where a number is."""
    top = np.max(np.abs(columns), axis=0, initial=0.0)
    with np.errstate(all="ignore"):
        return np.asarray(np.where(top > 0, top * np.linalg.norm(columns / np.where(top > 0, top, 1.0), axis=0), top))


def _covariance(columns: Array, variance: float) -> Array:
    inverse = _inverse(columns)
    with np.errstate(all="ignore"):
        return np.asarray(variance * (inverse @ inverse.T))


def _robust_covariance(columns: Array, residual: Array) -> Array:
    """Return the covariance where each row has an error of its own: HC3."""
    inverse = _inverse(columns)
    with np.errstate(all="ignore"):
        leverage = np.einsum("ij,ji->i", columns, inverse)
        own = inverse * (residual / (1.0 - np.minimum(leverage, _MAX_LEVERAGE)))
        return np.asarray(own @ own.T)


def _quantile(degrees: int | None) -> float:
    """Return how many standard errors reach to the end of a 95 % interval: Student's t, or normal without degrees."""
    from scipy.special import ndtri, stdtrit

    probability = 0.5 + 0.5 * _CONFIDENCE
    return float(ndtri(probability) if degrees is None else stdtrit(max(degrees, 1), probability))


def _exponents(expression: Expression) -> list[int]:
    """Return the places of numbers in exponents that are structure."""
    seen = 0
    places: list[int] = []

    def leaf(node: Expression) -> list[int]:
        nonlocal seen
        seen += node.is_constant
        return [seen - 1] if node.is_constant else []

    def inner(node: Expression, args: list[list[int]]) -> list[int]:
        if node.op == "pow" and not node.args[1].variables and _is_usual(float(node.args[1]({})[0])):
            places.extend(args[1])
        return [place for arg in args for place in arg]

    expression.fold(leaf, inner)
    return places


def _is_usual(exponent: float) -> bool:
    """Whether people write such an exponent: halves, thirds, quarters."""
    if not abs(exponent) <= _MAX_EXPONENT:
        return False
    return any(abs(q * exponent - round(q * exponent)) < _SAME for q in range(1, _MAX_EXPONENT_DENOMINATOR + 1))
