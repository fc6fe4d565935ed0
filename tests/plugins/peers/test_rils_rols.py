"""The peer `rils-rols`: constants in full from its predictions, settings and budget passed on."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from srbench_peers import RilsRols
from srbench_peers.rils_rols import formula_of
from stand_in_packages import install, some_samples

from srbench_lite import Budget, Expression, Samples, UsageError

SAMPLES = some_samples()
#: What RILS-ROLS 1.6.7 printed for a model; its constants had more digits than the six decimals.
ITS_TEXT = "((((0.551081*(exp(sin(x0))*x1))+(-0.419260*(x0*x1)))+(0.095827*(x1**2)))+0.311865)"


def its_model(x, constants):
    a, b, c, d = constants
    return a * np.exp(np.sin(x[:, 0])) * x[:, 1] + b * (x[:, 0] * x[:, 1]) + c * x[:, 1] ** 2 + d


def relative(found: Expression, values: np.ndarray, samples: Samples = SAMPLES) -> float:
    return float(np.abs(found(samples.columns) - values).max() / max(1.0, np.abs(values).max()))


@given(st.lists(st.floats(-5e-7, 5e-7), min_size=4, max_size=4))
def test_the_digits_that_the_text_lacks_are_recovered(rest):
    constants = [printed + more for printed, more in zip((0.551081, -0.419260, 0.095827, 0.311865), rest, strict=True)]
    found = formula_of(ITS_TEXT, SAMPLES, its_model(SAMPLES.x, constants))
    fresh = np.random.default_rng(8).uniform(0.5, 2.0, (50, 2))
    values = found({"length": fresh[:, 0], "X0": fresh[:, 1]})

    assert np.abs(values - its_model(fresh, constants)).max() <= 1e-12
    assert len(found.constants) == 5
    assert found.constants[3] == 2.0


def test_a_constant_of_which_no_digit_was_printed_is_recovered():
    values = 3.456e-7 * SAMPLES.x[:, 0] ** 5 + np.sin(2.3456789012345 * SAMPLES.x[:, 1])
    found = formula_of("((0.000000*(x0**5))+sin((2.345679*x1)))", SAMPLES, values)

    assert relative(found, values) <= 1e-15
    assert found.constants[0] == pytest.approx(3.456e-7, rel=1e-6)


def test_factors_that_only_their_product_tells_are_left_near_what_was_printed():
    values = 0.12345678 * SAMPLES.x[:, 0] * (0.98765432 * SAMPLES.x[:, 1])
    found = formula_of("((0.123457*x0)*(0.987654*x1))", SAMPLES, values)

    assert relative(found, values) <= 1e-15
    assert np.allclose(found.constants, (0.123457, 0.987654), rtol=0.0, atol=1e-5)


def test_whole_numbers_stay_and_names_are_mapped():
    samples = Samples(variables=("x1", "x0"), x=SAMPLES.x, y=SAMPLES.y)
    found = formula_of("ln((pow(x0,3)/sqrt(x1)))", samples, np.full(40, 0.5))

    assert str(found) == "log(x1**3/sqrt(x0))"


def test_predictions_that_are_no_numbers_leave_the_text():
    values = np.full(40, np.nan)

    assert str(formula_of("(0.500001*x0)", SAMPLES, values)) == "0.500001*length"


class Model:
    """RILS-ROLS's `RILSROLSRegressor`."""

    made: ClassVar[list[Model]] = []
    fit_calls, best_time = 5000, 1.25

    def __init__(self, **settings):
        self.settings = settings
        self.made.append(self)

    def call_model_symplify(self):
        raise AssertionError("sympy is not asked")

    def fit(self, x, y):
        self.call_model_symplify()
        self.model = "((2.000000*x0)+(x1**2))"

    def predict(self, x):
        return 2.0000001 * x[:, 0] + x[:, 1] ** 2


@pytest.fixture(autouse=True)
def package(monkeypatch):
    monkeypatch.setattr(Model, "made", [])
    install(monkeypatch, "rils_rols.rils_rols", RILSROLSRegressor=Model)


def fitted(peer: RilsRols, seconds: float = 12.0):
    return peer.fit(SAMPLES, seed=2**31 + 9, budget=Budget(seconds=seconds), report=lambda expression: None)


def test_the_answer_is_what_it_predicts():
    fit = fitted(RilsRols())

    assert fit.expression.constants == pytest.approx((2.0000001, 2.0), rel=1e-14)
    assert np.array_equal(fit.predictions, Model().predict(SAMPLES.x))
    assert fit.stopped == "budget"
    assert fit.extras["formulas_tried"] == 5000
    assert fit.extras["seconds_to_best"] == 1.25
    assert fit.extras["difference"] <= 1e-15


def test_settings_seed_and_time_are_passed_on():
    fitted(RilsRols(max_complexity=30))

    assert Model.made[0].settings == {
        "max_fit_calls": 1_000_000, "complexity_penalty": 0.001, "max_complexity": 30, "sample_size": 0.0,
        "max_time": 9, "random_state": 9,
    }  # fmt: skip


def test_the_least_limit_is_none():
    fitted(RilsRols(), seconds=0.5)

    assert Model.made[0].settings["max_time"] == 0


def test_a_search_whose_tries_are_used_up_is_done():
    assert fitted(RilsRols(max_fit_calls=5000)).stopped == "done"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_fit_calls": 0}, "rils-rols.max_fit_calls must be at least 1, got 0"),
        ({"complexity_penalty": -0.1}, "rils-rols.complexity_penalty must be at least 0 and finite, got -0.1"),
        ({"max_complexity": 0}, "rils-rols.max_complexity must be at least 1, got 0"),
        ({"sample_size": 1.5}, "rils-rols.sample_size must be from 0 to 1, got 1.5"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_settings_are_checked(settings, said):
    with pytest.raises(UsageError, match=said):
        RilsRols(**settings)
