"""Skeletons near others: what two of them have together, missing powers, one more term in one of the sums.

A skeleton with a term too many is as good as the right one, for least squares gives that term no weight; so near misses
of the transformer become hits.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from srbench_transformer.tokens import Node, chain

__all__ = ["complete", "grow", "is_plain", "neighbours_of", "polynomials", "power", "terms_of", "unite", "vary"]

#: Highest power that is completed downwards, and highest degree of the full polynomials in two variables.
_MAX_POWER: Final = 6
_MAX_DEGREE_OF_TWO: Final = 4
#: Functions that are exchanged for each other.
_HEADS: Final = ("sin", "exp", "log", "sqrt", "tanh", "inv", "pow2")
#: Functions of what they would undo or repeat.
_POWERS: Final = ("pow2", "pow3", "pow4", "pow5")
_ALTERED: Final = {
    **dict.fromkeys((*_POWERS, "inv"), (*_POWERS, "inv", "sqrt", "exp", "*")),
    "sqrt": (*_POWERS, "inv", "sqrt", "exp"),
    "log": (*_POWERS, "inv", "sqrt", "exp", "*"),
    "abs": (*_POWERS, "inv", "sqrt", "exp", "abs"),
}


def neighbours_of(leaders: Sequence[Node], others: Sequence[Node], variables: int) -> Iterator[Node]:
    """Yield skeletons near some, those that are most promising first.

    Args:
        leaders: the skeletons.
        others: with which they are united.
        variables: of the points, 1 or 2.
    """
    yield from filter(is_plain, _near(leaders, others, variables))


def _near(leaders: Sequence[Node], others: Sequence[Node], variables: int) -> Iterator[Node]:
    for node in leaders:
        yield complete(node, variables)
    for place, one in enumerate(leaders):
        for other in others:
            if other != one and (other not in leaders or leaders.index(other) > place):
                yield from unite(one, other)
    for node in leaders:
        for term in _terms(variables):
            yield from grow(node, term)
        yield from vary(node, variables)


def polynomials(variables: int) -> Iterator[Node]:
    """Yield the full polynomials up to degree 6 in one variable, 4 in two, as skeletons."""
    inputs = [Node(f"x{number}") for number in range(1, variables + 1)]
    for degree in range(1, (_MAX_POWER if variables == 1 else _MAX_DEGREE_OF_TWO) + 1):
        yield _sum([_monomial(inputs, powers) for powers in _exponents(variables, degree)])


def _exponents(variables: int, degree: int) -> list[tuple[int, ...]]:
    every = itertools.product(range(degree + 1), repeat=variables)
    return [powers for powers in every if 0 < sum(powers) <= degree]


def _monomial(inputs: Sequence[Node], powers: Sequence[int]) -> Node:
    factors = [power(x, k) for x, k in zip(inputs, powers, strict=True) if k]
    return chain("*", factors)


def unite(one: Node, other: Node) -> Iterator[Node]:
    """Yield the sum with the terms of both; and, where they differ in one argument, that argument with both's terms."""
    yield _sum([*terms_of(one), *terms_of(other)])
    yield from _merged(one, other)


def complete(node: Node, variables: int) -> Node:
    """Return a skeleton whose outer sum has all powers below its highest."""
    terms = list(terms_of(node))
    for number in range(1, variables + 1):
        x = Node(f"x{number}")
        powers = [power(x, k) for k in range(1, _MAX_POWER + 1)]
        highest = max((k for k, each in enumerate(powers) if each in terms), default=-1)
        terms += powers[:highest]
    return _sum(terms)


def grow(node: Node, term: Node) -> Iterator[Node]:
    """Yield the skeletons with one more term, in the outer sum or in an argument."""
    if term not in terms_of(node):
        yield _sum([*terms_of(node), term])
    for place, arg in enumerate(node.args):
        for variant in grow(arg, term):
            if node.token == variant.token == "+":
                continue  # the sum itself, grown above
            yield chain(node.token, (*node.args[:place], variant, *node.args[place + 1 :]))


def vary(node: Node, variables: int) -> Iterator[Node]:
    """Yield skeletons with another function, another argument, or another factor before a term."""
    inputs = [Node(f"x{number}") for number in range(1, variables + 1)]
    for term in terms_of(node):
        rest = [other for other in terms_of(node) if other != term]
        for x in inputs:
            for factor in (x, Node("inv", (x,))):
                yield _sum([*rest, chain("*", (factor, term))])
    yield from _exchanged(node, inputs)


def _exchanged(node: Node, inputs: Sequence[Node]) -> Iterator[Node]:
    """Yield the skeletons with one head or one variable exchanged."""
    if node in inputs:
        yield from (power(node, 2), Node("inv", (node,)), Node("sqrt", (node,)))
        yield from (other for other in inputs if other != node)
        if len(inputs) == 2:
            yield chain("*", inputs)
    elif node.token in _HEADS:
        yield from (Node(head, node.args) for head in _HEADS if head != node.token)
    for place, arg in enumerate(node.args):
        for variant in _exchanged(arg, inputs):
            yield chain(node.token, (*node.args[:place], variant, *node.args[place + 1 :]))


def power(node: Node, exponent: int) -> Node:
    """Return a whole power, 1 to 6, of a node."""
    if exponent == _MAX_POWER:
        return Node("pow2", (Node("pow3", (node,)),))
    return node if exponent == 1 else Node(f"pow{exponent}", (node,))


def is_plain(node: Node) -> bool:
    """Return whether no part of a skeleton has a shorter spelling: x * x, 1 / x * x, log(x**2), (x**2)**2."""
    if node.token == "*":
        bases = [_base(arg) for arg in node.args]
        if len(set(bases)) < len(bases) or sum(base.token == "exp" for base in bases) > 1:
            return False
    if node.token in _ALTERED and node.args[0].token in _ALTERED[node.token]:
        return node.token == "pow2" and node.args[0].token == "pow3"
    return all(map(is_plain, node.args))


def _base(node: Node) -> Node:
    """Return what a factor is a power of."""
    while node.token == "inv" or node.token.startswith("pow"):
        node = node.args[0]
    return node


def _merged(one: Node, other: Node) -> Iterator[Node]:
    """Yield both as one, where they have the same head and all arguments but one alike."""
    if one.token != other.token or len(one.args) != len(other.args) or one.token in ("x1", "x2", "C"):
        return
    alone = [arg for arg in one.args if arg not in other.args]
    others = [arg for arg in other.args if arg not in one.args]
    if len(alone) != 1 or len(others) != 1:
        return
    place = one.args.index(alone[0])
    for variant in unite(alone[0], others[0]) if one.token != "+" else _merged(alone[0], others[0]):
        yield chain(one.token, (*one.args[:place], variant, *one.args[place + 1 :]))


def _terms(variables: int) -> list[Node]:
    terms = []
    for number in range(1, variables + 1):
        x = Node(f"x{number}")
        terms += [x, power(x, 2), power(x, 3), Node("inv", (x,))]
        terms += [Node(name, (x,)) for name in ("sin", "exp", "log", "sqrt")]
    if variables == 2:
        terms.append(chain("*", (Node("x1"), Node("x2"))))
    return terms


def terms_of(node: Node) -> tuple[Node, ...]:
    """Return the terms of a sum; of anything else, itself."""
    return node.args if node.token == "+" else (node,)


def _sum(terms: Sequence[Node]) -> Node:
    return chain("+", tuple(dict.fromkeys(terms)))
