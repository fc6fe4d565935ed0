"""How a paper looks where it is to appear: with the files of the venue where they are, else with its measures.

The files of a venue are neither needed nor shipped: where none of them lies beside the document or is installed, what
every LaTeX has stands in for it, with the text as wide, as high and as large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from srbench_lite.errors import UnknownNameError

__all__ = ["STYLES", "Style", "style_of"]

_TIMES: Final = r"\usepackage{mathptmx}\usepackage[scaled=0.9]{helvet}\usepackage{courier}"
_COMPUTER_MODERN: Final = r"\usepackage{lmodern}"
#: What tables and figures need; packages of a venue are loaded before, and so none of these has options.
_PACKAGES: Final = r"""\usepackage{amsmath,array,booktabs,graphicx,longtable,siunitx,xcolor,textcomp,natbib}
\usepackage{hyperref}\hypersetup{hidelinks}
\sisetup{detect-weight = true, detect-family = true, table-format = 3.1, table-align-text-post = false,
  table-space-text-post = {\textsuperscript{\dag}}}
\renewcommand{\topfraction}{0.95}\renewcommand{\bottomfraction}{0.9}\renewcommand{\textfraction}{0.04}
\renewcommand{\floatpagefraction}{0.85}\renewcommand{\dbltopfraction}{0.95}\renewcommand{\dblfloatpagefraction}{0.85}
\setcounter{topnumber}{4}\setcounter{bottomnumber}{3}\setcounter{totalnumber}{6}\setcounter{dbltopnumber}{4}
\emergencystretch=3em
\makeatletter  % pages of floats begin at the top
\setlength{\@fptop}{0pt}\setlength{\@fpsep}{12pt plus 1fil}\setlength{\@fpbot}{0pt plus 1fil}
\setlength{\@dblfptop}{0pt}\setlength{\@dblfpsep}{12pt plus 1fil}\setlength{\@dblfpbot}{0pt plus 1fil}
\makeatother
% a table or a figure that is wider than the text is made smaller
\newsavebox{\srbenchbox}
\newenvironment{adjustedtable}{\begin{lrbox}{\srbenchbox}}{\end{lrbox}%
  \ifdim\wd\srbenchbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\srbenchbox}}\else\usebox{\srbenchbox}\fi}"""
_NUMBERED: Final = r"\setcitestyle{numbers,square,comma}"
_SEARCH: Final = r"""% The first of these files that is found is used; without them, the measures below stand in.
\makeatletter
\def\srbenchvenue{}
\@for\srbenchname:=VENUES\do{\ifx\srbenchvenue\@empty\IfFileExists{\srbenchname.ENDING}%
  {\edef\srbenchvenue{\srbenchname}}{}\fi}
