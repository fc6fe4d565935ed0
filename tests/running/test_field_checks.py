"""Checks of fields: what is right passes, what is wrong is said with the field, the value and what was expected."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from srbench_lite.running.field_checks import check_texts, check_type, field_names, given_fields, required_field
from srbench_lite.running.wire import WireError


@dataclass
class Sent:
    name: str
    size: int = 0
    parts: list[str] = field(default_factory=list)


def test_names_of_fields():
    assert field_names(Sent) == ("name", "size", "parts")


def test_a_field_with_a_default_may_be_absent_and_what_is_no_field_is_not_read():
    assert given_fields({"name": "a", "other": 1}, Sent) == {"name": "a"}
    assert given_fields({"name": "a", "size": 2, "parts": []}, Sent, without=("size",)) == {"name": "a", "parts": []}
    with pytest.raises(WireError, match=r"^it lacks name$"):
        given_fields({"size": 1}, Sent)
    assert given_fields({"size": 1}, Sent, without=("name",)) == {"size": 1}


def test_a_required_field():
    assert required_field({"a": {}}, "a", dict, "an object") == {}
    with pytest.raises(WireError, match=r"^it lacks b$"):
        required_field({"a": {}}, "b", dict, "an object")
    with pytest.raises(WireError, match=r"^a must be an object, got \[\]$"):
        required_field({"a": []}, "a", dict, "an object")


@pytest.mark.parametrize(("value", "kind"), [("a", str), (1, int), (1.5, float), (None, str | None), (2, int | float)])
def test_a_right_type_passes(value, kind):
    check_type("a", value, kind, "right")


@pytest.mark.parametrize(("value", "kind"), [(1, str), (True, int), (1, float), ("", int | None), (None, dict)])
def test_a_wrong_type_is_said(value, kind):
    with pytest.raises(WireError) as caught:
        check_type("size", value, kind, "of another kind")
    assert str(caught.value) == f"size must be of another kind, got {value!r}"


def test_texts():
    assert check_texts("parts", ["a", "b"]) == ("a", "b")
    assert check_texts("parts", ()) == ()
    for wrong in ("ab", None, [1], ["a", None], {"a": "b"}):
        with pytest.raises(WireError, match=r"^parts must be a list of texts, got "):
            check_texts("parts", wrong)


def test_a_long_value_is_shown_in_short():
    with pytest.raises(WireError) as caught:
        check_type("size", "x" * 10**6, int, "a whole number")
    assert len(str(caught.value)) < 100
