"""Formulas over the points of a task: a panel for each, with its scores; one look tells a good one from a lucky one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.scoring import errors_on
from srbench_lite.problems.data import Dataset
from srbench_lite.problems.drawn_task import DrawnTask
from srbench_lite.problems.task import Task, target_name
from srbench_lite.reports.drawing import (
    DATA,
    FAINT,
    FORMULA,
    NETWORK,
    connected_parts,
    figure_style,
    limit_axis,
    save_figure,
    scale_axis,
    thinned_places,
)
from srbench_lite.reports.figures import formula_lines

__all__ = ["Panel", "draw_panels"]

_CURVE_POINTS: Final = 801  # points of a curve
_MAX_COLUMNS: Final = 3
#: Between a formula and its plot, in points: a fraction hangs into it.
_TITLE_PAD_POINTS: Final = 12
_PANEL_WIDTH_INCHES: Final = 4.6  # inches, of a panel
_PANEL_HEIGHT_INCHES: Final = 3.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A formula to draw.

    Attributes:
        expression: the formula.
        label: what stands above it, such as the method that found it.
    """

    expression: Expression
    label: str


def draw_panels(
    panels: Sequence[Panel], task: Task | DrawnTask, dataset: Dataset, title: str, folder: Path, name: str
) -> list[Path]:
    """Write a picture as PNG and SVG.

    Over one variable a panel shows the training points, the truth where there is one, and the formula; over several,
    the formula's values at fresh points against the true ones.

    Args:
        panels: at least one.
        task: whose points are drawn; a task that was perturbed as it was drawn.
        dataset: its points.
        title: stands above all.
        folder: is made if need be.
        name: of the files.
    """
    columns = min(_MAX_COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    with figure_style():
        figure = Figure(
            figsize=(_PANEL_WIDTH_INCHES * columns, _PANEL_HEIGHT_INCHES * rows + 0.4), layout="constrained"
        )
        figure.suptitle(title, fontsize=12, color=DATA, parse_math=False)
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes, panel in zip(grid.flat, panels, strict=False):
            _over_one(axes, panel, task, dataset) if len(task.variables) == 1 else _against(axes, panel, dataset)
            head = _head(panel, dataset, _PANEL_WIDTH_INCHES - 0.9)
            axes.set_title(head, fontsize=11, linespacing=1.7, pad=_TITLE_PAD_POINTS)
            axes.tick_params(labelsize=9)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        entries = grid.flat[0].get_legend_handles_labels()
        figure.legend(*entries, loc="outside lower center", ncols=len(entries[0]), fontsize=10)
        return save_figure(figure, folder, name)


def _over_one(axes: Axes, panel: Panel, task: Task | DrawnTask, dataset: Dataset) -> None:
    ((name, sampling),) = task.variables.items()
    x = sampling.path(_CURVE_POINTS)
    shown = thinned_places(len(dataset.train.y))
    axes.scatter(
        dataset.train.x[shown, 0], dataset.train.y[shown], s=16, color=DATA, alpha=0.45, linewidths=0, label="data"
    )
    for places in connected_parts(x, sampling):
        first = places.start == 0
        if task.truth is not None:
            truth = task.truth({name: x[places]})
            axes.plot(x[places], truth, color=NETWORK, linewidth=3.2, alpha=0.6, label="truth" if first else None)
        values = panel.expression({name: x[places]})
        axes.plot(x[places], values, color=FORMULA, linewidth=1.6, dashes=(4, 2), label="formula" if first else None)
    limit_axis(axes.set_ylim, dataset.train.y, dataset.test.y)
    scale_axis(axes, sampling)
    axes.set_xlabel(name, fontsize=10)


def _against(axes: Axes, panel: Panel, dataset: Dataset) -> None:
    shown = thinned_places(len(dataset.test.y))
    y = dataset.test.y[shown]
    values = panel.expression({v: column[shown] for v, column in dataset.test.columns.items()})
    axes.plot((y.min(), y.max()), (y.min(), y.max()), color=FAINT, linewidth=1.2, zorder=0, label="as the truth")
    axes.scatter(y, values, s=9, color=FORMULA, alpha=0.6, linewidths=0, label="formula")
    limit_axis(axes.set_ylim, y)
    axes.set_xlabel("true value", fontsize=10)
    axes.set_ylabel("formula's value", fontsize=10)


def _head(panel: Panel, dataset: Dataset, width: float) -> str:
    """Return label, scores and formula; `width` is in inches."""
    mse, nmse, r2 = errors_on(panel.expression, dataset.test)
    size = panel.expression.complexity
    scores = [panel.label.replace("$", r"\$"), f"{size} node{'s' * (size > 1)}"]
    if mse is None:
        scores.append("undefined on some test points")
    elif nmse is None or r2 is None:  # y is constant
        scores.append(f"MSE {mse:.1e}")
    else:
        scores.append(f"R² {r2:.5f}" if nmse > 1e-5 else f"NMSE {nmse:.1e}" if nmse else "NMSE 0")
    lines, _ = formula_lines(panel.expression, target_name(dataset.test.variables), width=72 * width)
    return "\n".join([" · ".join(scores), *lines])
