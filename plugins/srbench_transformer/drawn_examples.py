"""Drawn functions for people to look at, of this package's grammar or the workshop's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_transformer.baseline_grammar import GRID, draw_formulas, evaluate, fingerprint, split_of
from srbench_transformer.baseline_grammar import expression_of as workshop_expression
from srbench_transformer.conversion import held_out
from srbench_transformer.generator import Generator
from srbench_transformer.tasks import expression_of

__all__ = ["DrawnExample", "baseline_examples", "generator_examples"]

#: The workshop's name of a split, where it is another.
_BASELINE_SPLITS: Final = {"held-out": "test"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnExample:
    """A function to look at.

    Attributes:
        formula: as it was drawn.
        tokens: what a model reads.
        domain: interval of each variable.
        x: shape (n, variables).
        y: shape (n,).
    """

    formula: Expression
    tokens: tuple[str, ...]
    domain: tuple[tuple[float, float], ...]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def generator_examples(variables: int, split: str, seed: int) -> Iterator[DrawnExample | None]:
    """Yield functions of the generator without end; None where a draw was refused.

    Args:
        variables: 1 or 2.
        split: of their skeletons: training, validation or held-out.
        seed: draws them.
    """
    names = ("x", "y")[:variables]
    generator = Generator(variables=variables, refused=held_out(), split=split)
    for drawn in generator.draw(np.random.default_rng(seed)):
        yield None if drawn is None else DrawnExample(
            formula=expression_of(drawn.tree, names), tokens=drawn.skeleton, domain=drawn.domain, x=drawn.x, y=drawn.y
        )  # fmt: skip


def baseline_examples(split: str, seed: int) -> Iterator[DrawnExample | None]:
    """Yield functions of the workshop's grammar without end, each once; None where a draw was refused.

    Args:
        split: of the functions: training, validation or held-out.
        seed: draws them.
    """
    split = _BASELINE_SPLITS.get(split, split)
    known: set[bytes] = set()
    for tokens in draw_formulas(random.Random(seed)):
        values = evaluate(tokens)
        if values is None or split_of(values) != split or (mark := fingerprint(values)) in known:
            yield None
            continue
        known.add(mark)
        yield DrawnExample(
            formula=workshop_expression(tokens, Expression.variable("x")), tokens=tokens,
            domain=((float(GRID[0]), float(GRID[-1])),), x=GRID[:, None], y=values,
        )  # fmt: skip
