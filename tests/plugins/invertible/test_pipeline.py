"""The method from end to end."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_invertible import Invertible
from srbench_invertible.inverses import TOLERANCE, round_trip

from srbench_lite import Budget, Expression, Samples, UsageError


def fitted(text, names, low, high, *, seconds=30.0):
    x = np.random.default_rng(0).uniform(low, high, (100, len(names)))
    samples = Samples(variables=names, x=x, y=Expression.parse(text)(dict(zip(names, x.T, strict=True))))
    return Invertible().fit(samples, seed=0, budget=Budget(seconds=seconds), report=lambda e: None), samples


@pytest.mark.parametrize(
    ("text", "names", "low", "high"),
    [
        ("log(u/(1 - u))", ("u",), 0.05, 0.95), ("(v - 2)/a", ("v", "a"), 0.5, 3.0),
        ("sin(3*u)", ("u",), -2.0, 2.0),  # turns: there is no inverse, a line that has one is returned
    ],
)  # fmt: skip
def test_an_answer_is_undone_by_its_inverse(text, names, low, high):
    fit, samples = fitted(text, names, low, high)
    variable, _, inverse = fit.extras["inverse"].partition(" = ")
    error = round_trip(fit.expression, Expression.parse(inverse), variable, fit.extras["target"], samples.columns)
    assert error < TOLERANCE
    assert error == pytest.approx(fit.extras["round_trip"], rel=0.5, abs=1e-14)
    assert fit.extras["exact"] or "sin" in text


def test_a_formula_comes_within_two_seconds():
    fit, samples = fitted("exp(0.3*u + 1)", ("u",), -1.0, 2.0, seconds=2.0)
    assert np.isfinite(fit.expression(samples.columns)).all()
    assert fit.extras["inverse"] is not None


def test_nonsense_is_refused():
    with pytest.raises(UsageError, match=r"invertible\.pairs must be at least 0, got -1"):
        Invertible(pairs=-1)
