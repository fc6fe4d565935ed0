"""`SuiteMeans`: weights worked out by hand, and what copies and reorderings must not change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench_lite.comparing.suite_means import SuiteMeans, task_weights

#: Suite 0 has formulas 0, 1, 2, 3; suite 1 has formulas 0 and 4.
SUITE = np.array([0, 0, 0, 0, 1, 1])
FORMULA = np.array([0, 1, 2, 3, 0, 4])


def test_weights_by_hand():
    """Suite 0 gives 1/4 each, suite 1 gives 1/2 each; of formula 0 the half of both counts. In all 13/8."""
    shares = np.array([1 / 8, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 2])
    assert task_weights(SUITE, FORMULA) == pytest.approx(shares / (13 / 8))


def test_means_by_hand():
    """One method solves formula 0 in suite 0 only, and formula 4: 1/4 of suite 0, 1/2 of suite 1."""
    means = SuiteMeans.of(np.array([[1.0, 0, 0, 0, 0, 1]]), SUITE, FORMULA)
    assert means.suites == pytest.approx(np.array([[1 / 4, 1 / 2]]))
    assert means.means == pytest.approx([(1 / 8 + 1 / 2) / (13 / 8)])
    assert means.formulas == pytest.approx(np.array([[1 / 2, 0, 0, 0, 1]]))
    assert means.suite_weights == pytest.approx([7 / 13, 6 / 13])
    assert means.formula_weights.sum() == pytest.approx(1)


def test_without_shared_formulas_suites_weigh_the_same():
    suite, formula = np.array([0, 0, 0, 1]), np.arange(4)
    means = SuiteMeans.of(np.array([[1.0, 0, 0, 1]]), suite, formula)
    assert means.suite_weights == pytest.approx([0.5, 0.5])
    assert means.means == pytest.approx([means.suites[0].mean()])


def test_a_formula_twice_in_one_suite_is_that_suites_business():
    suite, formula = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 2])
    assert task_weights(suite, formula) == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2])


@st.composite
def tables(draw: st.DrawFn):
    tasks = draw(st.integers(2, 12))
    suite = np.unique(draw(st.lists(st.integers(0, 3), min_size=tasks, max_size=tasks)), return_inverse=True)[1]
    formula = np.unique(draw(st.lists(st.integers(0, 6), min_size=tasks, max_size=tasks)), return_inverse=True)[1]
    rates = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    scores = draw(st.lists(st.lists(rates, min_size=tasks, max_size=tasks), min_size=1, max_size=4))
    return np.array(scores), suite, formula


@settings(max_examples=20)
@given(tables())
def test_a_copy_of_every_suite_changes_nothing(table):
    scores, suite, formula = table
    once = SuiteMeans.of(scores, suite, formula)
    twice = SuiteMeans.of(
        np.concatenate([scores, scores], axis=1), np.concatenate([suite, suite + suite.max() + 1]), np.tile(formula, 2)
    )
    assert twice.means == pytest.approx(once.means)
    assert twice.formulas == pytest.approx(once.formulas)
    assert twice.formula_weights == pytest.approx(once.formula_weights)
    assert twice.resampled == pytest.approx(once.resampled)


@settings(max_examples=20)
@given(tables(), st.randoms(use_true_random=False))
def test_the_order_of_methods_and_tasks_changes_nothing(table, random):
    scores, suite, formula = table
    once = SuiteMeans.of(scores, suite, formula)
    methods, tasks = ([*range(count)] for count in scores.shape)
    random.shuffle(methods)
    random.shuffle(tasks)
    again = SuiteMeans.of(scores[methods][:, tasks], suite[tasks], formula[tasks])
    assert again.means == pytest.approx(once.means[methods])
    assert again.resampled == pytest.approx(once.resampled[:, methods])


@settings(max_examples=20)
@given(tables())
def test_means_lie_between_the_least_and_the_largest_score(table):
    means = SuiteMeans.of(*table)
    low, high = table[0].min(axis=1), table[0].max(axis=1)
    for some in (means.means, *means.resampled[:50]):
        assert (some >= low - 1e-9).all()
        assert (some <= high + 1e-9).all()
    assert means.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("count", [4, 8, 40])
def test_resamples_scatter_as_means_of_so_many_do(count):
    """The variance of a mean of n is s^2 / n, with the unbiased s^2."""
    scores = np.random.default_rng(count).random((1, count))
    means = SuiteMeans.of(scores, np.zeros(count, dtype=np.int64), np.arange(count))
    assert means.resampled[:, 0].var() == pytest.approx(scores.var(ddof=1) / count, rel=0.12)
    assert means.resampled[:, 0].mean() == pytest.approx(means.means[0], abs=0.03)


def test_two_suites_scatter_as_their_mean_does():
    """The variance of the mean of two independent means is a quarter of the sum of theirs."""
    rng = np.random.default_rng(5)
    scores, suite = rng.random((1, 30)), np.repeat([0, 1], [10, 20])
    means = SuiteMeans.of(scores, suite, np.arange(30))
    expected = (scores[0, :10].var(ddof=1) / 10 + scores[0, 10:].var(ddof=1) / 20) / 4
    assert means.resampled[:, 0].var() == pytest.approx(expected, rel=0.12)
    assert means.resampled_suites[:, 0, 0].var() == pytest.approx(scores[0, :10].var(ddof=1) / 10, rel=0.12)


def test_many_formulas_are_resampled_in_parts():
    """More numbers than are drawn at once: every resample is filled."""
    count = 1_500
    means = SuiteMeans.of(np.ones((1, count)), np.arange(count) % 3, np.arange(count))
    assert means.resampled == pytest.approx(1.0)
    assert means.resampled_suites == pytest.approx(1.0)


@settings(max_examples=10)
@given(tables(), tables())
def test_weights_that_are_kept_are_those_that_would_be_drawn(table, other):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("srbench_lite.comparing.suite_means._MAX_NUMBERS_KEPT", 0)
        drawn = [SuiteMeans.of(*one).resampled for one in (table, other)]
    for one, expected in zip((table, other, other, table), (*drawn, *drawn[::-1]), strict=True):
        assert (SuiteMeans.of(*one).resampled == expected).all()


def test_the_seed_decides():
    table = np.random.default_rng(1).random((2, 6)), SUITE, FORMULA
    assert (SuiteMeans.of(*table).resampled == SuiteMeans.of(*table).resampled).all()
    assert (SuiteMeans.of(*table).resampled != SuiteMeans.of(*table, seed=1).resampled).any()
