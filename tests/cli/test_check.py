"""`srbench compare`, `srbench baseline`, `srbench check`: files, exit codes, and what they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from commands import Said, srbench
from records import failure, record

import srbench_lite.reports.check as reports
from srbench_lite.comparing.baseline import COLUMNS, read_baseline, write_baseline
from srbench_lite.comparing.gate import check
from srbench_lite.comparing.runs import Outcomes
from srbench_lite.errors import StoreError
from srbench_lite.recording.exchange import write_records
from srbench_lite.recording.record import Status
from srbench_lite.recording.store import Store

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}
SCHEMA = json.loads((Path(reports.__file__).parent / "check.schema.json").read_text())


def runs(solved: int, tasks: int = 12, seeds: int = 2, **changes):
    """Runs of a suite, of which the first tasks are solved."""
    return [
        record(suite="s", task=f"s/{k}", seed=seed, **({} if k < solved else MISSED), **changes)
        for k in range(tasks)
        for seed in range(seeds)
    ]


@pytest.fixture(name="call")
def _call(monkeypatch, capsys, tmp_path) -> Callable[..., Said]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return lambda *arguments: srbench(monkeypatch, capsys, *arguments)


def store(path: str, *records) -> str:
    with Store(path) as opened:
        opened.add_all(records)
    return path


# --- compare --------------------------------------------------------------------------------------------------------


def test_two_methods_of_a_store(call):
    path = store("a.db", *runs(12), *runs(4, method="other", seconds=0.5))
    said = call("compare", "good", "other", "--store", path)
    assert said.code == 0
    assert "recovery rate: other is worse than good (-66.7 [-91.7, -41.7], margin 3.0 points)." in said.out
    assert "seconds: other is better than good (×0.33" in said.out
    assert "Tasks whose recovery changed (8):" in said.out
    assert "s/11    0        2 of 2    0 of 2" in said.out
    few = call("compare", "good", "other", "--store", path, "--changes", "2")
    assert "... and 6 more" in few.out


def test_two_files_two_versions_and_a_method_of_a_file(call):
    store("a.db", *runs(12), *runs(12, method="only-here"))
    write_records(runs(4, method_version="2"), Path("b.json"), form="json")
    said = call("compare", "a.db", "b.json")
    assert said.code == 0
    assert "good (b.json) is worse than good (a.db)" in said.out
    assert "only a.db has only-here: not compared" in said.err
    assert "good (b.json) is worse" in call("compare", "a.db:good", "b.json").out
    store("both.db", *runs(12), *runs(4, method_version="2"))
    assert "good@2 is worse than good@1" in call("compare", "good@1", "good@2", "--store", "both.db").out
    several = call("compare", "good", "good@2", "--store", "both.db")
    assert several.code == 2
    assert "several variants; write one of: good [version 1]; good [version 2]" in several.err
    named = call("compare", "good [version 1]", "good [version 2]", "--store", "both.db", "--format", "markdown")
    assert "- recovery rate: good [version 2] is worse than good [version 1]" in named.out
    assert "<summary>Tasks whose recovery changed: 8</summary>" in named.out


def test_json_of_a_comparison_is_json(call):
    store("a.db", *runs(12), *runs(4, method="other"))
    (found,) = json.loads(call("compare", "good", "other", "--store", "a.db", "--format", "json").out)
    assert found["lines"][0]["verdict"] == "worse"
    assert len(found["changes"]) == 8


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("good", "othr"), 2, "unknown method in a.db 'othr'. Did you mean: other"),
        (("good", "fewer"), 4, "12 runs are without a partner: only good has s/10"),
        (("good", "other", "--metric", "speed"), 2, "unknown metric 'speed'"),
        (("good", "other", "--margin", "recovery"), 2, "write METRIC=NUMBER, as in recovery=0.05; got 'recovery'"),
        (("good", "other", "--margin", "recovery=-1"), 2, "a margin is a number of at least 0, got 'recovery=-1'"),
        (("good", "other", "--margin", "speed=1"), 2, "unknown metric 'speed'"),
        (("a.db", "absent.db"), 2, "there is no store at absent.db"),
        (("good", "other", "--suite", "t"), 2, "unknown suite 't'"),
        (("good", "other", "--noise", "7"), 5, "nothing was selected"),
        (("good", "twice", "--suite", "q"), 4, "good has no run among those that are compared"),
    ],
)
def test_what_cannot_be_compared_says_why(call, arguments, code, said):
    store("a.db", *runs(12), *runs(4, method="other"), *runs(4, tasks=6, method="fewer"))
    store("a.db", record(method="twice", suite="q", task="q/0"))
    found = call("compare", *arguments, "--store", "a.db")
    assert (found.code, said in found.err) == (code, True), found.err
    if arguments[1] == "fewer":
        assert call("compare", *arguments, "--store", "a.db", "--common").code == 0


# --- baseline -------------------------------------------------------------------------------------------------------


def test_a_baseline_holds_what_comparing_needs_and_comes_back(call):
    records = [*runs(8), *runs(5, method="other", noise=0.1), failure(Status.TIMEOUT, suite="s", task="s/99")]
    store("a.db", *records)
    said = call("baseline", "--store", "a.db", "--out", "sub/base.json")
    assert (said.code, said.out) == (0, "sub/base.json: 49 runs of good, other on 13 tasks\n")
    found, wanted = read_baseline(Path("sub/base.json")).outcomes.runs, Outcomes.from_records(records, COLUMNS).runs
    order = ["method", "task", "noise", "seed"]
    found, wanted = (runs.sort_values(order, ignore_index=True).drop(columns="id") for runs in (found, wanted))
    assert found.astype(object).where(found.notna(), None).equals(wanted.astype(object).where(wanted.notna(), None))
    once = Path("sub/base.json").read_bytes()
    assert call("baseline", "--store", "a.db", "--out", "sub/base.json").code == 0
    assert Path("sub/base.json").read_bytes() == once
    assert call("compare", "sub/base.json", "a.db").code == 0


def test_of_several_variants_the_last_is_the_baseline(call):
    old = runs(12, started_at="2026-01-01T00:00:00+00:00")
    store("a.db", *old, *runs(4, method_version="2", started_at="2026-01-02T00:00:00+00:00"))
    said = call("baseline", "--store", "a.db", "--out", "base.json")
    assert "24 runs of other variants of these methods are left out." in said.err
    assert set(read_baseline(Path("base.json")).outcomes.runs["method_version"]) == {"2"}
    assert call("baseline", "--store", "a.db", "--out", "base.txt").code == 2
    assert call("baseline", "--store", "a.db", "--method", "goood").code == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "cannot be read"),
        ("[1]", "is no baseline"),
        ('{"format": "srbench-lite baseline", "version": 9}', "has version 9"),
        ('{"format": "srbench-lite baseline", "version": 1}', "is damaged: KeyError"),
        (
            '{"format": "srbench-lite baseline", "version": 1, "made_with": "1", "methods": [], "tasks": [], '
            '"runs": [[0, 0]]}',
            "is damaged: IndexError",
        ),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path, content, said):
    path = tmp_path / "base.json"
    path.write_text(content)
    with pytest.raises(StoreError, match=said):
        read_baseline(path)
    with pytest.raises(StoreError, match="there is no baseline"):
        read_baseline(tmp_path / "absent.json")


def test_values_of_the_wrong_type_are_refused(tmp_path):
    path = tmp_path / "base.json"
    write_baseline(Outcomes.from_records(runs(1, tasks=1, seeds=1), COLUMNS).runs, path)
    path.write_text(path.read_text().replace('"ok"', '"fine"'))
    with pytest.raises(StoreError, match="status must be one of"):
        read_baseline(path)


# --- check ----------------------------------------------------------------------------------------------------------


def test_exit_codes(call):
    store("good.db", *runs(12))
    assert call("baseline", "--store", "good.db", "--out", "base.json").code == 0
    same = call("check", "--baseline", "base.json", "--store", "good.db")
    assert (same.code, same.out.splitlines()[0]) == (0, "passed: no regression was found")
    store("worse.db", *runs(4, parameters={"degree": 1}))
    worse = call("check", "--baseline", "base.json", "--store", "worse.db")
    assert worse.code == 1
    assert worse.out.startswith("regression: worse than the baseline: good (recovery rate)\n")
    assert "good differs from the baseline's: degree 3 -> 1" in worse.out
    store("changed.db", *runs(12, task_version=2))
    changed = call("check", "--baseline", "base.json", "--store", "changed.db")
    assert changed.code == 4
    assert "12 tasks are defined differently on the two sides: s/0" in changed.out
    crashed = [failure(Status.CRASHED, suite="s", task="s/0", seed=k) for k in range(2)]
    store("crashed.db", *runs(12)[2:], *crashed)
    assert call("check", "--baseline", "base.json", "--store", "crashed.db").code == 3
    assert call("check", "--baseline", "base.json", "--store", "crashed.db", "--failures", "2").code == 0
    assert call("check", "--baseline", "absent.json", "--store", "good.db").code == 2
    assert call("check", "--baseline", "base.json", "--store", "good.db", "--metric", "time").code == 2


def test_naming_a_metric_twice_decides_nothing_else(call):
    store("good.db", *runs(12, seeds=1))
    call("baseline", "--store", "good.db", "--out", "base.json")
    for solved in range(12, 6, -1):
        path = store(f"{solved}.db", *runs(solved, seeds=1))
        once, twice = (
            call("check", "--baseline", "base.json", "--store", path, *["--metric", "recovery"] * n) for n in (1, 2)
        )
        assert (twice.code, twice.out) == (once.code, once.out)
    assert once.code == 1


def test_one_means_a_regression_and_nothing_else(call, monkeypatch):
    store("good.db", *runs(12))
    call("baseline", "--store", "good.db", "--out", "base.json")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "absent/summary.md")
    said = call("check", "--baseline", "base.json", "--store", "good.db")
    assert (said.code, "cannot write the step's summary absent/summary.md" in said.err) == (0, True)
    Path("broken.db").write_bytes(b"no store at all" * 100)
    assert call("check", "--baseline", "base.json", "--store", "broken.db").code == 2
    Path("broken.json").write_text("{")
    assert call("check", "--baseline", "broken.json", "--store", "good.db").code == 2


def test_runs_beyond_the_baseline_are_refused_or_left_out_on_demand(call):
    store("good.db", *runs(12))
    call("baseline", "--store", "good.db", "--out", "base.json")
    store("more.db", *runs(12, seeds=3))
    refused = call("check", "--baseline", "base.json", "--store", "more.db")
    assert (refused.code, "--ignore-extra" in refused.out) == (4, True)
    assert call("check", "--baseline", "base.json", "--store", "more.db", "--ignore-extra").code == 0
    store("fewer.db", *runs(12, seeds=1))
    assert call("check", "--baseline", "base.json", "--store", "fewer.db", "--ignore-extra").code == 4


def test_a_baseline_fits_the_store_it_was_made_of(call):
    """Also where the noise has more digits than errors keep, a method has several variants, the file an odd name."""
    variants = [runs(0, parameters={}, started_at="2026"), runs(12, parameters={"k": None}, started_at="2027")]
    store("odd.store", *runs(12, method="noisy", noise=1 / 30), *variants[0], *variants[1])
    assert call("baseline", "--store", "odd.store", "--out", "base.json").code == 0
    said = call("check", "--baseline", "base.json", "--store", "odd.store")
    assert (said.code, said.out.count("identical")) == (0, 8), said.out
    assert call("check", "--baseline", "odd.store", "--store", "odd.store").code == 0
    Path("tidy.json").write_text(json.dumps(json.loads(Path("base.json").read_text()), sort_keys=True, indent=1))
    assert call("compare", "tidy.json", "odd.store").code == 0


def test_a_run_that_stands_twice_in_a_baseline_is_refused(call):
    store("good.db", *runs(12))
    call("baseline", "--store", "good.db", "--out", "base.json")
    content = json.loads(Path("base.json").read_text())
    content["runs"].append(content["runs"][3])
    Path("base.json").write_text(json.dumps(content))
    said = call("check", "--baseline", "base.json", "--store", "good.db")
    assert (said.code, "has good on s/1 (noise 0, seed 1) twice" in said.err) == (2, True)


def test_missing_runs_are_named_with_the_commands_that_make_them(call):
    one = [r for r in runs(12, seeds=1)]
    two = [record(suite="t", task="t/0", seed=seed, noise=0.1) for seed in (3, 4)]
    store("good.db", *one, *two)
    call("baseline", "--store", "good.db", "--out", "base.json")
    store("other.db", *runs(12, method="other"))
    said = call("check", "--baseline", "base.json", "--store", "other.db").out
    assert "srbench run --method good --suite s --noise 0 --seeds 1 --time-limit 60; " in said
    assert "srbench run --method good --suite t --noise 0.1 --seeds 2 --first-seed 3 --time-limit 60" in said


PLUGIN = """
from dataclasses import dataclass

