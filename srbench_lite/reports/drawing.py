"""How every figure of the project looks, and how it is written: the same figure gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import matplotlib.style
import numpy as np
from matplotlib.figure import Figure

__all__ = ["DATA", "FAINT", "FIGURE_COLOURS", "FORMULA", "NETWORK", "figure_style", "save_figure"]

#: Colours that everyone can tell apart (Okabe & Ito, Color Universal Design, 2008).
FIGURE_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9")
NETWORK: Final = FIGURE_COLOURS[0]
FORMULA: Final = FIGURE_COLOURS[1]
DATA: Final = "#555555"
FAINT: Final = "#BBBBBB"
_STYLE: Final[dict[str, Any]] = {
    "figure.dpi": 150, "savefig.dpi": 150, "font.size": 12, "axes.labelsize": 13, "axes.titlesize": 12,
    "legend.fontsize": 12, "legend.frameon": False, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": "#333333", "axes.formatter.use_mathtext": True, "axes.formatter.limits": (-4, 5),
    "mathtext.fontset": "cm", "lines.linewidth": 2.2, "svg.hashsalt": "srbench-lite", "axes.unicode_minus": True,
}  # fmt: skip


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw in the project's style meanwhile."""
    with mpl.style.context(["default", _STYLE]), np.errstate(all="ignore"):
        yield


def save_figure(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and SVG, without a date; return the files."""
    written = []
    for kind, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
        path = folder / f"{name}.{kind}"
        figure.savefig(path, format=kind, metadata=metadata)
        figure.set_layout_engine("none")  # it stays as it was laid out for the first
        written.append(path)
    return written
