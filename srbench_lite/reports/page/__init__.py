"""The report for a browser: one file with everything in it, which loads nothing and sends nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final

import vl_convert

from srbench_lite.reports.page.charts import charts

__all__ = ["render"]

_FOLDER: Final = Path(__file__).parent


def render(content: Mapping[str, Any], *, title: str) -> str:
    """Return the page.

    Args:
        content: what `content_of` returns, with `summary`, a sentence, `provenance`, texts by name, and what
            `warnings_of` returns as `warnings`.
        title: of the page.
    """
    parts = {
        "title": escape(title), "css": _file("page.css"), "page": _file("page.js"), "library": _library(),
        "content": _json(content), "charts": _json(charts()),
    }  # fmt: skip
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file("page.html"))


def _json(content: Any) -> str:
    """Return JSON for a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, from the package that ships them."""
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")).replace("</script", "<\\/script")
