"""A site of static pages: a public leaderboard from what many people hand in. It loads nothing and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from srbench_lite.reports.page import stylesheet
from srbench_lite.reports.site.content import ShownClaim, SiteContent, Submission
from srbench_lite.reports.site.methods import method_pages
from srbench_lite.reports.site.overview import overview_pages
from srbench_lite.reports.site.runs import run_pages
from srbench_lite.reports.site.submitting import submit_page
from srbench_lite.reports.site.tasks import task_pages

__all__ = ["ShownClaim", "SiteContent", "Submission", "site_files"]

_FOLDER: Final = Path(__file__).parent


def site_files(content: SiteContent) -> Iterator[tuple[str, bytes]]:
    """Yield every file of the site, with its path from the site's folder; the same content gives the same bytes."""
    yield "site.css", (stylesheet() + (_FOLDER / "site.css").read_text(encoding="utf-8")).encode()
    yield "site.js", (_FOLDER / "site.js").read_bytes()
    yield from overview_pages(content)
    yield "submit.html", submit_page(content)
    yield from method_pages(content)
    yield from task_pages(content)
    yield from run_pages(content)
