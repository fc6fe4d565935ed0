"""Figures that are grids of shades with a number in each cell: methods by suites, and methods by kinds of tasks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from srbench_lite.reports.paper.findings import ALL
from srbench_lite.reports.paper.style import Style

__all__ = ["level_text", "matrix", "shown_levels", "shown_methods", "weaknesses"]

Rows = Sequence[Mapping[str, Any]]
Levels = dict[str, list[str]]

_RATES: Final = "cividis"  # darker is less, in grey as well
_MISSES: Final = "Greys"  # darker is more
_BRIGHT: Final = 0.55  # shades above it bear black figures
_NAMES: Final = 1.15  # inches that names of methods take
_CELL: Final = 0.22  # inches, the least width of a cell
_WIDEST: Final = 0.42  # inches, the most width of a cell
_LINE: Final = 0.135  # inches, height of a cell
_POINTS: Final = 6.0
#: Levels that the figure has at most, of each breakdown; all are in the tables of the appendix.
_MOST_LEVELS: Final = {"variables": 8, "size": 5, "miss": 7, "operators": 12, "tags": 8}
_TITLES: Final = {"variables": "variables", "size": "nodes", "operators": "operators", "tags": "tags", "miss": "misses"}
_MOST_METHODS: Final = 14
_AROUND: Final = 0.85  # inches above and below a grid
_CAPTION: Final = 1.1  # inches of a page that are left for the caption
_RECOVERED: Final = "recovered"


def matrix(rows: Rows, style: Style) -> Figure:
    """Draw methods by suites, the number in each cell: the best first; the last column is over all suites."""
    methods = list(dict.fromkeys(str(row["method"]) for row in rows))
    suites = list(dict.fromkeys((str(row["metric"]), str(row["suite"])) for row in rows))
    suites = sorted(suites, key=lambda suite: (suite[0] != "recovery", suite[1] == ALL))
    values = np.full((len(methods), len(suites)), math.nan)
    for row in rows:
        place = methods.index(str(row["method"])), suites.index((str(row["metric"]), str(row["suite"])))
        values[place] = float(row["value"])
    rates = np.array([metric == "recovery" for metric, _ in suites])
    shades = np.where(rates, values, values / max(1.0, float(np.nanmax(values))))
    width = min(style.page, _NAMES + 0.3 + 1.5 * _WIDEST * len(suites))
    figure = Figure(figsize=(width, 0.16 * len(methods) + 0.75), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shades, cmap=_RATES, vmin=0, vmax=1, aspect="auto")
    size = min(7.0, 190 / max(1, len(suites)) * style.page / 6.5)
    for (line, column), value in np.ndenumerate(values):
        if math.isfinite(value):
            text = f"{100 * value:.0f}" if rates[column] else f"{value:.1f}"
            axes.text(column, line, text, ha="center", va="center", fontsize=size,
                      color="black" if shades[line, column] > _BRIGHT else "white")  # fmt: skip
    mixed = len({*rates.tolist()}) > 1
    labels = [
        suite if rate or not mixed else f"{suite} (digits)" for (_, suite), rate in zip(suites, rates, strict=True)
    ]
    _frame(axes, labels, methods)
    for column in range(1, len(suites)):
        wide = suites[column][1] == ALL
        axes.axvline(column - 0.5, color="white", linewidth=2.0 if wide else 0.4)
    return figure


def shown_levels(rows: Rows) -> Levels:
    """Return by breakdown the levels that the figure shows: of many those with the most formulas, or runs, in order."""
    found: Levels = {}
    for by in dict.fromkeys(str(row["by"]) for row in rows):
        own = [row for row in rows if row["by"] == by and row["level"] != _RECOVERED]
        weights: dict[str, float] = {}
        for row in own:
            level = level_text(row["level"])
            weights[level] = max(weights.get(level, 0), float(row["rate" if by == "miss" else "formulas"]))
        most = sorted(weights, key=lambda level: -weights[level])[: _MOST_LEVELS[by]]
        if most:
            found[by] = [level for level in weights if level in most]
    return found


def shown_methods(rows: Rows) -> list[str]:
    """Return the methods that the figure shows: of many the first; all are in the tables of the appendix."""
    return list(dict.fromkeys(str(row["method"]) for row in rows))[:_MOST_METHODS]


def level_text(level: object) -> str:
    """Return a level as text; one that was read from a file may be a number."""
    return f"{level:g}" if isinstance(level, float) else str(level)


def weaknesses(rows: Rows, style: Style) -> Figure:
    """Draw methods by kinds of tasks, and by how their runs missed; as many grids on a line as there is room for."""
    methods = shown_methods(rows)
    rows = [row for row in rows if str(row["method"]) in methods]
    levels = shown_levels(rows)
    lines = _packed({by: len(own) for by, own in levels.items()}, int((style.page - _NAMES) / _CELL))
    most = (style.height - _CAPTION) / len(lines)  # inches of a line
    height = min(_LINE * len(methods) + _AROUND, most)
    figure = Figure(figsize=(style.page, height * len(lines)), layout="constrained")
    figure.get_layout_engine().set(hspace=0.04, h_pad=0.02, w_pad=0.02)  # type: ignore[union-attr, call-arg]
    parts = figure.subfigures(len(lines), 1, squeeze=False)[:, 0]
    for part, line in zip(parts, lines, strict=True):
        widths = [len(levels[by]) for by in line]
        rest = (style.page - _NAMES) / _WIDEST - sum(widths)  # columns that are left empty, lest cells be too wide
        grid = part.subplots(1, len(line) + 1, squeeze=False, width_ratios=[*widths, max(rest, 0.01)])[0]
        grid[-1].set_axis_off()
        for axes, by in zip(grid, line, strict=False):
            own = [row for row in rows if row["by"] == by]
            _grid(axes, by, own, levels[by], methods if by == line[0] else [], methods)
    return figure


def _packed(widths: Mapping[str, int], room: int) -> list[list[str]]:
    """Return which grids stand on a line together: each on the first line that has room for it."""
    lines: list[list[str]] = []
    for by in sorted(widths, key=lambda by: -widths[by]):
        fitting = [line for line in lines if sum(widths[other] + 1 for other in line) + widths[by] <= room]
        if fitting:
            fitting[0].append(by)
        else:
            lines.append([by])
    order = list(widths)
    return sorted((sorted(line, key=order.index) for line in lines), key=lambda line: order.index(line[0]))


def _grid(axes: Axes, by: str, rows: Rows, levels: Sequence[str], names: Sequence[str], methods: Sequence[str]) -> None:
    is_miss = by == "miss"
    values: NDArray[np.float64] = np.full((len(methods), len(levels)), math.nan)
    most = {level: 0.0 for level in levels}
    fewer: dict[tuple[int, int], float] = {}
    for row in rows:
        level = level_text(row["level"])
        if level in most:
            place = methods.index(str(row["method"])), levels.index(level)
            values[place], fewer[place] = float(row["rate"]), float(row["formulas"])
            most[level] = max(most[level], float(row["formulas"]))
    axes.imshow(values, cmap=_MISSES if is_miss else _RATES, vmin=0, vmax=1, aspect="auto")
    for (line, column), value in np.ndenumerate(values):
        if math.isfinite(value):
            dark = value > _BRIGHT if is_miss else value <= _BRIGHT
            odd = fewer[line, column] < most[levels[column]]
            axes.text(column, line, f"{100 * value:.0f}", ha="center", va="center", fontsize=_POINTS,
                      style="italic" if odd else "normal", color="white" if dark else "black")  # fmt: skip
    _frame(axes, levels, names, upright=max(map(len, levels)) <= 2)
    axes.tick_params(labelsize=_POINTS)
    axes.set_xlabel(_TITLES[by], fontsize=7, labelpad=8)
    if not is_miss:
        for column, level in enumerate(levels):
            axes.text(
                column, len(methods) - 0.4, f"{most[level]:g}", ha="center", va="top", fontsize=5, color="#555555"
            )
    for column in range(1, len(levels)):
        axes.axvline(column - 0.5, color="white", linewidth=0.4)


def _frame(axes: Axes, labels: Sequence[str], names: Sequence[str], *, upright: bool = False) -> None:
    """Put labels above and names on the left, without lines."""
    slant: dict[str, Any] = {} if upright else {"rotation": 45, "ha": "left", "rotation_mode": "anchor"}
    axes.set_xticks(range(len(labels)), labels, **slant)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
