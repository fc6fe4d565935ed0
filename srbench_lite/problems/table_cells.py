"""Cells of a data file to numbers: how people write numbers, what means missing, and what could mean two things.

A decimal sign belongs to a file, not to a cell: `1,234` is read as a thousand only where other cells show that the
point is the decimal sign, and as a decimal fraction only where others show that the comma is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from srbench_lite.errors import TableError

__all__ = ["MISSING", "Notation", "find_notation", "is_missing", "is_number", "kind_of_text", "number"]

#: Cells that mean that there is no value; compared without regard to case.
MISSING: Final = frozenset({
    "", "na", "n/a", "nan", "-nan", "+nan", "null", "none", "nil", "?", "-", "--", ".", "<na>", "<nan>", "#n/a", "#na",
    "#nv", "#n/a n/a", "#div/0!", "#value!", "#num!", "#ref!", "#name?", "#null!", "1.#ind", "-1.#ind", "1.#qnan",
    "-1.#qnan", "missing",
})  # fmt: skip
#: Signs that stand for others: minus signs, blanks and apostrophes of typesetters.
_TYPESET: Final = str.maketrans({
    "\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\u2019": "'",
})  # fmt: skip
_NUMBER: Final = re.compile(
    r"(?P<sign>[+-]?)(?P<digits>[0-9.,_' ]*[0-9][.,]?)(?:[eEdD](?P<power>[+-]?[0-9]{1,9}))?(?P<percent> ?%)?", re.ASCII
)
_USUAL: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?")
_INFINITE: Final = re.compile(r"[+-]?(inf|infinity|1\.#inf)", re.IGNORECASE)
_PLAIN: Final = re.compile(r"[0-9]+")
_ONE_SIGN: Final = re.compile(r"[0-9]*[.,][0-9]*")
_PERHAPS_THOUSANDS: Final = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?P<group>[ '_.,])[0-9]{3}(?:(?P=group)[0-9]{3})*(?P<rest>[.,][0-9]*)?")
_UNDERSCORES: Final = re.compile(r"[0-9]+(?:_[0-9]+)+(?P<rest>[.,][0-9]*)?")
_DATE: Final = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*|\d{1,2}:\d{2}.*", re.ASCII
)
_BOOLEANS: Final = frozenset({"true", "false", "yes", "no", "t", "f", "y", "n"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notation:
    """How the numbers of a file are written.

    Attributes:
        decimal: the decimal sign, a point or a comma.
        groups: signs between groups of digits.
        percent: what a percent sign does: "fraction" divides by 100, "number" does nothing.
        assumed: what was concluded from the cells, as words for people.
    """

    decimal: str = "."
    groups: frozenset[str] = frozenset()
    percent: str = "fraction"
    assumed: tuple[str, ...] = ()


def is_missing(cell: str, missing: frozenset[str] = MISSING) -> bool:
    """Return whether a cell means that there is no value."""
    return cell.strip().lower() in missing


def is_number(cell: str) -> bool:
    """Return whether a cell is a number in some notation."""
    text = cell.strip()
    if _USUAL.fullmatch(text):
        return True
    text = text.translate(_TYPESET)
    if _INFINITE.fullmatch(text):
        return True
    match = _NUMBER.fullmatch(text)
    return match is not None and _shape(match["digits"]) is not None


def _shape(digits: str) -> tuple[str | None, str | None, str | None] | None:
    """Return what digits show: a sure decimal sign, a sure sign of groups, a sign that may be either; None: nothing."""
    if _PLAIN.fullmatch(digits):
        return None, None, None
    if _ONE_SIGN.fullmatch(digits) and digits not in ".,":
        sign = "." if "." in digits else ","
        return (None, None, sign) if _PERHAPS_THOUSANDS.fullmatch(digits) else (sign, None, None)
    match = _GROUPED.fullmatch(digits)
    if match:
        group, rest = match["group"], match["rest"]
        if rest and rest[0] == group:
            return None
        other = {".": ",", ",": "."}.get(group)
        return rest[0] if rest else other, group, None
    match = _UNDERSCORES.fullmatch(digits)
    return (match["rest"][0] if match["rest"] else None, "_", None) if match else None


def find_notation(cells: Iterable[str], *, decimal: str | None, thousands: str | None, percent: str | None) -> Notation:
    """Return how the numbers among these cells are written.

    Args:
        cells: different cells, each a number in some notation (`is_number`).
        decimal, thousands, percent: what the user says; None to find it out.

    Raises:
        TableError: the cells contradict one another or what the user says, or could be read in two ways.
    """
    seen: dict[tuple[str, str], str] = {}  # ("decimal" | "group" | "perhaps", sign) -> the first cell that shows it
    has_percent = False
    for cell in cells:
        match = _NUMBER.fullmatch(cell.strip().translate(_TYPESET))
        shape = _shape(match["digits"]) if match else None
        if match is None or shape is None:
            continue
        if match["power"] is not None:  # nobody groups digits before an exponent
            shape = shape[0] or shape[2], shape[1], None
        for kind, sign in zip(("decimal", "group", "perhaps"), shape, strict=True):
            if sign is not None:
                seen.setdefault((kind, sign), cell)
        has_percent = has_percent or match["percent"] is not None
    decimal_sign = _decimal_sign(seen, decimal, thousands)
    groups = {sign for kind, sign in seen if kind == "group"} | ({thousands} if thousands else set())
    if decimal_sign in groups:
        shown = seen.get(("decimal", decimal_sign), decimal_sign)
        raise TableError(
            f"{shown.strip()!r} has a decimal sign that also stands between groups of digits; write all numbers "
            f"in one way"
        )
    other = {".": ",", ",": "."}[decimal_sign]
    if ("perhaps", other) in seen and other not in groups:
        if decimal_sign == ",":
            raise _two_ways(seen["perhaps", other])
        groups.add(other)
    assumed = []
    if decimal_sign == "," and decimal is None:
        assumed.append('decimal commas (decimal = ",")')
    for sign in sorted(groups - {thousands}):
        example = seen.get(("group", sign)) or seen["perhaps", sign]
        assumed.append(f"{example.strip()!r} is a number with groups of digits (thousands = {sign!r})")
    if has_percent and percent is None:
        assumed.append('percent signs divide by 100 (percent = "fraction")')
    return Notation(
        decimal=decimal_sign, groups=frozenset(groups), percent=percent or "fraction", assumed=tuple(assumed)
    )


def _decimal_sign(seen: dict[tuple[str, str], str], decimal: str | None, thousands: str | None) -> str:
    """Return the file's decimal sign, which the cells must agree on."""
    point, comma = (seen.get(("decimal", sign)) for sign in ".,")
    if decimal is not None:
        against = comma if decimal == "." else point
        if against is not None:
            raise TableError(f"the cell {against.strip()!r} contradicts decimal = {decimal!r}; give another, or none")
        return decimal
    if point is not None and comma is not None:
        raise TableError(
            f"the cell {point.strip()!r} shows a decimal point and {comma.strip()!r} a decimal comma; write all "
            f"numbers in one way"
        )
    if point is not None or comma is not None:
        return "." if comma is None else ","
    if thousands in (".", ","):
        return {".": ",", ",": "."}[thousands]
    if ("perhaps", ",") in seen:
        raise _two_ways(seen["perhaps", ","])
    return "."