import numpy as np

from srbench_lite import Expression, Fit, Method, hookimpl


@dataclass(frozen=True, kw_only=True)
class Line(Method):
    name = "line"
    summary = "least squares"
    source = "Gauss"
    slant: float = 0.0

    def fit(self, samples, *, seed, budget, report):
        design = np.column_stack([samples.x[:, 0], np.ones(len(samples.y))])
        slope, offset = np.linalg.lstsq(design, samples.y, rcond=None)[0].tolist()
        return Fit(expression=Expression.parse(f"{slope + self.slant!r}*x + {offset!r}"))


@hookimpl
def srbench_methods():
    return [Line()]
"""
SUITE = "".join(f"""
[[tasks]]
name = "line-{k}"
truth = "{k + 2}*x + {k}.5"
variables.x = {{ low = -1, high = 1 }}
""" for k in range(6))  # fmt: skip


def test_a_method_made_worse_by_a_parameter_is_caught_and_named(call):
    """With real runs: the same method passes, another definition of a task is refused."""
    Path("line.py").write_text(PLUGIN)
    Path("lines.toml").write_text(f'[suite]\nname = "lines"\n{SUITE}')

    def run(path: str, *settings: str) -> None:
        asked = ["--method", "line", "--plugin", "line.py", "--suite", "lines.toml", "--store", path, "--quiet"]
        assert call("run", *asked, *settings).code == 0

    run("main.db")
    assert call("baseline", "--store", "main.db", "--out", "base.json").code == 0
    run("branch.db")
    assert call("check", "--baseline", "base.json", "--store", "branch.db").code == 0
    run("branch.db", "--set", "line.slant=0.5")
    said = call("check", "--baseline", "base.json", "--store", "branch.db", "--markdown", "report.md")
    assert said.code == 1
    assert "worse than the baseline: line (recovery rate)" in Path("report.md").read_text()
    assert "line differs from the baseline's: slant 0 -> 0.5" in said.out
    Path("lines.toml").write_text(f'[suite]\nname = "lines"\n{SUITE}'.replace("high = 1 ", "high = 2 ", 1))
    run("changed.db")
    changed = call("check", "--baseline", "base.json", "--store", "changed.db")
    assert (changed.code, "1 task is defined differently on the two sides: lines/line-0" in changed.out) == (4, True)


def test_reports_are_written_for_everybody(call, monkeypatch):
    store("good.db", *runs(12), *runs(12, method="other"))
    call("baseline", "--store", "good.db", "--out", "base.json")
    store("worse.db", *runs(4), *runs(11, method="other"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    Path("summary.md").write_text("before\n")
    asked = ["--markdown", "out/r.md", "--junit", "out/r.xml", "--json", "out/r.json"]
    said = call("check", "--baseline", "base.json", "--store", "worse.db", *asked)
    assert said.code == 1
    text = Path("out/r.md").read_text()
    assert text.startswith("## ❌ srbench check: regression\n\nworse than the baseline: good (recovery rate)\n")
    assert "| good | recovery rate | 12 | 100.0 % | 33.3 % |" in text
    assert "<summary>other: recovery changed on 1 tasks</summary>" in text
    assert Path("summary.md").read_text() == f"before\n{text}"
    assert "::error title=srbench check::worse than the baseline: good (recovery rate)\n" in said.out
    assert "::warning title=srbench check::other: recovery rate is undecided" in said.out
    content = json.loads(Path("out/r.json").read_text())
    jsonschema.validate(content, SCHEMA)
    assert (content["outcome"], content["exit_code"]) == ("regression", 1)
    root = ElementTree.parse("out/r.xml").getroot()
    assert root.attrib == {"name": "srbench check", "tests": "4", "failures": "1", "errors": "0", "skipped": "1"}
    cases = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert cases["good: recovery rate"] == ["failure"]
    assert cases["other: recovery rate"] == ["skipped"]


def test_reports_of_what_is_invalid(call):
    store("good.db", *runs(12))
    call("baseline", "--store", "good.db", "--out", "base.json")
    store("fewer.db", *runs(12, tasks=6, seeds=3))
    said = call("check", "--baseline", "base.json", "--store", "fewer.db", "--json", "r.json", "--junit", "r.xml")
    assert said.code == 4
    jsonschema.validate(json.loads(Path("r.json").read_text()), SCHEMA)
    assert ElementTree.parse("r.xml").getroot().get("errors") == "1"


def test_the_schema_refuses_something():
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": "srbench-lite check/1"}, SCHEMA)


def test_a_report_of_5000_changed_tasks_stays_below_64_kb_and_names_are_no_markup():
    long = "a-very-long-name-" * 8
    before = [record(suite="s", task=f"s/{long}|<b>{k}", seed=0) for k in range(5000)]
    after = [record(suite="s", task=f"s/{long}|<b>{k}", seed=0, **MISSED) for k in range(5000)]
    found = check(Outcomes.from_records(before, COLUMNS), Outcomes.from_records(after, COLUMNS))
    text = reports.render_markdown(found)
    assert len(text.encode()) < 64_000
    assert "recovery changed on 5000 tasks" in text
    assert "and 4960 more" in text
    assert "<b>" not in text
    assert len(reports.render_annotations(found)) < 10_000
    ElementTree.fromstring(reports.render_junit(found))
    jsonschema.validate(json.loads(reports.render_json(found)), SCHEMA)


def test_many_methods_do_not_break_the_bound():
    records = [record(suite="s", task="s/0", method=f"{'m' * 60}-{k}") for k in range(150)]
    outcomes = Outcomes.from_records(records, COLUMNS)
    text = reports.render_markdown(check(outcomes, outcomes))
    assert len(text.encode()) < 64_000
    assert text.startswith("## ✅ srbench check: passed")


def test_control_characters_reach_no_xml():
    def found(**changes):
        records = [record(suite="s", task=f"s/{k}\x1b\ufffe", method="m\x00", **changes) for k in range(3)]
        return Outcomes.from_records(records, COLUMNS)

    ElementTree.fromstring(reports.render_junit(check(found(), found(**MISSED))))
