"""Which networks can hold a quadratic."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_weight_decoder.architecture import ARCHITECTURES, architecture
from srbench_weight_decoder.network_training import Recipe, chebyshev_nodes, train_networks
from srbench_weight_decoder.polynomials import family
from srbench_weight_decoder.shipped import load_start
from srbench_weight_decoder.starts import polynomial_values

POLY2 = family("poly2")


@pytest.mark.parametrize(("name", "learned"), [(n, a.identifiable) for n, a in ARCHITECTURES.items()])
def test_only_identifiable_networks_hold_a_quadratic(name, learned):
    x = chebyshev_nodes(24)
    y = polynomial_values(POLY2.powers, np.array([[3.0, 0.0, 1.0], [-2.0, 1.0, 4.0]]), x)
    _, mse = train_networks(architecture(name), load_start(name), x, y, Recipe())
    assert bool((mse < 1e-5).all()) == learned
    assert bool((mse > 0.01).all()) != learned
