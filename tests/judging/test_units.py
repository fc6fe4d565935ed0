"""Variables of very small or very large units, near one."""

from __future__ import annotations

import numpy as np
import pytest

from srbench_lite.judging.units import near_one


@pytest.mark.parametrize("size", [1e-25, 1e-4, 1e4, 1e12])
def test_a_variable_far_from_one_is_brought_near(size: float) -> None:
    x = np.linspace(-2.0, 3.0, 40)
    columns = near_one({"x": x, "v": size * x}, ["x", "v"])
    assert columns is not None
    assert columns["x"] is x
    assert ((np.abs(columns["v"]) >= 0.5) & (np.abs(columns["v"]) <= 2)).all()
    assert np.array_equal(np.sign(columns["v"]), np.sign(x))


@pytest.mark.parametrize("size", [0.01, 1.0, 300.0])
def test_ordinary_units_stay(size: float) -> None:
    x = np.linspace(1.0, 2.0, 10)
    assert near_one({"x": size * x}, ["x"]) is None


def test_variables_that_are_not_used_stay() -> None:
    x = np.linspace(1.0, 2.0, 10)
    assert near_one({"x": x, "v": 1e-9 * x}, ["x"]) is None
