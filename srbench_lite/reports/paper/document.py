"""A folder for a paper: tables, figures with their data, numbers for the prose, and a document that shows them all."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from srbench_lite._version import __version__
from srbench_lite.comparing.runs import perturbation_of
from srbench_lite.files import write_file, write_text
from srbench_lite.problems.natural_order import natural_key
from srbench_lite.reports.latex import escape
from srbench_lite.reports.page.content import COLUMNS as PAGE_COLUMNS
from srbench_lite.reports.page.content import groups_of
from srbench_lite.reports.paper import standings, tables, weaknesses
from srbench_lite.reports.paper.bibliography import bibliography, keys_of
from srbench_lite.reports.paper.data import DATA, STANDINGS, at_least_noise, not_drawn, write_rows
from srbench_lite.reports.paper.figures import draw
from srbench_lite.reports.paper.findings import finding
from srbench_lite.reports.paper.numbers import Numbers
from srbench_lite.reports.paper.problems import problems
from srbench_lite.reports.paper.results import Results
from srbench_lite.reports.paper.setup import checklist, names_in, setup
from srbench_lite.reports.paper.style import Style

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.methods.method import Method

__all__ = ["COLUMNS", "TABLES", "Sources", "shown_records", "write_archive", "write_paper"]

#: Columns of the runs that a paper needs.
COLUMNS: Final = (
    *PAGE_COLUMNS, "method_version", "parameters", "noise_definition", "budget_memory_mb", "budget_threads",
    "peak_mb", "started_at", "scoring_version",
)  # fmt: skip
TABLES: Final = (
    "setup", "standings", "wins", "summary", "breakdowns", "costs", "ablations", "methods", "variants",
    "hyper-parameters", "problems", "checklist", "provenance",
)  # fmt: skip
_LOWEST: Final = "at the lowest noise level"
#: The caption of each figure, and whether it is as wide as a page.
_CAPTIONS: Final = {
    "ranking": (
        r"Means over all suites with 95\,\% bootstrap intervals, and ranks with those that are possible, all at once "
        rf"in 95\,\% of cases, {_LOWEST}.", True,
    ),
    "matrix": (
        r"Recovery in \% of each method on each suite, the last column over all suites (digits: of accuracy, where no "
        rf"task has a truth), {_LOWEST}.", True,
    ),
    "degradation": (
        r"Recovery rate over the levels of what was varied, all else as in the other figures, with 95\,\% Wilson "
        "intervals; of each method on the tasks that it ran on at every level.", False,
    ),
    "recovery-noise": (r"Recovery rate on each suite over the noise level, with 95\,\% Wilson intervals.", True),
    "panels": (
        rf"Medians over the tasks that all methods ran on, with bootstrap intervals (95\,\%), {_LOWEST}.", True,
    ),
    "pareto": (
        f"Median error and median complexity, {_LOWEST}; the dashed line joins the methods that no other beats in "
        "both. Errors below $10^{-16}$ are rounding.", False,
    ),
    "critical-difference": (
        rf"Mean ranks over tasks, {_LOWEST}; a bar joins methods of which no two differ (signed ranks, Holm, 5\,\%).",
        False,
    ),
    "profile": (f"Share of tasks whose median error is at most the one on the axis, {_LOWEST}.", False),
    "time": (f"Share of runs that had solved their task within the time on the axis, {_LOWEST}.", False),
    "over-time": (
        rf"What runs had found after so many seconds, {_LOWEST}: recovery rate with 95\,\% Wilson intervals over "
        "tasks, and the median of the errors. Errors below $10^{-16}$ are rounding.", True,
    ),
}  # fmt: skip
#: Why a figure of the body is not there, where its data is empty.
_LEFT_OUT: Final = {
    "ranking": "Ranks and a matrix are not drawn: no two methods ran on common tasks.",
    "over-time": "Curves over seconds are not drawn: the runs have no marks.",
}
_FLOATS: Final = r"""\usepackage{amsmath,array,booktabs,graphicx,longtable,siunitx,xcolor}
\usepackage[font=small,skip=4pt]{caption}
\usepackage[hidelinks]{hyperref}
\sisetup{detect-weight = true, detect-family = true, table-format = 3.1, table-align-text-post = false,
  table-space-text-post = {\textsuperscript{\dag}}}
\renewcommand{\topfraction}{0.95}\renewcommand{\bottomfraction}{0.9}\renewcommand{\textfraction}{0.04}
\renewcommand{\floatpagefraction}{0.85}\renewcommand{\dbltopfraction}{0.95}\renewcommand{\dblfloatpagefraction}{0.85}
\setcounter{topnumber}{4}\setcounter{bottomnumber}{3}\setcounter{totalnumber}{6}\setcounter{dbltopnumber}{4}
\emergencystretch=3em
% a table that is wider than the text is made smaller
\newsavebox{\srbenchbox}
\newenvironment{adjustedtable}{\begin{lrbox}{\srbenchbox}}{\end{lrbox}%
  \ifdim\wd\srbenchbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\srbenchbox}}\else\usebox{\srbenchbox}\fi}
