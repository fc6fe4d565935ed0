"""The peer `psrn`: conversion of what sympy prints, passes watched by the clock, settings passed on."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from srbench_peers import Psrn
from srbench_peers.psrn import formula_of
from stand_in_packages import install, some_samples

from srbench_lite import Budget, Expression, ExpressionError, FitError, UsageError


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("x1*sin(x0) + 1/2", "b*sin(a) + 1/2"), ("sqrt(x0)*exp(-x1**2)", "sqrt(a)*exp(-b**2)"),
        ("x0**(-3) + E*pi", "a**(-3) + e*pi"), ("Abs(x0)*sign(x1)", "abs(a)*sign(b)"),
        ("0.841470984807897*log(x0)", "0.841470984807897*log(a)"), ("cosh(x0)/tanh(x1)", "cosh(a)/tanh(b)"),
    ],
)  # fmt: skip
def test_what_sympy_prints_is_read(text, meaning):
    x = {"a": np.array([0.5, 1.5]), "b": np.array([2.0, -1.0])}
    values = formula_of(text, ("a", "b"))(x)

    assert np.array_equal(values, Expression.parse(meaning, variables=("a", "b"))(x))


def test_names_are_mapped():
    assert str(formula_of("x0 - x1", ("x1", "x0"))) == "x1 - x0"


def test_a_constant_is_a_number_where_a_variable_has_its_name():
    names = ("e", "pi")
    formula = formula_of("pi*x0 + E*x1", names)
    x = {"e": np.array([0.5, 2.0]), "pi": np.array([1.0, -3.0])}
    values = np.pi * x["e"] + np.e * x["pi"]

    assert np.array_equal(formula(x), values)
    assert np.array_equal(Expression.parse(str(formula), variables=names)(x), values)


@pytest.mark.parametrize("text", ["zoo*x0", "I*x0", "x7", "nan"])
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(ExpressionError):
        formula_of(text, ("a",))


#: What the passes of the stand-in find, and its mean squared errors.
PASSES: list[list[tuple[str, float]]] = [
    [("x0", 0.5), ("zoo*x0", 0.4)],
    [("x0 + 2*x1", 0.3), ("x0*x1*x1", 0.6)],
    [("x0 + 2*x1 + 1/4", 0.1)],
]


class Model:
    """PSRN's `PSRN_Regressor`: three passes of 3 seconds."""

    made: ClassVar[list[Any]] = []
    found = False
    spent = 0.0

    def __init__(self, **settings):
        self.settings, self.front = settings, []
        self.variables = settings["variables"]
        self.made.append(self)

    def fit(self, x, y, **settings):
        assert x.flags.writeable
        assert y.shape == (len(x), 1)
        self.settings |= settings
        for number in range(len(PASSES)):
            for text, error in self.get_best_expr_and_MSE_topk(number):
                if self.pareto_update_and_check([(text, 0.0, error, len(text))]):
                    return True, self.front
        return False, self.front

    def get_best_expr_and_MSE_topk(self, number):  # noqa: N802
        self.spent += 3.0
        return PASSES[number]

    def pareto_update_and_check(self, found):
        self.front += found
        return self.found and found[0][2] < 0.2

    def get_pf(self, sort_by):
        assert sort_by == "mse"
        return sorted(self.front, key=lambda member: member[2])


class Torch:
    threads, seed = 0, 0

    @classmethod
    def set_num_threads(cls, number):
        cls.threads = number

    @classmethod
    def manual_seed(cls, number):
        cls.seed = number


def predicted(text, x, variables):
    return Expression.parse(text)({name: x[:, i] for i, name in enumerate(variables)})[:, None]


@pytest.fixture(autouse=True)
def package(monkeypatch):
    monkeypatch.setattr(Model, "made", [])
    monkeypatch.setattr(Model, "found", False)
    install(monkeypatch, "torch", set_num_threads=Torch.set_num_threads, manual_seed=Torch.manual_seed)
    install(monkeypatch, "psrn", PSRN_Regressor=Model)
    install(monkeypatch, "psrn.utils.data", expr_to_Y_pred=predicted)
    monkeypatch.setattr(
        "srbench_peers.peer.Clock.left",
        property(lambda self: self.seconds - (Model.made[-1].spent if Model.made else 0.0)),
    )


def fitted(peer: Psrn, reports: list[Expression], seconds: float = 20.0):
    return peer.fit(some_samples(), seed=2**31 + 9, budget=Budget(seconds=seconds, threads=3), report=reports.append)


def test_better_formulas_are_reported_and_the_best_is_the_answer():
    reports: list[Expression] = []
    fit = fitted(Psrn(), reports)

    assert [str(formula) for formula in reports] == ["length", "length + 2*X0", "length + 2*X0 + 1/4"]
    assert fit.expression == reports[-1]
    assert np.array_equal(fit.predictions, fit.expression(some_samples().columns))
    assert [str(formula) for formula in fit.candidates] == ["length", "length + 2*X0", "length + 2*X0 + 1/4"]
    assert (fit.stopped, fit.extras) == ("budget", {"passes": 3})


def test_no_pass_is_begun_for_which_the_time_does_not_suffice():
    fit = fitted(Psrn(), [], seconds=9.0)  # 8.1 s for passes of 3 s

    assert (fit.stopped, fit.extras) == ("budget", {"passes": 2})
    assert str(fit.expression) == "length + 2*X0"


def test_the_time_may_end_while_the_front_is_made():
    fit = fitted(Psrn(), [], seconds=3.0)

    assert (fit.stopped, fit.extras) == ("budget", {"passes": 1})
    assert str(fit.expression) == "length"


def test_an_error_below_the_threshold_ends_the_search(monkeypatch):
    monkeypatch.setattr(Model, "found", True)

    assert fitted(Psrn(), []).stopped == "done"


def test_no_formula_is_a_failed_fit(monkeypatch):
    monkeypatch.setattr("srbench_peers.psrn.writable", lambda *args: None)
    with pytest.raises(FitError, match="psrn gave 5 formulas in 3 passes, none of which can be written"):
        fitted(Psrn(), [])


def test_settings_seed_threads_and_time_are_passed_on():
    fitted(Psrn(n_psrn_inputs=4, operators=("Add", "Tanh"), const_low=-3), [])
    settings = Model.made[0].settings

    assert settings["variables"] == ["x0", "x1"]
    assert settings["device"] == "cpu"
    assert settings["stage_config"]["default"] == {
        "operators": ["Add", "Tanh"], "time_limit": 18.0, "n_psrn_inputs": 4, "n_sample_variables": 3,
    }  # fmt: skip
    assert Model.made[0].trying_const_range == [-3, 1]
    assert (settings["n_down_sample"], settings["threshold"]) == (5, 1e-10)
    assert not settings["prun_const"]
    assert (Torch.threads, Torch.seed) == (3, 9)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"operators": ("Add", "Sine")}, "psrn.operators must be some of Identity, Sin"),
        ({"n_symbol_layers": 0}, "psrn.n_symbol_layers must be at least 1, got 0"),
        ({"n_sample_variables": 4}, "psrn.n_sample_variables must be at most n_psrn_inputs, got 4"),
        ({"const_high": -1}, "psrn.const_high must be above const_low, got -1"),
        ({"threshold": -1.0}, "psrn.threshold must be at least 0, got -1.0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_settings_are_checked(settings, said):
    with pytest.raises(UsageError, match=said):
        Psrn(**settings)
