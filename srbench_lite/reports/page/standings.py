"""Who is best over all suites, as the page has it: the sentence, the matrix, ranks, and each method against each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from srbench_lite.comparing.overall import Overall, OverallTables
from srbench_lite.reports.series import number

if TYPE_CHECKING:
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.comparing.wins import Duel

__all__ = ["standings_of"]

Json = dict[str, Any]


def standings_of(run_table: RunTable) -> Iterator[Json]:
    """Yield a table for each noise level and perturbation: of tasks with a truth, then of tasks without.

    Args:
        run_table: with the columns of `srbench_lite.comparing.score_table`.
    """
    for table in OverallTables.of(run_table).tables:
        yield {
            "noise": table.noise, "perturbation": str(table.perturbation), "metric": table.metric,
            "formulas": table.formulas, "tasks": table.tasks, "verdict": table.verdict, "remarks": list(table.remarks),
            "suites": [
                {"name": suite.name, "tasks": suite.tasks, "weight": number(suite.weight)} for suite in table.suites
            ],
            "lines": list(_lines(table)),
            "lacks": {lack.method: lack.tasks for lack in table.lacks},
            "duels": [[_duel(duel) for duel in row] for row in table.duels],
        }  # fmt: skip


def _lines(table: Overall) -> Iterator[Json]:
    """Yield the ranked methods, the best first."""
    for line in table.standings:
        low, high = line.interval
        yield {
            "method": line.method, "value": number(line.value), "low": number(low), "high": number(high),
            "rank": line.rank, "ranks": list(line.ranks),
            "cells": [[number(cell.value), *map(number, cell.interval)] for cell in line.cells],
        }  # fmt: skip


def _duel(duel: Duel | None) -> list[float | None] | None:
    """Return wins, losses, ties, the difference, its interval, and the adjusted p-value."""
    if duel is None:
        return None
    low, high = duel.interval
    return [duel.wins, duel.losses, duel.ties, *map(number, (duel.difference, low, high, duel.p_value))]
