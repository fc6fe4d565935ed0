"""The pages of a site about methods: the card, the scores, the history over versions, what was rejected."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from srbench_lite.comparing.runs import counted
from srbench_lite.recording.claim import Worth
from srbench_lite.reports.columns import columns_of
from srbench_lite.reports.history import render, table_of, task_table
from srbench_lite.reports.palette import looks
from srbench_lite.reports.site.addresses import data_file, method_page, runs_page, suite_page
from srbench_lite.reports.site.content import ShownClaim, SiteContent
from srbench_lite.reports.site.data_files import csv_file, guarded
from srbench_lite.reports.site.elements import Child, csv_link, element, link, page, table
from srbench_lite.reports.site.figures import history_drawing
from srbench_lite.reports.site.overview import heat_table, matrices, scope
from srbench_lite.reports.site.runs import claims_table

__all__ = ["method_pages"]

_MAX_REJECTED: Final = 200  # that are listed on the page of a method
_MAX_PARAMETERS: Final = 60
_MAX_VALUE: Final = 200  # characters of a parameter's value


def method_pages(content: SiteContent) -> Iterator[tuple[str, bytes]]:
    """Yield the pages with their addresses."""
    rows: list[list[Child]] = []
    for method in content.methods:
        summary, *counts = _told(content, method).values()
        rows.append([link(f"../{method_page(method)}", method), summary, *(f"{count:,}" for count in counts)])
    listed = table(("method", "what it is", "runs", *Worth), rows, text=(0, 1), id_="methods")
    told = ({"method": method, **_told(content, method)} for method in content.methods)
    yield data_file("methods"), csv_file(told)
    body = [_search("methods"), csv_link(f"../{data_file('methods')}"), listed]
    yield "methods/index.html", page("methods/index.html", "Methods", *body, site=content.title)
    for method, claims in content.methods.items():
        address = method_page(method)
        yield address, page(address, method, *_body(content, method, claims), site=content.title)
        yield from _history_files(content, method)


def _told(content: SiteContent, method: str) -> dict[str, Any]:
    """Return what the list of methods says of one."""
    claims = content.methods[method]
    counts = content.worths(claims)
    card = content.cards.get(claims[0].checked.claim.method)
    return {
        "what it is": "" if card is None else card.method.summary, "runs": len(claims),
        **{str(worth): counts[worth] for worth in Worth},
    }  # fmt: skip


def _search(table_id: str) -> Child:
    """Return a field that filters a table; it is shown where scripts run."""
    box = element("input", type="search", placeholder="part of a name", data_filters=table_id)
    return element("label", "Find ", box, class_="note needs-script", hidden="")


def _body(content: SiteContent, method: str, claims: Sequence[ShownClaim]) -> Iterator[Child]:
    counts = content.worths(claims)
    yield element(
        "p", link(f"../{runs_page(method)}", counted(len(claims), "run")),
        f": {counts[Worth.VERIFIED]:,} verified, {counts[Worth.REJECTED]:,} rejected, "
        f"{counts[Worth.CLAIMED]:,} only claimed.",
    )  # fmt: skip
    yield from _card(content, claims)
    yield element("h2", "Scores")
    rows = [row for row in content.board.rows if content.names[row.method] == method]
    if rows:
        columns = [column for column in columns_of(rows)[1:] if "far" not in column.title]  # that was not computed
        several = len({row.method for row in rows}) > 1
        heads = ("suite", *(["variant"] if several else []), "noise", *(column.title for column in columns))
        cells: list[list[Child]] = [
            [
                link(f"../{suite_page(row.suite)}", row.suite), *([row.method] if several else []), f"{row.noise:g}",
                *(column.text(row) for column in columns),
            ]
            for row in rows
        ]  # fmt: skip
        yield csv_link(f"../{data_file('scores')}")
        yield table(heads, cells, text=(0, 1) if several else (0,))
    else:
        yield element("p", "No run of it could be judged here.", class_="empty")
    yield from _history(content, method)
    rejected = [one for one in claims if one.checked.worth is Worth.REJECTED]
    if rejected:
        yield element("h2", "Rejected claims")
        if len(rejected) > _MAX_REJECTED:
            yield element("p", f"The first {_MAX_REJECTED} of {len(rejected):,}.")
        yield csv_link(f"../{data_file('runs', method)}")
        yield claims_table(content, rejected[:_MAX_REJECTED], "../")


def _card(content: SiteContent, claims: Sequence[ShownClaim]) -> Iterator[Child]:
    """Yield what is known of a method: where it is installed here its card, and what its newest run says."""
    last = max((one.checked.claim for one in claims), key=lambda record: record.started_at)
    card = content.cards.get(last.method)
    facts: list[tuple[str, Any]] = []
    if card is not None:
        yield element("p", card.method.summary)
        facts += [("source", card.method.source), ("licence", card.method.licence or "not given")]
        facts.append(("installed here", f"version {card.method.version}, code {card.code or 'without a fingerprint'}"))
    else:
        yield element("p", "This method is not installed where the site was built: what follows is its runs' word.")
    budgets = sorted({one.checked.claim.budget_seconds for one in claims})
    facts += [
        ("newest run", f"version {last.method_version}, code {last.method_source or 'without a fingerprint'}"),
        ("submitted in", ", ".join(sorted({one.checked.submission for one in claims}))),
        ("time limits", ", ".join(f"{seconds:g} s" for seconds in budgets[:10])),
        ("machine", f"{last.environment.get('cpu', 'not told')}"[:_MAX_VALUE]),
    ]
    yield element("dl", *(part for name, text in facts for part in (element("dt", name), element("dd", str(text)))))
    settings = list(last.parameters.items())[:_MAX_PARAMETERS]
    if settings:
        values = [(str(name), json.dumps(value)[:_MAX_VALUE]) for name, value in settings]
        yield element(
            "details", element("summary", "Parameters of the newest run"), table(("parameter", "value"), values)
        )  # fmt: skip


def _history(content: SiteContent, method: str) -> Iterator[Child]:
    """Yield the scores of all versions, the oldest first."""
    history = content.history(method)
    if history is None:
        return
    run_table, board, began = history
    yield element("h2", "History")
    yield element("p", "Every version that was handed in, the oldest first; the tables of this site count the newest.")
    yield from _states(content, method)
    for matrix in matrices(run_table, board):
        lines = {line.label: line for line in matrix.lines}
        rows = [
            (element("span", label, element("small", f" since {first[:10]}")), lines[label])
            for label, first in began.items()
            if label in lines
        ]
        yield element("h3", scope(matrix))
        yield heat_table("version", rows, matrix.suites, "../")


def _states(content: SiteContent, method: str) -> Iterator[Child]:
    """Yield the curve over versions, and what each changed, on the runs that all versions share."""
    history = content.compared_states(method)
    if isinstance(history, str):
        yield element("p", history, class_="remark")
        return
    drawing = history_drawing(history, method)
    if drawing is not None:
        yield element("div", drawing.element(looks([method]), "../"), class_="charts")
    shown = table_of(history)
    yield csv_link(f"../{data_file('history', method)}")
    yield table(shown.heads, shown.rows, text=[k for k, head in enumerate(shown.heads) if head in shown.texts])
    yield from (element("p", note, class_="remark") for note in shown.notes)
    changed = task_table(history)
    if changed.rows:
        texts = [k for k, head in enumerate(changed.heads) if head in changed.texts]
        yield element("details", element("summary", "Tasks that each version lost and gained"),
                      table(changed.heads, changed.rows, text=texts))  # fmt: skip


def _history_files(content: SiteContent, method: str) -> Iterator[tuple[str, bytes]]:
    history = content.compared_states(method)
    if not isinstance(history, str):
        yield data_file("history", method), guarded(render(history, "csv"))
