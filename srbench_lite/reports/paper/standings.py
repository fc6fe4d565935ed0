"""The first table of a paper: who stands where over all suites, and how many runs of each did not count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from srbench_lite.comparing.leaderboard import ALL_SUITES, Row
from srbench_lite.comparing.overall import Overall, Standing
from srbench_lite.comparing.runs import counted
from srbench_lite.comparing.wins import Duel
from srbench_lite.recording.record import Status
from srbench_lite.reports.latex import escape
from srbench_lite.reports.paper import cells
from srbench_lite.reports.paper.data import at_least_noise
from srbench_lite.reports.paper.results import Ends, Results

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["short", "standings", "wins"]

#: Statuses of the columns of runs that did not end ok.
_NOT_OK: Final = {"skipped": ("skipped",), "failed": ("failed", "crashed", "invalid"), "limit": ("timeout", "memout")}
_ENDS: Final = (
    "Skipped: runs that the method cannot do; failed: runs without a formula, crashes among them; limit: runs that "
    "were ended at a limit; clock: runs whose search the clock ended. All of them count"
)


def standings(results: Results) -> str:
    """Return the tables of the standings, one for recovery and one for accuracy where there are both."""
    runs = at_least_noise(results.run_table.runs)
    tables = [_table(overall, results, runs) for overall in results.overall]
    return "\n".join(tables) if tables else "No method can be ranked: none ran on every task, and no task is common.\n"


def _table(overall: Overall, results: Results, runs: pd.DataFrame) -> str:
    rate = overall.metric == "recovery"
    own = runs[runs["suite"].isin([suite.name for suite in overall.suites])]
    own, every_run = (some[some["truth"].notna() if rate else some["truth"].isna()] for some in (own, runs))
    ranked = {standing.method for standing in overall.standings}
    ends = results.ends(own[own["method"].isin(ranked)])
    ends |= results.ends(every_run[~every_run["method"].isin(ranked)])
    lines = _board_lines(overall, results)
    by_method = {standing.method: standing for standing in overall.standings}
    methods = [*by_method, *(method for method in ends if method not in by_method)]
    some_any = rate and any(row.recovered_any is not None for row in lines.values())
    rows = []
    for method in (method for method in methods if method in ends):
        line = lines.get(method) if method in by_method else None
        any_rate = [cells.percent(line.recovered_any) if line is not None else ""] if some_any else []
        place = _ranked(by_method.get(method), method, rate=rate)
        rows.append(" & ".join([*place, *(one or "{--}" for one in any_rate), *_medians(line), *_counts(ends[method])]))
    ran = every_run.groupby("method", observed=True)["task"].nunique()
    left = "; ".join(f"{escape(method)} on {ran[method]}" for method in methods if method not in by_method)
    every = every_run["task"].nunique()
    unranked = f" All ranked methods ran on these tasks, of {every}." if every > overall.tasks else ""
    if left:
        unranked += f" Not ranked, since rates over different tasks say nothing of methods: {left} of {every} tasks."
    value = r"recovery, \%" if rate else "digits"
    what = "share of runs that recovered the truth" if rate else r"digits of accuracy, $-\log_{10}$ of the NMSE"
    suites = f"{len(overall.suites)} suites" if len(overall.suites) > 1 else escape(overall.suites[0].name)
    counted = " as not recovered." if rate else " with the accuracy that they have, or the worst."
    behind = "R2, nodes and seconds are medians." if lines else ""
    return cells.table(
        rf"rlS[table-format={'3.1' if rate else '2.2'}]ll{'S' * some_any}"
        "S[table-format=-1.4] S[table-format=3.1] S[table-format=3.3] *{5}{S[table-format=5.0]}",
        ["", "method", f"{{{value}}}", r"[95\,\%]", "ranks", *[r"{any, \%}"] * some_any, "{$R^2$}", "{nodes}",
         "{seconds}", "{runs}", "{skipped}", "{failed}", "{limit}", "{clock}"],
        rows,
        f"Standings over {suites}, noise {overall.noise:g}{cells.behind(', ', overall.perturbation)}, "
        f"{overall.tasks} tasks of {overall.formulas} formulas: {what}, suites weighing the same, with bootstrap "
        rf"intervals, and the ranks that are possible (all at once in 95\,\% of cases). {_ENDS}{counted} {behind}"
        f"{unranked}".replace("R2", "$R^2$"),
        f"standings-{overall.metric}",
    )  # fmt: skip


def short(results: Results) -> str:
    """Return the same in brief, as wide as a column of two: means, ranks, seconds, runs that ended badly."""
    runs = at_least_noise(results.run_table.runs)
    tables = [_short(overall, results, runs) for overall in results.overall]
    return "\n".join(tables) if tables else "No method can be ranked: none ran on every task, and no task is common.\n"


def _short(overall: Overall, results: Results, runs: pd.DataFrame) -> str:
    rate = overall.metric == "recovery"
    own = runs[runs["suite"].isin([suite.name for suite in overall.suites])]
    own = own[own["truth"].notna() if rate else own["truth"].isna()]
    ends = results.ends(own)
    seconds = own[own["status"] != Status.SKIPPED].groupby("method", observed=True)["seconds"].median().dropna()
    rows = []
    for standing in (one for one in overall.standings if one.method in ends):
        rank, name, value, interval, ranks = _ranked(standing, standing.method, rate=rate)
        lost = sum(ends[standing.method].statuses.values())
        fit = cells.seconds(seconds.get(standing.method))
        rows.append(" & ".join([rank, name, value, interval, ranks, fit, str(lost)]))
    more = f"Table~\\ref{{tab:standings-{overall.metric}}}"
    fewer = f" {counted(len(overall.lacks), 'method')} that ran on fewer tasks: {more}." if overall.lacks else ""
    return cells.table(
        rf"@{{}}r@{{\enspace}}lS[table-format={'3.1' if rate else '2.2'}]llS[table-format=3.3]r@{{}}",
        ["", "method", r"{\%}" if rate else "{digits}", r"[95\,\%]", "ranks", "{s}", "lost"],
        rows,
        f"Standings over {counted(len(overall.suites), 'suite')}, noise {overall.noise:g}"
        f"{cells.behind(', ', overall.perturbation)}, {overall.tasks} tasks: "
        f"{'recovery' if rate else 'digits of accuracy'} with bootstrap intervals, possible ranks, median seconds, and "
        f"runs that did not end with a formula.{fewer}",
        f"standings-short-{overall.metric}", wide=False, size=r"\footnotesize",
    )  # fmt: skip


def _board_lines(overall: Overall, results: Results) -> dict[str, Row]:
    """Return the lines of the leaderboard that are about the same tasks as the standings."""
    single = overall.suites[0].name if len(overall.suites) == 1 else ALL_SUITES
    rows = results.board.overall if single == ALL_SUITES else results.board.rows
    return {
        row.method: row
        for row in rows
        if (row.suite, row.noise, row.perturbation) == (single, overall.noise, overall.perturbation)
        and row.tasks == overall.tasks
    }


def _ranked(standing: Standing | None, method: str, *, rate: bool) -> tuple[str, ...]:
    """Return rank, name, mean, its interval, and the ranks that are possible."""
    if standing is None:
        return "--", escape(method), "{--}", "--", "--"
    low, high = standing.interval
    first, last = standing.ranks
    value = cells.percent(standing.value) if rate else f"{standing.value:.2f}"
    return (
        str(standing.rank), escape(method), rf"\bfseries {value}" if standing.rank == 1 else value,
        cells.interval(standing.interval) if rate else f"[{low:.1f}, {high:.1f}]",
        f"{first}--{last}" if first != last else f"{first}",
    )  # fmt: skip


def _medians(row: Row | None) -> tuple[str, str, str]:
    if row is None:
        return "{--}", "{--}", "{--}"
    return cells.r2(row.r2_test), cells.plain(row.complexity), cells.seconds(row.seconds)


def _counts(ends: Ends) -> list[str]:
    sums = [sum(ends.statuses.get(status, 0) for status in statuses) for statuses in _NOT_OK.values()]
    return [str(count) for count in (ends.runs, *sums, ends.by_clock)]


def wins(results: Results) -> str:
    """Return a matrix for each metric: the difference of row and column, marked where chance alone does not do that."""
    tables = [_wins(overall) for overall in results.overall if len(overall.standings) > 1]
    if tables:
        return "\n".join(tables)
    return "There are no two methods that ran on the same tasks, and so there are no pairs to compare.\n"


def _wins(overall: Overall) -> str:
    rate = overall.metric == "recovery"
    names = [standing.method for standing in overall.standings]
    lines = [
        " & ".join([escape(name), *(_duel(duel, rate=rate) for duel in row)])
        for name, row in zip(names, overall.duels, strict=True)
    ]
    heads = ["", *(rf"\rotatebox{{60}}{{{escape(name)}}}" for name in names)]
    unit = "points of recovery" if rate else "digits of accuracy"
    return cells.table(
        "l" + "r" * len(names), heads, lines,
        f"Row less column, in {unit} over all suites, on {overall.formulas} formulas; bold: the row wins on more "
        r"formulas than chance does, grey: it loses so (signed ranks, Holm over all pairs, 5\,\%).",
        f"wins-{overall.metric}", size=r"\footnotesize",
    )  # fmt: skip


def _duel(duel: Duel | None, *, rate: bool) -> str:
    if duel is None:
        return ""
    number = f"{100 * duel.difference:+.0f}" if rate else f"{duel.difference:+.1f}"
    shown = f"${'0' if float(number) == 0 else number}$"
    if duel.winner is None:
        return shown
    return rf"\textbf{{\boldmath {shown}}}" if duel.winner == duel.method else rf"\textcolor{{gray}}{{{shown}}}"
