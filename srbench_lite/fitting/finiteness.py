"""`finite_formula`: a formula, or None where one of its numbers is out of float64's range."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression

__all__ = ["finite_formula"]

P = ParamSpec("P")


def finite_formula(write: Callable[P, Expression | None], *args: P.args, **kwargs: P.kwargs) -> Expression | None:
    """Return the formula that `write` makes of its arguments.

    A fit to data near the ends of float64's range has constants beyond it, or powers and products of constants that
    are: no formula has them. Nor is there one where it would be too large for an `Expression`, or `write` has none.
    """
    try:
        return write(*args, **kwargs)
    except (ExpressionError, ArithmeticError, ValueError):  # the last is what `math` says of infinity
        return None
