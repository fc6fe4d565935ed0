"""A history as a table: for a terminal, Markdown, LaTeX, CSV and JSON."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterator
from typing import Any, Final

from srbench_lite.comparing.history import History, State
from srbench_lite.comparing.runs import counted
from srbench_lite.reports.columns import MISSING
from srbench_lite.reports.comparison import change_cells, difference, level, level_title, margin_of, p_value
from srbench_lite.reports.csv_cells import inert_cells
from srbench_lite.reports.text_table import TextTable, as_latex, as_markdown, for_terminal

__all__ = ["FORMATS", "commits_said", "render", "table_of", "task_table"]

FORMATS: Final = ("terminal", "markdown", "latex", "csv", "json")
_DIGITS: Final = 7  # shown of a fingerprint or a commit
_OF_LINE: Final = ("before", "after", "difference", "p_less", "p_greater", "verdict", "margin")


def render(history: History, form: str, *, tasks: bool = False) -> str:
    """Return a history in one of `FORMATS`.

    Args:
        history: what is shown.
        form: how.
        tasks: list the tasks that each state lost and gained, too; JSON always has them, CSV never.
    """
    if form == "csv":
        return _csv(history)
    if form == "json":
        content = {"format": "srbench-lite history", "version": 1, "history": dataclasses.asdict(history)}
        return json.dumps(content, indent=2, allow_nan=False) + "\n"
    tables = [table_of(history), *([task_table(history)] if tasks else [])]
    if form == "latex":
        return as_latex(tables, command=f"srbench history {history.method} --format latex")
    return as_markdown(tables) if form == "markdown" else for_terminal(tables)


def table_of(history: History) -> TextTable:
    """Return a row for each state, the oldest first."""
    title = level_title(history.metric)
    heads = (
        "version", "code", "commit", "began", f"{title} [95 %]" if history.metric == "recovery" else title,
        "change [95 %]", "p", "verdict", "lost", "gained", "seconds",
    )  # fmt: skip
    table = TextTable(
        caption=_caption(history), heads=heads,
        rows=tuple(_cells(state, is_first=not place) for place, state in enumerate(history.states)),
        texts=("version", "code", "commit", "began", "verdict"),
        notes=tuple(_notes(history)), label=f"history-{history.method}",
    )  # fmt: skip
    known = any(state.code for state in history.states), any(state.commits for state in history.states)
    return table.without(head for head, is_known in zip(("code", "commit"), known, strict=True) if not is_known)


def task_table(history: History) -> TextTable:
    """Return a row for each task that a state lost or gained."""
    changes = [(state, change) for state in history.states for change in (*state.lost, *state.gained)]
    perturbed = any(change.perturbation != "none" for _, change in changes)
    perturbation = ["perturbation"] if perturbed else []
    heads = ("version", "code", "commit", "change", "task", "noise", *perturbation, "before", "after")
    rows = tuple(
        (
            state.version, _code(state), commits_said(state), "lost" if change.after < change.before else "gained",
            *change_cells(change, perturbed=perturbed),
        )
        for state, change in changes
    )  # fmt: skip
    return TextTable(
        caption=f"{history.method}: tasks that each state lost and gained against the one before", heads=heads,
        rows=rows, texts=("version", "code", "commit", "change", "task", "perturbation"),
        notes=() if rows else ("No task was lost or gained.",), label=f"history-{history.method}-tasks",
    )  # fmt: skip


def commits_said(state: State) -> str:
    """Return the commit of a state's runs; of several the first and the last."""
    names = list(dict.fromkeys(commit.removesuffix("+dirty")[:_DIGITS] for commit in state.commits))
    changed = "+dirty" if any(commit.endswith("+dirty") for commit in state.commits) else ""
    return MISSING if not names else names[0] + changed if len(names) == 1 else f"{names[0]} to {names[-1]}{changed}"


def _caption(history: History) -> str:
    noises = ", ".join(f"{noise:g}" for noise in history.noises)
    suites = ", ".join(history.suites) if len(history.suites) < 4 else counted(len(history.suites), "suite")
    shared = f"{counted(history.tasks, 'task')} and {counted(history.runs, 'run')}"
    whose = f" that all {len(history.states)} states share" if len(history.states) > 1 else ""
    return f"{history.method}: {suites}, noise {noises}, at most {history.seconds:g} s a fit, {shared}{whose}"


def _notes(history: History) -> Iterator[str]:
    """Yield what the columns mean, what came of all steps together, and the remarks."""
    if len(history.states) == 1:
        yield (
            "There is one state only: other versions or other code of the method make the next. A store keeps the last "
            "code of each version; `srbench export` keeps what is there now, and --from FILE reads it beside the store."
        )
    else:
        yield (
            "Change: against the state before. p: test of each step on these very tasks, seeds being what is left to "
            f"chance, two-sided, with Holm's adjustment over {counted(len(history.states) - 1, 'step')}. Lost, gained: "
            "tasks (at each noise level) that are recovered less or more often. Better and worse: by more than the "
            "margin, and one-sided at 5 %, so that p is below 0.1."
        )
    if history.overall is not None:
        first, last = history.states[0], history.states[-1]
        yield (
            f"From {_named(first)} to {_named(last)}: {difference(history.overall)}, {history.overall.verdict.value} "
            f"(margin {margin_of(history.overall)})."
        )
    for state in history.states:
        if state.packages:
            texts = [f"{name} {old or 'none'} to {new or 'none'}" for name, (old, new) in state.packages.items()]
            yield f"Libraries that changed with {_named(state)}: {', '.join(texts)}."
    yield from history.remarks


def _named(state: State) -> str:
    return f"version {state.version}" + (f" (code {_code(state)})" if state.code else "")


def _code(state: State) -> str:
    return (state.code or MISSING)[:_DIGITS]


def _cells(state: State, *, is_first: bool) -> tuple[str, ...]:
    line = state.line
    now = MISSING if line is None else level(line, line.after)
    if state.interval is not None:
        now += f" [{100 * state.interval.low:.0f}, {100 * state.interval.high:.0f}]"
    compared = [
        MISSING if line is None or is_first else difference(line),
        MISSING if state.p_value is None else p_value(state.p_value),
        MISSING if line is None or is_first else line.verdict.value,
    ]
    changed = [MISSING, MISSING] if is_first else [str(len(state.lost)), str(len(state.gained))]
    seconds = MISSING if state.seconds is None else f"{state.seconds:.3g}"
    return (state.version, _code(state), commits_said(state), state.first[:10], now, *compared, *changed, seconds)


def _csv(history: History) -> str:
    """Return a line for each state with every number in full precision."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        ["method", "version", "code", "commits", "first", "last", "metric", "tasks", "runs", *_OF_LINE,
         "difference_low", "difference_high", "low", "high", "p_value", "lost", "gained", "seconds", "parameters"]
    )  # fmt: skip
    writer.writerows(map(inert_cells, _csv_rows(history)))
    return stream.getvalue()


def _csv_rows(history: History) -> Iterator[list[Any]]:
    for state in history.states:
        line = state.line
        of_line = [None] * len(_OF_LINE) if line is None else [getattr(line, name) for name in _OF_LINE]
        of_difference = (None, None) if line is None or line.interval is None else line.interval
        yield [
            history.method, state.version, state.code, ";".join(state.commits), state.first, state.last,
            history.metric, history.tasks, history.runs, *of_line, *of_difference, *(state.interval or (None, None)),
            state.p_value, len(state.lost), len(state.gained), state.seconds,
            json.dumps(dict(state.parameters), sort_keys=True),
        ]  # fmt: skip
