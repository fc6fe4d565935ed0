"""The conditional operator on arrays."""

from __future__ import annotations

import numpy as np

from srbench_lite.expressions.conditional import chosen


def test_above_zero_chooses_the_first_and_nan_chooses_nothing() -> None:
    found = chosen(np.array([2.0, 0.0, -1.0, np.inf, np.nan]), np.array([1.0, np.nan, np.nan, 1.0, 1.0]), 7.0)
    np.testing.assert_array_equal(found, [1.0, 7.0, 7.0, 1.0, np.nan])
