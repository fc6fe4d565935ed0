"""Numbers of a leaderboard row as short texts: the one place that decides how each is shown to people."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from srbench_lite.comparing.leaderboard import CLAIMED, LOW_SHARE, Row, is_low
from srbench_lite.comparing.runs import counted
from srbench_lite.recording.output import safely_shown

__all__ = ["COLUMNS", "MISSING", "Column", "caption", "columns_of", "error_text", "percent", "seconds_text"]

#: Stands where there is no number.
MISSING: Final = "–"


class Column(NamedTuple):
    """One column of a table for people."""

    title: str
    latex: str
    text: Callable[[Row], str]


def percent(rate: float | None) -> str:
    """Return whole percents; 0 % and 100 % stand for nothing else."""
    if rate is None:
        return MISSING
    return f"{100 * rate:.0f} %" if rate in (0, 1) else f"{min(99, max(1, round(100 * rate)))} %"


def _recovery(row: Row) -> str:
    if row.recovery is None or row.recovery_interval is None:
        return MISSING
    low, high = row.recovery_interval
    return f"{percent(row.recovery)}{CLAIMED if row.claims else ''} [{100 * low:.0f}, {100 * high:.0f}]"


def _r2(value: float | None) -> str:
    """Four decimals, rounded down: 1.0000 stands for nothing less than 1 - 5e-7."""
    if value is None:
        return MISSING
    if value < -99:
        return f"{value:.0e}"
    return "1.0000" if value > 1 - 5e-7 else f"{math.floor(round(value * 1e4, 6)) / 1e4:.4f}"


def error_text(value: float | None) -> str:
    """Return an error with one digit."""
    return MISSING if value is None else "0" if value == 0 else f"{value:.0e}"


def _size(row: Row) -> str:
    formula, truth = (MISSING if v is None else f"{v:g}" for v in (row.complexity, row.complexity_truth))
    return f"{formula} / {truth}"


def seconds_text(value: float | None) -> str:
    """Return seconds, the shorter the finer."""
    if value is None:
        return MISSING
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _failures(row: Row) -> str:
    parts = [f"{count} {safely_shown(status)}" for status, count in row.failures.items()]
    further = ("undecided", row.undecided), ("unlike", row.unlike), ("undefined", row.undefined)
    parts += [f"{count} {what}" for what, count in further if count]
    return ", ".join(parts) or MISSING


def _core(row: Row) -> str:
    return f"{percent(row.core_share)}{LOW_SHARE if is_low(row.core_share) else ''}"


COLUMNS: Final = (
    Column("method", "method", lambda row: safely_shown(row.method)),
    Column("runs", "runs", lambda row: str(row.runs)),
    Column("ok", "ok", lambda row: str(row.ok)),
    Column("recovery [95 %]", r"recovery [95\,\%]", _recovery),
    Column("R² test", r"$R^2$ test", lambda row: _r2(row.r2_test)),
    Column("NMSE test", "NMSE test", lambda row: error_text(row.nmse_test)),
    Column("R² far", r"$R^2$ far", lambda row: _r2(row.r2_far)),
    Column("NMSE far", "NMSE far", lambda row: error_text(row.nmse_far)),
    Column("size / truth", "size / truth", _size),
    Column("seconds", "seconds", lambda row: seconds_text(row.seconds)),
    Column("CPU s", "CPU s", lambda row: seconds_text(row.cpu_seconds)),
    Column("MiB", "MiB", lambda row: MISSING if row.peak_mb is None else f"{row.peak_mb:.0f}"),
    Column("clock", "clock", lambda row: str(row.by_clock)),
    Column("core", "core", _core),
    Column("failures", "failures", _failures),
)


#: Stands behind the method where some row has a perturbation.
_PERTURBATION: Final = Column("perturbation", "perturbation", lambda row: str(row.perturbation))


#: Stands behind the recovery rate where candidates of some runs were judged.
_RECOVERED_ANY: Final = Column("recovered any", "recovered any", lambda row: percent(row.recovered_any))


def columns_of(rows: Sequence[Row]) -> tuple[Column, ...]:
    """Return the columns of tables that show these rows."""
    columns = list(COLUMNS)
    if any(row.recovered_any is not None for row in rows):
        columns.insert(4, _RECOVERED_ANY)
    if any(row.perturbation for row in rows):
        columns.insert(1, _PERTURBATION)
    return tuple(columns)


def caption(rows: Sequence[Row]) -> str:
    """Return the line above a table."""
    first, tasks = rows[0], max(row.tasks for row in rows)
    formulas = "" if first.formulas is None else f", {counted(first.formulas, 'formula')}"
    return f"{safely_shown(first.suite)}, noise {first.noise:g}, {tasks} task{'s' * (tasks != 1)}{formulas}"
