r"""`Numbers`: every number of the prose is a macro, `\srb{KEY}`, so that text and results cannot differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from srbench_lite.comparing.leaderboard import Row
from srbench_lite.reports.latex import escape
from srbench_lite.reports.paper import cells

__all__ = ["Numbers"]

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

    def say(self, key: str, number: float | str, unit: str = "") -> str:
        r"""Keep a number under a key; return the macro that prints it: what a sentence is to hold.

        Args:
            key: such as `setup/runs`.
            number: as it is to be read: a float is written with three digits.
            unit: behind it, LaTeX, such as `\,\%`.
        """
        text = f"{number:.3g}" if isinstance(number, float) else str(number)
        plain = re.fullmatch(r"-?[\d.]+(e-?\d+)?", text)
        self.texts[_plain_key(key)] = (rf"\num{{{text}}}" if plain else escape(text)) + unit
        return rf"\srb{{{_plain_key(key)}}}"

    def percent(self, key: str, share: float) -> str:
        """Keep a share as a number of percent."""
        return self.say(key, cells.percent(share), r"\,\%")

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
                yield _definition(f"{_plain_key(row.method)}/{place}/{what}", shown or "--")
        yield r"\makeatother"

    def to_tex(self, rows: Iterable[Row]) -> str:
        """Return the file of the macros."""
        return "\n".join([*self.lines(rows), ""])


def _definition(key: str, text: str) -> str:
    return rf"\expandafter\def\csname srb@{key}\endcsname{{{text}}}"


def _plain_key(key: str) -> str:
    """Return a key without what a control sequence cannot hold."""
    return re.sub(r"[\\{}%#~^$&]", "", key)
