"""Everything a plugin can do: one hook each, documented by when it is called and what it returns.

A plugin is a module (or a class instance) whose functions are marked with `hookimpl`. It is found through the entry
point group `srbench_lite`, or given as a file (`--plugin FILE`). A hook may take fewer arguments than listed here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pluggy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.expressions.expression import Expression
    from srbench_lite.methods.method import Method
    from srbench_lite.problems.data import Samples
    from srbench_lite.problems.suite import Suite

__all__ = ["PROJECT", "Metric", "Reporter", "hookimpl"]

PROJECT: Final = "srbench_lite"

hookspec: Final = pluggy.HookspecMarker(PROJECT)
hookimpl: Final = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A further score of a found formula, kept in each record under its name.

    `compute(test, predictions, found, truth)` gets the noise-free test points, the formula's values on them (n,), the
    formula and the truth (None where unknown), and returns a number, or None where the score does not exist.
    """

    name: str
    summary: str
    compute: Callable[[Samples, NDArray[np.float64], Expression, Expression | None], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """A format of `srbench leaderboard --format NAME`: `render(leaderboard)` gets a `Leaderboard`, returns the text.

    `render_overall` does so for `--overall` and gets `OverallTables`; a format without it is refused there.
    """

    name: str
    summary: str
    render: Callable[[Any], str]
    render_overall: Callable[[Any], str] | None = None


# --- what a plugin offers: called once, when plugins are collected ----------------------------------------------------


@hookspec
def srbench_methods() -> Iterable[Method]:  # type: ignore[empty-body]
    """Return the methods this plugin adds."""


@hookspec
def srbench_suites() -> Iterable[Suite]:  # type: ignore[empty-body]
    """Return the suites this plugin adds."""


@hookspec
def srbench_metrics() -> Iterable[Metric]:  # type: ignore[empty-body]
    """Return further scores, computed for every formula that a run finds."""


@hookspec
def srbench_reporters() -> Iterable[Reporter]:  # type: ignore[empty-body]
    """Return formats for `srbench leaderboard --format`."""


# --- events of a run: called in the coordinating process --------------------------------------------------------------


@hookspec
def srbench_run_started(total: int, done: int, settings: Mapping[str, Any]) -> None:
    """Hear that the plan is begun: `total` runs are planned, `done` of them already stand in the store.

    `settings` has `jobs`, the number of runs at a time, and `seconds`, the longest time limit of those to be done.
    """


@hookspec
def srbench_record_finished(record: Any, done: int, total: int) -> None:
    """Hear that a run has ended and its `Record` is in the store; `done` runs of `total` are finished."""


@hookspec
def srbench_run_finished(done: int, total: int, interrupted: bool) -> None:
    """Hear that all is done, after the last record or on an interrupt."""
