"""HTML as a tree, which escapes whatever it is given: the pages of a site are made of this and of nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from typing import Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.recording.output import safely_shown
from srbench_lite.reports.mathml import to_mathml

__all__ = ["Child", "csv_link", "element", "formula", "link", "named", "page", "plain", "serialized", "table"]

Child = ET.Element | str | None

_MAX_CHARACTERS: Final = 600  # of a formula that is shown as text
_MAX_NAME: Final = 80  # characters of a name
_MAX_NODES: Final = 60  # of a formula that is typeset in a table
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
)
_PARTS: Final = (
    ("index.html", "Overall"), ("methods/index.html", "Methods"), ("tasks/index.html", "Tasks"),
    ("runs/index.html", "Runs"), ("submit.html", "Submit"),
)  # fmt: skip


def element(name: str, /, *children: Child, **attributes: str | None) -> ET.Element:
    """Return an element; attributes that are None are left out, `class_` is `class`, and `data_x` is `data-x`."""
    made = ET.Element(name)
    for key, value in attributes.items():
        if value is not None:
            made.set(key.rstrip("_").replace("_", "-"), plain(value))
    last: ET.Element | None = None
    for child in children:
        if isinstance(child, str):
            text = plain(child)
            if last is None:
                made.text = (made.text or "") + text
            else:
                last.tail = (last.tail or "") + text
        elif child is not None:
            made.append(child)
            last = child
    return made


def plain(text: str) -> str:
    """Return a text of strangers without characters that change how others look, on one line."""
    return " ".join(safely_shown(text).split("\n"))


def named(name: str, longest: int = _MAX_NAME) -> str:
    """Return what is shown of a name that strangers gave: something that can be seen, and is not endless."""
    shown = plain(name).strip() or "(no name)"
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def link(address: str, text: str) -> ET.Element:
    """Return a link to another page of the site by its name; the address is relative and our own."""
    return element("a", named(text), href=address)


def csv_link(address: str) -> ET.Element:
    """Return a link to the data of what follows."""
    return element("p", element("a", "CSV", href=address, title="The data as a CSV file"), class_="data")


def formula(text: str | None, otherwise: str = "–") -> ET.Element:
    """Return a formula typeset, or as text where it is long or none that can be read."""
    if text is None:
        return element("span", otherwise, class_="soft")
    try:
        parsed = Expression.parse(text)
    except ExpressionError:
        return element("code", _shortened(text))
    if parsed.complexity > _MAX_NODES:
        return element("code", _shortened(text))
    return ET.fromstring(to_mathml(parsed))  # noqa: S314 - our own MathML of a parsed formula, every name escaped


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_CHARACTERS else f"{text[:_MAX_CHARACTERS]} … ({len(text):,} characters)"


def table(
    heads: Sequence[Child], rows: Iterable[Sequence[Child]], *, text: Iterable[int] = (0,), id_: str = ""
) -> ET.Element:
    """Return a table that scrolls by itself where it is wide.

    Args:
        heads: of the columns.
        rows: cells.
        text: numbers of the columns that hold texts; the others hold numbers.
        id_: name of the table, where it can be searched.
    """
    texts = set(text)

    def cells(name: str, row: Sequence[Child]) -> list[ET.Element]:
        return [element(name, cell, class_="text" if n in texts else None) for n, cell in enumerate(row)]

    head = element("thead", element("tr", *cells("th", heads)))
    body = element("tbody", *(element("tr", *cells("td", row)) for row in rows))
    return element("div", element("table", head, body, id=id_ or None), class_="wide", tabindex="0", role="region",
                   aria_label=heads[0] if isinstance(heads[0], str) else None)  # fmt: skip


def page(address: str, title: str, *body: Child, site: str) -> bytes:
    """Return a page as UTF-8.

    Args:
        address: of the page in the site, such as `tasks/sin.html`: links to the other parts start from there.
        title: of the page.
        body: what it shows.
        site: title of the site.
    """
    up = "../" * address.count("/")
    here = address.partition("/")[0]
    parts = [
        element("a", name, href=f"{up}{target}", aria_current="page" if target.partition("/")[0] == here else None)
        for target, name in _PARTS
    ]
    head = element(
        "head", element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", **{"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        element("link", rel="icon", href="data:,"), element("link", rel="stylesheet", href=f"{up}site.css"),
        element("script", src=f"{up}site.js", defer=""),
        element("title", title if title == site else f"{title} – {site}"),
    )  # fmt: skip
    top = element("header", element("p", link(f"{up}index.html", site), class_="site"), element("nav", *parts))
    skip = element("a", "Skip to the content", class_="skip", href="#content")
    main = element("main", element("h1", named(title)), *body, id="content")
    return serialized(element("html", head, element("body", skip, top, main), lang="en"))


def serialized(root: ET.Element) -> bytes:
    """Return a whole page."""
    return f"<!doctype html>\n{ET.tostring(root, encoding='unicode', method='html')}\n".encode()
