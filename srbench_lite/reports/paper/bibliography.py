"""Works that methods name, as BibTeX: each once, whichever methods name it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

from srbench_lite._version import __version__
from srbench_lite.methods.method import Method
from srbench_lite.reports.latex import escape

__all__ = ["HARNESS", "Work", "bibliography", "citation", "keys_of"]

HARNESS: Final = "srbench-lite"
_YEAR: Final = re.compile(r"\b(?:1[5-9]|20)\d\d\b(?![.\d])")
#: A place where works appear, not the title of one: numbers of volumes and pages, or words cut short by a point.
_VENUE: Final = re.compile(r"\d+\s*\(|[a-z]\. |\b[A-Z]\. |^arXiv|^doi:|^github\.com")
_NAME: Final = re.compile(r"(?:(?:de|van|von|der|del|la|Al) )*[^\W\d_a-z][\w'’-]*", re.UNICODE)
_NOT_IN_KEYS: Final = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A work that a method names.

    Attributes:
        authors: family names; the last may be "others". Empty where the text begins with none.
        title: of the work; empty where the text has none.
        venue: everything else: journal and volume, conference, number in a register.
        year: when it appeared; empty where it is not said.
    """

    authors: tuple[str, ...]
    title: str
    venue: str
    year: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Read "A, B & C, Title, Journal 1(2), 2020": what a method's `source` says, one work."""
        authors, rest = _authors_of(text.strip())
        years = _YEAR.findall(rest)
        year = years[-1] if years else ""
        parts = [part for part in (_without(year, one) for one in rest.split(", ")) if part]
        title = parts.pop(0) if parts and not _VENUE.search(parts[0]) else ""
        return cls(authors=authors, title=title, venue=", ".join(parts), year=year)

    @property
    def key(self) -> str:
        """What it is cited by: first author, year, and the first word of the title."""
        word = next((word for word in self.title.split() if len(word) > 3), self.venue.partition(" ")[0])
        parts = [self.authors[0] if self.authors else "", self.year, word]
        return "".join(_NOT_IN_KEYS.sub("", _ascii(part).lower()) for part in parts) or "work"

    def entry(self, key: str) -> str:
        """Return it as BibTeX."""
        names = ["others" if name == "others" else f"{{{escape(name)}}}" for name in self.authors]
        fields = {
            "author": " and ".join(names), "title": f"{{{escape(self.title)}}}" if self.title else "",
            "howpublished": escape(self.venue), "year": self.year,
        }  # fmt: skip
        fields |= {} if self.authors else {"key": key}  # by which styles sort what has no author
        lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
        return "\n".join([f"@misc{{{key},", *lines, "}", ""])


def _authors_of(text: str) -> tuple[tuple[str, ...], str]:
    """Return the family names that a text begins with, and what comes after them."""
    first, comma, rest = text.partition(", ")
    names: list[str] = []
    while True:
        last = first.removesuffix(" et al.")
        ends = [part.strip() for part in last.split(" & ")]
        if not all(_NAME.fullmatch(name) or re.fullmatch(r"\S+ \S+", name) for name in ends) or (not comma and names):
            return (), text
        names += ends
        if last != first:
            return (*names, "others"), rest
        if len(ends) > 1 or not comma or not _more_names(rest):
            return tuple(names), rest
        first, comma, rest = rest.partition(", ")


def _more_names(rest: str) -> bool:
    """Return whether a list of names goes on: it ends with `&` before anything that is no name."""
    for part in rest.split(", "):
        names = part.split(" & ")
        if not all(len(name.split()) <= 3 and _NAME.match(name) for name in names):
            return False
        if len(names) > 1:
            return True
    return False


def _without(year: str, text: str) -> str:
    """Return a text without the year, which stands in a field of its own."""
    return " ".join(re.sub(rf"\b{year}\b(?![.\d])", "", text).split()) if year else text.strip()


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def works_of(method: Method) -> list[str]:
    """Return the text of each work that a method names."""
    return [part.strip() for part in method.source.split(";") if part.strip()]


def keys_of(methods: Iterable[Method]) -> dict[str, str]:
    """Return a key for the text of each work that some methods name, no two alike."""
    keys: dict[str, str] = {}
    taken = {HARNESS}
    for text in dict.fromkeys(text for method in methods for text in works_of(method)):
        plain = Work.of(text).key
        numbered = (plain if count == 1 else f"{plain}-{count}" for count in range(1, len(taken) + 2))
        keys[text] = next(key for key in numbered if key not in taken)
        taken.add(keys[text])
    return keys


def citation(method: Method, keys: Mapping[str, str]) -> str:
    r"""Return `\citep{...}` of the works that a method names."""
    named = [keys[text] for text in works_of(method)]
    return rf"\citep{{{','.join(named)}}}" if named else "--"


def bibliography(keys: Mapping[str, str]) -> str:
    """Return BibTeX entries of works, and one of the harness."""
    title = f"srbench-lite {__version__}: a light benchmark harness for symbolic regression"
    harness = f"@misc{{{HARNESS},\n  author = {{{{The srbench-lite authors}}}},\n  title = {{{{{title}}}}},\n}}\n"
    return "\n".join([harness, *(Work.of(text).entry(key) for text, key in keys.items())])
