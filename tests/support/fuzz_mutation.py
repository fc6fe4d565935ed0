"""Inputs that are nearly right, for fuzzing: bytes, texts and JSON-like values after some accidents."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any, Final

__all__ = ["EXTREME_NUMBERS", "EXTREME_TEXTS", "mutated_bytes", "mutated_text", "mutated_value", "rare"]

#: Numbers at the ends of what programs can hold, as they are written.
EXTREME_NUMBERS: Final = (
    "1e400", "-1e400", "-0", "-0.0", "NaN", "nan", "Infinity", "-inf", "1e-400", "5e-324", "1.7976931348623157e308",
    "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "2147483648", "0x10",
    "1_000", "1" + "0" * 400, "9" * 5000, "0." + "0" * 400 + "1", "1e9999999999", "1e", "1.2.3", "00", "+1", "١٢٣",
    "1,5", "1;5", "0", "1", "-1", "2", "1e5", "1e-9", "1E+308", ".5", "5.",
)  # fmt: skip
#: Texts that programs trip over.
EXTREME_TEXTS: Final = (
    "",
    " ",
    "\0",
    "\n",
    "\r",
    "\r\n",
    "\x85",
    "\u2028",
    "\u2029",
    "\t",
    "\x0b",
    "\x0c",
    "\ufeff",
    "\u200b",
    "\u202e",
    "\u2066",
    "\u200f",
    "\ud800",
    "\udfff",
    "\x1b[31m",
    "\x1b]0;t\x07",
    "\x7f",
    "\x9b",
    "xх",
    "ｘ",
    "ﬁ",
    "İ",
    "ß",
    "😀",
    "é",
    "e\u0301",
    "漢字",
    "../../etc/passwd",
    "/etc/passwd",
    "C:\\CON",
    "NUL",
    "a/b",
    "..",
    ".",
    "~",
    "-",
    "--help",
    "=1+1",
    "+1",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE records;--",
    "\\input{/etc/passwd}",
    "\\",
    "$x$",
    "%",
    "%s%n",
    "{0.__class__}",
    "{}",
    "${x}",
    "`id`",
    "$(id)",
    "|",
    "||",
    "__import__('os')",
    "True",
    "None",
    "null",
    "nan",
    "inf",
    "x" * 300,
    "é" * 2000,
    "(" * 40,
    "[" * 3000,
    '"',
    "'",
    "#",
    "key",
    "sin(x)",
)
_NESTED: Final = ("(", "[", "{", "-", '{"a":', "[[", "sin(", "\\frac{", "<a>", "f(x,")
_MAX_ACCIDENTS: Final = 4
_LONG: Final = 100_000


def rare(rng: random.Random, one_in: int) -> bool:
    """Return true once in so many times."""
    return rng.randrange(one_in) == 0


def mutated_bytes(rng: random.Random, content: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Return bytes after one to four accidents: flipped, cut, repeated, spliced, replaced."""
    made = bytearray(content)
    for _ in range(rng.randint(1, _MAX_ACCIDENTS)):
        size = len(made)
        start = rng.randint(0, size)
        end = min(size, start + rng.choice((1, 1, 2, 4, 8, 64, 1024)))
        accident = rng.randrange(9)
        if accident == 0 and size:
            for _ in range(rng.choice((1, 1, 3, 20))):
                made[rng.randrange(size)] ^= 1 << rng.randrange(8)
        elif accident == 1:
            made[start:end] = rng.randbytes(end - start)
        elif accident == 2:
            del made[start:end]
        elif accident == 3:
            del made[start:]
        elif accident == 4:
            made[start:start] = made[start:end] * rng.choice((1, 2, 10))
        elif accident == 5 and others:
            other = rng.choice(others)
            place = rng.randint(0, len(other))
            made[start:] = other[place:]
        elif accident == 6:
            made[start:end] = rng.choice(
                (b"\0", b"\xff", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80")
            ) * rng.choice((1, 1, 8))
        elif accident == 7:
            text = rng.choice((rng.choice(EXTREME_TEXTS), rng.choice(EXTREME_NUMBERS)))
            made[start:end] = text.encode("utf-8", "surrogatepass")
        elif accident == 8 and rare(rng, 50):
            made[start:start] = rng.choice(_NESTED).encode() * rng.choice((100, 1000, _LONG))
    return bytes(made)


def mutated_text(rng: random.Random, text: str, words: Sequence[str], others: Sequence[str] = ()) -> str:
    """Return a text after one to four accidents: words and characters left out, doubled, exchanged, put in."""
    for _ in range(rng.randint(1, _MAX_ACCIDENTS)):
        size = len(text)
        start = rng.randint(0, size)
        end = min(size, start + rng.choice((1, 1, 1, 2, 5, 20)))
        accident = rng.randrange(9)
        if accident == 0:
            text = text[:start] + text[end:]
        elif accident == 1:
            text = text[:start] + text[start:end] * 2 + text[end:]
        elif accident in (2, 3):
            text = text[:start] + rng.choice(words) + text[start:]
        elif accident == 4:
            text = text[:start] + rng.choice(words) + text[end:]
        elif accident == 5:
            text = text[:start] + rng.choice(EXTREME_TEXTS) + text[end:]
        elif accident == 6:
            text = text[:start] + rng.choice(EXTREME_NUMBERS) + text[end:]
        elif accident == 7 and others:
            other = rng.choice(others)
            text = text[:start] + other[rng.randint(0, len(other)) :]
        elif accident == 8 and rare(rng, 100):
            text = (
                text[:start] + rng.choice((*_NESTED, rng.choice(words))) * rng.choice((100, 1000, _LONG)) + text[start:]
            )
    return text


def _leaf(rng: random.Random) -> Any:
    """Return a value that may stand where another one should."""
    kind = rng.randrange(10)
    if kind == 0:
        return rng.choice((None, True, False, [], {}, [[]], [None], {"": None}, {"a": {"b": [1]}}))
    if kind == 1:
        return rng.choice((0, 1, -1, 2, 10**5, 2**31, 2**63, -(2**63) - 1, 10**400, 10**18))
    if kind == 2:
        return rng.choice((0.0, -0.0, 1e308, -1e308, 5e-324, 0.5, math.nan, math.inf, -math.inf, 1e22))
    if kind < 6:
        return rng.choice(EXTREME_TEXTS)
    if kind < 8:
        return rng.choice(EXTREME_NUMBERS)
    return "".join(rng.choice("xy+-*/()1.e[]{}\\\"' \n<>&") for _ in range(rng.randint(1, 12)))


def mutated_value(rng: random.Random, value: Any, words: Sequence[str] = ()) -> Any:
    """Return a copy of a JSON-like value after one to four accidents: values replaced, keys gone, doubled or new."""
    made = _copied(value)
    for _ in range(rng.randint(1, _MAX_ACCIDENTS)):
        places = _places(made)
        if not places:
            return _leaf(rng)
        place, key = rng.choice(places)
        accident = rng.randrange(7)
        if accident == 0:
            del place[key]
        elif accident == 1 and isinstance(place, dict):
            place[rng.choice((*words, *EXTREME_TEXTS))] = _copied(place[key])
        elif accident == 2 and isinstance(place, list):
            place.insert(key, _copied(place[key]))
        elif accident == 3 and isinstance(place[key], str) and words:
            place[key] = mutated_text(rng, place[key], words)
        elif accident == 4 and rare(rng, 20):
            deep: Any = []
            for _ in range(rng.choice((10, 50, 200))):
                deep = [deep]
            place[key] = deep
        else:
            place[key] = _leaf(rng)
    return made


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place of a value: what holds it, and the key there."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict | list):
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            found += [(holder, key) for key in keys]
            waiting += [holder[key] for key in keys]
    return found
