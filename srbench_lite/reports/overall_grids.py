"""`Grid`: standings over all suites as tables of short texts, the same for terminal, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from srbench_lite.comparing.overall import Overall
from srbench_lite.comparing.overall_verdict import amount
from srbench_lite.comparing.runs import counted
from srbench_lite.comparing.score_table import Lack
from srbench_lite.comparing.wins import Duel
from srbench_lite.recording.output import safely_shown
from srbench_lite.reports.columns import MISSING

__all__ = ["LEGEND", "Grid", "caption", "grids", "sentences"]

_OVERALL: Final = "overall [95 %]"
_MAX_SUITES_NAMED: Final = 4

#: What the columns mean, for people.
LEGEND: Final = (
    "Overall: mean over the suites, which weigh the same; a formula that stands in several suites counts once. "
    "Seeds are averaged inside a task. Rank: with the first and last rank that may be the true one; these "
    "intervals, and those of differences, hold for all methods at once in 95 of 100 cases. Wins: formulas on which "
    "the method of the row is better, and those on which it is worse; + or - where that is more than chance at 5 % "
    "(Wilcoxon's signed-rank test, Holm's adjustment for all pairs)."
)


class Grid(NamedTuple):
    """A table for people.

    Attributes:
        title: the line above.
        headers: of its columns.
        rows: texts, one a column.
        keys: how many columns at the left say what a row is about; they are repeated where a table is broken.
        best: places in `rows`, row and column, that are the best of their column.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    keys: int
    best: frozenset[tuple[int, int]] = frozenset()


def caption(table: Overall) -> str:
    """Return what a table is about."""
    condition = f", {table.perturbation}" if table.perturbation else ""
    measure = "recovery in %" if table.metric == "recovery" else "digits of accuracy"
    return (
        f"noise {table.noise:g}{condition}, {counted(len(table.suites), 'suite')}, {counted(table.tasks, 'task')}, "
        f"{counted(table.formulas, 'formula')}: {measure}"
    )


def grids(table: Overall) -> Iterator[Grid]:
    """Yield the tables: standings, methods x suites, and who beats whom; none where no method is ranked."""
    if table.standings:
        yield _standings(table)
        yield _matrix(table)
    if len(table.standings) > 1:
        yield _duels(table)


def sentences(table: Overall) -> Iterator[str]:
    """Yield what is said below the tables."""
    if table.lacks:
        what = [_lack(lack, table.tasks) for lack in table.lacks]
        yield (
            f"Not ranked, since they did not run on every task: {'; '.join(what)}. --common ranks all methods on the "
            "tasks that all ran on."
        )
    yield from map(safely_shown, table.remarks)


def _lack(lack: Lack, tasks: int) -> str:
    largest = sorted(lack.suites.items(), key=lambda item: (-item[1][0], item[0]))
    named = [f"{safely_shown(name)} {missing} of {of}" for name, (missing, of) in largest[:_MAX_SUITES_NAMED]]
    if more := len(largest) - len(named):
        named.append(f"and {counted(more, 'more suite')}")
    return f"{safely_shown(lack.method)} lacks {lack.tasks:,} of {tasks:,} ({', '.join(named)})"


def _standings(table: Overall) -> Grid:
    rows = []
    for place, standing in enumerate(table.standings):
        duel = table.duels[place][0]
        behind = MISSING if duel is None else _with_interval(table.metric, duel.difference, *duel.interval)
        low, high = standing.ranks
        rows.append((
            safely_shown(standing.method), f"{standing.rank} [{low}, {high}]",
            _with_interval(table.metric, standing.value, *standing.interval), behind,
        ))  # fmt: skip
    headers = ("method", "rank [95 %]", _OVERALL, "behind the best [95 %]")
    return Grid(f"Overall, {caption(table)}", headers, tuple(rows), 1)


def _matrix(table: Overall) -> Grid:
    rows = [
        (
            safely_shown(s.method), *(_value(table.metric, cell.value) for cell in s.cells),
            _with_interval(table.metric, s.value, *s.interval),
        )
        for s in table.standings
    ]  # fmt: skip
    columns = [[s.cells[place].value for s in table.standings] for place in range(len(table.suites))]
    columns.append([s.value for s in table.standings])
    best = frozenset(
        (row, 1 + place)
        for place, values in enumerate(columns)
        for row, value in enumerate(values)
        if value == max(values) > min(values)
    )
    rows.append(("tasks", *(str(suite.tasks) for suite in table.suites), str(table.tasks)))
    rows.append(("weight, %", *(f"{100 * suite.weight:.1f}" for suite in table.suites), "100"))
    headers = ("method", *(safely_shown(suite.name) for suite in table.suites), _OVERALL)
    return Grid("By suite", headers, tuple(rows), 1, best)


def _duels(table: Overall) -> Grid:
    rows = [
        (str(place + 1), safely_shown(standing.method), *(_duel(duel) for duel in table.duels[place]))
        for place, standing in enumerate(table.standings)
    ]
    headers = ("", "wins : losses against", *(str(place + 1) for place in range(len(rows))))
    return Grid(f"Pairs, over {counted(table.formulas, 'formula')}", headers, tuple(rows), 2)


def _duel(duel: Duel | None) -> str:
    if duel is None:
        return ""
    mark = "" if duel.winner is None else " +" if duel.winner == duel.method else " -"
    return f"{duel.wins}:{duel.losses}{mark}"


def _value(metric: str, value: float) -> str:
    """Whole percents, of which 0 and 100 stand for nothing else; digits with one decimal."""
    if metric != "recovery":
        return f"{value:.1f}"
    return f"{100 * value:.0f}" if value in (0, 1) else str(min(99, max(1, round(100 * value))))


def _with_interval(metric: str, value: float, low: float, high: float) -> str:
    return f"{amount(metric, value)} [{amount(metric, low)}, {amount(metric, high)}]"
