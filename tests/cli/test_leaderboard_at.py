"""`--at` of `srbench leaderboard` and `srbench compare`: runs as if each had been stopped at a second."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from compared_runs import store
from records import record

from srbench_lite.comparing.baseline import COLUMNS, write_baseline
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.exchange import write_records
from srbench_lite.recording.progress import entry
from srbench_lite.recording.record import COLUMNS as RECORD_COLUMNS
from srbench_lite.recording.record import Record

MISSED: dict[str, Any] = {"verdict": "different", "recovered": False, "nmse_test": 0.5, "r2_test": 0.5}
FOUND: dict[str, Any] = {"verdict": "exact", "recovered": True, "nmse_test": 0.0, "r2_test": 1.0, "complexity": 2}


def solved(at: float, task: str = "sin/a", budget: float = 10.0, **changes: Any) -> Record:
    """Return a run that had the truth from a second on, at which it was over."""
    marks = [mark for mark in (1.0, 2.0, 5.0) if mark < budget] + [budget]
    early = {**MISSED, "complexity": 7}
    progress = tuple(entry(mark, "sin(x)" if mark >= at else "x", **(FOUND if mark >= at else early)) for mark in marks)
    changes = {"seconds": at, "cpu_seconds": at} | changes
    return record(task=task, budget_seconds=budget, progress=progress, **changes)


RUNS = [
    *(solved(1.5, f"sin/{k}", method="quick") for k in range(4)),
    *(solved(4.0, f"sin/{k}", method="slow") for k in range(4)),
]


def source(form: str, records: list[Record]) -> tuple[str, str]:
    """Write the records and return the option that reads them."""
    if form == "db":
        return "--store", store("runs.db", *records)
    path = Path(f"runs.{form}")
    write_records(records, path, form=form.removesuffix(".gz"))
    return "--from", str(path)


def rows(said: Any) -> dict[str, dict[str, Any]]:
    assert said.code == 0, said.err
    return {row["method"]: row for row in json.loads(said.out)["rows"]}


@pytest.mark.parametrize("form", ["db", "csv", "json.gz"])
def test_who_is_ahead_at_a_second(call, form):
    given = source(form, RUNS)
    for at, quick, slow in ((1, 0, 0), (2, 1, 0), (10, 1, 1)):
        found = rows(call("leaderboard", *given, "--at", str(at), "--format", "json"))
        assert (found["quick"]["recovery"], found["slow"]["recovery"]) == (quick, slow), at
        assert found["slow"]["seconds"] == min(at, 4.0)
        assert found["slow"]["complexity"] == (2 if slow else 7)
        assert found["slow"]["failures"] == ({} if slow else {"timeout": 4})
        assert found["slow"]["r2_far"] is None
    said = call("leaderboard", *given, "--at", "2")
    assert "Each run as it would be had it been stopped at 2 s: 4 runs cut short." in said.out
    assert said.out.index("quick") < said.out.index("slow")


def test_at_the_end_of_the_budget_a_run_is_as_it_ended(call):
    late = solved(10.0, seconds=10.2)
    plain = rows(call("leaderboard", *source("db", [late]), "--format", "json"))["good"]
    found = rows(call("leaderboard", "--store", "runs.db", "--at", "10", "--format", "json"))["good"]
    assert (found["recovery"], found["ok"], found["seconds"]) == (1.0, 1, 10.2)
    assert {name for name in plain if plain[name] != found[name]} == {"r2_far", "nmse_far", "complexity_simplified"}


def test_runs_of_another_limit_or_an_older_version_are_left_out(call):
    given = source("db", [*RUNS, solved(1.5, "sin/0", 2.0, method="brief"), record(task="sin/0", method="aged")])
    said = call("leaderboard", *given, "--at", "5")
    assert said.code == 0
    assert "2 runs without a mark at 5 s left out." in said.out
    assert "brief" not in said.out
    assert "aged" not in said.out
    assert "1 run without a mark at 2 s left out." in call("leaderboard", *given, "--at", "2").out


@pytest.mark.parametrize(
    ("form", "at", "text"),
    [
        ("db", "3", "3"), ("json", "20", "20"), ("db", "0", "0"), ("db", "-1", "-1"), ("json", "nan", "nan"),
        ("db", "inf", "inf"), ("db", "1e-3", "0.001"),
    ],
)  # fmt: skip
def test_a_second_that_no_run_has_is_an_error_that_lists_those_there_are(call, form, at, text):
    said = call("leaderboard", *source(form, RUNS), f"--at={at}")
    assert (said.code, said.out) == (2, "")
    assert f"no run here has a mark at {text} s; they have 1, 2, 5, 10" in said.err


def test_what_is_no_number_is_an_error(call):
    said = call("leaderboard", *source("db", RUNS), "--at", "soon")
    assert said.code == 2
    assert "'soon' is not a valid float" in said.err


def test_records_of_older_versions_have_no_marks(call):
    (run,) = [record()]
    write_records([run], Path("new.json"), form="json")
    content = json.loads(Path("new.json").read_text())
    for name in ("progress", "reports", "recovered_any", "right_candidates"):
        assert name in RECORD_COLUMNS
        del content["records"][0][name]
    Path("old.json").write_text(json.dumps(content))
    for given in (("--from", "old.json"), ("--store", store("old.db", run))):
        said = call("leaderboard", *given, "--at", "5")
        assert said.code == 2
        assert "no run here has a mark at 5 s; none has progress, as in records of older versions" in said.err


def test_a_store_without_such_runs_has_nothing_to_show(call):
    given = source("db", [])
    assert call("leaderboard", *given, "--at", "5").code == 5


@pytest.mark.parametrize("form", ["db", "json"])
def test_two_methods_are_compared_as_of_a_second(call, form):
    where = source(form, RUNS)[1]
    sides = (f"{where}:quick", f"{where}:slow")
    early, late = (
        json.loads(call("compare", *sides, "--at", at, "--metric", "recovery", "--format", "json").out)[0]
        for at in ("2", "5")
    )
    assert [(line["before"], line["after"]) for line in early["lines"]] == [(1.0, 0.0)]
    assert [(line["before"], line["after"]) for line in late["lines"]] == [(1.0, 1.0)]
    said = call("compare", *sides, "--at", "2")
    assert f"{where}: Each run as it would be had it been stopped at 2 s: 4 runs cut short." in said.err
    missing = call("compare", *sides, "--at", "3")
    assert (missing.code, missing.out) == (2, "")
    assert f"{where}: no run here has a mark at 3 s; they have 1, 2, 5, 10" in missing.err


def test_a_baseline_has_no_marks(call):
    write_baseline(RunTable.from_records(RUNS, COLUMNS).runs, Path("base.json"))
    said = call("compare", "base.json", store("runs.db", *RUNS), "--at", "2")
    assert said.code == 2
    assert "base.json is a baseline, which has no progress for --at; name a store or an export" in said.err
