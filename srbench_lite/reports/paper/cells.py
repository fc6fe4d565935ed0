"""What stands in the cells of a paper's tables, for columns of siunitx: numbers rounded, `--` where there is none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from srbench_lite.comparing.leaderboard import CLAIMED, LOW_SHARE, is_low
from srbench_lite.comparing.statistics import Interval
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.reports.latex import escape
from srbench_lite.reports.latex import label as safe_label

__all__ = [
    "MARK",
    "behind",
    "breakable",
    "core",
    "error",
    "interval",
    "marked",
    "percent",
    "plain",
    "r2",
    "seconds",
    "table",
]

MARK: Final = r"\textsuperscript{\dag}"
_LONG_NAME: Final = 40  # characters of a name that need no break
_WORST_R2: Final = -99.0  # smaller ones are written with an exponent


def table(
    columns: str, heads: Sequence[str], lines: Sequence[str], caption: str, label: str, *, wide: bool = True,
    size: str = r"\small",
) -> str:  # fmt: skip
    """Return a table for booktabs.

    Args:
        columns: of tabular.
        heads: of the columns, LaTeX.
        lines: rows without their ends, LaTeX.
        caption: LaTeX.
        label: without `tab:`.
        wide: whether it is as wide as the page where the text has two columns.
        size: of the font.
    """
    kind = "table*" if wide else "table"
    return "\n".join([
        rf"\begin{{{kind}}}[htbp]\centering{size}",
        rf"\caption{{{caption}}}\label{{tab:{safe_label(label)}}}",
        r"\begin{adjustedtable}",
        rf"\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
        r"\toprule",
        " & ".join(heads) + r" \\",
        r"\midrule",
        *(rf"{line} \\" for line in lines),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{adjustedtable}",
        rf"\end{{{kind}}}",
        "",
    ])  # fmt: skip


def marked(number: str, best: bool, close: bool, claims: int | None = 0) -> str:
    """Return a number: the best in bold, what is not significantly worse and what rests on claims marked."""
    if not number:
        return "{--}"
    claimed = rf"\textsuperscript{{{CLAIMED}}}" if claims else ""
    shown = rf"\bfseries {number}" if best else f"{number}{MARK}" if close else number
    return f"{shown}{claimed}"


def behind(sign: str, perturbation: Perturbation) -> str:
    """Return a perturbation behind a sign; nothing where there is none."""
    return f"{sign}{perturbation}" if perturbation else ""


def percent(share: float | None) -> str:
    """Return a share in percent with one decimal."""
    return "" if share is None else f"{100 * share:.1f}"


def interval(bounds: Interval | None) -> str:
    """Return an interval of shares in percent."""
    return "--" if bounds is None else f"[{100 * bounds.low:.0f}, {100 * bounds.high:.0f}]"


def core(share: float | None) -> str:
    """Return a share of a core, marked where it is low."""
    return "--" if share is None else rf"{100 * share:.0f}\,\%{LOW_SHARE if is_low(share) else ''}"


def r2(value: float | None) -> str:
    """Return R2 with four decimals, rounded down: 1.0000 is exact."""
    if value is None or not math.isfinite(value):
        return "{--}"
    return f"{math.floor(round(value * 1e4, 6)) / 1e4:.4f}" if value > _WORST_R2 else f"{value:.0e}"


def error(value: float | None) -> str:
    """Return an error as a power of ten with one digit."""
    return "{--}" if value is None or not np.isfinite(value) else "0" if value == 0 else f"{value:.0e}"


def plain(value: float | None) -> str:
    """Return a number as it is."""
    return "{--}" if value is None else f"{value:g}"


def seconds(value: float | None) -> str:
    """Return a number such as seconds with two digits, and at most three decimals."""
    if value is None:
        return "{--}"
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}" if value >= 0.01 else f"{value:.3f}"


def breakable(name: str) -> str:
    """Return a name that, where it is long, may be broken after the signs between its parts."""
    if len(name) <= _LONG_NAME:
        return escape(name)
    return re.sub(r"(/|-|\\_)", r"\1\\allowbreak{}", escape(name))
