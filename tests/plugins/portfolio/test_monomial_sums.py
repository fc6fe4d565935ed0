"""Sums of few monomials come out exactly."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.closed_forms.lattice import Lattice, monomial_values
from srbench_portfolio.closed_forms.monomial_sums import MonomialSums
from srbench_portfolio.closed_forms.support import exact_support
from srbench_portfolio.closed_forms.transforms import POWERS, UNITS

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem


def found(text, low=1.0, high=4.0, name="y", noise=0.0, seconds=300.0):
    truth = Expression.parse(text)
    rng = np.random.default_rng(0)
    x = rng.uniform(low, high, (150, len(truth.variables)))
    y = truth(dict(zip(truth.variables, x.T, strict=True)))
    problem = Problem.of(Samples(variables=truth.variables, x=x, y=y + noise * rng.normal(size=len(y))))
    front = ParetoFront(problem)
    transforms = tuple(transform for transform in (*POWERS, *UNITS) if transform.name == name)
    with np.errstate(all="ignore"):
        for proposal in MonomialSums(transforms).propose(problem, Deadline(seconds)):
            front.offer(proposal.formula)
            if front.is_exact:
                break
    return front.is_exact


@pytest.mark.parametrize(
    ("text", "low", "name"),
    [
        ("3*a**2*b/(c*d**2) - 0.7*sqrt(a)*c + 2*d", 1.0, "y"),
        ("a*b - c*d**3/k + m**2*k", 1.0, "y"),
        ("(a + 0.5*b)*(c - d/k)*m + k", 1.0, "y"),
        ("1/(a*b + 3*c/d**2 + 0.2)", 1.0, "1/y"),
        ("sqrt(a**2*b + 2.5*c/d)", 1.0, "y^2"),
        ("exp(a*b/c - 0.3*c**2)", 1.0, "ln y"),
        ("a**3*b - 2*b*c**2 + 0.5*a", -2.0, "y"),
        ("a*(a**4 - 0.3*a + 0.13)**2", -2.0, "y"),
    ],
)
def test_a_sum_is_found(text, low, name):
    assert found(text, low, name=name)


def test_nothing_is_made_up():
    assert not found("sin(3*a)*b + exp(b)", seconds=0.6)
    assert not found("a*b - c*b**2", noise=1e-3, seconds=0.6)


def test_monomials_are_those_that_are_defined():
    rng = np.random.default_rng(0)
    x = np.column_stack([rng.uniform(1, 2, 50), rng.uniform(-1, 1, 50)])
    lattice = Lattice.of(x)
    exponents = lattice.shortest(40)
    assert len(exponents) == 40
    assert not exponents[0].any()
    assert np.isfinite(monomial_values(x, exponents)).all()
    assert {0.5, -1.0} <= set(exponents[:, 0].tolist())
    assert (exponents[:, 1] >= 0).all()
    assert (exponents[:, 1] % 1 == 0).all()
    assert (np.count_nonzero(lattice.steps(), axis=1) == 1).all()
    assert (np.count_nonzero(lattice.double_steps(), axis=1) == 2).all()


def test_columns_that_are_not_needed_are_left_out():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(40, 6))
    found = exact_support(A, 2.0 * A[:, 1] - 3.0 * A[:, 4])
    assert found is not None
    assert found[0] == [1, 4]
    np.testing.assert_allclose(found[1], [2.0, -3.0])
    assert exact_support(A, rng.normal(size=40)) is None
