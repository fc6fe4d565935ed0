"""The weights that networks start from."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from srbench_weight_decoder.architecture import ARCHITECTURES, architecture
from srbench_weight_decoder.network_training import chebyshev_nodes
from srbench_weight_decoder.starts import glorot_starts, least_squares, polynomial_values, shared_start


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_plain_starts_are_within_the_bounds_of_glorot_and_bengio(name):
    shape = architecture(name)
    weights = glorot_starts(shape, 50, 3)
    assert weights.shape == (50, shape.size)
    assert torch.equal(weights, glorot_starts(shape, 50, 3))
    gain = 4.0 if shape.activation == "sigmoid" else 1.0
    for (rows, columns), matrix in zip(shape.shapes, shape.matrices(weights), strict=True):
        incoming = columns - shape.biases
        bound = gain * math.sqrt(6 / (rows + incoming))
        assert 0.9 * bound < float(matrix[:, :, :incoming].abs().max()) <= bound
        assert not shape.biases or not bool(matrix[:, :, -1].any())


def test_a_shared_start_is_the_function_zero():
    shape = architecture("tanh-152")
    start = shared_start(shape, 1)
    assert start.shape == (1, shape.size)
    assert float(shape.outputs(start, chebyshev_nodes(50)).abs().max()) < 1e-4


def test_least_squares_and_targets_are_those_of_numpy():
    rng = np.random.default_rng(0)
    x, matrix = rng.normal(size=(50, 3)), rng.normal(size=(4, 2))
    y = x @ matrix[:-1] + matrix[-1]
    np.testing.assert_allclose(least_squares(torch.from_numpy(x), torch.from_numpy(y)).numpy(), matrix, atol=1e-12)
    nodes = chebyshev_nodes(7)
    found = polynomial_values(np.array([2, 1, 0]), np.array([[1.5, 0.0, -2.0]]), nodes)
    np.testing.assert_allclose(found[0].numpy(), np.polyval([1.5, 0.0, -2.0], nodes.numpy()), atol=1e-14)
