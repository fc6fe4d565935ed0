"""The formula of an estimator: by each known way, in full precision, checked against its own predictions."""

from __future__ import annotations

import numpy as np
import pytest
import srbench_convention
import stand_in_estimators as stand_ins

from srbench_lite.errors import ExpressionError, FitError
from srbench_lite.methods.estimator_formula import WAYS, formula_of
from srbench_lite.problems.data import Samples

X = np.random.default_rng(4).uniform(-2.0, 2.0, (50, 3))
KINDS = {
    "sympy()": stand_ins.TellsSympy,
    "expr": stand_ins.TellsExpr,
    "get_model_string()": stand_ins.TellsModelString,
    "equation_": stand_ins.TellsEquation,
    "_program or model_": stand_ins.TellsProgram,
    "model(estimator, X) of its module": srbench_convention.Regressor,
    "coef_ and intercept_": stand_ins.Linear,
}


def samples(*names: str, place: int = 0) -> Samples:
    x = X[:, : len(names)]
    return Samples(variables=names, x=x, y=stand_ins.SLOPE * x[:, place] ** 2 + stand_ins.OFFSET)


def test_every_way_has_an_estimator():
    assert list(KINDS) == list(WAYS)


@pytest.mark.parametrize(
    "names", [("x0", "x1", "x2"), ("x1", "x2", "x3"), ("speed", "time", "mass"), ("x",)], ids="-".join
)
@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("way", KINDS)
def test_each_way_tells_what_the_estimator_predicts(way, place, names):
    place = min(place, len(names) - 1)
    points = samples(*names, place=place)
    estimator = KINDS[way]() if way == "coef_ and intercept_" else KINDS[way](place)
    estimator.fit(points.x.copy(), points.y)
    predictions = np.ravel(estimator.predict(points.x))
    found = formula_of(estimator, points, predictions)
    assert found.way == way
    gap = np.abs(found.expression(points.columns) - predictions).max()
    assert gap <= 1e-13


def test_a_text_of_a_model_is_read_too():
    points = samples("a", "b", place=1)
    found = formula_of(stand_ins.TellsModel(1), points, points.y)
    assert found.expression.variables == ("b",)


def test_a_table_of_equations_gives_the_front_without_what_is_no_formula():
    points = samples("a", "b", place=1)
    found = formula_of(stand_ins.TellsEquations(1), points, points.y)
    assert found.way == "equation_"
    assert [str(one) for one in found.candidates] == ["0.5", str(found.expression)]


def test_predictions_settle_what_a_text_means():
    """`x1` is the first or the second variable, and `div` protected or not."""

    class Told:
        expr = "x1"

    points = samples("a", "b")
    for place in (0, 1):
        assert formula_of(Told(), points, points.x[:, place]).expression.variables == ("ab"[place],)
    assert formula_of(Told(), points, None).expression.variables == ("b",)

    class Divides:
        expr = "div(x0, x1 - x1)"

    found = formula_of(Divides(), points, np.ones(50))
    assert str(found.expression).startswith("ifelse(")


def test_a_way_that_fails_or_lies_is_passed_over():
    class Odd(stand_ins.TellsModel):
        expr_ = "x0"  # not what it predicts

        def sympy(self) -> None:
            raise RuntimeError("not fitted")

    points = samples("a", "b")
    assert formula_of(Odd(), points, points.y).way == "_program or model_"


@pytest.mark.parametrize(
    ("told", "far"),
    [
        (f"{stand_ins.SLOPE:.2f}*x0**2 + {stand_ins.OFFSET:.3f}", r"is up to 0\.0\d+ standard deviations of y from"),
        ("acos(x0 + 10)", "has no value on 50 of the 50 points"),
    ],
)
def test_a_formula_that_is_not_what_it_predicts_is_refused_with_the_figure(told, far):
    points = samples("a", "b")
    with pytest.raises(ExpressionError, match=rf"^expr tells .*, which {far}.*formula=package.module:function$"):
        formula_of(type("Rounds", (), {"expr": told})(), points, points.y)


def test_the_nearest_formula_is_taken_where_float32_separates_it_from_the_predictions():
    class Single(stand_ins.TellsModel):
        expr_ = "x0"

    points = samples("a", "b")
    predictions = points.y.astype(np.float32).astype(np.float64) + 1e-4 * points.y.std()
    assert formula_of(Single(), points, predictions).way == "_program or model_"


def test_a_given_function_goes_before_all_ways():
    points = samples("a", "b")
    found = formula_of(stand_ins.TellsSympy(), points, points.x.sum(axis=1), given=lambda _: "x0 + x1")
    assert (str(found.expression), found.way) == ("a + b", "the given function")
    with pytest.raises(ExpressionError, match="the given function: '1 \\+'"):
        formula_of(stand_ins.TellsSympy(), points, points.y, given=lambda _: "1 +")


def test_what_is_told_and_no_formula_is_said():
    with pytest.raises(ExpressionError, match="cannot be read; _program or model_: '<object"):
        formula_of(stand_ins.TellsNothing(), samples("a"), None)
    with pytest.raises(ExpressionError, match="4 coefficients"):
        formula_of(type("Wide", (), {"coef_": np.ones(4)})(), samples("a"), None)


def test_an_estimator_that_tells_nothing_is_told_what_was_looked_for():
    with pytest.raises(FitError, match=r"Fitted tells its formula in no known way; looked for sympy\(\), "):
        formula_of(stand_ins.Fitted(), samples("a"), None)


def test_scikit_learns_linear_models():
    linear_model = pytest.importorskip("sklearn.linear_model")
    points = samples("a", "b", "c")
    for kind in (linear_model.LinearRegression, linear_model.Ridge, linear_model.Lasso):
        estimator = kind().fit(points.x, points.y)
        predictions = estimator.predict(points.x)
        found = formula_of(estimator, points, predictions)
        assert np.abs(found.expression(points.columns) - predictions).max() <= 1e-12
