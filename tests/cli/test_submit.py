"""`srbench submit --check`."""

from __future__ import annotations

import dataclasses
import json

import pytest
from records import record

from srbench_lite.methods.discovery import discover
from srbench_lite.recording.exchange import write_records


@pytest.fixture
def claims():
    """Records of the suite `sin` whose formula is each task's truth, as a file would have them."""
    made = []
    for task in discover().suites["sin"].tasks:
        scores = {"complexity_truth": task.truth.complexity, "complexity": task.truth.complexity}
        made.append(
            record(
                task=task.name, task_fingerprint=task.fingerprint, truth=str(task.truth), expression=str(task.truth),
                environment={"srbench_lite": "1.0"}, **scores,
            )
        )  # fmt: skip
    return made


def _line(out: str, name: str) -> str:
    return next(line for line in out.splitlines() if line.startswith(name))


def test_a_complete_set_that_is_judged_as_it_says(call, tmp_path, claims):
    write_records(claims, tmp_path / "mine.json.gz", form="json")
    said = call("submit", "--check", "mine.json.gz", "--suite", "sin", "--seeds", "1")
    assert said.code == 0, said.out + said.err
    assert "mine.json.gz: complete and right" in said.out
    assert f"verdicts as judged here      {len(claims)}" in said.out


def test_a_false_verdict_is_found(call, tmp_path, claims):
    claims[0] = dataclasses.replace(claims[0], expression="x**2")
    write_records(claims, tmp_path / "mine.csv", form="csv")
    said = call("submit", "--check", "mine.csv", "--json")
    assert said.code == 1
    document = json.loads(said.out)
    assert (document["right"], document["records"]) == (False, len(claims))
    (wrong,) = [point for point in document["points"] if point["wrong"]]
    assert wrong["name"] == "verdicts as judged here"
    assert "claimed exact, judged different" in wrong["example"]


def test_without_judging_the_rest_is_looked_at(call, tmp_path, claims):
    write_records(claims[1:], tmp_path / "mine.json", form="json")
    said = call("submit", "--check", "mine.json", "--sample", "0")
    assert said.code == 1
    assert "1 wrong" in _line(said.out, "complete")
    assert "verdicts" not in said.out
    assert "not to be handed in as it is" in said.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mine.json",), "there is nothing that a file is sent to; `srbench submit --check mine.json` says"),
        (("--check", "no.json"), "there is no file no.json"),
        (("--check", "empty.json"), "empty.json holds no records"),
        (("--check", "mine.txt"), "cannot tell the format of mine.txt"),
    ],
)
def test_what_cannot_be_looked_at(call, tmp_path, words, said):
    write_records([], tmp_path / "empty.json", form="json")
    (tmp_path / "mine.txt").write_text("x")
    result = call("submit", *words)
    assert (result.code, result.out) == (2, "")
    assert said in result.err
