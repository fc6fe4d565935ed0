"""Tables on where methods fail, what they cost, and what each part of a method brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing.ablation import ablation_of
from srbench_lite.comparing.breakdown import Breakdown, break_down, judged_runs
from srbench_lite.comparing.condition import choose_condition, runs_under
from srbench_lite.comparing.cost import SHARES, Cost, costs_of
from srbench_lite.errors import SrbenchError
from srbench_lite.reports.ablation import table_of
from srbench_lite.reports.latex import escape
from srbench_lite.reports.paper import cells
from srbench_lite.reports.paper.results import Results

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ablations", "breakdowns", "costs"]

#: Traits of the truth that the tables are about.
_TRAITS: Final = ("variables", "size")
_MAX_LEVELS: Final = 14  # columns of a table


def breakdowns(results: Results) -> str:
    """Return tables of recovery by number of variables and by size of the truth, at the lowest noise level."""
    runs = results.run_table.runs
    judged, _ = judged_runs(runs_under(runs, choose_condition(runs))[0])
    if not len(judged):
        return "No task has a known truth, and so recovery is not broken down.\n"
    tables = [break_down(judged, by) for by in _TRAITS]
    return "\n".join(_breakdown(table, results) for table in tables if table.levels)


def _breakdown(table: Breakdown, results: Results) -> str:
    levels = table.levels[:_MAX_LEVELS]
    rates = {(cell.method, cell.level): cell for cell in table.cells}
    lines = [
        " & ".join([escape(method), *(_rate(rates.get((method, level))) for level in levels)])
        for method in results.methods
        if any((method, level) in rates for level in levels)
    ]
    return cells.table(
        f"l{'l' * len(levels)}", ["method", *map(escape, levels)], lines,
        rf"Recovery in \% by {escape(table.title)}, with 95\,\% Wilson intervals.", f"breakdown-{table.by}",
        size=r"\footnotesize",
    )  # fmt: skip


def _rate(cell: Any) -> str:
    if cell is None:
        return "--"
    return rf"{100 * cell.rate:.0f} {{\scriptsize {cells.interval(cell.interval)}}}"


def costs(results: Results) -> str:
    """Return a table of seconds, CPU time and memory, and of the seconds until most tasks were solved."""
    runs = results.run_table.runs
    own, _ = runs_under(runs, choose_condition(runs))
    judged, _ = judged_runs(own)
    found = {cost.method: cost for cost in costs_of(own, judged, _progress(results.run_table.marks))}
    lines = [" & ".join([escape(name), *_cost(found[name])]) for name in results.methods if name in found]
    reached = [rf"to {100 * share:.0f}\,\%" for share in SHARES]
    return cells.table(
        f"l{'r' * (4 + len(SHARES))}", ["method", "seconds", "CPU, s", "MiB", "most, MiB", *reached], lines,
        "Cost of a fit: medians of wall clock, CPU time and peak memory over runs that began, the largest memory, and "
        "the seconds after which the recovery rate reached a share of the tasks (--: never, or the runs have no "
        "marks).", "costs",
    )  # fmt: skip


def _cost(cost: Cost) -> Iterator[str]:
    for value in (cost.seconds, cost.cpu_seconds, cost.peak_mb, cost.largest_mb):
        yield cells.seconds(value).strip("{}")
    reach = {one.share: one.seconds for one in cost.reach}
    for share in SHARES:
        yield cells.seconds(reach.get(share)).strip("{}")


def _progress(marks: pd.DataFrame | None) -> Mapping[int, list[Mapping[str, Any]]]:
    """Return by number of a run what it had at its marks."""
    found: dict[int, list[Mapping[str, Any]]] = {}
    if marks is not None:
        for number, seconds, recovered in marks[["id", "seconds", "at_recovered"]].itertuples(index=False):
            found.setdefault(int(number), []).append({"seconds": float(seconds), "recovered": recovered == 1})
    return found


def ablations(results: Results, defaults: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table for each method with variants by parameters; nothing where there is none.

    Args:
        results: the runs.
        defaults: by method, the parameters that it has as it is installed.
    """
    runs = results.run_table.runs
    parts = []
    for method, own in runs.groupby("variant_of", observed=True):
        if own["parameters"].nunique() < 2:
            continue
        try:
            table = table_of(ablation_of(own, defaults=defaults.get(str(method))))
        except SrbenchError as error:
            parts.append(f"Variants of {escape(str(method))} are not compared: {escape(str(error))}\\par\n")
            continue
        table = table.without(["p", "ratio"])
        parts.append(
            cells.table(
                "".join(r">{\raggedright\arraybackslash}p{0.3\linewidth}" if head == "variant" else "l"
                        for head in table.heads),
                [escape(head) for head in table.heads], [" & ".join(map(escape, row)) for row in table.rows],
                f"{escape(table.caption)}. {escape(' '.join(table.notes))}", table.label, size=r"\footnotesize",
            )
        )  # fmt: skip
    return "\n".join(parts)
