"""What an inspection shows, drawn with Matplotlib: the fit, the losses, the hidden activations, their components.

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
    figure_style,
    limit,
    pieces,
    save_figure,
    scale,
    thinned,
)
from srbench_lite.reports.survey import Survey

__all__ = ["FIGURES", "draw", "formula_lines"]

_MAP: Final = "viridis"
_WIDTH: Final = 9.6  # inches, at 150 dots each
_HEAD_SIZE: Final = 12  # points, of the line that says what a figure is of
_TITLE_SIZE: Final = 16  # points, of the formula
_SMALL_TITLE_SIZE: Final = 12  # points, of a formula that is too long for that
_LINES: Final = 3  # most lines of a title
_TALLEST: Final = 8  # sizes that a line of fractions may be high
_DEEPEST_MATHS: Final = 25  # nodes; a formula with a deeper term is set as plain text
_DIGITS: Final = 4  # of the numbers in a title
_UNITS: Final = 12  # most units drawn of a layer, and half as many where there are more than two layers
_LAYERS: Final = 6  # most layers drawn
_COLUMNS: Final = 6  # units beside each other


def draw(found: Survey, folder: Path) -> list[Path]:
    """Write each figure as PNG and SVG; return the files. There is none of losses or layers that do not exist."""
    written: list[Path] = []
    with figure_style():
        for name, make in FIGURES.items():
            figure = make(found)
            if figure is not None:
                written += save_figure(figure, folder, name)
    return written


# --- the figures ------------------------------------------------------------------------------------------------------


def _fit(found: Survey) -> Figure:
    """Draw the curves over one variable, or for several predictions against the target; and the residuals."""
    if len(found.variables) == 1:
        return _curves(found)
    figure = _figure(found, "predictions at fresh points, and residuals", height=5.4)
    left, right = figure.subplots(1, 2)
    kept = thinned(len(found.test.x))
    y = found.test.y[kept]
    both = ((found.test.network[kept], NETWORK, "network", 26.0), (found.test.formula[kept], FORMULA, "formula", 7.0))
    ends = float(y.min()), float(y.max())
    left.plot(ends, ends, color=FAINT, linewidth=1.2, zorder=0)
    right.axhline(0.0, color=FAINT, linewidth=1.2, zorder=0)
    for values, colour, label, size in both:
        left.scatter(y, values, s=size, color=colour, alpha=0.6, linewidths=0, label=label)
        right.scatter(values, y - values, s=size, color=colour, alpha=0.6, linewidths=0)
    limit(left.set_ylim, y, found.test.network[kept])
    limit(right.set_xlim, y, found.test.network[kept])
    target = _symbol(found.target)
    left.set(xlabel=f"true {target}", ylabel=f"predicted {target}")
    right.set(xlabel=f"predicted {target}", ylabel="residual (true minus predicted)")
    _legend(left, markerscale=1.6)
    return figure


def _curves(found: Survey) -> Figure:
    ((name, sampling),) = found.variables.items()
    figure = _figure(found, "fit and residuals", height=6.4)
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1.2))
    data, path = found.train, found.path
    kept = thinned(len(data.x))
    x, y = data.x[kept, 0], data.y[kept]
    top.scatter(x, y, s=34, color=DATA, alpha=0.45, linewidths=0, label="data")
    for places in pieces(path.x[:, 0], sampling):
        names = ("network", "formula") if places.start == 0 else (None, None)
        x_path = path.x[places, 0]
        top.plot(x_path, path.network[places], color=NETWORK, linewidth=3.6, alpha=0.75, label=names[0])
        top.plot(x_path, path.formula[places], color=FORMULA, linewidth=1.8, dashes=(4, 2), label=names[1])
    limit(top.set_ylim, y, path.network)
    bottom.axhline(0.0, color=FAINT, linewidth=1.2, zorder=0)
    bottom.scatter(x, y - data.network[kept], s=18, color=NETWORK, alpha=0.6, linewidths=0)
    bottom.scatter(x, y - data.formula[kept], s=10, color=FORMULA, alpha=0.8, linewidths=0)
    top.set_ylabel(_symbol(found.target))
    bottom.set(xlabel=_symbol(name), ylabel="residual")
    scale(bottom, sampling)
    figure.align_ylabels([top, bottom])
    _legend(top)
    return figure


def _loss(found: Survey) -> Figure | None:
    if not found.losses:
        return None
    figure = _figure(found, "loss of the network", height=4.6)
    axes = figure.subplots()
    colours = (NETWORK, "#E69F00", "#009E73", "#CC79A7", "#56B4E9")
    for place, (name, curve) in enumerate(found.losses.items()):
        axes.plot(
            np.arange(1, len(curve) + 1), curve, color=colours[place % len(colours)], label=name,
            marker="o" if len(curve) == 1 else None,
        )  # fmt: skip
    if all(np.nanmin(curve) > 0 for curve in found.losses.values() if np.isfinite(curve).any()):
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel="loss")
    axes.margins(x=0.01)
    _legend(axes)
    return figure


def _hidden(found: Survey) -> Figure | None:
    layers = dict(list(found.activations.items())[:_LAYERS])
    if not layers:
        return None
    name, sampling = next(iter(found.variables.items()))
    others = zip(list(found.variables)[1:], found.path.x[0, 1:], strict=True)
    middles = ", ".join(f"{_symbol(other)} = {value:.3g}" for other, value in others)
    what = f"hidden activations over {_symbol(name)}" + (f" at {middles}" if middles else "")
    most = _UNITS if len(layers) <= 2 else _UNITS // 2
    rows = sum(-(-min(states.shape[1], most) // _COLUMNS) for states in layers.values())
    figure = _figure(found, what, height=0.6 + 1.4 * rows + 0.4 * len(layers))
    grid = figure.subplots(rows, _COLUMNS, sharex=True, squeeze=False)
    x = found.path.x[:, 0]
    norm = _norm(x, sampling)
    top = 0
    for layer, states in layers.items():
        width = states.shape[1]
        chosen = np.sort(np.argsort(-states.var(axis=0), kind="stable")[:most])
        panels = grid[top : top - (-len(chosen) // _COLUMNS)]
        for axes, unit in zip(panels.flat, chosen, strict=False):
            for places in pieces(x, sampling):
                axes.add_collection(_coloured_line(x[places], states[places, unit], norm))
            above = "\n" if axes in panels[0] else ""  # room for the name of the layer
            axes.set_title(f"{above}unit {unit + 1}", fontsize=10, pad=3, color=DATA, linespacing=1.9)
            limit(axes.set_ylim, states[:, chosen])
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
    scale(grid[0, 0], sampling)
    if sampling.sampling == "log":
        grid[0, 0].set_xlim(*ends)
    else:
        limit(grid[0, 0].set_xlim, x)
    below = np.vstack([grid[1:], np.full((1, _COLUMNS), None)])
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
    colours = ScalarMappable(norm=norm, cmap=_MAP)
    figure.colorbar(colours, ax=grid, label=_symbol(name), fraction=0.03, pad=0.01)
    return figure


def _components(found: Survey) -> Figure | None:
    layers = dict(list(found.components.items())[:_LAYERS])
    if not layers:
        return None
    single = len(found.variables) == 1
    kept = np.arange(len(found.states.x)) if single else thinned(len(found.states.x))
    colour = found.states.x[:, 0] if single else found.states.y
    label = _symbol(next(iter(found.variables)) if single else found.target)
    norm = _norm(colour, next(iter(found.variables.values())) if single else None)
    columns = min(len(layers), 3)
    rows = -(-len(layers) // columns)
    where = f"along {label}" if single else "at fresh points"
    figure = _figure(found, f"principal components of the hidden states {where}", height=0.9 + 4.2 * rows)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes, (layer, parts) in zip(grid.flat, layers.items(), strict=False):
        if single:
            axes.plot(*parts.scores.T, color=FAINT, linewidth=1.0, zorder=0)
        axes.scatter(*parts.scores[kept].T, c=colour[kept], cmap=_MAP, norm=norm, s=16 if single else 12, linewidths=0)
        axes.set_title(layer, loc="left")
        for place, name in enumerate(("x", "y")):
            axes.set(**{f"{name}label": f"component {place + 1} ({100 * parts.shares[place]:.1f} % of variance)"})
    for axes in grid.flat[len(layers) :]:
        axes.set_visible(False)
    figure.colorbar(ScalarMappable(norm=norm, cmap=_MAP), ax=grid, label=label, fraction=0.04, pad=0.02)
    return figure


FIGURES: Final[Mapping[str, Callable[[Survey], Figure | None]]] = {
    "fit": _fit, "loss": _loss, "hidden": _hidden, "components": _components,
}  # fmt: skip


# --- the head of a figure ---------------------------------------------------------------------------------------------


def _figure(found: Survey, what: str, *, height: float) -> Figure:
    """Return an empty figure with its head: what is shown, of what, and the formula. `height` is without the head."""
    lines, size = formula_lines(found.expression, found.target, width=72 * (_WIDTH - 0.4))
    heights = [max(1.6 * size, _extent(line, size).height + 0.7 * size) / 72 for line in lines]  # inches
    head = 0.42 + sum(heights)
    below = ConstrainedLayoutEngine(rect=(0.005, 0.0, 0.99, height / (height + head)))
    figure = Figure(figsize=(_WIDTH, height + head), layout=below)
    title = f"{found.method} on {found.task}: {what}"
    figure.text(0.2 / _WIDTH, 1 - 0.12 / (height + head), title, fontsize=_HEAD_SIZE, color=DATA, va="top")
    for place, line in enumerate(lines):
        y = 1 - (0.4 + sum(heights[:place])) / (height + head)
        figure.text(0.2 / _WIDTH, y, line, fontsize=size, va="top")
    return figure


def formula_lines(expression: Expression, target: str, *, width: float) -> tuple[list[str], float]:
    """Return `target = formula` in at most `_LINES` lines, and their size in points; cut short if there is no room.

    Numbers have `_DIGITS` digits; where that changes one, `≈` stands for `=`. `width` is in points.
    """
    rounded = expression.with_constants(
        value if value == int(value) and abs(value) < 1e6 else float(f"{value:.{_DIGITS}g}")
        for value in expression.constants
    )
    exact = rounded == expression
    if not any(term.depth > _DEEPEST_MATHS for _, term in _terms(rounded)):
        first, *more = _latex_terms(rounded)
        relation = "=" if exact else r"\approx"
        start = f"{_symbol(target)[1:-1]} {relation} {f'{{-}}{first[1:]}' if first.startswith('-') else first}"
        for size, cut in ((_TITLE_SIZE, False), (_SMALL_TITLE_SIZE, False), (_SMALL_TITLE_SIZE, True)):
            lines = _packed([start, *more], size, width, cut=cut)
            if lines is not None:
                return lines, size
    text = f"{target} {'=' if exact else '≈'} {rounded}"
    lines = textwrap.wrap(text, int(width / (0.56 * _SMALL_TITLE_SIZE)), break_on_hyphens=False)
    if len(lines) > _LINES:
        lines = [*lines[: _LINES - 1], f"{lines[_LINES - 1][:-4]} ..."]
    return lines, _SMALL_TITLE_SIZE


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
            elif len(lines) < _LINES:
                lines.append(rf"$\quad {piece}$")
            elif cut:
                lines[-1] = rf"{lines[-1][:-1]} + \ldots$"
                break
            else:
                return None
        boxes = [_extent(line, size) for line in lines]
        fits = all(b.width <= 1.04 * width and b.height <= _TALLEST * size for b in boxes)  # dots may pass the margin
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
    line = LineCollection(list(np.stack([points[:-1], points[1:]], axis=1)), cmap=_MAP, norm=norm, linewidth=2.2)
    line.set_array(0.5 * (x[:-1] + x[1:]))
    line.set_capstyle("round")
    return line
