"""One front of what several methods found, and the formula to recommend."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import expressions

from srbench_lite import Expression, FitError, Samples
from srbench_lite.regression.answer import Answer, answer


def parsed(*texts: str, method: str = "lies") -> list[tuple[str, Expression]]:
    return [(method, Expression.parse(text)) for text in texts]


def measured(law: str = "2*x**2 + 1", n: int = 40, noise: float = 0.02, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.2, 3, n)
    y = np.broadcast_to(Expression.parse(law)({"x": x}), (n,))
    return Samples(variables=("x",), x=x[:, None], y=y + noise * np.std(y) * rng.normal(size=n))


def halves(samples: Samples) -> tuple[Samples, Samples]:
    places = np.arange(len(samples))
    return samples.rows(places[::2]), samples.rows(places[1::2])


def texts(found: Answer) -> list[str]:
    return [str(row.expression) for row in found.rows]


class TestFront:
    def test_what_others_beat_in_error_and_complexity_is_behind(self):
        train, held_out = halves(measured())
        found = answer(parsed("5*x", "x", "2*x**2 + 1", "2*x**2 + 0.1*x + 1", "7.1"), train, held_out)
        assert texts(found)[-1] == "2*x**2 + 1"
        assert "2*x**2 + 0.1*x + 1" not in texts(found)
        assert found.behind == 5 - len(found.rows)
        assert found.is_held_out

    @given(st.lists(st.sampled_from(["x", "2*x", "x**2", "2*x**2", "2*x**2 + 1", "1", "sin(x)", "exp(x)"]), min_size=1))
    def test_rows_grow_in_complexity_and_fall_in_error(self, formulas):
        train, held_out = halves(measured())
        found = answer(parsed(*formulas), train, held_out)
        for before, after in itertools.pairwise(found.rows):
            assert before.complexity < after.complexity
            assert before.shown.mse > after.shown.mse
        assert found.recommended in found.rows
        assert not {str(row.expression) for row in found.rows} - set(formulas)

    def test_the_same_formula_of_two_methods_is_one_row_of_both(self):
        found = answer([*parsed("2*x**2"), *parsed("2*x**2", method="lasso")], measured(), None)
        assert [row.methods for row in found.rows] == [("lies", "lasso")]

    def test_formulas_of_the_same_values_are_one_row_written_the_shorter_way(self):
        found = answer([*parsed("x*x + x*x"), *parsed("2*x**2", method="lasso")], measured(), None)
        assert texts(found) == ["2*x**2"]
        assert set(found.rows[0].methods) == {"lies", "lasso"}
        assert found.behind == 0

    def test_without_held_out_rows_errors_are_those_of_training(self):
        found = answer(parsed("x", "2*x**2 + 1"), measured(), None)
        assert not found.is_held_out
        assert all(row.held_out is None and row.shown is row.train for row in found.rows)

    def test_nothing_follows_an_exact_formula(self):
        train = measured(noise=0.0)
        found = answer(parsed("2*x**2 + 1", "2*x**2 + 1 + 1e-15*x"), train, None)
        assert texts(found) == ["2*x**2 + 1"]

    def test_a_constant_target_has_no_nmse_and_still_a_front(self):
        samples = Samples(variables=("x",), x=np.arange(6.0)[:, None], y=np.full(6, 3.0))
        found = answer(parsed("3", "x", "x + 1"), samples, None)
        assert str(found.recommended.expression) == "3"
        assert found.recommended.train.nmse is None

    def test_errors_count_weights(self):
        samples = measured()
        weights = np.where(samples.x[:, 0] < 1, 100.0, 1.0)
        weighted = Samples(variables=("x",), x=samples.x, y=samples.y, weights=weights)
        residual = samples.y - 2 * samples.x[:, 0] ** 2
        row = answer(parsed("2*x**2"), weighted, None).rows[0]
        assert row.train.mse == pytest.approx(np.average(residual**2, weights=weights))


class TestUndefined:
    def test_a_formula_undefined_on_training_rows_is_left_out_and_counted(self):
        found = answer(parsed("log(x - 1)", "2*x**2 + 1"), measured(), None)
        assert texts(found) == ["2*x**2 + 1"]
        (left_out,) = found.undefined
        assert left_out.train.undefined == int((measured().x <= 1).sum())
        assert left_out.train.mse is None

    def test_a_formula_undefined_on_held_out_rows_is_left_out_where_there_is_another(self):
        samples = measured()
        places = np.argsort(samples.x[:, 0])
        train, held_out = samples.rows(places[10:]), samples.rows(places[:10])
        pole = f"sqrt(x - {train.x.min() - 1e-3})"
        found = answer(parsed(pole, "x"), train, held_out)
        assert texts(found) == ["x"]
        assert [row.held_out.undefined for row in found.undefined if row.held_out] == [10]
        alone = answer(parsed(pole), train, held_out)
        assert texts(alone)[0].startswith("sqrt")
        assert not alone.is_held_out

    def test_nothing_defined_is_an_error(self):
        with pytest.raises(FitError, match="every formula is undefined on some training row"):
            answer(parsed("log(-x)"), measured(), None)
        with pytest.raises(FitError, match="no method found a formula"):
            answer([], measured(), None)


class TestRecommended:
    def test_within_the_noise_the_simpler_formula_wins(self):
        train, held_out = halves(measured(n=80, noise=0.05, seed=3))
        fitted = np.polynomial.Polynomial.fit(train.x[:, 0], train.y, 6).convert().coef
        wavy = " + ".join(f"{c:.17g}*x**{k}" for k, c in enumerate(fitted)).replace("+ -", "- ")
        found = answer(parsed("x", "2*x**2 + 1", wavy), train, None)
        assert str(found.recommended.expression) == "2*x**2 + 1"
        assert len(found.rows) == 3
        assert "less than its length is worth" in found.reason
        assert held_out is not None

    def test_a_term_that_the_data_show_is_taken(self):
        found = answer(parsed("2.9*x**2", "2*x**2 + 1"), measured(n=80), None)
        assert str(found.recommended.expression) == "2*x**2 + 1"

    def test_digits_that_the_data_cannot_tell_cost_nothing(self):
        found = answer(parsed("6*x - 2", "2.0012345678901234*x**2 + 0.99123456789012345"), measured(n=12), None)
        assert found.recommended.complexity == 7

    def test_noise_that_is_known_is_not_explained(self):
        samples = measured(noise=0.05, n=30)
        residual = samples.y - 2 * samples.x[:, 0] ** 2 - 1
        weighted = Samples(variables=("x",), x=samples.x, y=samples.y, weights=np.full(30, 1 / np.var(residual)))
        found = answer(parsed("2*x**2 + 1", "2*x**2 + 1 + 0.01*sin(9*x)"), weighted, None)
        assert str(found.recommended.expression) == "2*x**2 + 1"

    def test_many_rows_are_scored_on_all(self):
        samples = measured(n=50_000)
        found = answer(parsed("x", "2*x**2 + 1"), samples, None)
        residual = samples.y - 2 * samples.x[:, 0] ** 2 - 1
        assert found.recommended.train.mse == pytest.approx(np.mean(residual**2))


@given(st.lists(expressions(("x",), max_leaves=6), max_size=6), st.booleans())
@settings(max_examples=80)
def test_any_formulas_give_an_answer_or_say_that_none_is_defined(formulas, is_held):
    train, held_out = halves(measured(n=12))
    try:
        found = answer([("any", formula) for formula in formulas], train, held_out if is_held else None)
    except FitError:
        assert not any(np.isfinite(formula(train.columns)).all() for formula in formulas)
        return
    listed = [row.expression for row in (*found.rows, *found.undefined)]
    assert set(listed) <= set(formulas)
    assert len(set(listed)) == len(listed)
    assert found.recommended in found.rows
    assert found.reason


def test_a_target_whose_squares_are_beyond_float64_ends_in_an_answer():
    samples = Samples.from_columns({"x": [1.0, 2.0, 4.0]}, [1e200, 3e200, 9e200])
    found = [("m", Expression.parse("2e200*x")), ("m", Expression.constant(4e200))]

    assert answer(found, samples, None).rows[0].train.nmse is None
