"""The first page of a site: methods by suites, and what every submission is worth."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from srbench_lite.comparing.leaderboard import Leaderboard, Row
from srbench_lite.comparing.overall import Overall, OverallTables, Standing
from srbench_lite.comparing.runs import RunTable, counted
from srbench_lite.comparing.statistics import Interval
from srbench_lite.errors import UsageError
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.claim import Worth
from srbench_lite.reports.columns import COLUMNS
from srbench_lite.reports.plain import render_csv
from srbench_lite.reports.site.addresses import data_file, method_page, suite_page
from srbench_lite.reports.site.content import SiteContent
from srbench_lite.reports.site.data_files import csv_file, guarded
from srbench_lite.reports.site.elements import Child, csv_link, element, link, page, table
from srbench_lite.reports.site.figures import left_out, overview_drawings

__all__ = ["Line", "Matrix", "heat_table", "matrices", "overview_pages", "rejection_mark", "scope", "worth_mark"]

_MAX_METHODS: Final = 300  # in one table
_SHADES: Final = 10
_LEGEND: Final = (
    "Share of runs whose formula is the truth, with its 95 % interval; on data without a known truth the median R². "
    "Over all suites each suite weighs the same, and a formula that stands in several counts once. Methods that ran on "
    "all tasks are ranked, with the ranks that are possible in brackets."
)
_TEXT_OF: Final = {column.title: column.text for column in COLUMNS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a method has in a matrix.

    Attributes:
        label: its name, with what tells variants apart.
        cells: its lines of the leaderboard by suite.
        standing: its mean over all suites and its ranks; None where it did not run on all tasks.
    """

    label: str
    cells: Mapping[str, Row]
    standing: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Methods by suites at one noise level and perturbation: those that are ranked, then the others, the best first.

    Attributes:
        noise, perturbation: what the runs have in common.
        suites: the columns.
        lines: the rows.
        verdict: a sentence on who is best, by how much and how sure; empty where nobody is ranked.
        remarks: on what the ranks rest.
    """

    noise: float
    perturbation: Perturbation
    suites: tuple[str, ...]
    lines: tuple[Line, ...]
    verdict: str = ""
    remarks: tuple[str, ...] = ()


def matrices(run_table: RunTable, board: Leaderboard) -> Iterator[Matrix]:
    """Yield the matrices of runs, the one without noise first.

    Args:
        run_table: the runs, with the columns of `srbench_lite.comparing.score_table`.
        board: their leaderboard.
    """
    overall = _overall(run_table)
    scopes = dict.fromkeys((row.noise, row.perturbation) for row in board.rows)
    for noise, perturbation in sorted(scopes, key=lambda scope: (scope[1].place, scope[0])):
        here = [row for row in board.rows if (row.noise, row.perturbation) == (noise, perturbation)]
        table = overall.get((noise, perturbation))
        standings = {} if table is None else {one.method: one for one in table.standings}
        suites = tuple(sorted({row.suite for row in here}))
        methods: dict[str, dict[str, Row]] = {}
        for row in here:
            methods.setdefault(row.method, {})[row.suite] = row
        others = [method for method in methods if method not in standings]
        others.sort(key=lambda method: (-_mean(methods[method], len(suites)), method))
        yield Matrix(
            noise=noise, perturbation=perturbation, suites=suites,
            lines=tuple(Line(label=m, cells=methods[m], standing=standings.get(m)) for m in (*standings, *others)),
            verdict=table.verdict if table is not None and standings else "",
            remarks=table.remarks if table is not None and standings else (),
        )  # fmt: skip


def _overall(run_table: RunTable) -> dict[tuple[float, Perturbation], Overall]:
    """Return the standings by noise and perturbation; none where there are too many methods to compare them all."""
    try:
        tables = OverallTables.of(run_table).tables if len(run_table.runs) else ()
    except UsageError:
        return {}
    return {(table.noise, table.perturbation): table for table in tables if table.metric == "recovery"}


def _mean(lines: Mapping[str, Row], suites: int) -> float:
    """Return the recovery rate averaged over suites; one without a truth counts with its share of good fits.

    A suite on which a method did not run counts as nothing.
    """
    rates = [row.solved_r2 if row.recovery is None else row.recovery for row in lines.values()]
    return sum(rate or 0.0 for rate in rates) / suites


def overview_pages(content: SiteContent) -> Iterator[tuple[str, bytes]]:
    """Yield the first page, and the CSV files of its tables and charts, with their addresses."""
    counts = content.worths(content.shown)
    runs = counted(len(content.shown), "run")
    told = (
        f"{runs} of {counted(len(content.methods), 'method')} in {counted(len(content.submissions), 'submission')}. "
        f"Every formula was judged again for this site: {counts[Worth.VERIFIED]:,} verified, "
        f"{counts[Worth.REJECTED]:,} rejected, {counts[Worth.CLAIMED]:,} only claimed. Tables count what was "
        "judged, with our scores; a claim that could not be judged counts nowhere."
    )
    body: list[Child] = [element("p", told)]
    for number, matrix in enumerate(matrices(content.run_table, content.board)):
        body += [element("h2", scope(matrix)), *_matrix(content, matrix, first=number == 0)]
        if number == 0:
            drawings = list(overview_drawings(content, matrix))
            yield from (drawing.file() for drawing in drawings)
            body.append(element("div", *(drawing.element(content.looks, "") for drawing in drawings), class_="charts"))
            body.append(element("p", left_out(content), class_="remark"))
    if content.board.rows:
        yield data_file("scores"), guarded(render_csv(content.board))
    else:
        body.append(element("p", "No run could be judged here, so there is no table.", class_="empty"))
    body += [element("p", remark) for remark in content.run_table.remarks]
    body += [element("h2", "Submissions"), csv_link(data_file("submissions")), _submissions(content)]
    yield (
        data_file("submissions"),
        csv_file(
            {"submission": one.name, "file": one.file, "records": one.records, **_worths_of(content, one.name)}
            for one in content.submissions
        ),
    )
    yield "index.html", page("index.html", content.title, *body, site=content.title)


def _worths_of(content: SiteContent, submission: str) -> dict[str, int]:
    counts = content.worths([one for one in content.shown if one.checked.submission == submission])
    return {str(worth): counts[worth] for worth in Worth}


def scope(matrix: Matrix) -> str:
    """Return the heading of a matrix."""
    noise = "Without noise" if matrix.noise == 0 else f"Noise {matrix.noise:g}"
    return f"{noise}, {matrix.perturbation}" if matrix.perturbation else noise


def _matrix(content: SiteContent, matrix: Matrix, *, first: bool) -> list[Child]:
    lines = [(_named(content, line.label), line) for line in matrix.lines[:_MAX_METHODS]]
    notes: list[Child] = [element("p", element("b", matrix.verdict))] if matrix.verdict else []
    if first:
        notes.append(element("p", _LEGEND))
    if len(matrix.lines) > _MAX_METHODS:
        notes.append(element("p", f"The first {_MAX_METHODS} of {len(matrix.lines):,} methods are shown."))
    remarks = [element("p", remark, class_="remark") for remark in matrix.remarks]
    notes.append(csv_link(data_file("scores")))
    return [*notes, heat_table("method", lines, matrix.suites, ""), *remarks]


def _named(content: SiteContent, label: str) -> ET.Element:
    mark = rejection_mark(content.rejections[label])
    return element("span", link(method_page(content.names[label]), label), mark)


def rejection_mark(count: int) -> ET.Element | None:
    """Return the mark of what has rejected claims among the runs that count; None where it has none."""
    if not count:
        return None
    why = "claimed otherwise than it was judged here; our scores count"
    return element("small", f" {count:,} rejected", class_="bad", title=why)


def heat_table(head: str, lines: Iterable[tuple[ET.Element, Line]], suites: Sequence[str], up: str) -> ET.Element:
    """Return a table with a column for each suite, and ranks where there are any; cells shaded by recovery.

    Args:
        head: of the first column.
        lines: the rows, each with what stands first in it.
        suites: the columns.
        up: from the page to the top of the site.
    """
    lines = list(lines)
    ranked = any(line.standing is not None for _, line in lines)
    heads: list[Child] = [head, *(["rank", "all suites"] if ranked else [])]
    cells: list[list[Child]] = [
        [name, *(_standing(line.standing) if ranked else []), *(_cell(line.cells.get(suite)) for suite in suites)]
        for name, line in lines
    ]
    made = table([*heads, *(link(up + suite_page(suite), suite) for suite in suites)], cells)
    for cell in made.iterfind(".//td"):
        for inner in cell.iterfind("span[@class]"):
            if inner.get("class", "").startswith("heat"):  # the whole cell is shaded
                cell.set("class", inner.attrib.pop("class"))
    return made


def _standing(standing: Standing | None) -> list[Child]:
    """Return the rank with those that are possible, and the mean over all suites."""
    if standing is None:
        return [element("span", "–", class_="soft", title="not run on all tasks")] * 2
    low, high = standing.ranks
    between = element("small", f" [{low}, {high}]" if low < high else "")
    return [element("span", str(standing.rank), between), _rate(standing.value, standing.interval)]


def _cell(row: Row | None) -> ET.Element:
    if row is None:
        return element("span", "–", class_="soft", title="not run")
    if row.recovery is None or row.recovery_interval is None:
        return element("span", f"R² {_TEXT_OF['R² test'](row)}")
    return _rate(row.recovery, row.recovery_interval)


def _rate(rate: float, interval: Interval) -> ET.Element:
    """Return a rate with its interval; 0 % and 100 % stand for nothing else."""
    percent = f"{100 * rate:.0f} %" if rate in (0, 1) else f"{min(99, max(1, round(100 * rate)))} %"
    between = element("small", f" [{100 * interval.low:.0f}, {100 * interval.high:.0f}]")
    return element("span", element("b", percent), between, class_=f"heat heat-{round(_SHADES * rate)}")


def worth_mark(worth: Worth) -> ET.Element:
    """Return the word that says what a claim is worth."""
    kind = {Worth.VERIFIED: "good", Worth.REJECTED: "bad", Worth.CLAIMED: "soft"}[worth]
    return element("span", worth, class_=kind)


def _submissions(content: SiteContent) -> ET.Element:
    rows: list[list[Child]] = []
    for one in content.submissions:
        counts = _worths_of(content, one.name)
        methods = sorted({shown.method for shown in content.shown if shown.checked.submission == one.name})
        links: list[Child] = []
        for method in methods[:20]:
            links += [", " if links else None, link(method_page(method), method)]
        if len(methods) > 20:
            links.append(f" and {len(methods) - 20} more")
        bad = counts[Worth.REJECTED]
        rows.append([
            one.name, element("span", *links), f"{one.records:,}", f"{counts[Worth.VERIFIED]:,}",
            element("span", f"{bad:,}", class_="bad" if bad else None), f"{counts[Worth.CLAIMED]:,}",
        ])  # fmt: skip
    return table(("submission", "methods", "records", "verified", "rejected", "claimed"), rows, text=(0, 1))
