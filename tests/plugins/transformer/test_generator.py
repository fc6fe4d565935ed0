"""Trees are drawn uniformly by shape, and functions are told apart by their values."""

from __future__ import annotations

import numpy as np
from srbench_transformer.generator import fingerprint


def test_trees_of_one_size_are_drawn_alike():
    """Of two internal nodes there are six shapes; arities in prefix order."""
    from srbench_transformer.generator import _shape

    rng = np.random.default_rng(0)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(6000):
        shape = tuple(_shape(2, rng))
        counts[shape] = counts.get(shape, 0) + 1
    assert len(counts) == 6
    assert max(counts.values()) < 1.25 * min(counts.values())


def test_a_fingerprint_is_that_of_the_function():
    tree = ("add", ("x", 0), ("x", 0))
    assert fingerprint(tree) == fingerprint(("mul", ("c", 2.0), ("x", 0)))
    assert fingerprint(tree) != fingerprint(("mul", ("c", 2.001), ("x", 0)))
    assert fingerprint(("log", ("sub", ("x", 0), ("x", 0)))) is None
