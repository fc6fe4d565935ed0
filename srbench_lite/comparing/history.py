"""`History`: how a method did over its versions and commits, on the tasks that all of them ran on.

A state of a method is a version with one code: the fingerprint of its files, or the commit of srbench-lite where a
record does not know it. What a commit did not change of the code is the same state. Each state is compared with the one
before on these very tasks, seeds being what is left to chance (`srbench_lite.comparing.statistics.stratified`), with
Holm's adjustment over the steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing import comparison
from srbench_lite.comparing.comparison import Change, Line, compare
from srbench_lite.comparing.limits import under_one_set
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.runs import RunTable, counted, required_columns
from srbench_lite.comparing.statistics import Interval, holm, wilson_interval
from srbench_lite.comparing.variants import Parameters, differences, find_base, said_of
from srbench_lite.errors import ComparisonError, UnknownNameError, UsageError
from srbench_lite.judging.verdict import scoring_age
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "History", "State", "history_of", "together"]

#: What a history needs to know of a run.
COLUMNS: Final = (
    *comparison.COLUMNS, "method_version", "parameters", "method_source", "started_at", "task_version", "judged_here",
    "identifiable", "environment", "cpu_seconds", "peak_mb",
)  # fmt: skip
_CELL: Final = ["suite", "task", "noise", "perturbation", "seed"]
#: Stands before the commit in the name of a state whose code is not known.
_COMMIT: Final = "commit "
_DIGITS: Final = 7  # shown of a fingerprint or a commit


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A version of a method with one code, and what it did on the tasks that all states share.

    Attributes:
        version: of the method.
        code: fingerprint of its files; None where the records do not know it.
        commits: of srbench-lite's checkout, in the order in which runs were made in them; empty outside of one.
        first, last: when the first and last of its runs that all states share began, UTC.
        runs: all that were read of it, before those that others lack were left out.
        parameters: of the variant that is shown.
        changes: those in which it differs from the state before.
        packages: libraries of another version than in the state before, each with both: `("2.0", "2.1")`.
        machines: processors that its runs were made on, sorted.
        line: what the metric says against the state before; of the first, against itself. Its `after` is the mean over
            tasks. None where the metric exists on no task.
        interval: 95 % Wilson interval of a recovery rate over tasks; None for other metrics.
        p_value: of the change, two-sided, Holm's adjustment over the steps made; None for the first.
        lost, gained: tasks whose recovery is lower, or higher, than in the state before.
        seconds: median wall clock of a fit, skipped runs left out.
    """

    version: str
    code: str | None
    commits: tuple[str, ...]
    first: str
    last: str
    runs: int
    parameters: Parameters
    changes: Mapping[str, Any]
    packages: Mapping[str, tuple[str | None, str | None]]
    machines: tuple[str, ...]
    line: Line | None
    interval: Interval | None
    p_value: float | None
    lost: tuple[Change, ...]
    gained: tuple[Change, ...]
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The states of a method, the oldest version first, and of one version the one that was run first.

    Attributes:
        method: whose they are.
        metric: by which they are compared.
        seconds: wall-clock limit of the fits.
        tasks, runs: numbers of tasks, and of runs of each state, that all states share.
        suites, noises: of these, sorted.
        states: one or more.
        overall: what the metric says of the last state against the first; None where there is one, or no value.
        remarks: sentences for people.
    """

    method: str
    metric: str
    seconds: float
    tasks: int
    runs: int
    suites: tuple[str, ...]
    noises: tuple[float, ...]
    states: tuple[State, ...]
    overall: Line | None
    remarks: tuple[str, ...]


def together(tables: Sequence[RunTable]) -> RunTable:
    """Return the runs of several sources of which those count that would count in one.

    Args:
        tables: each with the columns `COLUMNS`; `environment` as JSON text.
    """
    import pandas as pd

    if len(tables) == 1:
        return tables[0]
    columns = [name for name in COLUMNS if name != "method"]
    parts = [one.runs[[*columns, "variant_of"]].astype(object) for one in tables if len(one.runs)]
    if not parts:
        return tables[0]
    runs = pd.concat(parts, ignore_index=True).rename(columns={"variant_of": "method"})
    runs = runs.where(runs.notna(), None)
    names = required_columns(COLUMNS)
    joined = RunTable.from_rows(list(runs[list(names)].itertuples(index=False, name=None)), COLUMNS)
    return replace(
        joined,
        left_out=joined.left_out + sum(one.left_out for one in tables),
        scored_otherwise=joined.scored_otherwise + sum(one.scored_otherwise for one in tables),
        not_shown=max(one.not_shown for one in tables),
    )


def history_of(
    runs: pd.DataFrame, *, versions: Sequence[str] = (), variant: Sequence[str] = (),
    defaults: Parameters | None = None, metric: str = "recovery", time_limit: float | None = None,
    margin: float | None = None,
) -> History:  # fmt: skip
    """Return how a method did over its states.

    Args:
        runs: of one method, at least one, with the columns `COLUMNS` and `variant_of`.
        versions: only these; none for all.
        variant: what the parameters are to be, as `srbench_lite.comparing.variants.find_base` reads it.
        defaults: parameters of the method as it is installed; None where it is not.
        metric: name of one of `METRICS`.
        time_limit: only runs with this limit, in seconds; None for the limits that most states have.
        margin: in place of the metric's.

    Raises:
        UnknownNameError: no such version, metric or parameter.
        UsageError: no such limit or variant, or it cannot be told which one is meant.
        ComparisonError: no two states share a run, though there are several.
    """
    if metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS)
    method = str(runs["variant_of"].iloc[0])
    known = {str(one) for one in runs["method_version"].unique()}
    for version in versions:
        if version not in known:
            raise UnknownNameError("version", version, known)
    runs = runs[runs["method_version"].isin(versions)] if versions else runs
    runs = _with_states(runs)
    runs, remarks = under_one_set(runs, of="state", time_limit=time_limit)
    runs, chosen = _of_one_variant(runs, variant, defaults, method, remarks)
    runs = _newest_of_each(runs, remarks)
    sizes = runs["state"].value_counts()
    runs = _shared(runs, remarks)
    states = _states(runs, {name: int(size) for name, size in sizes.items()}, chosen, metric, margin)
    ends = [runs[runs["state"] == name] for name in (_order_of(runs)[0], _order_of(runs)[-1])]
    overall = _compared(ends[0], ends[1], metric, margin).overall(metric) if len(states) > 1 else None
    remarks += _confounded(states)
    return History(
        method=method, metric=metric, seconds=float(runs["budget_seconds"].iloc[0]),
        tasks=int(runs["task"].nunique()), runs=len(runs) // len(states),
        suites=tuple(sorted(str(suite) for suite in runs["suite"].unique())),
        noises=tuple(sorted(float(noise) for noise in runs["noise"].unique())), states=tuple(states),
        overall=overall, remarks=tuple(remarks),
    )  # fmt: skip


def _with_states(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs with the columns `commit`, `environment` as facts, and `state`: version and code as one text."""
    texts = runs["environment"].astype(str)
    facts = {text: json.loads(text) for text in texts.unique()}
    commits = texts.map({text: str(fact.get("commit") or "") for text, fact in facts.items()})
    code = runs["method_source"].astype(object)
    code = code.where(code.notna(), _COMMIT + commits.str.removesuffix("+dirty"))
    state = runs["method_version"].astype(str) + "\n" + code.astype(str)
    return runs.assign(
        commit=commits, environment=texts.map(facts), state=state, started=runs["started_at"].astype(str)
    )


