"""`srbench compare`: methods, versions and files, and what cannot be compared."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from compared_runs import runs, store
from records import record

from srbench_lite.comparing.baseline import COLUMNS as BASELINE
from srbench_lite.comparing.baseline import write_baseline
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.exchange import write_records


def test_two_methods_of_a_store(call):
    path = store("a.db", *runs(12), *runs(4, method="other", seconds=0.5))
    said = call("compare", "good", "other", "--store", path)
    assert said.code == 0
    assert "recovery rate: other is worse than good (-66.7 [-91.7, -41.7], margin 3.0 points)." in said.out
    assert "seconds: other is better than good (×0.33" in said.out
    assert "Tasks whose recovery changed (8):" in said.out
    assert "s/11      0  2 of 2  0 of 2" in said.out
    few = call("compare", "good", "other", "--store", path, "--changes", "2")
    assert "... and 6 more" in few.out


def test_two_files_two_versions_and_a_method_of_a_file(call):
    store("a.db", *runs(12), *runs(12, method="only-here"))
    write_records(runs(4, method_version="2"), Path("b.json"), form="json")
    said = call("compare", "a.db", "b.json")
    assert said.code == 0
    assert "good (b.json) is worse than good (a.db)" in said.out
    assert "only a.db has only-here, which is not compared" in said.err
    assert "good (b.json) is worse" in call("compare", "a.db:good", "b.json").out
    store("both.db", *runs(12), *runs(4, method_version="2"))
    assert "good@2 is worse than good@1" in call("compare", "good@1", "good@2", "--store", "both.db").out
    several = call("compare", "good", "good@2", "--store", "both.db")
    assert several.code == 2
    assert "several variants in both.db; write one of: good [version 1]; good [version 2]" in several.err
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


@pytest.mark.parametrize("form", ["terminal", "markdown", "json"])
def test_where_no_metric_exists_there_is_nothing_to_compare(call, form):
    measured = {"truth": None, "scores": dataclasses.replace(record().scores, verdict=None, recovered=None)}
    store("a.db", *(record(method=name, seed=seed, **measured) for name in ("one", "two") for seed in range(2)))
    nothing = call("compare", "one", "two", "--metric", "recovery", "--store", "a.db", "--format", form)
    some = call("compare", "one", "two", "--metric", "recovery", "--metric", "accuracy", "--store", "a.db", "-f", form)
    every = call("compare", "one", "two", "--store", "a.db", "--format", form)

    why = "no task has values of recovery on both sides; recovery needs tasks with a truth, --metric accuracy does not"
    assert nothing == (5, "", f"nothing to compare: {why}\n")
    assert (some.code, some.err) == (0, f"not compared: {why}\n")
    assert (every.code, every.err) == (0, "")


def test_one_perturbation_of_several(call):
    few = {"perturbation": {"train_size": 50, "dummies": 3}}
    path = store("a.db", *(run for more in ({}, few) for run in (*runs(12, **more), *runs(4, method="other", **more))))
    both = call("compare", "good", "other", "--store", path)
    assert "train 50, 3 dummies" in both.out
    one = call("compare", "good", "other", "--store", path, "--perturbation", "train 50, 3 dummies")
    assert one.code == 0
    assert "s/11" in one.out
    assert call("compare", "good", "other", "--store", path, "--perturbation", "train 51").code == 5


def test_memory_and_cpu_are_compared_where_they_are_named(call):
    small = runs(3, tasks=6, method="small", peak_mb=100.0, cpu_seconds=1.0)
    large = runs(3, tasks=6, method="large", peak_mb=400.0, cpu_seconds=10.0)
    path = store("runs.db", *small, *large)
    said = call("compare", "small", "large", "--store", path, "--metric", "memory", "--metric", "cpu")
    assert said.code == 0
    assert "peak MiB: large is worse than small (×4.00" in said.out
    assert "CPU seconds: large is worse than small (×10.00" in said.out
    assert "MiB" not in call("compare", "small", "large", "--store", path).out
    write_baseline(RunTable.from_records(small, BASELINE).runs, Path("base.json"))
    lacking = call("compare", "base.json:small", f"{path}:small", "--metric", "memory")
    assert (lacking.code, lacking.out) == (5, "")
    assert "no task has values of memory on both sides" in lacking.err
