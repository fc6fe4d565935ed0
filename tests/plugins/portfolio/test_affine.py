"""y = A(s) + B(s) * C(t) is seen in points, with the variables that A and B need, and put together again."""

from __future__ import annotations

import math

import numpy as np
import pytest
from srbench_portfolio import Portfolio
from srbench_portfolio.division.affine import affine_separations
from srbench_portfolio.division.affine_form import affine_form
from srbench_portfolio.division.affine_parts import AffineParts
from srbench_portfolio.division.basis import adapted_basis, looked_at, plain_basis
from srbench_portfolio.division.single_powers import single_powers, written_power
from srbench_portfolio.division.single_units import single_units
from srbench_portfolio.part import Proposal
from srbench_portfolio.schedule import Schedule

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem

ALL = Deadline(math.inf)


def samples_of(text, low=0.5, high=2.0, n=200):
    truth = Expression.parse(text)
    x = np.random.default_rng(0).uniform(low, high, (n, len(truth.variables)))
    return Samples(variables=truth.variables, x=x, y=truth(dict(zip(truth.variables, x.T, strict=True))))


def standardised(values):
    return (values - values.mean()) / values.std()


@pytest.mark.parametrize(
    ("text", "t", "c", "is_product"),
    [
        ("a*sin(2*b) - c*b", "c", "c", False),
        ("exp(a) + a*tanh(b)", "b", "tanh(b)", False),
        ("(a - 1)*sin(3*b)", "b", "sin(3*b)", True),  # both factors change their sign
        ("log(a)*(c + exp(-b))/a - sqrt(a)", "bc", "c + exp(-b)", False),
    ],
)
def test_c_is_seen_up_to_a_line(text, t, c, is_product):
    samples = samples_of(text)
    basis = plain_basis(samples.x, samples.y)
    separations = affine_separations(basis, looked_at(samples.x), samples.y, ALL)
    found = {"".join(samples.variables[j] for j in s.t): s for s in separations}
    assert t in found
    assert found[t].is_product == is_product
    truth = standardised(Expression.parse(c)(samples.columns))
    values = standardised(found[t].values)
    np.testing.assert_allclose(values * np.sign(values @ truth), truth, atol=0.02)


@pytest.mark.parametrize("text", ["sin(a*b) + a", "a**b", "exp(a*b)/(a + b)"])
def test_what_is_no_such_sum_is_not_one(text):
    samples = samples_of(text)
    for basis in (plain_basis(samples.x, samples.y), adapted_basis(samples.x, samples.y, ALL)):
        assert affine_separations(basis, looked_at(samples.x), samples.y, ALL) == []


@pytest.mark.parametrize(
    ("text", "a", "b"),
    [("exp(a) + b*c", "a", "b"), ("a*c + b", "b", "a"), ("c*a**2 + 3", "", "a"), ("c*sin(a)*b", None, "ab")],
)
def test_a_form_has_the_variables_that_it_needs(text, a, b):
    samples = samples_of(text)
    s = tuple(j for j, name in enumerate(samples.variables) if name != "c")
    form = affine_form(plain_basis(samples.x, samples.y), samples.y, samples.columns["c"], s, s, np.inf, ALL)
    named = [None if p is None else "".join(samples.variables[j] for j in p) for p in (form.a, form.b)]
    assert named == [a, b]
    assert form.error < 1e-4


@pytest.mark.parametrize(
    ("text", "functions"),
    [
        ("a**2*(b - c)*d + 3*d/b", {"a": "a**2", "c": "c", "d": "d"}),
        ("sqrt(a)*exp(b*c) - log(d)", {"a": "sqrt(a)", "d": "log(d)"}),
    ],
)
def test_functions_of_single_variables_are_told(text, functions):
    samples = samples_of(text)
    basis = adapted_basis(np.column_stack([samples.x, samples.x[::-1, 0]]), samples.y, ALL)  # one more without effect
    names = samples.variables
    assert {
        names[j]: str(written_power(k, Expression.variable(names[j]))) for j, k in basis.single.items()
    } == functions
    assert basis.tables[-1].shape[1] == 1
    assert basis.error < 1e-3 * np.std(samples.y)


@pytest.mark.parametrize("text", ["2*x**2 + 5", "5 - 3/x", "0.5*log(x)"])
def test_powers_of_one_variable(text):
    samples = samples_of(text)
    write, factor = single_powers(samples.x[:, 0], samples.y, 1e-9, constant=True)[0]
    left = samples.y - (factor * write(Expression.variable("x")))(samples.columns)
    assert np.ptp(left) < 1e-9


@pytest.mark.parametrize("text", ["2*sin(3.7*x**2) + 5", "exp(-0.31/x)", "0.2*sqrt(1 + 0.7*x)"])
def test_units_of_one_variable(text):
    samples = samples_of(text)
    with np.errstate(all="ignore"):
        formula = single_units(samples.x[:, 0], samples.y, Expression.variable("x"), constant=True)[0]
    np.testing.assert_allclose(formula(samples.columns), samples.y, rtol=1e-5)


def parts_of(text, answer):
    """Return the problems that are left to be solved, and whether `answer` completes one of them."""
    problem = Problem.of(samples_of(text))
    left, front = [], ParetoFront(problem)

    def solve(smaller, budget, depth):
        left.append(smaller)
        yield Proposal(Expression.parse(answer), ("given",))

    with np.errstate(all="ignore"):
        for proposal in AffineParts(solve, 0, 0).propose(problem, Deadline(90.0, work=0.5)):
            front.offer(proposal.formula)
            if front.is_exact:
                break
    return left, front.is_exact


@pytest.mark.parametrize(
    ("text", "names", "answer"),
    [
        ("b**2*sqrt(c)*sin(3*a)/d", "a", "sin(3*a)"),  # all factors of one variable at once
        ("(a + 1.5)*(b - sin(4*c)*b + c)", "bc", "b - sin(4*c)*b + c"),  # a factor with a constant
        ("a*b**2 + sin(3*b)", "b", "sin(3*b)"),
        ("1/(c**2*a + exp(a))", "a", "exp(a)"),  # a sum below
        ("exp(a*log(b) - tanh(b))", "b", "-tanh(b)"),  # a sum in an exponent
    ],
)
def test_what_is_left_is_exact(text, names, answer):
    left, is_exact = parts_of(text, answer)
    assert set(left[0].names) <= set(names)
    assert is_exact


def test_a_formula_is_put_together():
    problem = Problem.of(samples_of("c*log(b) + b**2*a"))
    front = ParetoFront(problem)
    with np.errstate(all="ignore"):
        for proposal in AffineParts(Schedule(Portfolio(), 0).solve, 0, 0).propose(problem, Deadline(90.0, work=2.0)):
            front.offer(proposal.formula)
            if front.is_exact:
                break
    assert front.is_exact


def test_one_variable_has_no_parts():
    parts = AffineParts(Schedule(Portfolio(), 0).solve, 0, 0)
    assert not list(parts.propose(Problem.of(samples_of("exp(a)")), Deadline(1.0)))