\makeatother"""


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
        venue: files of the venue that are used where there is one of them, the newest first, without their ending.
        is_class: whether they are classes, and not packages for LaTeX's article.
        options: of the file.
        title_page: the title with that file, LaTeX; TITLE stands for it.
        works: the bibliography's style with that file, LaTeX.
    """

    name: str
    what: str
    points: int
    columns: int
    page: float
    column: float
    height: float
    fonts: str
    venue: tuple[str, ...] = ()
    is_class: bool = False
    options: str = ""
    title_page: str = r"\title{TITLE}\author{}\maketitle"
    works: str = r"\bibliographystyle{plainnat}"

    @property
    def narrow(self) -> float:
        """Width of a figure that fills a column of two, or half of a page, inches."""
        return self.column if self.columns > 1 else 0.49 * self.page

    @property
    def preamble(self) -> str:
        """The document class, the fonts, the measures of the page and the packages, as LaTeX."""
        search = _SEARCH.replace("VENUES", ",".join(self.venue)).replace("ENDING", "cls" if self.is_class else "sty")
        columns = ",twocolumn" if self.columns > 1 else ""
        article = rf"\documentclass[{self.points}pt{columns}]{{article}}"
        given = rf"\documentclass[{self.options}]{{\srbenchvenue}}" if self.is_class else (
            rf"\documentclass[{self.points}pt]{{article}}\usepackage[{self.options}]{{\srbenchvenue}}"
        )  # fmt: skip
        return "\n".join([
            *([search] if self.venue else []), self._unless(f"{given}\n", f"{article}\n{self._stand_in}"), _PACKAGES,
            _NUMBERED if self.is_class else self._unless("", _NUMBERED),
        ])  # fmt: skip

    @property
    def _stand_in(self) -> str:
        gap = self.page - self.columns * self.column
        separation = rf",columnsep={gap:.4g}in" if self.columns > 1 else ""
        return "\n".join([
            r"\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}", self.fonts,
            rf"\usepackage[letterpaper,textwidth={self.page:g}in,textheight={self.height:g}in{separation},centering]"
            r"{geometry}",
            r"\usepackage[font=small,skip=4pt]{caption}",
        ])  # fmt: skip

    def _unless(self, given: str, stand_in: str) -> str:
        """Return what is used with a file of the venue, and what without; only the latter where it has none."""
        if not self.venue:
            return stand_in
        return f"\\ifx\\srbenchvenue\\empty\n{stand_in}\n\\else\n{given}\\fi"

    def title(self, title: str) -> str:
        """Return the title of the document as LaTeX.

        Args:
            title: LaTeX.
        """
        plain = rf"\title{{{title}}}\author{{}}\date{{}}\maketitle"
        return self._unless(self.title_page.replace("TITLE", title) + "\n", plain)

    @property
    def bibliography(self) -> str:
        """The list of works, as LaTeX."""
        style = self._unless(f"{self.works}\n", r"\bibliographystyle{unsrtnat}")
        flushed = r"\clearpage" if self.columns == 1 else ""  # else a column would stay empty
        return f"{flushed}\\label{{srbench:references}}\n{style}\n\\bibliography{{methods}}"


STYLES: Final[Mapping[str, Style]] = {
    style.name: style
    for style in (
        Style(name="article", what="one column of 6.5 in, Computer Modern", points=10, columns=1, page=6.5, column=6.5,
              height=9.0, fonts=_COMPUTER_MODERN),
        Style(name="neurips", what="one column of 5.5 in, Times", points=10, columns=1, page=5.5, column=5.5,
              height=9.0, fonts=_TIMES, venue=tuple(f"neurips_{year}" for year in range(2027, 2022, -1)),
              options="preprint"),
        Style(name="icml", what="two columns of 3.25 in, Times", points=10, columns=2, page=6.75, column=3.25,
              height=9.0, fonts=_TIMES, venue=tuple(f"icml{year}" for year in range(2027, 2022, -1)),
              title_page=r"\twocolumn[\icmltitle{TITLE}\begin{icmlauthorlist}\icmlauthor{Authors}{one}"
                         r"\end{icmlauthorlist}\icmlaffiliation{one}{Affiliation}"
                         r"\icmlcorrespondingauthor{Authors}{authors@example.org}\vskip 0.3in]"
                         r"\printAffiliationsAndNotice{}",
              works=r"\bibliographystyle{\srbenchvenue}"),
        Style(name="jmlr", what="one column of 6 in, 11 points, Computer Modern", points=11, columns=1, page=6.0,
              column=6.0, height=8.5, fonts=_COMPUTER_MODERN, venue=("jmlr2e",), options="preprint",
              title_page=r"\ShortHeadings{TITLE}{}\firstpageno{1}\title{TITLE}\author{}\editor{}\maketitle", works=""),
        Style(name="journal", what="two columns of 3.5 in, Times, as journals of engineering have them", points=10,
              columns=2, page=7.16, column=3.5, height=9.4, fonts=_TIMES, venue=("IEEEtran",), is_class=True,
              options="journal", works=r"\bibliographystyle{unsrtnat}"),
    )
}  # fmt: skip


def style_of(name: str) -> Style:
    """Return a style; raises `UnknownNameError` where there is none of that name."""
    if name not in STYLES:
        raise UnknownNameError("style", name, STYLES)
    return STYLES[name]
