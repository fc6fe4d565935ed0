"""`Breakdown`: a rate of each method on one kind of tasks after another, so that one sees where a method fails.

The formula is the unit: seeds are averaged inside a task first, and tasks of one formula before formulas. A formula is
what its shortest truth is. Intervals are Wilson's, over formulas.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from srbench_lite.comparing.condition import with_formulas
from srbench_lite.comparing.runs import counted
from srbench_lite.comparing.statistics import Interval, wilson_interval
from srbench_lite.comparing.truth_traits import SIZE_LEVELS, TruthTraits, size_level, traits_of
from srbench_lite.expressions.operators import OPERATORS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ALL", "TRAITS", "Breakdown", "BreakdownCell", "assembled", "break_down", "judged_runs", "rates_of"]

#: What tasks are told apart by -> what tables call it.
TRAITS: Final = {
    "variables": "number of variables of the truth",
    "size": "nodes of the truth",
    "operators": "operators of the truth",
    "tags": "tags of the task",
}
#: What a truth without operators, and a task without tags, stands in.
_NONE: Final = "none"
#: The level of a total.
ALL: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakdownCell:
    """What one method did on one kind of tasks.

    Attributes:
        level: the kind, such as `2` variables; `all` in a total.
        method: its name.
        formulas, tasks, runs: over how many it is an average; formulas are tasks where there is one suite.
        rate, interval: share of the runs, averaged over formulas, and its 95 % Wilson interval.
    """

    level: str
    method: str
    formulas: int
    tasks: int
    runs: int
    rate: float
    interval: Interval


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """A table of rates: kinds of tasks, or of ends of runs, by methods.

    Attributes:
        by: what is told apart: a name of `TRAITS`, or `miss`.
        title: the same for people.
        levels: the kinds, in the order of tables.
        methods: the best first.
        cells: those that there are, by level and method in their orders.
        total: one for each method: of recovery over all tasks.
        overlapping: whether a task may stand in several levels, so that they do not add up to the total.
        remarks: sentences for people.
    """

    by: str
    title: str
    levels: tuple[str, ...]
    methods: tuple[str, ...]
    cells: tuple[BreakdownCell, ...]
    total: tuple[BreakdownCell, ...]
    overlapping: bool = False
    remarks: tuple[str, ...] = ()

    @cached_property
    def _places(self) -> Mapping[tuple[str, str], BreakdownCell]:
        return {(cell.level, cell.method): cell for cell in (*self.cells, *self.total)}

    def cell(self, level: str, method: str) -> BreakdownCell | None:
        """Return the cell of a level and a method; None where the method ran on no such task."""
        return self._places.get((level, method))


def judged_runs(runs: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the runs on tasks with a truth, with `formula` and `solved` (0 or 1), and what is said of the others."""
    judged = runs[runs["truth"].notna()]
    hidden = runs.loc[runs["truth"].isna(), "task"].nunique()
    said: tuple[str, ...] = ()
    if hidden:
        has, are, them = ("have", "are", "them") if hidden > 1 else ("has", "is", "it")
        said = (
            f"{counted(hidden, 'task')} {has} no truth (measured data) and {are} left out of rates of recovery; "
            f"`srbench leaderboard` shows errors of {them}.",
        )
    if not len(judged):
        return judged.assign(formula=0, solved=0.0), said
    return with_formulas(judged).assign(solved=judged["recovered"].astype(float).fillna(0.0)), said


def break_down(runs: pd.DataFrame, by: str, tags: Mapping[str, Collection[str]] | None = None) -> Breakdown:
    """Return the recovery rates by a trait of the truth, or by the tags of the tasks.

    Args:
        runs: under one condition, of `judged_runs`, with the column `task_fingerprint`.
        by: a name of `TRAITS`.
        tags: of each task by its fingerprint.
    """
    said: tuple[str, ...] = ()
    if by == "tags":
        levels, said = _tags(runs, tags or {})
    else:
        levels = {formula: _levels(by, traits) for formula, traits in _traits(runs).items()}
    order = _ordered(by, {level for own in levels.values() for level in own})
    formula = runs["formula"].to_numpy()
    rates = {
        level: rates_of(runs[np.isin(formula, [number for number, own in levels.items() if level in own])], level)
        for level in order
    }
    overlapping = by in ("operators", "tags")
    return assembled(runs, rates, by=by, title=TRAITS[by], overlapping=overlapping, remarks=said)


