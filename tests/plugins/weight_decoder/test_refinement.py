"""Coefficients are written in the coarsest decimals that the error of the network allows."""

from __future__ import annotations

import numpy as np
from srbench_weight_decoder.network_training import chebyshev_nodes
from srbench_weight_decoder.refinement import refine


def test_refinement_takes_the_coarsest_decimals_that_the_error_allows():
    x = chebyshev_nodes(64).numpy()
    wave = np.cos(9 * np.arccos(x))
    truth = 1.98 * x**2 - 0.5 * x
    present = np.array([True, True, False])
    assert refine(x, truth + 1e-3 * wave, present).coefficients.tolist() == [1.98, -0.5, 0.0]
    assert refine(x, truth + 0.3 * wave, present).coefficients.tolist() == [2.0, -0.5, 0.0]


def test_coefficients_near_the_smallest_numbers_are_refined():
    x = chebyshev_nodes(64).numpy()
    found = refine(x * 1e30, (x**2 + 0.25) * 1e-240, np.array([True, False, True])).coefficients
    np.testing.assert_allclose(found, [1e-300, 0.0, 2.5e-241], rtol=1e-3)
    tiny = refine(x, (x**2 + 0.25) * 1e-315, np.array([True, False, True])).coefficients
    assert np.isfinite(tiny).all()
