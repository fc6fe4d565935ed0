"""`natural_key`: names in the order that people expect, in which 2 comes before 10."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["natural_key"]

_DIGITS: Final = re.compile(r"([0-9]+)")


def natural_key(name: str) -> tuple[tuple[tuple[str, int, int], ...], str]:
    """Return what names are sorted by: their numbers as numbers, the text between them as text.

    Names that differ in nothing but leading zeros, such as `a1` and `a01`, keep an order too: the shorter one is first.
    """
    parts = _DIGITS.split(name)
    texts, digits = parts[::2], [*parts[1::2], ""]
    places = [(text, int(number or -1), len(number)) for text, number in zip(texts, digits, strict=True)]
    return tuple(places), name
