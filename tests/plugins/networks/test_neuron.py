"""The method `neuron`: linear tasks are recovered, others get the best line, and odd data a clear answer."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from srbench_networks import Neuron

from srbench_lite import (
    Budget,
    Expression,
    FitError,
    Samples,
    Sampling,
    Store,
    Task,
    UsageError,
    discover,
    judge,
    load_suite,
    plan,
    run,
)


def _fit(x: np.ndarray, y: np.ndarray, method: Neuron | None = None, budget: Budget | None = None, seed: int = 0):
    samples = Samples(variables=tuple(f"x{i}" for i in range(x.shape[1])), x=x, y=y)
    return (method or Neuron()).fit(samples, seed=seed, budget=budget or Budget(), report=lambda expression: None)


def _random_task(number: int) -> Task:
    """Return a linear task of 1 to 4 variables on intervals of many sizes, with constants of 1 to 6 digits."""
    rng = np.random.default_rng(number)
    variables, terms = {}, []
    for name in "abcd"[: 1 + number % 4]:
        low = float(rng.uniform(-10, 10))
        width = float(10 ** rng.uniform(-1, 2))
        variables[name] = Sampling(low=low, high=low + width)
        if number % 5 == 1:
            variables[name] = Sampling(sampling="log", low=0.1, high=50.0)
        constant = float(f"{rng.normal() * 10 ** rng.uniform(-2, 2):.{rng.integers(1, 7)}g}")
        terms.append(f"{constant}*{name}")
    bias = float(f"{rng.normal() * 10:.{rng.integers(1, 7)}g}")
    return Task(
        name=f"mine/linear-{number}", suite="mine", version=1, truth=Expression.parse(" + ".join([*terms, str(bias)])),
        variables=variables, n_train=30 + 5 * number, n_test=50, source="drawn",
    )  # fmt: skip


@pytest.mark.parametrize("number", range(40))
def test_random_linear_tasks_are_recovered_exactly(number):
    task = _random_task(number)
    train = task.dataset(seed=number).train
    fit = Neuron().fit(train, seed=0, budget=Budget(), report=lambda expression: None)
    assert judge(fit.expression, task.truth, task.variables).word == "exact"
    assert {abs(c) for c in fit.expression.constants} == {abs(c) for c in task.truth.constants} - {1.0}
    assert fit.extras["fits_to_rounding"]


def test_a_suite_of_linear_tasks_is_recovered_by_a_run(tmp_path):
    path = tmp_path / "linear.toml"
    path.write_text(
        '[suite]\nname = "linear"\nversion = 1\nsummary = "lines"\nsource = "drawn"\nn_train = 60\nn_test = 60\n'
        '[[tasks]]\nname = "one"\ntruth = "2*x + 1"\n[tasks.variables]\nx = { low = -1.0, high = 1.0 }\n'
        '[[tasks]]\nname = "two"\ntruth = "0.3*x - y"\n[tasks.variables]\nx = { low = 0.0, high = 9.0 }\n'
        "y = { low = 5.0, high = 6.0 }\n"
        '[[tasks]]\nname = "four"\ntruth = "a + b - 1.25*c + 100*d - 3"\n[tasks.variables]\n'
        "a = { low = 0.0, high = 1.0 }\nb = { low = 0.0, high = 10.0 }\nc = { low = -5.0, high = 5.0 }\n"
        'd = { sampling = "log", low = 0.01, high = 1.0 }\n'
    )
    registry = discover()
    cells = plan(
        [registry.method("neuron")], load_suite(path).tasks, seeds=[0, 1], noises=[0.0], budget=Budget(seconds=20)
    )
    with Store(tmp_path / "results.db") as store:
        run(cells, registry=registry, store=store)
        records = list(store)
    assert len(records) == 6
    assert [(r.status, r.scores.recovered) for r in records] == [("ok", True)] * 6


@pytest.mark.parametrize(
    ("truth", "x"),
    [
        ("2*x0 + 1", np.linspace(-1, 1, 60)[:, None]),
        ("-x0", np.linspace(3, 4, 20)[:, None]),
        ("x0 - 0.5*x1", np.random.default_rng(0).normal(size=(50, 2))),
        ("-0.5*x0 + x1", np.random.default_rng(0).normal(size=(50, 2))),
        ("2*x0 + 1", np.random.default_rng(0).uniform(1e6, 1e6 + 1, (60, 1))),
        ("x1 - 7.25", np.random.default_rng(0).uniform(size=(30, 3))),
        ("3*x0", np.array([[0.0], [1.0]])),
    ],
)
def test_constants_are_the_shortest_decimals(truth, x):
    expected = Expression.parse(truth)
    y = expected({f"x{i}": column for i, column in enumerate(x.T)})
    assert str(_fit(x, y).expression) == str(expected)


def test_noise_leaves_the_line_of_least_squares():
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 9, (80, 3))
    y = x @ [1.0, -2.0, 0.0] + 4 + rng.normal(size=80)
    fit = _fit(x, y)
    expected = np.linalg.lstsq(np.column_stack([x, np.ones(80)]), y, rcond=None)[0]
    np.testing.assert_allclose(fit.predictions, np.column_stack([x, np.ones(80)]) @ expected, rtol=1e-9, atol=1e-9)
    assert not fit.extras["fits_to_rounding"]
    assert fit.extras["epochs"] == 2000
    assert fit.extras["training_loss"] == pytest.approx(np.mean((fit.predictions - y) ** 2) / np.var(y), rel=1e-9)


def test_correlated_inputs_and_constant_columns_are_no_trouble():
    rng = np.random.default_rng(1)
    common = rng.normal(size=(200, 1))
    x = common + 0.01 * rng.normal(size=(200, 40))  # one direction has 40 times the variance of the columns
    y = 2 * x[:, 0] - x[:, 7] + 3
    assert str(_fit(x, y).expression) == "2*x0 - x7 + 3"
    x = np.column_stack([x[:, 0], x[:, 0], np.full(200, 5.0), x[:, 1]])  # one column twice, one constant
    fit = _fit(x, 3 * x[:, 0] + x[:, 3])
    assert str(fit.expression) == "1.5*x0 + 1.5*x1 + x3"


def test_fewer_points_than_variables_are_met_by_the_smallest_weights():
    x = np.random.default_rng(2).normal(size=(4, 9))
    y = x[:, 0].copy()
    fit = _fit(x, y)
    np.testing.assert_allclose(
        fit.expression({f"x{i}": column for i, column in enumerate(x.T)}), y, rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("x_size", [1e-100, 1e100, 1e250])
@pytest.mark.parametrize("y_size", [1e-60, 1e100, 1e280])
def test_huge_and_tiny_values_are_fitted(x_size, y_size):
    x = np.random.default_rng(3).uniform(0.5, 5.0, (50, 1))
    if y_size / x_size > 1e300 or y_size / x_size < 1e-305:
        with pytest.raises(FitError, match="out of float64's range: rescale"):
            _fit(x * x_size, (2 * x[:, 0] + 1) * y_size)
        return
    fit = _fit(x * x_size, (2 * x[:, 0] + 1) * y_size)
    np.testing.assert_allclose(fit.expression({"x0": x[:, 0] * x_size}), (2 * x[:, 0] + 1) * y_size, rtol=1e-13)


def test_values_at_the_end_of_the_range_are_refused_with_what_to_do():
    with pytest.raises(FitError, match=r"largest absolute value is 1e\+300; rescale"):
        _fit(np.array([[1e300], [-1e300]]), np.array([1.0, 2.0]))


def test_odd_data_have_an_answer():
    x = np.linspace(0, 1, 30)[:, None]
    assert str(_fit(x, np.full(30, 4.25)).expression) == "4.25"
    assert str(_fit(x[:1], np.array([2.0])).expression) == "2"
    assert str(_fit(np.full((2, 1), 3.0), np.array([1.0, 2.0])).expression) == "1.5"
    assert _fit(np.full((2, 1), 3.0), np.array([1.0, 2.0])).extras["reason"] == "no input varies"
    assert str(_fit(x, np.zeros(30)).expression) == "0"
    assert str(_fit(np.zeros((2, 0)), np.array([1.0, 2.0])).expression) == "1.5"


def test_the_seed_has_no_effect():
    x = np.random.default_rng(0).normal(size=(40, 2))
    y = x[:, 0] ** 2 + x[:, 1]
    assert str(_fit(x, y, seed=1).expression) == str(_fit(x, y, seed=2).expression)


def test_it_reports_as_it_goes_and_each_report_is_better():
    x = np.random.default_rng(0).normal(size=(40, 1))
    y = 3 * x[:, 0] + 1
    heard: list[Expression] = []
    samples = Samples(variables=("x0",), x=x, y=y)
    Neuron(epochs=100).fit(samples, seed=0, budget=Budget(), report=heard.append)
    errors = [float(np.mean((formula(samples.columns) - y) ** 2)) for formula in heard]
    assert len(errors) == 10
    assert all(a > b for a, b in itertools.pairwise(errors))


def test_it_keeps_its_budget_and_still_answers():
    x = np.random.default_rng(0).normal(size=(20_000, 10))
    start = time.monotonic()
    fit = _fit(x, x[:, 0] * x[:, 1], Neuron(epochs=10_000_000), Budget(seconds=0.5))
    assert time.monotonic() - start < 5.0
    assert fit.extras["plan"] != "finished"
    assert 0 < fit.extras["epochs"] < 10_000_000


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"learning_rate": 1.0}, "above 0 and below 1, where it diverges, got 1.0"),
        ({"learning_rate": 0.0}, "got 0.0"),
        ({"epochs": 0}, "at least 1, got 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(parameters, said):
    with pytest.raises(UsageError, match=said):
        Neuron().with_parameters(parameters)
