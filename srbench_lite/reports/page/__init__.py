"""The report for a browser: one file with everything in it, which loads nothing and sends nothing."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final

import vl_convert

from srbench_lite.reports.page.charts import charts

__all__ = ["render", "stylesheet"]

_FOLDER: Final = Path(__file__).parent
#: The page's script, in the order in which its parts need each other.
_SCRIPTS: Final = (
    "state.js", "table.js", "figure.js", "overall.js", "overview.js", "weak.js", "degrade.js", "variants.js",
    "pair.js", "task.js", "page.js",
)  # fmt: skip
#: What only the page of a task shows of a group; most of the page's bytes, and so it is packed.
_OF_TASKS: Final = ("text", "reason", "math", "truth", "truth_math")


def render(content: Mapping[str, Any], *, title: str) -> str:
    """Return the page.

    Args:
        content: what `content_of` returns, with `summary`, a sentence, `provenance`, texts by name, `commands`, lines
            that make it again, `study`, the text of the study that does so, too, what `warnings_of` returns as
            `warnings`, and what `variants_of` returns.
        title: of the page.
    """
    groups = [{key: value for key, value in group.items() if key not in _OF_TASKS} for group in content["groups"]]
    formulas = [{key: group[key] for key in _OF_TASKS if key in group} for group in content["groups"]]
    shown = {key: value for key, value in content.items() if key != "tasks"} | {"groups": groups}
    parts = {
        "title": escape(title), "css": stylesheet(), "page": _script(), "library": _library(),
        "content": _json(shown), "charts": _json(charts()),
        "details": _packed({"tasks": content["tasks"], "formulas": formulas}),
    }  # fmt: skip
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _file("page.html"))


def _packed(content: Any) -> str:
    """Return JSON, packed by gzip, as base64."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _script() -> str:
    parts = "\n".join(map(_file, _SCRIPTS))
    return f'"use strict";\nconst report = (() => {{\n{parts}}})();'


def stylesheet() -> str:
    """Return the style of the page, which a site shares."""
    return _file("page.css")


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
