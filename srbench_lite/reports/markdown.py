"""The leaderboard as Markdown: what `results/records.md` is made of."""

from __future__ import annotations

from tabulate import tabulate

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.recording.output import safely_shown
from srbench_lite.reports.columns import caption, columns_of
from srbench_lite.reports.comparison import escaped, inert

__all__ = ["render"]

_LEGEND = """\
Recovery: share of runs whose formula is the ground truth (verdict exact or recovered), averaged over tasks, with its
95 % Wilson interval over tasks. R² and NMSE: medians over tasks, on noise-free points of the training domain (test)
and outside it (far); a run that failed ranks last. Size: median number of nodes of the formula, beside the truth's.
Seconds, CPU s, MiB: medians of wall clock, CPU time and peak memory of one fit. Clock: number of runs whose search the
clock ended; with more time they may find more. Core: share of a core that the fits got, CPU time over wall clock.
"""
_LEGEND_OF_ANY = """\
Recovered any: the same as recovery where the answer or one of the candidates of a run is the ground truth.
"""


def render(leaderboard: Leaderboard) -> str:
    """Return a heading and a table for each suite and noise level, and a legend."""
    parts = ["# Leaderboard\n"]
    for rows in leaderboard.tables:
        columns = columns_of(rows)
        texts = ("method", "perturbation", "failures")
        table = tabulate(
            [[escaped(column.text(row)).replace("*", r"\*") for column in columns] for row in rows],
            headers=[column.title for column in columns], tablefmt="pipe", disable_numparse=True,
            colalign=["left" if column.title in texts else "right" for column in columns],
        )  # fmt: skip
        parts.append(f"## {escaped(caption(rows))}\n\n{table}\n")
    parts += [f"{inert(safely_shown(remark))}\n".replace("*", r"\*") for remark in leaderboard.remarks]
    any_judged = any(row.recovered_any is not None for row in leaderboard.rows)
    return "\n".join([*parts, _LEGEND + _LEGEND_OF_ANY * any_judged])
