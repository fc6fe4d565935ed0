"""`simplified`: a formula as SymPy would write it, computed under a time limit and compared with the formula.

SymPy's `simplify` may take seconds or for ever, so it works in a child process that is ended after a given CPU time.
Formulas reach it as trees and come back as text for our own parser; nothing is ever given to `sympify`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.sympy_child import in_child

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MAX_SIMPLIFIED_NODES", "same_values", "simplified"]

#: Larger formulas are not given to SymPy.
MAX_SIMPLIFIED_NODES: Final = 200
#: Wall clock after which the child is ended in any case, as a multiple of its CPU time.
_WALL_SECONDS_PER_CPU_SECOND: Final = 4.0
#: A fraction with a larger denominator or numerator is a decimal: SymPy gets it as a float. Exact, it would look for
#: roots and common factors of its sixteen digits and often find no end.
_LARGEST_FRACTION: Final = 20
#: So is a larger whole number: SymPy would write sin(n*x) as a polynomial of degree n.
_LARGEST_WHOLE: Final = 1_000
#: A number that is whole but for this share of itself is whole: an optimiser's 1.0000000000000004*x is x.
_MAX_SHARE_OFF_WHOLE: Final = 1e-12
#: How far values may differ: as a share of themselves, and of the largest of them.
_MAX_RELATIVE_DIFFERENCE: Final = 1e-6
_MAX_DIFFERENCE_BY_LARGEST: Final = 1e-9


def simplified(
    expression: Expression, *, positive: Collection[str] = (),
    points: Mapping[str, NDArray[np.float64]] | None = None, time_limit: float = 5.0,
) -> Expression | None:  # fmt: skip
    """Return the formula as SymPy's `simplify` writes it; it may have more nodes than before.

    Args:
        expression: the formula.
        positive: names of variables that are above zero.
        points: one column for each variable. The answer is checked there: SymPy has errors, too.
        time_limit: CPU seconds for SymPy.

    Returns:
        The formula; None where it has more than `MAX_SIMPLIFIED_NODES` nodes, where SymPy ran out of time or failed,
        where its answer has a function that formulas here do not have, or where its values differ (`same_values`).
    """
    if expression.complexity > MAX_SIMPLIFIED_NODES:
        return None
    if expression.complexity == 1:
        return expression
    import sympy  # here and not in the child: imported once for all formulas, and not counted against their time

    def work() -> str:
        result = sympy.simplify(_decimals(expression.to_sympy(positive=positive)))
        return str(Expression.from_sympy(_decimals(result)))

    text = in_child(work, cpu_seconds=time_limit, wall_seconds=_WALL_SECONDS_PER_CPU_SECOND * time_limit)
    if text is None:
        return None
    try:
        result = Expression.parse(text, variables=expression.variables)
    except ExpressionError:  # a name that is no variable: SymPy's own constants
        return None
    return result if points is None or same_values(expression, result, points) else None


def same_values(formula: Expression, other: Expression, points: Mapping[str, NDArray[np.float64]]) -> bool:
    """Return whether `other` has the same values as `formula`, to a millionth, wherever that has one.

    Where values are much smaller than the largest they may differ by a billionth of that: then they are differences of
    large terms, and rounded.
    """
    import numpy as np

    expected = formula(points)
    defined = np.isfinite(expected)
    expected, simplified_values = expected[defined], other(points)[defined]
    with np.errstate(all="ignore"):
        largest = np.max(np.abs(expected), initial=0.0)
        room = _MAX_RELATIVE_DIFFERENCE * np.abs(expected) + _MAX_DIFFERENCE_BY_LARGEST * largest
        return bool(np.all(np.abs(simplified_values - expected) <= room))


def _decimals(expr: Any) -> Any:
    """Return a SymPy expression with its unwieldy rationals as floats and its (almost) whole floats as integers."""
    import sympy

    def written(number: Any) -> Any:
        if abs(number) <= _LARGEST_WHOLE and abs(number - round(number)) <= _MAX_SHARE_OFF_WHOLE * abs(number):
            return sympy.Integer(round(number))
        plain = number.is_Rational and not number.is_Integer and max(abs(number.p), number.q) <= _LARGEST_FRACTION
        return number if plain else sympy.Float(number, 17)

    return expr.xreplace({number: written(number) for number in expr.atoms(sympy.Rational, sympy.Float)})
