"""`without_idle_parts`: a formula without the parts that change none of its values at the points.

Fits leave such parts: exp(-3100*x) beside larger terms, tanh(812*x) as a factor, sqrt(3e-148*x + 1). Their constants
have no slope there, so no rounding of constants looks at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.fitting.canonical_form import tidy

__all__ = ["without_idle_parts"]

Array = NDArray[np.float64]

#: A value that changes by less than this share of itself is the same: a few roundings of float64.
_MAX_SAME_SHARE: Final = 2.0**-50
#: What a part may be replaced by.
_REPLACEMENTS: Final = (Expression.constant(0), Expression.constant(1))


def without_idle_parts(expression: Expression, columns: Mapping[str, Array]) -> Expression:
    """Return the formula with every part as 0 or 1 where no value at the points changes by more than rounding.

    Args:
        expression: defined at the points; otherwise it is returned as it is.
        columns: the points, each of shape (n,).
    """
    with np.errstate(all="ignore"):
        values = expression(columns)
        if not np.isfinite(values).all():
            return expression
        tolerance = _MAX_SAME_SHARE * np.abs(values)
        shorter = _once(expression, columns, values, tolerance)
        while shorter is not None:
            expression, shorter = shorter, _once(shorter, columns, values, tolerance)
    return expression


def _once(expression: Expression, columns: Mapping[str, Array], values: Array, tolerance: Array) -> Expression | None:
    """Return the formula without one part that is idle, the largest there is; None where there is none."""
    nodes = list(expression.postorder())
    for place in sorted(range(len(nodes) - 1), key=lambda place: -nodes[place].complexity):
        if not (nodes[place].is_operator or nodes[place].is_constant):
            continue
        for replacement in _REPLACEMENTS:
            other = _replaced(expression, place, replacement)
            if (np.abs(other(columns) - values) <= tolerance).all():
                other = tidy(other)
                if other.complexity < expression.complexity:
                    return other
    return None


def _replaced(expression: Expression, place: int, part: Expression) -> Expression:
    """Return the formula with the node at that place in postorder replaced."""
    count = -1

    def next_place() -> int:
        nonlocal count
        count += 1
        return count

    def leaf(node: Expression) -> Expression:
        return part if next_place() == place else node

    def inner(node: Expression, args: list[Expression]) -> Expression:
        return part if next_place() == place else Expression(node.op, args=args)

    return expression.fold(leaf, inner)
