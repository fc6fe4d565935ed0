"""The figures of an inspection, drawn with Matplotlib: the fit, the losses, the hidden activations, their components.

Blue is the network, vermilion the formula (Okabe & Ito, Color Universal Design, 2008: seen by everyone), grey the data;
viridis runs along a variable. Every figure says in its head what it is of. The same survey gives the same bytes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize, SymLogNorm
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.textpath import TextPath
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.sampling import Sampling
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
from srbench_lite.reports.survey import Survey

__all__ = ["FIGURES", "draw", "formula_lines"]

_COLOUR_MAP: Final = "viridis"
_WIDTH_INCHES: Final = 9.6  # at 150 dots each
_HEAD_POINTS: Final = 12  # size of the line that says what a figure is of
_TITLE_POINTS: Final = 16  # size of the formula
_SMALL_TITLE_POINTS: Final = 12  # size of a formula that is too long for that
_MAX_TITLE_LINES: Final = 3
_MAX_LINE_HEIGHTS: Final = 8  # of a line of fractions, in sizes of its letters
_MAX_TYPESET_DEPTH: Final = 25  # nodes; a formula with a deeper term is set as plain text
_DIGITS: Final = 4  # of the numbers in a title
_MAX_UNITS: Final = 12  # drawn of a layer; half as many where there are more than two layers
_MAX_LAYERS: Final = 6
_UNITS_PER_ROW: Final = 6


def draw(survey: Survey, folder: Path) -> list[Path]:
    """Write each figure as PNG and SVG; return the files. There is none of losses or layers that do not exist."""
    written: list[Path] = []
    with figure_style():
        for name, make in FIGURES.items():
            figure = make(survey)
            if figure is not None:
                written += save_figure(figure, folder, name)
    return written


# --- the figures ------------------------------------------------------------------------------------------------------


def _fit(survey: Survey) -> Figure:
    """Draw the curves over one variable, or for several predictions against the target; and the residuals."""
    if len(survey.variables) == 1:
        return _curves(survey)
    figure = _figure(survey, "predictions at fresh points, and residuals", height=5.4)
    left, right = figure.subplots(1, 2)
    shown = thinned_places(len(survey.test.x))
    y = survey.test.y[shown]
    both = (
        (survey.test.network[shown], NETWORK, "network", 26.0),
        (survey.test.formula[shown], FORMULA, "formula", 7.0),
    )
    ends = float(y.min()), float(y.max())
    left.plot(ends, ends, color=FAINT, linewidth=1.2, zorder=0)
    right.axhline(0.0, color=FAINT, linewidth=1.2, zorder=0)
    for values, colour, label, size in both:
        left.scatter(y, values, s=size, color=colour, alpha=0.6, linewidths=0, label=label)
        right.scatter(values, y - values, s=size, color=colour, alpha=0.6, linewidths=0)
    limit_axis(left.set_ylim, y, survey.test.network[shown])
    limit_axis(right.set_xlim, y, survey.test.network[shown])
    target = _symbol(survey.target)
    left.set(xlabel=f"true {target}", ylabel=f"predicted {target}")
    right.set(xlabel=f"predicted {target}", ylabel="residual (true minus predicted)")
    _legend(left, markerscale=1.6)
    return figure


def _curves(survey: Survey) -> Figure:
    ((name, sampling),) = survey.variables.items()
    figure = _figure(survey, "fit and residuals", height=6.4)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.2))
    data, path = survey.train, survey.path
    shown = thinned_places(len(data.x))
    x, y = data.x[shown, 0], data.y[shown]
    top.scatter(x, y, s=34, color=DATA, alpha=0.45, linewidths=0, label="data")
    for places in connected_parts(path.x[:, 0], sampling):
        names = ("network", "formula") if places.start == 0 else (None, None)
        x_path = path.x[places, 0]
        top.plot(x_path, path.network[places], color=NETWORK, linewidth=3.6, alpha=0.75, label=names[0])
        top.plot(x_path, path.formula[places], color=FORMULA, linewidth=1.8, dashes=(4, 2), label=names[1])
    limit_axis(top.set_ylim, y, path.network)
    bottom.axhline(0.0, color=FAINT, linewidth=1.2, zorder=0)
    bottom.scatter(x, y - data.network[shown], s=18, color=NETWORK, alpha=0.6, linewidths=0)
    bottom.scatter(x, y - data.formula[shown], s=10, color=FORMULA, alpha=0.8, linewidths=0)
    top.set_ylabel(_symbol(survey.target))
    bottom.set(xlabel=_symbol(name), ylabel="residual")
    scale_axis(bottom, sampling)
    figure.align_ylabels([top, bottom])
    _legend(top)
    return figure


def _loss(survey: Survey) -> Figure | None:
    if not survey.losses:
        return None
    figure = _figure(survey, "loss of the network", height=4.6)
    axes = figure.subplots()
    colours = (NETWORK, "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
    for place, (name, curve) in enumerate(survey.losses.items()):
        axes.plot(
            np.arange(1, len(curve) + 1), curve, color=colours[place % len(colours)], label=name,
            marker="o" if len(curve) == 1 else None,
        )  # fmt: skip
    if all(np.nanmin(curve) > 0 for curve in survey.losses.values() if np.isfinite(curve).any()):
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel="loss")
    axes.margins(x=0.01)
    _legend(axes)
    return figure


def _hidden(survey: Survey) -> Figure | None:
    layers = dict(list(survey.activations.items())[:_MAX_LAYERS])
    if not layers:
        return None
    name, sampling = next(iter(survey.variables.items()))
    others = zip(list(survey.variables)[1:], survey.path.x[0, 1:], strict=True)
    middles = ", ".join(f"{_symbol(other)} = {value:.3g}" for other, value in others)
    what = f"hidden activations over {_symbol(name)}" + (f" at {middles}" if middles else "")
    most = _MAX_UNITS if len(layers) <= 2 else _MAX_UNITS // 2
    rows = sum(-(-min(states.shape[1], most) // _UNITS_PER_ROW) for states in layers.values())
    figure = _figure(survey, what, height=0.6 + 1.4 * rows + 0.4 * len(layers))
    grid = figure.subplots(rows, _UNITS_PER_ROW, sharex=True, squeeze=False)
    x = survey.path.x[:, 0]
    norm = _norm(x, sampling)
    top = 0
    for layer, states in layers.items():
        width = states.shape[1]
        chosen = np.sort(np.argsort(-states.var(axis=0), kind="stable")[:most])
        panels = grid[top : top - (-len(chosen) // _UNITS_PER_ROW)]
        for axes, unit in zip(panels.flat, chosen, strict=False):
            for places in connected_parts(x, sampling):
                axes.add_collection(_coloured_line(x[places], states[places, unit], norm))
            above = "\n" if axes in panels[0] else ""  # room for the name of the layer
            axes.set_title(f"{above}unit {unit + 1}", fontsize=10, pad=3, color=DATA, linespacing=1.9)
            limit_axis(axes.set_ylim, states[:, chosen])
            axes.tick_params(labelsize=10, labelleft=axes in panels[:, 0])
        shown = "" if width <= most else f": the {most} of {width} units that vary most"
        panels[0, 0].annotate(
            f"{layer}{shown}", (0, 1), xytext=(-22, 22), xycoords="axes fraction", textcoords="offset points",
            fontsize=12, annotation_clip=False,
        ).set_in_layout(False)  # fmt: skip
        for axes in panels.flat[len(chosen) :]:
            axes.set_visible(False)
        top += len(panels)
    ends = float(x.min()), float(x.max())
    scale_axis(grid[0, 0], sampling)
    if sampling.sampling == "log":
        grid[0, 0].set_xlim(*ends)
    else:
        limit_axis(grid[0, 0].set_xlim, x)
    below = np.vstack([grid[1:], np.full((1, _UNITS_PER_ROW), None)])
    for axes, under in zip(grid.flat, below.flat, strict=True):
        lowest = under is None or not under.get_visible()
        axes.tick_params(labelbottom=lowest)
        axes.set_xlabel(_symbol(name) if lowest else "")
        axes.locator_params(axis="y", nbins=3)
        if sampling.sampling != "log":
            axes.locator_params(axis="x", nbins=3)
        else:
            axes.set_xticks(ends, [f"{end:.3g}".replace("-", "−") for end in ends])
            axes.set_xticks([], minor=True)
    colours = ScalarMappable(norm=norm, cmap=_COLOUR_MAP)
    figure.colorbar(colours, ax=grid, label=_symbol(name), fraction=0.03, pad=0.01)
    return figure


def _components(survey: Survey) -> Figure | None:
    layers = dict(list(survey.components.items())[:_MAX_LAYERS])
    if not layers:
        return None
    single = len(survey.variables) == 1
    shown = np.arange(len(survey.states.x)) if single else thinned_places(len(survey.states.x))
    colour = survey.states.x[:, 0] if single else survey.states.y
    label = _symbol(next(iter(survey.variables)) if single else survey.target)
    norm = _norm(colour, next(iter(survey.variables.values())) if single else None)
    columns = min(len(layers), 3)
    rows = -(-len(layers) // columns)
    where = f"along {label}" if single else "at fresh points"
    figure = _figure(survey, f"principal components of the hidden states {where}", height=0.9 + 4.2 * rows)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, (layer, parts) in zip(grid.flat, layers.items(), strict=False):
        if single:
            axes.plot(*parts.scores.T, color=FAINT, linewidth=1.0, zorder=0)
        axes.scatter(
            *parts.scores[shown].T, c=colour[shown], cmap=_COLOUR_MAP, norm=norm, s=16 if single else 12, linewidths=0
        )
        axes.set_title(layer, loc="left")
        for place, name in enumerate(("x", "y")):
            axes.set(**{f"{name}label": f"component {place + 1} ({100 * parts.shares[place]:.1f} % of variance)"})
    for axes in grid.flat[len(layers) :]:
        axes.set_visible(False)
    figure.colorbar(ScalarMappable(norm=norm, cmap=_COLOUR_MAP), ax=grid, label=label, fraction=0.04, pad=0.02)
    return figure


FIGURES: Final[Mapping[str, Callable[[Survey], Figure | None]]] = {
    "fit": _fit, "loss": _loss, "hidden": _hidden, "components": _components,
}  # fmt: skip


# --- the head of a figure ---------------------------------------------------------------------------------------------


def _figure(survey: Survey, what: str, *, height: float) -> Figure:
    """Return an empty figure with its head: what is shown, of what, and the formula. `height` is without the head."""
    lines, size = formula_lines(survey.expression, survey.target, width=72 * (_WIDTH_INCHES - 0.4))
    heights = [max(1.6 * size, _extent(line, size).height + 0.7 * size) / 72 for line in lines]  # inches
    head = 0.42 + sum(heights)
    below = ConstrainedLayoutEngine(rect=(0.005, 0.0, 0.99, height / (height + head)))
    figure = Figure(figsize=(_WIDTH_INCHES, height + head), layout=below)
    title = f"{survey.method} on {survey.task}: {what}"
    figure.text(0.2 / _WIDTH_INCHES, 1 - 0.12 / (height + head), title, fontsize=_HEAD_POINTS, color=DATA, va="top")
    for place, line in enumerate(lines):
        y = 1 - (0.4 + sum(heights[:place])) / (height + head)
        figure.text(0.2 / _WIDTH_INCHES, y, line, fontsize=size, va="top")
    return figure


def formula_lines(expression: Expression, target: str, *, width: float) -> tuple[list[str], float]:
    """Return `target = formula` in at most `_MAX_TITLE_LINES` lines, cut short if need be, and their size in points.

    Numbers have `_DIGITS` digits; where that changes one, `≈` stands for `=`. `width` is in points.
    """
    rounded = expression.with_constants(
        value if value == int(value) and abs(value) < 1e6 else float(f"{value:.{_DIGITS}g}")
        for value in expression.constants
    )
    exact = rounded == expression
    if not any(term.depth > _MAX_TYPESET_DEPTH for _, term in _terms(rounded)):
        first, *more = _latex_terms(rounded)
        relation = "=" if exact else r"\approx"
        start = f"{_symbol(target)[1:-1]} {relation} {f'{{-}}{first[1:]}' if first.startswith('-') else first}"
        for size, cut in ((_TITLE_POINTS, False), (_SMALL_TITLE_POINTS, False), (_SMALL_TITLE_POINTS, True)):
            lines = _packed([start, *more], size, width, cut=cut)
            if lines is not None:
                return lines, size
    text = f"{target} {'=' if exact else '≈'} {rounded}"
    lines = textwrap.wrap(text, int(width / (0.56 * _SMALL_TITLE_POINTS)), break_on_hyphens=False)
    if len(lines) > _MAX_TITLE_LINES:
        lines = [*lines[: _MAX_TITLE_LINES - 1], f"{lines[_MAX_TITLE_LINES - 1][:-4]} ..."]
    return lines, _SMALL_TITLE_POINTS


def _terms(expression: Expression) -> list[tuple[str, Expression]]:
    """Return the terms of a sum and the operators (none, add, sub) before them, first to last."""
    terms: list[tuple[str, Expression]] = []
    while expression.op in ("add", "sub"):
        terms.append((expression.op, expression.args[1]))
        expression = expression.args[0]
    return [("", expression), *reversed(terms)]


def _latex_terms(expression: Expression) -> list[str]:
    """Return the terms of a sum with their signs as LaTeX."""
    texts = []
    for op, term in _terms(expression):
        text = term.to_latex()
        if op and (term.op in ("add", "sub") or (op == "sub" and text.startswith("-"))):
            text = rf"\left({text}\right)"
        if r"\frac" not in text:  # Matplotlib makes growing parentheses too small for a single letter
            text = text.replace(r"\left(", "(").replace(r"\right)", ")")
        text = text.replace(r"\frac", r"\dfrac")
        plain = not op or (op == "add" and text.startswith("-"))
        texts.append(text if plain else f"+ {text}" if op == "add" else f"- {text}")
    return texts


def _packed(pieces: list[str], size: float, width: float, *, cut: bool) -> list[str] | None:
    """Put pieces of LaTeX on lines as wide as `width` points; None where they do not fit, or cannot be drawn.

    With `cut`, pieces that do not fit are left out, and dots say so.
    """
    lines = [f"${pieces[0]}$"]
    try:
        for piece in pieces[1:]:
            longer = f"{lines[-1][:-1]} {piece}$"
            if _extent(longer, size).width <= width:
                lines[-1] = longer
            elif len(lines) < _MAX_TITLE_LINES:
                lines.append(rf"$\quad {piece}$")
            elif cut:
                lines[-1] = rf"{lines[-1][:-1]} + \ldots$"
                break
            else:
                return None
        boxes = [_extent(line, size) for line in lines]
        fits = all(
            b.width <= 1.04 * width and b.height <= _MAX_LINE_HEIGHTS * size for b in boxes
        )  # dots may pass the margin
    except ValueError:  # what Matplotlib's mathematics has no sign for
        return None
    return lines if fits else None


def _extent(text: str, size: float) -> Bbox:
    """Return the box around a text, in points."""
    return TextPath((0.0, 0.0), text, size=size).get_extents()


def _symbol(name: str) -> str:
    """Return a variable's name as mathematics."""
    return f"${Expression.variable(name).to_latex()}$"


# --- parts ------------------------------------------------------------------------------------------------------------


def _legend(axes: Axes, **settings: Any) -> None:
    """Put the legend above the axes, where no data can be."""
    entries = len(axes.get_legend_handles_labels()[0])
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=entries, borderaxespad=0.1, columnspacing=1.6,
        handlelength=1.8, **settings,
    )  # fmt: skip


def _norm(values: NDArray[np.float64], sampling: Sampling | None = None) -> Normalize:
    """Return what maps values to colours, by their logarithm where they are drawn by that."""
    low, high = float(values.min()), float(values.max())
    if sampling is None or sampling.sampling != "log":
        return Normalize(low, high)
    return LogNorm(low, high) if low > 0 else SymLogNorm(sampling.low, vmin=low, vmax=high)


def _coloured_line(x: NDArray[np.float64], y: NDArray[np.float64], norm: Normalize) -> LineCollection:
    points = np.stack([x, y], axis=1)  # (n, 2)
    line = LineCollection(list(np.stack([points[:-1], points[1:]], axis=1)), cmap=_COLOUR_MAP, norm=norm, linewidth=2.2)
    line.set_array(0.5 * (x[:-1] + x[1:]))
    line.set_capstyle("round")
    return line
