"""Bred skeletons: parts are exchanged at any place, and children are skeletons that a search can take."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from srbench_transformer.genetics import offspring, parts_of, replaced
from srbench_transformer.neighbours import is_plain
from srbench_transformer.tokens import LONGEST, Node, chain, parse

LEAVES = st.sampled_from([Node("x1"), Node("x2")])
SKELETONS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(lambda token, arg: Node(token, (arg,)), st.sampled_from(["sin", "exp", "pow2", "inv"]), inner)
        | st.builds(chain, st.sampled_from(["+", "*"]), st.lists(inner, min_size=2, max_size=3))
    ),
    max_leaves=6,
)


@given(SKELETONS)
def test_the_parts_of_a_skeleton_are_in_the_order_of_its_spelling(node):
    parts = parts_of(node)
    assert parts[0] == node
    assert [part.token for part in parts if not part.args] == [token for token in node.tokens if token in ("x1", "x2")]


@given(SKELETONS, st.data())
def test_a_part_in_its_own_place_changes_nothing_and_another_is_there_afterwards(node, data):
    parts = parts_of(node)
    place = data.draw(st.integers(0, len(parts) - 1))
    assert replaced(node, place, parts[place]) == node
    mark = Node("abs", (Node("x1"),))
    assert mark in parts_of(replaced(node, place, mark))


@given(st.lists(SKELETONS, max_size=6), st.lists(SKELETONS, max_size=20), st.integers(0, 99))
def test_children_are_plain_short_and_no_parents_and_the_same_with_the_same_seed(parents, drawn, seed):
    children = list(offspring(parents, drawn, np.random.default_rng(seed)))
    assert children == list(offspring(parents, drawn, np.random.default_rng(seed)))
    assert len(children) <= len(drawn) * bool(parents)
    for tokens in children:
        node = parse(tokens)
        assert node.tokens == tokens
        assert is_plain(node)
        assert node.has_variable
        assert node not in parents
        assert len(tokens) <= LONGEST


def test_both_exchange_and_mutation_happen():
    parents = [parse(text.split()) for text in ("+ x1 sin x1", "exp x2")]
    children = set(offspring(parents, [Node("log", (Node("x1"),))] * 200, np.random.default_rng(0)))
    assert any("exp" in child and "sin" in child for child in children)
    assert any("log" in child for child in children)
