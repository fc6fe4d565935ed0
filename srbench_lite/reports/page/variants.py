"""What each part of a method brings, and how it did over its versions and code, as the page has it: tables of texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing import ablation, history
from srbench_lite.comparing.ablation import ablation_of
from srbench_lite.comparing.history import History, history_of
from srbench_lite.comparing.runs import RunTable, counted
from srbench_lite.errors import SrbenchError
from srbench_lite.reports.ablation import render as render_ablation
from srbench_lite.reports.ablation import table_of as ablation_table
from srbench_lite.reports.history import render as render_history
from srbench_lite.reports.history import table_of as history_table
from srbench_lite.reports.series import number

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.recording.store import Store
    from srbench_lite.reports.text_table import TextTable

__all__ = ["variants_of"]

_MAX_RUNS: Final = 100_000  # of a method; of more the tables take too long
_DIGITS: Final = 7  # shown of a fingerprint

Json = dict[str, Any]


def variants_of(store: Store, runs: pd.DataFrame, *, defaults: Mapping[str, Mapping[str, Any]]) -> Json:
    """Return the `ablations` and the `histories` of the methods that have several variants, or versions or code.

    Where a table cannot be made its `why` says so, in place of rows.

    Args:
        store: has the records.
        runs: those that the page shows, with `id`, `variant_of`, `parameters`, `method_version` and `method_source`.
        defaults: hyper-parameters by method, of those that are installed.
    """
    columns = ["parameters", "method_version", "method_source"]
    kinds = runs.groupby("variant_of", observed=True)[columns].nunique()
    found: Json = {"ablations": [], "histories": []}
    for name, (parameters, versions, code) in zip(kinds.index, kinds.to_numpy().tolist(), strict=True):
        if parameters > 1:
            found["ablations"] += _made(_ablation, store, runs, str(name), defaults)
        if versions > 1 or code > 1:
            found["histories"] += _made(_history, store, runs, str(name), defaults)
    return found


def _made(
    make: Callable[..., Json | None], store: Store, runs: pd.DataFrame, method: str,
    defaults: Mapping[str, Mapping[str, Any]],
) -> list[Json]:  # fmt: skip
    """Return the table of a method, or why there is none; nothing where there is nothing to compare."""
    ids = runs.loc[runs["variant_of"] == method, "id"]
    if len(ids) > _MAX_RUNS:
        return [{"method": method, "why": f"{counted(len(ids), 'run')} are more than a page compares"}]
    try:
        table = make(store, ids, method, defaults.get(method))
    except SrbenchError as error:
        return [{"method": method, "why": str(error)}]
    return [] if table is None else [table]


def _read(store: Store, ids: pd.Series[Any], method: str, columns: tuple[str, ...]) -> pd.DataFrame:
    runs = RunTable.from_store(store, [one for one in columns if one != "environment"], methods=(method,)).runs
    return runs[runs["id"].isin(ids)].reset_index(drop=True)


def _ablation(store: Store, ids: pd.Series[Any], method: str, defaults: Mapping[str, Any] | None) -> Json | None:
    made = ablation_of(_read(store, ids, method, ablation.COLUMNS), defaults=defaults)
    if len(made.rows) < 2 or all(row.line is None for row in made.rows):
        return None
    return _table(method, ablation_table(made), render_ablation(made, "csv"))


def _history(store: Store, ids: pd.Series[Any], method: str, defaults: Mapping[str, Any] | None) -> Json | None:
    runs = _read(store, ids, method, history.COLUMNS)
    texts = store.environments(runs["id"].tolist())
    runs = runs.assign(environment=[texts[one] for one in runs["id"].tolist()])
    made = history_of(runs, defaults=defaults)
    if len(made.states) < 2 or made.overall is None:
        return None
    return _table(method, history_table(made), render_history(made, "csv")) | {"points": _points(method, made)}


def _points(method: str, made: History) -> list[Json]:
    """Return the recovery of each state with its interval."""
    several = len({state.version for state in made.states}) < len(made.states)
    return [
        {
            "method": method, "tasks": state.line.tasks, "recovery": number(state.line.after),
            "level": state.version + (f", {(state.code or '?')[:_DIGITS]}" if several else ""),
            "low": number(state.interval.low), "high": number(state.interval.high),
        }
        for state in made.states
        if state.line is not None and state.interval is not None
    ]  # fmt: skip


def _table(method: str, table: TextTable, csv: str) -> Json:
    left = [head in table.texts for head in table.heads]
    return {
        "method": method, "caption": table.caption, "heads": list(table.heads), "left": left,
        "rows": [list(row) for row in table.rows], "notes": list(table.notes), "csv": csv,
    }  # fmt: skip
