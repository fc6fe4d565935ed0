"""Chains of one variable that are found from their values."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_invertible.chains import chains

from srbench_lite import Expression
from srbench_lite.fitting import Deadline


@pytest.mark.parametrize(
    "text", ["2.3*x - 0.4", "3*exp(0.7*x) - 1", "log(exp(1.5*x) + 2)", "1/(1 + exp(1 - 2*x))", "sqrt(1.5*x**3 + 2)"]
)
def test_a_chain_is_found(text):
    x = np.random.default_rng(1).uniform(0.1, 3, 80)
    truth = Expression.parse(text)
    found = chains(truth({"x": x}), x, "x", pairs=40, most=3, deadline=Deadline(60))
    assert found[0].left < 1e-20
    between = {"x": np.linspace(0.1, 3, 50)}
    assert found[0].expression(between) == pytest.approx(truth(between), rel=1e-8)


def test_inner_functions_may_turn():
    x = np.random.default_rng(1).uniform(-2, 2, 80)
    for text in ("x**2 - 1", "3*sin(2*x + 1)"):
        found = chains(Expression.parse(text)({"x": x}), x, "x", pairs=0, most=1, deadline=Deadline(60), monotone=False)
        assert found[0].left < 1e-20, text


def test_a_line_is_not_imitated_by_what_bends_too_little_to_be_seen():
    x = np.random.default_rng(1).uniform(1, 2, 60)
    values = 2 * x + 1e-11 * np.sin(40 * x)
    found = chains(values, x, "x", pairs=8, most=1, deadline=Deadline(60), accuracy=1e-18)
    assert found[0].expression.complexity <= 5
