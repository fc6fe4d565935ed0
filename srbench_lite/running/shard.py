"""`Shard`: the part of a plan that one of several machines does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from srbench_lite.errors import UsageError

__all__ = ["Shard"]

_TEXT: Final = re.compile(r"\s*(\d+)\s*/\s*(\d+)\s*", re.ASCII)
#: Hexadecimal digits of a run's key that say where it belongs.
_DIGITS: Final = 15


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts: a run belongs to the same part wherever and whenever it is planned.

    Attributes:
        number: of this part, 1 to `of`.
        of: how many parts there are.
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `3/10`.

        Raises:
            UsageError: it is not of that form, or there is no such part.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise UsageError(f"--shard is a part and how many there are, such as 3/10, got {text!r}")
        number, of = (int(part) for part in match.groups())
        if not 1 <= number <= of:
            raise UsageError(f"--shard {number}/{of}: there is no such part; parts go from 1/{of} to {of}/{of}")
        return cls(number, of)

    def has(self, key: str) -> bool:
        """Whether the run with this key, a hexadecimal digest, belongs here."""
        return int(key[:_DIGITS], 16) % self.of == self.number - 1
