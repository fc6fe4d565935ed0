"""Networks: the matrix that the training solves is that of the Jacobian."""

from __future__ import annotations

import pytest
import torch
from srbench_weight_decoder.architecture import ARCHITECTURES
from srbench_weight_decoder.network_training import chebyshev_nodes
from srbench_weight_decoder.starts import glorot_starts


@pytest.mark.parametrize("shape", ARCHITECTURES.values(), ids=lambda shape: shape.name)
def test_the_gram_matrix_is_that_of_the_jacobian_by_autograd(shape):
    weights, x = glorot_starts(shape, 2, 3), chebyshev_nodes(7)
    jacobian = torch.stack(
        [torch.autograd.functional.jacobian(lambda w: shape.outputs(w[None], x)[0], row) for row in weights]
    )
    trace = shape.trace(weights, x)
    deltas = shape.deltas(weights, trace)
    z = torch.randn(2, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(shape.gram(trace, deltas), jacobian @ jacobian.mT)
    torch.testing.assert_close(shape.pulled_back(trace, deltas, z), (z[:, None] @ jacobian)[:, 0])