def _of_one_variant(
    runs: pd.DataFrame, asked: Sequence[str], defaults: Parameters | None, method: str, remarks: list[str]
) -> tuple[pd.DataFrame, dict[str, Parameters]]:
    """Return of each state the runs with one set of parameters, and these."""
    chosen: dict[str, Parameters] = {}
    wanted, lacking = [], []
    for state in _order_of(runs):
        texts = {str(text): json.loads(str(text)) for text in runs.loc[runs["state"] == state, "parameters"].unique()}
        try:
            chosen[state] = find_base(
                list(texts.values()), asked=asked, defaults=defaults, method=method, option="--variant"
            )
        except UsageError as error:
            lacking.append((state, error))
            continue
        wanted += [(state, text) for text, one in texts.items() if one is chosen[state]]
    if lacking and not (asked and chosen):
        raise UsageError(f"{_said(lacking[0][0])}: {lacking[0][1]}")
    if lacking:
        remarks.append(f"No run of {', '.join(_said(state) for state, _ in lacking)} has {', '.join(asked)}.")
    allowed = set(wanted)
    kept = [pair in allowed for pair in zip(runs["state"], runs["parameters"].astype(str), strict=True)]
    if others := int(runs.loc[[not one for one in kept], "state"].isin(list(chosen)).sum()):
        remarks.append(f"{counted(others, 'run')} of other variants left out; --variant chooses another.")
    return runs[kept], chosen


def _newest_of_each(runs: pd.DataFrame, remarks: list[str]) -> pd.DataFrame:
    """Return one run for each state, task, noise level, perturbation and seed: the last that began.

    The same run in two sources, such as a store and its export, is one; of others it is said how many are left out.
    """
    runs = runs.drop_duplicates(["state", *_CELL, "started", "seconds"])
    kept = runs.sort_values("started", kind="stable").drop_duplicates(["state", *_CELL], keep="last").sort_index()
    if repeats := len(runs) - len(kept):
        remarks.append(f"{counted(repeats, 'run')} that the same code has repeated left out; the last counts.")
    return kept


