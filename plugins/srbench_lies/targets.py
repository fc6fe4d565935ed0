"""Transforms of the target: y = h * T^-1(core) for a simple divisor h, so that the core is a shorter formula than y.

The core is looked for as a sum, or (`is_product`) as a product through its logarithm. Each target carries the weight by
which a residual of the core is one of y, to first order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import MIN_USEFUL_SPREAD, count_work, scaled

__all__ = ["PRODUCTS", "SUMS", "Target", "Transform", "targets"]

Array = NDArray[np.float64]


#: Squares of values beyond this leave the range of numbers.
_MAX_TARGET_SIZE: Final = 1e150
#: No weight is below this fraction of the largest, lest a few points decide alone.
_MIN_WEIGHT_SHARE: Final = 1e-2
#: Nanoseconds, for `count_work`: of a divisor; of a transform of it, and by value.
_TARGETS: Final = 80_000.0
_TARGET: Final = 12_000.0
_VALUE: Final = 6.0


@dataclass(frozen=True, slots=True)
class Transform:
    """A function T of one argument with its inverse.

    Attributes:
        name: for reports.
        forward: T, elementwise.
        slope: dT/dv, elementwise.
        suits: whether T has an inverse on these values.
        write: the inverse of T as a formula of the core; `sign` is that of the values.
        nodes: of the inverse.
    """

    name: str
    forward: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    suits: Callable[[Array], bool]
    write: Callable[[Expression, float], Expression]
    nodes: int


def _signed(v: Array) -> bool:
    return bool((v > 0).all() or (v < 0).all())


def _with_sign(root: Expression, sign: float) -> Expression:
    return root if sign > 0 else -root


def _any(v: Array) -> bool:
    return True


_IDENTITY: Final = Transform("y", lambda v: v, np.ones_like, _any, lambda e, s: e, 0)
_INVERSE: Final = Transform("1/y", lambda v: 1 / v, lambda v: -1 / v**2, _any, lambda e, s: 1 / e, 2)
_SQUARE: Final = Transform(
    "y^2", np.square, lambda v: 2 * v, _signed, lambda e, s: _with_sign(Expression.call("sqrt", e), s), 1
)
_INVERSE_SQUARE: Final = Transform(
    "1/y^2",
    lambda v: v**-2,
    lambda v: -2 * v**-3,
    _signed,
    lambda e, s: _with_sign(1 / Expression.call("sqrt", e), s),
    3,
)
_LOG: Final = Transform(
    "ln y",
    lambda v: np.log(np.abs(v)),
    lambda v: 1 / v,
    _signed,
    lambda e, s: _with_sign(Expression.call("exp", e), s),
    1,
)
_ROOT: Final = Transform(
    "sqrt y", np.sqrt, lambda v: 0.5 / np.sqrt(v), lambda v: bool((v > 0).all()), lambda e, s: e**2, 2
)
_EXP: Final = Transform(
    "exp y", np.exp, np.exp, lambda v: bool(np.ptp(v) < 20 and np.abs(v).max() < 50),
    lambda e, s: Expression.call("log", e), 1,
)  # fmt: skip
_SIN: Final = Transform(
    "sin y", np.sin, np.cos, lambda v: bool(np.abs(v).max() <= math.pi / 2), lambda e, s: Expression.call("asin", e), 1
)
_COS: Final = Transform(
    "cos y", np.cos, lambda v: -np.sin(v), lambda v: bool(v.min() >= 0 and v.max() <= math.pi),
    lambda e, s: Expression.call("acos", e), 1,
)  # fmt: skip
_TAN: Final = Transform(
    "tan y", np.tan, lambda v: np.cos(v) ** -2, lambda v: bool(np.abs(v).max() < math.pi / 2),
    lambda e, s: Expression.call("atan", e), 1,
)  # fmt: skip


def _shifted(base: Transform, shift: float) -> Transform:
    """Return v -> T(v) + shift."""
    return Transform(
        f"{base.name} {'+' if shift > 0 else '-'} {abs(shift):g}",
        lambda v: base.forward(v) + shift,
        base.slope,
        base.suits,
        lambda e, s: base.write(e - shift if shift > 0 else e + (-shift), s),
        base.nodes + 2,
    )


#: Of which the core is a sum of terms.
SUMS: Final = (_IDENTITY, _INVERSE, _SQUARE, _LOG, _INVERSE_SQUARE, _ROOT, _EXP, _SIN, _COS, _TAN)
#: Of which the core is a product; powers of y make no difference there.
PRODUCTS: Final = (
    _IDENTITY,
    *(_shifted(t, s) for t in (_IDENTITY, _INVERSE) for s in (1.0, -1.0)),
    _SIN, _COS, _EXP, _TAN,
    *(_shifted(t, s) for t in (_EXP, _SQUARE, _INVERSE_SQUARE, _COS) for s in (1.0, -1.0)),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A transformed target.

    Attributes:
        transform: T.
        divisor: h as a formula; None for 1.
        is_product: whether `values` are ln|T(y/h)| rather than T(y/h).
        values: at the n points.
        weights: |dy/dvalue| at the n points, in units of y and in the scale of the problem.
        signs: of T(y/h) at the n points where `is_product`.
        nodes: what undoing the transform and the divisor adds to a formula.
    """

    transform: Transform
    divisor: Expression | None
    is_product: bool
    values: Array
    weights: Array
    signs: Array
    sign: float
    nodes: int

    def write(self, core: Expression) -> Expression:
        """Return the formula of y for a formula of T(y/h)."""
        inner = self.transform.write(core, self.sign)
        return inner if self.divisor is None else scaled(self.divisor, inner)


def targets(
    y: Array,
    transforms: tuple[Transform, ...],
    *,
    is_product: bool,
    divisor: Expression | None = None,
    h: Array | None = None,
    scale: Array | None = None,
) -> list[Target]:
    """Return the targets of y / h that are defined on all points.

    Args:
        y: shape (n,).
        transforms: to try.
        is_product: whether the core is looked for as a product.
        divisor, h: as a formula and at the n points; both or none.
        scale: by what residuals of y are multiplied, (n,); None for 1.
    """
    chosen: list[Target] = []
    count_work(_TARGETS + len(transforms) * (_TARGET + _VALUE * len(y)))
    with np.errstate(all="ignore"):
        v = y if h is None else y / h
        if not np.isfinite(v).all():
            return []
        for transform in transforms:
            if not transform.suits(v):
                continue
            t = transform.forward(v)
            slopes = transform.slope(v)
            weights = np.abs((1.0 if h is None else h) / slopes)
            signs = np.sign(t)
            if is_product:
                weights = weights * np.abs(t)
                t = np.log(np.abs(t))
            if not (
                np.isfinite(t).all() and np.isfinite(weights).all() and np.ptp(t) > MIN_USEFUL_SPREAD * np.abs(t).max()
            ):
                continue
            if not (0 < weights.max() < _MAX_TARGET_SIZE and np.abs(t).max() < _MAX_TARGET_SIZE):
                continue
            weights = weights if scale is None else weights * scale
            weights = np.maximum(weights, _MIN_WEIGHT_SHARE * weights.max())
            nodes = transform.nodes + (0 if divisor is None else divisor.complexity + 1)
            sign = 1.0 if v[0] > 0 else -1.0
            chosen.append(Target(transform, divisor, is_product, t, weights, signs, sign, nodes))
    return chosen
