"""Pages for tests, made of content alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from srbench_lite.reports.page import render


def written(content: dict[str, Any], page: Path) -> Path:
    """Write a page with some content and nothing beside it."""
    nothing: dict[str, Any] = {
        key: []
        for key in (
            "warnings",
            "commands",
            "overall",
            "weak",
            "answers",
            "ablations",
            "histories",
        )
    }
    beside = nothing | {"summary": "", "of_variants": "", "provenance": {}, "study": ""}
    page.write_text(render(beside | content, title="made"), encoding="utf-8")
    return page