def _shared(runs: pd.DataFrame, remarks: list[str]) -> pd.DataFrame:
    """Return the runs that all states share; where there are none, the state with the fewest runs goes first."""
    gone = []
    while True:
        states = runs["state"].nunique()
        shared = runs[runs.groupby(_CELL, observed=True)["state"].transform("nunique") == states]
        if len(shared):
            break
        sizes = runs["state"].value_counts()
        smallest = min(sizes.index, key=lambda name: (sizes[name], runs.loc[runs["state"] == name, "started"].min()))
        gone.append(smallest)
        runs = runs[runs["state"] != smallest]
    if gone and states == 1:
        raise ComparisonError(
            f"no two of {', '.join(map(_said, [*gone, *_order_of(runs)]))} share a task, noise level and seed; run "
            "them on the same"
        )
    if gone:
        remarks.append(f"Left out, since they share no run with all the others: {', '.join(map(_said, gone))}.")
    if lacking := int(runs["task"].nunique() - shared["task"].nunique()):
        sizes = runs.groupby("state")["task"].nunique()
        least = min(sizes.index, key=lambda name: (sizes[name], name))
        remarks.append(
            f"{counted(lacking, 'task')} that some state did not run on left out; {_said(str(least))} ran on the "
            f"fewest ({sizes[least]}). --version, --suite and --noise choose."
        )
    return shared


def _states(
    runs: pd.DataFrame, sizes: Mapping[Any, int], chosen: Mapping[str, Parameters], metric: str, margin: float | None
) -> list[State]:
    """Return the states in order, each compared with the one before."""
    states: list[State] = []
    before: pd.DataFrame | None = None
    for name in _order_of(runs):
        own = runs[runs["state"] == name]
        result = _compared(own if before is None else before, own, metric, margin)
        line = result.overall(metric)
        rated = line is not None and metric == "recovery"
        taken = own.loc[own["status"] != Status.SKIPPED, "seconds"]
        last = states[-1] if states else None
        code = own["method_source"].iloc[0]
        by_time = own.sort_values("started", kind="stable")
        states.append(
            State(
                version=name.partition("\n")[0], code=str(code) if isinstance(code, str) else None,
                commits=tuple(one for one in dict.fromkeys(by_time["commit"]) if one), first=str(own["started"].min()),
                last=str(own["started"].max()), runs=sizes[name], parameters=chosen[name],
                changes={} if last is None else differences(chosen[name], last.parameters),
                packages={} if before is None else _changed_packages(before, own),
                machines=tuple(sorted({str(e["cpu"]) for e in own["environment"] if e.get("cpu")})),
                line=line, interval=wilson_interval(line.after, line.tasks) if line is not None and rated else None,
                p_value=None,
                lost=result.lost, gained=result.gained,
                seconds=float(taken.median()) if len(taken) else None,
            )
        )  # fmt: skip
        before = own
    return _adjusted(states)


def _compared(before: pd.DataFrame, after: pd.DataFrame, metric: str, margin: float | None) -> comparison.Comparison:
    margins = None if margin is None else {metric: margin}
    names = _said(str(before["state"].iloc[0])), _said(str(after["state"].iloc[0]))
    return compare(before, after, names, metrics=(metric,), margins=margins, these_tasks=True)


def _adjusted(states: Sequence[State]) -> list[State]:
    """Return states whose p-values and verdicts are those of one family: all steps."""
    first, *others = states
    tested = [state.line for state in others if state.line is not None]
    found = iter(zip(comparison.adjusted(tested), holm([line.p_value for line in tested]), strict=True))
    adjusted = [first]
    for state in others:
        line, p_value = (None, None) if state.line is None else next(found)
        adjusted.append(replace(state, line=line, p_value=p_value))
    return adjusted


def _order_of(runs: pd.DataFrame) -> list[str]:
    """Return the states by version, as numbers in it count, and then by their first run."""
    first = runs.groupby("state")["started"].min()
    return sorted(
        map(str, first.index), key=lambda name: (scoring_age(name.partition("\n")[0]), str(first[name]), name)
    )


def _said(state: str) -> str:
    """Return a state in words: its version with the first digits of its code, or of the commit where it is unknown."""
    version, _, code = state.partition("\n")
    if not code.startswith(_COMMIT):
        return f"version {version} (code {code[:_DIGITS]})"
    commit = code.removeprefix(_COMMIT)[:_DIGITS]
    return f"version {version} ({_COMMIT}{commit})" if commit else f"version {version} (unknown code)"


def _changed_packages(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, tuple[str | None, str | None]]:
    """Return the libraries that have another version in the last runs of each."""
    old, new = (
        dict(runs.sort_values("started")["environment"].iloc[-1].get("packages") or {}) for runs in (before, after)
    )
    return {name: (old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)}


def _confounded(states: Sequence[State]) -> Iterator[str]:
    """Say what else than the code differs: machines, and the parameters that a version came with."""
    machines = sorted({machine for state in states for machine in state.machines})
    if len(machines) > 1:
        yield f"The seconds are of different machines: {'; '.join(machines)}."
    for state in states:
        if state.changes:
            yield f"Version {state.version} came with {said_of(state.changes)}."
