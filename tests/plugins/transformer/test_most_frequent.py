"""The list of the skeletons that the generator draws most often."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from srbench_transformer import MAX_FREQUENT_SKELETONS
from srbench_transformer.generator import Generator
from srbench_transformer.most_frequent import count_skeletons, frequent_skeletons
from srbench_transformer.neighbours import is_plain, polynomials, terms_of
from srbench_transformer.tokens import parse


@pytest.mark.parametrize("variables", [1, 2])
def test_the_likeliest_skeletons_are_plain_and_no_polynomials(variables):
    listed = frequent_skeletons(variables)
    assert len(listed) == len(set(listed)) == MAX_FREQUENT_SKELETONS
    whole = {term for node in polynomials(variables) for term in terms_of(node)}
    for tokens in listed:
        node = parse(tokens)
        assert node.tokens == tokens
        assert is_plain(node)
        assert not set(terms_of(node)) <= whole
        assert {token for token in tokens if token in ("x1", "x2")} <= {f"x{k}" for k in range(1, variables + 1)}
    assert ("sin", "x1") in listed[:50]


def test_those_that_come_more_often_come_first():
    few = count_skeletons(1, 3000, 4, most=20)
    drawn = Generator(variables=1, split=None)
    rng = np.random.default_rng(4)
    counts = Counter(drawn.skeleton(rng) for _ in range(3000))
    numbers = [counts[skeleton] for skeleton in few]
    assert numbers == sorted(numbers, reverse=True)
    assert few == count_skeletons(1, 3000, 4, most=20)
    assert len(set(few) & set(frequent_skeletons(1)[:60])) >= 15


@pytest.mark.slow
@pytest.mark.parametrize("variables", [1, 2])
def test_the_list_is_what_its_command_writes(variables):
    assert tuple(count_skeletons(variables, 100_000, 0)) == frequent_skeletons(variables)
