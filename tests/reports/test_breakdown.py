"""What `srbench breakdown` prints: tables that fit, lists that end, figures for programs."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from places import GOLDEN
from records import failure, record

from srbench_lite.comparing.diagnosis import PARTS, Diagnosis, TaskFacts
from srbench_lite.recording.progress import entry
from srbench_lite.recording.record import Record, Status
from srbench_lite.reports.breakdown import CSV_COLUMNS, render_csv, render_json, render_markdown, render_plain

MISSED = {"verdict": "different", "recovered": False, "nmse_test": 0.25}
UNKNOWN = {"truth": None, "verdict": None, "recovered": None}
TRUTHS = {"plain": "sin(x)", "sum": "x**2 + x*y", "long": "sin(x*y) + cos(x*z) + exp(x*y*z)/(x + y)", "pipe|d": "x"}


def run(task: str, solved: bool, method: str, seconds: float = 1.5, **changes: Any) -> Record:
    marks = tuple(
        entry(mark, "sin(x)", verdict="exact" if solved else "different", recovered=solved) for mark in (1.0, 2.0, 5.0)
    )
    given = {"task": f"sin/{task}", "truth": TRUTHS[task], "method": method, "progress": marks, "seconds": seconds}
    return record(**(given | ({} if solved else MISSED) | changes))


def runs() -> list[Record]:
    return [
        run("plain", True, "quick", 0.4), run("sum", True, "quick"), run("long", False, "quick", expression="x"),
        run("pipe|d", True, "quick"), run("plain", True, "thorough", 5.0), run("sum", False, "thorough", 5.0),
        run("long", False, "thorough", expression="2*sin(3*x*y) + cos(x*z) + exp(x*y*z)/(x + y)"),
        run("plain", True, "quick", noise=0.1), run("sum", False, "quick", noise=0.1),
        failure(Status.CRASHED, task="sin/plain", noise=0.1, method="thorough"),
        run("sum", False, "thorough", noise=0.1),
        record(suite="sin", task="sin/data", method="quick", **UNKNOWN),
    ]  # fmt: skip


def made(*parts: str, records: list[Record] | None = None) -> Diagnosis:
    facts = {f"fingerprint of sin/{task} 1": TaskFacts(tags=(task[0],), n_train=200) for task in TRUTHS}
    return Diagnosis.from_records(runs() if records is None else records, parts or tuple(PARTS), facts=facts)


@pytest.mark.parametrize(
    ("name", "render"), [("txt", render_plain), ("md", render_markdown), ("csv", render_csv), ("json", render_json)]
)
def test_texts_are_golden(name, render):
    """To accept a change: look at what is printed, and write it to tests/golden/breakdown.*"""
    assert render(made()) == (GOLDEN / f"breakdown.{name}").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_is_wider_than_the_line(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    methods = [f"method-{k}" for k in range(9)]
    records = [run(task, True, method) for method in methods for task in TRUTHS]
    text = render_plain(made("operators", "tags", "miss", records=records))
    assert max(map(len, text.splitlines())) <= width
    assert text.count("method-3") >= 3


def test_a_list_ends_and_says_how_many_more_there_are():
    records = [record(task=f"sin/{k}", **MISSED) for k in range(5)]
    assert "good did not recover 5 of 5 tasks" in render_plain(made("tasks", records=records))
    text = render_plain(made("tasks", records=records), most=2)
    assert "sin/1: sin(x); closest good, NMSE 2e-01" in text
    assert "sin/2" not in text
    assert "  ... and 3 more; --most N lists more of them" in text
    assert "sin/4" in render_markdown(made("tasks", records=records))
    assert "Each of 1 task was recovered in some run" in render_plain(made("tasks", records=[record()]))


def test_nothing_is_said_of_nothing():
    nothing = made(records=[])
    for render in (render_plain, render_markdown):
        assert "There are no such runs." in render(nothing)
    assert render_csv(nothing) == ",".join(CSV_COLUMNS) + "\n"
    assert json.loads(render_json(nothing))["condition"] is None


def test_measured_data_have_no_empty_tables():
    records = [record(task="sin/data", **UNKNOWN)]
    text = render_plain(made(records=records))
    assert text.startswith("Cost of a fit (noise 0)")
    assert "1 task has no truth (measured data)" in text
    assert "Recovery" not in text.split("\n")[0]


def test_figures_of_a_breakdown_stand_in_the_csv():
    lines = list(csv.DictReader(io.StringIO(render_csv(made("size", "noise", "cost", "tasks")))))
    of = {(one["part"], one["level"], one["method"], one["figure"]): one for one in lines}
    assert float(of["size", "all", "quick", "recovery"]["value"]) == 0.75
    assert of["size", "all", "quick", "recovery"]["noise"] == "0.0"
    noisy = of["noise", "0.1", "quick", "recovery"]
    assert (noisy["x"], noisy["value"], noisy["noise"]) == ("0.1", "0.5", "")
    assert of["cost", "", "quick", "seconds_to_50"]["value"] == "1.0"
    assert of["tasks", "sin/sum", "thorough", "recovered"]["value"] == "0.0"


def test_json_has_no_infinity():
    def refuse(name: str) -> None:
        raise AssertionError(name)

    content = json.loads(render_json(made()), parse_constant=refuse)
    (curve,) = content["degradations"]
    crashed = next(one for one in curve["points"] if one["method"] == "thorough" and one["level"] == "0.1")
    assert crashed["nmse_interval"] == [0.25, None]
    assert content["condition"] == {"noise": 0.0, "perturbation": {}}


def test_names_are_shown_safely():
    text = render_plain(made("cost", records=[record(method="odd\x1b[31m")]))
    assert "\x1b" not in text
    assert r"sin/pipe\|d" in render_markdown(made("tasks", records=[run("pipe|d", False, "quick")]))
