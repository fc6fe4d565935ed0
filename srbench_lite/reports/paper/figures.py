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
from matplotlib.ticker import LogLocator, NullLocator, PercentFormatter
from numpy.typing import NDArray

from srbench_lite.errors import UsageError
from srbench_lite.reports import palette
from srbench_lite.reports.drawing import fix_layout, save_whole

__all__ = ["FIGURES", "draw"]

Rows = Sequence[Mapping[str, Any]]

#: Inches: of a column, and of a page, in the styles of ICML and NeurIPS.
_COLUMN_INCHES: Final = 3.25
_PAGE_INCHES: Final = 6.75
_STYLE: Final[dict[str, Any]] = {
    "font.size": 8, "axes.labelsize": 8, "axes.titlesize": 8, "legend.fontsize": 7, "xtick.labelsize": 7,
    "ytick.labelsize": 7, "legend.frameon": False, "axes.spines.top": False, "axes.spines.right": False,
    "axes.linewidth": 0.6, "lines.linewidth": 1.2, "lines.markersize": 4, "pdf.fonttype": 42, "svg.fonttype": "path",
    "svg.hashsalt": "srbench-lite", "font.family": "serif", "mathtext.fontset": "cm", "grid.linewidth": 0.4,
    "grid.color": "#DDDDDD", "axes.axisbelow": True, "legend.handlelength": 1.4, "legend.columnspacing": 1.2,
}  # fmt: skip


def draw(name: str, rows: Rows, folder: Path) -> list[Path]:
    """Write a figure of `FIGURES` as PDF and SVG; return the files, none where there is nothing to draw.

    Raises:
        UsageError: there is no such figure, or the rows are not those of it.
    """
    if name not in FIGURES:
        raise UsageError(f"there is no figure {name!r}; choose one of {', '.join(FIGURES)}")
    if not rows or "empty" in rows[0]:
        return []
    with _style():
        try:
            figure = FIGURES[name](rows)
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(
                f"these are not the rows of the figure {name}: {type(error).__name__} {error}; "
                "`srbench paper` writes them again"
            ) from None
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
    """Return how each method is drawn: the same colour and marker in every figure that has the same methods."""
    found = palette.looks(str(row["method"]) for row in rows if row["method"] != "")
    return {name: {"color": look.colour, "marker": look.marker, "label": name} for name, look in found.items()}


def _recovery(rows: Rows) -> Figure:
    suites = sorted({str(row["suite"]) for row in rows})
    noises = sorted({float(row["noise"]) for row in rows})
    looks = _methods(rows)
    columns = min(4, len(suites))
    lines = math.ceil(len(suites) / columns)
    figure = Figure(figsize=(_PAGE_INCHES, 1.7 * lines + 0.5), layout="constrained")
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
                x, y, yerr=bounds.T, fmt=look["marker"], color=look["color"], label=name, elinewidth=0.8, clip_on=False
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
    _legend(figure, looks, columns=6)
    return figure


def _offset(place: int, count: int) -> float:
    return 0.7 * ((place + 0.5) / count - 0.5)


def _panels(rows: Rows) -> Figure:
    titles = {"r2": r"$1 - R^2$ on test points", "complexity": "complexity (nodes)", "seconds": "seconds"}
    looks = _methods(rows)
    order = list(looks)[::-1]
    figure = Figure(figsize=(_PAGE_INCHES, 0.22 * len(order) + 0.75), layout="constrained")
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


def _pareto(rows: Rows) -> Figure:
    looks = _methods(rows)
    figure = Figure(figsize=(_COLUMN_INCHES, 2.6), layout="constrained")
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
    _legend(figure, looks, columns=3)
    return figure