\input{macros}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a paper is made of beside the runs.

    Attributes:
        formulas: by number of a record, of those that `shown_records` names: the formula, and why there is none.
        installed: methods by the names that runs have, those that are installed.
        versions: of the methods, by the same names.
        parameters: of the methods, JSON objects, by the same names.
        about: where the runs come from, texts by name.
    """

    formulas: Mapping[int, tuple[str | None, str | None]]
    installed: Mapping[str, Method]
    versions: Mapping[str, str]
    parameters: Mapping[str, str]
    about: Mapping[str, str]


def shown_records(runs: pd.DataFrame) -> list[int]:
    """Return the numbers of the records whose formulas tables of tasks show."""
    return [group["id"] for group in _lowest(groups_of(runs), runs)]


def write_paper(
    results: Results, sources: Sources, folder: Path, *, title: str, style: Style, appendix: str
) -> list[Path]:
    """Write everything; return the files.

    Args:
        results: of the runs, with `COLUMNS`.
        sources: what else is needed, by the short names of methods.
        folder: made if need be.
        title: of the document.
        style: measures and fonts.
        appendix: which tasks it lists, one of `APPENDICES`.
    """
    numbers = Numbers()
    used = list(results.methods)
    groups = _lowest(groups_of(results.run_table.runs), results.run_table.runs)
    place = {method: number for number, method in enumerate(used)}
    groups = sorted(groups, key=lambda group: (natural_key(group["task"]), place[group["method"]]))
    texts = {
        "setup": setup(results, numbers),
        "standings": standings.standings(results),
        "wins": standings.wins(results),
        "summary": tables.summary(results),
        "breakdowns": weaknesses.breakdowns(results),
        "costs": weaknesses.costs(results),
        "ablations": weaknesses.ablations(results, {one.name: one.parameters() for one in sources.installed.values()}),
        "methods": tables.methods(sources.installed, used, sources.versions),
        "variants": tables.variants(results.long_names),
        "hyper-parameters": tables.hyper_parameters({name: sources.parameters[name] for name in used}),
        "problems": problems(groups, sources.formulas, "all" if appendix == "none" else appendix),
        "checklist": checklist(results, sources.about, sources.installed, numbers),
        "provenance": tables.provenance(sources.about),
    }
    head = f"% generated by srbench-lite {__version__}: srbench paper\n"
    written = [_write(folder / "tables" / f"{name}.tex", head + text) for name, text in texts.items()]
    drawn = {}
    data = {name: make(results.overall) for name, make in STANDINGS.items()}
    data |= {name: make(results.run_table) for name, make in DATA.items()}
    for name, rows in data.items():
        looked = [{**row, "look": place.get(row["method"], "")} for row in rows]
        path = folder / "figures" / f"{name}.csv"
        write_rows(looked, path)
        files = draw(name, looked, folder / "figures", style)
        if files:
            drawn[name] = numbers.sentence(f"figure/{name}", finding(name, rows), names_in(results))
        written += [path, *files]
    verdicts = [
        numbers.sentence(f"overall/{k}", " ".join((one.verdict, *_without_ends(one.remarks))), names_in(results))
        for k, one in enumerate(results.overall, start=1)
    ]
    wide = {name for name, (_, as_page) in _CAPTIONS.items() if as_page}
    wide |= {"degradation"} if len({row["setting"] for row in data["degradation"]}) > 1 else set()
    left_out = numbers.sentence("not-drawn", not_drawn(results.run_table), names_in(results))
    document = _Document(
        style=style,
        wide=wide,
        drawn=drawn,
        verdicts=verdicts,
        appendix=appendix,
        variants=texts["variants"],
        ablations=texts["ablations"],
        not_drawn=left_out,
    )
    works = keys_of(sources.installed[name] for name in used if name in sources.installed)
    board = results.board
    written.append(_write(folder / "macros.tex", head + numbers.to_tex((*board.rows, *board.overall))))
    written.append(_write(folder / "methods.bib", head + bibliography(works)))
    written.append(_write(folder / "main.tex", head + document.text(title)))
    return written


def write_archive(files: Sequence[Path], folder: Path, path: Path) -> None:
    """Pack the files of a folder for an upload: what LaTeX needs, and the data of the figures; the same bytes again."""

    def pack(part: Path) -> None:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(file for file in files if file.suffix != ".svg"):
                entry = zipfile.ZipInfo(str(file.relative_to(folder).as_posix()), date_time=(1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, file.read_bytes())

    write_file(path, pack)


def _lowest(groups: Sequence[Mapping[str, Any]], runs: pd.DataFrame) -> list[Mapping[str, Any]]:
    """Return the groups of the lowest noise level and the least perturbation of each suite."""
    kinds = at_least_noise(runs)[["suite", "noise", "perturbation"]].drop_duplicates().astype(object)
    lowest = {(suite, noise, str(perturbation_of(text))) for suite, noise, text in kinds.to_numpy().tolist()}
    return [group for group in groups if (group["suite"], group["noise"], group["perturbation"]) in lowest]


def _without_ends(remarks: Sequence[str]) -> list[str]:
    """Return the remarks but those on how runs ended, which the set-up says of all runs."""
    return [remark for remark in remarks if not remark.startswith("Runs that did not end")]


def _write(path: Path, text: str) -> Path:
    write_text(path, text)
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """The document: a body that says what was found, and an appendix that shows it.

    Attributes:
        style: measures and fonts.
        wide: figures as wide as a page.
        drawn: the figures that there are, each with the sentence that says what it shows, LaTeX.
        verdicts: on who is best, LaTeX.
        appendix: which tasks it lists.
        variants, ablations: tables of short names and of variants; empty where there are none.
        not_drawn: on settings that have no curves, LaTeX.
    """

    style: Style
    wide: Collection[str]
    drawn: Mapping[str, str]
    verdicts: Sequence[str]
    appendix: str
    variants: str
    ablations: str
    not_drawn: str

    def text(self, title: str) -> str:
        """Return main.tex."""
        return "\n".join([
            self.style.preamble, f"{_FLOATS}\\title{{{escape(title)}}}\\author{{}}\\date{{}}", r"\begin{document}",
            r"\maketitle", *self._body(), r"\clearpage\label{srbench:references}", r"\bibliographystyle{unsrt}",
            r"\bibliography{methods}", r"\clearpage\onecolumn\appendix", *self._appendix(), r"\end{document}", "",
        ])  # fmt: skip

    def _body(self) -> Iterator[str]:
        yield from (r"\section{What was run}", r"\input{tables/setup}")
        yield r"\section{Who is best}"
        yield "\n\n".join(self.verdicts)
        yield r"\input{tables/standings}"
        yield from self._figures("ranking", "matrix")
        yield r"\section{How results change with noise, time and size}"
        yield from self._figures("degradation", "time", "over-time", "pareto", "profile")
        yield self.not_drawn
        yield r"\section{Where methods fail, and what they cost}"
        yield r"Table~\ref{tab:costs} has the cost of a fit; recovery by traits of the truth stands beside it."
        yield from (r"\input{tables/breakdowns}", r"\input{tables/costs}")
        if self.ablations:
            yield from (r"\section{What each part brings}", r"\input{tables/ablations}")
        yield r"\section{Methods}"
        yield "Table~\\ref{tab:methods} lists the methods; their hyper-parameters are in the appendix."
        yield "The harness is srbench-lite~\\cite{srbench-lite}."
        yield r"\input{tables/methods}"
        if self.variants:
            yield r"\input{tables/variants}"

    def _appendix(self) -> Iterator[str]:
        yield from (r"\section{Reproducibility}", r"\input{tables/checklist}")
        yield from (r"\section{Hyper-parameters}", r"\input{tables/hyper-parameters}")
        yield from (r"\section{Where the numbers come from}", r"\input{tables/provenance}")
        yield from (r"\section{Further figures}", *self._figures("critical-difference", "panels", "recovery-noise"))
        yield from (r"\section{Pairs of methods}", r"\input{tables/wins}")
        if self.appendix != "none":
            yield from (r"\clearpage\section{Suites}", r"\input{tables/summary}")
            yield from (r"\clearpage\section{Tasks}", r"\input{tables/problems}")

    def _figures(self, *names: str) -> Iterator[str]:
        """Yield sentences on figures, and the figures: narrow ones side by side where the text has one column."""
        there = [name for name in names if name in self.drawn]
        for name in names:
            if name in self.drawn:
                yield rf"Figure~\ref{{fig:{name}}}: {self.drawn[name]}" if self.drawn[name] else ""
            elif name in _LEFT_OUT:
                yield _LEFT_OUT[name]
        narrow = [name for name in there if name not in self.wide]
        for name in there:
            if name in self.wide:
                yield from self._float([name], wide=True)
        step = 1 if self.style.columns > 1 else 2
        for first in range(0, len(narrow), step):
            yield from self._float(narrow[first : first + step], wide=False)

    def _float(self, names: Sequence[str], *, wide: bool) -> Iterator[str]:
        kind = "figure*" if wide else "figure"
        yield rf"\begin{{{kind}}}[{'tp' if wide else '!htbp'}]\centering"
        for place, name in enumerate(names):
            if len(names) > 1:
                yield rf"{chr(92) + 'hfill' if place else ''}\begin{{minipage}}[t]{{0.49\linewidth}}\centering"
            yield rf"\includegraphics{{figures/{name}}}"
            yield rf"\caption{{{_CAPTIONS[name][0]}}}\label{{fig:{name}}}"
            yield rf"% drawn from figures/{name}.csv; again: srbench paper --redraw figures/{name}.csv"
            if len(names) > 1:
                yield r"\end{minipage}"
        yield rf"\end{{{kind}}}"
