"""`Environment`: an interpreter beside our own, and what is installed in it; kept as a file of JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final, Self

from srbench_lite.errors import UsageError

__all__ = ["Environment", "check_name"]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An interpreter in which methods can run.

    Attributes:
        name: of the environment; the interpreter's path where it was given by that and is not kept.
        python: absolute path of the interpreter, with its links unfollowed: a venv is found by them.
        python_version: such as 3.11.7.
        requirements: what it was made of, as pip takes it; empty for an interpreter that was there before.
        locked: what is installed there, `name==version` each, sorted.
        created: when it was recorded, ISO 8601 in UTC.
    """

    name: str
    python: str
    python_version: str
    requirements: tuple[str, ...]
    locked: tuple[str, ...]
    created: str

    @property
    def fingerprint(self) -> str:
        """Hash of what runs there depend on: the version of Python up to its second number, and all that is locked."""
        minor = ".".join(self.python_version.split(".")[:2])
        text = "\n".join((f"python {minor}", *self.locked))
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]

    def to_json(self) -> str:
        """Return it as text of a file."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read it.

        Raises:
            UsageError: the text is no environment; its text says why.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"it is no JSON: {error}") from None
        names = {field.name for field in dataclasses.fields(cls)}
        if not isinstance(values, dict) or set(values) != names:
            raise UsageError(f"it must be an object with the keys {', '.join(sorted(names))}")
        checked: dict[str, Any] = {name: _checked(name, value) for name, value in values.items()}
        return cls(**checked)


def check_name(name: str) -> str:
    """Return the name of an environment, which is that of a folder too; raises `UsageError` where it cannot be."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"an environment's name must be letters, digits, ., - and _, and begin with a letter or digit, got {name!r}"
        )
    return name


def _checked(name: str, value: Any) -> str | tuple[str, ...]:
    """Return a value of the file as the attribute of that name has it."""
    if name in ("requirements", "locked"):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise UsageError(f"{name} must be a list of texts, got {value!r:.80}")
    if not isinstance(value, str):
        raise UsageError(f"{name} must be a text, got {value!r:.80}")
    return value
