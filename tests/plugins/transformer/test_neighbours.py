"""The skeletons near others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_transformer.generator import Generator
from srbench_transformer.neighbours import complete, grow, neighbours_of, polynomials, unite, vary
from srbench_transformer.program import Program
from srbench_transformer.tokens import parse


def spelled(nodes):
    return [" ".join(node.tokens) for node in nodes]


def test_two_skeletons_are_united_as_sums_and_where_they_differ():
    def of(one, other):
        return spelled(unite(parse(one.split()), parse(other.split())))

    assert of("+ x1 pow4 x1", "+ x1 pow2 x1") == ["+ x1 + pow2 x1 pow4 x1"]
    assert of("sin + x1 inv x1", "sin pow2 x1") == ["+ sin pow2 x1 sin + x1 inv x1", "sin + x1 + inv x1 pow2 x1"]
    assert of("* x1 sin x1", "* x1 exp x1") == ["+ * x1 exp x1 * x1 sin x1", "* x1 + exp x1 sin x1"]
    assert of("exp x1", "log x1") == ["+ exp x1 log x1"]


def test_missing_powers_and_terms_are_added():
    assert complete(parse(["+", "x1", "pow4", "x1"]), 1).tokens == tuple(
        ["+", "x1", "+", "pow2", "x1", "+", "pow3", "x1", "pow4", "x1"]
    )
    assert spelled(grow(parse(["+", "x1", "*", "x1", "sin", "x1"]), parse(["exp", "x1"]))) == [
        "+ x1 + exp x1 * x1 sin x1", "+ x1 * sin x1 + x1 exp x1", "+ x1 * x1 + exp x1 sin x1",
        "+ x1 * x1 sin + x1 exp x1",
    ]  # fmt: skip
    assert list(grow(parse(["x1"]), parse(["x1"]))) == []


@pytest.mark.parametrize(("variables", "widths"), [(1, [1, 2, 3, 4, 5, 6]), (2, [2, 5, 9, 14])])
def test_polynomials_are_full_and_linear(variables, widths):
    programs = [Program(node) for node in polynomials(variables)]
    assert [program.width - 1 for program in programs] == widths
    assert not any(program.size for program in programs)


def test_functions_arguments_and_factors_are_varied():
    found = spelled(vary(parse(["sin", "x1"]), 1))
    assert set(found) >= {
        "* x1 sin x1",
        "* inv x1 sin x1",
        "exp x1",
        "log x1",
        "sin pow2 x1",
        "sin inv x1",
        "sin sqrt x1",
    }
    both = spelled(vary(parse(["sin", "x1"]), 2))
    assert set(both) >= {"sin x2", "sin * x1 x2", "* x2 sin x1"}
    assert "+ x1 sin pow2 x1" in spelled(vary(parse(["+", "x1", "sin", "x1"]), 1))


@given(seed=st.integers(0, 2**32 - 1), variables=st.sampled_from([1, 2]))
@settings(max_examples=30, deadline=None)
def test_neighbours_are_canonical_skeletons(seed, variables):
    rng = np.random.default_rng(seed)
    generator = Generator(variables=variables, split=None)
    drawn = [s for s in (generator.skeleton(rng) for _ in range(60)) if s is not None][:3]
    leaders = [parse(tokens) for tokens in drawn]
    for node in neighbours_of(leaders, leaders, variables):
        assert parse(node.tokens) == node
        assert set(node.tokens) >= {"x1"} or "x2" in node.tokens


@pytest.mark.parametrize("leader", ["* x1 sin x1", "inv x1", "log x1", "pow2 x1", "sqrt x1", "abs x1", "exp x1"])
def test_what_has_a_shorter_spelling_is_no_neighbour(leader):
    found = {node.tokens for node in neighbours_of([parse(leader.split())], [], 2)}
    assert found
    longer = ["* x1 x1", "* x1 inv x1", "inv inv x1", "log pow2 x1", "pow2 pow2 x1", "sqrt pow2 x1", "abs abs x1"]
    assert not found & {tuple(text.split()) for text in longer}
