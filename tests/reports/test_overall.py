"""The formats of `--overall`: golden files for people's, and what programs read.

After a change that is meant, delete the file, run the test twice, and read the difference before it is committed.
"""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from leaderboards import REPORTERS
from overall_boards import runs, tables
from places import GOLDEN

from srbench_lite.comparing.overall import OverallTables

FORMS = ["terminal", "markdown", "latex", "csv", "json"]


def render(form: str, made: OverallTables) -> str:
    function = REPORTERS[form].render_overall
    assert function is not None
    return function(made)


@pytest.mark.parametrize(("form", "name"), [("terminal", "overall.txt"), ("markdown", "overall.md")])
def test_golden(form, name):
    text, path = render(form, tables()), GOLDEN / name
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path.name} was missing and has been made: read it")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("made", [OverallTables(tables=()), tables(), OverallTables.from_records(runs("alone", 2))])
def test_every_text_ends_with_one_line_end(form, made):
    text = render(form, made)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\x1b" not in text


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = render("terminal", tables()).splitlines()
    assert max(map(len, lines)) <= width
    whole = " ".join(lines)
    for name in ("classic", "longer-name", "waves", "measured", "behind the best [95 %]"):
        assert name in whole


def test_markdown_keeps_its_columns_whatever_a_method_is_called():
    text = render("markdown", tables())
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1
    assert r"half\*" in text


def test_latex_has_closed_tables_and_labels_of_their_own():
    text = render("latex", tables())
    labels = re.findall(r"\\label\{(.*?)\}", text)
    assert len(labels) == len(set(labels)) == text.count(r"\begin{table}") == text.count(r"\end{table}") == 9
    for table in re.findall(r"\\begin\{tabular\}.*?\\end\{tabular\}", text, flags=re.S):
        columns = re.match(r"\\begin\{tabular\}\{(\w+)\}", table)
        assert columns is not None
        rows = [line for line in table.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(columns[1])}
    assert r"best\_one" in text
    assert r"\textbf{100}" in text


def test_csv_has_a_line_a_cell_and_a_line_a_pair():
    made = tables()
    lines = list(csv.DictReader(io.StringIO(render("csv", made))))
    cells = sum(len(t.standings) * (len(t.suites) + 1 + len(t.standings) - 1) for t in made.tables)
    assert len(lines) == cells
    first = made.tables[0].standings[0]
    (line,) = [
        x for x in lines
        if (x["noise"], x["metric"], x["method"], x["suite"], x["against"])
        == ("0.0", "recovery", "best_one [60 s]", "all suites", "")
    ]  # fmt: skip
    assert (float(line["value"]), int(line["rank"]), int(line["rank_high"])) == (first.value, 1, first.ranks[1])
    pair = next(x for x in lines if (x["method"], x["against"]) == ("best_one [60 s]", "a|b"))
    assert int(pair["wins"]) + int(pair["losses"]) + int(pair["ties"]) == int(pair["formulas"])


def test_json_has_everything():
    made = tables()
    content = json.loads(render("json", made))
    assert (content["format"], content["version"], len(content["tables"])) == ("srbench-lite overall", 1, 3)
    table = content["tables"][0]
    assert table["verdict"] == made.tables[0].verdict
    assert [s["name"] for s in table["suites"]] == [s.name for s in made.tables[0].suites]
    assert table["standings"][0]["cells"][0]["interval"] == list(made.tables[0].standings[0].cells[0].interval)
    assert table["lacks"][0]["suites"] == {"longer-name": [5, 5], "waves": [1, 4]}
    assert table["perturbation"] == {}
    assert table["duels"][0][0] is None
