"""Which runs the gate does again where there is no time for all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from gate_runs import baseline
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench_lite.comparing.gate_choice import choose
from srbench_lite.comparing.runs import RunTable


def chosen(runs: pd.DataFrame, seconds: float, jobs: int = 1):
    return choose(RunTable(runs=runs), seconds=seconds, jobs=jobs)


def test_all_runs_are_done_where_there_is_time():
    found = chosen(baseline(np.ones((4, 3))), 600)
    assert (len(found.runs), found.total, found.by_rate) == (12, 12, False)
    assert found.seconds == pytest.approx(15 + 12 * 10.3)


def test_tasks_that_were_always_solved_tell_most_and_those_never_solved_nothing():
    solved = [[True] * 3] * 5 + [[False] * 3] * 5
    found = chosen(baseline(solved), 150)
    assert found.by_rate
    assert set(found.runs["task"]) == {f"s/{k:03}" for k in range(5)}


def test_of_tasks_that_tell_as_much_those_that_cost_least_are_done():
    seconds = np.where(np.arange(10)[:, None] < 4, 2.0, 20.0) * np.ones((10, 3))
    found = chosen(baseline(np.ones((10, 3)), seconds), 60)
    assert set(found.runs["task"]) == {f"s/{k:03}" for k in range(4)}


def test_as_many_whole_seeds_are_done_as_there_is_time_for():
    solved = np.ones((4, 5))
    assert [sorted(set(chosen(baseline(solved), s).runs["seed"])) for s in (165, 220, 600)] == [
        [2, 3, 4], [0, 2, 3, 4], [0, 1, 2, 3, 4]
    ]  # fmt: skip


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(2, 6), st.integers(40, 400))
def test_the_choice_does_not_depend_on_the_runs_that_are_compared(seed, seeds, within):
    """Neither on whether they succeeded nor on how long they took: else the test would not keep its level."""
    rng = np.random.default_rng(seed)
    solved, seconds = rng.random((8, seeds)) < 0.6, rng.lognormal(1.5, 1.0, (8, seeds))
    first = chosen(baseline(solved, seconds), within)
    compares = np.arange(seeds) >= np.ceil(seeds / 3)
    other = np.where(compares, rng.random((8, seeds)) < 0.5, solved)
    others = np.where(compares, rng.lognormal(1.5, 1.0, (8, seeds)), seconds)
    second = chosen(baseline(other, others), within)
    places = [list(zip(one.runs["task"], one.runs["seed"], strict=True)) for one in (first, second)]
    assert places[0] == places[1]
    assert first.seconds <= within


def test_time_is_shared_among_methods_and_all_begin_at_once():
    runs = pd.concat([baseline(np.ones((10, 3)), 10.0, "slow"), baseline(np.ones((2, 3)), 0.7, "quick")])
    found = chosen(runs.astype({"variant_of": "category", "task": "category"}), 120)
    counts = found.runs["variant_of"].value_counts()
    assert counts["quick"] == 6
    assert counts["slow"] == 7
    assert set(found.runs["variant_of"][:3]) == {"quick", "slow"}


def test_a_single_seed_chooses_nothing_and_is_compared():
    found = chosen(baseline(np.ones((10, 1)), np.linspace(1, 20, 10)[:, None]), 60)
    assert 0 < len(found.runs) < 10


def test_where_there_is_no_time_nothing_is_done():
    found = chosen(baseline(np.ones((4, 3))), 10)
    assert (len(found.runs), found.seconds) == (0, 0.0)


def test_without_truths_runs_are_chosen_all_the_same():
    runs = baseline(np.ones((10, 3))).assign(truth=None, recovered=np.nan)
    assert len(chosen(runs, 100).runs) == 6
