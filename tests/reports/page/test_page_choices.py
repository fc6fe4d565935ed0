"""What is chosen on the page: its address, legends, data as CSV, two methods side by side, data without a truth."""

from __future__ import annotations

import csv
import io

from browser import browse, needs_chromium
from pages import written
from records import failure, record

from srbench_lite.comparing.runs import RunTable
from srbench_lite.reports.page.content import COLUMNS, content_of
from srbench_lite.reports.page.standings import standings_of

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}
NAMES = [f"method {letter}" for letter in "abcdefghijk"]


def page_of(records, folder):
    run_table = RunTable.from_records(records, COLUMNS)
    return written(content_of(run_table, {}, {}) | {"overall": [*standings_of(run_table)]}, folder / "page.html")


def solving(counts, *, tasks=6, suites=("s", "t")):
    """Yield runs of methods that recover so many of the tasks of each suite."""
    for method, solved in counts.items():
        for suite in suites:
            for k in range(tasks):
                good = {} if k < solved else MISSED | {"nmse_test": 0.1, "expression": "x"}
                yield record(suite=suite, task=f"{suite}/{k}", method=method, truth=f"sin({k + 1}*x)", **good)


@needs_chromium
def test_every_method_has_a_mark_of_its_own_and_charts_without_rows_are_named(tmp_path):
    page = page_of(solving({name: k % 5 for k, name in enumerate(NAMES)}), tmp_path)
    script = """
      found.marks = all('#front ~ .legend .method').map((place) => [place.textContent, place.querySelector('path')
        .getAttribute('d') + place.querySelector('path').getAttribute('fill')]);
      found.drawn = new Set(all('#front .mark-symbol path').map((path) => path.getAttribute('fill'))).size;
      found.hidden = all('#overview figure[hidden] .chart').map((place) => place.id);
      found.said = document.getElementById('left-out').textContent;
      found.verdict = document.querySelector('#overall .verdict').textContent;
      found.matrix = all('#overall table tr').map((row) => [...row.cells].map((cell) => cell.textContent));
      found.captions = document.getElementById('front').closest('figure').querySelector('small').textContent;
    """
    found, console = browse(page, script, tmp_path)
    assert [name for name, _ in found["marks"]] == NAMES
    assert len({look for _, look in found["marks"]}) == len(NAMES)
    assert found["drawn"] == 8  # colours; marks tell apart methods of one colour
    assert found["hidden"] == ["rates", "errors", "failures"]
    assert found["said"].startswith("Not drawn: Recovery over time (these runs kept no progress); ")
    assert found["verdict"].startswith("None can be called best: method e recovers 66.7 %")
    assert found["matrix"][0] == ["method", "s", "t", "overall [95 %]", "rank"]
    assert found["matrix"][1][:3] == ["method e", "67", "67"]  # the best stands first
    assert found["matrix"][1][3].startswith("67 [")
    assert len(found["matrix"]) == 2 * (1 + len(NAMES))  # each against each, too
    assert found["captions"].startswith("all suites, noise 0")
    assert console == ""


@needs_chromium
def test_the_address_holds_the_choice_and_tables_and_charts_are_csv(tmp_path):
    page = page_of([*solving({"a": 4, "b": 2, "c": 0}), *(
        record(suite="s", task=f"s/{k}", method="b", noise=0.1, truth=f"sin({k + 1}*x)", **MISSED) for k in range(6)
    )], tmp_path)  # fmt: skip
    script = """
      const cells = (id, place) => all(`#${id} tbody tr > :nth-child(${place})`).map((cell) => cell.textContent);
      found.opened = [document.getElementById('suite').value, document.getElementById('noise').value, cells('board', 1),
        all('#methods input').map((box) => box.checked), document.getElementById('board-search').value];
      found.pair = [document.getElementById('pair-said').textContent, cells('pair-tasks', 1), cells('pair-tasks', 2)];
      found.csv = [report.csv('board'), report.csv('front'), report.csv('pair')];
      document.querySelector('#board th[data-key="seconds"] button').click();
      document.querySelectorAll('#methods input')[2].click();
      await wait(300);
      found.address = decodeURIComponent(location.hash);
      const link = document.querySelector('.tools .csv');
      link.addEventListener('click', (event) => event.preventDefault());
      link.click();
      found.link = [link.href.slice(0, 5), link.download];
      found.task = document.querySelector('#tasks tbody a').getAttribute('href');
      location.hash = found.task; await wait(500);
      found.back = document.getElementById('back').getAttribute('href');
    """
    words = "#suite=s&noise=0&without=b&pair.first=b&pair.second=a&board.find=method-less&tasks.find=s%2F1"
    found, console = browse(page, script, tmp_path, address=words)
    assert found["opened"] == ["s", "0", ["Nothing fits."], [True, False, True], "method-less"]
    said, tasks, by = found["pair"]
    assert said == (
        "Of 6 tasks that both tried, b recovered 0 more often than a, a 2 more often than b; as often 2, never either "
        "2."
    )
    assert (tasks, by) == (["s/2", "s/3"], ["a more often", "a more often"])
    board, front, pair = ([*csv.DictReader(io.StringIO(text))] for text in found["csv"])
    assert board == []
    assert {(row["method"], row["nmse"]) for row in front} == {("a", "1e-16"), ("c", "0.1")}
    assert [row["outcome"] for row in pair] == [
        "as often", "as often", "a more often", "a more often", "neither", "neither",
    ]  # fmt: skip
    assert found["address"] == (
        "#suite=s&noise=0&without=b&without=c&pair.first=b&pair.second=a&board.find=method-less&tasks.find=s/1"
        "&board.sort=seconds"
    )
    assert found["link"] == ["blob:", "overall-recovery.csv"]
    assert found["task"].startswith("#task=s%2F1&suite=s&noise=0")
    assert found["back"] == found["task"].replace("task=s%2F1&", "")
    assert console == ""


@needs_chromium
def test_data_without_a_truth_are_ranked_by_their_error(tmp_path):
    measured = {"truth": None, "verdict": None, "recovered": None, "recovered_srbench": None}
    records = [
        record(suite="m", task=f"m/{k}", method=method, nmse_test=nmse * (1 + k), r2_test=1 - nmse, **measured)
        for method, nmse in (("zebra", 1e-6), ("ant", 0.5), ("cow", 1e-2))
        for k in range(5)
    ] + [failure(suite="m", task="m/0", method="late", truth=None)]
    script = """
      found.methods = all('#board tbody tr').map((row) => row.cells[0].textContent);
      found.heads = all('#tasks thead th').map((cell) => cell.dataset.key);
      found.shown = all('#overview figure:not([hidden]) .chart').map((place) => place.id);
      found.means = document.getElementById('means').closest('figure').querySelector('small').textContent;
      found.pair = document.getElementById('pair-said').textContent;
      found.recovery = getComputedStyle(document.getElementById('truth-note')).display;
    """
    found, console = browse(page_of(records, tmp_path), script, tmp_path)
    assert found["methods"] == ["zebra", "cow", "ant", "late"]
    assert found["heads"] == ["task", "nmse"]
    assert found["shown"] == ["front", "means", "boxes-nmse", "boxes-seconds", "failures", "pair"]
    assert "mean ranks of the digits of accuracy" in found["means"]
    assert found["pair"].startswith(
        "Of 5 tasks that both tried, zebra is nearer on 5, cow on 0; as near on 0. Over all "
    )
    assert "zebra has +4.0 digits of accuracy" in found["pair"]
    assert found["recovery"] == "none"
    assert console == ""