def assembled(
    runs: pd.DataFrame, rates: Mapping[str, Sequence[BreakdownCell]], *, by: str, title: str, overlapping: bool = False,
    remarks: Sequence[str] = (),
) -> Breakdown:  # fmt: skip
    """Return a table of rates by level, with the recovery of all runs as its total, the best method first."""
    total = sorted(rates_of(runs), key=lambda cell: (-round(cell.rate, 12), cell.method))
    methods = tuple(cell.method for cell in total)
    cells = [cell for own in rates.values() for cell in sorted(own, key=lambda cell: methods.index(cell.method))]
    return Breakdown(
        by=by, title=title, levels=tuple(rates), methods=methods, cells=tuple(cells), total=tuple(total),
        overlapping=overlapping, remarks=(*remarks, *_uneven(total, runs)),
    )  # fmt: skip


def rates_of(runs: pd.DataFrame, level: str = ALL, *, of: str = "solved") -> list[BreakdownCell]:
    """Return the mean of a column of 0 and 1 for each method, over formulas, in no particular order.

    Args:
        runs: with `method`, `formula`, `task` and the column.
        level: of the cells.
        of: the column.
    """
    groups = runs.groupby(["method", "formula", "task"], observed=True)[of].agg(["mean", "size"]).reset_index()
    units = groups.groupby(["method", "formula"], observed=True).agg(
        mean=("mean", "mean"), tasks=("task", "size"), size=("size", "sum")
    )
    cells = []
    for method, own in units.groupby(level="method", observed=True):
        rate = float(own["mean"].mean())
        interval = wilson_interval(rate, len(own))
        assert interval is not None
        cells.append(
            BreakdownCell(
                level=level, method=str(method), formulas=len(own), tasks=int(own["tasks"].sum()),
                runs=int(own["size"].sum()), rate=rate, interval=interval,
            )
        )  # fmt: skip
    return cells


def _uneven(total: Sequence[BreakdownCell], runs: pd.DataFrame) -> tuple[str, ...]:
    """Say which methods did not run on all formulas: rates over different tasks are not compared lightly."""
    every = runs["formula"].nunique()
    fewer = sorted(f"{cell.method} ({cell.formulas})" for cell in total if cell.formulas < every)
    if not fewer:
        return ()
    return (
        f"Not on all {every} that others ran on: {', '.join(fewer)}. Rates over different tasks say little of methods; "
        "--common leaves out tasks that some method did not run on.",
    )


def _traits(runs: pd.DataFrame) -> dict[int, TruthTraits]:
    """Return the traits of each formula: those of the shortest of its truths, of equal ones the first by its text."""
    pairs = runs[["formula", "truth"]].drop_duplicates()
    found: dict[int, tuple[int, str, TruthTraits]] = {}
    for number, text in zip(pairs["formula"].tolist(), pairs["truth"].astype(str), strict=True):
        traits = traits_of(text)
        if traits is not None:
            entry = (traits.size, text, traits)
            if number not in found or entry[:2] < found[number][:2]:
                found[number] = entry
    return {number: traits for number, (_, _, traits) in found.items()}


def _levels(by: str, traits: TruthTraits) -> tuple[str, ...]:
    if by == "variables":
        return (str(traits.variables),)
    return (size_level(traits.size),) if by == "size" else traits.operators or (_NONE,)


def _tags(
    runs: pd.DataFrame, tags: Mapping[str, Collection[str]]
) -> tuple[dict[int, tuple[str, ...]], tuple[str, ...]]:
    """Return the tags of each formula: those of all its tasks; and what is said of tasks whose tags nobody knows."""
    pairs = runs[["formula", "task", "task_fingerprint"]].drop_duplicates()
    found: dict[int, set[str]] = {}
    unknown = set()
    for number, task, fingerprint in zip(
        pairs["formula"].tolist(), pairs["task"].astype(str), pairs["task_fingerprint"].astype(str), strict=True
    ):
        if fingerprint in tags:
            found.setdefault(number, set()).update(tags[fingerprint] or (_NONE,))
        else:
            unknown.add(task)
    said: tuple[str, ...] = ()
    if unknown:
        are = "are" if len(unknown) > 1 else "is"
        said = (
            f"{counted(len(unknown), 'task')} {are} of no installed suite as it is defined now, so that the tags are "
            "not known; --suite FILE.toml reads those of a suite file.",
        )
    return {number: tuple(sorted(own)) for number, own in found.items()}, said


def _ordered(by: str, levels: Collection[str]) -> tuple[str, ...]:
    if by == "variables":
        return tuple(sorted(levels, key=int))
    if by == "size":
        return tuple(level for level in SIZE_LEVELS if level in levels)
    if by == "operators":
        return tuple(level for level in (*OPERATORS, _NONE) if level in levels)
    return tuple(sorted(levels))
