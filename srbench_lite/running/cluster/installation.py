"""`Installation`: what a machine says of its software, and where two differ in what runs depend on."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from srbench_lite._version import __version__
from srbench_lite.running.field_checks import check_type, given_fields, required_field

__all__ = ["Installation", "MethodCode", "core_code"]

_CORE: Final = Path(__file__).resolve().parents[2]
_DIGITS: Final = 16


@cache
def core_code() -> str:
    """Return a hash of the sources of srbench-lite, 16 hexadecimal digits, as they were when it was first asked for."""
    digest = hashlib.sha256()
    for path in sorted(_CORE.rglob("*.py")):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(_CORE).as_posix()}\0{content}\n".encode())
    return digest.hexdigest()[:_DIGITS]


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCode:
    """Which code of a method there is.

    Attributes:
        version: of the method.
        source: fingerprint of its code and environment, as a record has it; None where it is in no file.
        missing: why it cannot be had; empty where it can.
    """

    version: str = ""
    source: str | None = None
    missing: str = ""

    def __post_init__(self) -> None:
        check_type("version", self.version, str, "a text")
        check_type("source", self.source, str | None, "a text or null")
        check_type("missing", self.missing, str, "a text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What runs depend on.

    Attributes:
        srbench_lite: its version.
        code: hash of its sources.
        python: version of the interpreter.
        methods: those that are to run, by name.
    """

    srbench_lite: str
    code: str
    python: str
    methods: Mapping[str, MethodCode]

    @classmethod
    def here(cls, methods: Mapping[str, MethodCode]) -> Self:
        """Return this machine's, with these methods."""
        return cls(srbench_lite=__version__, code=core_code(), python=platform.python_version(), methods=methods)

    def to_json(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        methods = {
            name: {"version": one.version, "source": one.source, "missing": one.missing}
            for name, one in self.methods.items()
        }
        return {"srbench_lite": self.srbench_lite, "code": self.code, "python": self.python, "methods": methods}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Read it; raises `WireError`."""
        texts = {name: required_field(said, name, str, "a text") for name in ("srbench_lite", "code", "python")}
        methods = required_field(said, "methods", dict, "an object")
        for name, one in methods.items():
            check_type(f"the method {name}", one, dict, "an object")
        read = {name: MethodCode(**given_fields(one, MethodCode)) for name, one in methods.items()}
        return cls(**texts, methods=read)

    def differences(self, there: Installation) -> list[str]:
        """Say where another machine differs: each a text with both versions, ours first."""
        return list(self._differences(there))

    def _differences(self, there: Installation) -> Iterable[str]:
        if self.srbench_lite != there.srbench_lite:
            yield f"srbench-lite {self.srbench_lite} here and {there.srbench_lite} there"
        elif self.code != there.code:
            yield f"srbench-lite {self.srbench_lite} with the code {self.code} here and {there.code} there"
        if _minor(self.python) != _minor(there.python):
            yield f"Python {self.python} here and {there.python} there"
        for name, own in self.methods.items():
            other = there.methods.get(name)
            if other is None or other.missing:
                yield f"no method {name} there: {'it says nothing of it' if other is None else other.missing}"
            elif own.version != other.version:
                yield f"{name} {own.version} here and {other.version} there"
            elif own.source != other.source:
                yield f"{name} {own.version} with the code {own.source} here and {other.source} there"


def _minor(version: str) -> str:
    """Return a version up to its second number: what comes after it changes no results."""
    return ".".join(version.split(".")[:2])
