"""An ablation as a table: for a terminal, Markdown, LaTeX, CSV and JSON."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterator
from typing import Any, Final

from srbench_lite.comparing.ablation import Ablation, VariantRow
from srbench_lite.comparing.runs import counted
from srbench_lite.reports.columns import MISSING
from srbench_lite.reports.comparison import change_cells, difference, level, level_title, margin_of, p_value
from srbench_lite.reports.csv_cells import inert_cells
from srbench_lite.reports.text_table import TextTable, as_latex, as_markdown, for_terminal

__all__ = ["FORMATS", "render", "table_of", "task_table"]

FORMATS: Final = ("terminal", "markdown", "latex", "csv", "json")
#: Columns of CSV that a line of a comparison has.
_OF_LINE: Final = ("before", "after", "difference", "p_less", "p_greater", "effect", "verdict", "margin", "detectable")
_COMMAND: Final = "srbench ablation"


def render(ablation: Ablation, form: str, *, tasks: bool = False) -> str:
    """Return an ablation in one of `FORMATS`.

    Args:
        ablation: what is shown.
        form: how.
        tasks: list the tasks that variants lost and gained, too; JSON always has them, CSV never.
    """
    if form == "csv":
        return _csv(ablation)
    if form == "json":
        return _json(ablation)
    tables = [table_of(ablation), *([task_table(ablation)] if tasks else [])]
    if form == "latex":
        return as_latex(tables, command=f"{_COMMAND} {ablation.method} --format latex")
    return as_markdown(tables) if form == "markdown" else for_terminal(tables)


def table_of(ablation: Ablation) -> TextTable:
    """Return a row for each variant, the base first."""
    heads = (
        "variant", level_title(ablation.metric), "difference [95 %]", "p", "verdict", "lost", "gained", "seconds",
        "ratio", "failures",
    )  # fmt: skip
    table = TextTable(
        caption=_caption(ablation), heads=heads, rows=tuple(_cells(row) for row in ablation.rows),
        texts=("variant", "verdict", "failures"),
        notes=(_legend(ablation), *ablation.remarks), label=f"ablation-{ablation.method}",
    )  # fmt: skip
    return table if any(row.failures for row in ablation.rows) else table.without(["failures"])


def task_table(ablation: Ablation) -> TextTable:
    """Return a row for each task that a variant lost or gained."""
    changes = [(row, change) for row in ablation.rows for change in (*row.lost, *row.gained)]
    perturbed = any(change.perturbation != "none" for _, change in changes)
    heads = ("variant", "change", "task", "noise", *(["perturbation"] if perturbed else []), "base", "recovered")
    rows = tuple(
        (row.name, "lost" if change.after < change.before else "gained", *change_cells(change, perturbed=perturbed))
        for row, change in changes
    )
    return TextTable(
        caption=f"{ablation.method}: tasks that variants lost and gained", heads=heads, rows=rows,
        texts=("variant", "change", "task", "perturbation"), keys=3,
        notes=() if rows else ("No variant lost or gained a task.",), label=f"ablation-{ablation.method}-tasks",
    )  # fmt: skip


def _caption(ablation: Ablation) -> str:
    noises = ", ".join(f"{noise:g}" for noise in ablation.noises)
    suites = ", ".join(ablation.suites) if len(ablation.suites) < 4 else counted(len(ablation.suites), "suite")
    return (
        f"{ablation.method}, version {ablation.version}: {suites}, noise {noises}, {counted(ablation.tasks, 'task')}, "
        f"{counted(ablation.runs, 'run')} of each variant, at most {ablation.seconds:g} s a fit"
    )


def _legend(ablation: Ablation) -> str:
    lines = [row.line for row in ablation.rows if row.line is not None]
    margin = (
        f" Better and worse: by more than {margin_of(lines[0])}, and one-sided at 5 %, so that p is below 0.1."
        if lines
        else ""
    )
    variants = len(ablation.rows) - 1
    return (
        "Difference: variant less base, over tasks. p: Wilcoxon's signed-rank test over tasks, two-sided, with Holm's "
        f"adjustment over {counted(variants, 'variant')}. Lost, gained: tasks (at each noise level) that are recovered "
        f"less or more often. Ratio: of median seconds.{margin}"
    )


def _cells(row: VariantRow) -> tuple[str, ...]:
    line, is_base = row.line, not row.name
    compared = [
        MISSING if line is None or is_base else difference(line),
        MISSING if row.p_value is None else p_value(row.p_value),
        MISSING if line is None or is_base else line.verdict.value,
    ]
    changed = [MISSING, MISSING] if is_base else [str(len(row.lost)), str(len(row.gained))]
    ratio = MISSING if is_base or row.seconds_ratio is None else f"×{row.seconds_ratio:.3g}"
    return (
        row.name or "base", MISSING if line is None else level(line, line.after), *compared, *changed,
        MISSING if row.seconds is None else f"{row.seconds:.3g}", ratio,
        ", ".join(f"{count} {status}" for status, count in row.failures.items()) or MISSING,
    )  # fmt: skip


def _csv(ablation: Ablation) -> str:
    """Return a line for each variant with every number in full precision."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        ["method", "version", "variant", "metric", "tasks", "runs", *_OF_LINE, "low", "high", "p_value", "lost",
         "gained", "seconds", "seconds_ratio", "failures", "parameters"]
    )  # fmt: skip
    writer.writerows(map(inert_cells, _csv_rows(ablation)))
    return stream.getvalue()


def _csv_rows(ablation: Ablation) -> Iterator[list[Any]]:
    for row in ablation.rows:
        line = row.line
        of_line = [None] * len(_OF_LINE) if line is None else [getattr(line, name) for name in _OF_LINE]
        low, high = (None, None) if line is None or line.interval is None else line.interval
        yield [
            ablation.method, ablation.version, row.name or "base", ablation.metric, ablation.tasks, ablation.runs,
            *of_line, low, high, row.p_value, len(row.lost), len(row.gained), row.seconds, row.seconds_ratio,
            ";".join(f"{status}:{count}" for status, count in row.failures.items()),
            json.dumps(dict(row.parameters), sort_keys=True),
        ]  # fmt: skip


def _json(ablation: Ablation) -> str:
    content = {"format": "srbench-lite ablation", "version": 1, "ablation": dataclasses.asdict(ablation)}
    return json.dumps(content, indent=2, allow_nan=False) + "\n"
