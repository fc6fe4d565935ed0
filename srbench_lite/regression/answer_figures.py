"""The figures of an answer: prediction against measurement, the front, and over one variable the curve.

Grey circles are rows that were fitted, blue diamonds rows held out, vermilion is the recommended formula. Bars are
standard deviations of measurements where weights say them. The band is where the formula may run if its constants are
fitted again: 95 % intervals of its values, not of measurements.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.data import Samples
from srbench_lite.regression.answer import FrontRow
from srbench_lite.regression.answer_text import AnswerPage
from srbench_lite.reports.drawing import (
    DATA,
    FAINT,
    FIGURE_COLOURS,
    FORMULA,
    NETWORK,
    figure_style,
    limit_axis,
    save_figure,
    thinned_places,
)
from srbench_lite.reports.figures import formula_lines

__all__ = ["draw_answer"]

Array = NDArray[np.float64]

_WIDTH_INCHES: Final = 9.6
_HEIGHT_INCHES: Final = 5.0
_TITLE_POINTS: Final = 15
_SMALL_POINTS: Final = 10
#: Longer formulas are written above a figure as text, and cut: to set them takes seconds.
_MAX_TYPESET_NODES: Final = 50
_MAX_TITLE_LETTERS: Final = 220
_TITLE_LINE_LETTERS: Final = 110
_DIGITS: Final = 4  # of numbers in a title
_CURVE_POINTS: Final = 401
#: Bars of more points are a blur.
_MAX_BARS: Final = 150
#: A variable or a target above zero that spans this factor is drawn by its logarithm; a variable where it spans less,
#: if the target is.
_MIN_LOG_RATIO: Final = 100.0
_MIN_SMALL_RATIO: Final = 10.0
#: Of more points each is paler.
_MANY_POINTS: Final = 400
#: Errors below this, as shares of the variance, are drawn at it: rounding of float64.
_LEAST_ERROR: Final = 1e-32
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")


def draw_answer(page: AnswerPage, train: Samples, held_out: Samples | None, folder: Path) -> list[Path]:
    """Write each figure as PNG and SVG: `prediction`, `front`, and of one variable `curve`; return the files.

    Args:
        page: the answer.
        train: rows that were fitted.
        held_out: rows that were not.
        folder: is made if need be.
    """
    written: list[Path] = []
    with figure_style():
        for name, figure in _figures(page, train, held_out):
            written += save_figure(figure, folder, name)
    return written


def _figures(page: AnswerPage, train: Samples, held_out: Samples | None) -> Iterator[tuple[str, Figure]]:
    """Yield each figure with its name."""
    title = _Title.of(page)
    yield "prediction", _prediction(page, title, train, held_out)
    yield "front", _front(page, title)
    if len(train.variables) == 1:
        yield "curve", _curve(page, title, train, held_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Title:
    """What stands above every figure: the recommended formula.

    Attributes:
        text: its lines.
        points: size of letters.
        is_named: whether it shows people's names of columns, or else identifiers.
    """

    text: str
    points: float
    is_named: bool

    @classmethod
    def of(cls, page: AnswerPage) -> _Title:
        """Return the formula as mathematics with people's names, if that fits; else as mathematics, or as text."""
        formula = page.answer.recommended.expression
        width = 72 * (_WIDTH_INCHES - 0.6)
        if formula.complexity > _MAX_TYPESET_NODES:
            text = textwrap.shorten(page.labels.equation(formula), _MAX_TITLE_LETTERS, placeholder=" ...")
            is_drawable = _is_drawable(text)
            if not is_drawable:
                text = textwrap.shorten(f"{page.labels.target} = {formula}", _MAX_TITLE_LETTERS, placeholder=" ...")
            return cls(
                text=_escaped(textwrap.fill(text, _TITLE_LINE_LETTERS)), points=_SMALL_POINTS, is_named=is_drawable
            )
        line = _named_line(page, formula)
        if line is not None and TextPath((0.0, 0.0), line, size=_TITLE_POINTS).get_extents().width <= width:
            return cls(text=line, points=_TITLE_POINTS, is_named=True)
        lines, size = formula_lines(formula, page.labels.target, width=width)
        return cls(text="\n".join(lines), points=size, is_named=False)

    def above(self, height: float = _HEIGHT_INCHES) -> Figure:
        """Return an empty figure with the title."""
        figure = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
        figure.suptitle(self.text, fontsize=self.points, linespacing=1.7)
        return figure


