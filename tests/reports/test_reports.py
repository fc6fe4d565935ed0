"""The leaderboard as text: golden files, one for each format.

After a change that is meant, delete the file, run the test twice, and read the difference before it is committed.
"""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from places import GOLDEN
from records import failure, record

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.record import Status
from srbench_lite.reports.cells import COLUMNS
from srbench_lite.reports.latex import escape

ENDINGS = {"markdown": "md", "csv": "csv", "latex": "tex", "json": "json", "terminal": "txt"}
REPORTERS = discover(entry_points=[]).reporters

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False, "solved_r2": False}
UNKNOWN = {
    "truth": None, "verdict": None, "recovered": None, "recovered_srbench": None, "complexity_truth": None,
    "edit_distance": None,
}  # fmt: skip
CONSTANT = {
    "nmse_test": None, "r2_test": None, "solved_r2": None, "nmse_far": None, "r2_far": None, "y_constant": True,
}  # fmt: skip


def board() -> Leaderboard:
    """Two noise levels, variants, several kinds of ending, an undecided verdict, truths unknown and constant."""
    lasso = {"method": "lasso", "complexity": 7}
    forest = {"method": "forest_100%", "complexity": 250, "complexity_simplified": None}
    rough = {"r2_test": 0.99964, "nmse_test": 3.6e-4, "r2_far": -1250.0, "nmse_far": 1251.0, "seconds": 12.345}
    undecided = {"verdict": "undecided", "recovered": False, "recovered_srbench": False}
    return Leaderboard.from_records([
        record(task="sin/a", **lasso),
        record(task="sin/a", seed=1, **lasso, **rough, **MISSED),
        record(task="sin/b", **lasso, verdict="affine", recovered=False),
        record(task="sin/a", noise=0.1, **lasso, **rough, **undecided),
        failure(Status.TIMEOUT, "stopped at the limit of 60 s", task="sin/b", noise=0.1, method="lasso", seconds=60.0),
        record(task="sin/a", **forest, **rough, **MISSED),
        record(task="sin/b", **(forest | {"parameters": {"degree": 4}}), seconds=0.0421, **MISSED, r2_test=-0.25),
        failure(Status.CRASHED, task="sin/b", method="broken"),
        failure(Status.INVALID, task="sin/c", method="broken"),
        failure(Status.SKIPPED, "at most 1 variable", task="sin/d", method="broken"),
        record(suite="measured", task="measured/one", method="lasso", **UNKNOWN, n_far=0, mse_far=None, nmse_far=None,
               r2_far=None),
        record(suite="poly", task="poly/constant", method="lasso", **CONSTANT, mse_test=1e-30),
    ])  # fmt: skip


@pytest.mark.parametrize("form", ENDINGS)
def test_golden(form):
    text = REPORTERS[form].render(board())
    path = GOLDEN / f"leaderboard.{ENDINGS[form]}"
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path.name} was missing and has been made: read it")
    assert text == path.read_text(encoding="utf-8")


def test_every_built_in_format_has_a_golden_text():
    assert set(REPORTERS) == set(ENDINGS)


@pytest.mark.parametrize("form", ENDINGS)
def test_nothing_to_show(form):
    text = REPORTERS[form].render(Leaderboard(rows=()))
    assert text.endswith("\n")
    assert len(text.splitlines()) >= 1


@pytest.mark.parametrize("form", ENDINGS)
def test_a_text_ends_with_one_line_end_and_has_no_colour_in_a_pipe(form):
    text = REPORTERS[form].render(board())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\x1b" not in text


@pytest.mark.parametrize("form", ENDINGS)
def test_every_row_is_in_every_format(form):
    text = REPORTERS[form].render(board())
    for row in board().rows:
        name = escape(row.method) if form == "latex" else row.method
        assert name in text


def test_a_variant_in_brackets_is_no_markup():
    """Rich reads [degree=3] as a style, and swallows it."""
    assert "forest_100% [degree=3]" in REPORTERS["terminal"].render(board())
    named = Leaderboard.from_records([record(method="bold"), record(method="bold", method_version=":smile:")])
    assert "bold [version :smile:]" in REPORTERS["terminal"].render(named)


def test_csv_has_full_precision():
    third = Leaderboard.from_records([record(task=f"sin/{i}", recovered=i == 0, r2_test=1 / 3) for i in range(3)])
    (row,) = csv.DictReader(io.StringIO(REPORTERS["csv"].render(third)))
    assert float(row["recovery"]) == 1 / 3
    assert float(row["r2_test"]) == 1 / 3
    assert float(row["recovery_low"]) == third.rows[0].recovery_interval.low


def test_json_is_json_and_has_no_infinity():
    def refuse(name: str) -> None:
        raise AssertionError(name)

    content = json.loads(REPORTERS["json"].render(board()), parse_constant=refuse)
    assert len(content["rows"]) == len(board().rows)
    broken = next(row for row in content["rows"] if row["method"] == "broken")
    assert broken["r2_test_interval"] == [None, None]


def cell(title: str, **changes: object) -> str:
    (row,) = Leaderboard.from_records([record(**changes)]).rows
    return next(column.text(row) for column in COLUMNS if column.title == title)


@pytest.mark.parametrize(
    ("r2", "shown"),
    [
        (1.0, "1.0000"), (1 - 1e-7, "1.0000"), (1 - 1e-6, "0.9999"), (0.99999, "0.9999"), (0.57, "0.5700"),
        (0.12345678, "0.1234"), (0.0, "0.0000"), (-0.00001, "-0.0001"), (-98.5, "-98.5000"), (-1250.0, "-1e+03"),
        (None, "–"),
    ],
)  # fmt: skip
def test_r2_is_never_flattered(r2, shown):
    assert cell("R² test", r2_test=r2) == shown


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0"), (1e-30, "1e-30"), (0.012, "1e-02"), (None, "–")])
def test_errors(value, shown):
    assert cell("NMSE test", nmse_test=value) == shown


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0.000"), (0.0421, "0.042"), (1.005, "1.00"), (61.7, "62")])
def test_seconds(value, shown):
    assert cell("seconds", seconds=value) == shown


@pytest.mark.parametrize(
    ("recovered", "shown"), [(0, "0 %"), (1, "1 %"), (100, "33 %"), (150, "50 %"), (299, "99 %"), (300, "100 %")]
)
def test_0_and_100_percent_stand_for_nothing_else(recovered, shown):
    rows = Leaderboard.from_records([record(task=f"sin/{i}", recovered=i < recovered) for i in range(300)]).rows
    text = next(column.text(rows[0]) for column in COLUMNS if column.title.startswith("recovery"))
    assert text.startswith(f"{shown} [")


def test_markdown_keeps_its_columns_whatever_a_method_is_called():
    piped = Leaderboard.from_records([record(method="a|b")])
    lines = [line for line in REPORTERS["markdown"].render(piped).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {len(COLUMNS) + 1}


@pytest.mark.parametrize("text", ["_", "%", "&", "#", "$", "{", "}", "~", "^", "\\", "a_b%c"])
def test_latex_has_nothing_that_is_read_as_a_command(text):
    bare = re.sub(r"\\(textbackslash|textasciitilde|textasciicircum)\{\}|\\[&%$#_{}]", "", escape(text))
    assert not re.search(r"[\\&%$#_{}~^]", bare)


def test_latex_tables_are_complete():
    text = REPORTERS["latex"].render(board())
    for name in ("table", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == len(board().suites)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in rows} == {len(COLUMNS) - 1}
    assert len(set(re.findall(r"\\label\{(.*?)\}", text))) == len(board().suites)
