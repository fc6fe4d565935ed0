"""The frame in which a network sees points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from srbench_weight_decoder.framing import Frame

from srbench_lite import FitError


@given(st.floats(-50, 50), st.floats(0.01, 50), st.lists(st.integers(-400, 400), min_size=3, max_size=3))
def test_a_frame_is_undone(low, length, units):
    x = np.linspace(low, low + length, 50)
    y = np.polyval([3.0, 1.0, -2.0], x)
    frame = Frame.of(x, y)
    t = frame.t(x)
    assert np.abs(t).max() <= 1.2
    coefficients = np.array(units) / 100
    wanted = frame.height * np.polyval(coefficients, t)
    scale = np.abs(wanted).max() + frame.height * (1 + (np.abs(x).max() / frame.scale) ** 2)
    np.testing.assert_allclose(np.polyval(frame.undo(coefficients), x), wanted, atol=1e-9 * scale)


@pytest.mark.parametrize(
    ("scale", "height"), [(1e-200, 1.0), (5e-324, 1.0), (1e200, 1.0), (1e75, 1e-200), (1e-60, 1e200)]
)
def test_coefficients_out_of_range_are_refused(scale: float, height: float) -> None:
    frame = Frame(centre=0.0, scale=scale, height=height)
    with pytest.raises(FitError, match="rescale both"):
        frame.undo(np.array([1.0, -0.5, 0.25]))


def test_coefficients_near_the_ends_of_the_range_are_kept() -> None:
    frame = Frame(centre=0.0, scale=1e70, height=1e-60)
    np.testing.assert_allclose(frame.undo(np.array([1.0, 0.0, 0.25])), [1e-200, 0.0, 2.5e-61])
