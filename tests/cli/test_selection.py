"""Which runs options choose, of which source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from compared_runs import runs, store

from srbench_lite.cli.selection import chosen_runs, method_and_version, runs_of_method, runs_of_sources
from srbench_lite.comparing.baseline import write_baseline
from srbench_lite.comparing.comparison import COLUMNS
from srbench_lite.comparing.runs import RunTable
from srbench_lite.errors import StoreError, UnknownNameError, UsageError
from srbench_lite.recording.exchange import write_records

RECORDS = [*runs(2, tasks=3, seeds=1), *runs(2, tasks=3, seeds=1, noise=0.1, perturbation={"dummies": 2})]


def frame():
    return RunTable.from_records(RECORDS, COLUMNS).runs


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 6), ({"noises": (0.1,)}, 3), ({"noises": (0.0, 0.1)}, 6), ({"suites": ("t",)}, 0),
        ({"perturbations": ("2 dummies",)}, 3), ({"perturbations": ("none",)}, 3), ({"tasks": ("s/[01]",)}, 4),
        ({"tasks": ("0", "s/0")}, 2), ({"suites": ("s",), "noises": (0.1,), "tasks": ("s/2",)}, 1),
    ],
)  # fmt: skip
def test_options_choose_what_fits_all_of_them(options, count):
    assert len(chosen_runs(frame(), **options)) == count


def test_a_task_that_no_run_is_on_is_refused():
    with pytest.raises(UnknownNameError, match="unknown task"):
        chosen_runs(frame(), tasks=("s/7",))


def test_method_and_version():
    assert method_and_version("lies") == ("lies", None)
    assert method_and_version("lies@2.1") == ("lies", "2.1")


def test_store_export_and_other_store_have_the_same_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path(store("a.db", *RECORDS, *runs(1, method="other")))
    write_records([*RECORDS, *runs(1, method="other")], Path("a.csv"), form="csv")
    found = [
        runs_of_method(path, None, "good", COLUMNS),
        runs_of_method(Path("absent.db"), path, "good", COLUMNS),
        runs_of_method(path, Path("a.csv"), "good", COLUMNS),
    ]
    assert [(len(one.runs), set(one.runs["method"]), one.remarks) for one in found] == [(6, {"good"}, ())] * 3
    for source in (None, Path("a.csv")):
        with pytest.raises(UnknownNameError, match=r"unknown method 'goood'\. Did you mean: good"):
            runs_of_method(path, source, "goood", COLUMNS)
    with pytest.raises(StoreError, match=r"absent\.db"):
        runs_of_method(path, Path("absent.db"), "good", COLUMNS)


def test_what_is_left_out_is_said_of_the_method_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old = {"task_version": 0}
    records = [*RECORDS, *runs(1, method="other", **old), *runs(1, tasks=1, seeds=1, **old)]
    write_records(records, Path("a.csv"), form="csv")
    found = runs_of_method(Path("a.db"), Path("a.csv"), "good", COLUMNS)
    assert found.remarks == ("1 run on an older definition of its task is left out.",)


def test_a_baseline_keeps_too_little(tmp_path):
    from srbench_lite.comparing.baseline import COLUMNS as OF_BASELINE

    write_baseline(RunTable.from_records(RECORDS, OF_BASELINE).runs, tmp_path / "b.json")
    with pytest.raises(UsageError, match=r"b\.json is a baseline, which keeps too little of a run"):
        runs_of_method(tmp_path / "a.db", tmp_path / "b.json", "good", COLUMNS)


def test_of_several_sources_those_without_the_method_are_passed_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, other = Path(store("a.db", *RECORDS)), Path(store("b.db", *runs(1, method="other")))
    columns = (*COLUMNS, "environment")
    assert [len(one.runs) for one in runs_of_sources(path, [other], "good", columns)] == [6]
    assert [len(one.runs) for one in runs_of_sources(path, [path], "good", columns)] == [6, 6]
    assert [len(one.runs) for one in runs_of_sources(Path("absent.db"), [path], "good", columns)] == [6]
    with pytest.raises(UnknownNameError):
        runs_of_sources(path, [other], "bad", columns)
    with pytest.raises(StoreError):
        runs_of_sources(Path("absent.db"), [], "good", columns)


def test_environments_are_the_same_of_a_store_and_an_export(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    records = [*RECORDS, *runs(1, tasks=1, seeds=1, noise=0.2, environment={"commit": "abc"})]
    path = Path(store("a.db", *records))
    write_records(records, Path("a.json"), form="json")
    columns = (*COLUMNS, "environment")
    kept, exported = (runs_of_method(path, source, "good", columns).runs for source in (None, Path("a.json")))
    assert kept.set_index(["task", "noise"])["environment"].to_dict() == (
        exported.set_index(["task", "noise"])["environment"].to_dict()
    )
    assert json.loads(kept["environment"][kept["noise"] == 0.2].iloc[0]) == {"commit": "abc"}
