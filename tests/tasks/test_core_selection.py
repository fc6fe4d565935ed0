"""How the tasks of the suite `core` are chosen from results, on results that are made up."""

from __future__ import annotations

import numpy as np
import pytest
from core_selection import agreement, chosen_tasks, shares
from hypothesis import given
from hypothesis import strategies as st

METHODS, TASKS = 6, 200
RNG = np.random.default_rng(5)
SUITES = [f"suite{k}" for k in RNG.integers(0, 5, TASKS)]
ABILITY, DIFFICULTY = np.array([2.0, 1.2, 0.6, -0.3, -1.0, -2.0]), RNG.normal(0, 1.5, TASKS)
SCORES = (RNG.random((METHODS, TASKS)) < 1 / (1 + np.exp(2 * (DIFFICULTY - ABILITY[:, None])))).astype(float)


@given(counts=st.lists(st.integers(1, 60), min_size=1, max_size=8), data=st.data())
def test_every_suite_gives_its_share(counts, data):
    suites = [f"s{k}" for k, count in enumerate(counts) for _ in range(count)]
    size = data.draw(st.integers(len(counts), len(suites)))
    given_ = shares(suites, size)
    assert sum(given_.values()) == size
    for k, count in enumerate(counts):
        assert 1 <= given_[f"s{k}"] <= count
        fair = size * count / len(suites)
        assert given_[f"s{k}"] <= max(1, fair + 1)


@pytest.mark.parametrize("size", [4, 201])
def test_a_size_that_cannot_be_is_refused(size):
    with pytest.raises(ValueError, match="cannot be chosen"):
        shares(SUITES, size)


def test_chosen_tasks_have_the_rates_of_all_and_random_ones_do_not():
    chosen = chosen_tasks(SCORES, SUITES, size=30)
    assert len(set(chosen.tolist())) == 30
    off = np.abs(SCORES[:, chosen].mean(axis=1) - SCORES.mean(axis=1)).max()
    drawn = [RNG.choice(TASKS, 30, replace=False) for _ in range(200)]
    random_off = [np.abs(SCORES[:, some].mean(axis=1) - SCORES.mean(axis=1)).max() for some in drawn]
    assert off <= 0.02
    assert off < min(random_off)
    assert (chosen == chosen_tasks(SCORES, SUITES, size=30)).all()


def test_agreement_says_when_a_choice_misleads():
    chosen = chosen_tasks(SCORES, SUITES, size=30)
    good = agreement(SCORES, SUITES, chosen)
    assert good.tau == pytest.approx(1.0)
    assert 0.6 <= good.interval[0] <= good.tau_later <= 1.0
    worst_for_the_best = np.argsort(SCORES[0] - SCORES[-1], kind="stable")[:30]
    misled = agreement(SCORES, SUITES, worst_for_the_best)
    assert misled.tau < 0.5
    assert misled.interval[0] < 0.5 < good.interval[0]
