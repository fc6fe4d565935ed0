"""The peer `pysindy`: conversion of its terms, settings passed on, the target in the place of the derivative."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from srbench_peers import Pysindy
from srbench_peers.pysindy import formula_of
from stand_in_packages import install, node, some_samples

from srbench_lite import Budget, ExpressionError, UsageError

#: As PySINDy 2.1.0 names them for two variables.
TERMS = ("1", "x0", "x1", "x0^2", "x0 x1", "x1^2", "sin(1 x0)", "cos(1 x0)", "sin(2 x1)", "cos(2 x1)")


def computed(x: np.ndarray) -> np.ndarray:
    """The terms on points."""
    a, b = x.T
    return np.column_stack(
        (np.ones(len(x)), a, b, a**2, a * b, b**2, np.sin(a), np.cos(a), np.sin(2 * b), np.cos(2 * b))
    )


def test_a_formula_is_the_sum_of_the_terms():
    coefficients = np.linspace(-1.0, 2.0, len(TERMS)) + 0.12345678901234567
    samples = some_samples()
    found = formula_of(TERMS, coefficients, samples.variables)(samples.columns)

    assert np.allclose(found, computed(samples.x) @ coefficients, rtol=1e-14, atol=1e-14)


def test_terms_without_a_coefficient_are_left_out_and_names_are_mapped():
    formula = formula_of(TERMS, (0.5, 0, 0, 0, -2.0, 0, 3.0, 0, 0.25, 0), ("length", "X0"))

    assert str(formula) == "0.5 + (-2*(length*X0)) + 3*sin(length) + 0.25*sin(2*X0)"


def test_no_term_at_all_is_zero():
    assert str(formula_of(TERMS, np.zeros(len(TERMS)), ("a", "b"))) == "0"


def test_a_coefficient_that_is_no_number_is_refused():
    with pytest.raises(ExpressionError, match="must be a finite number"):
        formula_of(("1",), (float("nan"),), ())


class Library:
    """One of PySINDy's libraries; a sum keeps the settings of both."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def __add__(self, other: Library) -> Library:
        return Library(**self.settings, **other.settings)


class Model:
    """PySINDy's `SINDy`: plain least squares on the terms."""

    made: ClassVar[list[Model]] = []

    def __init__(self, optimizer, feature_library):
        self.optimizer, self.library = optimizer, feature_library
        self.made.append(self)

    def fit(self, x, t, x_dot, feature_names):
        self.t, self.feature_names = t, feature_names
        self.found = np.linalg.lstsq(computed(x), x_dot, rcond=None)[0].T.round(6)

    def coefficients(self):
        return self.found

    def get_feature_names(self):
        return list(TERMS)

    def predict(self, x):
        return computed(x) @ self.found.T


@pytest.fixture(autouse=True)
def package(monkeypatch):
    monkeypatch.setattr(Model, "made", [])
    install(
        monkeypatch, "pysindy", PolynomialLibrary=Library, FourierLibrary=Library, SINDy=Model,
        STLSQ=lambda **settings: node(**settings),
    )  # fmt: skip


def fitted(peer: Pysindy):
    return peer.fit(some_samples(), seed=1, budget=Budget(seconds=5.0), report=lambda expression: None)


def test_the_target_takes_the_place_of_the_derivative():
    fit = fitted(Pysindy())

    assert str(fit.expression) == "1*length + 2*X0"
    assert np.allclose(fit.predictions, some_samples().y)
    assert fit.stopped == "done"
    assert Model.made[0].feature_names == ["x0", "x1"]


def test_settings_are_passed_on():
    fitted(Pysindy(degree=3, n_frequencies=2, threshold=0.5, alpha=0.0, max_iter=7, normalize_columns=True))

    assert Model.made[0].library.settings == {"degree": 3, "n_frequencies": 2}
    assert vars(Model.made[0].optimizer) == {"threshold": 0.5, "alpha": 0.0, "max_iter": 7, "normalize_columns": True}


def test_without_frequencies_there_are_polynomials_only():
    fitted(Pysindy(n_frequencies=0))

    assert Model.made[0].library.settings == {"degree": 2}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"degree": -1}, "pysindy.degree must be at least 0, got -1"),
        ({"threshold": float("nan")}, "pysindy.threshold must be at least 0 and finite, got nan"),
        ({"max_iter": 0}, "pysindy.max_iter must be at least 1, got 0"),
    ],
    ids=["degree", "threshold", "max_iter"],
)
def test_settings_are_checked(settings, said):
    with pytest.raises(UsageError, match=said):
        Pysindy(**settings)
