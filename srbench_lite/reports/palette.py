"""How methods look wherever several are drawn: a colour and a mark for each, the same on the page and in a paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

__all__ = ["COLOURS", "Look", "look", "looks"]

#: Okabe & Ito, Color Universal Design, 2008, without black and yellow, which drown in one of the two backgrounds; then
#: a grey and a brown.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#7F7F7F", "#8C564B")

#: Matplotlib's name of each mark, and its outline as an SVG path in a square from -1 to 1.
_MARKS: Final = (
    ("o", "M-1,0A1,1,0,1,1,1,0A1,1,0,1,1,-1,0Z"),
    ("s", "M-0.9,-0.9H0.9V0.9H-0.9Z"),
    ("^", "M0,-1L1,0.85H-1Z"),
    ("D", "M0,-1L0.95,0L0,1L-0.95,0Z"),
    ("v", "M0,1L-1,-0.85H1Z"),
    ("P", "M-0.35,-1H0.35V-0.35H1V0.35H0.35V1H-0.35V0.35H-1V-0.35H-0.35Z"),
    ("X", "M-1,-0.5L-0.5,-1L0,-0.5L0.5,-1L1,-0.5L0.5,0L1,0.5L0.5,1L0,0.5L-0.5,1L-1,0.5L-0.5,0Z"),
    ("<", "M-1,0L0.85,-1V1Z"),
    (">", "M1,0L-0.85,1V-1Z"),
    ("*", "M0,-1L0.26,-0.36L0.95,-0.31L0.42,0.14L0.59,0.81L0,0.44L-0.59,0.81L-0.42,0.14L-0.95,-0.31L-0.26,-0.36Z"),
    ("h", "M0,-1L0.87,-0.5V0.5L0,1L-0.87,0.5V-0.5Z"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a method is drawn.

    Attributes:
        colour: as #RRGGBB.
        marker: of Matplotlib.
        path: the outline of the same mark, an SVG path in a square from -1 to 1.
    """

    colour: str
    marker: str
    path: str


def look(place: int) -> Look:
    """Return the look of the method at a place in the alphabet, from 0; the first 88 all differ."""
    marker, path = _MARKS[place % len(_MARKS)]
    return Look(colour=COLOURS[place % len(COLOURS)], marker=marker, path=path)


def looks(methods: Iterable[str]) -> dict[str, Look]:
    """Return the look of each method, by the place of its name in the alphabet."""
    return {name: look(place) for place, name in enumerate(sorted(set(methods)))}
