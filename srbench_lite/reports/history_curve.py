"""The curve of a history: what a method reached with each version and commit, with what was lost and gained."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from srbench_lite.comparing.history import History, State
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.errors import UsageError
from srbench_lite.reports.drawing import DATA, FORMULA, NETWORK, figure_style, fix_layout, save_whole, take_literally
from srbench_lite.reports.history import commits_said

__all__ = ["KINDS", "draw_history"]

#: Endings of files, and what is written beside the picture: no dates, so that the same history gives the same bytes.
KINDS: Final[dict[str, dict[str, Any]]] = {
    ".png": {"Software": None}, ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}  # fmt: skip
_INCHES_PER_STATE: Final = 1.1
_MIN_INCHES: Final = 5.0
_MAX_INCHES: Final = 14.0
_MAX_LABELS: Final = 12  # written below the axis


def draw_history(history: History, path: Path) -> None:
    """Write the curve of a history: a point a state, with the 95 % interval of a recovery rate.

    Beside a point stands how many tasks were gained and lost, where there are any.

    Raises:
        UsageError: the file has another ending than those of `KINDS`, or the metric has no value.
    """
    if path.suffix not in KINDS:
        raise UsageError(f"--plot must name a file that ends with {', '.join(KINDS)}, got {path.name!r}")
    if all(state.line is None for state in history.states):
        raise UsageError(f"there is nothing to draw: no task has values of {history.metric}; choose another --metric")
    with figure_style():
        figure = _drawn(history)
        take_literally(figure)
        fix_layout(figure)
        save_whole(figure, path, KINDS[path.suffix])


def _drawn(history: History) -> Figure:
    states = history.states
    width = min(_MAX_INCHES, max(_MIN_INCHES, 1.6 + _INCHES_PER_STATE * len(states)))
    figure = Figure(figsize=(width, 4.2), layout="constrained")
    axes = figure.subplots()
    x = np.arange(len(states))
    values = np.array([_value(history, state) for state in states])
    axes.plot(x, values, color=NETWORK, marker="o", clip_on=False, zorder=3)
    if history.metric == "recovery":
        bounds = [state.interval or (value, value) for state, value in zip(states, values, strict=True)]
        spread = np.array([[value - low, high - value] for value, (low, high) in zip(values, bounds, strict=True)])
        axes.errorbar(x, values, yerr=spread.T, fmt="none", ecolor=DATA, elinewidth=1.2, capsize=3)
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    for place, state in enumerate(states):
        changes = ("\N{MINUS SIGN}", len(state.lost), FORMULA), ("+", len(state.gained), NETWORK)
        there = [change for change in changes if change[1] and math.isfinite(values[place])]
        for line, (sign, count, colour) in enumerate(there):
            axes.annotate(
                f"{sign}{count}", (place, values[place]), (7, 8 + 14 * line), textcoords="offset points", color=colour
            )
    step = math.ceil(len(states) / _MAX_LABELS)
    axes.set_xticks(x[::step], [_label(state) for state in states[::step]])
    axes.set_xlim(-0.5, len(states) - 0.5)
    axes.set_ylabel(METRICS[history.metric].title)
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_title(f"{history.method} on {history.tasks} task{'s' * (history.tasks != 1)}", loc="left")
    return figure


def _value(history: History, state: State) -> float:
    if state.line is None:
        return math.nan
    return 10**state.line.after if METRICS[history.metric].ratio else state.line.after


def _label(state: State) -> str:
    """Return version, commit and day, one below the other; the code where there is no commit."""
    commit = commits_said(state) if state.commits else (state.code or "")[:7]
    return "\n".join(text for text in (state.version, commit.replace(" to ", " to\n"), state.first[:10]) if text)
