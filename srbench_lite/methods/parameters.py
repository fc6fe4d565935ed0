"""Values of hyper-parameters: which there may be, and how a text of the command line becomes one."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from srbench_lite.errors import UsageError

__all__ = ["KINDS", "changed", "is_allowed", "is_tuple"]

#: What a hyper-parameter may be, in words.
KINDS: Final = "bool, int, float, str, None or a tuple of these"

_WORDS: Final = {"True": "true", "False": "false", "None": "null", "none": "null"}
_EXAMPLES: Final[dict[str, Any]] = {"float": 0.5, "int": 8, "bool": True, "str": "name"}


def is_allowed(value: object) -> bool:
    """Return whether a hyper-parameter may have a value: one that a record can hold, and that is hashable."""
    if isinstance(value, tuple):
        return all(_is_plain(item) for item in value)
    return _is_plain(value)


def changed(name: str, value: Any, present: Any, annotation: str) -> Any:
    """Return a value as one of the same type as the present one.

    Args:
        name: of the hyper-parameter with its method, for the error.
        value: a value, or a text of the command line, which is read as JSON where the present value is no text. A tuple
            may come as a list, and as a text with commas: `8,8`.
        present: the value that it replaces.
        annotation: type of the field, as it is written.

    Raises:
        UsageError: it has another type; the text says which it must have, and shows the value.
    """
    if value is None and present is None:
        return None
    if is_tuple(present, annotation):
        return _tuple(name, value, present or (), annotation)
    optional = present is None or "None" in annotation or "Optional" in annotation
    return _scalar(value, present, optional, _wrong(name, value, _kind(present), present))


def is_tuple(present: Any, annotation: str) -> bool:
    """Return whether a hyper-parameter holds a tuple, by its present value and by its type as it is written."""
    return isinstance(present, tuple) or (present is None and "tuple" in annotation)


def _tuple(name: str, value: Any, present: tuple[Any, ...], annotation: str) -> Any:
    example = _example(present, annotation)
    shown = list(present) or ([] if example is None else [example, example])
    kind = "numbers or names" if example is None else f"{_kind(example).removeprefix('a ')}s"
    wrong = _wrong(name, value, f"a list of {kind}".replace("true or falses", "true and false"), shown)
    items = _items(value, of_texts=isinstance(example, str)) if isinstance(value, str) else value
    if items is None and ("None" in annotation or "Optional" in annotation):
        return None
    if not isinstance(items, list | tuple):
        raise wrong
    return tuple(_scalar(item, example, False, wrong) for item in items)


def _items(text: str, *, of_texts: bool) -> Any:
    """Return what a text lists: JSON, or values with commas between, with or without brackets; None for `none`."""
    text = text.strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    for written in (text, *([] if of_texts else [f"[{text.rstrip(', ')}]"])):
        try:
            items = json.loads(_WORDS.get(written, written))
        except (ValueError, RecursionError):
            continue
        if isinstance(items, list) or items is None:
            return items
    inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    inner = inner.rstrip(", ")
    return [item.strip().strip("'\"") for item in inner.split(",")] if inner else []


def _example(present: tuple[Any, ...], annotation: str) -> Any:
    """Return a value that has the type of a tuple's items; None where they may be of any."""
    kinds = {type(item) for item in present}
    if kinds == {int, float}:
        return 0.5
    if present:
        return present[0] if len(kinds) == 1 else None
    named = [kind for kind in _EXAMPLES if kind in annotation]
    return _EXAMPLES[named[0]] if len(named) == 1 else None


def _scalar(value: Any, present: Any, optional: bool, wrong: UsageError) -> Any:
    if isinstance(value, str) and not isinstance(present, str):
        try:
            value = json.loads(_WORDS.get(value, value))
        except (ValueError, RecursionError):
            if present is not None:
                raise wrong from None  # where nothing is known of the type, it is a text
    if isinstance(present, float) and isinstance(value, int) and not isinstance(value, bool):
        try:
            value = float(value)
        except OverflowError:
            raise wrong from None
    if value is None and optional:
        return None
    if value is None or not _is_plain(value) or (present is not None and type(value) is not type(present)):
        raise wrong
    return value


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int | str | None) or (isinstance(value, float) and math.isfinite(value))


def _wrong(name: str, value: Any, kind: str, example: Any) -> UsageError:
    return UsageError(f"{name} must be {kind} such as {json.dumps(example)}, got {value!r}")


def _kind(value: object) -> str:
    kinds: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    return kinds.get(type(value), "a value")
