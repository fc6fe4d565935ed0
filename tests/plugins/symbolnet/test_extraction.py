"""Masked networks and their formulas: the same values, and none of what was pruned."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_symbolnet.extraction import MaskedNetwork, subsets, trimmed
from srbench_symbolnet.network import FUNCTIONS, Networks

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Problem

UNITS = tuple(FUNCTIONS)


def drawn_networks(seed, inputs):
    """Return networks with some of everything pruned."""
    generator = torch.Generator().manual_seed(seed)
    networks = Networks(3, inputs, UNITS, 2, torch.ones(3, len(UNITS) + 4, dtype=torch.float64), generator)
    with torch.no_grad():
        for kind, thresholds in networks.thresholds.items():
            for each in thresholds:
                scale = 0.8 if kind == "weights" else 1.6
                each.copy_(scale * torch.rand(each.shape, generator=generator, dtype=torch.float64))
        networks.bound()
        networks.outer_bias.copy_(torch.randn(3, generator=generator, dtype=torch.float64))
    return networks


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), inputs=st.integers(1, 4))
def test_a_formula_has_the_values_of_its_masked_network(seed, inputs):
    networks = drawn_networks(seed, inputs)
    x = np.random.default_rng(seed).normal(size=(20, inputs))
    scales = np.random.default_rng(seed + 1).uniform(0.5, 5, inputs)
    names = tuple("abcd"[:inputs])
    with torch.no_grad():
        outputs = networks(torch.from_numpy(x), networks.masks()).numpy()
    for place, expected in enumerate(outputs):
        formula = MaskedNetwork.of(networks, place).formula(scales, 2.5, names)
        if formula is None:
            continue
        found = np.broadcast_to(formula({name: x[:, k] * scales[k] for k, name in enumerate(names)}), 20)
        assert found == pytest.approx(2.5 * expected, rel=1e-9, abs=1e-9 * np.abs(expected).max())


def test_what_is_pruned_is_not_in_the_formula():
    networks = drawn_networks(0, 3)
    with torch.no_grad():
        networks.of_inputs[:] = torch.tensor([1.0, 0.0, 1.0])
        networks.of_functions.fill_(1.0)
    formula = MaskedNetwork.of(networks, 1).formula(np.ones(3), 1.0, ("a", "b", "c"))
    assert formula.variables == ("b",)
    assert not any(name in str(formula) for name in ("sin", "exp", "tanh"))


def test_subsets_are_the_best_of_each_number_of_units():
    networks = drawn_networks(3, 2)
    with torch.no_grad():
        for each in networks.thresholds["inputs"] + networks.thresholds["weights"]:
            each.zero_()
    network = MaskedNetwork.of(networks, 0)
    x = np.random.default_rng(0).normal(size=(40, 2))
    values = network.values(x)
    y = 2.0 * values[:, 1] - 0.5 * values[:, 5] + 0.7
    one, two, three = subsets(network, x, y)
    assert [np.count_nonzero(weights[:-1]) for weights in (one, two)] == [1, 2]
    assert two[[1, 5, -1]] == pytest.approx([2.0, -0.5, 0.7])
    assert np.count_nonzero(three[:-1]) <= 3


def test_constants_that_do_nothing_go_and_others_stay():
    x = np.random.default_rng(0).uniform(-2, 2, (80, 2))
    y = 1.7 * np.sin(0.9 * x[:, 0]) + 0.3
    problem = Problem.of(Samples(variables=("a", "b"), x=x, y=y))
    start = Expression.parse("1.6137*sin(0.9317*a + 0.013*b + 0.021) + 0.0123*exp(0.45*b) + 0.31")
    found = trimmed(start, problem, lambda: False)
    assert found.variables == ("a",)
    assert sorted(found.constants) == pytest.approx([0.3, 0.9, 1.7])
    assert trimmed(start, problem, lambda: True).variables == ("a", "b")
    assert math.isfinite(problem.rss(found))
