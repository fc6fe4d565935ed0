"""The table of standings, and the matrix of wins."""

from __future__ import annotations

import re

from papers import MISSED, grid, results_of
from records import failure, record

from srbench_lite.recording.record import Status
from srbench_lite.reports.paper.standings import short, standings, wins


def test_runs_that_do_not_count_are_said_beside_the_rate():
    """c: 2 of 6 recovered, 4 skipped."""
    runs = [*grid("ab", tasks=6), *grid("c", tasks=2)]
    runs += [failure(Status.SKIPPED, task=f"sin/{k}", method="c") for k in range(2, 6)]
    table = standings(results_of(runs))
    line = next(line for line in table.splitlines() if line.startswith("3 & c &"))
    assert [cell.strip(" \\") for cell in line.split("&")][2] == "33.3"
    assert [cell.strip(" \\") for cell in line.split("&")][-5:] == ["6", "4", "0", "0", "0"]


def test_a_method_that_lacks_tasks_is_named_and_not_ranked():
    table = standings(results_of([*grid("ab"), record(task="sin/0", method="c")]))
    assert "Not ranked, since rates over different tasks say nothing of methods: c on 1 of 3 tasks." in table
    assert "-- & c & {--} & -- & --" in table


def test_in_short_runs_without_a_formula_are_one_number():
    runs = [*grid("ab", tasks=6, seconds=2.0), *grid("c", tasks=4, seconds=0.5)]
    runs += [failure(Status.SKIPPED, task=f"sin/{k}", method="c") for k in range(4, 6)]
    table = short(results_of([*runs, record(task="sin/0", method="d")]))
    assert re.search(r"^3 & c & 66\.7 & \[\d+, \d+\] & \S+ & 0\.5 & 2 \\\\$", table, re.M)
    assert r"1 method that ran on fewer tasks: Table~\ref{tab:standings-recovery}." in table
    assert r"\begin{table}" in table  # as wide as a column


def test_where_candidates_were_judged_there_is_a_column():
    assert "{any" not in standings(results_of(grid()))
    assert r"{any, \%}" in standings(results_of(grid(recovered_any=True)))


def test_wins_are_marked_and_empty_tables_say_why():
    runs = [
        record(task=f"sin/{k}", method=m, truth=f"sin({k + 1}*x)", **({} if m == "a" else MISSED))
        for k in range(12) for m in "ab"
    ]  # fmt: skip
    table = wins(results_of(runs))
    assert r"a &  & \textbf{\boldmath $+100$} \\" in table
    assert r"b & \textcolor{gray}{$-100$} &  \\" in table
    assert wins(results_of(grid("a"))).startswith("There are no two methods that ran on the same tasks")
