"""The figures of a paper, as PDF and SVG in the widths of a column and of a page."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, PercentFormatter
from numpy.typing import NDArray

from srbench_lite.errors import UsageError
from srbench_lite.problems.natural_order import natural_key
from srbench_lite.reports import palette
from srbench_lite.reports.drawing import fix_layout, save_whole, take_literally
from srbench_lite.reports.paper import grids
from srbench_lite.reports.paper.style import STYLES, Style

__all__ = ["FIGURES", "draw"]

Rows = Sequence[Mapping[str, Any]]

_DASHES: Final = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
_LEGEND_POINTS: Final = 7
_CAPTION: Final = 1.0  # inches of a page that are left for the caption
_STYLE: Final[dict[str, Any]] = {
    "font.size": 8, "axes.labelsize": 8, "axes.titlesize": 8, "legend.fontsize": _LEGEND_POINTS, "xtick.labelsize": 7,
    "ytick.labelsize": 7, "legend.frameon": False, "axes.spines.top": False, "axes.spines.right": False,
    "axes.linewidth": 0.6, "lines.linewidth": 1.2, "lines.markersize": 4, "pdf.fonttype": 42, "svg.fonttype": "path",
    "svg.hashsalt": "srbench-lite", "font.family": ["STIXGeneral", "DejaVu Serif"], "mathtext.fontset": "stix",
    "grid.linewidth": 0.4, "grid.color": "#DDDDDD", "axes.axisbelow": True, "legend.handlelength": 2.6,
    "legend.columnspacing": 1.2,
}  # fmt: skip

_ERROR_TITLE: Final = r"$1 - R^2$ on test points"


def draw(name: str, rows: Rows, folder: Path, style: Style = STYLES["article"]) -> list[Path]:
    """Write a figure of `FIGURES` as PDF and SVG; return the files, none where there is nothing to draw.

    Args:
        name: of the figure.
        rows: its data; a method has the look of the number in their column `look`, where there is one.
        folder: for the files.
        style: of the paper, which says how wide the figure is.

    Raises:
        UsageError: there is no such figure, or the rows are not those of it.
    """
    if name not in FIGURES:
        raise UsageError(f"there is no figure {name!r}; choose one of {', '.join(FIGURES)}")
    if not rows or "empty" in rows[0]:
        return []
    with _style():
        try:
            figure = FIGURES[name](rows, style)
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(
                f"these are not the rows of the figure {name}: {type(error).__name__} {error}; "
                "`srbench paper` writes them again"
            ) from None
        take_literally(figure, math=(_ERROR_TITLE,))
        fix_layout(figure)
        logging.getLogger("fontTools").setLevel(logging.ERROR)  # it remarks on the dates of the fonts it embeds
        written = []
        for kind, metadata in (
            ("pdf", {"CreationDate": None, "Producer": None, "Creator": None}),
            ("svg", {"Date": None}),
        ):
            path = folder / f"{name}.{kind}"
            save_whole(figure, path, metadata)
            written.append(path)
    return written


@contextmanager
def _style() -> Iterator[None]:
    with mpl.style.context(["default", _STYLE]), np.errstate(all="ignore"):
        yield


def _methods(rows: Rows) -> dict[str, dict[str, Any]]:
    """Return how each method is drawn: colour, marker and dashes, in every figure and on the page the same."""
    names = dict.fromkeys(str(row["method"]) for row in rows if row["method"] != "")
    given = {str(row["method"]): int(row["look"]) for row in rows if row.get("look", "") not in ("", None)}
    places = {name: given.get(name, place) for place, name in enumerate(sorted(names))}
    return {
        name: {
            "color": look.colour, "marker": look.marker, "linestyle": _DASHES[place % len(_DASHES)], "label": name,
        }
        for name, place in sorted(places.items(), key=lambda item: (item[1], item[0]))
        for look in [palette.look(place)]
    }  # fmt: skip


def _columns(looks: Mapping[str, object], inches: float) -> int:
    """Return how many columns a legend of such names has room for."""
    wide = max(map(len, looks)) * 0.5 * _LEGEND_POINTS / 72 + 0.55  # inches of an entry
    return max(1, min(len(looks), int(inches / wide)))


def _recovery(rows: Rows, style: Style) -> Figure:
    suites = sorted({str(row["suite"]) for row in rows}, key=natural_key)
    noises = sorted({float(row["noise"]) for row in rows})
    looks = _methods(rows)
    columns = min(4 if style.page > 6 else 3, len(suites))
    lines = math.ceil(len(suites) / columns)
    below = _legend_height(looks, style.page) + 0.4
    height = min(1.5 * lines + below, style.height - _CAPTION)
    figure = Figure(figsize=(style.page, height), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False, sharey=True)
    for axes, suite in zip(grid.flat, suites, strict=False):
        own = [name for name in looks if any(r["suite"] == suite and r["method"] == name for r in rows)]
        for place, name in enumerate(own):
            mine = [row for row in rows if row["suite"] == suite and row["method"] == name]
            x = np.array([noises.index(float(row["noise"])) for row in mine]) + _offset(place, len(own))
            y = np.array([float(row["recovery"]) for row in mine])
            bounds = np.array(
                [
                    [float(row["recovery"]) - float(row["low"]), float(row["high"]) - float(row["recovery"])]
                    for row in mine
                ]
            )
            look = looks[name]
            axes.errorbar(
                x,
                y,
                yerr=np.maximum(bounds.T, 0),
                fmt=look["marker"],
                color=look["color"],
                label=name,
                elinewidth=0.8,
                clip_on=False,
            )
        axes.set_title(suite)
        axes.set_xticks(range(len(noises)), [f"{noise:g}" for noise in noises])
        axes.set_xlim(-0.5, len(noises) - 0.5)
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        axes.grid(axis="y")
    for axes in grid[-1]:
        axes.set_xlabel("noise")
    for axes in grid[:, 0]:
        axes.set_ylabel("recovery rate")
    for axes in grid.flat[len(suites) :]:
        axes.set_axis_off()
    _legend(figure, looks, style.page)
    return figure


def _offset(place: int, count: int) -> float:
    return 0.7 * ((place + 0.5) / count - 0.5)


def _panels(rows: Rows, style: Style) -> Figure:
    titles = {"r2": _ERROR_TITLE, "complexity": "complexity (nodes)", "seconds": "seconds"}
    looks = _methods(rows)
    order = list(looks)[::-1]
    figure = Figure(figsize=(style.page, 0.17 * len(order) + 0.6), layout="constrained")
    for axes, (measure, title) in zip(figure.subplots(1, 3, sharey=True), titles.items(), strict=True):
        for row in (row for row in rows if row["measure"] == measure):
            values = [float(row[part]) for part in ("median", "low", "high")]
            if measure == "r2":  # what is missing to one, so that a logarithm can show it
                values = [max(1 - value, 1e-16) if math.isfinite(value) else math.nan for value in values]
            middle, low, high = values[0], min(values[1:]), max(values[1:])
            y, look = order.index(str(row["method"])), looks[str(row["method"])]
            if math.isfinite(middle):
                axes.plot([low, high], [y, y], color=look["color"], linewidth=1)
                axes.plot(middle, y, look["marker"], color=look["color"])
        if measure != "complexity":
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(numticks=5))
            axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel(title)
        axes.set_yticks(range(len(order)), order)
        axes.set_ylim(-0.6, len(order) - 0.4)
        axes.grid(axis="x")
    return figure


def _pareto(rows: Rows, style: Style) -> Figure:
    looks = _methods(rows)
    figure = Figure(figsize=(style.narrow, 2.1 + _legend_height(looks, style.narrow)), layout="constrained")
    axes = figure.subplots()
    front = sorted((float(row["complexity"]), float(row["nmse"])) for row in rows if float(row["front"]))
    axes.step(
        [x for x, _ in front], [y for _, y in front], where="post", color="#999999", linestyle="--", linewidth=0.8
    )
    for row in rows:
        look = looks[str(row["method"])]
        axes.plot(float(row["complexity"]), float(row["nmse"]), look["marker"], color=look["color"], markersize=5)
    axes.set_yscale("log")
    axes.set_xlabel("complexity (nodes, median)")
    axes.set_ylabel("NMSE on test points (median)")
    axes.margins(0.1)
    axes.grid()
    _legend(figure, {name: {**look, "linestyle": ""} for name, look in looks.items()}, style.narrow)
    return figure


def _difference(rows: Rows, style: Style) -> Figure:
    """A critical-difference diagram (Demsar 2006): the best rank on the left, bars join methods that do not differ."""
    means = sorted((float(row["rank"]), str(row["method"])) for row in rows if row["method"] != "")
    bars = [(float(row["low"]), float(row["high"])) for row in rows if row["method"] == ""]
    low, high = math.floor(means[0][0]), max(math.ceil(means[-1][0]), math.floor(means[0][0]) + 1)
    half = math.ceil(len(means) / 2)
    height = 0.5 + 0.09 * len(bars) + 0.17 * half
    figure = Figure(figsize=(max(style.narrow, 3.2), height + 0.2), layout="constrained")
    axes = figure.subplots()
    axes.set_axis_off()
    span = high - low
    axes.plot([low, high], [0, 0], color="black", linewidth=0.8, clip_on=False)
    for tick in range(low, high + 1):
        axes.plot([tick, tick], [0, 0.06], color="black", linewidth=0.8)
        axes.text(tick, 0.1, str(tick), ha="center", va="bottom", fontsize=7)
    top = 0.09 * len(bars)
    for place, (left, right) in enumerate(bars):
        y = -0.08 - 0.09 * place
        axes.plot(
            [left - 0.02 * span, right + 0.02 * span], [y, y], color="black", linewidth=2.4, solid_capstyle="butt"
        )
    for place, (rank, name) in enumerate(means):
        left = place < half
        y = -0.2 - top - 0.17 * (place if left else len(means) - 1 - place)
        edge = low - 0.04 * span if left else high + 0.04 * span
        axes.plot([rank, rank, edge], [0, y, y], color="#555555", linewidth=0.7, clip_on=False)
        axes.text(
            edge,
            y,
            f"{name} ({rank:.2f}) " if left else f" ({rank:.2f}) {name}",
            ha="right" if left else "left",
            va="center",
            fontsize=7,
        )
    axes.set_xlim(low - 0.75 * span, high + 0.75 * span)
    axes.set_ylim(-0.25 - top - 0.17 * half, 0.3)
    return figure


def _profile(rows: Rows, style: Style) -> Figure:
    return _shares(rows, style, "nmse", "share", "NMSE on test points at most", "share of tasks", inverted=True)


def _time(rows: Rows, style: Style) -> Figure:
    return _shares(rows, style, "seconds", "solved", "seconds", "share of runs", inverted=False)


def _over_time(rows: Rows, style: Style) -> Figure:
    """Recovery rate and median error over the seconds of the fits; what no row has is no panel."""
    looks = _methods(rows)
    drawn = [name for name in ("recovery", "nmse") if any(math.isfinite(v) for v in _numbers(rows, name))]
    figure = Figure(figsize=(style.page, 1.9 + _legend_height(looks, style.page)), layout="constrained")
    seconds = sorted({float(row["seconds"]) for row in rows})
    decades = max(1.0, math.log10(seconds[-1] / seconds[0]))
    for axes, column in zip(figure.subplots(1, max(1, len(drawn)), squeeze=False)[0], drawn, strict=False):
        for place, (name, look) in enumerate(looks.items()):
            own = [row for row in rows if row["method"] == name]
            shift = 10 ** (0.01 * decades * (place - (len(looks) - 1) / 2))
            x = np.array([float(row["seconds"]) * shift for row in own])
            if column == "recovery":
                _with_bounds(axes, x, own, look)
            else:
                axes.plot(x, _numbers(own, "nmse"), **_line(look))
        axes.set_xscale("log")
        axes.set_xticks(seconds, [f"{second:g}" for second in seconds])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("seconds since the fit began")
        axes.grid(axis="y")
        if column == "recovery":
            _as_share(axes, "recovery rate")
        else:
            _as_errors(axes)
    _legend(figure, looks, style.page)
    return figure


def _degradation(rows: Rows, style: Style) -> Figure:
    """Recovery over the levels of each setting, which stand side by side, since they are far from even."""
    looks = _methods(rows)
    settings = list(dict.fromkeys(str(row["setting"]) for row in rows))
    width = style.narrow if len(settings) == 1 else style.page
    lines = math.ceil(len(settings) / 3)
    figure = Figure(figsize=(width, 1.8 * lines + _legend_height(looks, width)), layout="constrained")
    grid = figure.subplots(lines, min(3, len(settings)), squeeze=False, sharey=True)
    for axes, setting in zip(grid.flat, settings, strict=False):
        there = [row for row in rows if row["setting"] == setting]
        levels = list(dict.fromkeys(grids.level_text(row["level"]) for row in there))
        for place, (name, look) in enumerate(looks.items()):
            own = [row for row in there if row["method"] == name]
            x = np.array([levels.index(grids.level_text(row["level"])) for row in own]) + 0.4 * _offset(
                place, len(looks)
            )
            _with_bounds(axes, x, own, look)
        axes.set_xticks(range(len(levels)), levels)
        axes.set_xlim(-0.5, len(levels) - 0.5)
        axes.set_xlabel(setting)
        axes.grid(axis="y")
    for axes in grid[:, 0]:
        _as_share(axes, "recovery rate")
    for axes in grid.flat[len(settings) :]:
        axes.set_axis_off()
    _legend(figure, looks, width)
    return figure


def _ranking(rows: Rows, style: Style) -> Figure:
    """Means over all suites and the ranks that are possible, both with their intervals, the best on top."""
    looks = _methods(rows)
    order = [str(row["method"]) for row in rows][::-1]
    figure = Figure(figsize=(style.page, 0.16 * len(order) + 0.55), layout="constrained")
    rate = any(row["metric"] == "recovery" for row in rows)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, names in ((left, ("value", "low", "high")), (right, ("rank", "first", "last"))):
        for row in rows:
            y, look = order.index(str(row["method"])), looks[str(row["method"])]
            middle, low, high = (float(row[name]) for name in names)
            axes.plot([low, high], [y, y], color=look["color"], linewidth=1.4)
            axes.plot(middle, y, look["marker"], color=look["color"], clip_on=False)
        axes.grid(axis="x")
        axes.set_ylim(-0.6, len(order) - 0.4)
    left.set_yticks(range(len(order)), order)
    left.set_xlabel("recovery over all suites" if rate else "digits of accuracy over all suites")
    if rate:
        left.set_xlim(0, 1)
        left.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    right.set_xlabel("rank, and ranks that are possible")
    right.set_xlim(0.5, len(order) + 0.5)
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _line(look: Mapping[str, Any]) -> dict[str, Any]:
    return {"color": look["color"], "marker": look["marker"], "linestyle": look["linestyle"]}


def _with_bounds(axes: Axes, x: NDArray[np.float64], rows: Rows, look: Mapping[str, Any]) -> None:
    """Draw recovery rates with their intervals, a line through them."""
    middle, low, high = (_numbers(rows, column) for column in ("recovery", "low", "high"))
    axes.errorbar(x, middle, yerr=[np.maximum(middle - low, 0), np.maximum(high - middle, 0)], elinewidth=0.7,
                  clip_on=False, **_line(look))  # fmt: skip


def _as_share(axes: Axes, label: str) -> None:
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_ylabel(label)


def _as_errors(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(numticks=6))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylabel("NMSE on test points (median)")


def _numbers(rows: Rows, column: str) -> NDArray[np.float64]:
    """Return a column, NaN where nothing stands."""
    return np.array([math.nan if row[column] in ("", None) else float(row[column]) for row in rows], dtype=np.float64)


def _shares(rows: Rows, style: Style, x: str, y: str, across: str, up: str, *, inverted: bool) -> Figure:
    looks = _methods(rows)
    figure = Figure(figsize=(style.narrow, 1.9 + _legend_height(looks, style.narrow)), layout="constrained")
    axes = figure.subplots()
    for name, look in looks.items():
        own = [row for row in rows if row["method"] == name]
        axes.step([float(row[x]) for row in own], [float(row[y]) for row in own], where="post", color=look["color"],
                  marker=look["marker"], linestyle=look["linestyle"], markevery=max(1, len(own) // 6), markersize=3,
                  label=name)  # fmt: skip
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=7))
    axes.xaxis.set_minor_locator(NullLocator())
    if inverted:
        axes.invert_xaxis()
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid()
    _legend(figure, looks, style.narrow)
    return figure


def _legend_height(looks: Mapping[str, object], inches: float) -> float:
    """Return the height of a legend, inches."""
    return 0.1 + 0.15 * math.ceil(len(looks) / _columns(looks, inches))


def _legend(figure: Figure, looks: Mapping[str, Mapping[str, Any]], inches: float) -> None:
    """Put a legend below, no wider than the figure."""
    axes: Axes = figure.axes[0]
    marks = [axes.plot([], [], **_line(look))[0] for look in looks.values()]
    figure.legend(marks, list(looks), loc="outside lower center", ncols=_columns(looks, inches))


FIGURES: Final[Mapping[str, Callable[[Rows, Style], Figure]]] = {
    "matrix": grids.matrix, "weaknesses": grids.weaknesses, "ranking": _ranking, "degradation": _degradation,
    "recovery-noise": _recovery, "panels": _panels,
    "pareto": _pareto, "critical-difference": _difference, "profile": _profile, "time": _time, "over-time": _over_time,
}  # fmt: skip
