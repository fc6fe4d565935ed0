"""Parallel rows are found, and no others."""

from __future__ import annotations

import numpy as np
from srbench_portfolio.halves.directions import Directions

RNG = np.random.default_rng(0)
BASE = RNG.normal(size=(14, 3))
ROWS = RNG.normal(size=(500, 14))


def test_a_multiple_plus_what_is_in_the_base_is_found():
    asked = -2.5 * ROWS[[7, 123]] + RNG.normal(size=(2, 3)) @ BASE.T
    found, places = Directions.of(ROWS, BASE).matches(np.vstack([asked, RNG.normal(size=(40, 14))]))
    assert found.tolist() == [0, 1]
    assert places.tolist() == [7, 123]


def test_what_is_nearly_parallel_is_not_found():
    asked = ROWS[:5] + 1e-6 * RNG.normal(size=(5, 14))
    assert len(Directions.of(ROWS, BASE).matches(asked)[0]) == 0


def test_what_is_in_the_base_has_no_direction():
    found, places = Directions.of(ROWS, BASE).matches(np.vstack([RNG.normal(size=(1, 3)) @ BASE.T, ROWS[3:4]]))
    assert sorted(zip(found.tolist(), places.tolist(), strict=True)) == [(0, -1), (1, 3)]


def test_rows_that_are_undefined_are_never_found():
    rows = ROWS.copy()
    rows[4, 2] = np.nan
    found, _ = Directions.of(rows, BASE).matches(ROWS[:6])
    assert found.tolist() == [0, 1, 2, 3, 5]
    found, _ = Directions.of(ROWS, BASE).matches(rows[:6])
    assert found.tolist() == [0, 1, 2, 3, 5]


def test_one_of_each_direction_is_distinct():
    rows = np.vstack([ROWS[:10], 3.0 * ROWS[:4], -ROWS[5:7]])
    assert Directions.of(rows, BASE).distinct(len(rows)).tolist() == list(range(10))
