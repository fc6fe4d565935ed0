r"""`Numbers`: every number of the prose is a macro, `\srb{KEY}`, so that text and results cannot differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from srbench_lite.comparing.leaderboard import Row
from srbench_lite.reports.latex import escape, prose
from srbench_lite.reports.paper import cells

__all__ = ["Numbers"]

#: A number, as sentences have them; R2 and the like are names.
_NUMBER: Final = r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?(?!\w)"
#: A date, a time, a version: digits that are no result.
_NO_RESULT: Final = r"\b(?!\d+(?:\.\d+)?e-\d+\b)\d[\w.+]*[:T-]\d[\w:.+-]*|\b\d+\.\d+\.\d[\w.+-]*"
_HEAD: Final = (
    r"% numbers for the text: \srb{METHOD/SUITE/NOISE/WHAT}, such as \srb{lies/sin/0/recovery};",
    r"% of perturbed runs \srb{METHOD/SUITE/NOISE/PERTURBATION/WHAT}; what sentences of the paper say stands first",
    r"\makeatletter",
    r"\newcommand{\srb}[1]{\@ifundefined{srb@#1}{\textbf{??}\PackageWarning{srbench}{no number #1}}%",
    r"  {\csname srb@#1\endcsname}}",
)


@dataclass(slots=True)
class Numbers:
    """Numbers by key, in the order in which sentences used them."""

    texts: dict[str, str] = field(default_factory=dict)

    def say(self, key: str, number: float | str) -> str:
        r"""Keep a number under a key; return the macro that prints it: what a sentence is to hold.

        Args:
            key: such as `setup/runs`.
            number: as it is to be read: a float is written with three digits.
        """
        text = f"{number:.3g}" if isinstance(number, float) else str(number)
        plain = re.fullmatch(r"-?[\d.]+(e-?\d+)?", text)
        self.texts[_plain_key(key)] = rf"\num{{{text}}}" if plain else escape(text)
        return rf"\srb{{{_plain_key(key)}}}"

    def sentence(self, key: str, text: str, names: Iterable[str] = ()) -> str:
        """Return a sentence as LaTeX whose numbers are macros `KEY/1`, `KEY/2`, ...; names keep theirs.

        Args:
            key: of the sentence.
            text: plain; what stands in backticks is code.
            names: of methods, suites and the like, in which numbers are no results.
        """
        named = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        name = rf"(?<![\w-])(?:{named or '(?!)'})(?![\w-])|{_NO_RESULT}"
        pattern = re.compile(rf"(?P<code>`[^`]*`)|(?P<name>{name})|(?P<number>{_NUMBER})")
        parts, at, count = [], 0, 0
        for match in pattern.finditer(text):
            parts.append(escape(text[at : match.start()]))
            at = match.end()
            if match["number"]:
                count += 1
                parts.append(self.say(f"{key}/{count}", match["number"]))
            else:
                parts.append(prose(match["code"]) if match["code"] else escape(match["name"]))
        return "".join([*parts, escape(text[at:])]).replace(r" \%", r"\,\%")

    def lines(self, rows: Iterable[Row]) -> Iterator[str]:
        """Yield the definitions of all macros: those that were said, and those of the rows of leaderboards."""
        yield from _HEAD
        for key, text in self.texts.items():
            yield _definition(key, text)
        for row in rows:
            numbers = {
                "recovery": cells.percent(row.recovery), "any": cells.percent(row.recovered_any),
                "tasks": str(row.tasks), "runs": str(row.runs), "ok": str(row.ok),
                "r2": cells.r2(row.r2_test), "nmse": cells.error(row.nmse_test),
                "complexity": cells.plain(row.complexity), "seconds": cells.seconds(row.seconds),
                "clock": str(row.by_clock), "core": cells.percent(row.core_share),
                **{status: str(row.failures.get(status, 0)) for status in ("skipped", "failed", "timeout")},
            }  # fmt: skip
            for what, text in numbers.items():
                shown = text if not text or text.startswith("{") else rf"\num{{{text}}}"
                place = f"{row.suite}/{row.noise:g}{cells.behind('/', row.perturbation)}"
                yield _definition(f"{row.method}/{place}/{what}", shown or "--")
        yield r"\makeatother"

    def to_tex(self, rows: Iterable[Row]) -> str:
        """Return the file of the macros."""
        return "\n".join([*self.lines(rows), ""])


def _definition(key: str, text: str) -> str:
    return rf"\expandafter\def\csname srb@{_plain_key(key)}\endcsname{{{text}}}"


def _plain_key(key: str) -> str:
    """Return a key without what a control sequence cannot hold."""
    return re.sub(r"[\\{}%#~^$&]", "", key)
