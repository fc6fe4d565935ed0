"""Symmetries are found from points, and claimed only where they are there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from srbench_portfolio.division.reductions import reductions, without_idle

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline

ALL = Deadline(math.inf)


def samples_of(text, low=1.0, high=5.0, n=200, extra=()):
    truth = Expression.parse(text)
    names = (*truth.variables, *extra)
    x = np.random.default_rng(0).uniform(low, high, (n, len(names)))
    columns = dict(zip(names, x.T, strict=True))
    return truth, Samples(variables=names, x=x, y=truth(columns))


@pytest.mark.parametrize(
    ("text", "kind", "left"),
    [
        ("n*m*tanh(m*b/(k*t))", "scaling", 1),
        ("h*w/(exp(h*w/(k*t)) - 1)", "scaling", 1),
        ("(m*r + n*s)/(m + n)", "scaling", 2),
        ("exp(a - b)*sin(c)", "translation", 2),
        ("a*b + sin(c)", "scaling", 2),
    ],
)
def test_a_symmetry_leaves_fewer_variables(text, kind, left):
    truth, samples = samples_of(text)
    best = reductions(samples, ALL)[0]
    assert (best.kind, len(best.coordinates)) == (kind, left)
    # the new problem is the old one: its coordinates and its target are what they say
    z = np.column_stack([formula(samples.columns) for formula in best.coordinates.values()])
    np.testing.assert_allclose(best.samples.x, z, rtol=1e-12)
    factor = 1.0 if best.factor is None else best.factor(samples.columns)
    np.testing.assert_allclose(factor * best.samples.y, samples.y, rtol=1e-12)
    restored = best.restore(Expression.variable(best.samples.variables[0]))
    np.testing.assert_allclose(restored(samples.columns), factor * z[:, 0], rtol=1e-12)
    assert set(restored.variables) <= set(truth.variables)


def test_variables_without_effect_are_left_out():
    _, samples = samples_of("a*exp(-b)", extra=("c", "d", "f"))
    best = without_idle(samples, ALL)
    assert best is not None
    assert (best.kind, set(best.coordinates)) == ("without effect", {"a", "b"})


@pytest.mark.parametrize("text", ["exp(-a) + b**2 + 1", "sin(a) + log(b + 0.3)*a", "1/(1 + a**2) + sqrt(b + 1)*c"])
def test_what_is_not_there_is_not_claimed(text):
    _, samples = samples_of(text, 0.5, 3.0)
    assert reductions(samples, ALL) == []
    assert without_idle(samples, ALL) is None


def test_one_variable_or_few_points_have_no_reduction():
    assert reductions(samples_of("a**2")[1], ALL) == []
    assert reductions(samples_of("a*b*c", n=6)[1], ALL) == []
    assert without_idle(samples_of("a*b*c", n=6, extra=("d",))[1], ALL) is None
