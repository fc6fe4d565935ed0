"""`Results`: what a paper is about: runs with names short enough for tables, and who stands where among them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from srbench_lite.comparing.caveats import sums_of
from srbench_lite.comparing.leaderboard import CLAIMED, Leaderboard
from srbench_lite.comparing.overall import Overall, OverallTables
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.variants import differences, find_base, said_of
from srbench_lite.errors import UsageError
from srbench_lite.problems.natural_order import natural_key
from srbench_lite.reports.paper.data import at_least_noise
from srbench_lite.reports.series import on_shared_tasks

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ends", "Results", "short_names"]

_MAX_NAME: Final = 24  # characters of a method's name that tables and legends have room for


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How the runs of a method ended.

    Attributes:
        runs: their number.
        statuses: how many ended how, those that ended ok left out.
        by_clock: those whose search the clock ended, whatever their status.
    """

    runs: int
    statuses: Mapping[str, int]
    by_clock: int

    @property
    def said(self) -> str:
        """Those that did not end ok, as text; empty where all did."""
        return ", ".join(f"{count} {status}" for status, count in self.statuses.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Runs, and what is said of them as a whole.

    Attributes:
        run_table: the runs; `method` has the short names, suites and tasks are in natural order.
        board: their leaderboard.
        long_names: of the methods whose names were too long for a table.
        overall: standings over all suites; one for recovery, one for accuracy where tasks have no truth, at the lowest
            noise level and the least perturbation; empty where nothing can be ranked.
        methods: the short names, the best first.
        all_claims: whether every verdict is one of a file, not judged here.
    """

    run_table: RunTable
    board: Leaderboard
    long_names: Mapping[str, str]
    overall: tuple[Overall, ...]
    methods: tuple[str, ...]
    all_claims: bool

    @classmethod
    def of(cls, run_table: RunTable, defaults: Mapping[str, Mapping[str, Any]] | None = None) -> Self:
        """Make them of runs.

        Args:
            run_table: with the columns of `srbench_lite.reports.paper.document`.
            defaults: by method, the parameters that it has as it is installed, by which the base of variants is known.
        """
        runs = run_table.runs
        short = short_names(runs["method"].cat.categories, _plain_names(runs, defaults or {}))
        named = runs.assign(
            method=runs["method"].cat.rename_categories(short),
            **{name: runs[name].cat.reorder_categories(_natural(runs[name])) for name in ("suite", "task")},
        )
        table = replace(run_table, runs=named)
        board = Leaderboard.of(table)
        judged = sum(row.judged for row in board.rows)
        claims = sum(row.claims or 0 for row in board.rows)
        all_claims = claims > 0 and claims == int(named["complexity"].notna().sum()) and judged > 0
        if all_claims:
            plain = [tuple(replace(row, claims=None) for row in rows) for rows in (board.rows, board.overall)]
            said = tuple(remark for remark in board.remarks if not remark.startswith(CLAIMED))
            board = Leaderboard(rows=plain[0], overall=plain[1], remarks=said)
        overall = _standings(table)
        ranked = [standing.method for one in overall for standing in one.standings]
        lacking = [lack.method for one in overall for lack in one.lacks]
        rest = sorted(set(named["method"].unique()))
        return cls(
            run_table=table, board=board, long_names={one: long for long, one in short.items() if one != long},
            overall=overall, methods=tuple(dict.fromkeys([*ranked, *lacking, *rest])), all_claims=all_claims,
        )  # fmt: skip

    def ends(self, runs: pd.DataFrame) -> dict[str, Ends]:
        """Return how the runs of each method ended."""
        clock = runs[["method"]].assign(clock=np.asarray(sums_of(runs)["by_clock"]))
        by_clock = clock.groupby("method", observed=True)["clock"].sum()
        found = {}
        for method, own in runs.groupby("method", observed=True)["status"]:
            counts = {str(status): int(count) for status, count in own.value_counts().items() if count}
            not_ok = {status: counts[status] for status in sorted(counts) if status != "ok"}
            found[str(method)] = Ends(runs=len(own), statuses=not_ok, by_clock=int(by_clock[method]))
        return {method: found[method] for method in self.methods if method in found}


def short_names(names: Iterable[str], plain: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a short name for each method, no two alike: variants by parameters are numbered where they are long.

    Args:
        names: of the methods, with all that tells variants apart.
        plain: a name for some of those that are long, which they get where it is short enough and no other has it.
    """
    every = sorted(names, key=natural_key)
    short = {name: name for name in every if len(name) <= _MAX_NAME}
    for name, text in (plain or {}).items():
        if name not in short and len(text) <= _MAX_NAME and text not in (*short.values(), *every):
            short[name] = text
    for name in every:
        if name not in short:
            base = name.partition(" [")[0][:_MAX_NAME].rstrip()
            numbered = (f"{base} ({number})" for number in range(1, len(every) + 2))
            short[name] = next(one for one in numbered if one not in short.values())
    return short


def _plain_names(runs: pd.DataFrame, defaults: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return for variants of a method that differ by parameters: its name for the base, what differs for the others."""
    kinds = runs[["method", "variant_of", "parameters"]].drop_duplicates()
    names = {}
    for method, own in kinds.groupby("variant_of", observed=True):
        if len(own) < 2 or own["method"].duplicated().any():
            continue
        settings = [json.loads(text) for text in own["parameters"].astype(str)]
        try:
            base = find_base(settings, defaults=defaults.get(str(method)))
        except UsageError:
            continue
        for name, setting in zip(own["method"].astype(str), settings, strict=True):
            names[name] = f"{method} {said_of(differences(setting, base))}".rstrip()
    return names


def _natural(names: pd.Series[str]) -> list[str]:
    return sorted(names.cat.categories, key=natural_key)


def _standings(table: RunTable) -> tuple[Overall, ...]:
    """Return the standings at the lowest noise level.

    Where fewer than two methods ran on every task, they are those of the methods that ran on at least half of the
    tasks, on the tasks that all of these ran on.
    """
    tables = OverallTables.of(table).tables
    if tables and len(tables[0].standings) < min(2, table.runs["method"].nunique()):
        shared = on_shared_tasks(at_least_noise(table.runs))
        tables = OverallTables.of(replace(table, runs=shared)).tables if shared["method"].nunique() > 1 else tables
    level = (tables[0].noise, tables[0].perturbation) if tables else None
    return tuple(one for one in tables if (one.noise, one.perturbation) == level)
