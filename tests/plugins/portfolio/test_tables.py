"""Tables hold what they write, each once, the cheapest first."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.halves.tables import Table

from srbench_lite.fitting import Deadline, counted_work


@pytest.fixture(scope="module", params=[1, 2, 4])
def table(request):
    d = request.param
    x = np.random.default_rng(d).uniform(-2.0, 3.0, (20, d))
    with np.errstate(all="ignore"):
        return x, Table.grown(tuple("abcd"[:d]), x, 4_000, Deadline(100.0))


def test_every_row_has_the_values_of_its_formula(table):
    x, found = table
    columns = dict(zip(found.names, x.T, strict=True))
    for place in range(0, len(found), 37):
        np.testing.assert_allclose(found.write(place)(columns), found.values[place], rtol=1e-12, atol=1e-14)


def test_next_to_no_two_rows_are_alike_up_to_sign(table):
    _, found = table
    rows = found.values * np.where(found.values[:, :1] < 0, -1.0, 1.0)
    written = {tuple(f"{value:.9g}" for value in row) for row in rows.tolist()}
    assert len(written) > 0.99 * len(found)


def test_costs_rise_and_the_cheapest_are_the_variables(table):
    x, found = table
    assert (np.diff(found.costs) >= 0).all()
    np.testing.assert_array_equal(found.values[: x.shape[1]], x.T)


def test_a_table_has_as_many_rows_as_were_asked_for(table):
    assert len(table[1]) == 4_000


def test_small_formulas_are_in_the_table():
    x = np.random.default_rng(0).uniform(0.5, 3.0, (20, 2))
    with np.errstate(all="ignore"):
        found = Table.grown(("a", "b"), x, 4_000, Deadline(100.0))
    a, b = x.T
    for values in (a * b, a / b, np.exp(-a), np.sqrt(a + b), 1 + np.sin(a), np.log(a) * b, (a - b) ** 2, a / (1 + b)):
        ratio = np.abs(found.values / values)
        assert (np.ptp(ratio, axis=1) < 1e-9).any()


def test_a_table_ends_when_its_work_is_done():
    x = np.random.default_rng(0).uniform(0.5, 3.0, (20, 9))
    before = counted_work()
    with np.errstate(all="ignore"):
        found = Table.grown(tuple("abcdefghi"), x, 500_000, Deadline(100.0, work=0.02))
    assert len(found) < 500_000
    assert (counted_work() - before) / 1e9 < 0.05
