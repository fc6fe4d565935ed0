"""`Environment`: a file of JSON, and a fingerprint of what runs there depend on."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.environments.environment import Environment, check_name
from srbench_lite.errors import UsageError

MINE = Environment(
    name="mine", python="/somewhere/bin/python", python_version="3.11.7", requirements=("gplearn==0.4.3",),
    locked=("gplearn==0.4.3", "numpy==2.4.6"), created="2026-01-02T03:04:05+00:00",
)  # fmt: skip
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.builds(Environment, **dict.fromkeys(("name", "python", "python_version", "created"), TEXT),
                 requirements=st.lists(TEXT).map(tuple), locked=st.lists(TEXT).map(tuple)))  # fmt: skip
def test_what_is_written_is_read_again(environment):
    assert Environment.from_json(environment.to_json()) == environment


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"locked": ("gplearn==0.4.3", "numpy==2.4.7")}, False),
        ({"locked": (*MINE.locked, "scipy==1.0")}, False),
        ({"python_version": "3.12.7"}, False),
        ({"python_version": "3.11.9"}, True),
        ({"name": "yours", "python": "/elsewhere/python", "created": "", "requirements": ()}, True),
    ],
)
def test_the_fingerprint_is_of_what_is_installed_and_of_nothing_else(changed, same):
    other = dataclasses.replace(MINE, **changed)

    assert len(MINE.fingerprint) == 16
    assert (other.fingerprint == MINE.fingerprint) is same


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ("[]", "it must be an object with the keys created, locked, name"),
        ("{}", "it must be an object with the keys created, locked, name"),
        (json.dumps(dataclasses.asdict(MINE) | {"more": 1}), "it must be an object with the keys"),
        (json.dumps(dataclasses.asdict(MINE) | {"python": 3}), "python must be a text, got 3"),
        (json.dumps(dataclasses.asdict(MINE) | {"locked": "numpy"}), "locked must be a list of texts, got 'numpy'"),
        (json.dumps(dataclasses.asdict(MINE) | {"locked": [1]}), r"locked must be a list of texts, got \[1\]"),
    ],
)
def test_a_file_that_is_none_is_refused(text, said):
    with pytest.raises(UsageError, match=said):
        Environment.from_json(text)


@pytest.mark.parametrize("name", ["a", "gplearn", "my_env-1.2", "9"])
def test_a_name_is_that_of_a_folder(name):
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "/a", "a b", "ä", "a\n", "-a", "a" * 101])
def test_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(UsageError, match="an environment's name must be letters"):
        check_name(name)
