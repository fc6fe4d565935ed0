"""`Comparison`: two formulas at the same random points, with many digits.

Agreement to most of the digits at random points shows, for formulas made of analytic functions, that they are the same
function; a difference in the leading digits shows that they are not. What lies between is left to more digits.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.judging.high_precision import (
    OutOfReachError,
    OutOfTimeError,
    PreciseFormula,
    UndefinedError,
    exactly,
    with_digits,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.problems.sampling import Sampling

__all__ = ["Comparison"]

#: Functions without branches: two formulas made of them that differ anywhere differ on every piece of the domain.
_BRANCHLESS: Final = frozenset(("add", "sub", "mul", "div", "neg", "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp"))

#: Seed of the random points: the same for every pair.
_SEED: Final = 20_240_601
#: Of all digits, the share that must agree for "equal", and the share that, if it agrees, forbids "different".
_AGREE: Final = 0.82
_DIFFER: Final = 0.25
#: The same share for "equal" on the wider boxes, where rounding errors of c* are amplified.
_AGREE_WIDE: Final = 0.6
#: Of all digits of c*, so many of the last may be wrong.
_NUDGE: Final = 10
#: Of the points that agree, so many are checked for digits that are lost, and so many must be left.
_DOUBTED: Final = 2
_FEWEST: Final = 3
#: Whole numbers below this are exact to any number of digits.
_EXACT: Final = 1e15
#: Points on the domain: for formulas with one branch, and where there may be more.
_CHECKS: Final = 8
_BRANCH_CHECKS: Final = 40
#: Corners of the domain that are looked at.
_CORNERS: Final = 32
#: Decades by which the wider boxes exceed the domain, and points in each.
_DECADES: Final = (1.0, 7.0)
_WIDE_CHECKS: Final = 4
#: A value below this share of the truth's root mean square counts as that large in relative differences. (In the
#: corners, where a root may begin, the share is one.)
_FLOOR: Final = 1e-25


class Comparison:
    """A found formula against the truth, on the truth's domain.

    Args:
        found: the formula that a method returned.
        truth: the formula that the data were made from.
        domain: where each variable comes from.
        deadline: moment on the clock `time.perf_counter` after which `OutOfTimeError` is raised.

    Attributes:
        names: the variables, in the order of the coordinates; it follows the formulas, not the names.
        holes: points where the found formula is undefined in float64 although the truth is defined, shape (m, d).
        size: root mean square of the truth on its domain.
        ends: smallest and largest value of each coordinate.
        smooth: whether both are made of analytic functions only: no abs, sign, min, max.
        by: what an agreement stands on, in words.
    """

    def __init__(self, found: Expression, truth: Expression, domain: Mapping[str, Sampling], deadline: float) -> None:
        nodes = [*truth.postorder(), *found.postorder()]
        self.names = tuple(dict.fromkeys(node.name for node in nodes if node.name is not None))
        self.holes: NDArray[np.float64] | None = None
        self.size = 1.0
        self.by = ""
        self._deadline = deadline
        self._found = found
        self._true = truth
        self._truth = PreciseFormula(truth, self.names)
        self._samplings = [domain[name] for name in self.names]
        self.ends = [sampling.interval for sampling in self._samplings]
        self.smooth = all(OPERATORS[node.op].analytic for node in nodes if node.args)
        self._branchless = all(
            node.op in _BRANCHLESS
            or (node.op == "pow" and node.args[1].value is not None and node.args[1].value.is_integer())
            for node in nodes
            if node.args
        )

    # --- points ---------------------------------------------------------------------------------------------------

    def draw(self, n: int, *, part: int, decades: float = 0.0) -> NDArray[np.float64]:
        """Draw n points of the domain, shape (n, d), each coordinate up to 10**decades times larger or smaller.

        A coordinate never changes its sign. Different parts are different points; the same part, the same points.
        """
        import numpy as np

        columns = []
        for index, sampling in enumerate(self._samplings):
            rng = np.random.default_rng((_SEED, part + 100, index))
            column = sampling.draw_fresh(n, rng)
            columns.append(column * 10.0 ** rng.uniform(-decades, decades, n) if decades else column)
        return np.column_stack(columns) if columns else np.zeros((n, 0))

    def columns(self, x: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return points of shape (n, d) by variable; without variables, one unnamed column that carries n."""
        return dict(zip(self.names, x.T, strict=True)) if self.names else {"": x.sum(axis=1)}

    def _defined(self, n: int, *, part: int, decades: float = 0.0) -> NDArray[np.float64]:
        """Draw up to n points where the truth is finite in float64."""
        import numpy as np

        x = self.draw(4 * n, part=part, decades=decades)
        good = np.isfinite(np.broadcast_to(self._true(self.columns(x)), len(x)))
        if good.sum() < n and not decades:
            x = np.concatenate([x, self.draw(60 * n, part=part + 50)])
            good = np.isfinite(np.broadcast_to(self._true(self.columns(x)), len(x)))
        return x[good][:n]

    def corners(self, inside: float = 0.0) -> NDArray[np.float64]:
        """Return corners of the domain, shape (m, d): all of them, or a part of many.

        Args:
            inside: by what share of the domain's width they lie inside it.
        """
        import numpy as np

        d = len(self.ends)
        if not d:
            return np.zeros((0, 0))
        chosen = np.array(list(itertools.islice(itertools.product((0, 1), repeat=d), _CORNERS)))
        if 2**d > _CORNERS:
            half = np.random.default_rng(d).integers(0, 2, (_CORNERS // 2 - 1, d))
            chosen = np.concatenate([half, 1 - half, np.zeros((1, d), dtype=int), np.ones((1, d), dtype=int)])
        low, high = np.array(self.ends).T
        step = inside * (high - low) * (1 + 0.37 * np.arange(d))  # x - y is no zero
        return np.asarray(np.where(chosen == 0, low + step, high - step))

    def _inward(self, n: int) -> NDArray[np.float64]:
        """Draw up to n points of the domain nearer to zero, where steps and kinks are that look smooth from afar."""
        import numpy as np

        x = self.draw(4 * n, part=30, decades=_DECADES[-1])
        low, high = np.array(self.ends).T
        return np.asarray(x[((x >= low) & (x <= high)).all(axis=1)][:n])

    # --- values ---------------------------------------------------------------------------------------------------

    def targets(self, x: NDArray[np.float64], digits: int) -> tuple[list[list[Any]], list[Callable[[], Any]]]:
        """Return points as mpmath numbers, and for each a function that computes the truth there."""
        with_digits(digits)
        own = self._truth.constants()
        points = [exactly(row) for row in x]

        def value(point: list[Any]) -> Any:
            if time.perf_counter() > self._deadline:
                raise OutOfTimeError
            return self._truth(point, own)

        return points, [partial(value, point) for point in points]

    def values(self, formula: Expression, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the formula's values at points of shape (n, d), to 50 digits; NaN where they cannot be computed."""
        import numpy as np

        with_digits(50)
        exact = PreciseFormula(formula, self.names)
        constants = exact.constants()
        result = np.full(len(x), np.nan)
        for row, coordinates in enumerate(x):
            if time.perf_counter() > self._deadline:
                raise OutOfTimeError
            try:
                result[row] = float(exact(exactly(coordinates), constants))
            except (UndefinedError, OutOfReachError):
                continue
        return result

    def is_rounding(self, formula: Expression, x: NDArray[np.float64], sizes: NDArray[np.float64]) -> bool:
        """Whether 50 digits do not suffice for the formula's value at some point.

        Args:
            formula: the formula.
            x: the points, shape (n, d).
            sizes: values that matter there, shape (n,): smaller ones count as that large.
        """
        context = with_digits(50)
        exact = PreciseFormula(formula, self.names)
        constants = exact.constants()
        error = context.mpf(10) ** -40
        shaken_constants = _shaken(constants, error)
        for coordinates, size in zip(x, sizes, strict=True):
            point = exactly(coordinates)
            try:
                value, shaken = exact(point, constants), exact(point, shaken_constants, error)
            except (UndefinedError, OutOfReachError):
                continue
            if abs(value - shaken) > context.mpf(10) ** -8 * max(abs(value), context.mpf(float(size))):
                return True
        return False

    def differences(self, formula: Expression, x: NDArray[np.float64]) -> list[float | None]:
        """Return |formula - truth| at points of shape (n, d), to 50 digits; None where either cannot be computed."""
        points, targets = self.targets(x, 50)
        precise_formula = PreciseFormula(formula, self.names)
        constants = precise_formula.constants()
        result: list[float | None] = []
        for point, target in zip(points, targets, strict=True):
            try:
                result.append(abs(float(precise_formula(point, constants) - target())))
            except (UndefinedError, OutOfReachError):
                result.append(None)
        return result

    def undefined(self, x: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return at which points of x, shape (n, d), the found formula has no value although the truth has."""
        import numpy as np

        points, targets = self.targets(x, 50)
        found = PreciseFormula(self._found, self.names)
        constants = found.constants()
        result = np.zeros(len(x), dtype=bool)
        for row, (point, target) in enumerate(zip(points, targets, strict=True)):
            try:
                target()
                found(point, constants)
            except OutOfReachError:
                continue
            except UndefinedError:
                result[row] = True
        return result & np.isfinite(self.values(self._true, x))

    def agrees(self, found: PreciseFormula, constants: Sequence[Any], digits: int, *, last: bool) -> bool | None:
        """Whether the formula with these constants is the truth; None where this many digits do not tell.

        Args:
            found: the formula.
            constants: its constants, known to nearly all digits.
            digits: working precision in decimal digits.
            last: whether there will be no more digits: a disagreement on the wider boxes, which may come from digits
                that are lost there, then shows formulas without branches to be different, and no others.

        Raises:
            UndefinedError: the formula has no value where the truth has one, on the domain.
        """
        import numpy as np

        context = with_digits(digits)
        checks = _CHECKS if self.smooth else _BRANCH_CHECKS
        inner = self._defined(checks, part=5)
        if self._samplings and not self.smooth:
            inner = np.concatenate([inner, self._inward(checks)])
        if self.holes is not None:
            inner = np.concatenate([inner, self.holes])
        worst, used = self._worst(found, constants, inner, digits, _FLOOR, strict=True)
        if worst > context.mpf(10) ** (-_DIFFER * digits):
            return False
        if used < min(_FEWEST, len(inner)):
            return None
        if not self._branchless:
            edge, _ = self._worst(found, constants, self.corners(), digits, 1.0, strict=False)
            if edge > context.mpf(10) ** (-_DIFFER * digits):
                return False
        if worst > context.mpf(10) ** (-_AGREE * digits):
            return None
        self.by = f"{used} points, {digits} digits"
        if self.smooth and self._samplings:
            inside = used
            for part, decades in enumerate(_DECADES):
                outer = self._defined(_WIDE_CHECKS, part=10 + part, decades=decades)
                worst, more = self._worst(found, constants, outer, digits, _FLOOR, strict=False)
                used += more
                if worst > context.mpf(10) ** (-_AGREE_WIDE * digits):
                    if not last:
                        return None
                    return not (self._branchless and worst > context.mpf(10) ** (-_DIFFER * digits))
            if used > inside:
                self.by = f"{used} points, {digits} digits, up to {10 ** _DECADES[-1]:.0e} times the domain"
        return True

    def _worst(
        self,
        found: PreciseFormula,
        constants: Sequence[Any],
        x: NDArray[np.float64],
        digits: int,
        share: float,
        *,
        strict: bool,
    ) -> tuple[Any, int]:
        """Return the largest relative difference, or the first that is enough, and the number of points used."""
        context = with_digits(digits)
        floor = context.mpf(self.size) * context.mpf(share)  # smaller values count as that large
        points, targets = self.targets(x, digits)
        enough = context.mpf(10) ** (-_DIFFER * digits)
        worst, used = context.mpf(0), 0
        for point, target in zip(points, targets, strict=True):
            try:
                true = target()
            except (UndefinedError, OutOfReachError):
                continue
            try:
                value = found(point, constants)
            except OutOfReachError:
                continue
            except UndefinedError:
                if strict:
                    raise
                continue
            difference = abs(value - true) / max(abs(value), abs(true), floor)
            doubted = difference > enough or used < (_DOUBTED if strict else 1)
            if doubted and self._is_noise(found, constants, point, (value, true), floor, digits):
                continue
            worst = max(worst, difference)
            used += 1
            if worst > enough:
                break
        return worst, used

    def _is_noise(
        self,
        found: PreciseFormula,
        constants: Sequence[Any],
        point: Sequence[Any],
        values: tuple[Any, Any],
        floor: Any,
        digits: int,
    ) -> bool:
        """Whether this many digits cannot be trusted at a point.

        At sin(1e100) even the last digit of c* decides; of cosh(1e6)**2 - sinh(1e6)**2 no digit is left.
        """
        context = with_digits(2 * digits)
        error = context.mpf(10) ** (_NUDGE - digits)
        try:
            again = (
                found(point, _shaken(constants, error), error),
                self._truth(point, _shaken(self._truth.constants(), error), error),
            )
        except (UndefinedError, OutOfReachError):
            return True
        finally:
            with_digits(digits)
        limit = context.mpf(10) ** (-_DIFFER * digits)
        return any(abs(a - b) > limit * max(abs(b), floor) for a, b in zip(again, values, strict=True))


def _shaken(constants: Sequence[Any], error: Any) -> list[Any]:
    """Return constants with a small relative error; whole numbers, which are exact unless they are huge, stay."""
    return [c if c == int(c) and abs(c) < _EXACT else c * (1 + error) for c in constants]
