"""Values of a pair to 50 digits, and where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from judge_parts import OVER, paired, parsed

from srbench_lite.judging.cpu_deadline import OutOfTimeError
from srbench_lite.judging.high_precision_values import (
    differences_from_truth,
    loses_digits,
    precise_values,
)


def test_differences_and_values_with_fifty_digits() -> None:
    pair = paired("x + 1e-30", "x")
    x = np.array([[1.0], [-2.0]])
    assert differences_from_truth(pair, parsed("x + 1e-30"), x) == [pytest.approx(1e-30)] * 2
    assert differences_from_truth(pair, parsed("log(x)"), x)[1] is None
    assert precise_values(pair, parsed("x + 1e30 - 1e30"), x).tolist() == [1.0, -2.0]
    assert np.isnan(precise_values(pair, parsed("log(x)"), x)).tolist() == [False, True]
    assert np.isnan(precise_values(pair, parsed("exp(exp(exp(9*x)))"), x)).tolist() == [True, False]
    assert loses_digits(pair, parsed("x + 1e45 - 1e45"), x, np.ones(2))
    assert not loses_digits(pair, parsed("x + 1e45 - 1e45"), x, np.full(2, 1e20))
    assert not loses_digits(pair, parsed("x + 1e20 - 1e20"), x, np.ones(2))


def test_values_end_in_time() -> None:
    pair = paired("x", "x", deadline=OVER)
    with pytest.raises(OutOfTimeError):
        precise_values(pair, parsed("x"), np.ones((1, 1)))
