"""The skeletons that the generator draws most often: a search tries each once instead of drawing it again and again.

Polynomials are left out, since the full ones are tried in any case, and so is what has a shorter spelling.
"""

from __future__ import annotations

import itertools
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

from srbench_lite import UsageError
from srbench_transformer import MAX_FREQUENT_SKELETONS
from srbench_transformer.generator import Generator
from srbench_transformer.neighbours import is_plain, polynomials, terms_of
from srbench_transformer.program import Program
from srbench_transformer.tokens import Node, parse

__all__ = ["count_skeletons", "frequent_skeletons"]


@cache
def frequent_skeletons(variables: int) -> tuple[tuple[str, ...], ...]:
    """Return skeletons in one or two variables, `most_frequent.txt`, those that are drawn most often first."""
    lines = (Path(__file__).parent / "most_frequent.txt").read_text(encoding="utf-8").splitlines()
    marked = (line.split() for line in lines if not line.startswith("#"))
    return tuple(tuple(tokens) for number, *tokens in marked if number == str(variables))


def count_skeletons(variables: int, draws: int, seed: int, most: int = MAX_FREQUENT_SKELETONS) -> list[tuple[str, ...]]:
    """Return the skeletons that come most often among so many draws, of any split; of equals, the shorter first."""
    generator, rng = Generator(variables=variables, split=None), np.random.default_rng(seed)
    counts = Counter(skeleton for _ in range(draws) if (skeleton := generator.skeleton(rng)) is not None)
    whole = frozenset(term for node in polynomials(variables) for term in terms_of(node))
    ordered = sorted(counts, key=lambda skeleton: (-counts[skeleton], len(skeleton), skeleton))
    return list(itertools.islice((each for each in ordered if _is_wanted(parse(each), whole)), most))


def _is_wanted(node: Node, powers: frozenset[Node]) -> bool:
    try:
        Program(node)
    except UsageError:
        return False
    return is_plain(node) and not powers.issuperset(terms_of(node))
