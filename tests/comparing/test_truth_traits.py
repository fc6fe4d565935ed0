"""Traits of truths, counted by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.comparing.truth_traits import SIZE_LEVELS, TruthTraits, size_level, traits_of


@pytest.mark.parametrize(
    ("truth", "variables", "size", "operators"),
    [
        ("x", 1, 1, ()),
        ("sin(x)", 1, 2, ("sin",)),
        ("x**2 + x*y", 2, 7, ("add", "mul", "pow")),
        ("exp(-x) - 2/y + pi", 2, 9, ("add", "sub", "div", "neg", "exp")),
        ("3.5", 0, 1, ()),
    ],
)
def test_they_are_those_of_the_tree(truth, variables, size, operators):
    assert traits_of(truth) == TruthTraits(variables=variables, size=size, operators=operators)


def test_what_is_no_formula_has_none():
    assert traits_of("sin(") is None


@pytest.mark.parametrize(
    ("nodes", "level"),
    [(1, "1-6"), (6, "1-6"), (7, "7-12"), (12, "7-12"), (13, "13-24"), (24, "13-24"), (25, "25-48"), (48, "25-48"),
     (49, "49+"), (1000, "49+")],
)  # fmt: skip
def test_sizes_are_in_classes(nodes, level):
    assert size_level(nodes) == level


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_more_nodes_are_never_in_a_smaller_class(one, other):
    places = [SIZE_LEVELS.index(size_level(nodes)) for nodes in sorted((one, other))]
    assert places == sorted(places)
