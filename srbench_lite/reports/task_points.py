"""The points of a task: training, test and truth, in one panel for each variable; nothing need have been run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from srbench_lite.problems.data import Dataset
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task, target_name
from srbench_lite.reports.drawing import (
    DATA,
    FORMULA,
    NETWORK,
    connected_parts,
    figure_style,
    fix_layout,
    limit_axis,
    save_whole,
    scale_axis,
    take_literally,
    thinned_places,
)

__all__ = ["draw_points"]

_CURVE_POINTS: Final = 801
_MAX_COLUMNS: Final = 3
_PANEL_WIDTH_INCHES: Final = 4.6
_PANEL_HEIGHT_INCHES: Final = 3.4
_TEST: Final[Mapping[str, Any]] = {"s": 7, "color": FORMULA, "alpha": 0.4}
_TRAINING: Final[Mapping[str, Any]] = {"s": 18, "color": DATA, "alpha": 0.8}
#: What each format of a figure says of itself, so that the same figure gives the same bytes.
_METADATA: Final[Mapping[str, dict[str, str | None]]] = {
    ".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}, ".pdf": {"CreationDate": None},
}  # fmt: skip


def draw_points(task: Task, dataset: Dataset, title: str, path: Path) -> None:
    """Write a picture in the format that the ending of the file names: .png, .svg or .pdf.

    A panel shows the target over one variable, and the truth along it where there is one: with several variables the
    others stay at the middle of their ranges, so that points lie beside the curve.
    """
    d = len(task.variables)
    columns = min(_MAX_COLUMNS, d)
    rows = math.ceil(d / columns)
    with figure_style():
        figure = Figure(
            figsize=(_PANEL_WIDTH_INCHES * columns, _PANEL_HEIGHT_INCHES * rows + 0.4), layout="constrained"
        )
        figure.suptitle(title, fontsize=12, color=DATA)
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes, name in zip(grid.flat, task.variables, strict=False):
            _panel(axes, task, dataset, name)
        for axes in grid.flat[d:]:
            axes.set_axis_off()
        entries = grid.flat[0].get_legend_handles_labels()
        figure.legend(*entries, loc="outside lower center", ncols=len(entries[0]), fontsize=10)
        take_literally(figure)
        fix_layout(figure)
        save_whole(figure, path, _METADATA[path.suffix])


def _panel(axes: Axes, task: Task, dataset: Dataset, name: str) -> None:
    for points, look, label in ((dataset.test, _TEST, "test"), (dataset.train, _TRAINING, "training")):
        shown = thinned_places(len(points))
        axes.scatter(
            points.columns[name][shown], points.y[shown], linewidths=0, label=f"{label} ({len(points):,})", **look
        )
    sampling = _range(task, name)
    if task.truth is not None:
        x = sampling.path(_CURVE_POINTS)
        others = {other: np.full(len(x), s.middle) for other, s in task.variables.items()}
        y = task.truth(others | {name: x})
        label = "truth" if len(task.variables) == 1 else "truth, others at their middle"
        for places in connected_parts(x, sampling):
            axes.plot(
                x[places],
                y[places],
                color=NETWORK,
                linewidth=1.6,
                alpha=0.8,
                label=label if places.start == 0 else None,
            )
    limit_axis(axes.set_ylim, dataset.train.y, dataset.test.y)
    scale_axis(axes, sampling)
    axes.set_xlabel(_with_unit(name, task.units.get(name, "")), fontsize=10)
    axes.set_ylabel(_with_unit(target_name(task.variables), task.target_unit), fontsize=10)
    axes.tick_params(labelsize=9)


def _range(task: Task, name: str) -> Sampling:
    """Return what training and test points of a variable span."""
    one = task.variables[name]
    return one.hull((task.test_variables or task.variables)[name])


def _with_unit(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit else name
