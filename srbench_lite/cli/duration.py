"""A time as people write it on a command line, such as 10min."""

from __future__ import annotations

import re
from typing import Final

import click

__all__ = ["read_duration"]

_NUMBER: Final = r"(\d+(?:\.\d+)?)"
_PATTERN: Final = re.compile(rf"(?:{_NUMBER}h)?(?:{_NUMBER}m(?:in)?)?(?:{_NUMBER}s)?")
_SECONDS: Final = (3600.0, 60.0, 1.0)


def read_duration(context: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
    """Read 90s, 10min, 1h or 1h30min as seconds, a positive number: the callback of an option.

    Raises:
        click.BadParameter: the text says no time, or none at all.
    """
    if text is None:
        return None
    match = _PATTERN.fullmatch(text.replace(" ", "").lower())
    parts = match.groups() if match else ()
    seconds = sum(float(part) * unit for part, unit in zip(parts, _SECONDS, strict=False) if part)
    if not 0 < seconds < float("inf"):
        raise click.BadParameter(f"write a time with its unit, such as 90s, 10min or 1h30min; got {text!r}")
    return seconds
