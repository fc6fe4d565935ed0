"""How a paper looks where it is to appear: measures of the page and the font, with what every LaTeX has.

The measures are those that venues ask for; their class files are not needed, and not shipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from srbench_lite.errors import UnknownNameError

__all__ = ["STYLES", "Style", "style_of"]

_TIMES: Final = r"\usepackage{mathptmx}\usepackage[scaled=0.9]{helvet}\usepackage{courier}"
_COMPUTER_MODERN: Final = r"\usepackage{lmodern}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a paper looks.

    Attributes:
        name: as typed after --style.
        what: for people, in a few words.
        points: size of the text's font, 10 or 11.
        columns: 1 or 2.
        page: width of the text on a page, inches.
        column: width of one column, inches; that of the page where there is one.
        height: of the text on a page, inches.
        fonts: packages of fonts.
    """

    name: str
    what: str
    points: int
    columns: int
    page: float
    column: float
    height: float
    fonts: str

    @property
    def narrow(self) -> float:
        """Width of a figure that fills a column of two, or half of a page, inches."""
        return self.column if self.columns > 1 else 0.49 * self.page

    @property
    def preamble(self) -> str:
        """The document class, the fonts and the measures of the page, as LaTeX."""
        options = f"{self.points}pt{',twocolumn' if self.columns > 1 else ''}"
        gap = self.page - self.columns * self.column
        separation = rf",columnsep={gap:.4g}in" if self.columns > 1 else ""
        return "\n".join([
            rf"\documentclass[{options}]{{article}}",
            r"\usepackage[T1]{fontenc}",
            r"\usepackage[utf8]{inputenc}",
            rf"{self.fonts}\usepackage{{textcomp}}",
            rf"\usepackage[letterpaper,textwidth={self.page:g}in,textheight={self.height:g}in{separation},centering]"
            r"{geometry}",
        ])  # fmt: skip


STYLES: Final[Mapping[str, Style]] = {
    style.name: style
    for style in (
        Style(name="article", what="one column of 6.5 in, Computer Modern", points=10, columns=1, page=6.5, column=6.5,
              height=9.0, fonts=_COMPUTER_MODERN),
        Style(name="neurips", what="one column of 5.5 in, Times", points=10, columns=1, page=5.5, column=5.5,
              height=9.0, fonts=_TIMES),
        Style(name="icml", what="two columns of 3.25 in, Times", points=10, columns=2, page=6.75, column=3.25,
              height=9.0, fonts=_TIMES),
        Style(name="jmlr", what="one column of 6 in, 11 points, Computer Modern", points=11, columns=1, page=6.0,
              column=6.0, height=8.5, fonts=_COMPUTER_MODERN),
        Style(name="journal", what="two columns of 3.5 in, Times, as journals of engineering have them", points=10,
              columns=2, page=7.16, column=3.5, height=9.4, fonts=_TIMES),
    )
}  # fmt: skip


def style_of(name: str) -> Style:
    """Return a style; raises `UnknownNameError` where there is none of that name."""
    if name not in STYLES:
        raise UnknownNameError("style", name, STYLES)
    return STYLES[name]
