"""How every figure of the project looks, and how it is written: the same figure gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from srbench_lite.files import write_file
from srbench_lite.problems.sampling import Sampling
from srbench_lite.reports.palette import COLOURS

__all__ = [
    "DATA",
    "FAINT",
    "FIGURE_COLOURS",
    "FORMULA",
    "NETWORK",
    "connected_parts",
    "figure_style",
    "fix_layout",
    "limit_axis",
    "save_figure",
    "save_whole",
    "scale_axis",
    "take_literally",
    "thinned_places",
]  # fmt: skip

#: Colours that everyone can tell apart (Okabe & Ito, Color Universal Design, 2008).
FIGURE_COLOURS: Final = COLOURS[:6]
NETWORK: Final = FIGURE_COLOURS[0]
FORMULA: Final = FIGURE_COLOURS[1]
DATA: Final = "#555555"
FAINT: Final = "#BBBBBB"
#: How matplotlib writes numbers at an axis.
_NUMBER: Final = re.compile(r"\$\\mathdefault\{[-−0-9.{}^]*(\\times)?[-−0-9.{}^]*\}\$")
_AXES_DECIMALS: Final = 6  # decimals of the places of axes, in shares of the figure
_MAX_POINTS_DRAWN: Final = 2_000  # drawn of one set
_STYLE: Final[dict[str, Any]] = {
    "figure.dpi": 150, "savefig.dpi": 150, "font.size": 12, "axes.labelsize": 13, "axes.titlesize": 12,
    "legend.fontsize": 12, "legend.frameon": False, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": "#333333", "axes.formatter.use_mathtext": True, "axes.formatter.limits": (-4, 5),
    "mathtext.fontset": "cm", "lines.linewidth": 2.2, "svg.hashsalt": "srbench-lite", "axes.unicode_minus": True,
}  # fmt: skip


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw in the project's style within a `with` block."""
    with mpl.style.context(["default", _STYLE]), np.errstate(all="ignore"):
        yield


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and SVG, without a date; return the files."""
    fix_layout(figure)
    written = []
    for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
        path = folder / f"{name}.{kind}"
        save_whole(figure, path, metadata)
        written.append(path)
    return written


def save_whole(figure: Figure, path: Path, metadata: Mapping[str, str | None]) -> None:
    """Write a figure whole or not at all, in the format that the ending of the file names."""
    kind = path.suffix.lstrip(".")
    write_file(path, lambda part: figure.savefig(part, format=kind, metadata=dict(metadata)))


def take_literally(figure: Figure, *, math: Collection[str] = ()) -> None:
    """Let no name in a figure be read as mathematics, whatever dollar signs it has; to be called before it is laid out.

    Args:
        figure: whose texts are names, but for the numbers at its axes.
        math: texts of our own that are mathematics.
    """
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_ticklabels(which="both")  # makes their texts
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_parse_math(text.get_text() in math or _NUMBER.fullmatch(text.get_text()) is not None)


def fix_layout(figure: Figure) -> None:
    """Lay a figure out once and for all, its axes at places of few digits.

    The last digits that the solver of the layout gives depend on where objects lie in memory, and names in an SVG on
    them.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = (round(float(side), _AXES_DECIMALS) for side in axes.get_position().bounds)
        axes.set_position((left, bottom, width, height))


def thinned_places(n: int) -> NDArray[np.intp]:
    """Return at most `_MAX_POINTS_DRAWN` places of n, evenly spread."""
    return np.arange(n) if n <= _MAX_POINTS_DRAWN else np.linspace(0, n - 1, _MAX_POINTS_DRAWN).astype(np.intp)


def limit_axis(apply: Callable[[float, float], Any], *values: NDArray[np.float64]) -> None:
    """Let an axis show these values with some room: a formula's poles elsewhere do not press them flat."""
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    room = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
    apply(low - room, high + room)


def scale_axis(axes: Axes, sampling: Sampling) -> None:
    """Give a variable that is drawn by its logarithm a logarithmic axis."""
    if sampling.sampling == "log" and sampling.sign == "positive":
        axes.set_xscale("log")
    elif sampling.sampling == "log":
        axes.set_xscale("symlog", linthresh=sampling.low)


def connected_parts(x: NDArray[np.float64], sampling: Sampling) -> Iterator[slice]:
    """Yield the connected parts of a path: two, where it leaps over zero."""
    if sampling.sampling == "log" and sampling.sign == "both":
        cut = int(np.searchsorted(x, 0.0))
        yield slice(0, cut)
        yield slice(cut, len(x))
    else:
        yield slice(0, len(x))
