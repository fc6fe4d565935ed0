"""The inverse of a formula in one of its variables, written as a formula, and the round trip through both.

Operators are undone from the outside in, as in an affine coupling block (Dinh et al., Density estimation using Real
NVP, 2017, equations 7 and 8). Where a variable stands more than once, the formula must be a fraction linear in what
holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import finite_formula, tidy

__all__ = ["TOLERANCE", "Inverse", "inverse_of", "inverses", "round_trip"]

Array = NDArray[np.float64]

#: Most that a round trip may be off, as a share of the largest size of the values that come back.
TOLERANCE: Final = 1e-9
#: Branches of an inverse that are looked at.
_MAX_BRANCHES: Final = 16


def _call(op: str) -> Callable[[Expression], Expression]:
    return lambda argument: Expression.call(op, argument)


_PI: Final = np.pi
#: What undoes a function; one entry for each branch.
_UNDONE: Final[Mapping[str, tuple[Callable[[Expression], Expression], ...]]] = {
    "neg": (lambda t: -t,),
    "exp": (_call("log"),),
    "log": (_call("exp"),),
    "sqrt": (lambda t: t**2,),
    "cbrt": (lambda t: t**3,),
    "sin": (_call("asin"), lambda t: _PI - Expression.call("asin", t), lambda t: -_PI - Expression.call("asin", t)),
    "cos": (_call("acos"), lambda t: -Expression.call("acos", t), lambda t: 2 * _PI - Expression.call("acos", t)),
    "tan": (_call("atan"), lambda t: Expression.call("atan", t) + _PI, lambda t: Expression.call("atan", t) - _PI),
    "asin": (_call("sin"),),
    "acos": (_call("cos"),),
    "atan": (_call("tan"),),
    "sinh": (_call("asinh"),),
    "cosh": (_call("acosh"), lambda t: -Expression.call("acosh", t)),
    "tanh": (_call("atanh"),),
    "asinh": (_call("sinh"),),
    "acosh": (_call("cosh"),),
    "atanh": (_call("tanh"),),
}


@dataclass(frozen=True, slots=True, eq=False)
class Inverse:
    """A formula solved for one of its variables.

    Attributes:
        variable: that it is solved for.
        target: name that the value of the formula has in the inverse.
        expression: of the target and the other variables.
        error: of the round trip on the points, see `round_trip`.
    """

    variable: str
    target: str
    expression: Expression
    error: float

    @property
    def is_identity(self) -> bool:
        """Whether there and back, and back and there, are the identity within `TOLERANCE`."""
        return self.error < TOLERANCE


def inverse_of(formula: Expression, columns: Mapping[str, Array]) -> Inverse | None:
    """Return the simplest inverse, in whichever variable, whose round trip is the identity.

    Where there is none such it is that of the least error; None where none can be written.

    Args:
        formula: to solve.
        columns: points by variable, each of shape (n,).
    """
    target = next(name for name in ("y", "target", *(f"target{k}" for k in range(10_000))) if name not in columns)
    found: list[Inverse] = []
    for variable in formula.variables:
        for written in inverses(formula, variable, Expression.variable(target)):
            for each in dict.fromkeys((finite_formula(tidy, written) or written, written)):
                found.append(Inverse(variable, target, each, round_trip(formula, each, variable, target, columns)))
    identities = [inverse for inverse in found if inverse.is_identity]
    if identities:
        return min(identities, key=lambda inverse: inverse.expression.complexity)
    return min(found, key=lambda inverse: inverse.error, default=None)


def round_trip(
    formula: Expression, inverse: Expression, variable: str, target: str, columns: Mapping[str, Array]
) -> float:
    """Return how far the two compositions are from the identity on the points, as shares of the largest sizes.

    Args:
        formula: of the variables.
        inverse: of the target and the variables but one.
        variable: that one.
        target: name of the formula's value.
        columns: points by variable, each of shape (n,).

    Returns:
        The larger of max |g(f(x)) - x| / max |x| and max |f(g(y)) - y| / max |y|, with y = f(x); infinite where one of
        them is undefined.
    """
    x = np.asarray(columns[variable])
    with np.errstate(all="ignore"):
        y = np.broadcast_to(formula(columns), x.shape)
        back = np.broadcast_to(inverse({**columns, target: y}), x.shape)
        again = np.broadcast_to(formula({**columns, variable: back}), x.shape)
        errors = [np.abs(b - a).max() / max(np.abs(a).max(), np.finfo(float).tiny) for a, b in ((x, back), (y, again))]
    return float(max(errors)) if np.isfinite(errors).all() else float("inf")


def inverses(formula: Expression, variable: str, target: Expression) -> Iterator[Expression]:
    """Yield formulas g with g(formula) = variable on some branch, at most so many."""
    for count, found in enumerate(_solved(formula, variable, target)):
        if count == _MAX_BRANCHES:
            return
        yield found


def _solved(node: Expression, variable: str, target: Expression) -> Iterator[Expression]:
    if node.is_variable:
        yield target
        return
    holding = [k for k, arg in enumerate(node.args) if variable in arg.variables]
    if len(holding) == 1:
        for undone in _undone(node, holding[0], target):
            yield from _solved(node.args[holding[0]], variable, undone)
        return
    parts = {part for part in node.postorder() if part is not node and variable in part.variables}
    for part in sorted(parts, key=lambda e: (-e.complexity, str(e))):
        solved = finite_formula(_part_of, node, part, variable, target)
        if solved is not None:
            yield from _solved(part, variable, solved)


def _undone(node: Expression, place: int, target: Expression) -> Iterator[Expression]:
    """Yield what an operator's argument at one place is, given the operator's value."""
    if len(node.args) == 1:
        for undo in _UNDONE.get(node.op, ()):
            yield undo(target)
        return
    other = node.args[1 - place]
    first = place == 0
    if node.op == "add":
        yield target - other
    elif node.op == "sub":
        yield target + other if first else other - target
    elif node.op == "mul":
        yield target / other
    elif node.op == "div":
        yield target * other if first else other / target
    elif node.op == "pow" and not first:
        yield Expression.call("log", target) / Expression.call("log", other)
    elif node.op == "pow":
        yield from _roots(target, other)


def _roots(target: Expression, exponent: Expression) -> Iterator[Expression]:
    power = None if exponent.variables else float(np.ravel(exponent({}))[0])
    if power is not None and power % 2 == 1:
        size = abs(power)
        base = target if power > 0 else 1 / target
        if size == 1:
            yield base
        elif size == 3:
            yield Expression.call("cbrt", base)
        else:  # roots of positive and of negative numbers
            yield base ** (1 / size)
            yield -((-base) ** (1 / size))
        return
    root = Expression.call("sqrt", target) if power == 2 else target ** (1 / exponent)
    yield root
    if power is not None and power % 2 == 0:
        yield -root


_Fraction = tuple[Expression | None, Expression | None, Expression | None, Expression | None]


def _part_of(node: Expression, part: Expression, variable: str, target: Expression) -> Expression | None:
    """Return a part, given the value of what holds it as (a*part + b)/(c*part + d); None where it does not."""
    found = _fraction(node, part, variable)
    if found is None:
        return None
    a, b, c, d = found
    top, bottom = _minus(b, _times(d, target)), _minus(_times(c, target), a)
    if bottom is None:
        return None
    return Expression.constant(0.0) if top is None else top / bottom


def _fraction(node: Expression, part: Expression, variable: str) -> _Fraction | None:
    """Return a, b, c and d, with None for 0; None where the node is no such fraction."""
    one = Expression.constant(1.0)
    if node == part:
        return one, None, None, one
    if variable not in node.variables:
        return None, node, None, one
    inner = [_fraction(arg, part, variable) for arg in node.args]
    if any(each is None for each in inner):
        return None
    (a, b, c, d), *others = [each for each in inner if each is not None]
    if node.op == "neg":
        return _minus(None, a), _minus(None, b), c, d
    if node.op not in ("add", "sub", "mul", "div"):
        return None
    ((e, f, g, h),) = others
    if node.op in ("add", "sub"):
        join = _plus if node.op == "add" else _minus
        if (c is not None or g is not None) and (a is not None or c is not None) and (e is not None or g is not None):
            if (c, d) != (g, h):
                return None
            return join(a, e), join(b, f), c, d
        return (  # one of them is free of the part, or none has it below
            join(_plus(_times(a, h), _times(b, g)), _plus(_times(e, d), _times(f, c))),
            join(_times(b, h), _times(f, d)),
            _plus(_times(c, h), _times(d, g)), _times(d, h),
        )  # fmt: skip
    if node.op == "div":
        e, f, g, h = g, h, e, f
    quadratic = (a is not None and e is not None) or (c is not None and g is not None)
    if quadratic:
        return None
    return (
        _plus(_times(a, f), _times(b, e)), _times(b, f), _plus(_times(c, h), _times(d, g)), _times(d, h)
    )  # fmt: skip


def _times(a: Expression | None, b: Expression | None) -> Expression | None:
    if a is None or b is None:
        return None
    if a.is_constant and a.constants == (1.0,):
        return b
    return a if b.is_constant and b.constants == (1.0,) else a * b


def _plus(a: Expression | None, b: Expression | None) -> Expression | None:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def _minus(a: Expression | None, b: Expression | None) -> Expression | None:
    if b is None:
        return a
    return -b if a is None else a - b
