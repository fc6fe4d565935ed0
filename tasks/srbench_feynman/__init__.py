"""The suite `feynman`: 100 equations of The Feynman Lectures on Physics, 200 training points each.

Names, formulas and intervals are those of the Feynman Symbolic Regression Database of Udrescu & Tegmark, "AI Feynman: a
physics-inspired method for symbolic regression" (Science Advances 6(16), 2020, arXiv 1905.11481), table
`FeynmanEquations.csv`; all variables are drawn uniformly. They stand in `formulas.csv`, one task a row, with the slips
of that table in the column `note`: six rows state another number of variables than they list, and five equations have
another number in the Lectures, the one that SRSD (Matsubara et al., 2022) calls them by. The table ships a million
rows an equation, not split; here points are drawn anew, 200 to train and 1000 to test.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from srbench_lite import Suite, hookimpl

_SOURCE: Final = "Udrescu & Tegmark, AI Feynman, Science Advances 6(16), 2020, arXiv 1905.11481 (FeynmanEquations.csv)"
_FILE: Final = Path(__file__).with_name("formulas.csv")


def _formulas() -> Iterator[tuple[str, tuple[str, dict[str, tuple[float, float]]]]]:
    with _FILE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["name"], (row["truth"], dict(map(_interval, row["variables"].split(", "))))


def _interval(text: str) -> tuple[str, tuple[float, float]]:
    """Read `theta 1:3`."""
    name, _, bounds = text.partition(" ")
    low, _, high = bounds.partition(":")
    return name, (float(low), float(high))


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `feynman`."""
    summary = "100 equations of physics, AI Feynman's database, one to nine variables"
    return [Suite.from_formulas("feynman", summary=summary, formulas=dict(_formulas()), source=_SOURCE, deferred=True)]
