"""Names of columns as people write them to identifiers that formulas can use, and the units in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import MAX_NAME, Expression

__all__ = ["identifiers", "left_out_notes", "quoted", "split_unit", "with_headers"]

_UNIT: Final = re.compile(r"(.*\S)\s*(?:\[([^\[\]]+)\]|\(([^()]+)\))\s*")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VARIABLE: Final = re.compile(r"(?<![A-Za-z0-9_.])[A-Za-z_][A-Za-z0-9_]*(?!\s*\()")
_WORDS: Final = {"%": "percent", "°": "deg", "‰": "permille", "#": "number", "ß": "ss", "æ": "ae", "ø": "o", "ł": "l"}
#: A name that had to be changed keeps at most so many characters: formulas are read by people.
_MAX_CHANGED: Final = 60
#: So many columns are left out in a line each; more in one line, with the first of them.
_MAX_LINES: Final = 5


def split_unit(header: str) -> tuple[str, str | None]:
    """Return a header's name and its unit in brackets at the end: `v [m/s]` is `v` in `m/s`, `v[0]` has none."""
    match = _UNIT.fullmatch(header.strip())
    if match is None:
        return header.strip(), None
    unit = (match[2] or match[3]).strip()
    return (header.strip(), None) if not unit or unit.isdigit() else (match[1], unit)


def identifiers(headers: Sequence[str]) -> tuple[str, ...]:
    """Return an identifier for each header, all different.

    A header that is one stays as it is. Otherwise its unit is left out, accents and Greek letters are spelt in ASCII,
    what remains becomes `_`, and a name that begins with a digit gets `x_` in front of it. A header of which nothing
    is left is called x0, x1, ... by its place. Of equal names all but the first get a number.
    """
    wanted = [_identifier(header, place) for place, header in enumerate(headers)]
    taken = {header for header, name in zip(headers, wanted, strict=True) if header == name}
    names: list[str] = []
    for header, name in zip(headers, wanted, strict=True):
        free, number = name, 2
        while free in names or (free in taken and header != free):
            free, number = f"{name}_{number}", number + 1
        names.append(free)
    return tuple(names)


def quoted(header: str) -> str:
    """Return a header in quotes, shortened where it is long: for messages."""
    return repr(header if len(header) <= _MAX_CHANGED else f"{header[: _MAX_CHANGED - 3]}...")


def left_out_notes(reasons: Sequence[tuple[str, str]], summary: str) -> list[str]:
    """Return what is said of columns that are left out: a line each, or one where they are many.

    Args:
        reasons: the header of each one, and why it is left out.
        summary: what is said of many.
    """
    shown = [quoted(header) for header, _ in reasons]
    if len(shown) <= _MAX_LINES:
        return [
            f"column {name} left out: {why} (leave_out = [{name}])"
            for name, (_, why) in zip(shown, reasons, strict=True)
        ]
    first = ", ".join(shown[:_MAX_LINES])
    return [f"{len(shown):,} columns left out, {summary}: {first}, ... (leave_out = [{shown[0]}, ...])"]


def with_headers(formula: str, headers: Mapping[str, str]) -> str:
    """Return a formula's text with what the data file calls its variables, in quotes; it is for people to read.

    Args:
        formula: the text of a formula.
        headers: what the file calls a variable, by its name in the formula; the others keep their names.
    """
    named = {name: f'"{header}"' for name, header in headers.items() if header}
    return _VARIABLE.sub(lambda match: named.get(match[0], match[0]), formula)


def _identifier(header: str, place: int) -> str:
    if _is_variable(header):
        return header
    text, _ = split_unit(header)
    ascii_text = "".join(map(_spelt, unicodedata.normalize("NFKC", text)))
    name = re.sub(r"[^A-Za-z0-9]+", "_", ascii_text).strip("_")[:_MAX_CHANGED].rstrip("_")
    if not name:
        name = f"x{place}"
    if name[0].isdigit():
        name = f"x_{name}"
    return name if _is_variable(name) else f"{name}_"


def _is_variable(name: str) -> bool:
    if not _IDENTIFIER.fullmatch(name) or len(name) > MAX_NAME:
        return False
    try:
        Expression.variable(name)
    except ExpressionError:
        return False
    return True


def _spelt(letter: str) -> str:
    """Return a letter in ASCII: without its accents, or by its name where it is Greek; `_` where there is nothing."""
    if letter.isascii() and letter not in _WORDS:
        return letter
    if letter.lower() in _WORDS:
        return f"_{_WORDS[letter.lower()]}_" if not letter.isalpha() else _WORDS[letter.lower()]
    greek = re.match(r"GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?([A-Z]+)", unicodedata.name(letter, ""))
    if greek:
        return greek[2].title() if greek[1] == "CAPITAL" else greek[2].lower()
    return "".join(part for part in unicodedata.normalize("NFKD", letter) if part.isascii()) or "_"
