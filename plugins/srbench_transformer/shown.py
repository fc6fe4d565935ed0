"""Drawn functions to look at, of this package's grammar or the workshop's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_transformer.conversion import held_out
from srbench_transformer.generator import Generator
from srbench_transformer.tasks import expression_of
from srbench_transformer.workshop import GRID, drawn, evaluated, fingerprint, split_of
from srbench_transformer.workshop_pipeline import expression_of as workshop_expression

__all__ = ["Shown", "of_the_workshop", "ours"]

#: The workshop's name of a split, where it is another.
_WORKSHOP_SPLITS: Final = {"held-out": "test"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
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


def ours(variables: int, split: str, seed: int) -> Iterator[Shown | None]:
    """Yield functions of the generator without end; None where a draw was refused.

    Args:
        variables: 1 or 2.
        split: of their skeletons: training, validation or held-out.
        seed: draws them.
    """
    names = ("x", "y")[:variables]
    generator = Generator(variables=variables, refused=held_out(), split=split)
    for found in generator.draw(np.random.default_rng(seed)):
        yield None if found is None else Shown(
            formula=expression_of(found.tree, names), tokens=found.skeleton, domain=found.domain, x=found.x, y=found.y
        )  # fmt: skip


def of_the_workshop(split: str, seed: int) -> Iterator[Shown | None]:
    """Yield functions of the workshop's grammar without end, each once; None where a draw was refused.

    Args:
        split: of the functions: training, validation or held-out.
        seed: draws them.
    """
    split = _WORKSHOP_SPLITS.get(split, split)
    known: set[bytes] = set()
    for tokens in drawn(random.Random(seed)):
        values = evaluated(tokens)
        if values is None or split_of(values) != split or (mark := fingerprint(values)) in known:
            yield None
            continue
        known.add(mark)
        yield Shown(
            formula=workshop_expression(tokens, Expression.variable("x")), tokens=tokens,
            domain=((float(GRID[0]), float(GRID[-1])),), x=GRID[:, None], y=values,
        )  # fmt: skip
