"""What a method printed: the end of its stdout and stderr, kept beside the record in a table of the store.

It is text of strangers. It is kept as it was written, packed, and shown with its control characters spelled out.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
import zlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

__all__ = [
    "MAX_BYTES_KEPT",
    "OUTPUT_DELETED",
    "WARNINGS",
    "counted_warnings",
    "decoded",
    "lay_out_outputs",
    "pack_output",
    "printed_warnings",
    "recorded_warnings",
    "safely_shown",
    "unpack_output",
    "with_warnings",
]

#: Bytes kept of what a run's fit wrote to stdout and stderr: the last ones.
MAX_BYTES_KEPT: Final = 65_536
#: Bytes that one kept output can have as UTF-8: each byte that is no text becomes a character of three.
_MAX_BYTES_UNPACKED: Final = 3 * MAX_BYTES_KEPT
#: The fact of a record that counts the warnings its method printed, by category.
WARNINGS: Final = "warnings"
_MAX_CATEGORIES: Final = 20  # counted of one output
#: A line of Python's `warnings`: file:line: Category: text. A category that was raised carries its module's name.
_WARNING: Final = re.compile(r"^(?:[^\n]*?[\s:.])??([A-Z]\w{0,60}Warning): ([^\n]*)", re.MULTILINE)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
#: Kinds of characters that a terminal acts on, or that let a text look like another one.
_UNSHOWN: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")

#: An output belongs to a record, and goes with it whoever deletes that, an earlier version of this program too.
OUTPUT_DELETED: Final = (
    "CREATE TRIGGER IF NOT EXISTS output_deleted AFTER DELETE ON records"
    " BEGIN DELETE FROM outputs WHERE key = old.key; END"
)
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS outputs (key TEXT PRIMARY KEY, content BLOB NOT NULL)", OUTPUT_DELETED,
)  # fmt: skip


def lay_out_outputs(connection: sqlite3.Connection) -> None:
    """Give a store the table of outputs where it has none."""
    for statement in _TABLES:
        connection.execute(statement)


def decoded(written: bytes, printed_bytes: int) -> str:
    """Return the end of what a process wrote as text; bytes that are no UTF-8 become U+FFFD.

    Args:
        written: the bytes that are kept.
        printed_bytes: how many there were. Where there were more, a character that was cut in two is left out.
    """
    if printed_bytes > len(written):
        whole = next((place for place, byte in enumerate(written[:3]) if byte & 0xC0 != 0x80), 3)
        written = written[whole:]
    return written.decode(errors="replace")


def pack_output(text: str) -> bytes:
    """Return an output as the store keeps it: UTF-8, compressed."""
    return zlib.compress(text.encode("utf-8", "replace"))


def unpack_output(content: bytes) -> str:
    """Return an output that the store has kept.

    Raises:
        ValueError: it is damaged, or larger than any output that is kept.
    """
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(content, _MAX_BYTES_UNPACKED)
    except (zlib.error, TypeError) as error:
        raise ValueError(f"an output is damaged: {error}") from None
    if not unpacking.eof:
        raise ValueError("an output is cut short, or larger than any that is kept")
    return text.decode(errors="replace")


def printed_warnings(text: str) -> list[tuple[str, str]]:
    """Return category and text of Python's warnings in an output, as they follow each other."""
    return _WARNING.findall(text)


def counted_warnings(text: str) -> dict[str, int]:
    """Return how often each category of Python's warnings stands in an output, the most frequent first."""
    found = Counter(category for category, _ in printed_warnings(text))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:_MAX_CATEGORIES])


def with_warnings(extras: Mapping[str, Any], text: str) -> Mapping[str, Any]:
    """Return the facts of a record with the warnings in its output counted; a method's own word on them stays."""
    found = counted_warnings(text)
    return {**extras, WARNINGS: found} if found and WARNINGS not in extras else extras


def recorded_warnings(extras: Mapping[str, Any]) -> dict[str, int]:
    """Return how often each category is counted in the facts of a record; empty where they say something else."""
    found = extras.get(WARNINGS)
    return {k: n for k, n in found.items() if type(n) is int and n > 0} if isinstance(found, Mapping) else {}


def safely_shown(text: str) -> str:
    r"""Return an output as a terminal may show it.

    Colours are left out, a carriage return begins a new line, tabs are blanks, and whatever else a terminal would act
    on is written as its escape, such as \x1b.
    """
    plain = _COLOUR.sub("", text).replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(map(_safe, plain)) if not plain.isascii() or not plain.replace("\n", "").isprintable() else plain


def _safe(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in _UNSHOWN:
        return character
    return character.encode("unicode_escape").decode()
