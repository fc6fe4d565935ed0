"""What stands below each figure of a paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from srbench_lite.reports.paper.findings import listed
from srbench_lite.reports.paper.grids import level_text, shown_levels, shown_methods

__all__ = ["WIDE", "caption"]

Rows = Sequence[Mapping[str, Any]]

_LOWEST: Final = "at the lowest noise level"
_CAPTIONS: Final = {
    "ranking": (
        r"Means over all suites with 95\,\% bootstrap intervals, and ranks with those that are possible, all at once "
        rf"in 95\,\% of cases, {_LOWEST}."
    ),
    "degradation": (
        r"Recovery rate over the levels of what was varied, all else as in the other figures, with 95\,\% Wilson "
        "intervals; of each method on the tasks that it ran on at every level."
    ),
    "recovery-noise": r"Recovery rate on each suite over the noise level, with 95\,\% Wilson intervals.",
    "panels": rf"Medians over the tasks that all methods ran on, with bootstrap intervals (95\,\%), {_LOWEST}.",
    "pareto": (
        f"Median error and median complexity, {_LOWEST}; the dashed line joins the methods that no other beats in "
        "both. Errors below $10^{-16}$ are rounding."
    ),
    "critical-difference": (
        rf"Mean ranks over tasks, {_LOWEST}; a bar joins methods of which no two differ (signed ranks, Holm, 5\,\%)."
    ),
    "profile": f"Share of tasks whose median error is at most the one on the axis, {_LOWEST}.",
    "time": f"Share of runs that had solved their task within the time on the axis, {_LOWEST}.",
    "over-time": (
        rf"What runs had found after so many seconds, {_LOWEST}: recovery rate with 95\,\% Wilson intervals over "
        "tasks, and the median of the errors. Errors below $10^{-16}$ are rounding."
    ),
}  # fmt: skip
#: Figures as wide as a page.
WIDE: Final = frozenset({"ranking", "matrix", "weaknesses", "recovery-noise", "panels", "over-time"})
_WHAT: Final = {"variables": "numbers of variables", "operators": "operators", "tags": "tags", "miss": "kinds of miss"}


def caption(name: str, rows: Rows) -> str:
    """Return the caption of a figure as LaTeX.

    Args:
        name: of the figure.
        rows: what it is drawn from, at least one.
    """
    if name == "matrix":
        return _matrix(rows)
    return _weaknesses(rows) if name == "weaknesses" else _CAPTIONS[name]


def _matrix(rows: Rows) -> str:
    metrics = {row["metric"] for row in rows}
    digits = r"digits of accuracy, $-\log_{10}$ of the NMSE on test points,"
    if metrics == {"recovery"}:
        what = r"Recovery in \%"
    elif "recovery" in metrics:
        what = rf"Recovery in \% (columns marked so: {digits} since no task has a known truth)"
    else:
        what = f"{digits[0].upper()}{digits[1:].rstrip(',')}"
    every = ", the last column over all suites" if len({row["suite"] for row in rows}) > 1 else ""
    return f"{what} of each method on each suite{every}, {_LOWEST}."


def _weaknesses(rows: Rows) -> str:
    methods = {row["method"] for row in rows}
    some = shown_methods(rows)
    cut = [f"the first {len(some)} of {len(methods)} methods"] if len(methods) > len(some) else []
    rows = [row for row in rows if row["method"] in some]
    shown = shown_levels(rows)
    for by, levels in shown.items():
        every = {level_text(row["level"]) for row in rows if row["by"] == by} - {"recovered"}
        if len(every) > len(levels):
            cut.append(f"the {len(levels)} commonest of {len(every)} {_WHAT[by]}")
    few = f" Shown are {listed(cut)}." if cut else ""
    misses = r" On grey: the share of runs that missed so, in \% of all, dark is much." if "miss" in shown else ""
    least: dict[tuple[str, str], set[float]] = {}
    for row in rows:
        least.setdefault((row["by"], row["level"]), set()).add(float(row["formulas"]))
    odd = " Italic: of a method that ran on fewer." if any(len(numbers) > 1 for numbers in least.values()) else ""
    return (
        rf"Recovery in \% by variables, nodes and operators of the truth and by tags, {_LOWEST}; below each column the "
        rf"number of formulas.{odd}{misses}{few} All rates with intervals are in the appendix."
    )