def _difference(rows: Rows) -> Figure:
    """A critical-difference diagram (Demsar 2006): the best rank on the left, bars join methods that do not differ."""
    means = sorted((float(row["rank"]), str(row["method"])) for row in rows if row["method"] != "")
    bars = [(float(row["low"]), float(row["high"])) for row in rows if row["method"] == ""]
    low, high = math.floor(means[0][0]), max(math.ceil(means[-1][0]), math.floor(means[0][0]) + 1)
    half = math.ceil(len(means) / 2)
    height = 0.5 + 0.09 * len(bars) + 0.17 * half
    figure = Figure(figsize=(_COLUMN_INCHES, height + 0.2), layout="constrained")
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


def _profile(rows: Rows) -> Figure:
    return _shares(rows, "nmse", "share", "NMSE on test points at most", "share of tasks", inverted=True)


def _time(rows: Rows) -> Figure:
    return _shares(rows, "seconds", "solved", "seconds", "runs that recovered the truth", inverted=False)


def _over_time(rows: Rows) -> Figure:
    """Recovery rate and median error over the seconds of the fits; methods stand a little apart at each mark."""
    looks = _methods(rows)
    figure = Figure(figsize=(_PAGE_INCHES, 2.5), layout="constrained")
    rates, errors = figure.subplots(1, 2)
    seconds = sorted({float(row["seconds"]) for row in rows})
    decades = max(1.0, math.log10(seconds[-1] / seconds[0]))
    for place, (name, look) in enumerate(looks.items()):
        own = [row for row in rows if row["method"] == name]
        shift = 10 ** (0.02 * decades * (place - (len(looks) - 1) / 2))
        x = np.array([float(row["seconds"]) * shift for row in own])
        middle, low, high, error = (_numbers(own, column) for column in ("recovery", "low", "high", "nmse"))
        rates.errorbar(x, middle, yerr=[middle - low, high - middle], color=look["color"], marker=look["marker"],
                       elinewidth=0.7, clip_on=False)  # fmt: skip
        errors.plot(x, error, color=look["color"], marker=look["marker"])
    for axes in (rates, errors):
        axes.set_xscale("log")
        axes.set_xticks(seconds, [f"{second:g}" for second in seconds])
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("seconds since the fit began")
        axes.grid(axis="y")
    rates.set_ylim(0, 1)
    rates.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    rates.set_ylabel("recovery rate")
    if any(math.isfinite(value) for value in _numbers(rows, "nmse")):
        errors.set_yscale("log")
        errors.yaxis.set_major_locator(LogLocator(numticks=6))
        errors.yaxis.set_minor_locator(NullLocator())
    errors.set_ylabel("NMSE on test points (median)")
    _legend(figure, looks, columns=6)
    return figure


def _numbers(rows: Rows, column: str) -> NDArray[np.float64]:
    """Return a column, NaN where nothing stands."""
    return np.array([math.nan if row[column] in ("", None) else float(row[column]) for row in rows], dtype=np.float64)


def _shares(rows: Rows, x: str, y: str, across: str, up: str, *, inverted: bool) -> Figure:
    looks = _methods(rows)
    figure = Figure(figsize=(_COLUMN_INCHES, 2.5), layout="constrained")
    axes = figure.subplots()
    for name, look in looks.items():
        own = [row for row in rows if row["method"] == name]
        axes.step([float(row[x]) for row in own], [float(row[y]) for row in own], where="post", color=look["color"],
                  marker=look["marker"], markevery=max(1, len(own) // 6), markersize=3, label=name)  # fmt: skip
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
    _legend(figure, looks, columns=3)
    return figure


def _legend(figure: Figure, looks: Mapping[str, Mapping[str, Any]], columns: int) -> None:
    axes: Axes = figure.axes[0]
    marks = [axes.plot([], [], linestyle="", marker=look["marker"], color=look["color"])[0] for look in looks.values()]
    figure.legend(marks, list(looks), loc="outside lower center", ncols=min(columns, len(looks)))


FIGURES: Final[Mapping[str, Callable[[Rows], Figure]]] = {
    "recovery-noise": _recovery, "panels": _panels, "pareto": _pareto, "critical-difference": _difference,
    "profile": _profile, "time": _time, "over-time": _over_time,
}  # fmt: skip
