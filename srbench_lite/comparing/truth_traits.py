"""`traits_of`: what kind of formula a truth is: how many variables it has, how large it is, and its operators."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS

__all__ = ["SIZE_LEVELS", "TruthTraits", "size_level", "traits_of"]

#: Most nodes of each class of sizes but the last: those of easy and medium truths, halved and doubled.
_MOST_NODES: Final = (6, 12, 24, 48)
#: The classes of sizes, as tables write them.
SIZE_LEVELS: Final = (
    f"1-{_MOST_NODES[0]}", *(f"{low + 1}-{high}" for low, high in pairwise(_MOST_NODES)),
    f"{_MOST_NODES[-1] + 1}+",
)  # fmt: skip
_ORDER: Final = {name: place for place, name in enumerate(OPERATORS)}
_MAX_CACHED: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthTraits:
    """What kind of formula a truth is, as it is written.

    Attributes:
        variables: number of different variables that occur.
        size: number of nodes.
        operators: those that occur, in the order of the operator table; a difference is `sub`, a square `pow`.
    """

    variables: int
    size: int
    operators: tuple[str, ...]


@lru_cache(maxsize=_MAX_CACHED)
def traits_of(truth: str) -> TruthTraits | None:
    """Return the traits of a truth by its text; None where it is no formula."""
    try:
        expression = Expression.parse(truth)
    except ExpressionError:
        return None
    operators = {node.op for node in expression.postorder() if node.is_operator}
    return TruthTraits(
        variables=len(expression.variables), size=expression.complexity,
        operators=tuple(sorted(operators, key=_ORDER.__getitem__)),
    )  # fmt: skip


def size_level(nodes: int) -> str:
    """Return the class of sizes that a number of nodes is in."""
    return SIZE_LEVELS[sum(nodes > most for most in _MOST_NODES)]
