"""`scan_fast_constants`: where to start from when small changes of a constant turn the values around many times.

In 3.31*sin(66.5*x) on -10..10 a frequency that is off by 0.8 % is off by five radians at the ends: going downhill from
there ends in one of many wrong valleys. So such constants are moved over their whole range in steps that no valley fits
between, one after the other, while all others follow to first order (variable projection).

Reference: Golub & Pereyra (1973), The differentiation of pseudo-inverses and nonlinear least squares problems whose
variables separate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.gradient import Gradient

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.cpu_deadline import CpuDeadline
    from srbench_lite.judging.high_precision_gradient import FormulaGradient

__all__ = ["FastConstants", "fast_constants", "scan_fast_constants"]

#: Functions with waves.
_WAVES: Final = frozenset(("sin", "cos", "tan"))
#: Constants are moved by up to this share of themselves.
_REACH: Final = 0.0112
#: A constant is fast where that turns an angle by more than so many radians.
_MIN_FAST: Final = 0.4
#: That is the angle that this share of the points do not exceed.
_SHARE: Final = 0.9
#: At most so many constants are moved, over at most so many steps, of about so many radians.
_MAX_FAST: Final = 4
_MAX_STEPS: Final = 400
_STEP: Final = 0.8
#: Points that are used.
_POINTS: Final = 64
#: Singular values up to this share of the largest are left alone.
_MIN_SINGULAR_SHARE: Final = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class FastConstants:
    """The constants of a formula that turn its sines around.

    Attributes:
        turns: for each of k constants, by how many radians the largest change considered turns an angle; shape (k,).
    """

    turns: NDArray[np.float64]

    @property
    def places(self) -> list[int]:
        """The fast constants, the fastest first."""
        order = np.argsort(-self.turns, kind="stable")[:_MAX_FAST]
        return [int(place) for place in order if self.turns[place] > _MIN_FAST]

    def bounds(self, max_changes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the largest changes, shape (k,), with those of fast constants no larger than what is scanned."""
        result = max_changes.copy()
        result[self.places] = np.minimum(result[self.places], _REACH)
        return result


def fast_constants(
    formula: Expression, columns: Mapping[str, NDArray[np.float64]], places: Sequence[int]
) -> FastConstants | None:
    """Return the constants that turn sines around; None where there are none.

    Args:
        formula: the formula.
        columns: one array of shape (n,) for each variable.
        places: for each number of the formula, which of k constants it is.
    """
    turns = np.zeros(max(places, default=-1) + 1)
    spans: list[int] = []  # the first number of each part
    numbers = 0
    for node in formula.postorder():
        if not node.args:
            spans.append(numbers)
            numbers += node.value is not None
            continue
        first = spans[-len(node.args)]
        del spans[-len(node.args) :]
        spans.append(first)
        if node.op not in _WAVES or numbers == first or not node.variables:
            continue
        angle = node.args[0]
        own = np.array(angle.constants)
        _, slopes = Gradient(angle, columns).jacobian(own, range(len(own)))
        turned = np.abs(slopes * own)
        largest = np.quantile(np.where(np.isfinite(turned), turned, 0.0), _SHARE, axis=0) * _REACH
        for place, turn in zip(places[first:numbers], largest, strict=True):
            turns[place] = max(turns[place], turn)
    fast = FastConstants(turns)
    return fast if fast.places else None


def scan_fast_constants(
    gradient: FormulaGradient,
    fast: FastConstants,
    target: NDArray[np.float64],
    weights: NDArray[np.float64],
    start: NDArray[np.float64],
    scales: NDArray[np.float64],
    *,
    deadline: CpuDeadline,
) -> NDArray[np.float64]:
    """Return constants with the fast ones where the others can best make up for the rest, shape (k,).

    Args:
        gradient: the formula at n points, with k constants.
        fast: which are fast.
        target: what to meet, shape (n,).
        weights: of the differences, shape (n,).
        start: constants to start from, shape (k,).
        scales: size of a step in each constant, shape (k,); 0 for constants that must stay.
        deadline: what this may cost.

    Raises:
        OutOfTimeError: the time is used up.
    """
    free = np.flatnonzero(scales)
    few = np.unique(np.linspace(0, len(target) - 1, min(len(target), _POINTS)).astype(np.intp))
    constants = start.copy()
    for index in (place for place in fast.places if scales[place]):
        steps = min(_MAX_STEPS, int(2 * fast.turns[index] / _STEP) + 1)
        shares = np.linspace(-_REACH, _REACH, 2 * (steps // 2) + 3)
        left = []
        for share in shares:
            deadline.check()
            trial = constants.copy()
            trial[index] = start[index] * (1 + share)
            left.append(_left_over(gradient, target, weights, trial, free, few))
        constants[index] = start[index] * (1 + shares[int(np.argmin(left))])
    return constants


def _left_over(
    gradient: FormulaGradient,
    target: NDArray[np.float64],
    weights: NDArray[np.float64],
    constants: NDArray[np.float64],
    free: NDArray[np.intp],
    few: NDArray[np.intp],
) -> float:
    """Return the weighted difference that is left when all constants make up for it, to first order."""
    y, slopes = gradient.jacobian(constants, [int(i) for i in free])
    with np.errstate(all="ignore"):
        difference = ((y - target) * weights)[few]
        matrix = (slopes[:, free] * weights[:, None])[few]
        matrix = matrix / np.linalg.norm(matrix, axis=0)
    if not (np.isfinite(difference).all() and np.isfinite(matrix).any(axis=0).all()):
        return np.inf
    matrix = np.where(np.isfinite(matrix), matrix, 0.0)
    try:
        left, singular, _ = np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        return np.inf
    basis = left[:, singular > _MIN_SINGULAR_SHARE * singular[0]]
    return float(np.linalg.norm(difference - basis @ (basis.T @ difference)))
