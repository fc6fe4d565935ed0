"""Where a method runs, and how that shows in the fingerprint of its code."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import pytest

from srbench_lite import Expression, Fit, Method
from srbench_lite.environments.assignment import OWN, Assignment, assigned, source_of
from srbench_lite.environments.environment import Environment
from srbench_lite.environments.home import folder_of, save_environment
from srbench_lite.errors import UsageError
from srbench_lite.methods.code_fingerprint import code_fingerprint

THERE = Environment(
    name="there", python="/there/bin/python", python_version="3.11.7", requirements=(), locked=("numpy==2.4.6",),
    created="",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mine(Method):
    name, summary, source = "mine", "tests", "tests"

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.constant(1.0))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Theirs(Mine):
    name = "theirs"
    environment: ClassVar[str | None] = "there"


def test_a_method_runs_here_unless_it_names_an_environment_or_is_told_one():
    assert assigned(Mine()) == OWN
    assert assigned(Mine(), {"mine": THERE, "theirs": THERE}) == Assignment(environment=THERE)
    assert assigned(Mine(), {"theirs": THERE}) == OWN


def test_an_environment_that_is_missing_is_named_with_the_command_that_makes_it():
    missing = assigned(Theirs())

    assert missing.environment is None
    assert missing.lacks == "there is no environment there; make it with: srbench env add there"
    save_environment(THERE)
    assert assigned(Theirs()) == Assignment(environment=THERE)


def test_what_one_is_told_counts_more_than_what_the_method_says():
    save_environment(THERE)
    other = dataclasses.replace(THERE, name="/other/python", python="/other/python")

    assert assigned(Theirs(), {"theirs": other}) == Assignment(environment=other)


def test_an_environment_that_cannot_be_read_is_an_error():
    save_environment(THERE)
    (folder_of("there") / "environment.json").write_text("{")

    with pytest.raises(UsageError, match="the environment there cannot be used"):
        assigned(Theirs())


def test_the_fingerprint_changes_with_what_is_installed():
    assert source_of(Mine()) == code_fingerprint(Mine())
    missing = source_of(Theirs())
    save_environment(THERE)
    found = source_of(Theirs())
    save_environment(dataclasses.replace(THERE, locked=("gplearn==0.4.3", "numpy==2.4.6")))
    changed = source_of(Theirs())
    save_environment(dataclasses.replace(THERE, name="there", created="later", python="/moved/bin/python"))
    moved = source_of(Theirs())

    assert len({missing, found, changed, code_fingerprint(Theirs())}) == 4
    assert moved == found
    assert source_of(Mine(), Assignment(environment=THERE)) != code_fingerprint(Mine())


def test_a_method_in_no_file_has_no_fingerprint(monkeypatch):
    monkeypatch.setattr("srbench_lite.environments.assignment.code_fingerprint", lambda method: None)

    assert source_of(Theirs()) is None
