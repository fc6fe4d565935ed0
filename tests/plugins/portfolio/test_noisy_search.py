"""Symmetries are seen through noise, and the searches find in fewer variables what they miss in all."""

from __future__ import annotations

import math

import numpy as np
import pytest
from srbench_portfolio.noise.link_models import fit_link_model
from srbench_portfolio.noise.noisy_reductions import noisy_reductions
from srbench_portfolio.noise.noisy_search import NoisySearch
from srbench_portfolio.noise.noisy_separations import noisy_separations
from srbench_portfolio.noise.smooth_sums import SmoothSums

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem

UNHURRIED = Deadline(math.inf)


def samples_of(text, noise, low=1.0, high=4.0):
    truth = Expression.parse(text)
    rng = np.random.default_rng(0)
    x = rng.uniform(low, high, (200, len(truth.variables)))
    y = truth(dict(zip(truth.variables, x.T, strict=True)))
    y = y + noise * np.sqrt(np.mean(y * y)) * rng.normal(size=len(y))
    return Samples(variables=truth.variables, x=x, y=y)


@pytest.mark.parametrize("noise", [0.01, 0.1])
def test_a_link_model_has_about_the_error_of_the_data(noise):
    samples = samples_of("a**3/b**2", noise)
    model = fit_link_model(np.log(samples.x), samples.y, np.ones(200), exponential=True)
    assert 0.9 < model.error / np.sqrt(np.mean(samples.y**2)) / noise < 1.2
    assert model.is_flat


def test_without_noise_the_error_falls_with_the_degree():
    samples = samples_of("exp(a/b)", 0.0)
    model = fit_link_model(np.log(samples.x), samples.y, np.ones(200), exponential=True)
    assert not model.is_flat


@pytest.mark.parametrize(
    ("text", "noise", "coordinates"),
    [
        ("a*b**2/(exp(c/(b*d)) - 1)", 0.01, {"c/(d*b)"}),
        ("a*b**2/(exp(c/(b*d)) - 1)", 0.1, {"c/(d*b)"}),
        ("a*sqrt(b**2 + c**2)/d", 0.01, {"b/c"}),
        ("exp((a - b)/2) + c", 0.01, {"a - b", "c"}),
    ],
)
def test_a_symmetry_is_seen_through_noise(text, noise, coordinates):
    found = [set(map(str, r.coordinates.values())) for r in noisy_reductions(samples_of(text, noise), UNHURRIED)]
    assert any(len(each) == len(coordinates) for each in found), found


def test_a_restored_formula_has_the_values_of_the_reduced_one():
    samples = samples_of("a*b**2/(exp(c/(b*d)) - 1)", 0.01)
    for reduction in noisy_reductions(samples, UNHURRIED):
        formula = Expression.parse("+".join(f"2*{name}" for name in reduction.coordinates))
        values = formula(reduction.samples.columns)
        if reduction.factor is not None:
            values = values * reduction.factor(samples.columns)
        if reduction.term is not None:
            values = values + reduction.term(samples.columns)
        np.testing.assert_allclose(reduction.restore(formula)(samples.columns), values, rtol=1e-9)


def test_without_noise_nothing_is_offered_that_other_parts_see_better():
    assert noisy_reductions(samples_of("a*b**2*exp(b/c)", 0.0), UNHURRIED) == []


def test_few_points_show_nothing():
    samples = samples_of("a*b*c", 0.1)
    assert noisy_reductions(Samples(variables=samples.variables, x=samples.x[:20], y=samples.y[:20]), UNHURRIED) == []


def test_a_formula_is_found_in_fewer_variables():
    truth = Expression.parse("a*sqrt(b**2 + c**2)")
    problem = Problem.of(samples_of(str(truth), 0.05))
    front = ParetoFront(problem)
    with np.errstate(all="ignore"):
        for proposal in NoisySearch(seed=0).propose(problem, Deadline(300.0, work=0.15)):
            front.offer(proposal.formula)
    np.testing.assert_allclose(front.leader(problem.columns), truth(problem.columns), rtol=0.05)


@pytest.mark.parametrize("text", ["a/(1.3*b + a)", "sqrt(2 - a/b**2)", "a*(0.7*b - 0.2*a)", "exp(1.1*a/b)", "3*a**2/b"])
def test_sums_of_monomials_are_found(text):
    problem = Problem.of(samples_of(text, 0.0, low=2.0))
    proposals = list(SmoothSums().propose(problem, UNHURRIED))
    size = float(np.sqrt(np.mean(problem.y**2)))
    assert min(problem.rss(p.formula) for p in proposals) < len(problem.y) * (1e-9 * size) ** 2


@pytest.mark.parametrize(("text", "is_product"), [("a*exp(-a)*sqrt(b + 1)", True), ("a**2 + log(b)", False)])
def test_parts_are_seen_through_noise(text, is_product):
    separation, *_ = noisy_separations(samples_of(text, 0.02))
    assert separation.is_product == is_product
    assert [part.variables for part in separation.parts] == [("a",), ("b",)]


def test_two_variables_that_belong_together_are_not_separated():
    assert noisy_separations(samples_of("exp(a*b/8) + a/b", 0.01)) == []
