"""Checks of what stands in a message: each raises `WireError` with the field, its value and what was expected."""

from __future__ import annotations

import dataclasses
import math
import reprlib
from collections.abc import Mapping
from types import UnionType
from typing import Any, Final

from srbench_lite.running.wire import WireError

__all__ = [
    "ANSWER",
    "check_seconds",
    "check_texts",
    "check_type",
    "field_names",
    "given_fields",
    "required_field",
    "shown",
]

#: The kind of every answer on the wire.
ANSWER: Final = "ended"


def field_names(kind: type) -> tuple[str, ...]:
    """Return the names of a dataclass's fields."""
    return tuple(f.name for f in dataclasses.fields(kind))


def given_fields(header: Mapping[str, Any], kind: type, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what a header says of a dataclass's fields; a field without a default must be there."""
    fields = [f for f in dataclasses.fields(kind) if f.name not in without]
    missing = [
        f.name
        for f in fields
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING and f.name not in header
    ]
    if missing:
        raise WireError(f"it lacks {', '.join(missing)}")
    return {f.name: header[f.name] for f in fields if f.name in header}


def required_field(header: Mapping[str, Any], name: str, kind: type, expected: str) -> Any:
    """Return a field of a header, which must be there and of this type."""
    if name not in header:
        raise WireError(f"it lacks {name}")
    check_type(name, header[name], kind, expected)
    return header[name]


def check_type(name: str, value: object, kind: type | UnionType, expected: str) -> None:
    """Refuse a value of another type; true and false are no numbers."""
    if not isinstance(value, kind) or isinstance(value, bool):
        raise WireError(f"{name} must be {expected}, got {shown(value)}")


def check_seconds(name: str, value: object) -> None:
    """Refuse what is no time: it must be a finite float that is not negative."""
    check_type(name, value, float, "a number that is not negative")
    assert isinstance(value, float)
    if not (math.isfinite(value) and value >= 0):
        raise WireError(f"{name} must be a number that is not negative, got {value!r}")


def check_texts(name: str, values: object) -> tuple[str, ...]:
    """Return a list of texts as a tuple, or refuse it."""
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise WireError(f"{name} must be a list of texts, got {shown(values)}")
    return tuple(values)


def shown(value: object) -> str:
    """Return a value as an error text shows it: shortened, however long and deep it is."""
    return f"{reprlib.repr(value):.120}"
