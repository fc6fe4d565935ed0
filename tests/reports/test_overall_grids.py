"""`Grid`: texts of numbers, and which are the best of a column."""

from __future__ import annotations

from dataclasses import replace

import pytest
from overall_boards import runs, tables

from srbench_lite.comparing.overall import OverallTables
from srbench_lite.reports.overall_grids import caption, grids, sentences


def test_the_best_of_a_column_is_marked_unless_all_are_alike():
    standings, matrix, duels = grids(tables().tables[0])
    assert [row[0] for row in matrix.rows] == ["best_one [60 s]", "a|b", "none", "tasks", "weight, %"]
    assert matrix.headers == ("method", "classic", "longer-name", "waves", "overall [95 %]")
    assert matrix.best == {(0, place) for place in range(1, 5)}
    assert matrix.rows[1][1:4] == ("42", "50", "62")
    assert standings.best == duels.best == frozenset()
    again = list(grids(tables().tables[2]))[1]
    assert (0, 1) not in again.best, "both recovered all"


def test_a_percent_is_zero_or_hundred_only_where_nothing_else_is():
    (table,) = OverallTables.from_records(runs("m", 6)).tables
    (standing,) = table.standings
    cells = tuple(replace(cell, value=value) for cell, value in zip(standing.cells, (0.999, 0.001, 1.0), strict=True))
    matrix = list(grids(replace(table, standings=(replace(standing, cells=cells),))))[1]
    assert matrix.rows[0][1:4] == ("99", "1", "100")


def test_one_method_has_no_pairs_and_nobody_behind():
    found = list(grids(OverallTables.from_records(runs("alone", 3)).tables[0]))
    assert len(found) == 2
    assert found[0].rows[0][3] == "–"


def test_who_lacks_what_is_said():
    said = list(sentences(tables().tables[0]))
    assert said[0] == (
        "Not ranked, since they did not run on every task: half* lacks 6 of 15 (longer-name 5 of 5, waves 1 of 4). "
        "--common ranks all methods on the tasks that all ran on."
    )


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (0, "noise 0, 3 suites, 15 tasks, 13 formulas: recovery in %"),
        (1, "noise 0, 1 suite, 3 tasks, 3 formulas: digits of accuracy"),
    ],
)
def test_captions(place, text):
    assert caption(tables().tables[place]) == text
