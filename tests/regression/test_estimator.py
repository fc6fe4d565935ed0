"""The estimator: scikit-learn's own checks, and what its users do with one."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from places import HOSTILE
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import srbench_lite
from srbench_lite import Expression, FitError, SymbolicRegressor, UsageError, discover
from srbench_lite.running.spare_supervisor import end_spare_supervisor

#: Closed forms only, and no process that would have to be started: hundredths of a second a fit.
QUICK = {"method": "lies-fast", "method_parameters": {"search": False}, "time_limit": 20, "isolated": False}


@pytest.fixture(autouse=True, scope="module")
def _end() -> Iterator[None]:
    yield
    end_spare_supervisor()


def quick(**parts: Any) -> SymbolicRegressor:
    return SymbolicRegressor(**(QUICK | parts))


def power_law(n: int = 40, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """Data of y = 3 * mass * size**2 under names as people write them."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"body mass [kg]": rng.uniform(1, 4, n), "größe": rng.uniform(1, 3, n)})
    return table, (3 * table.iloc[:, 0] * table.iloc[:, 1] ** 2).rename("y")


@parametrize_with_checks([SymbolicRegressor("neuron")])
def test_it_is_an_estimator(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [SymbolicRegressor("lies-fast"), quick(), SymbolicRegressor(("neuron", "lasso"), time_limit=9)]
)
def test_a_search_is_an_estimator(estimator, check):
    check(estimator)


def test_the_formula_has_the_names_of_the_columns():
    table, y = power_law()
    model = quick().fit(table, y)

    assert model.equation_ == '3*"body mass [kg]"*"größe"**2'
    assert model.expression_ == Expression.parse("3*body_mass*grosse**2")
    assert model.variables_ == {"body_mass": "body mass [kg]", "grosse": "größe"}
    assert model.feature_names_in_.tolist() == ["body mass [kg]", "größe"]
    assert model.n_features_in_ == 2
    assert model.latex() == Expression.parse("3*body_mass*grosse**2").to_latex()
    assert str(model.sympy().diff("body_mass")) == "3*grosse**2"
    assert model.stopped_ == {"lies-fast": "done"}
    assert model.score(table, y) == 1.0
    np.testing.assert_allclose(model.predict(table), y, rtol=1e-12)


def test_columns_without_names_are_x0_x1_and_so_on():
    x = np.random.default_rng(0).uniform(1, 3, (30, 2))
    assert quick().fit(x, x[:, 0] / x[:, 1]).equation_ == "x0/x1"


def test_the_front_is_a_table():
    table, y = power_law()
    rng = np.random.default_rng(1)
    model = quick(method_parameters=None).fit(table, y + rng.normal(0, 0.5, len(y)))
    front = model.equations_

    assert list(front) == ["complexity", "error", "equation", "recommended", "methods", "expression"]
    assert {str(front[name].dtype) for name in ("complexity", "error", "recommended")} == {"int64", "float64", "bool"}
    assert front["complexity"].is_monotonic_increasing
    assert front["error"].is_monotonic_decreasing
    assert front.loc[front["recommended"], "equation"].tolist() == [model.equation_]
    assert set(front["methods"]) == {"lies-fast"}
    values = front["expression"].iloc[-1](dict(zip(model.variables_, table.to_numpy().T, strict=True)))
    assert front["error"].iloc[-1] < float(np.mean((values - y) ** 2)) + 1  # of the noisy target, which is not `y`


def test_what_is_not_fitted_says_so():
    for ask in ("latex", "sympy"):
        with pytest.raises(NotFittedError):
            getattr(quick(), ask)()


def test_the_order_of_the_rows_does_not_matter_and_the_seed_repeats_the_formula():
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 1, (30, 2))
    y = np.sin(5 * x[:, 0]) + x[:, 1] + rng.normal(0, 0.1, 30)
    order = rng.permutation(30)
    first, again, turned = quick().fit(x, y), quick().fit(x, y), quick().fit(x[order], y[order])

    assert first.equation_ == again.equation_ == turned.equation_


@pytest.mark.parametrize("state", [None, np.random.RandomState(3)], ids=["none", "generator"])
def test_any_random_state_will_do(state):
    table, y = power_law()
    assert quick(random_state=state).fit(table, y).score(table, y) == 1.0