def _prediction(page: AnswerPage, title: _Title, train: Samples, held_out: Samples | None) -> Figure:
    """Draw predictions against measurements, and what is left."""
    figure = title.above()
    left, right = figure.subplots(1, 2)
    formula = page.answer.recommended.expression
    shown = [(points, formula(points.columns), style) for points, style in _sets(train, held_out)]
    y = np.concatenate([points.y for points, _, _ in shown])
    ends = float(y.min()), float(y.max())
    left.plot(ends, ends, color=FAINT, linewidth=1.2, zorder=0)
    right.axhline(0.0, color=FAINT, linewidth=1.2, zorder=0)
    for points, values, style in shown:
        _bars(left, values, points.y, points)
        _bars(right, values, points.y - values, points)
        left.scatter(values, points.y, **style)
        right.scatter(values, points.y - values, **style)
    finite = [values[np.isfinite(values)] for _, values, _ in shown]
    if _is_wide(y) and all((values > 0).all() for values in finite):
        left.set(xscale="log", yscale="log")
        right.set_xscale("log")
    else:
        limit_axis(left.set_ylim, y)
        limit_axis(left.set_xlim, y)
        limit_axis(right.set_xlim, y)
    target = _label(page, page.labels.target, title.is_named)
    left.set(xlabel=f"predicted {target}", ylabel=f"measured {target}")
    right.set(xlabel=f"predicted {target}", ylabel="residual: measured minus predicted")
    _legend(left)
    return figure


def _curve(page: AnswerPage, title: _Title, train: Samples, held_out: Samples | None) -> Figure:
    """Draw the formula through the data, with the band that the errors of its constants leave; and residuals."""
    figure = title.above(_HEIGHT_INCHES + 1.0)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.2))
    (name,) = train.variables
    formula = page.answer.recommended.expression
    sets = list(_sets(train, held_out))
    every = np.concatenate([points.x[:, 0] for points, _ in sets])
    y = np.concatenate([points.y for points, _ in sets])
    low, high = float(every.min()), float(every.max())
    wide = _is_wide(every, _MIN_SMALL_RATIO if _is_wide(y) else _MIN_LOG_RATIO)
    x = np.geomspace(low, high, _CURVE_POINTS) if wide else np.linspace(low, high, _CURVE_POINTS)
    band = page.constants.band({name: x})
    curve = formula({name: x})
    if band.any():
        middle = page.constants.expression({name: x})
        for axes, base, label in ((top, 0.0, "95 % band of its constants"), (bottom, curve, None)):
            axes.fill_between(
                x, middle - band - base, middle + band - base, color=FORMULA, alpha=0.22, linewidth=0, label=label
            )
    top.plot(x, curve, color=FORMULA, linewidth=1.8, label="formula")
    bottom.axhline(0.0, color=FORMULA, linewidth=1.2, zorder=0)
    for points, style in sets:
        residual = points.y - formula(points.columns)
        _bars(top, points.x[:, 0], points.y, points)
        _bars(bottom, points.x[:, 0], residual, points)
        top.scatter(points.x[:, 0], points.y, **style)
        bottom.scatter(points.x[:, 0], residual, **style)
    if wide:
        bottom.set_xscale("log")
    if _is_wide(y):
        top.set_yscale("log")
    else:
        limit_axis(top.set_ylim, y)
    top.set_ylabel(_label(page, page.labels.target, title.is_named))
    bottom.set(xlabel=_label(page, name, title.is_named), ylabel="residual")
    figure.align_ylabels([top, bottom])
    _legend(top)
    return figure


