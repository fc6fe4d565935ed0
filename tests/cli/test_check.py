"""`srbench check`: files, exit codes, and what it says."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
from compared_runs import flat, runs, store
from records import failure, record

import srbench_lite.reports.check as reports
from srbench_lite.environments.assignment import Assignment, source_of
from srbench_lite.environments.environment import Environment
from srbench_lite.environments.home import remove_environment, save_environment
from srbench_lite.methods.sklearn_method import SklearnMethod
from srbench_lite.recording.record import Status

SCHEMA = json.loads((Path(reports.__file__).parent / "check.schema.json").read_text())


# --- check ----------------------------------------------------------------------------------------------------------


def test_exit_codes(call):
    store("good.db", *runs(12))
    assert call("baseline", "--store", "good.db", "--out", "base.json").code == 0
    same = call("check", "--baseline", "base.json", "--store", store("same.db", *runs(12)))
    assert (same.code, same.out.splitlines()[0]) == (0, "passed: no regression was found")
    own = call("check", "--baseline", "base.json", "--store", "good.db")
    assert (own.code, own.out.startswith("invalid: all 24 runs of good are the baseline's own\n")) == (4, True)
    store("worse.db", *runs(4, parameters={"degree": 1}))
    worse = call("check", "--baseline", "base.json", "--store", "worse.db")
    assert worse.code == 1
    assert worse.out.startswith("regression: worse than the baseline: good (recovery rate)\n")
    assert "good differs from the baseline: degree 3 -> 1" in worse.out
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
    said = call("check", "--baseline", "base.json", "--store", store("same.db", *runs(12)))
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
    said = call("check", "--baseline", "base.json", "--store", "odd.store", "--allow-old")
    assert (said.code, said.out.count("identical")) == (0, 8), said.out
    assert "note: all 24 runs of noisy are the baseline's own\n" in said.out
    assert call("check", "--baseline", "odd.store", "--store", "odd.store", "--allow-old").code == 0
    Path("tidy.json").write_text(json.dumps(json.loads(Path("base.json").read_text()), sort_keys=True, indent=1))
    assert call("compare", "tidy.json", "odd.store").code == 0


def test_a_run_that_stands_twice_in_a_baseline_is_refused(call):
    store("good.db", *runs(12))
    call("baseline", "--store", "good.db", "--out", "base.json")
    content = json.loads(Path("base.json").read_text())
    content["runs"].append(content["runs"][3])
    Path("base.json").write_text(json.dumps(content))
    said = call("check", "--baseline", "base.json", "--store", "good.db")
    assert (said.code, "good on s/1 (noise 0, seed 1) is there twice" in said.err) == (2, True)


def test_missing_runs_are_named_with_the_commands_that_make_them(call):
    one = [r for r in runs(12, seeds=1)]
    two = [record(suite="t", task="t/0", seed=seed, noise=0.1) for seed in (3, 4)]
    store("good.db", *one, *two)
    call("baseline", "--store", "good.db", "--out", "base.json")
    store("other.db", *runs(12, method="other"))
    said = flat(call("check", "--baseline", "base.json", "--store", "other.db").out)
    assert "srbench run --method good --suite s --noise 0 --seeds 1 --time-limit 60 --store other.db " in said
    assert "srbench run --method good --suite t --noise 0.1 --seeds 2 --first-seed 3 --time-limit 60 --store" in said


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
    """With runs and not made records: the same method passes, another definition of a task is refused."""
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
    assert "line differs from the baseline: slant 0 -> 0.5" in said.out
    Path("lines.toml").write_text(f'[suite]\nname = "lines"\n{SUITE}'.replace("high = 1 ", "high = 2 ", 1))
    run("changed.db")
    changed = call("check", "--baseline", "base.json", "--store", "changed.db")
    assert (changed.code, "1 task is defined differently on the two sides: lines/line-0" in changed.out) == (4, True)


def test_a_method_made_worse_without_another_version_is_caught(call):
    """In the same store: what older code has made is run again; without a run, the gate does not pass on old runs."""
    plugin = Path("line.py")
    plugin.write_text(PLUGIN)
    Path("lines.toml").write_text(f'[suite]\nname = "lines"\n{SUITE}')
    asked = ["--method", "line", "--plugin", "line.py", "--suite", "lines.toml"]
    gate = ["--baseline", "base.json", "--plugin", "line.py", "--json", "r.json"]
    assert call("run", *asked, "--quiet").err == ""
    assert call("baseline", "--out", "base.json").code == 0
    own = call("check", *gate)
    assert own.code == 4
    assert own.out.startswith(
        "invalid: all 6 runs of line are the baseline's own\nMake runs of the method as it is now"
    )

    assert call("run", *asked, "--fresh", "--quiet").err == ""
    passed = call("check", *gate)
    assert (passed.code, passed.out.startswith("passed: ")) == (0, True)

    plugin.write_text(PLUGIN.replace("{offset!r}", "{offset + 1!r}"))
    stale = call("check", *gate)
    assert (stale.code, "all 6 runs of line were made by other code than is installed\n" in stale.out) == (4, True)
    assert "line: 6 stored runs of other or unknown code are repeated" in call("run", *asked, "--dry-run").err

    again = call("run", *asked, "--quiet")
    assert again.err == "line: 6 stored runs of other or unknown code are repeated (--keep-old keeps what is stored)\n"
    worse = call("check", *gate)
    assert (worse.code, worse.out.splitlines()[0]) == (
        1, "regression: worse than the baseline: line (recovery rate)",
    )  # fmt: skip
    assert "line differs from the baseline: code " in worse.out
    jsonschema.validate(json.loads(Path("r.json").read_text()), SCHEMA)
    assert call("run", *asked, "--quiet").err == ""


def test_runs_of_older_code_are_kept_on_demand(call):
    plugin = Path("line.py")
    plugin.write_text(PLUGIN)
    Path("lines.toml").write_text(f'[suite]\nname = "lines"\n{SUITE}')
    asked = ["--method", "line", "--plugin", "line.py", "--suite", "lines.toml", "--quiet"]
    call("run", *asked)
    call("baseline", "--out", "base.json")
    plugin.write_text(f"{PLUGIN}# another comment\n")
    assert call("run", *asked, "--keep-old").err == ""
    said = call("check", "--baseline", "base.json", "--plugin", "line.py", "--allow-old")
    assert (said.code, "note: all 6 runs of line were made by other code than is installed\n" in said.out) == (0, True)


def test_code_is_that_of_where_and_with_what_the_runs_were_made(call, monkeypatch, tmp_path):
    """Neither another interpreter nor a parameter that names code makes runs those of other code."""
    monkeypatch.setenv("SRBENCH_LITE_HOME", str(tmp_path / "home"))
    monkeypatch.syspath_prepend(tmp_path)
    there = Environment(
        name="there", python="/there/python", python_version="3.12.1", requirements=(), locked=("a==1",), created=""
    )
    save_environment(there)
    module = Path("told_here.py")
    module.write_text("def formula(estimator): return 'x'\n")
    ridge = SklearnMethod(target="told_elsewhere:Ridge").with_parameters({"formula": "told_here:formula"})
    made = {
        "method": ridge.name, "parameters": ridge.parameters(), "environment": {"environment": "there"},
        "method_source": source_of(ridge, Assignment(environment=there)),
    }  # fmt: skip
    store("old.db", *runs(12, **made))
    store("new.db", *runs(12, **made))
    call("baseline", "--store", "old.db", "--out", "base.json")
    gate = ["check", "--baseline", "base.json", "--store", "new.db"]
    assert call(*gate).code == 0
    module.write_text("def formula(estimator): return '2*x'\n")
    assert "runs of sklearn:told_elsewhere:Ridge were made by other code than is installed" in flat(call(*gate).out)
    remove_environment("there")
    unknown = call(*gate)
    assert unknown.code == 0
    assert "note: sklearn:told_elsewhere:Ridge was run in there: whether its runs are of its code as" in flat(
        unknown.out
    )


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
    assert "<summary>other: recovery changed on 1 task</summary>" in text
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


def test_a_result_that_cannot_be_written_is_no_regression_and_no_pass(call):
    path = store("a.db", *runs(12))
    assert call("baseline", "--out", "base.json", "--store", path).code == 0
    said = call(
        "check",
        "--baseline",
        "base.json",
        "--store",
        path,
        "--allow-old",
        "--markdown",
        "a.db/x.md",
        "--json",
        "x.json",
    )

    assert said.code == 2
    assert said.out.startswith("passed")  # what was found is said all the same
    assert said.err == "Error: cannot write a.db/x.md: Not a directory; name another file\n"
    assert Path("x.json").exists()
