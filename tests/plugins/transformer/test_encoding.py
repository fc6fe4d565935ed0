"""What the transformer reads of points does not depend on their scale."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_transformer.encoding import FEATURES, SPECTRUM, encode_points, spectrum


def test_scales_and_shifts_are_not_seen():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (1, 30, 2)), rng.normal(size=(1, 30))
    one, other = encode_points(x, y), encode_points(x * 8.0, y * 4.0 + 2.0)
    assert one.shape == (1, 30, FEATURES)
    bits = np.abs(one - other) > 1e-5
    assert bits.mean() < 0.01  # rounding turns the last bits of a few
    assert np.abs(encode_points(x, y) - encode_points(x, -y)).max() > 1


@pytest.mark.parametrize("count", [1, 2])
def test_a_spectrum_is_of_the_function_and_not_of_its_scale(count):
    """A polynomial leaves nothing above its degree; a wave leaves something at every degree."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (3, 40, count))
    y = np.stack([x[0, :, 0] ** 3 - x[0, :, -1], np.sin(9 * x[1, :, 0]), np.zeros(40)])
    found = spectrum(x, y)
    assert found.shape == (3, SPECTRUM)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(spectrum(x * 5.0, y * 3.0 + 2.0)[:2], found[:2], atol=2e-2)
    left = 4 * 28 + (count - 1) * 15
    assert found[0, left + 2] > -0.2
    assert found[0, left + 3] < -0.3
    assert found[1, left + 3] > 0.4
    assert np.isfinite(spectrum(x[:, :5], y[:, :5])).all()  # fewer points than terms
