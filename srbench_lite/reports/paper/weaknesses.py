"""Tables on where methods fail, what they cost, and what each part of a method brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from srbench_lite.comparing.ablation import ablation_of
from srbench_lite.comparing.breakdown import Breakdown, BreakdownCell
from srbench_lite.comparing.cost import SHARES, Cost
from srbench_lite.comparing.runs import counted
from srbench_lite.comparing.solvers import Solvers
from srbench_lite.errors import SrbenchError
from srbench_lite.problems.natural_order import natural_key
from srbench_lite.reports.ablation import table_of
from srbench_lite.reports.latex import escape
from srbench_lite.reports.paper import cells
from srbench_lite.reports.paper.failures import Failures
from srbench_lite.reports.paper.results import Results

__all__ = ["ablations", "breakdowns", "costs", "said_of_solvers", "solvers", "unsolved_tasks"]

_MAX_LEVELS: Final = 7  # columns of a table; further levels stand in further tables
_MAX_NAMED: Final = 4  # tasks of a line of the table in the body
_MAX_LISTED: Final = 400  # tasks of a list in the appendix


def breakdowns(failures: Failures, results: Results) -> str:
    """Return tables of every rate with its interval: by traits of the truth and by tags, and how runs ended."""
    if not failures.breakdowns:
        return "No task has a known truth, and so recovery is not broken down.\n"
    parts = []
    for table in failures.breakdowns:
        count = -(-len(table.levels) // _MAX_LEVELS)
        size = -(-len(table.levels) // count)  # tables of a breakdown are equally wide
        chunks = [table.levels[first : first + size] for first in range(0, len(table.levels), size)]
        parts += [_breakdown(table, levels, results, place, count) for place, levels in enumerate(chunks)]
    return "\n".join(parts)


def _breakdown(table: Breakdown, levels: Sequence[str], results: Results, place: int, count: int) -> str:
    most = {level: max(cell.formulas for cell in table.cells if cell.level == level) for level in levels}
    lines = [
        " & ".join([escape(method), *(_rate(table.cell(level, method), most[level]) for level in levels)])
        for method in results.methods
        if any(table.cell(level, method) is not None for level in levels)
    ]
    what = "Share of runs by how they ended" if table.by == "miss" else f"Recovery by {table.title}"
    several = " A formula may stand in several columns." if table.overlapping else ""
    part = f" (part {place + 1} of {count})" if count > 1 else ""
    heads = [rf"{escape(level)} {{\scriptsize\itshape {most[level]}}}" for level in levels]
    return cells.table(
        f"l{'l' * len(levels)}", ["method", *heads], lines,
        rf"{escape(what)}{part}, in \%, averaged over formulas, whose number stands in italics (in a cell, where a "
        rf"method ran on fewer), with 95\,\% Wilson intervals.{several}",
        f"breakdown-{table.by}{f'-{place + 1}' if place else ''}", size=r"\footnotesize",
    )  # fmt: skip


def _rate(cell: BreakdownCell | None, most: int) -> str:
    if cell is None:
        return "--"
    fewer = rf" {{\scriptsize\itshape {cell.formulas}}}" if cell.formulas < most else ""
    return rf"{100 * cell.rate:.0f} {{\scriptsize {cells.interval(cell.interval)}}}{fewer}"


def solvers(failures: Failures, results: Results) -> str:
    """Return a table of the tasks that no method, or only one, recovered: how many, and the first of them."""
    lines = [_solved(who, tasks) for who, tasks in _groups(failures, results) if tasks]
    if not lines:
        return "Every task with a known truth was recovered by several methods.\n" if failures.tasks else ""
    return cells.table(
        r"lr>{\raggedright\arraybackslash}p{0.66\linewidth}", ["recovered by", "tasks", "such as"], lines,
        f"Tasks that no method recovered in any run, and those that only one of several did, of {len(failures.tasks)} "
        "with a known truth.", "solvers", wide=False, size=r"\footnotesize",
    )  # fmt: skip


def said_of_solvers(failures: Failures) -> str:
    """Return a sentence on how many tasks nobody, and only one method, recovered; empty where there are none."""
    alone = sum(map(len, failures.only.values()))
    if not failures.nobody and not alone:
        return ""
    return (
        f"Of {counted(len(failures.tasks), 'task')} with a known truth, {len(failures.nobody)} were recovered by no "
        f"method in any run, and {alone} by one of several methods only."
    )


def _groups(failures: Failures, results: Results) -> Iterator[tuple[str, Sequence[Solvers]]]:
    """Yield who recovered tasks that no other method did, and the tasks; first those of nobody."""
    yield "nobody", failures.nobody
    only = failures.only
    yield from ((f"only {method}", only[method]) for method in results.methods if method in only)


def _solved(who: str, tasks: Sequence[Solvers]) -> str:
    """Return a line of the table: tasks of different suites stand first, so that it shows what there is."""
    by_suite: dict[str, list[str]] = {}
    for task in sorted((one.task for one in tasks), key=natural_key):
        by_suite.setdefault(task.partition("/")[0], []).append(task)
    ordered = sorted(
        ((place, suite, name) for suite, names in by_suite.items() for place, name in enumerate(names)),
        key=lambda one: (one[0], natural_key(one[1])),
    )
    shown = [cells.breakable(name) for _, _, name in ordered[:_MAX_NAMED]]
    more = f", and {len(ordered) - _MAX_NAMED} more" if len(ordered) > _MAX_NAMED else ""
    return f"{escape(who)} & {len(ordered)} & {', '.join(shown)}{more}"


def unsolved_tasks(failures: Failures, results: Results) -> str:
    """Return all these tasks by who recovered them, as a description list."""
    items = []
    for who, tasks in _groups(failures, results):
        names = sorted((one.task for one in tasks), key=natural_key)
        more = f", and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else ""
        if names:
            listed = ", ".join(map(cells.breakable, names[:_MAX_LISTED]))
            items.append(rf"\item[{escape(who)}] ({len(names)}) {listed}{more}.")
    if not items:
        return ""
    return "\n".join([r"\begin{description}\raggedright\footnotesize", *items, r"\end{description}", ""])


def costs(failures: Failures, results: Results) -> str:
    """Return a table of seconds, CPU time and memory, and of the seconds until most tasks were solved."""
    found = {cost.method: cost for cost in failures.costs}
    lines = [" & ".join([escape(name), *_cost(found[name])]) for name in results.methods if name in found]
    reached = [rf"to {100 * share:.0f}\,\%" for share in SHARES]
    return cells.table(
        f"l{'r' * (4 + len(SHARES))}", ["method", "seconds", "CPU, s", "MiB", "most, MiB", *reached], lines,
        "Cost of a fit: medians of wall clock, CPU time and peak memory over runs that began, the largest memory, and "
        "the seconds after which the recovery rate reached a share of the tasks (--: never, or the runs have no "
        "marks).", "costs", wide=False, size=r"\footnotesize",
    )  # fmt: skip


def _cost(cost: Cost) -> Iterator[str]:
    for value in (cost.seconds, cost.cpu_seconds, cost.peak_mb, cost.largest_mb):
        yield cells.seconds(value).strip("{}")
    reach = {one.share: one.seconds for one in cost.reach}
    for share in SHARES:
        yield cells.seconds(reach.get(share)).strip("{}")


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
        said = f"Table~\\ref{{tab:{table.label}}} has the variants of {escape(str(method))}, each beside one base.\n"
        parts.append(
            said +
            cells.table(
                "".join(r">{\raggedright\arraybackslash}p{0.3\linewidth}" if head == "variant" else "l"
                        for head in table.heads),
                [escape(head) for head in table.heads], [" & ".join(map(escape, row)) for row in table.rows],
                f"{escape(table.caption)}. {escape(' '.join(table.notes))}", table.label, size=r"\footnotesize",
            )
        )  # fmt: skip
    return "\n".join(parts)