def test_it_can_be_pickled_cloned_and_shown():
    table, y = power_law()
    model = quick().fit(table, y)
    loaded = pickle.loads(pickle.dumps(model))

    assert loaded.equation_ == model.equation_
    pd.testing.assert_frame_equal(loaded.equations_, model.equations_)
    np.testing.assert_array_equal(loaded.predict(table), model.predict(table))
    assert clone(model).get_params() == model.get_params()
    assert repr(model.set_params(method="lasso", method_parameters=None)) == (
        "SymbolicRegressor(isolated=False, method='lasso', time_limit=20)"
    )


def test_it_works_in_a_pipeline_and_in_a_cross_validation():
    table, y = power_law(60)
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), quick())
    pipeline.fit(table, y)

    assert pipeline.score(table, y) > 0.999
    assert "größe" in pipeline[-1].equation_
    assert cross_val_score(quick(), table, y, cv=3).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_search_chooses_between_two_methods(jobs):
    table, y = power_law()
    search = GridSearchCV(
        SymbolicRegressor(time_limit=20), {"method": ["neuron", "lies-fast"]}, cv=KFold(2), n_jobs=jobs,
        error_score="raise",
    )  # fmt: skip
    search.fit(table, y)

    assert search.best_params_ == {"method": "lies-fast"}
    assert search.cv_results_["mean_test_score"][1] == pytest.approx(1.0)
    assert search.best_estimator_.equation_ == '3*"body mass [kg]"*"größe"**2'


def test_formulas_of_several_methods_compete():
    table, y = power_law()
    model = SymbolicRegressor(["neuron", "lies-fast"], time_limit=20, isolated=False).fit(table, y)

    assert model.expression_ == Expression.parse("3*body_mass*grosse**2")
    assert model.stopped_ == {"neuron": "done", "lies-fast": "done"}
    assert model.equations_.loc[model.equations_["recommended"], "methods"].tolist() == ["lies-fast"]


def test_weights_leave_rows_out_repeat_them_and_count_by_their_ratios():
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 3, (30, 1))
    y = 2 * x[:, 0] + rng.normal(0, 0.2, 30)
    y[:5] = 100.0
    left_out = np.repeat([0.0, 1.0], [5, 25])
    weights = np.where(left_out, rng.uniform(0.5, 2, 30), 1e-9)

    assert quick().fit(x, y, left_out).equation_ == quick().fit(x[5:], y[5:]).equation_
    counts = rng.integers(1, 4, 25)
    repeated = np.repeat(x[5:], counts, axis=0), np.repeat(y[5:], counts)
    assert quick().fit(x[5:], y[5:], counts).equation_ == quick().fit(*repeated).equation_
    weighted = quick().fit(x, y, weights)
    assert weighted.score(x[5:], y[5:]) > 0.9
    assert quick().fit(x, y, 4 * weights).equation_ == weighted.equation_


@pytest.mark.parametrize(
    ("weights", "said"),
    [([0, 0, 0], "at least one"), ([1, -1, 1], "[Nn]egative values")],
    ids=["none counts", "negative"],
)
def test_weights_that_cannot_be_used_are_refused(weights, said):
    with pytest.raises(ValueError, match=said):
        quick().fit([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0], weights)


