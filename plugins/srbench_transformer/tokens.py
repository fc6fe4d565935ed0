"""The tokens of skeletons: prefix order, one spelling for each; writing them from sums, reading them as trees.

A skeleton leaves out what least squares finds anyway: the coefficient of every term of every sum, and the offset of the
whole formula and of every argument of a function. `C` stands for the constant of a sum that is a factor: `* x1 + x1 C`
is x1 * (x1 + C).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from srbench_lite import UsageError
from srbench_transformer.algebra import FUNCTIONS, Sum, Term

__all__ = [
    "ARITY", "BEGIN", "CODES", "END", "LONGEST", "PAD", "TOKENS", "VOCABULARIES", "Node", "Vocabulary",
    "chain", "parse", "skeleton_of",
]  # fmt: skip

TOKENS: Final = ("pad", "begin", "end", "+", "*", "inv", "pow2", "pow3", "pow4", "pow5", *FUNCTIONS, "x1", "x2", "C")
CODES: Final = {token: code for code, token in enumerate(TOKENS)}
PAD, BEGIN, END = 0, 1, 2
#: Arguments of each token; -1 for those that are no part of a formula.
ARITY: Final = tuple(
    -1 if token in ("pad", "begin", "end") else 2 if token in ("+", "*") else 0 if token in ("x1", "x2", "C") else 1
    for token in TOKENS
)
#: Tokens of a skeleton at most, "end" not counted.
LONGEST: Final = 30


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a decoder writes; the first three tokens are "pad", "begin" and "end".

    Attributes:
        tokens: in the order of their codes.
        arity: arguments of each, -1 for those that are no part of a formula.
        longest: tokens of a formula at most, "end" not counted.
    """

    tokens: tuple[str, ...]
    arity: tuple[int, ...]
    longest: int


#: By name: skeletons, and whole formulas without constants (Moseley, workshop "Symbolic regression with deep neural
#: networks", 2025).
VOCABULARIES: Final = {
    "skeletons": Vocabulary(TOKENS, ARITY, LONGEST),
    "workshop": Vocabulary(
        ("pad", "begin", "end", "+", "-", "*", "abs", "sin", "tan", "exp", "x"),
        (-1, -1, -1, 2, 2, 2, 1, 1, 1, 1, 0),
        12,
    ),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a skeleton.

    Attributes:
        token: its head.
        args: its arguments; sums and products have two or more, in the order of their spelling.
    """

    token: str
    args: tuple[Node, ...] = ()

    @property
    def tokens(self) -> tuple[str, ...]:
        """Return the spelling: sums and products as chains of pairs."""
        if self.token in ("+", "*"):
            spelled = [arg.tokens for arg in self.args]
            head: list[str] = []
            for part in spelled[:-1]:
                head += [self.token, *part]
            return (*head, *spelled[-1])
        return (self.token, *(token for arg in self.args for token in arg.tokens))

    @property
    def has_variable(self) -> bool:
        """Return whether it depends on a variable."""
        return self.token in ("x1", "x2") or any(arg.has_variable for arg in self.args)


def chain(token: str, args: Sequence[Node]) -> Node:
    """Return a node; arguments of a sum or product that are of the same kind lend it theirs, and stand in order."""
    if token not in ("+", "*"):
        return Node(token, tuple(args))
    flat: list[Node] = []
    for arg in args:
        flat += arg.args if arg.token == token else (arg,)
    return Node(token, tuple(sorted(flat, key=_order))) if len(flat) > 1 else flat[0]


def parse(tokens: Sequence[str]) -> Node:
    """Return the tree of a prefix spelling, chains of sums and products as one, in the canonical order.

    Raises:
        UsageError: it is no whole formula; names the place.
    """
    node, end = _parsed(tokens, 0)
    if end != len(tokens):
        raise UsageError(f"{' '.join(tokens)} goes on after its end, at token {end + 1} ({tokens[end]})")
    return node


def skeleton_of(formula: Sum) -> tuple[str, ...]:
    """Return the skeleton of a sum; () for a constant."""
    return _sum(formula, offset=False).tokens if formula.terms else ()


def _parsed(tokens: Sequence[str], at: int) -> tuple[Node, int]:
    if at >= len(tokens):
        raise UsageError(f"{' '.join(tokens) or 'nothing'} is no whole formula: it ends too early")
    token = tokens[at]
    if token not in CODES or ARITY[CODES[token]] < 0:
        raise UsageError(f"unknown token {token!r} at {at + 1}; there are: {', '.join(TOKENS[3:])}")
    args = []
    at += 1
    for _ in range(ARITY[CODES[token]]):
        arg, at = _parsed(tokens, at)
        args.append(arg)
    return chain(token, args), at


def _order(node: Node) -> tuple[bool, int, tuple[str, ...]]:
    tokens = node.tokens
    return tokens == ("C",), len(tokens), tokens


def _sum(formula: Sum, *, offset: bool) -> Node:
    parts = [_term(term) for term, _ in formula.terms]
    if offset and formula.constant != 0:
        parts.append(Node("C"))
    return chain("+", parts)


def _term(term: Term) -> Node:
    factors = []
    for (name, inner), exponent in term:
        if name == "x":
            node = Node(f"x{inner + 1}")  # type: ignore[operator]
        elif name == "sum":
            node = _sum(inner, offset=True)  # type: ignore[arg-type]
        else:
            node = Node(name, (_sum(inner, offset=False),))  # type: ignore[arg-type]
        size = abs(exponent)
        if size == 6:
            node, size = Node("pow3", (node,)), 2
        if size > 1:
            node = Node(f"pow{size}", (node,))
        factors.append(Node("inv", (node,)) if exponent < 0 else node)
    return chain("*", factors)
