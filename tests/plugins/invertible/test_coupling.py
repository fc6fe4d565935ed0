"""Blocks: functions that are affine in one variable, with inner functions of the others."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_invertible.coupling import blocks

from srbench_lite import Expression
from srbench_lite.fitting import Deadline


@pytest.mark.parametrize(
    "text", ["a*b**2/sqrt(c)", "x*exp(0.5*a) + sin(a)", "x*a**2 + a/b", "exp(x*a) - 0", "x/(a + 2.4) + a"]
)
def test_a_block_is_found(text):
    truth = Expression.parse(text)
    names = truth.variables
    x = np.random.default_rng(2).uniform(0.5, 3, (200, len(names)))
    values = truth(dict(zip(names, x.T, strict=True)))
    found = blocks(values, x, names, most=3, deadline=Deadline(120))
    assert found[0].left < 1e-20
    fresh = dict(zip(names, np.random.default_rng(5).uniform(0.5, 3, (len(names), 40)), strict=True))
    assert found[0].expression(fresh) == pytest.approx(truth(fresh), rel=1e-7)


def test_a_constant_is_a_constant():
    (found,) = blocks(np.full(9, 2.5), np.ones((9, 2)), ("a", "b"), most=1, deadline=Deadline(5))
    assert str(found.expression) == "2.5"
