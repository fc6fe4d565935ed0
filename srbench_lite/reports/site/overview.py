"""The first page of a site: methods by suites, and what every submission is worth."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from srbench_lite.comparing.leaderboard import Leaderboard, Row
from srbench_lite.comparing.runs import counted
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.claim import Standing
from srbench_lite.reports.columns import COLUMNS
from srbench_lite.reports.site.addresses import method_page, suite_page
from srbench_lite.reports.site.content import SiteContent
from srbench_lite.reports.site.elements import Child, element, link, page, table

__all__ = ["Matrix", "front_page", "heat_table", "matrices", "scope", "standing_mark"]

_MAX_METHODS: Final = 300  # in one table
_SHADES: Final = 10
_LEGEND: Final = (
    "Share of runs whose formula is the truth, with its 95 % interval over tasks; on data without a known truth the "
    "median R². The best method over all suites first, where each suite weighs the same. The column of all suites is "
    "over formulas, each counted once, and stands for methods that ran on all tasks."
)
_TEXT_OF: Final = {column.title: column.text for column in COLUMNS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Methods by suites at one noise level and perturbation, the best method first.

    Attributes:
        noise, perturbation: what the runs have in common.
        suites: the columns.
        rows: for each method its label, its lines of the leaderboard by suite, and its line over all suites, where it
            ran on all tasks.
    """

    noise: float
    perturbation: Perturbation
    suites: tuple[str, ...]
    rows: tuple[tuple[str, Mapping[str, Row], Row | None], ...]


def matrices(board: Leaderboard) -> Iterator[Matrix]:
    """Yield the matrices of a leaderboard, the one without noise first; suites weigh the same."""
    scopes = dict.fromkeys((row.noise, row.perturbation) for row in board.rows)
    for noise, perturbation in sorted(scopes, key=lambda scope: (scope[1].place, scope[0])):
        here = [row for row in board.rows if (row.noise, row.perturbation) == (noise, perturbation)]
        over_all = {row.method: row for row in board.overall if (row.noise, row.perturbation) == (noise, perturbation)}
        suites = tuple(sorted({row.suite for row in here}))
        methods: dict[str, dict[str, Row]] = {}
        for row in here:
            methods.setdefault(row.method, {})[row.suite] = row
        order = sorted(methods, key=lambda method: (-_mean(methods[method], len(suites)), method))
        rows = tuple((method, methods[method], over_all.get(method)) for method in order)
        yield Matrix(noise=noise, perturbation=perturbation, suites=suites, rows=rows)


def _mean(lines: Mapping[str, Row], suites: int) -> float:
    """Return the recovery rate averaged over suites; one without a truth counts with its share of good fits.

    A suite on which a method did not run counts as nothing.
    """
    rates = [row.solved_r2 if row.recovery is None else row.recovery for row in lines.values()]
    return sum(rate or 0.0 for rate in rates) / suites


def front_page(content: SiteContent) -> bytes:
    """Return the page."""
    counts = content.standings(content.shown)
    runs = counted(len(content.shown), "run")
    told = (
        f"{runs} of {counted(len(content.methods), 'method')} in {counted(len(content.submissions), 'submission')}. "
        f"Every formula was judged again for this site: {counts[Standing.VERIFIED]:,} verified, "
        f"{counts[Standing.REJECTED]:,} rejected, {counts[Standing.CLAIMED]:,} only claimed. Tables count what was "
        "judged, with our scores; a claim that could not be judged counts nowhere."
    )
    body: list[Child] = [element("p", told)]
    for number, matrix in enumerate(matrices(content.board)):
        body += [element("h2", scope(matrix)), *_matrix(content, matrix, first=number == 0)]
    if not content.board.rows:
        body.append(element("p", "No run could be judged here, so there is no table.", class_="empty"))
    body += [element("p", remark) for remark in content.run_table.remarks]
    body += [element("h2", "Submissions"), _submissions(content)]
    return page("index.html", content.title, *body, site=content.title)


def scope(matrix: Matrix) -> str:
    """Return the heading of a matrix."""
    noise = "Without noise" if matrix.noise == 0 else f"Noise {matrix.noise:g}"
    return f"{noise}, {matrix.perturbation}" if matrix.perturbation else noise


def _matrix(content: SiteContent, matrix: Matrix, *, first: bool) -> list[Child]:
    rows = [
        (link(method_page(content.names[label]), label), lines, over_all)
        for label, lines, over_all in matrix.rows[:_MAX_METHODS]
    ]
    notes: list[Child] = [element("p", _LEGEND)] if first else []
    if len(matrix.rows) > _MAX_METHODS:
        notes.append(element("p", f"The first {_MAX_METHODS} of {len(matrix.rows):,} methods are shown."))
    return [*notes, heat_table("method", rows, matrix.suites, "")]


def heat_table(
    head: str, rows: Iterable[tuple[ET.Element, Mapping[str, Row], Row | None]], suites: Sequence[str], up: str
) -> ET.Element:
    """Return a table with a column for each suite, and one for all where there are several; cells shaded by recovery.

    Args:
        head: of the first column.
        rows: for each what stands there, its lines by suite, and its line over all suites, where it has one.
        suites: the columns.
        up: from the page to the top of the site.
    """
    several = len(suites) > 1
    heads: list[Child] = [head, *(["all suites"] if several else []), *(link(up + suite_page(s), s) for s in suites)]
    cells: list[list[Child]] = [
        [name, *([_cell(over_all)] if several else []), *(_cell(lines.get(suite)) for suite in suites)]
        for name, lines, over_all in rows
    ]
    made = table(heads, cells)
    for cell in made.iterfind(".//td"):
        for inner in cell.iterfind("span[@class]"):
            if inner.get("class", "").startswith("heat"):  # the whole cell is shaded
                cell.set("class", inner.attrib.pop("class"))
    return made


def _cell(row: Row | None) -> ET.Element:
    if row is None:
        return element("span", "–", class_="soft", title="not run on all tasks")
    if row.recovery is None:
        return element("span", f"R² {_TEXT_OF['R² test'](row)}")
    rate, _, interval = _TEXT_OF["recovery [95 %]"](row).partition(" [")
    shade = round(_SHADES * row.recovery)
    return element("span", element("b", rate), element("small", f" [{interval}"), class_=f"heat heat-{shade}")


def standing_mark(standing: Standing) -> ET.Element:
    """Return the word that says what a claim is worth."""
    kind = {Standing.VERIFIED: "good", Standing.REJECTED: "bad", Standing.CLAIMED: "soft"}[standing]
    return element("span", standing, class_=kind)


def _submissions(content: SiteContent) -> ET.Element:
    rows: list[list[Child]] = []
    for one in content.submissions:
        own = [shown for shown in content.shown if shown.checked.submission == one.name]
        counts = content.standings(own)
        methods = sorted({shown.method for shown in own})
        links: list[Child] = []
        for method in methods[:20]:
            links += [", " if links else None, link(method_page(method), method)]
        if len(methods) > 20:
            links.append(f" and {len(methods) - 20} more")
        bad = counts[Standing.REJECTED]
        rows.append([
            one.name, element("span", *links), f"{one.records:,}", f"{counts[Standing.VERIFIED]:,}",
            element("span", f"{bad:,}", class_="bad" if bad else None), f"{counts[Standing.CLAIMED]:,}",
        ])  # fmt: skip
    return table(("submission", "methods", "records", "verified", "rejected", "claimed"), rows, text=(0, 1))
