"""Models as formulas: waves with one phase, whose constants round to those that people write."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from srbench_lasso.model import Data, Design, Model, refine
from srbench_lasso.terms import Factor, Shape
from srbench_lasso.writing import formula

from srbench_lite import Expression, Samples
from srbench_lite.fitting import round_constants

SINE, COSINE, TANH = (Shape((0.0,), (Factor(kind, ((1.0,),)),)) for kind in ("sin0", "cos0", "tanh"))
LINE = Shape((1.0,))


def _model(design: Design, theta: list[float], coefficients: list[float]) -> Model:
    return Model(design, np.array(theta), np.array(coefficients), 0.0, 0.0)


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (_model(Design((LINE, SINE), ((), (0,)), 1), [3.0], [-2.0, 0.5]), "0.5*sin(3*x) - 2*x"),
        (_model(Design((SINE, SINE), ((0,), (1,)), 2), [-3.0, 2.0], [1.0, 1.0]), "sin(2*x) - sin(3*x)"),
        (_model(Design((COSINE,), ((0,),), 1), [-3.0], [2.0]), "2*cos(3*x)"),
        (_model(Design((TANH,), ((0, 1),), 2), [-3.0, 0.5], [2.0]), "-2*tanh(3*x - 0.5)"),
        (_model(Design((Shape((0.0,)), LINE), ((), ()), 0), [], [-1.0, -4.0]), "-4*x - 1"),
    ],
)
def test_a_model_is_written_with_positive_rates_and_its_constant_last(model: Model, text: str) -> None:
    assert str(formula(model, ["x"])) == text


def test_a_sine_and_its_cosine_are_one_wave() -> None:
    model = _model(Design((SINE, COSINE), ((0,), (0,)), 1), [1.5], [3.0, 4.0])
    written = formula(model, ["x"])
    assert str(written) == f"5*sin(1.5*x + {math.atan2(4.0, 3.0)!r})"
    x = np.linspace(-2, 2, 50)
    np.testing.assert_allclose(written({"x": x}), 3 * np.sin(1.5 * x) + 4 * np.cos(1.5 * x), atol=1e-12)


def test_a_sine_beside_the_cosine_of_something_else_stays() -> None:
    apart = _model(Design((SINE, COSINE), ((0,), (1,)), 2), [1.5, 2.5], [3.0, 4.0])
    assert str(formula(apart, ["x"])) == "3*sin(1.5*x) + 4*cos(2.5*x)"
    times = Shape((1.0,), COSINE.factors)
    assert str(formula(_model(Design((SINE, times), ((0,), (0,)), 1), [1.5], [3.0, 4.0]), ["x"])) == (
        "4*x*cos(1.5*x) + 3*sin(1.5*x)"
    )


def _rounded(model: Model, data: Data) -> Expression:
    return round_constants(formula(model, ["x"]), data.problem).expression


def _data(x: NDArray[np.float64], y: NDArray[np.float64]) -> Data:
    return Data.of(Samples(variables=("x",), x=x, y=y), 2.0)


def test_short_constants_are_found_and_only_where_allowed() -> None:
    x = np.random.default_rng(1).uniform(-2, 2, (100, 1))
    sine, cosine = (Shape((0.0,), (Factor(kind, ((1.0,),)),)) for kind in ("sin0", "cos0"))
    design = Design((sine, cosine), ((0,), (0,)), 1)
    for rate, phase, size, text in (
        (1.5, 0.25, 2.0, "2*sin(1.5*x + 0.25)"),
        (1.5, 0.0, -3.0, "-3*sin(1.5*x)"),
    ):
        data = _data(x, size * np.sin(rate * x[:, 0] + phase))
        model = refine(design, np.array([1.4]), data, 50)
        assert model is not None
        assert str(_rounded(model, data)) == text
    data = _data(x, math.sqrt(2) * np.sin(math.sqrt(3) * x[:, 0] + 1 / 7))
    model = refine(design, np.array([1.7]), data, 50)
    assert model is not None
    assert str(_rounded(model, data)) == "sqrt(2)*sin(sqrt(3)*x + 1/7)"


def test_rounding_drops_a_sine_that_noise_put_beside_its_cosine() -> None:
    """Far from zero the rate makes up for a phase, so the fit alone leaves 0.02*sin(7.7*x)."""
    rng = np.random.default_rng(1)
    x = rng.uniform(1.6, 3.6, (200, 1))
    sine, cosine = (Shape((0.0,), (Factor(kind, ((1.0,),)),)) for kind in ("sin0", "cos0"))
    data = _data(x, 3.4 * np.cos(7.7 * x[:, 0]) + rng.normal(0, 0.02, 200))
    model = refine(Design((sine, cosine), ((0,), (0,)), 1), np.array([7.6]), data, 50)
    assert model is not None
    assert str(_rounded(model, data)) == "3.4*cos(7.7*x)"


def test_the_most_certain_constant_is_rounded_first() -> None:
    """The constant term is known to about 0.1: rounded first, to -0.9, it would cost the slope a digit."""
    rng = np.random.default_rng(14)
    x = rng.uniform(0.6, 6.2, (200, 1))
    data = _data(x, -4.7 * x[:, 0] - 0.8 + rng.normal(0, 0.17, 200))
    model = refine(Design((Shape((0.0,)), Shape((1.0,))), ((), ()), 0), np.zeros(0), data, 0)
    assert model is not None
    assert str(_rounded(model, data)) == "-4.7*x - 0.77"
