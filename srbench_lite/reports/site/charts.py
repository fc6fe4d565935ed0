"""The charts of a site: those of the page, drawn when the site is made, so that they need no script.

A chart is an SVG in the page whose colours are those of the site's style, light and dark.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from srbench_lite.reports.palette import Look
from srbench_lite.reports.site.elements import element, link, named

__all__ = ["figure"]

_WIDTH: Final = 520  # of a chart with its axes, in its own units: what a phone shows of it can still be read
_HEIGHT: Final = 250
_LINE: Final = 24  # height of a method in a chart with a line a method
_LONGEST: Final = 40  # characters of a name in a chart
_TEXTS: Final = ("method", "level")  # columns with texts of strangers
_SVG: Final = "{http://www.w3.org/2000/svg}"
_KEPT: Final = frozenset({
    "d", "transform", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "fill", "stroke", "opacity",
    "fill-opacity", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-miterlimit", "text-anchor",
    "font-size", "font-weight",
})  # fmt: skip
_CONFIG: Final = {
    "background": "transparent", "font": "system-ui, sans-serif", "view": {"stroke": "var(--line)"},
    "axis": {
        "labelColor": "var(--soft)", "titleColor": "var(--soft)", "gridColor": "var(--line)",
        "domainColor": "var(--soft)", "tickColor": "var(--soft)", "titleFontWeight": 400, "labelLimit": 150,
        "labelOverlap": "greedy", "labelFontSize": 12, "titleFontSize": 12,
    },
    "text": {"color": "var(--ink)", "fontSize": 12},
}  # fmt: skip


def figure(
    title: str, note: str, chart: str, rows: Sequence[Mapping[str, Any]], looks: Mapping[str, Look], *, data: str,
    words: Mapping[str, str] | None = None, lines: bool = False,
) -> ET.Element:  # fmt: skip
    """Return a chart with its title, a note, its legend and a link to its data.

    Args:
        title: above it.
        note: what it shows, and of what.
        chart: name of a chart of the page, or `standings`.
        rows: what it draws.
        looks: of the methods.
        data: address of its CSV file.
        words: texts of the chart that are replaced.
        lines: whether the chart has a line for each method, with its name: then it has no legend.
    """
    texts = {column: _shown(row[column] for row in rows) for column in _TEXTS if column in rows[0]}
    shown = [{**row, **{column: own[str(row[column])] for column, own in texts.items()}} for row in rows]
    marks = {text: looks[name] for name, text in texts["method"].items()}
    spec = _with_looks(_specs()[chart], marks, words or {}, None)
    spec |= {
        "datasets": {"rows": shown}, "config": _CONFIG, "width": _WIDTH,
        "height": _LINE * len(marks) if lines else _HEIGHT, "autosize": {"type": "fit-x", "contains": "padding"},
    }  # fmt: skip
    head = element("figcaption", title, element("small", note), link(data, "CSV"))
    head[-1].set("class", "csv")
    drawn = element("div", _drawn(spec, title), class_="chart")
    legend = None if lines or len(marks) < 2 else element("div", *map(_entry, marks, marks.values()), class_="legend")
    return element("figure", head, drawn, legend)


def _shown(texts: Iterable[Any]) -> dict[str, str]:
    """Return what a chart shows of texts of strangers, no two alike: the renderer dies of some characters."""
    shown: dict[str, str] = {}
    for text in dict.fromkeys(map(str, texts)):
        short = named(text, _LONGEST)
        taken = sum(other.startswith(short) for other in shown.values())
        shown[text] = f"{short} ({taken + 1})" if short in shown.values() else short
    return shown


@cache
def _specs() -> Mapping[str, Any]:
    from srbench_lite.reports.page.charts import charts, standings_chart

    return {**charts(), "standings": standings_chart()}


def _with_looks(node: Any, marks: Mapping[str, Look], words: Mapping[str, str], channel: str | None) -> Any:
    """Return a part of a specification in which methods have their colours and marks, and texts are replaced."""
    if isinstance(node, list):
        return [_with_looks(part, marks, words, channel) for part in node]
    if isinstance(node, str):
        return words.get(node, node)
    if not isinstance(node, dict):
        return node
    made = {key: _with_looks(part, marks, words, key) for key, part in node.items()}
    if made.get("field") == "method" and "range" in (made.get("scale") or {}):
        own = [look.path if channel == "shape" else look.colour for look in marks.values()]
        made["scale"] = {**made["scale"], "domain": list(marks), "range": own}
    return made


def _drawn(spec: Mapping[str, Any], title: str) -> ET.Element:
    """Return the picture, as shapes and texts only: nothing that a page's policy forbids, and no word twice."""
    import vl_convert

    root = ET.fromstring(vl_convert.vegalite_to_svg(dict(spec)))  # noqa: S314 - our own renderer's
    return element("svg", *map(_plain, root), viewBox=root.get("viewBox"), role="img", aria_label=title)


def _plain(node: ET.Element) -> ET.Element:
    made = ET.Element(node.tag.removeprefix(_SVG), {k: v for k, v in node.attrib.items() if k in _KEPT})
    made.text, made.tail = node.text, node.tail
    made.extend(_plain(part) for part in node if part.get("display") != "none")
    return made


def _entry(name: str, look: Look) -> ET.Element:
    path = element("path", d=look.path, fill=look.colour)
    mark = element("svg", path, class_="mark", viewBox="-1.2 -1.2 2.4 2.4", aria_hidden="true")
    return element("span", mark, name, class_="method")
