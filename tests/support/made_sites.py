"""Sites of made claims, and what is in their pages: headings, tables, links."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any

from records import failure, record

from srbench_lite import Expression, Sampling, Task
from srbench_lite.recording.claim import CheckedClaim, Worth
from srbench_lite.recording.record import Record
from srbench_lite.reports.site import SiteContent, Submission, site_files

#: What no page may act on, whatever it stands in.
HOSTILE = "</td></table><script>alert(1)</script><img src=x onerror=alert(1)> \u202e\x00\"'&amp;{{7*7}}"

TASKS = {
    f"{suite}/{name}": Task(
        name=f"{suite}/{name}",
        suite=suite,
        truth=Expression.parse(truth),
        source="by hand",
        variables={"x": Sampling(low=-1, high=1)},
    )
    for suite, name, truth in (("sin", "plain", "sin(x)"), ("sin", "double", "sin(2*x)"), ("poly", "Square", "x**2"))
}


def claim(
    submission: str, worth: Worth = Worth.VERIFIED, why: str = "", made: Record | None = None, **changes: Any
) -> CheckedClaim:
    """Return a claim of a record on a task of `TASKS` (`sin/plain`), judged as it says unless it is only claimed."""
    parts = {"task": "sin/plain", "scoring_version": "2.3"} | changes
    parts["suite"] = parts["task"].partition("/")[0]
    if parts["task"] in TASKS:
        parts = {"truth": str(TASKS[parts["task"]].truth), "task_fingerprint": TASKS[parts["task"]].fingerprint} | parts
    claimed = record(**parts) if made is None else made
    judged = None if worth is Worth.CLAIMED else claimed
    if worth is Worth.REJECTED:
        scores = dataclasses.replace(claimed.scores, verdict="different", recovered=False, nmse_test=0.5, r2_test=0.5)
        judged = dataclasses.replace(claimed, scores=scores)
    return CheckedClaim(submission=submission, claim=claimed, judged=judged, worth=worth, why=why)


def content(claims: Iterable[CheckedClaim], **changes: Any) -> SiteContent:
    """Return what a site of these claims shows."""
    claims = list(claims)
    names = dict.fromkeys(one.submission for one in claims)
    parts: dict[str, Any] = {
        "title": "Board", "command": "srbench site --out site one.json two.json", "contact": "",
        "submissions": [
            Submission(name=name, file=f"{name}.json", records=sum(one.submission == name for one in claims))
            for name in names
        ],
        "claims": claims, "tasks": TASKS, "scoring_version": "2.3",
    }  # fmt: skip
    return SiteContent(**(parts | changes))


def usual() -> list[CheckedClaim]:
    """Return claims of every worth, of three submissions; two of them have the method `good`."""
    failed = failure(suite="sin", task="sin/double", task_fingerprint=TASKS["sin/double"].fingerprint,
                     scoring_version="2.3")  # fmt: skip
    return [
        *(claim("one", task=task, seed=seed) for task in TASKS for seed in (0, 1)),
        claim("two", seed=3), claim("two", made=failed),
        claim("two", method="forger", worth=Worth.REJECTED, why="claimed exact, judged different",
              expression="x"),
        claim("three", method="far away", task="else/where", worth=Worth.CLAIMED,
              why="the task is not known here"),
        claim("three", method="old", method_version="1", expression="x + 1", verdict="different", recovered=False),
        claim("three", method="old", method_version="2", started_at="2026-02-01T00:00:00+00:00"),
    ]  # fmt: skip


def made(site: SiteContent) -> dict[str, bytes]:
    """Return the files of a site by their paths."""
    files = list(site_files(site))
    assert len(dict(files)) == len(files)
    return dict(files)


class Seen(HTMLParser):
    """What a browser finds in a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, Mapping[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.headings: list[str] = []
        self.text = ""
        self._inside: str | None = None
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._inside = "cell"
        elif tag in ("h1", "h2", "h3"):
            self.headings.append("")
            self._inside = "heading"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "h1", "h2", "h3"):
            self._inside = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._inside == "cell":
            self.rows[-1][-1] += data
        elif self._inside == "heading":
            self.headings[-1] += data

    def links(self) -> list[str]:
        """Return every address that the page names."""
        return [value for _, attributes in self.tags for key in ("href", "src") if (value := attributes.get(key))]
