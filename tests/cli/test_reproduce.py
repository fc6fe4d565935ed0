"""`srbench reproduce`: a stored run is done again, and what came out otherwise is named."""

from __future__ import annotations

import dataclasses

import pytest
from places import HOSTILE

from srbench_lite.recording.run_key import RunKey
from srbench_lite.recording.store import Store

AGAIN = ("reproduce", "toy/line", "--method", "good", "--plugin", str(HOSTILE), "--suite", "toy.toml")


def changed(tmp_path, **changes):
    """Store the run of `good` on the line as another one."""
    with Store(tmp_path / "results" / "srbench.db") as store:
        before = next(r for r in store if (r.method, r.task) == ("good", "toy/line"))
        after = dataclasses.replace(before, **changes)
        key = RunKey(**{field.name: getattr(after, field.name) for field in dataclasses.fields(RunKey)}).digest
        store.add_all([dataclasses.replace(after, key=key)], replace=True, without=[before.key])
    return before


def test_the_same_comes_out_and_the_store_stays(filled, tmp_path):
    before = changed(tmp_path)
    said = filled(*AGAIN)
    assert said.code == 0
    assert "it came out the same" in said.out
    assert before.expression in said.out
    with Store(tmp_path / "results" / "srbench.db", read_only=True) as store:
        assert next(r for r in store if r.key == before.key) == before


def test_a_run_may_be_named_by_its_key(filled, tmp_path):
    key = changed(tmp_path).key
    assert filled("reproduce", key[:10], "--plugin", str(HOSTILE), "--suite", "toy.toml").code == 0


def test_what_differs_is_named(filled, tmp_path):
    changed(tmp_path, expression="3*x", environment={"cpu": "another"})
    said = filled(*AGAIN)
    assert said.code == 1
    line = next(line for line in said.out.splitlines() if line.startswith("formula"))
    assert "3*x" in line
    assert line.endswith("DIFFERS")
    assert "another cpu: another, now" in said.err


@pytest.mark.parametrize(
    ("changes", "options", "says"),
    [
        ({}, AGAIN[:-2], "give the suite file that defines it with --suite"),
        ({"task_fingerprint": "0" * 64}, AGAIN, "is defined otherwise here"),
        ({"method_version": "0.0"}, AGAIN, "the run was made by 0.0"),
        ({}, ("reproduce", "toy/line", "--method", "good", "--suite", "toy.toml"), "good is not installed"),
    ],
)
def test_what_is_not_here_any_more_cannot_be_compared(filled, tmp_path, changes, options, says):
    changed(tmp_path, **changes)
    said = filled(*options)
    assert said.code == 4
    assert says in said.err
