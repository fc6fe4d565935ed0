"""Functions of the generator as tasks of the harness, with skeletons that training never draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from srbench_lite import Expression, Sampling, Suite, Task
from srbench_transformer.conversion import held_out
from srbench_transformer.generator import Generator, Tree, fingerprint

__all__ = ["drawn_suite", "expression_of"]


def drawn_suite(name: str, variables: int, count: int, seed: int, *, split: str = "held-out") -> Suite:
    """Return functions with real constants as a suite, no two of them the same.

    Args:
        name: of the suite.
        variables: 1 or 2; every function depends on all.
        count: of functions.
        seed: draws them.
        split: of their skeletons.
    """
    names = ("x", "y")[:variables]
    generator = Generator(variables=variables, points=200, refused=held_out(), split=split, thinned=False, whole=True)
    known: set[str] = set()
    tasks: list[Task] = []
    for drawn in generator.accepted(np.random.default_rng(seed)):
        mark = fingerprint(drawn.tree) or str(drawn.tree)
        if mark in known:
            continue
        known.add(mark)
        variables_ = {n: Sampling(low=low, high=high) for n, (low, high) in zip(names, drawn.domain, strict=True)}
        tasks.append(
            Task(
                name=f"{name}/{len(tasks):03d}",
                suite=name,
                truth=expression_of(drawn.tree, names),
                variables=variables_,
                source="drawn by the generator of srbench_transformer",
            )
        )
        if len(tasks) == count:
            break
    summary = f"{count} functions of {variables} variable{'s' * (variables > 1)} with skeletons of the split {split}"
    return Suite(name=name, summary=summary, tasks=tuple(tasks))


def expression_of(tree: Tree, names: Sequence[str]) -> Expression:
    """Return a tree as a formula in variables of these names."""
    op = tree[0]
    if op == "x":
        return Expression.variable(names[tree[1]])
    if op == "c":
        return Expression.constant(tree[1])
    if op == "pow":
        return Expression.call("pow", expression_of(tree[1], names), tree[2])
    return Expression.call(op, *(expression_of(arg, names) for arg in tree[1:]))
