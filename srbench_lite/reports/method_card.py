"""`MethodCard`: what is known of one method before it runs: whose it is, where it runs, what can be set."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

from srbench_lite.environments.assignment import assigned, source_of
from srbench_lite.environments.environment import Environment
from srbench_lite.methods.discovery import Plugin, Registry
from srbench_lite.methods.made_methods import how_to_set, is_made
from srbench_lite.methods.method import Method, can_be_inspected
from srbench_lite.methods.parameter_card import ParameterCard, parameter_cards

__all__ = ["MethodCard"]

_LABEL_WIDTH: Final = 11
_MIN_WIDTH: Final = 30  # of a column of prose
_MAX_DEFAULT: Final = 24  # characters of a value in the table; longer ones stand in the line of prose
_CLASSIFIER: Final = "License :: OSI Approved :: "


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodCard:
    """What is known of a method.

    Attributes:
        method: the method.
        plugin: who offers it.
        environment: in which it runs; None for srbench-lite's own interpreter, and where there is none.
        lacks: why it cannot run, with the command that mends it; None where it can.
        code: fingerprint of its code and environment; None where it has none.
        parameters: what can be set.
    """

    method: Method
    plugin: Plugin
    environment: Environment | None
    lacks: str | None
    code: str | None
    parameters: tuple[ParameterCard, ...]

    @classmethod
    def of(cls, method: Method, registry: Registry) -> Self:
        """Return the card of a method.

        Args:
            method: the method.
            registry: what is installed.

        Raises:
            UsageError: the file of its environment cannot be read.
        """
        where = assigned(method)
        return cls(
            method=method, plugin=registry.owner(method.name), environment=where.environment, lacks=where.lacks,
            code=source_of(method, where), parameters=parameter_cards(method),
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        method = self.method
        return {
            "method": method.name, "summary": method.summary, "source": method.source, "version": method.version,
            "licence": self._licence, "plugin": self._plugin_json(), "environment": self._environment_json(),
            "lacks": self.lacks, "engine": list(method.engine),
            "capabilities": dataclasses.asdict(method.capabilities) | {"inspect": can_be_inspected(method)},
            "code": self.code, "parameters": [dataclasses.asdict(card) for card in self.parameters],
        }  # fmt: skip

    def to_text(self, width: int = 100) -> str:
        """Return it as lines of at most so many characters, where no word is longer."""
        lines = [self.method.name]
        for label, text in (("", self.method.summary), *self._facts()):
            lines += _wrapped(f"  {label:<{_LABEL_WIDTH}} " if label else "  ", text, width)
        return "\n".join([*lines, "", *self._parameter_lines(width)])

    def _facts(self) -> Iterator[tuple[str, str]]:
        method, capabilities = self.method, self.method.capabilities
        yield "source", method.source
        yield "licence", self._licence or "not given"
        yield "version", f"{method.version}, code {self.code or 'without a fingerprint'}"
        yield "plugin", self._plugin
        yield "runs in", self._place
        if method.requirements:
            yield "needs", ", ".join(method.requirements)
        most = capabilities.max_variables
        yield "variables", "any number" if most is None else f"at most {most}"
        yield "repeats", "the same seed gives the same formula" if capabilities.deterministic else "not promised"
        yield "weights", "of points are used" if capabilities.weighted else "of points are ignored"
        if can_be_inspected(method):
            yield "inspection", f"srbench inspect --method {method.name} --task NAME draws what it has trained"

    @property
    def _licence(self) -> str | None:
        """What the method says of what it wraps; of one that wraps nothing, the licence of its distribution."""
        wraps = is_made(self.method.name) or self.method.environment is not None
        installed = None if wraps or self.plugin.version is None else self.plugin.origin
        return self.method.licence or _licence_of(installed)

    @property
    def _plugin(self) -> str:
        if is_made(self.method.name):
            return "none: it is made of its name"
        version = f" {self.plugin.version}" if self.plugin.version else ""
        return f"{self.plugin.name}, of {self.plugin.origin}{version}"

    @property
    def _place(self) -> str:
        if self.lacks is not None:
            return f"nothing yet: {self.lacks}"
        if self.environment is None:
            return "srbench-lite's own Python"
        asked = {_distribution(requirement) for requirement in self.method.requirements}
        shown = [lock.replace("==", " ") for lock in self.environment.locked if _distribution(lock) in asked]
        versions = ", ".join([f"Python {self.environment.python_version}", *shown])
        return f"the environment {self.environment.name}: {versions} ({self.environment.python})"

    def _plugin_json(self) -> dict[str, Any] | None:
        if is_made(self.method.name):
            return None
        return {"name": self.plugin.name, "origin": self.plugin.origin, "version": self.plugin.version}

    def _environment_json(self) -> dict[str, Any] | None:
        name = self.method.environment
        if name is None:
            return None
        there = self.environment
        return {
            "name": name, "there": there is not None, "requirements": list(self.method.requirements),
            "python": there and there.python, "python_version": there and there.python_version,
            "locked": None if there is None else list(there.locked),
        }  # fmt: skip

    def _parameter_lines(self, width: int) -> Iterator[str]:
        """Yield the table of hyper-parameters, and how one is set."""
        name = self.method.name
        if not self.parameters:
            yield from _wrapped("  ", how_to_set(self.method) or "it has no parameters", width)
            return
        rows = [(card.name, _shown(card.value), card.type) for card in self.parameters]
        heads = ("PARAMETER", "DEFAULT", "TYPE")
        wide = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        yield "  " + "  ".join(f"{head:<{w}}" for head, w in zip((*heads, "WHAT IT IS"), (*wide, 0), strict=True))
        for card, cells in zip(self.parameters, rows, strict=True):
            start = "  " + "".join(f"{cell:<{w}}  " for cell, w in zip(cells, wide, strict=True))
            if width - len(start) < _MIN_WIDTH:  # a narrow terminal
                yield start.rstrip()
                yield from _wrapped(" " * 6, _prose(card), width) if _prose(card) else ()
            else:
                yield from _wrapped(start, _prose(card), width)
        first = self.parameters[0]
        example = shlex.quote(f"{name}.{first.name}={_typed(first.value)}")
        yield from ("", *_wrapped("  ", f"set one: srbench run --method {name} --set {example} ...", width))


def _prose(card: ParameterCard) -> str:
    """Say what a parameter is, what it may be, and its default where that is too long for its column."""
    limits = f"must be {card.allowed}" if card.allowed else ""
    long = f"default {_typed(card.value)}" if len(_typed(card.value)) > _MAX_DEFAULT else ""
    return "; ".join(filter(None, (card.help, limits, long)))


def _typed(value: Any) -> str:
    """Return a value as it is written behind --set."""
    if isinstance(value, tuple):
        return ",".join(map(_typed, value))
    return value if isinstance(value, str) else json.dumps(value)


def _shown(value: Any) -> str:
    text = _typed(value) or '""'
    return text if len(text) <= _MAX_DEFAULT else f"{text[: _MAX_DEFAULT - 3]}..."


def _wrapped(start: str, text: str, width: int) -> list[str]:
    """Return a text as lines behind a first piece, below which the others are moved in."""
    room = max(width, len(start) + _MIN_WIDTH)
    lines = textwrap.wrap(
        text, room, initial_indent=start, subsequent_indent=" " * len(start), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return lines or [start.rstrip()]


def _distribution(requirement: str) -> str:
    """Return the name of a distribution in `name==version`, as names are compared."""
    return requirement.partition("==")[0].strip().lower().replace("_", "-")


def _licence_of(distribution: str | None) -> str | None:
    """Return what the metadata of an installed distribution say of its licence."""
    if distribution is None:
        return None
    try:
        metadata = importlib.metadata.metadata(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
    said = [metadata[key] for key in ("License-Expression", "License") if key in metadata]
    said += [text for text in metadata.get_all("Classifier") or () if text.startswith(_CLASSIFIER)]
    first = next((text for text in said if text and "\n" not in text), None)
    return None if first is None else first.removeprefix(_CLASSIFIER)
