"""`srbench baseline`: what it writes, and which runs."""

from __future__ import annotations

from pathlib import Path

from compared_runs import runs, store
from records import failure

from srbench_lite.comparing.baseline import COLUMNS, read_baseline
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.record import Status


def test_a_baseline_holds_what_comparing_needs_and_comes_back(call):
    records = [*runs(8), *runs(5, method="other", noise=0.1), failure(Status.TIMEOUT, suite="s", task="s/99")]
    store("a.db", *records)
    said = call("baseline", "--store", "a.db", "--out", "sub/base.json")
    assert (said.code, said.out) == (0, "sub/base.json: 49 runs of good, other on 13 tasks\n")
    found, wanted = read_baseline(Path("sub/base.json")).run_table.runs, RunTable.from_records(records, COLUMNS).runs
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
    assert set(read_baseline(Path("base.json")).run_table.runs["method_version"]) == {"2"}
    assert call("baseline", "--store", "a.db", "--out", "base.txt").code == 2
    assert call("baseline", "--store", "a.db", "--method", "goood").code == 2
