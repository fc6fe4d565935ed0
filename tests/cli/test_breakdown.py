"""`srbench breakdown`: of a store and of an export, its parts and its mistakes."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from compared_runs import MISSED, runs, store
from records import record

from srbench_lite.cli.breakdown import _PARTS
from srbench_lite.comparing.diagnosis import PARTS
from srbench_lite.recording.exchange import write_records

RUNS = [*runs(3, tasks=4), *runs(1, tasks=4, method="other"), record(suite="s", task="s/0", noise=0.1, **MISSED)]


@pytest.fixture(name="filled")
def _filled(call):
    store("runs.db", *RUNS)
    write_records(RUNS, Path("runs.json"), form="json")
    return call


def test_a_store_and_its_export_say_the_same(filled):
    chosen = ("--by", "variables", "--by", "miss", "--by", "tasks")
    said = filled("breakdown", "--store", "runs.db", *chosen)
    assert (said.code, said.err) == (0, "")
    assert re.search(r"^good +75 % \[30, 95\] +75 % \[30, 95\]$", said.out, re.MULTILINE)
    assert "Nobody recovered 1 of 4 tasks" in said.out
    assert "Only good recovered 2 tasks" in said.out
    assert filled("breakdown", "--from", "runs.json", *chosen).out == said.out


def test_methods_suites_and_noise_are_chosen(filled):
    said = filled(
        "breakdown", "--store", "runs.db", "-m", "good", "-s", "s", "--noise", "0.1", "--by", "size", "-f", "csv"
    )
    lines = list(csv.DictReader(io.StringIO(said.out)))
    assert [(one["method"], one["level"], one["value"], one["noise"]) for one in lines] == [
        ("good", "1-6", "0.0", "0.1"), ("good", "all", "0.0", "0.1"),
    ]  # fmt: skip
    assert "runs at other noise levels" in said.err


def test_every_part_is_in_the_help_and_all_are_printed_by_default(filled):
    assert list(_PARTS) == list(PARTS)
    content = json.loads(filled("breakdown", "--store", "runs.db", "--format", "json").out)
    assert [one["by"] for one in content["breakdowns"]] == ["variables", "size", "operators", "tags", "miss"]
    assert content["costs"]
    assert content["tasks"]


@pytest.mark.parametrize(
    ("wrong", "code", "text"),
    [
        (("--by", "operator"), 2, "unknown part in --by 'operator'. Did you mean: operators"),
        (("-m", "god"), 2, "unknown method 'god'. Did you mean: good"),
        (("-s", "t"), 2, "unknown suite 't'"),
        (("--noise", "0.5"), 2, "no run here has noise 0.5; they have 0, 0.1"),
        (("--perturbation", "3 dummies"), 2, "no run here has the perturbation '3 dummies'"),
        (("--format", "latex"), 2, "'latex' is not one of"),
        (("--from", "none.json"), 2, "none.json"),
    ],
)
def test_what_is_wrong_is_said(filled, wrong, code, text):
    said = filled("breakdown", "--store", "runs.db", *wrong)
    assert (said.code, said.out) == (code, "")
    assert text in said.err


def test_without_runs_there_is_nothing_to_show(call):
    store("empty.db")
    said = call("breakdown", "--store", "empty.db")
    assert (said.code, said.out.splitlines()[0][:24]) == (5, "There are no such runs. ")


def test_it_is_written_to_a_file(filled):
    said = filled("breakdown", "--store", "runs.db", "--by", "size", "--format", "markdown", "--out", "page.md")
    assert (said.code, said.out) == (0, "")
    assert Path("page.md").read_text().startswith("# Where methods fail\n\n## Recovery by nodes of the truth (noise 0)")


def test_tags_of_a_suite_file_are_read(call):
    from srbench_lite.problems.suite_file import load_suite

    Path("toy.toml").write_text(
        '[suite]\nname = "toy"\n[[tasks]]\nname = "line"\ntruth = "2*x"\ntags = ["odd"]\n'
        "variables.x = { low = 0, high = 1 }\n"
    )
    (task,) = load_suite(Path("toy.toml")).tasks
    store("runs.db", record(suite="toy", task="toy/line", truth="2*x", task_fingerprint=task.fingerprint), *RUNS)
    said = call("breakdown", "--store", "runs.db", "--by", "tags", "-s", "./toy.toml", "-f", "csv")
    assert "tags,odd,,good,1,1,1,recovery,1.0" in said.out
    unknown = call("breakdown", "--store", "runs.db", "--by", "tags", "-s", "toy", "-f", "csv")
    assert "1 task is of no installed suite" in unknown.err