def _front(page: AnswerPage, title: _Title) -> Figure:
    """Draw errors against complexity, a colour for each method, a ring around the recommended formula."""
    figure = title.above()
    axes = figure.subplots()
    rows = page.answer.rows
    scored = any(row.shown.nmse is not None for row in rows)
    sizes = np.array([row.complexity for row in rows], dtype=float)
    errors = np.array([_drawn_error(row) for row in rows])
    axes.step(sizes, errors, where="post", color=FAINT, linewidth=1.4, zorder=0)
    methods = list(dict.fromkeys(row.methods[0] for row in rows))
    for place, method in enumerate(methods):
        own = [k for k, row in enumerate(rows) if row.methods[0] == method]
        axes.scatter(
            sizes[own], errors[own], s=48, color=FIGURE_COLOURS[place % len(FIGURE_COLOURS)],
            marker=_MARKERS[place // len(FIGURE_COLOURS) % len(_MARKERS)], linewidths=0, label=_escaped(method),
        )  # fmt: skip
    chosen = rows.index(page.answer.recommended)
    axes.scatter(
        sizes[[chosen]], errors[[chosen]], s=260, facecolors="none", edgecolors=DATA, linewidths=1.6,
        label="recommended",
    )  # fmt: skip
    axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(0.08)
    axes.set(
        xlabel="complexity (nodes of the formula)",
        ylabel=f"{'NMSE' if scored else 'mean squared error'} on {page.errors_on}",
    )
    _legend(axes)
    return figure


def _drawn_error(row: FrontRow) -> float:
    error = row.shown.mse if row.shown.nmse is None else row.shown.nmse
    return math.nan if error is None else max(error, _LEAST_ERROR)


# --- parts ------------------------------------------------------------------------------------------------------------


def _named_line(page: AnswerPage, formula: Expression) -> str | None:
    """Return the equation as mathematics with people's names; None where Matplotlib cannot set it."""
    rounded = formula.with_constants(
        value if value == int(value) and abs(value) < 1e6 else float(f"{value:.{_DIGITS}g}")
        for value in formula.constants
    )
    relation = "=" if rounded == formula else r"\approx"
    left, right = page.labels.latex_name(page.labels.target), page.labels.latex(rounded)
    line = f"${left} {relation} {right}$".replace(r"\frac", r"\dfrac")
    try:
        TextPath((0.0, 0.0), line, size=_TITLE_POINTS)
    except ValueError:
        return None
    return line if _is_drawable(line) else None


def _sets(train: Samples, held_out: Samples | None) -> Iterator[tuple[Samples, dict[str, Any]]]:
    """Yield the rows to draw, not too many of each kind, and how."""
    for samples, style in (
        (train, {"color": DATA, "s": 26, "marker": "o", "label": "fitted", "zorder": 3}),
        (held_out, {"color": NETWORK, "s": 34, "marker": "D", "label": "held out", "zorder": 4}),
    ):
        if samples is not None:
            rows = samples.rows(thinned_places(len(samples)))
            yield rows, {"alpha": 0.6 if len(rows) <= _MANY_POINTS else 0.25, "linewidths": 0, **style}


def _bars(axes: Axes, x: Array, y: Array, points: Samples) -> None:
    """Draw the standard deviations that weights say, where they are few enough to be seen."""
    if points.weights is None or len(points) > _MAX_BARS:
        return
    axes.errorbar(
        x, y, yerr=points.weights**-0.5, fmt="none", ecolor=DATA, elinewidth=0.9, alpha=0.5, zorder=2
    )  # fmt: skip


def _is_wide(values: Array, ratio: float = _MIN_LOG_RATIO) -> bool:
    """Whether values are of one sign, and span more than a factor."""
    return bool(values.min() > 0 and values.max() >= ratio * values.min())


def _label(page: AnswerPage, column: str, is_named: bool) -> str:
    """Return a column's name and unit for an axis; its identifier too, where the title says that only."""
    text = page.labels.with_unit(column)
    if not _is_drawable(text):
        unit = page.labels.unit(column)
        text = f"{column} [{unit}]" if unit and _is_drawable(unit) else column
    elif not is_named and page.labels.name(column) != column:
        text = f"{column}: {text}"
    return _escaped(text)


def _is_drawable(text: str) -> bool:
    """Whether the font has all letters of a text."""
    font = get_font(findfont(FontProperties()))
    return all(font.get_char_index(ord(letter)) for letter in text)


def _escaped(text: str) -> str:
    """Return a text without mathematics in it."""
    return text.replace("$", r"\$")


def _legend(axes: Axes) -> None:
    """Put the legend above the axes, where no data can be."""
    entries = len(axes.get_legend_handles_labels()[0])
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=min(entries, 4), borderaxespad=0.1, columnspacing=1.6,
        handlelength=1.4,
    )  # fmt: skip
