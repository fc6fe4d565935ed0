"""Regressors of other packages by their class: parameters, seed and limits, refusals, the code that defines them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import stand_in_estimators

from srbench_lite.errors import FitError, UsageError
from srbench_lite.methods.method import Budget, Fit
from srbench_lite.methods.sklearn_method import SklearnMethod, sklearn_method
from srbench_lite.problems.data import Samples

X = np.random.default_rng(1).uniform(-1.0, 1.0, (30, 2))
POINTS = Samples(variables=("a", "b"), x=X, y=3.0 * X[:, 0] - X[:, 1] + 0.5)


def made(kind: str, **parameters) -> SklearnMethod:
    return sklearn_method(f"stand_in_estimators:{kind}").with_parameters(parameters)


def fit(method: SklearnMethod, *, seed: int = 2**31 + 5, seconds: float = 10.0, threads: int = 1) -> Fit:
    return method.fit(POINTS, seed=seed, budget=Budget(seconds=seconds, threads=threads), report=lambda _: None)


def test_a_class_becomes_a_method():
    method = made("Linear")
    assert method.name == "sklearn:stand_in_estimators:Linear"
    assert method.summary == "the regressor Linear of stand_in_estimators"
    assert method.parameters() == {}
    assert method == made("Linear") != made("Fitted")
    assert sklearn_method("no.such.module:At.All").name.endswith("At.All")  # nothing is imported


@pytest.mark.parametrize("text", ["", "Ridge", "a:", ":b", "a.b", "a b:C", "a:b:c", "./file.py:C", "a:C()", "é:C"])
def test_a_text_that_is_no_class_is_refused(text):
    with pytest.raises(UsageError, match=r"must be followed by package.module:Class, as in sklearn:.*got "):
        sklearn_method(text)


def test_the_formula_is_fitted_and_predicts_what_the_estimator_does():
    found = fit(made("Linear"))
    assert found.predictions is not None
    assert found.predictions.shape == (30,)
    assert np.abs(found.expression(POINTS.columns) - found.predictions).max() < 1e-13
    assert np.abs(found.predictions - POINTS.y).max() < 1e-12
    assert found.extras["formula by"] == "coef_ and intercept_"
    assert not POINTS.x.flags.writeable


def test_seed_time_and_threads_are_told_where_nobody_has_set_them(monkeypatch):
    assert fit(made("Linear"), threads=2).extras["told"] == {"random_state": "5", "max_time": "8", "n_jobs": "2"}
    mine = made("Linear", random_state="7", max_time="100")
    assert fit(mine).extras["told"] == {"n_jobs": "1"}
    assert fit(made("TellsExpr")).extras["told"] == {}
    assert fit(made("Linear"), seconds=0.5).extras["told"]["max_time"] == "1"  # whole seconds, as its default is
    for default, seconds in ((None, "8"), (60.0, "8.0")):  # C++ and Julia take no 8.0 for a whole number
        kind = type("Limited", (stand_in_estimators.TellsExpr,), {"__init__": _limited(default)})
        monkeypatch.setattr(stand_in_estimators, "Limited", kind, raising=False)
        assert fit(made("Limited")).extras["told"] == {"time_limit": seconds}


def _limited(default: float | None) -> Callable[..., None]:
    def made_with(self: Any, time_limit: float | None = default) -> None:
        self.place = 0

    return made_with


def test_parameters_are_json_or_texts_and_survive_a_record():
    set_ = {
        "alpha": "0.5",
        "tags": '["a", "b"]',
        "flag": "True",
        "text": "plain",
        "number": '"1"',
        "none": "None",
        "e": "",
    }
    method = made("Linear", **set_)
    assert json.loads(method.settings) == {
        "alpha": 0.5, "tags": ["a", "b"], "flag": True, "text": "plain", "number": "1", "none": None, "e": "",
    }  # fmt: skip
    again = made("Linear").with_parameters(json.loads(json.dumps(method.parameters())))
    assert again == method
    assert again.parameters() == method.parameters()
    assert method.with_parameters({"alpha": 2.0}).parameters()["alpha"] == 2.0


@pytest.mark.parametrize(
    ("parameter", "value", "said"),
    [
        ("a.b", "1", "a.b cannot be set"),
        ("alpha", float("nan"), "alpha must be a value of JSON"),
        ("alpha", object(), "alpha must be a value of JSON"),
        ("formula", "no function", "formula must be package.module:function, got 'no function'"),
        ("formula", 3, "formula must be package.module:function, got 3"),
    ],
)
def test_a_value_that_none_can_have_is_refused_by_name(parameter, value, said):
    with pytest.raises(UsageError) as caught:
        made("Linear", **{parameter: value})
    assert str(caught.value).startswith(f"sklearn:stand_in_estimators:Linear.{said}")


@pytest.mark.parametrize(
    ("method", "said"),
    [
        (made("Linear", alpa=1), r"has no parameter 'alpa'. Did you mean: alpha\? Known: alpha, "),
        (made("Linear", alpha=-1.0), r"refuses \{'alpha': -1.0\}: alpha must be at least 0, got -1.0"),
        (made("Linnear"), r"stand_in_estimators has no class 'Linnear'. Did you mean: Linear\?"),
        (made("SLOPE"), "stand_in_estimators.SLOPE must be a class with fit"),
        (made("TellsNothing.fit"), "must be a class with fit"),
        (made("Fitted", formula="stand_in_estimators:first"), "has no function 'first'.* first_of_all"),
        (made("Fitted", formula="stand_in_estimators:not_a_function"), "must be a function, got 3"),
        (made("Fitted"), "Fitted tells its formula in no known way"),
        (sklearn_method("stand_in_estimators.deeper:A"), "deeper cannot be imported by .*python"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said(method, said):
    with pytest.raises(FitError, match=said) as caught:
        fit(method)
    assert method.name in str(caught.value) or "no known way" in str(caught.value)


@pytest.mark.parametrize(
    ("method", "absent"),
    [
        (sklearn_method("no_such_package.core:A"), "no_such_package"),
        (made("Fitted", formula="no_such_helper:f"), "no_such_helper"),
    ],
)
def test_without_its_package_it_is_skipped_with_the_command_that_installs_it(method, absent):
    assert re.fullmatch(
        rf"there is no module {absent} in .*python.*: `srbench env add {absent} --install {absent}` makes .*"
        rf"--python '{method.name}={absent}' runs .* folders of PYTHONPATH",
        method.skip_reason(POINTS) or "",
    )
    assert made("Fitted").skip_reason(POINTS) is None


def test_a_given_function_tells_the_formula():
    found = fit(made("Fitted", place=1, formula="stand_in_estimators:first_of_all"))
    assert found.expression.variables == ("b",)
    assert found.extras["formula by"] == "the given function"
    assert np.abs(found.expression(POINTS.columns) - found.predictions).max() < 1e-15


def test_what_defines_it_is_its_name_its_own_files_and_what_reads_it(tmp_path, monkeypatch):
    assert made("Linear").identity() != made("Fitted").identity()
    monkeypatch.syspath_prepend(tmp_path)
    mine = sklearn_method("my_own_estimator:Mine")
    absent = mine.identity()
    file = tmp_path / "my_own_estimator.py"
    file.write_text("class Mine: pass\n")
    first = mine.identity()
    file.write_text("class Mine: 'changed'\n")
    assert len({absent, first, mine.identity()}) == 3
    assert "my_own_estimator absent" in absent.splitlines()
    assert mine.beside == (str(tmp_path),)
    with_function = sklearn_method("numpy.linalg:norm").with_parameters({"formula": "my_own_estimator:tell"})
    assert with_function.beside == (str(tmp_path),)


def test_the_version_of_an_installed_package_counts_and_its_files_do_not():
    method = sklearn_method("numpy.linalg:norm")
    assert f"numpy {np.__version__}" in method.identity().splitlines()
    assert method.beside == ()
    assert method.engine == ("sklearn.base",)
    assert sklearn_method("sklearn.tree:A").engine == ("sklearn.base", "sklearn.tree")  # starts no threads


def test_scikit_learn_itself():
    pytest.importorskip("sklearn")
    found = fit(sklearn_method("sklearn.linear_model:Lasso").with_parameters({"alpha": "1e-6"}))
    assert np.abs(found.expression(POINTS.columns) - found.predictions).max() < 1e-12
    with pytest.raises(FitError, match=r"has no parameter 'alfa'. Did you mean: alpha"):
        fit(sklearn_method("sklearn.linear_model:Lasso").with_parameters({"alfa": "1e-6"}))
