"""The method `polynomial`: true polynomials come back, the degree is that of an independent cross-validation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_floors import Polynomial
from srbench_floors.cross_validation import folds_of
from srbench_floors.terms import count_terms, exponents_up_to

from srbench_lite import Budget, Expression, Fit, Samples, UsageError

sklearn = pytest.importorskip("sklearn")
from sklearn.linear_model import LinearRegression  # noqa: E402
from sklearn.model_selection import PredefinedSplit, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import PolynomialFeatures, StandardScaler  # noqa: E402


def samples_of(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> Samples:
    return Samples(variables=tuple(f"x{i}" for i in range(x.shape[1])), x=x, y=y, weights=weights)


def fitted(x: np.ndarray, y: np.ndarray, method: Polynomial | None = None, seed: int = 0) -> Fit:
    return (method or Polynomial()).fit(samples_of(x, y), seed=seed, budget=Budget(), report=lambda expression: None)


def values(formula: Expression, x: np.ndarray) -> np.ndarray:
    return formula(samples_of(x, np.zeros(len(x))).columns)


@st.composite
def polynomials(draw: st.DrawFn) -> tuple[Expression, int]:
    """Return a polynomial of one to three variables, of degree 1 to 4, and the number of variables."""
    d = draw(st.integers(1, 3))
    known = exponents_up_to(d, 4)[1:]
    chosen = draw(st.lists(st.sampled_from(known), min_size=1, max_size=5, unique=True))
    numbers = [draw(st.integers(-50, 50).filter(bool)) / 10 for _ in chosen]
    formula = Expression.constant(draw(st.integers(-9, 9)))
    for number, exponents in zip(numbers, chosen, strict=True):
        factors = [Expression.variable(f"x{i}") ** float(e) for i, e in enumerate(exponents) if e]
        formula = formula + math.prod(factors[1:], start=number * factors[0])
    return formula, d


@settings(deadline=None, max_examples=40)
@given(polynomials(), st.integers(0, 10**6), st.sampled_from([(-1.0, 1.0), (0.5, 5.0), (-8.0, 2.0)]))
def test_drawn_polynomials_are_found_exactly(drawn: tuple[Expression, int], seed: int, ends: tuple[float, float]):
    truth, d = drawn
    x = np.random.default_rng(seed).uniform(*ends, (120, d))
    fit = fitted(x, values(truth, x))
    fresh = np.random.default_rng(seed + 1).uniform(2 * ends[0], 2 * ends[1], (50, d))

    assert {abs(c) for c in fit.expression.constants} <= {abs(c) for c in truth.constants}
    np.testing.assert_allclose(values(fit.expression, fresh), values(truth, fresh), rtol=1e-12, atol=1e-9)
    assert fit.extras["exact"]
    assert fit.expression == fit.candidates[-1]


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 10**6))
def test_unpruned_it_is_scikit_learn_with_the_same_degree(d: int, degree: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 3, (80, d))
    y = np.cos(x.sum(axis=1)) + rng.normal(0, 0.1, 80)
    fit = fitted(x, y, Polynomial(max_degree=degree, prune=False))
    model = make_pipeline(PolynomialFeatures(fit.extras["degree"]), LinearRegression())
    expected = model.fit(x, y).predict(x) if fit.extras["degree"] else np.full(80, y.mean())

    np.testing.assert_allclose(values(fit.expression, x), expected, atol=1e-9)


@settings(deadline=None, max_examples=6)
@given(st.integers(1, 2), st.integers(2, 12), st.integers(0, 10**6))
def test_the_errors_are_those_of_scikit_learns_cross_validation(d: int, folds: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, (60, d))
    y = np.exp(x[:, 0]) + rng.normal(0, 0.05, 60)
    fit = fitted(x, y, Polynomial(folds=folds, max_degree=3))
    split = PredefinedSplit(folds_of(x, folds))
    scores = []
    for degree in range(4):
        model = make_pipeline(PolynomialFeatures(degree), StandardScaler(), LinearRegression())
        scores.append(-cross_val_score(model, x, y, cv=split, scoring="neg_mean_squared_error") / np.var(y))
    means = np.mean(scores, axis=1)
    best = int(np.argmin(means))
    most = means[best] + np.std(scores[best], ddof=1) / math.sqrt(folds)

    np.testing.assert_allclose(fit.extras["errors"], means, rtol=1e-6)
    assert fit.extras["degree"] == int(np.argmax(means <= most))


def test_in_one_variable_it_is_polyfit() -> None:
    x = np.linspace(-1, 1, 40)
    fit = fitted(x[:, None], np.exp(x), Polynomial(max_degree=5, prune=False))
    expected = np.polyval(np.polyfit(x, np.exp(x), 5), x)

    assert fit.extras["degree"] == 5
    np.testing.assert_allclose(values(fit.expression, x[:, None]), expected, rtol=0, atol=1e-13)


def test_candidates_are_one_of_each_degree_and_get_better() -> None:
    x = np.random.default_rng(0).uniform(-3, 3, (60, 1))
    y = np.sin(x[:, 0])
    fit = fitted(x, y)
    errors = [float(np.mean((values(c, x) - y) ** 2)) for c in fit.candidates]

    assert len(fit.candidates) == fit.extras["degree"] + 1
    assert all(after <= before for before, after in itertools.pairwise(errors))


def test_noise_is_no_reason_for_a_high_degree_or_for_more_terms() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (200, 2))
    fit = fitted(x, 3 * x[:, 0] ** 2 - x[:, 1] + rng.normal(0, 0.5, 200))

    assert fit.extras["degree"] == 2
    assert {str(t) for t in ("x0**2", "x1")} <= {str(node) for node in fit.expression.postorder()}
    assert len(fit.expression.constants) <= 4
    assert not fit.extras["exact"]


def test_the_order_of_rows_and_the_seed_have_no_effect() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (50, 2))
    y = np.sin(x[:, 0] * x[:, 1])
    order = rng.permutation(50)

    assert fitted(x, y, seed=1).expression == fitted(x, y, seed=2).expression
    np.testing.assert_allclose(
        values(fitted(x[order], y[order]).expression, x), values(fitted(x, y).expression, x), atol=1e-9
    )


def test_equal_points_are_in_one_fold() -> None:
    x = np.random.default_rng(0).integers(0, 4, (100, 2)).astype(float)
    folds = folds_of(x, 5)

    assert set(folds.tolist()) == set(range(5))
    for row in np.unique(x, axis=0):
        assert len(set(folds[(x == row).all(axis=1)].tolist())) == 1


def test_many_variables_have_few_degrees() -> None:
    x = np.random.default_rng(0).normal(size=(300, 30))
    fit = fitted(x, x[:, 3] * 2 - x[:, 4])

    assert str(fit.expression) == "2*x3 - x4"
    assert count_terms(30, 2) > Polynomial().max_terms
    assert len(fit.extras["errors"]) == 2


def test_a_factor_of_two_values_has_no_square() -> None:
    x = np.random.default_rng(0).integers(0, 2, (50, 3)).astype(float)

    assert str(fitted(x, x[:, 0] * x[:, 1] + x[:, 2]).expression) == "x0*x1 + x2"


@pytest.mark.parametrize(("low", "high"), [(2000.0, 2026.0), (1e6, 1e6 + 1), (-1e7, -1e7 + 10)])
def test_inputs_far_from_zero_lose_no_digits(low: float, high: float) -> None:
    x = np.linspace(low, high, 60)[:, None]
    u = 2 * (x[:, 0] - low) / (high - low) - 1
    y = 4 * u**3 - 3 * u + 1

    np.testing.assert_allclose(values(fitted(x, y).expression, x), y, atol=1e-6)


@pytest.mark.parametrize("size", [1e-300, 1e-40, 1e40, 1e100, 1e300])
def test_huge_and_tiny_numbers_have_the_highest_degree_that_can_be_written(size: float) -> None:
    x = np.linspace(-1, 1, 30)[:, None]
    y = x[:, 0] ** 2 + x[:, 0]
    fit = fitted(x * size, y)

    assert fit.extras["chosen_degree"] == 2
    assert np.isfinite(values(fit.expression, x * size)).all()
    if 1e-100 < size < 1e150:
        np.testing.assert_allclose(values(fit.expression, x * size), y, atol=1e-12)


def test_odd_data_have_an_answer() -> None:
    x = np.linspace(0, 1, 30)[:, None]

    assert str(fitted(x, np.full(30, 4.25)).expression) == "4.25"
    assert str(fitted(x[:1], np.array([2.0])).expression) == "2"
    assert str(fitted(x, np.zeros(30)).expression) == "0"
    assert str(fitted(np.zeros((2, 0)), np.array([1.0, 2.0])).expression) == "1.5"
    assert str(fitted(x[:2], np.array([0.0, 1.0])).expression) == "0.5"  # nothing speaks for a line
    assert str(fitted(np.zeros((2, 1)), np.array([0.0, 1.0])).expression) == "0.5"


def test_weights_count() -> None:
    x = np.linspace(-1, 1, 40)[:, None]
    y = np.where(np.arange(40) < 5, 50.0, 3 * x[:, 0] ** 2)
    weights = np.where(np.arange(40) < 5, 1e-12, 1.0)
    fit = Polynomial().fit(samples_of(x, y, weights), seed=0, budget=Budget(), report=lambda expression: None)

    np.testing.assert_allclose(values(fit.expression, x[5:]), y[5:], atol=1e-6)


def test_a_small_budget_lowers_the_degree() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (2000, 3))
    y = np.sin(x.sum(axis=1))
    samples = samples_of(x, y)
    short = Polynomial().fit(samples, seed=0, budget=Budget(seconds=0.2), report=lambda expression: None)

    assert 1 <= len(short.extras["errors"]) - 1 < len(fitted(x, y).extras["errors"]) - 1


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"max_degree": 0}, r"polynomial\.max_degree must be a whole number from 1 to 20, got 0"),
        ({"max_terms": 501}, r"polynomial\.max_terms must be a whole number from 2 to 500, got 501"),
        ({"folds": 1}, r"polynomial\.folds must be a whole number from 2 to 100, got 1"),
        ({"prune": 1}, r"polynomial\.prune must be true or false"),
    ],
)
def test_settings_that_make_no_sense_are_refused(parameters: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Polynomial().with_parameters(parameters)
