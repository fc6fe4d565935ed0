"""Who is best over all suites, as the page has it."""

from __future__ import annotations

import json

from records import record

from srbench_lite.comparing.overall import Overall, OverallTables
from srbench_lite.comparing.runs import RunTable
from srbench_lite.reports.page.content import COLUMNS
from srbench_lite.reports.page.standings import standings_of

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def runs(counts, *, suites=("s", "t"), tasks=8, noises=(0.0,)):
    """Return runs of methods that recover so many of the tasks of each suite."""
    return RunTable.from_records(
        [
            record(suite=suite, task=f"{suite}/{k}", method=method, noise=noise, truth=f"sin({k + 1}*x)",
                   **({} if k < solved else MISSED))
            for method, solved in counts.items() for suite in suites for k in range(tasks) for noise in noises
        ],
        COLUMNS,
    )  # fmt: skip


def test_the_page_has_what_the_table_says():
    run_table = runs({"a": 6, "b": 2})
    (table,) = standings_of(run_table)
    (known,) = OverallTables.of(run_table).tables
    assert isinstance(known, Overall)
    assert (table["verdict"], table["metric"], table["tasks"]) == (known.verdict, "recovery", 16)
    assert [line["method"] for line in table["lines"]] == ["a", "b"]
    assert (table["lines"][0]["value"], table["lines"][0]["rank"]) == (0.75, 1)
    assert [cell[0] for cell in table["lines"][1]["cells"]] == [0.25, 0.25]
    assert [suite["name"] for suite in table["suites"]] == ["s", "t"]
    assert table["duels"][0][0] is None
    assert table["duels"][0][1][3] == 0.5
    assert table["duels"][1][0][3] == -0.5
    json.dumps(table, allow_nan=False)


def test_there_is_a_table_for_each_noise_level_and_methods_that_lack_tasks_are_named():
    whole = runs({"a": 6, "b": 2}, noises=(0.0, 0.1)).runs
    some = RunTable(runs=whole[~((whole["method"] == "b") & (whole["task"] == "s/0") & (whole["noise"] == 0.1))])
    tables = [*standings_of(some)]
    assert [table["noise"] for table in tables] == [0.0, 0.1]
    assert [table["lacks"] for table in tables] == [{}, {"b": 1}]
