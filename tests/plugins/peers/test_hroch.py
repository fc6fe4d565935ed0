"""The peer `hroch`: conversion of its models, settings and slices of the budget passed on."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from srbench_peers import Hroch
from srbench_peers.hroch import formula_of
from stand_in_packages import install, node, some_samples

from srbench_lite import Budget, Expression, ExpressionError, FitError, UsageError


def recorded(x, c):
    """A model as HROCH 1.4.12 gave it: the code that its `predict` runs."""
    t0 = np.divide(c[3], x[:, 1])
    t1 = np.multiply(x[:, 0], t0)
    t6 = np.add(np.subtract(t1, t0), np.sqrt(c[2]))
    return np.multiply(c[0], np.subtract(np.add(np.multiply(c[4], x[:, 1]), t6), c[1]))


ITS_TEXT = "(c0*(((c4*x1)+(((x0*(c3/x1))-(c3/x1))+sqrt(c2)))-c1))"
ITS_CONSTANTS = [-1.3764336309550258, 4.738559320111113, 4.0250586156782475, 3.729495724926401, 1.922551364570314]


def test_a_recorded_model_is_what_its_code_computes():
    x = np.random.default_rng(2).uniform(0.5, 2.0, (50, 2))
    found = formula_of(ITS_TEXT, ITS_CONSTANTS, ("length", "X0"))

    assert np.array_equal(found({"length": x[:, 0], "X0": x[:, 1]}), recorded(x, ITS_CONSTANTS))
    assert found.constants == tuple(ITS_CONSTANTS[i] for i in (0, 4, 3, 3, 2, 1))


def test_variables_may_have_the_names_of_places():
    assert str(formula_of("((x0-x1)**2)*c0", [0.5], ("x1", "c0"))) == "(x1 - c0)**2*0.5"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("pow(x0,c0)", "a**1.5"), ("(c0/x0)", "1.5/a"), ("asin(x0)", "asin(a)"), ("acos(x0)", "acos(a)"),
        ("atan(x0)", "atan(a)"), ("sinh(x0)", "sinh(a)"), ("cosh(x0)", "cosh(a)"), ("tanh(x0)", "tanh(a)"),
        ("tan(x0)", "tan(a)"), ("exp(x0)", "exp(a)"), ("log(x0)", "log(a)"), ("cos(x0)", "cos(a)"),
    ],
)  # fmt: skip
def test_every_function_of_its_set_is_known(text, meaning):
    assert formula_of(text, [1.5], ("a",)) == Expression.parse(meaning)


def test_a_constant_that_is_no_number_is_refused():
    with pytest.raises(ExpressionError, match="must be a finite number"):
        formula_of("c0*x0", [float("inf")], ("a",))


class Model:
    """HROCH's `SymbolicRegressor`: the constant of its best model comes nearer to 2 with each call of fit."""

    made: ClassVar[list[Model]] = []
    broken = False

    def __init__(self, **settings):
        self.settings, self.limits, self.weights = settings, [], None
        self.made.append(self)

    def set_params(self, time_limit):
        self.limits.append(time_limit)

    def fit(self, x, y, weights):
        self.weights = weights
        c = np.array([2.0 - 0.5 ** len(self.limits)])
        if self.broken:
            c[:] = np.nan
        self.models_ = [
            node(m=node(str_representation=text, coeffs=c, score=s), predict=lambda x, c=c: x[:, 0] * c[0])
            for text, s in (("(x0*c0)", 2.0 - c[0]), ("(x0*c0)+c0", 3.0), ("x0", 4.0))
        ]


@pytest.fixture(autouse=True)
def package(monkeypatch):
    """The package, and a clock that a fit moves on by what it was given."""
    monkeypatch.setattr(Model, "made", [])
    monkeypatch.setattr(Model, "broken", False)
    install(monkeypatch, "HROCH", SymbolicRegressor=Model)
    monkeypatch.setattr(
        "srbench_peers.peer.Clock.left",
        property(lambda self: self.seconds - sum(Model.made[-1].limits if Model.made else [])),
    )


def fitted(peer: Hroch, reports: list[Expression], seconds: float = 20.0, seed: int = 2**31):
    return peer.fit(some_samples(), seed=seed, budget=Budget(seconds=seconds, threads=3), report=reports.append)


def test_the_time_is_passed_on_in_slices_that_grow():
    reports: list[Expression] = []
    fit = fitted(Hroch(), reports, seconds=5.0)

    assert Model.made[0].limits == pytest.approx([0.5, 0.75, 1.125, 2.125])  # of 0.9 * 5 s
    assert [str(formula) for formula in reports] == [
        "length*1.5", "length*1.75", "length*1.875", "length*1.9375",
    ]  # fmt: skip
    assert fit.expression == reports[-1]
    assert [str(formula) for formula in fit.candidates] == ["length", "length*1.9375"]
    assert np.array_equal(fit.predictions, some_samples().x[:, 0] * 1.9375)
    assert fit.stopped == "budget"


def test_less_time_than_a_slice_is_one_slice():
    fitted(Hroch(), [], seconds=0.5)

    assert Model.made[0].limits == pytest.approx([0.45])


def test_no_time_at_all_is_not_passed_on_as_no_limit(monkeypatch):
    monkeypatch.setattr("srbench_peers.peer.Clock.left", -1.0)
    fitted(Hroch(), [])

    assert Model.made[0].limits == [0.01]


def test_settings_threads_seed_and_weights_are_passed_on():
    fitted(Hroch(problem="simple", feature_probs=""), [])
    settings = Model.made[0].settings

    assert settings["problem"] == "simple"
    assert settings["feature_probs"] is None
    assert settings["precision"] == "f64"
    assert settings["num_threads"] == 3
    assert settings["random_state"] == 1  # 0 would be the time of day
    assert settings["warm_start"]
    assert (Model.made[0].weights == 2.0).all()


def test_models_that_are_no_formulas_are_passed_over(monkeypatch):
    monkeypatch.setattr(Model, "broken", True)
    fit = fitted(Hroch(), [])

    assert str(fit.expression) == "length"
    assert fit.extras == {"too_large": 2}


def test_no_formula_at_all_is_a_failed_fit(monkeypatch):
    monkeypatch.setattr("srbench_peers.hroch.writable", lambda *args: None)
    with pytest.raises(FitError, match="none of HROCH's models can be written"):
        fitted(Hroch(), [])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"problem": "fuzzy"}, 'hroch.problem must be "math" or "simple", got \'fuzzy\''),
        ({"metric": "R2"}, "hroch.metric"),
    ],
    ids=["problem", "metric"],
)
def test_settings_are_checked(settings, said):
    with pytest.raises(UsageError, match=said):
        Hroch(**settings)
