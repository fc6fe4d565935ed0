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
from srbench_lite.reports.paper.captions import WIDE, caption
from srbench_lite.reports.paper.data import DATA, STANDINGS, at_least_noise, not_drawn, write_rows
from srbench_lite.reports.paper.failures import Failures
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
    "setup", "standings", "standings-short", "wins", "summary", "solvers", "unsolved", "breakdowns", "costs",
    "ablations", "methods", "variants", "hyper-parameters", "problems", "checklist", "provenance",
)  # fmt: skip
#: Why a figure of the body is not there, where its data is empty.
_LEFT_OUT: Final = {
    "ranking": "Ranks and a matrix are not drawn: no two methods ran on common tasks.",
    "over-time": "Curves over seconds are not drawn: the runs have no marks.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a paper is made of beside the runs.

    Attributes:
        formulas: by number of a record, of those that `shown_records` names: the formula, and why there is none.
        missed: by number of a record, of those that `srbench_lite.reports.paper.failures.looked_at` names: the formula.
        tags: of tasks by their fingerprints, of those that are known.
        installed: methods by the names that runs have, those that are installed.
        versions: of the methods, by the same names.
        parameters: of the methods, JSON objects, by the same names.
        about: where the runs come from, texts by name.
    """

    formulas: Mapping[int, tuple[str | None, str | None]]
    missed: Mapping[int, str | None]
    tags: Mapping[str, Collection[str]]
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
    failures = Failures.of(results.run_table, sources.missed, sources.tags)
    texts = {
        "setup": setup(results, numbers),
        "standings": standings.standings(results),
        "standings-short": standings.short(results),
        "wins": standings.wins(results),
        "summary": tables.summary(results),
        "solvers": weaknesses.solvers(failures, results),
        "unsolved": weaknesses.unsolved_tasks(failures, results),
        "breakdowns": weaknesses.breakdowns(failures, results),
        "costs": weaknesses.costs(failures, results),
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
    drawn, captions = {}, {}
    names = names_in(results)
    data = {name: make(results.overall) for name, make in STANDINGS.items()} | {"weaknesses": failures.rows(used)}
    data |= {name: make(results.run_table) for name, make in DATA.items()}
    for name, rows in data.items():
        looked = [{**row, "look": place.get(row["method"], "")} for row in rows]
        path = folder / "figures" / f"{name}.csv"
        write_rows(looked, path)
        files = draw(name, looked, folder / "figures", style)
        if files:
            drawn[name] = numbers.sentence(f"figure/{name}", finding(name, rows), names)
            captions[name] = caption(name, rows)
        written += [path, *files]
    wide = WIDE | ({"degradation"} if len({row["setting"] for row in data["degradation"]}) > 1 else set())
    said = {
        "verdict": " ".join(one.verdict for one in results.overall),
        "remarks": " ".join(remark for one in results.overall for remark in _without_ends(one.remarks)),
        "answers": " ".join(failures.answers(_leader(results))),
        "failures": " ".join(failures.remarks),
        "solvers": weaknesses.said_of_solvers(failures),
        "not-drawn": not_drawn(results.run_table),
    }
    document = _Document(
        style=style,
        wide=wide,
        drawn=drawn,
        captions=captions,
        said={key: numbers.sentence(key, text, names) for key, text in said.items()},
        appendix=appendix,
        parts={name for name, text in texts.items() if text},
        several_suites=results.run_table.runs["suite"].nunique() > 1,
        ranked=results.overall[0].metric if results.overall else "",
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


def _leader(results: Results) -> str:
    """Return the method that is ranked first; of methods that are not ranked, the first."""
    ranked = [line.method for one in results.overall for line in one.standings if one.metric == "recovery"]
    return ranked[0] if ranked else results.methods[0]


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
        captions: of these figures, LaTeX.
        said: sentences by what they are about, LaTeX.
        appendix: which tasks it lists.
        parts: the tables that there are.
        several_suites: whether a matrix of suites says more than the standings.
        ranked: by what methods are ranked in the first table of standings, a metric; empty where there is none.
    """

    style: Style
    wide: Collection[str]
    drawn: Mapping[str, str]
    captions: Mapping[str, str]
    said: Mapping[str, str]
    appendix: str
    parts: Collection[str]
    ranked: str
    several_suites: bool

    def text(self, title: str) -> str:
        """Return main.tex."""
        return "\n".join([
            self.style.preamble, r"\input{macros}", r"\begin{document}", self.style.title(escape(title)),
            r"\suppressfloats[t]", *self._abstract(), *self._body(), self.style.bibliography, r"\clearpage\onecolumn",
            r"\ifdefined\appendices\appendices\else\appendix\fi", *self._appendix(), r"\end{document}", "",
        ])  # fmt: skip

    def _abstract(self) -> Iterator[str]:
        yield r"\begin{abstract}"
        yield f"{self.said['verdict']} {self.said['answers']}".strip() or "No two methods ran on common tasks."
        yield r"\end{abstract}"

    def _body(self) -> Iterator[str]:
        yield from (r"\section{What was run}", r"\input{tables/setup}")
        yield r"\section{Who is best}"
        several = self.style.columns > 1
        if self.ranked:
            yield rf"Table~\ref{{tab:standings-{'short-' * several}{self.ranked}}} has the standings."
        yield self.said["remarks"]
        yield r"\input{tables/standings-short}" if several else r"\input{tables/standings}"
        yield from self._figures("ranking", *["matrix"] * self.several_suites)
        yield r"\section{Where methods fail}"
        yield from self._figures("weaknesses")
        yield self.said["failures"]
        if self.said["solvers"]:
            yield rf"Table~\ref{{tab:solvers}}: {self.said['solvers']}"
        yield r"\input{tables/solvers}"
        yield r"\section{How results change with noise and time, and what they cost}"
        yield from self._figures("degradation", "over-time", "time")
        yield self.said["not-drawn"]
        yield r"Table~\ref{tab:costs} has the cost of a fit."
        yield r"\input{tables/costs}"
        if "ablations" in self.parts:
            yield from (r"\section{What each part brings}", r"\input{tables/ablations}")
        yield r"\section{Methods}"
        yield "Table~\\ref{tab:methods} lists the methods; their hyper-parameters are in the appendix."
        yield "The harness is srbench-lite~\\citep{srbench-lite}."
        yield r"\input{tables/methods}"
        if "variants" in self.parts:
            yield r"\input{tables/variants}"

    def _appendix(self) -> Iterator[str]:
        yield from (r"\section{Reproducibility}", r"\input{tables/checklist}")
        yield from (r"\section{Hyper-parameters}", r"\input{tables/hyper-parameters}")
        yield from (r"\section{Where the numbers come from}", r"\input{tables/provenance}")
        if self.style.columns > 1:
            yield from (r"\section{Standings in full}", r"\input{tables/standings}")
        further = [
            *self._figures(
                *["matrix"] * (not self.several_suites),
                "pareto",
                "profile",
                "critical-difference",
                "panels",
                "recovery-noise",
            )
        ]
        if further:
            yield from (r"\section{Further figures}", *further)
        yield from (r"\section{Pairs of methods}", r"\input{tables/wins}")
        yield from (r"\clearpage\section{Where methods fail, in full}", r"\input{tables/breakdowns}")
        yield r"\input{tables/unsolved}"
        if self.appendix != "none":
            yield from (r"\clearpage\section{Suites}", r"\input{tables/summary}")
            yield from (r"\clearpage\section{Tasks}", r"\input{tables/problems}")

    def _figures(self, *names: str) -> Iterator[str]:
        """Yield sentences on figures, and the figures: narrow ones side by side where the text has one column."""
        there = sorted((name for name in names if name in self.drawn), key=lambda name: name not in self.wide)
        for name in there:  # in the order of the floats, so that their numbers stand in order
            yield rf"Figure~\ref{{fig:{name}}}: {self.drawn[name]}" if self.drawn[name] else ""
        yield from (_LEFT_OUT[name] for name in names if name in _LEFT_OUT and name not in self.drawn)
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
            yield rf"\begin{{adjustedtable}}\includegraphics{{figures/{name}}}\end{{adjustedtable}}"
            yield rf"\caption{{{self.captions[name]}}}\label{{fig:{name}}}"
            yield rf"% drawn from figures/{name}.csv; again: srbench paper --redraw figures/{name}.csv"
            if len(names) > 1:
                yield r"\end{minipage}"
        yield rf"\end{{{kind}}}"