def _two_ways(cell: str) -> TableError:
    sign = "," if "," in cell else "."
    other = "." if sign == "," else ","
    return TableError(
        f"the cell {cell.strip()!r} could be read in two ways: give decimal = {sign!r}, or thousands = {sign!r} "
        f"(then {other!r} is the decimal sign)"
    )


def number(cell: str, notation: Notation) -> float:
    """Return the value of a cell that `is_number` accepts, in the notation of its file."""
    text = cell.strip().translate(_TYPESET)
    infinite = _INFINITE.fullmatch(text)
    if infinite:
        return float("-inf" if text.startswith("-") else "inf")
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"{cell!r} is no number")
    digits = match["digits"]
    for sign in notation.groups:
        digits = digits.replace(sign, "")
    digits = digits.replace(notation.decimal, ".")
    percent = match["percent"] and notation.percent == "fraction"
    power = int(match["power"] or 0) - (2 if percent else 0)
    return float(f"{match['sign']}{digits}e{power}")


def kind_of_text(cells: Iterable[str]) -> str:
    """Return what cells that are no numbers seem to be: booleans, dates or text."""
    words = [cell.strip() for cell in cells]
    if all(word.lower() in _BOOLEANS for word in words):
        return "booleans"
    return "dates or times" if all(_DATE.fullmatch(word) for word in words) else "text"
