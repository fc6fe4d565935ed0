"""`simplified`: a formula as SymPy would write it, computed under a time limit; and its number of nodes.

SymPy's `simplify` may take seconds or for ever, so it works in a child process that is ended after a given CPU time.
Formulas reach it as trees and come back as text for our own parser; nothing is ever given to `sympify`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from srbench_lite.child import in_child
from srbench_lite.errors import ExpressionError
from srbench_lite.expression import Expression

__all__ = ["MAX_SIMPLIFIED", "complexity_simplified", "simplified"]

#: Larger formulas are not given to SymPy.
MAX_SIMPLIFIED: Final = 200
#: Wall clock after which the child is ended in any case, as a multiple of its CPU time.
_PATIENCE: Final = 4.0
#: A rational with a larger denominator or numerator is a decimal that was multiplied out: it counts as one number.
_LARGEST_FRACTION: Final = 1_000


def simplified(expression: Expression, *, positive: Collection[str] = (), time_limit: float = 5.0) -> Expression | None:
    """Return the formula simplified by SymPy, or as it is where that has fewer nodes.

    Args:
        expression: the formula.
        positive: names of variables that are above zero.
        time_limit: CPU seconds for SymPy.

    Returns:
        The formula; None where it has more than `MAX_SIMPLIFIED` nodes, where SymPy ran out of time or failed, or where
        its answer has a function that formulas here do not have.
    """
    if expression.complexity > MAX_SIMPLIFIED:
        return None
    if expression.complexity == 1:
        return expression
    import sympy  # here and not in the child: imported once for all formulas, and not counted against their time

    def work() -> str:
        result = sympy.simplify(expression.to_sympy(positive=positive))
        return str(Expression.from_sympy(_decimals(result)))

    text = in_child(work, cpu_seconds=time_limit, wall_seconds=_PATIENCE * time_limit)
    if text is None:
        return None
    try:
        result = Expression.parse(text, variables=expression.variables)
    except ExpressionError:  # a name that is no variable: SymPy's own constants
        return None
    return min(expression, result, key=lambda e: e.complexity)


def complexity_simplified(
    expression: Expression, *, positive: Collection[str] = (), time_limit: float = 5.0
) -> int | None:
    """Return the number of nodes of `simplified`, never more than `expression.complexity`; None where that is None."""
    result = simplified(expression, positive=positive, time_limit=time_limit)
    return None if result is None else result.complexity


def _decimals(expr: Any) -> Any:
    """Return a SymPy expression with its unwieldy rationals as decimals."""
    import sympy

    unwieldy = [
        number
        for number in expr.atoms(sympy.Rational)
        if number.q > _LARGEST_FRACTION or (number.q > 1 and abs(number.p) > _LARGEST_FRACTION)
    ]
    return expr.xreplace({number: sympy.Float(number, 17) for number in unwieldy})
