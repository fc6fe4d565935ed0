"""The suites `feynman`, 100 equations of The Feynman Lectures on Physics, and `feynman-bonus`, 20 of other textbooks.

Names, formulas and intervals are those of the Feynman Symbolic Regression Database of Udrescu & Tegmark, "AI Feynman: a
physics-inspired method for symbolic regression" (Science Advances 6(16), 2020, arXiv 1905.11481), table
`FeynmanEquations.csv`; all variables are drawn uniformly. They stand in `formulas.csv`, one task a row, with the slips
of that table in the column `note`: six rows state another number of variables than they list, and five equations have
another number in the Lectures, the one that SRSD (Matsubara et al., 2022) calls them by. The table ships a million
rows an equation, not split; here points are drawn anew, 200 to train and 1000 to test. `bonus.toml` holds the table
`BonusEquations.csv` in the same way, with the units of `units.csv`; those of `feynman` would change its fingerprints.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from srbench_lite import Suite, hookimpl

_SOURCE: Final = "Udrescu & Tegmark, AI Feynman, Science Advances 6(16), 2020, arXiv 1905.11481 (FeynmanEquations.csv)"
_LICENCE: Final = "facts of tables without a licence (AI Feynman)"
_FOLDER: Final = Path(__file__).parent


def _interval(text: str) -> tuple[str, tuple[float, float]]:
    """Read `theta 1:3`."""
    name, _, bounds = text.partition(" ")
    low, _, high = bounds.partition(":")
    return name, (float(low), float(high))


def _erratum(note: str) -> str:
    """Return a note of the table as a sentence."""
    return f"{note[:1].upper()}{note[1:]}." if note else ""


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `feynman` and `feynman-bonus`."""
    with (_FOLDER / "formulas.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    formulas = {row["name"]: (row["truth"], dict(map(_interval, row["variables"].split(", ")))) for row in rows}
    errata = {row["name"]: _erratum(row["note"]) for row in rows}
    summary = "100 equations of physics, AI Feynman's database, one to nine variables"
    return [
        Suite.from_formulas(
            "feynman", summary=summary, formulas=formulas, source=_SOURCE, licence=_LICENCE, tags=("physics",),
            errata=errata, deferred=True,
        ),
        Suite.from_file(_FOLDER / "bonus.toml"),
    ]  # fmt: skip
