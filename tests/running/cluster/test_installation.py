"""`Installation`: where two machines differ, with both versions."""

from __future__ import annotations

import dataclasses
import json

import pytest

from srbench_lite.running.cluster.installation import Installation, MethodCode, core_code
from srbench_lite.running.wire import WireError

HERE = Installation.here({"mean": MethodCode(version="1", source="abc")})


def test_it_arrives_as_it_was():
    assert Installation.of(json.loads(json.dumps(HERE.to_json()))) == HERE


def test_the_code_of_the_core_is_a_hash_of_its_sources():
    assert len(core_code()) == 16
    assert set(core_code()) <= set("0123456789abcdef")


def test_the_same_has_no_differences():
    assert HERE.differences(HERE) == []


def test_the_last_number_of_python_makes_no_difference():
    minor = ".".join(HERE.python.split(".")[:2])
    assert HERE.differences(dataclasses.replace(HERE, python=f"{minor}.999")) == []


def test_every_difference_is_said_with_both_versions():
    there = Installation(srbench_lite="9", code="0", python="3.99.0", methods={})
    said = HERE.differences(there)
    assert said == [
        f"srbench-lite {HERE.srbench_lite} here and 9 there", f"Python {HERE.python} here and 3.99.0 there",
        "no method mean there: it says nothing of it",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"srbench_lite": 1}, {"code": None}, {"python": []}, {"methods": []}, {"methods": {"m": 1}},
        {"methods": {"m": {"version": 1}}}, {"methods": {"m": {"source": 1}}},
    ],
)  # fmt: skip
def test_what_is_none_is_refused(change):
    with pytest.raises(WireError, match="must be"):
        Installation.of(HERE.to_json() | change)