def test_a_method_that_ignores_weights_takes_whole_numbers_only():
    x, y = [[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0]
    model = quick(method="neuron", method_parameters=None).fit(x, y, [1, 2, 1])
    with pytest.raises(UsageError, match=r"'neuron' does not use weights.*take one of .*lasso, .*lies"):
        model.fit(x, y, [1, 2.5, 1])


def test_of_many_rows_a_sample_is_fitted_to_and_errors_are_those_on_the_others():
    x = np.random.default_rng(0).uniform(1, 3, (400, 1))
    y = np.where(x[:, 0] < 1.01, 5.0, 2 * x[:, 0])
    model = quick(max_rows=30).fit(x, y)
    everything = quick(max_rows=None).fit(x, y)

    assert model.equation_ == "2*x0"
    assert model.equations_["error"].iloc[-1] > 0
    assert everything.equations_["error"].iloc[-1] == pytest.approx(
        np.mean((everything.equations_["expression"].iloc[-1]({"x0": x[:, 0]}) - y) ** 2)
    )


def test_a_formula_that_is_not_defined_everywhere_says_so():
    x = np.linspace(1, 9, 30)[:, None]
    model = quick().fit(x, np.log(x[:, 0]))
    assert model.equation_ == "log(x0)"
    with pytest.warns(RuntimeWarning, match=r"the formula log\(x0\) is not defined at 1 of 2 rows"):
        assert np.isnan(model.predict([[-1.0], [1.0]])).tolist() == [True, False]
    with pytest.warns(RuntimeWarning, match="not defined"):
        assert math.isnan(model.score([[-1.0], [1.0]], [0.0, 0.0]))


@pytest.mark.parametrize(("x", "y"), [([[1.0], [2.0], [3.0]], [4.0, 4.0, 4.0]), ([[2.0]], [4.0])], ids=["y", "a row"])
def test_data_that_say_little_give_a_number(x, y):
    model = quick().fit(x, y)
    assert model.equation_ == "4"
    assert model.predict([[7.0], [8.0]]).tolist() == [4.0, 4.0]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"method": "lise"}, r"unknown method 'lise'\. Did you mean: lies"),
        ({"method": []}, "at least one method"),
        ({"method": ["lies", "lies"]}, "each once, got lies, lies"),
        ({"method": ["lies", "lasso"], "method_parameters": {"effort": 1}}, r"method\('lies'\)\.with_parameters"),
        ({"method_parameters": {"efort": 1}}, r"'efort'\. Did you mean: effort"),
        ({"time_limit": 0}, "the budget's seconds must be a positive number, got 0"),
        ({"random_state": -1}, r"random_state must be from 0 to 2\*\*63 - 1, got -1"),
        ({"max_rows": 0}, "max_rows must be a whole number of at least 1, or None, got 0"),
        ({"plugins": ["nowhere.py"]}, "there is no plugin file nowhere.py"),
    ],
    ids=lambda value: None if isinstance(value, str) else ", ".join(value),
)
def test_a_parameter_that_is_wrong_is_named_when_it_is_used(parts, said):
    model = quick(**parts)
    with pytest.raises(UsageError, match=said):
        model.fit([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0])


def test_a_limit_is_held_from_outside_and_told():
    model = SymbolicRegressor("sleeps", plugins=[HOSTILE], time_limit=0.3)
    with pytest.warns(ConvergenceWarning, match=r"^sleeps: the fit was stopped at its limit of 0.3 s"):
        model.fit(pd.DataFrame({"x": [1.0, 2.0]}), [3.0, 5.0])
    assert (model.equation_, model.stopped_) == ("2*x + 1", {"sleeps": "timeout"})


def test_a_method_that_finds_nothing_is_an_error_and_one_of_several_a_warning():
    table = pd.DataFrame({"x": [1.0, 2.0]})
    with pytest.raises(FitError, match=r"^finds-nothing found no formula \(failed\)"):
        SymbolicRegressor("finds-nothing", plugins=[HOSTILE]).fit(table, [3.0, 5.0])
    with pytest.warns(ConvergenceWarning, match="^finds-nothing found no formula"):
        model = SymbolicRegressor(["finds-nothing", "good"], plugins=[HOSTILE]).fit(table, [3.0, 5.0])
    assert model.equation_ == "2*x + 1"


def test_a_method_may_be_an_object():
    table, y = power_law()
    method = discover().method("lies-fast").with_parameters({"search": False})
    assert quick(method=method, method_parameters=None).fit(table, y).equation_ == quick().fit(table, y).equation_


def test_it_can_be_had_from_the_top_and_is_left_out_of_a_star():
    assert srbench_lite.SymbolicRegressor is SymbolicRegressor
    assert "SymbolicRegressor" in dir(srbench_lite)
    assert "SymbolicRegressor" not in srbench_lite.__all__  # which must not need scikit-learn


def test_without_scikit_learn_it_says_what_to_install():
    code = "import sys; sys.modules['sklearn.base'] = None; from srbench_lite import SymbolicRegressor"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("ImportError: SymbolicRegressor needs scikit-learn 1.6 or later")
    assert last.endswith("pip install 'scikit-learn>=1.6'")
