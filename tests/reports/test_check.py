"""Reports of a gate: bounded, without markup from names, and as their schema says."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from compared_runs import flat
from records import record

import srbench_lite.reports.check as reports
from srbench_lite.comparing.baseline import COLUMNS
from srbench_lite.comparing.gate import check
from srbench_lite.comparing.runs import RunTable

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


SCHEMA = json.loads((Path(reports.__file__).parent / "check.schema.json").read_text())


def test_the_schema_refuses_something():
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": "srbench-lite check/1"}, SCHEMA)


def test_a_report_of_5000_changed_tasks_stays_below_64_kb_and_names_are_no_markup():
    long = "a-very-long-name-" * 8
    before = [record(suite="s", task=f"s/{long}|<b>{k}", seed=0) for k in range(5000)]
    after = [record(suite="s", task=f"s/{long}|<b>{k}", seed=0, **MISSED) for k in range(5000)]
    found = check(RunTable.from_records(before, COLUMNS), RunTable.from_records(after, COLUMNS))
    text = reports.render_markdown(found)
    assert len(text.encode()) < 64_000
    assert "recovery changed on 5,000 tasks" in text
    assert "and 4960 more" in text
    assert "<b>" not in text
    assert len(reports.render_annotations(found)) < 10_000
    ElementTree.fromstring(reports.render_junit(found))
    jsonschema.validate(json.loads(reports.render_json(found)), SCHEMA)


def test_many_methods_do_not_break_the_bound():
    run_table = RunTable.from_records([record(suite="s", task="s/0")], COLUMNS)
    found = check(run_table, run_table, allow_old=True)
    names = [f"{'m' * 60}-{k}" for k in range(150)]
    many = {
        part: dict.fromkeys(names, *getattr(found, part).values()) for part in ("comparisons", "changes", "effort")
    }  # fmt: skip
    text = reports.render_markdown(replace(found, **many))
    assert text.endswith("(cut)\n")
    assert len(text.encode()) < 64_000
    assert text.startswith("## ✅ srbench check: passed")


def test_control_characters_reach_no_xml():
    def found(**changes):
        records = [record(suite="s", task=f"s/{k}\x1b\ufffe", method="m\x00", **changes) for k in range(3)]
        return RunTable.from_records(records, COLUMNS)

    ElementTree.fromstring(reports.render_junit(check(found(), found(**MISSED))))


def test_the_text_says_what_the_tasks_would_show():
    before = [record(suite="s", task=f"s/{k}", seed=seed) for k in range(12) for seed in range(2)]
    after = [
        record(suite="s", task=f"s/{k}", seed=seed, **(MISSED if k < 2 else {})) for k in range(12) for seed in range(2)
    ]
    found = check(RunTable.from_records(before, COLUMNS), RunTable.from_records(after, COLUMNS))
    text = reports.render_text(found)
    ((_, line),) = found.gating()
    size = f"{100 * line.detectable:.1f} points"
    assert f"Smallest changes that these tasks would show in 80 of 100 cases: good, recovery rate: {size}. " in flat(
        text
    )
    assert text.startswith(f"{found.outcome.value}: {found.reason}\n")
    assert "\n\ngood, 12 tasks\nmetric " in text
    assert "Tasks whose recovery changed with good (2):" in text
    assert "s/0     0        2 of 2    0 of 2" in text


def test_perturbed_runs_stand_in_reports_as_such():
    settings = {"perturbation": {"train_size": 20}}
    before = [record(suite="s", task=f"s/{k}", **(settings if k else {})) for k in range(3)]
    after = [record(suite="s", task=f"s/{k}", **MISSED, **(settings if k else {})) for k in range(3)]
    found = check(RunTable.from_records(before, COLUMNS), RunTable.from_records(after, COLUMNS), allow_old=True)
    content = json.loads(reports.render_json(found))
    jsonschema.validate(content, SCHEMA)
    changes = content["methods"][0]["changes"]
    assert [change.get("perturbation") for change in changes] == [None, "train 20", "train 20"]
    for text in (reports.render_text(found), reports.render_markdown(found), reports.render_junit(found)):
        assert "train 20" in text


def test_commands_are_printed_as_a_shell_takes_them_and_copied_from_markdown():
    command = f"srbench run --method 'command:./my method --and {'more ' * 30}' --suite s --noise 0 --time-limit 60"
    records = [record(suite="s", task="s/0")]
    run_table = RunTable.from_records(records, COLUMNS)
    found = replace(check(run_table, run_table, allow_old=True), advice=("Make them:", command), scope=("1 of 1 run",))
    lines = reports.render_text(found).splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("  srbench run"))
    last = next(k for k in range(first, len(lines)) if not lines[k].endswith("\\"))
    assert shlex.split("\n".join(lines[first : last + 1]).replace("\\\n", "")) == shlex.split(command)
    assert last > first
    text = reports.render_markdown(found)
    assert f"```sh\n{command}\n```" in text
    assert "\n1 of 1 run\n" in text
