"""One formula of each kind of suite that is drawn. A draw may be no good task: `drawn_truth` decides that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from srbench_lite.expressions.building import leading_multiple, monomial, multiple, power_product, sum_in_order
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.problems.draws import Draws
from srbench_lite.problems.generator_name import GeneratorName
from srbench_lite.problems.short_form import is_short, written

__all__ = ["draw_formula", "variable_names"]

_NUMBER_SHARE: Final = 0.25  # of the leaves of a tree
_UNARY_SHARE: Final = 0.4  # of the nodes that may be functions of one argument
_VARYING_EXPONENT_SHARE: Final = 0.15
_MAX_MONOMIALS: Final = 400  # drawn for one polynomial
_EXPONENTS: Final = (2.0, 2.0, 2.0, 3.0, 3.0, 4.0, 1.5)
_ONE: Final = Expression.constant(1)
#: Functions that never stand inside one of their own family.
_FAMILIES: Final = {
    op: family[0]
    for family in (
        ("sin", "cos", "tan"), ("asin", "acos", "atan"), ("exp", "sinh", "cosh", "tanh", "erf"), ("log",),
        ("sqrt", "cbrt"), ("asinh", "acosh", "atanh"), ("floor", "ceil", "sign"), ("gamma", "digamma"), ("abs",),
    )
    for op in family
}  # fmt: skip


def variable_names(name: GeneratorName) -> tuple[str, ...]:
    """Return x1, x2, ..."""
    return tuple(f"x{i}" for i in range(1, name.whole("variables") + 1))


def draw_formula(name: GeneratorName, draws: Draws) -> Expression | None:
    """Draw one formula of a suite; None where the draw led nowhere."""
    return _KINDS[name.kind](name, variable_names(name), draws)


# --- trees ------------------------------------------------------------------------------------------------------------


def _tree(name: GeneratorName, variables: Sequence[str], draws: Draws) -> Expression | None:
    """Draw a tree of the given number of nodes in which every variable occurs."""
    by_arity = {n: [op for op in name.operators if OPERATORS[op].arity == n] for n in (1, 2, 3)}
    shape = _grown(name.whole("size"), by_arity, frozenset(), False, draws)
    places = _count(shape)
    if places < len(variables):
        return None
    names = draws.shuffled([*variables, *(draws.pick(variables) for _ in range(places - len(variables)))])
    tree = _built(shape, names)
    return written(tree) if tree.complexity == name.whole("size") and is_short(tree) else None


#: A tree without its variables: a number, None for the place of a variable, or an operator with its arguments.
_Shape = tuple[str, tuple["_Shape | float | None", ...]] | float | None


def _grown(
    nodes: int, by_arity: Mapping[int, list[str]], outside: frozenset[str], may_be_number: bool, draws: Draws
) -> _Shape:  # fmt: skip
    """Draw a tree of so many nodes, with no function inside one of the families that are outside."""
    if nodes == 1:
        return _number(draws) if may_be_number and draws.chance(_NUMBER_SHARE) else None
    unary = [op for op in by_arity[1] if _FAMILIES.get(op, op) not in outside]
    larger = [n for n in (2, 3) if by_arity[n] and nodes > n]
    if unary and (not larger or draws.chance(_UNARY_SHARE)):
        op = draws.pick(unary)
        return op, (_grown(nodes - 1, by_arity, outside | {_FAMILIES.get(op, op)}, False, draws),)
    if not larger:
        return None  # nothing has so few nodes
    arity = draws.pick(larger)
    op = draws.pick(by_arity[arity])
    if op == "pow" and not draws.chance(_VARYING_EXPONENT_SHARE):
        return op, (_grown(nodes - 2, by_arity, outside, False, draws), draws.pick(_EXPONENTS))
    numbered, left, args = draws.below(arity), nodes - 1, []
    for place in range(arity):
        others = arity - 1 - place
        part = 1 + draws.below(left - others) if others else left
        args.append(_grown(part, by_arity, outside, place == numbered, draws))
        left -= part
    return op, tuple(args)


def _count(shape: _Shape) -> int:
    """Return the number of places for variables."""
    return int(shape is None) if not isinstance(shape, tuple) else sum(map(_count, shape[1]))


def _built(shape: _Shape, names: list[str]) -> Expression:
    """Return the tree with its variables, which are taken from the list."""
    if shape is None:
        return Expression.variable(names.pop())
    if not isinstance(shape, tuple):
        return Expression.constant(shape)
    return Expression(shape[0], args=[_built(arg, names) for arg in shape[1]])


def _number(draws: Draws) -> float:
    return float(1 + draws.below(5)) if draws.chance(0.5) else draws.decimal(1, 49)


# --- polynomials and sums ---------------------------------------------------------------------------------------------


def _polynomial(name: GeneratorName, variables: Sequence[str], draws: Draws) -> Expression | None:
    """Draw different monomials, one of them of the full degree, with coefficients of two digits."""
    degree, count = name.whole("degree"), name.whole("terms")
    chosen: dict[tuple[int, ...], float] = {}
    for _ in range(_MAX_MONOMIALS):
        exponents = [0] * len(variables)
        for _ in range(draws.below(degree + 1) if chosen else degree):
            exponents[draws.below(len(variables))] += 1
        chosen.setdefault(tuple(exponents), _coefficient(draws))
        if len(chosen) == count:
            break
    else:
        return None
    ordered = sorted(chosen.items(), key=lambda item: (-sum(item[0]), [-e for e in item[0]]))
    return _sum([(c, monomial(variables, exponents)) for exponents, c in ordered])


def _sum(terms: Sequence[tuple[float, Expression]]) -> Expression:
    """Write a sum, terms above zero first."""
    return sum_in_order(sorted(terms, key=lambda term: term[0] < 0), leading_multiple)


def _coefficient(draws: Draws) -> float:
    return draws.decimal(2, 50) * (-1 if draws.chance(0.4) else 1)


def _terms(name: GeneratorName, variables: Sequence[str], draws: Draws) -> Expression | None:
    """Draw a sum of simple terms of one variable or two, and sometimes a number."""
    count = name.whole("terms")
    if count < len(variables):
        return None
    of_terms = draws.shuffled([*variables, *(draws.pick(variables) for _ in range(count - len(variables)))])
    bodies = [_term(Expression.variable(v), variables, name.number("low"), draws) for v in of_terms]
    if len({body.with_constants([1.0] * len(body.constants)) for body in bodies}) < count:
        return None
    terms = [(_coefficient(draws), body) for body in bodies]
    return _sum([*terms, (_coefficient(draws), _ONE)] if draws.chance(0.25) else terms)


def _term(x: Expression, variables: Sequence[str], low: float, draws: Draws) -> Expression:
    """Draw a term in x without its coefficient."""
    above_zero = x + round(draws.decimal(2, 30) - low, 1) if low <= 0 else x  # where the variable itself is not
    scaled = multiple(draws.decimal(2, 30), x)
    match draws.below(10):
        case 0:
            return x
        case 1:
            return x ** float(2 + draws.below(2))
        case 2:
            others = [name for name in variables if name != x.name]
            return x * Expression.variable(draws.pick(others)) if others else x**4
        case 3 | 4:
            return Expression.call("sin", scaled)
        case 5:
            return Expression.call("cos", scaled)
        case 6:
            return Expression.call("exp", scaled)
        case 7:
            return Expression.call("exp", multiple(-draws.decimal(2, 30), x))
        case 8:
            return Expression.call("log", above_zero)
        case _:
            return Expression.call("sqrt", above_zero)


# --- physics ----------------------------------------------------------------------------------------------------------

#: Numbers that stand in front of laws, as (numerator, denominator), and how often.
_PI: Final = Expression.named("pi")
_FACTORS: Final[tuple[tuple[Expression | float | None, Expression | float | None], ...]] = (
    *[(None, None)] * 6, (2.0, None), (2.0, None), (0.5, None), (0.5, None), (3.0, None), (4.0, None), (1.5, None),
    (None, 2.0 * _PI), (None, 4.0 * _PI), (2.0 * _PI, None), (4.0 * _PI, None), (_PI, None),
)  # fmt: skip
_LAW_EXPONENTS: Final = (1.0,) * 9 + (2.0, 2.0, 2.0, 3.0, 0.5, 0.5)
#: What a law has beside its product, and its exponent: a function of a product of powers m, where n is -m.
_OF_PRODUCT: Final = (
    ("1 + m", 1.0), ("1 + m", 1.0), ("1 + m", -1.0), ("1 + m", 0.5), ("1 + m", -0.5), ("exp(n)", 1.0), ("exp(n)", 1.0),
    ("1 - exp(n)", 1.0), ("1 + exp(n)", -1.0), ("exp(m) - 1", -1.0),
)  # fmt: skip
#: ... or a function of two variables.
_OF_TWO: Final = (
    ("a + b", 1.0), ("a + b", -1.0), ("a**2 + b**2", 1.0), ("a**2 + b**2", -1.0), ("a**2 + b**2", 0.5),
    ("a**2 + b**2", -0.5), ("1/a + 1/b", 1.0),
)  # fmt: skip


def _law(name: GeneratorName, variables: Sequence[str], draws: Draws) -> Expression | None:
    """Draw a product of powers of variables, in two cases of three with a function of some of them."""
    mixed = draws.shuffled(variables)
    kind = draws.below(3)
    inner = sorted(mixed[: (0, min(len(mixed), 1 + draws.below(2)), 2)[kind]])
    outer = sorted(mixed[len(inner) :])
    if kind == 2 and len(inner) < 2:
        return None
    if kind == 1 and draws.chance(0.3):
        outer = sorted([*outer, draws.pick(inner)])
    powers = _powers(outer, draws)
    if kind == 1:
        ratio = _under_one_root(_powers(inner, draws))
        text, exponent = draws.pick(_OF_PRODUCT)
        parts = {"m": ratio, "n": leading_multiple(-1.0, ratio)}
        powers.append((Expression.parse(text).substitute(parts), exponent))
    elif kind == 2:
        text, exponent = draws.pick(_OF_TWO)
        two = dict(zip("ab", map(Expression.variable, inner), strict=True))
        powers.append((Expression.parse(text).substitute(two), exponent))
    above, below = draws.pick(_FACTORS) if draws.chance(0.8) else (_measured_number(draws), None)
    front = [(_as_expression(above), 1.0)] if above is not None else []
    front += [(_as_expression(below), -1.0)] if below is not None else []
    return _under_one_root([*front, *powers])


def _powers(names: Sequence[str], draws: Draws) -> list[tuple[Expression, float]]:
    """Draw an exponent for each name."""
    return [
        (Expression.variable(name), draws.pick(_LAW_EXPONENTS) * (-1 if draws.chance(0.4) else 1)) for name in names
    ]


def _under_one_root(powers: Sequence[tuple[Expression, float]]) -> Expression:
    """Write a product of powers; square roots stand under one, in front of sums and exponentials."""
    roots = [(base, 2 * exponent) for base, exponent in powers if abs(exponent) == 0.5]
    others = [power for power in powers if abs(power[1]) != 0.5]
    if roots:
        side = 1.0 if any(exponent > 0 for _, exponent in roots) else -1.0  # 1/sqrt(x), not sqrt(1/x)
        root = Expression.call("sqrt", power_product((base, side * exponent) for base, exponent in roots))
        place = next((i for i, (base, _) in enumerate(others) if base.op in ("exp", "add", "sub")), len(others))
        others.insert(place, (root, side))
    return power_product(others)


def _as_expression(value: Expression | float) -> Expression:
    return value if isinstance(value, Expression) else Expression.constant(value)


def _measured_number(draws: Draws) -> float:
    """Return a measured number of three digits."""
    return (100 + draws.below(900)) / 100


_KINDS: Final[Mapping[str, Callable[[GeneratorName, Sequence[str], Draws], Expression | None]]] = {
    "random": _tree,
    "polynomial": _polynomial,
    "sum": _terms,
    "physics": _law,
}
