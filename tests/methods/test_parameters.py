"""Values of hyper-parameters: what may be one, and how a text of the command line becomes one."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.errors import UsageError
from srbench_lite.methods.parameters import changed, is_allowed

PLAIN = (
    st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False, allow_infinity=False) | st.none()
)


@given(st.one_of(PLAIN, st.lists(PLAIN, max_size=4).map(tuple)))
def test_numbers_texts_and_tuples_of_them_are_allowed(value: Any) -> None:
    assert is_allowed(value)


@pytest.mark.parametrize("value", [[1], ((1,),), float("nan"), (float("inf"),), {1: 2}, b"x", 1j, (object(),)])
def test_what_a_record_cannot_hold_or_nobody_can_hash_is_not_allowed(value: object) -> None:
    assert not is_allowed(value)


@given(st.one_of(st.lists(kind, min_size=1).map(tuple) for kind in (st.integers(), st.booleans(), st.text(max_size=9))))
def test_a_tuple_survives_a_record_and_a_command_line(value: tuple[Any, ...]) -> None:
    kind = f"tuple[{type(value[0]).__name__}, ...]"
    for written in (json.loads(json.dumps(value)), json.dumps(value), value):
        assert changed("m.p", written, value, kind) == value
        assert changed("m.p", written, (), kind) == value


@pytest.mark.parametrize(
    ("text", "present", "annotation", "value"),
    [
        ("8,8", (4, 4), "tuple[int, ...]", (8, 8)),
        ("(8, 8)", (4,), "tuple[int, ...]", (8, 8)),
        ("8", (4, 4), "tuple[int, ...]", (8,)),
        ("8,", (4, 4), "tuple[int, ...]", (8,)),
        ("", (4, 4), "tuple[int, ...]", ()),
        ("[]", ("a",), "tuple[str, ...]", ()),
        ("0.5,1", (0.1,), "tuple[float, ...]", (0.5, 1.0)),
        ("1,2", (), "tuple[float, ...]", (1.0, 2.0)),
        ("1,0.5", (1, 0.5), "tuple", (1.0, 0.5)),
        ("tanh,relu", ("a",), "tuple[str, ...]", ("tanh", "relu")),
        ("[tanh, 'relu']", ("a",), "tuple[str, ...]", ("tanh", "relu")),
        ("1,0", ("a",), "tuple[str, ...]", ("1", "0")),
        ("true,False", (True,), "tuple[bool, ...]", (True, False)),
        ("1,a", (), "tuple[int | str, ...]", (1, "a")),
        ("8,8", None, "tuple[int, ...] | None", (8, 8)),
        ("none", (1,), "tuple[int, ...] | None", None),
        (None, None, "tuple[int, ...] | None", None),
    ],
)
def test_a_tuple_may_be_written_as_people_write_it(text: Any, present: Any, annotation: str, value: object) -> None:
    new = changed("m.p", text, present, annotation)
    assert new == value
    assert [type(item) for item in new or ()] == [type(item) for item in value or ()]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("value", "present", "annotation", "said"),
    [
        ("8,x", (4, 4), "tuple[int, ...]", "m.p must be a list of whole numbers such as [4, 4], got '8,x'"),
        ("none", (4,), "tuple[int, ...]", "m.p must be a list of whole numbers such as [4], got 'none'"),
        (7, (4,), "tuple[int, ...]", "m.p must be a list of whole numbers such as [4], got 7"),
        ([[1]], (4,), "tuple[int, ...]", "m.p must be a list of whole numbers such as [4], got [[1]]"),
        ([float("nan")], (0.5,), "tuple[float, ...]", "m.p must be a list of numbers such as [0.5], got [nan]"),
        ("x", (), "tuple[float, ...]", "m.p must be a list of numbers such as [0.5, 0.5], got 'x'"),
        ([1], ("a",), "tuple[str, ...]", 'm.p must be a list of texts such as ["a"], got [1]'),
        ([None], (), "tuple", "m.p must be a list of numbers or names such as [], got [None]"),
        ("[8,8]", 3, "int", "m.p must be a whole number such as 3, got '[8,8]'"),
    ],
)
def test_a_wrong_value_is_shown_with_what_it_must_be(value: Any, present: Any, annotation: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        changed("m.p", value, present, annotation)
