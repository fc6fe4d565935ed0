"""Errors of constants: against scipy's, and by how often they cover the truth."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pendulum import covers, is_law, swings
from scipy.optimize import curve_fit
from strategies import expressions, tame_number

from srbench_lite import Budget, Expression, Samples, discover
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.regression.constant_errors import ConstantError, constant_errors, measured_constants

N_SEEDS = 100
#: Trigamma far below zero, the slope of digamma, takes SciPy minutes.
NOT_SLOW = [name for name in OPERATORS if name not in ("gamma", "digamma")]


def measured(
    law: str,
    n: int = 60,
    noise: float = 0.01,
    *,
    seed: int = 0,
    proportional: bool = False,
    weighted: bool = False,
    names: str = "x",
) -> Samples:
    rng = np.random.default_rng(seed)
    x = {name: rng.uniform(0.2, 4.0, n) for name in names}
    y = np.broadcast_to(Expression.parse(law)(x), (n,))
    sd = noise * (np.abs(y) if proportional or weighted else np.full(n, np.sqrt(np.mean(y**2))))
    return Samples(
        variables=tuple(names),
        x=np.column_stack(list(x.values())),
        y=y + sd * rng.normal(size=n),
        weights=sd**-2.0 if weighted else None,
    )


def by_value(errors: tuple[ConstantError, ...]) -> dict[float, ConstantError]:
    return {error.value: error for error in errors}


class TestAgainstScipy:
    @pytest.mark.parametrize(("factor", "absolute"), [(0.25, True), (4.0, False)], ids=["within errors", "beyond them"])
    def test_with_known_errors_of_rows(self, factor, absolute):
        samples = measured("3.17*exp(-0.83*x) + 1.29", weighted=True)
        weights = samples.weights * factor
        samples = Samples(variables=("x",), x=samples.x, y=samples.y, weights=weights)
        found = constant_errors(Expression.parse("3.2*exp(-0.81*x) + 1.31"), samples)
        best, covariance = curve_fit(
            lambda x, a, b, c: a * np.exp(b * x) + c,
            samples.x[:, 0],
            samples.y,
            p0=(3, -1, 1),
            sigma=weights**-0.5,
            absolute_sigma=absolute,
        )
        assert [error.fitted for error in found] == pytest.approx(best.tolist(), rel=1e-5)
        assert [error.standard_error for error in found] == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-4)

    def test_with_errors_of_one_size_at_least_the_usual_ones(self):
        samples = measured("3.17*exp(-0.83*x) + 1.29")
        found = measured_constants(Expression.parse("3.2*exp(-0.81*x) + 1.31"), samples)
        _, covariance = curve_fit(lambda x, a, b, c: a * np.exp(b * x) + c, samples.x[:, 0], samples.y, p0=(3, -1, 1))
        assert found.covariances[0] == pytest.approx(covariance, rel=1e-3)
        for error, usual in zip(found.errors, np.sqrt(np.diag(covariance)), strict=True):
            assert usual * (1 - 1e-3) <= error.standard_error <= 1.5 * usual

    def test_robust_errors_are_those_written_out(self):
        samples = measured("2.37*x", proportional=True)
        x = samples.x[:, 0]
        residual = samples.y - x * (x @ samples.y) / (x @ x)
        leverage = x * x / (x @ x)
        robust = np.sum((x * residual / (1 - leverage)) ** 2) / (x @ x) ** 2
        found = measured_constants(Expression.parse("2.37*x"), samples)
        assert found.covariances[1][0, 0] == pytest.approx(robust)
        assert found.errors[0].standard_error == pytest.approx(math.sqrt(max(robust, found.covariances[0][0, 0])))


class TestCoverage:
    @pytest.mark.parametrize("kind", ["proportional", "equal"])
    @pytest.mark.parametrize("form", ["2*sqrt(l)", "2*pi*sqrt(l/9.8)", "sqrt(4.02*l)"])
    def test_of_the_pendulum(self, form, kind):
        formula = Expression.parse(form)
        assert np.mean([covers(formula, swings(seed, kind)) for seed in range(N_SEEDS)]) >= 0.9

    @pytest.mark.parametrize(
        ("law", "options"),
        [
            ("3.17*x + 1.29", {}),
            ("3.17*x + 1.29", {"n": 8}),
            ("3.17*x + 1.29", {"proportional": True}),
            ("12.5*x/(3.41 + x)", {"proportional": True}),
            ("12.5*x/(3.41 + x)", {"weighted": True}),
            ("3.17*exp(-0.83*x) + 1.29", {}),
            ("0.57*x**1.37", {"proportional": True}),
            ("1.23*x*y**2 + 0.71*y", {"names": "xy", "noise": 0.05}),
        ],
        ids=str,
    )
    def test_of_each_constant(self, law, options):
        formula = Expression.parse(law)
        hits = np.zeros(len(formula.constants))
        for seed in range(N_SEEDS):
            for error in constant_errors(formula, measured(law, seed=seed, **options)):
                hits[error.place] += error.interval is None or error.interval[0] <= error.value <= error.interval[1]
        assert (hits / N_SEEDS >= 0.9).all(), hits / N_SEEDS

    @pytest.mark.slow
    @pytest.mark.parametrize("kind", ["proportional", "equal"])
    def test_of_the_pendulum_as_found(self, kind):
        method = discover().method("lies-fast")
        hits = []
        for seed in range(20):
            samples = swings(seed, kind)
            found = method.fit(
                samples, seed=seed, budget=Budget(seconds=5.0), report=lambda expression: None
            ).expression
            hits.append(is_law(found) and bool(covers(found, samples)))
        assert sum(hits) >= 16  # 19 of 20 are expected


class TestKinds:
    def test_a_short_number_is_measured_as_it_may_be_rounded(self):
        (error,) = constant_errors(Expression.parse("2*x"), measured("2.006*x", n=200))
        assert (error.kind, error.value) == ("measured", 2.0)
        assert error.fitted == pytest.approx(2.006, abs=5 * error.standard_error)

    def test_exponents_that_people_write_are_structure(self):
        errors = constant_errors(Expression.parse("2.31*x**2 + 0.77*x**(3/2)"), measured("2.31*x**2 + 0.77*x**1.5"))
        assert [error.kind for error in errors] == ["measured", "structure", "measured", "structure", "structure"]
        assert by_value(errors)[2.0].note == "an exponent"

    def test_another_exponent_is_measured(self):
        errors = by_value(constant_errors(Expression.parse("2.31*x**0.7"), measured("2.31*x**0.7")))
        assert errors[0.7].kind == "measured"

    def test_what_rows_tell_only_a_combination_of_has_no_error(self):
        errors = by_value(constant_errors(Expression.parse("2.31*exp(x + 0.53)"), measured("2.31*exp(x + 0.53)")))
        for error in errors.values():
            assert (error.kind, error.fitted, error.standard_error) == ("undetermined", None, None)
            assert "combination" in error.note

    def test_others_are_measured_beside_a_combination(self):
        samples = measured("2.31*exp(x + 0.53) + 0.71*x")
        beside = by_value(constant_errors(Expression.parse("2.31*exp(x + 0.53) + 0.71*x"), samples))[0.71]
        alone = by_value(constant_errors(Expression.parse("3.9245*exp(x) + 0.71*x"), samples))[0.71]
        assert beside.standard_error == pytest.approx(alone.standard_error, rel=1e-2)

    def test_beside_a_long_number_a_short_one_is_structure(self):
        errors = by_value(constant_errors(Expression.parse("2*pi*sqrt(x/9.79)"), measured("2*pi*sqrt(x/9.81)")))
        assert errors[2.0].kind == "structure"
        assert errors[9.79].kind == "measured"

    def test_a_number_that_no_row_depends_on(self):
        errors = by_value(constant_errors(Expression.parse("3.3*max(x, 0.123)"), measured("3.3*x")))
        assert (errors[0.123].kind, errors[0.123].note) == ("undetermined", "no row depends on it")

    def test_a_short_number_of_any_size_is_structure(self):
        samples = measured("3.17*x + 0.0001*x**2", noise=0.1)
        errors = by_value(constant_errors(Expression.parse("3.17*x + 0.01*x**2"), samples))
        assert errors[3.17].kind == "measured"

    @pytest.mark.parametrize("n", [1, 2])
    def test_too_few_rows(self, n):
        errors = constant_errors(Expression.parse("3.17*x + 1.29"), measured("3.17*x + 1.29", n=n))
        assert {(error.kind, error.note) for error in errors} == {("undetermined", "there are too few rows")}

    def test_repeated_rows_tell_their_error(self):
        samples = measured("3.17*x + 1.29", n=2).rows(np.array([0, 0, 1, 1]))
        noisy = Samples(variables=("x",), x=samples.x, y=samples.y + np.array([0.01, -0.01, 0.01, -0.01]))
        assert all(error.standard_error > 0 for error in constant_errors(Expression.parse("3.17*x + 1.29"), noisy))

    def test_known_errors_need_no_row_more(self):
        samples = measured("3.17*x + 1.29", n=2, weighted=True)
        found = measured_constants(Expression.parse("3.17*x + 1.29"), samples)
        assert all(error.standard_error > 0 for error in found.errors)
        assert found.quantile == pytest.approx(1.96, abs=1e-3)

    def test_exact_rows_leave_no_error(self):
        samples = measured("3.17*x + 1.29", noise=0.0)
        for error in constant_errors(Expression.parse("3.17*x + 1.29"), samples):
            assert error.standard_error < 1e-12

    def test_without_numbers_there_is_nothing_to_say(self):
        assert constant_errors(Expression.parse("x"), measured("x")) == ()

    def test_a_formula_undefined_on_some_row(self):
        (error, *_) = constant_errors(Expression.parse("log(x - 1.37)"), measured("x"))
        assert (error.kind, error.note) == ("undetermined", "the formula is undefined on some row")

    def test_formulas_with_hundreds_of_numbers_have_none(self):
        long = Expression.parse(" + ".join(f"{1.37 + k}*x" for k in range(101)))
        assert {error.note for error in constant_errors(long, measured("x"))} == {
            "the formula has more than 100 numbers"
        }

    def test_places_are_those_of_the_text(self):
        formula = Expression.parse("2.31*x**2 + 0.77*sin(1.93*x) - 0.21")
        errors = constant_errors(formula, measured(str(formula)))
        assert [error.place for error in errors] == list(range(len(formula.constants)))
        assert tuple(error.value for error in errors) == formula.constants

    def test_units_of_y_and_x_scale_errors(self):
        samples = measured("3.17*x + 1.29")
        errors = constant_errors(Expression.parse("3.17*x + 1.29"), samples)
        large = Samples(variables=("x",), x=samples.x * 1e6, y=samples.y * 1e9)
        scaled = constant_errors(Expression.parse("3170.01*x + 1290000001"), large)
        assert [e.standard_error for e in scaled] == pytest.approx(
            [errors[0].standard_error * 1e3, errors[1].standard_error * 1e9], rel=1e-6
        )


class TestBand:
    def test_is_that_of_linear_least_squares(self):
        samples = measured("3.17*x + 1.29", weighted=True)
        found = measured_constants(Expression.parse("3.2*x + 1.31"), samples)
        at = np.linspace(0, 5, 7)
        design = np.column_stack([at, np.ones(7)])
        expected = found.quantile * np.sqrt(np.einsum("ij,jk,ik->i", design, found.covariances[0], design))
        assert found.band({"x": at}) == pytest.approx(expected)

    def test_is_zero_where_nothing_is_measured(self):
        found = measured_constants(Expression.parse("x"), measured("x"))
        assert not found.band({"x": np.linspace(0, 1, 5)}).any()


@pytest.mark.parametrize("transform", [np.square, np.negative], ids=["squares", "signs"])
def test_powers_of_negative_numbers_have_no_slope(transform: Callable[[np.ndarray], np.ndarray]):
    x = np.linspace(-2, 2, 30)
    samples = Samples(variables=("x",), x=x[:, None], y=transform(x) + 0.01 * np.sin(40 * x))
    for error in constant_errors(Expression.parse("x**2 + 0.37*x**3"), samples):
        assert error.kind in ("measured", "structure")


@given(expressions(("x",), constants=tame_number, max_leaves=8), st.integers(1, 12))
@settings(max_examples=60)
def test_any_formula_has_one_entry_for_each_number(formula, n):
    found = measured_constants(formula, measured("3.17*x + 1.29", n=n))
    assert tuple(error.value for error in found.errors) == formula.constants
    for error in found.errors:
        assert (error.standard_error is None) == (error.kind != "measured") == bool(error.note)
        if error.interval is not None:
            assert error.interval[0] <= error.fitted <= error.interval[1]
            assert math.isfinite(error.standard_error)
    assert found.band({"x": np.linspace(0.5, 2, 3)}).shape == (3,)


@given(expressions(("x",), operators=NOT_SLOW, max_leaves=6))
@settings(max_examples=40)
def test_numbers_at_the_ends_of_the_range_are_no_exception(formula):
    for error in constant_errors(formula, measured("3.17*x + 1.29", n=9)):
        assert error.standard_error is None or error.standard_error >= 0


@pytest.mark.parametrize(
    ("law", "low", "high", "noise"), [("2.006*sqrt(x)", 0.1, 1.5, 0.0), ("12.5*x/(3.41 + x)", 0.5, 50.0, 0.02)]
)
def test_errors_of_rounded_tables_cover_the_truth(law, low, high, noise):
    formula = Expression.parse(law)
    hits = np.zeros(len(formula.constants))
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = np.exp(rng.uniform(np.log(low), np.log(high), 12))
        y = formula({"x": x}) * (1 + noise * rng.normal(size=12))
        written = [np.array([float(f"{value:.2e}") for value in column]) for column in (x, y)]
        for error in constant_errors(formula, Samples(variables=("x",), x=written[0][:, None], y=written[1])):
            hits[error.place] += error.interval[0] <= error.value <= error.interval[1]
    assert (hits >= 54).all()
