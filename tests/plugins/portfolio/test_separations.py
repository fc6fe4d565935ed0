"""Sums and products of parts fall apart; what belongs together does not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from srbench_portfolio.division.separations import separations

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline

ALL = Deadline(math.inf)


def samples_of(text):
    truth = Expression.parse(text)
    x = np.random.default_rng(0).uniform(0.5, 2.0, (200, len(truth.variables)))
    return Samples(variables=truth.variables, x=x, y=truth(dict(zip(truth.variables, x.T, strict=True))))


@pytest.mark.parametrize(
    ("text", "part", "is_product"),
    [
        ("sin(a**2) + exp(-b)", "sin(a**2)", False),
        ("exp(-b*c)*(1 + a**2)", "1 + a**2", True),
        ("a*b + log(c)", "log(c)", False),
    ],
)
def test_a_part_has_its_values_up_to_a_constant(text, part, is_product):
    first = next(s for s in separations(samples_of(text), ALL) if s.is_product == is_product)
    truth = Expression.parse(part)
    assert first.part.variables == truth.variables
    values = truth(first.part.columns)
    if is_product:
        np.testing.assert_allclose(np.log(first.part.y), np.log(values) - np.log(values).mean(), atol=1e-4)
    else:
        np.testing.assert_allclose(first.part.y - first.part.y.mean(), values - values.mean(), atol=1e-3)


@pytest.mark.parametrize("text", ["sin(a*b) + a", "a**b", "exp(a)*b + log(b)*a"])
def test_what_belongs_together_is_one(text):
    assert separations(samples_of(text), ALL) == []
