"""Skeletons bred from others: parts of two are exchanged, or a part gives way to one that was drawn.

Source: Koza, "Genetic Programming" (1992), chapter 6, on skeletons: sums and products have any number of arguments, and
one spelling each, so that exchanges that change nothing are seen and left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from srbench_transformer.neighbours import is_plain
from srbench_transformer.tokens import LONGEST, Node, chain

__all__ = ["offspring", "parts_of", "replaced"]

#: Parents of which the best of a tournament is one; share of offspring that are bred by an exchange.
_TOURNAMENT: Final = 5
_EXCHANGED_SHARE: Final = 0.5


def parts_of(node: Node) -> list[Node]:
    """Return all parts of a skeleton, itself first."""
    return [node, *(part for arg in node.args for part in parts_of(arg))]


def replaced(node: Node, place: int, by: Node) -> Node:
    """Return a skeleton with the part at a place of `parts_of` replaced."""
    if place == 0:
        return by
    args = list(node.args)
    place -= 1
    for number, arg in enumerate(args):
        size = len(parts_of(arg))
        if place < size:
            args[number] = replaced(arg, place, by)
            break
        place -= size
    return chain(node.token, args)


def offspring(parents: Sequence[Node], drawn: Sequence[Node], rng: np.random.Generator) -> Iterator[tuple[str, ...]]:
    """Yield a child for each skeleton that was drawn, as far as it is one: plain, not too long, and no parent.

    Args:
        parents: the best first.
        drawn: skeletons whose parts are what mutations bring in.
        rng: draws parents and parts.
    """
    if not parents:
        return
    for fresh in drawn:
        parent = _winner(parents, rng)
        other = _winner(parents, rng) if rng.random() < _EXCHANGED_SHARE else fresh
        child = replaced(parent, *_drawn(parent, other, rng))
        if child not in parents and is_plain(child) and child.has_variable and len(child.tokens) <= LONGEST:
            yield child.tokens


def _winner(parents: Sequence[Node], rng: np.random.Generator) -> Node:
    return parents[int(rng.integers(len(parents), size=_TOURNAMENT).min())]


def _drawn(parent: Node, other: Node, rng: np.random.Generator) -> tuple[int, Node]:
    """Return a place in one skeleton, and a part of another."""
    parts = parts_of(other)
    return int(rng.integers(len(parts_of(parent)))), parts[int(rng.integers(len(parts)))]
