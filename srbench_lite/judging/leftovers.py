"""`without_leftovers`: a found formula without the parts that a constant makes vanish by growing.

A method leaves stray terms whose constant is zero, and others whose constant is, in effect, infinite: x/4.15e13 in a
sum, exp(x**3/1.3e12) in a product, c/(c + x**3) with c = 1.3e12. Such a part is a leftover by the same rules as a
constant that vanishes (`srbench_lite.judging.negligible_terms`): replaced by zero, it changes no value on the domain by
more than is allowed, and it is not the units of a variable that hide it.

A part is looked at where it stands beside something larger: in a sum or a difference, or as an argument of exp, cos or
cosh, or as an exponent. A constant must stand for it: in the part, or beside it as all that the part is added to. Where
it is the part's factor, it vanishes by being zero, and that is tried elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, array_function
from srbench_lite.judging.negligible_terms import MIN_LARGE_CONSTANT, is_stray, relative_change
from srbench_lite.judging.sample_points import Reference, largest_change, sample_points, trusted_points
from srbench_lite.judging.units import near_one
from srbench_lite.judging.verdict import EXACT_TERM, HIDDEN_TERM, RECOVERED_TERM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from srbench_lite.judging.pair import Pair

__all__ = ["Remainder", "without_leftovers"]

#: A part this much smaller than what it is added to, or this small as an argument, is looked at.
_MAX_SHARE: Final = 0.05
#: Functions that are nearly constant near zero.
_FLAT_AT_ZERO: Final = frozenset(("exp", "cos", "cosh"))
#: Points at which sizes are looked at, and their part of the domain's random points.
_POINTS: Final = 48
_DRAWN: Final = 72
#: At most so many parts are looked at.
_MAX_PARTS: Final = 40


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left of a found formula.

    Attributes:
        formula: the formula without leftovers.
        effect: what leaving them out changes at most, in standard deviations of y.
    """

    formula: Expression
    effect: float


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a formula that may be a leftover.

    Attributes:
        place: of its root among the formula's nodes, in postorder.
        first: of its first node.
        beside: the number that it is added to; None where there is no such number.
    """

    place: int
    first: int
    beside: Expression | None = None


def without_leftovers(pair: Pair) -> list[Remainder]:
    """Return the found formula without leftovers: without those that `exact` allows, and those that `recovered` does.

    There is none where the formula has no leftovers.

    Raises:
        OutOfTimeError: the time is used up.
    """
    formula = pair.found
    parts = list(_parts(pair))[:_MAX_PARTS]
    if not parts:
        return []
    drawn = sample_points(pair, 0)
    reference = trusted_points(drawn) if drawn.is_enough else drawn
    if not reference.is_enough:
        return []
    effects = [(largest_change(reference, formula, _without(formula, [part])), part) for part in parts]
    result: list[Remainder] = []
    for tolerance in (EXACT_TERM, RECOVERED_TERM):
        chosen: list[_Part] = []
        for effect, part in sorted(effects, key=lambda item: (item[0], -item[1].place)):
            if effect >= tolerance or any(other.first <= part.place <= other.place for other in chosen):
                continue
            inner = [other for other in chosen if not part.first <= other.place <= part.place]
            if not _is_hidden(reference, formula, part):
                chosen = [*inner, part]
        rest = _without(formula, chosen)
        total = largest_change(reference, formula, rest) if chosen else np.inf
        if total < tolerance and all(rest != other.formula for other in result):
            result.append(Remainder(rest, total))
    return result


def _without(formula: Expression, parts: list[_Part]) -> Expression:
    """Return the formula with zero for parts of it."""
    places = {part.place for part in parts}
    place = -1

    def rebuilt(node: Expression, args: list[Expression]) -> Expression:
        nonlocal place
        place += 1
        if place in places:
            return Expression.constant(0.0)
        return Expression(node.op, args=args) if args else node

    return formula.fold(lambda node: rebuilt(node, []), rebuilt)


def _is_hidden(reference: Reference, formula: Expression, part: _Part) -> bool:
    """Whether it is the units of variables that hide a part: with these near one it is not small, and changes much."""
    columns = near_one(reference.many, formula.variables)
    if columns is None:
        return False
    rest = _without(formula, [part])
    node = list(formula.postorder())[part.place]
    with np.errstate(all="ignore"):
        size = np.abs(node(columns)) / (1.0 if part.beside is None else abs(float(part.beside({})[0])))
    size = size[np.isfinite(size)]
    if len(size) and float(np.median(size)) < MIN_LARGE_CONSTANT:
        return False
    return relative_change(formula(columns), rest(columns)) >= HIDDEN_TERM


def _parts(pair: Pair) -> Iterator[_Part]:
    """Yield the parts of the found formula that stand beside something larger."""
    columns = pair.domain.columns(pair.domain.draw(_POINTS, part=_DRAWN))
    stack: list[tuple[Expression, Any, int, int]] = []  # node, values, first place, place
    for place, node in enumerate(pair.found.postorder()):
        if not node.args:
            if node.name is not None:
                values: Any = columns[node.name]
            else:
                values = np.float64(node.value if node.value is not None else NAMED_CONSTANTS[node.op][0])
            stack.append((node, values, place, place))
            continue
        args = stack[-len(node.args) :]
        del stack[-len(node.args) :]
        with np.errstate(all="ignore"):
            values = array_function(node.op)(*[value for _, value, _, _ in args])
        stack.append((node, values, args[0][2], place))
        yield from _parts_of(node, args)


def _parts_of(node: Expression, args: list[tuple[Expression, Any, int, int]]) -> Iterator[_Part]:
    if node.op in ("add", "sub"):
        for one, other in (args, args[::-1]):
            if _size(one[1]) <= _MAX_SHARE * _size(other[1]):
                is_number = not other[0].variables and _has_stray(other[0])
                if is_number or (_has_stray(one[0]) and not _has_stray_factor(one[0])):
                    beside = other[0] if is_number and not _has_stray(one[0]) else None
                    yield _Part(one[3], one[2], beside)
    elif node.op in _FLAT_AT_ZERO or node.op == "pow":
        argument = args[-1]
        if _size(argument[1]) <= _MAX_SHARE and _has_stray(argument[0]) and not _has_stray_factor(argument[0]):
            yield _Part(argument[3], argument[2])


def _size(values: Any) -> float:
    """Return the typical size of values; NaN where one is not finite."""
    return float(np.median(np.abs(values)))


def _has_stray(part: Expression) -> bool:
    return any(is_stray(value) for value in part.constants)


def _has_stray_factor(part: Expression) -> bool:
    """Whether a part vanishes with a constant that is zero: that is tried without leaving the part out."""
    while part.op == "neg":
        part = part.args[0]
    factors = part.args if part.op == "mul" else part.args[:1] if part.op == "div" else (part,)
    return any(factor.value is not None and is_stray(factor.value) for factor in factors)
