"""Methods on somebody's rows: which of them are fitted to and which held out, the runs, and the formulas they found.

    points --divide--> Division --own_task--> Task --fit_task--> DataFit

Runs are those of a benchmark: planned, limited and recorded by `srbench_lite.running`. There is no truth, so the task
has data and nothing to be judged by.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from srbench_lite.errors import ExpressionError, SuiteError, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import Registry
from srbench_lite.methods.method import Budget, Method
from srbench_lite.problems.column_names import quoted
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task
from srbench_lite.recording.store import Store
from srbench_lite.running.plan import plan
from srbench_lite.running.runner import Summary, run

if TYPE_CHECKING:
    from srbench_lite.environments.environment import Environment

__all__ = ["MAX_FITTED", "OWN_SUITE", "DataFit", "Division", "divide", "fit_task", "own_task"]

#: Name of the suite that tasks of own data belong to, in records.
OWN_SUITE: Final = "own"
#: Methods get a sample of so many rows at most. The error of a constant falls with the root of their number, and the
#: work of a fit grows with it: five thousand rows of one per cent noise give a slope to four digits.
MAX_FITTED: Final = 5_000
#: Of fewer rows none is held out, if nobody asks: every row tells the formula more than a few held out tell the error.
_FEW_ROWS: Final = 20
_HELD_OUT: Final = 0.25  # share of the rows
#: Scores of a record are on so many held-out values at most: they travel to another process. An answer is on all.
_MAX_RECORDED_VALUES: Final = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """How many rows methods are given, and how many are held out to measure the error on.

    Attributes:
        fitted: number of rows that methods get.
        held_out: number of rows that they never see.
        note: what was decided, one line for people.
    """

    fitted: int
    held_out: int
    note: str


def divide(rows: int, *, test_size: float | None = None, most: int = MAX_FITTED) -> Division:
    """Decide how many rows are fitted to and how many are held out; which ones is drawn from the seed.

    Args:
        rows: how many there are.
        test_size: share of the rows that are held out, below 1, or their number; None: a quarter, or none where there
            are fewer than 20.
        most: methods get this many rows at most; all others are held out.

    Raises:
        UsageError: nothing would be left to fit to, or the number is none.
    """
    if test_size is None:
        held_out = round(rows * _HELD_OUT) if rows >= _FEW_ROWS else 0
    elif 0 <= test_size < 1:
        held_out = max(round(rows * test_size), 1 if test_size else 0)
    elif test_size >= 1 and float(test_size).is_integer():
        held_out = int(test_size)
    else:
        raise UsageError(f"the test size must be a share below 1 or a whole number of rows, got {test_size:g}")
    if held_out >= rows:
        raise UsageError(f"a test size of {test_size:g} leaves none of {_rows(rows)} to fit to; make it smaller")
    if rows - held_out > most:
        return Division(
            fitted=most, held_out=rows - most,
            note=f"fitted to a sample of {most:,} of {rows:,} rows, drawn at random; errors are those on all others",
        )  # fmt: skip
    if held_out:
        fitted = rows - held_out
        note = f"fitted to {fitted:,} of {rows:,} rows, drawn at random; errors are those on the other {held_out:,}"
    else:
        why = f" (fewer than {_FEW_ROWS})" if test_size is None else ""
        note = f"fitted to all rows, {rows:,}{why}; none is held out, so errors are those of the fit itself"
    return Division(fitted=rows - held_out, held_out=held_out, note=note)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def own_task(
    samples: Samples, division: Division, *, name: str = "data", headers: Mapping[str, str] | None = None,
    note: str = "",
) -> Task:  # fmt: skip
    """Return a task of measured points and without a truth.

    Args:
        samples: the points.
        division: how many of them are fitted to and held out.
        name: what the task is called in records; signs that a task's name cannot have become hyphens.
        headers: what the file calls variables and target, by their names here, where it is something else.
        note: what was found and assumed of the file.

    Raises:
        UsageError: a variable has one value only, or its values are too far apart.
    """
    headers = _telling(headers or {}, samples.variables)
    variables = {}
    for variable, column in samples.columns.items():
        shown = quoted(headers.get(variable) or variable)
        low, high = float(column.min()), float(column.max())
        if low == high:
            raise UsageError(f"the column {shown} has one value only, {low:g}; a variable must have two")
        try:
            variables[variable] = Sampling(low=low, high=high)
        except SuiteError as error:
            raise UsageError(f"the column {shown}: {error}") from None
    return Task(
        name=f"{OWN_SUITE}/{_task_name(name)}", suite=OWN_SUITE, truth=None, variables=variables,
        n_train=division.fitted, n_test=min(division.held_out, _MAX_RECORDED_VALUES // len(variables)),
        data=samples, headers=headers, note=note,
    )  # fmt: skip


def _telling(headers: Mapping[str, str], variables: Sequence[str]) -> dict[str, str]:
    """Return those headers that tell columns apart: none that another column has, too."""
    shown = [headers.get(name) or name for name in dict.fromkeys([*variables, *headers])]
    return {name: header for name, header in headers.items() if header and shown.count(header) == 1}


def _task_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)[:100].strip("-") or "data"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DataFit:
    """What methods made of a task of own data.

    Attributes:
        task: the task.
        methods: names of the methods that were run.
        train: the rows that methods were given.
        held_out: all rows that they never saw; None where there are none.
        found: every formula that was found, with the name of the method: answers first, then what else it looked at.
        answers: the formula that each method returned, by its name.
        reasons: why a method found nothing or was stopped before it was done, by its name.
        summary: of the runs.
    """

    task: Task
    methods: tuple[str, ...]
    train: Samples
    held_out: Samples | None
    found: tuple[tuple[str, Expression], ...]
    answers: Mapping[str, Expression]
    reasons: Mapping[str, str]
    summary: Summary


def fit_task(
    task: Task, methods: Sequence[Method], *, registry: Registry, store: Store, seed: int = 0,
    budget: Budget | None = None, jobs: int = 1, plugins: Sequence[Path] = (),
    environments: Mapping[str, Environment] | None = None,
) -> DataFit:  # fmt: skip
    """Run methods on a task of own data, keep their records, and gather what they found.

    Runs that the store has already are not done again. An interrupt (Ctrl-C) ends the runs at work: what they had
    reported by then counts as found, and `summary.interrupted` says so.

    Args:
        task: the task.
        methods: what is run, each once.
        registry: what is installed.
        store: where records go.
        seed: decides which rows are held out, and seeds the methods.
        budget: limits of each fit.
        jobs: how many methods run at a time.
        plugins: the plugin files with which the registry was made.
        environments: where methods run by their name, if not where they say themselves.

    Raises:
        UsageError: as `srbench_lite.running.runner.run`.
    """
    planned = plan(
        methods, [task], seeds=[seed], noises=[0.0], budget=budget or Budget(), environments=environments
    )  # fmt: skip
    summary = run(planned, registry=registry, store=store, jobs=jobs, plugins=plugins)
    columns = ("status", "reason", "stopped", "expression", "candidates")
    records = store.columns_of([one.key for one in planned], columns)
    answers: dict[str, Expression] = {}
    reasons: dict[str, str] = {}
    further: list[tuple[str, Expression]] = []
    for one in planned:
        name = one.method.name
        status, reason, stopped, text, candidates = records.get(one.key, ("interrupted", None, None, None, "[]"))
        if reason is not None or status == "interrupted":
            reasons[name] = f"{status}: {reason}" if reason is not None else status
        elif stopped == "budget":
            reasons[name] = "ended by the clock; with more time it may find more"
        for formula in _parsed([text or summary.reported.get(one.key)], task):
            answers[name] = formula
        further += [(name, formula) for formula in _parsed(json.loads(candidates), task)]
    assert task.data is not None
    order = task.row_order(seed)
    return DataFit(
        task=task, methods=tuple(one.method.name for one in planned), train=task.data.rows(order[: task.n_train]),
        held_out=task.data.rows(order[task.n_train :]) if task.n_test else None,
        found=tuple(dict.fromkeys([*answers.items(), *further])), answers=answers, reasons=reasons, summary=summary,
    )  # fmt: skip


def _parsed(texts: Sequence[str | None], task: Task) -> list[Expression]:
    """Read formulas as methods print them; what is none in the task's variables is left out."""
    formulas = []
    for text in texts:
        if text is not None:
            try:
                formulas.append(Expression.parse(text, variables=tuple(task.variables)))
            except ExpressionError:
                continue
    return formulas
