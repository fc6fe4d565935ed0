"""`RunKey`: the digest depends on all its facts, on nothing else, and is the same everywhere."""

from __future__ import annotations

import dataclasses
import gzip
import json
from typing import Any

import pytest
from places import ROOT
from records import record

from srbench_lite.recording.run_key import RunKey

KEY: dict[str, Any] = {
    "task_fingerprint": "f" * 64,
    "method": "lasso",
    "method_version": "1",
    "parameters": {"degree": 3, "alpha": 0.5},
    "seed": 0,
    "noise": 0.01,
    "budget_seconds": 60.0,
    "budget_memory_mb": 4096.0,
    "budget_threads": 1,
    "scoring_version": "1.1",
}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("task_fingerprint", "e" * 64), ("method", "lies"), ("method_version", "2"), ("seed", 1), ("noise", 0.02),
        ("parameters", {"degree": 4, "alpha": 0.5}), ("parameters", {"degree": 3}), ("parameters", {}),
        ("budget_seconds", 61.0), ("budget_memory_mb", 1.0), ("budget_threads", 2), ("scoring_version", "1.2"),
        ("perturbation", {"dummies": 3}),
    ],
)  # fmt: skip
def test_the_key_depends_on_every_part(part, value):
    assert RunKey(**(KEY | {part: value})).digest != RunKey(**KEY).digest


def test_the_key_does_not_depend_on_how_a_number_is_written():
    same = {"noise": 0, "budget_seconds": 60, "budget_memory_mb": 4096, "parameters": {"alpha": 0.5, "degree": 3}}
    assert RunKey(**(KEY | same)).digest == RunKey(**(KEY | {"noise": -0.0})).digest


def test_the_key_is_the_same_on_every_machine_and_day():
    """A change here makes every stored record of every user look missing."""
    assert RunKey(**KEY).digest == "cab2759a3d96a8f8bcad00ab8ecf5404"


def test_a_record_has_the_key_of_its_own_facts():
    made = record()
    assert made.run_key == RunKey.of(made)
    assert made.run_key.digest == made.key
    assert dataclasses.asdict(made.run_key)["task_fingerprint"] == made.task_fingerprint
    assert len(dataclasses.fields(RunKey)) == 11


def test_each_perturbation_is_another_key():
    settings = [
        {},
        {"dummies": 3},
        {"dummies": 4},
        {"train_size": 3},
        {"rescale": True},
        {"dummies": 3, "rescale": True},
    ]
    assert len({RunKey(**KEY, perturbation=one).digest for one in settings}) == len(settings)
    backwards = {"rescale": True, "dummies": 3}
    assert RunKey(**KEY, perturbation=backwards).digest == RunKey(**KEY, perturbation=settings[-1]).digest


def test_the_committed_records_have_the_keys_that_they_had():
    """Runs without perturbation have the keys of before there were any: else all of them would look missing."""
    content = json.loads(gzip.decompress((ROOT / "results" / "records.json.gz").read_bytes()))
    names = [field.name for field in dataclasses.fields(RunKey) if field.name != "perturbation"]
    plain = [row for row in content["records"] if not row.get("perturbation")]
    assert plain
    assert all(RunKey(**{name: row[name] for name in names}).digest == row["key"] for row in plain)


def test_another_version_of_the_scoring_is_another_key():
    key = RunKey(**KEY)
    assert dataclasses.replace(key, scoring_version="9").digest != key.digest
    assert dataclasses.replace(key, scoring_version="1.1").digest == key.digest
