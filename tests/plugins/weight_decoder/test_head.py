"""The coefficient head: its linear part is least squares, and its learned inputs move to where values say most."""

from __future__ import annotations

import numpy as np
import torch
from srbench_weight_decoder.architecture import architecture
from srbench_weight_decoder.head import Head, learn_probes
from srbench_weight_decoder.starts import glorot_starts

SHAPE = architecture("tanh-152")


def networks(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights of random networks, and coefficients that are linear in them."""
    weights = glorot_starts(SHAPE, n, 4).float()
    mapping = torch.from_numpy(np.random.default_rng(0).normal(size=(SHAPE.size, 2))).float()
    return weights, weights @ mapping + 0.5


def test_a_linear_map_from_weights_to_coefficients_is_solved():
    torch.manual_seed(0)
    weights, coefficients = networks(400)
    head = Head(SHAPE, 2, probes=0, hidden=8)
    head.prepare(weights, coefficients)
    fresh, wanted = networks(400)
    estimates = head(head.features(fresh)).detach()
    torch.testing.assert_close(estimates, wanted, atol=1e-2, rtol=0)
    features = head.features(weights)
    varying = weights.std(0) > 1e-6
    torch.testing.assert_close(features.mean(0), torch.zeros(SHAPE.size), atol=1e-4, rtol=0)
    torch.testing.assert_close(features.std(0)[varying], torch.ones(int(varying.sum())), atol=1e-2, rtol=0)


def test_learned_inputs_lower_the_error():
    torch.manual_seed(0)
    head = Head(SHAPE, 1, probes=2, hidden=8)
    weights = glorot_starts(SHAPE, 200, 7).float()
    wanted = SHAPE.outputs(weights, torch.tensor([0.3, -0.6]))[:, :1]
    before = head.probes.detach().clone()
    curve = learn_probes(head, [(weights, wanted)] * 60, learning_rate=2e-2)
    assert len(curve) == 60
    assert not torch.equal(head.probes, before)
    assert curve[-1] < 0.7 * curve[0]
