"""The pages of a site with runs: what each submission says of each run, and what was found."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from typing import Any, Final

from srbench_lite.comparing.runs import counted, perturbation_of
from srbench_lite.judging.scores import Scores
from srbench_lite.recording.claim import Worth
from srbench_lite.reports.site.addresses import data_file, method_page, runs_page, task_page
from srbench_lite.reports.site.content import ShownClaim, SiteContent
from srbench_lite.reports.site.data_files import csv_file
from srbench_lite.reports.site.elements import Child, csv_link, element, link, page, plain, table
from srbench_lite.reports.site.overview import worth_mark

__all__ = ["claims_table", "run_pages"]

_RUNS_PER_PAGE: Final = 1_000
_MAX_FORMULA: Final = 160  # characters that are shown here


def run_pages(content: SiteContent) -> Iterator[tuple[str, bytes]]:
    """Yield the pages with their addresses."""
    rows: list[list[Child]] = []
    for method, claims in content.methods.items():
        counts = content.worths(claims)
        rows.append([
            link(f"../{runs_page(method)}", method), f"{len(claims):,}",
            *(f"{counts[worth]:,}" for worth in Worth),
        ])  # fmt: skip
    heads = ("method", "runs", *Worth)
    note = element("p", "Each run as it was handed in, with what was found when its formula was judged again.")
    yield "runs/index.html", page("runs/index.html", "Runs", note, table(heads, rows), site=content.title)
    for method, claims in content.methods.items():
        yield data_file("runs", method), csv_file(map(_data, claims))
        yield from _of_method(content, method, claims)


def _of_method(content: SiteContent, method: str, claims: Sequence[ShownClaim]) -> Iterator[tuple[str, bytes]]:
    pages = -(-len(claims) // _RUNS_PER_PAGE)
    for number in range(1, pages + 1):
        address = runs_page(method, number)
        up = "../" * address.count("/")
        first = (number - 1) * _RUNS_PER_PAGE
        some = claims[first : first + _RUNS_PER_PAGE]
        others = [
            element("a", str(other), href=f"{up}{runs_page(method, other)}", aria_current="page" if here else None)
            for other in range(1, pages + 1)
            for here in (other == number,)
        ]
        body: list[Child] = [
            element("p", link(f"{up}{method_page(method)}", method), f": {counted(len(claims), 'run')}."),
            element("nav", "pages: ", *others, class_="pages") if pages > 1 else None,
            csv_link(f"{up}{data_file('runs', method)}"),
            claims_table(content, some, up),
        ]
        yield address, page(address, f"Runs of {method}", *body, site=content.title)


def claims_table(content: SiteContent, claims: Sequence[ShownClaim], up: str) -> ET.Element:
    """Return a table of claims beside what was found.

    Args:
        content: of the site.
        claims: a row each.
        up: from the page to the top of the site.
    """
    perturbed = any(one.checked.claim.perturbation for one in claims)
    heads = [
        "task", *(["perturbation"] if perturbed else []), "noise", "seed", "worth", "claimed", "judged", "NMSE",
        "size", "seconds", "submission", "formula",
    ]  # fmt: skip
    words = ("task", "perturbation", "worth", "claimed", "judged", "submission", "formula")
    return table(
        heads, (_row(content, one, up, perturbed=perturbed) for one in claims),
        text=[place for place, head in enumerate(heads) if head in words],
    )  # fmt: skip


def _row(content: SiteContent, one: ShownClaim, up: str, *, perturbed: bool) -> list[Child]:
    claim, judged = one.checked.claim, one.checked.judged
    worth = element("span", worth_mark(one.checked.worth))
    if one.checked.why:
        worth.append(element("small", f" {one.checked.why}", class_="why"))
    scores = None if judged is None else judged.scores
    known = claim.task in content.groups
    return [
        link(f"{up}{task_page(claim.task)}", claim.task) if known else claim.task,
        *([str(perturbation_of(_settings(one)))] if perturbed else []),
        f"{claim.noise:g}", str(claim.seed), worth, claim.scores.verdict or str(claim.status),
        "–" if scores is None else scores.verdict or "–",
        "–" if scores is None or scores.nmse_test is None else f"{scores.nmse_test:.1e}",
        "–" if scores is None or scores.complexity is None else str(scores.complexity), f"{claim.seconds:.3g}",
        one.checked.submission, _formula(claim.expression),
    ]  # fmt: skip


def _settings(one: ShownClaim) -> str:
    return json.dumps(dict(one.checked.claim.perturbation), sort_keys=True)


def _data(one: ShownClaim) -> dict[str, Any]:
    """Return what the CSV file has of a claim: everything is in it, whatever a page cuts off."""
    claim, judged = one.checked.claim, one.checked.judged
    found = Scores() if judged is None else judged.scores
    return {
        "submission": one.checked.submission, "method": one.method, "version": claim.method_version,
        "task": claim.task, "noise": claim.noise, "perturbation": _settings(one), "seed": claim.seed,
        "status": str(claim.status), "worth": str(one.checked.worth), "why": one.checked.why,
        "claimed_verdict": claim.scores.verdict, "claimed_nmse": claim.scores.nmse_test, "verdict": found.verdict,
        "nmse": found.nmse_test, "r2": found.r2_test, "size": found.complexity, "seconds": claim.seconds,
        "started_at": claim.started_at, "formula": claim.expression,
    }  # fmt: skip


def _formula(text: str | None) -> ET.Element:
    if text is None:
        return element("span", "–", class_="soft")
    shown = plain(text[: _MAX_FORMULA + 1])
    return element("code", shown if len(shown) <= _MAX_FORMULA else f"{shown[:_MAX_FORMULA]} …")
