"""What was drawn and how training went, as pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from srbench_lite import FIGURE_COLOURS, figure_style, save_figure
from srbench_transformer.drawn_examples import DrawnExample

__all__ = ["draw_sample", "draw_training"]

#: Functions on a sheet at most.
_MAX_PLOTS = 24


def draw_sample(drawn: Sequence[DrawnExample], counts: Mapping[str, int], folder: Path) -> list[Path]:
    """Write a sheet of functions and a histogram of their tokens, as PNG and SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    with figure_style():
        return [
            *save_figure(_sheet(drawn[:_MAX_PLOTS]), folder, "functions"),
            *save_figure(_histogram(counts), folder, "tokens"),
        ]


def draw_training(history: Sequence[Mapping[str, Any]], about: str, folder: Path) -> list[Path]:
    """Write the curves of a training, as PNG and SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    steps = [entry["step"] for entry in history]
    with figure_style():
        figure = Figure(figsize=(11.0, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        for colour, name, label in (
            (FIGURE_COLOURS[0], "loss", "training"),
            (FIGURE_COLOURS[1], "validation", "validation"),
        ):
            left.plot(steps, [entry[name] for entry in history], color=colour, label=label)
        left.set(xlabel="step", ylabel="nats a token")
        left.legend()
        for colour, name, label in (
            (FIGURE_COLOURS[0], "greedy", "likeliest"),
            (FIGURE_COLOURS[1], "sampled", "among 32 drawn"),
        ):
            right.plot(steps, [entry[name] for entry in history], color=colour, label=label)
        right.set(xlabel="step", ylabel="validation skeletons written", ylim=(0.0, 1.0))
        right.legend()
        figure.suptitle(about, fontsize=12)
        return save_figure(figure, folder, "training")


def _sheet(drawn: Sequence[DrawnExample]) -> Figure:
    columns = min(4, len(drawn))
    rows = math.ceil(len(drawn) / columns)
    figure = Figure(figsize=(3.2 * columns, 2.6 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for place, axes in enumerate(grid.flat):
        if place >= len(drawn):
            axes.set_axis_off()
            continue
        function = drawn[place]
        formula = function.formula
        text = str(formula.with_constants(float(f"{value:.4g}") for value in formula.constants))
        if function.x.shape[1] == 1:
            order = np.argsort(function.x[:, 0])
            axes.plot(function.x[order, 0], function.y[order], color=FIGURE_COLOURS[0], linewidth=1.6)
        else:
            axes.scatter(*function.x.T, c=function.y, s=14, cmap="viridis")
        axes.set_title(text if len(text) <= 40 else f"{text[:39]}…", fontsize=7)
        axes.locator_params(axis="x", nbins=5)
        axes.tick_params(labelsize=7)
    return figure


def _histogram(counts: Mapping[str, int]) -> Figure:
    figure = Figure(figsize=(8.0, 3.6), layout="constrained")
    axes = figure.subplots()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    axes.bar([token for token, _ in ordered], [number for _, number in ordered], color=FIGURE_COLOURS[0])
    axes.set(ylabel="times drawn", xlabel="token")
    axes.tick_params(axis="x", labelrotation=60)
    return figure
