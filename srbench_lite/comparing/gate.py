"""The regression gate: runs against a baseline, one decision for all tasks, single tasks only to explain it.

A rule for each task ("this one was solved, now it is not") raises a false alarm in most comparisons of a method with
itself. So the gate asks once for each method and primary metric, over all tasks, with Holm's adjustment over that
family. The recovery rate is compared on these very tasks, with the seeds as the only chance
(`srbench_lite.comparing.statistics.stratified`); other metrics are compared by signed ranks over tasks. A time depends
on the machine and never gates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing import caveats
from srbench_lite.comparing.baseline import COLUMNS as OF_BASELINE
from srbench_lite.comparing.comparison import CRASHED, Comparison, Line, adjusted, compare
from srbench_lite.comparing.gate_advice import on_absent_method, on_crashes, on_refused, run_index
from srbench_lite.comparing.metrics import METRICS, USUAL_METRICS
from srbench_lite.comparing.runs import VARIANT, RunTable, counted
from srbench_lite.comparing.statistics import Judgement
from srbench_lite.errors import ComparisonError, UnknownNameError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.caveats import Caveats

__all__ = ["COLUMNS", "EXIT_CODES", "PRIMARY", "Check", "GateResult", "check"]

#: What is read of the runs to check; a baseline has less.
COLUMNS: Final = tuple(dict.fromkeys((*OF_BASELINE, *caveats.COLUMNS)))

PRIMARY: Final = ("recovery",)


class GateResult(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    REGRESSION = "regression"
    FAILED = "failed"  # more runs crashed than in the baseline: numbers would mean little
    INVALID = "invalid"  # the two cannot be compared
    EMPTY = "empty"  # nothing was selected


EXIT_CODES: Final = {
    GateResult.PASSED: 0, GateResult.REGRESSION: 1, GateResult.FAILED: 3, GateResult.INVALID: 4, GateResult.EMPTY: 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The result of a gate.

    Attributes:
        outcome: how it ended.
        reason: one sentence that says why.
        primary: the metrics that gate.
        require: "no-regression", or "equivalent": nothing may be undecided.
        comparisons: one for each method, the baseline first. The overall lines of primary metrics carry Holm's
            adjustment over methods and metrics.
        changes: of each method's code, version, parameters and limits, what differs from the baseline.
        effort: of each method, what the clock did and what share of a core it got: the baseline's runs, and those now.
        notes: sentences on what must be known of the runs beside that.
        advice: what to do, where something is to be done: sentences, and commands, which begin with `srbench`.
        scope: sentences on which runs were chosen, and what they can show; empty where all of the baseline count.
    """

    outcome: GateResult
    reason: str
    primary: tuple[str, ...] = PRIMARY
    require: str = "no-regression"
    comparisons: Mapping[str, Comparison]
    changes: Mapping[str, str]
    effort: Mapping[str, tuple[Caveats, Caveats]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return the exit code of the command."""
        return EXIT_CODES[self.outcome]

    def gating(self) -> list[tuple[str, Line]]:
        """Return the lines that decide, each with its method."""
        lines = ((method, c.overall(metric)) for method, c in self.comparisons.items() for metric in self.primary)
        return [(method, line) for method, line in lines if line is not None]


def check(
    baseline: RunTable, now: RunTable, *, methods: Sequence[str] = (), suites: Sequence[str] = (),
    primary: Sequence[str] = PRIMARY, margins: dict[str, float] | None = None, failures: int = 0,
    require: str = "no-regression", shown: Sequence[str] = USUAL_METRICS, ignore_extra: bool = False,
    installed: Mapping[str, str | None] | None = None, remarks: Mapping[str, str] | None = None,
    allow_old: bool = False, common: bool = False,
) -> Check:  # fmt: skip
    """Compare runs with a baseline.

    Runs that are the baseline's own, or of other code than is installed, say nothing about the method as it is now:
    with any of them the check is invalid, unless `allow_old` is set.

    Args:
        baseline: its runs, with the columns of `srbench_lite.comparing.baseline`.
        now: the runs to check, with the same columns. Of a method that stands in several variants, the one that ran
            last counts.
        methods, suites: of the baseline, these only; none for all.
        primary: metrics that gate.
        margins: in place of those of the metrics.
        failures: how many more runs may crash than in the baseline.
        require: "no-regression": only what is worse fails; "equivalent": what is undecided fails too.
        shown: other metrics that are compared, and decide nothing.
        ignore_extra: leave out runs that the baseline does not have, which are an error otherwise.
        installed: fingerprints of the code of methods as they are installed, by name; of others it is noted that
            nothing can be said. None: nobody asked.
        remarks: what is to be noted of a method besides, by its name.
        allow_old: compare runs that are the baseline's own, or of other code than is installed, too.
        common: compare the runs that both sides have, and note how many only one has, which is an error otherwise.

    Raises:
        UnknownNameError: the baseline has no such method or suite, or there is no such metric.
        UsageError: a metric that cannot gate.
    """
    primary = tuple(dict.fromkeys(primary))
    for name in (*primary, *shown):
        if name not in METRICS:
            raise UnknownNameError("metric", name, METRICS)
    for name in primary:
        if not METRICS[name].gates:
            raise UsageError(f"{name} cannot gate, since it depends on the machine; leave it out, it is shown anyway")
    old, new = baseline.newest().runs, now.newest().runs
    for kind, column, names in (("method", "variant_of", methods), ("suite", "suite", suites)):
        known = set(old[column].unique())
        for name in names:
            if name not in known:
                raise UnknownNameError(f"{kind} of the baseline", name, known)
        if names:
            old, new = old[old[column].isin(names)], new[new[column].isin(names)]
    empty = Check(
        outcome=GateResult.EMPTY, reason="the baseline has no runs of these methods and suites", primary=primary,
        require=require, comparisons={}, changes={},
    )  # fmt: skip
    if not len(old):
        return empty
    strangers = {*new["variant_of"].unique()} - {*old["variant_of"].unique()}
    new = new[new["variant_of"].isin(old["variant_of"]) & new["suite"].isin(old["suite"])]
    comparisons, changes, effort = {}, {}, {}
    old_runs: list[str] = []
    notes: list[str] = []
    before = after = old
    try:
        for method in sorted(set(old["variant_of"].unique())):
            before, after = old[old["variant_of"] == method], new[new["variant_of"] == method]
            if not len(after):
                return replace(
                    empty, outcome=GateResult.INVALID, reason=f"there are no runs of {method} to check",
                    advice=on_absent_method(method, before, strangers),
                )  # fmt: skip
            if ignore_extra:
                after = after[run_index(after).isin(run_index(before))]
            comparisons[method] = compare(
                before, after, ("baseline", "now"), metrics=(*primary, *shown), margins=margins,
                common=common, these_tasks=True,
            )  # fmt: skip
            notes += _left_out(method, before, after) if common else []
            changes[method] = _changed(before, after)
            effort[method] = (caveats.caveats_of(before), caveats.caveats_of(after))
            old_runs += _own_runs(method, before, after)
            old_runs += _other_code(method, after, (installed or {}).get(method))
            if installed is not None and method not in installed:
                notes.append(f"{method} is not installed: whether its runs are of its code as it is now is not known")
            notes += [remarks[method]] if remarks and method in remarks else []
            notes += _notes(method, effort[method][1])
            notes += _slower(method, comparisons[method].overall("time"), *effort[method])
    except ComparisonError as error:
        return replace(
            empty, outcome=GateResult.INVALID, reason=str(error), advice=on_refused(before, after),
        )  # fmt: skip
    undecided = replace(
        empty, comparisons=_adjusted(comparisons, primary), changes=changes, effort=effort,
        notes=(*old_runs, *notes) if allow_old else tuple(notes),
    )  # fmt: skip
    if old_runs and not allow_old:
        advice = "Make runs of the method as it is now with `srbench run --fresh`, or in another --store; or add"
        return replace(
            undecided, outcome=GateResult.INVALID, reason="; ".join(old_runs),
            advice=(f"{advice} --allow-old, which compares these.",),
        )  # fmt: skip
    outcome, reason, crashed = _decided(undecided, failures)
    lines: list[str] = []
    for method in crashed:
        own = new[new["variant_of"] == method]
        lines += on_crashes(method, own, own[own["status"].isin(CRASHED)])
    return replace(undecided, outcome=outcome, reason=reason, advice=tuple(lines))


def _left_out(method: str, before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Say how many runs of each side have no partner."""
    sides = (before, after, "of the baseline"), (after, before, "to check")
    counts = [(int((~run_index(one).isin(run_index(other))).sum()), len(one), what) for one, other, what in sides]
    return [
        f"{method}: {count} of {counted(total, 'run')} {what} {'has' if count == 1 else 'have'} no partner, and "
        f"{'is' if count == 1 else 'are'} left out"
        for count, total, what in counts
        if count
    ]


def _own_runs(method: str, before: pd.DataFrame, after: pd.DataFrame) -> list[str]:
    """Say how many runs are the baseline's own: they began in the same second and took as long to the ninth digit."""
    same = len(_identities(before) & _identities(after))
    return [f"{_of(same, after, method)} {'is' if same == 1 else 'are'} the baseline's own"] if same else []


def _identities(runs: pd.DataFrame) -> set[tuple[Any, ...]]:
    took = (f"{seconds:.9g}" for seconds in runs["seconds"])  # as many digits as a baseline keeps
    names = ("task", "noise", "perturbation", "seed", "started_at")
    return set(zip(*(runs[name] for name in names), took, strict=True))


def _other_code(method: str, after: pd.DataFrame, installed: str | None) -> list[str]:
    """Say how many runs were made by other code than is installed."""
    if installed is None or "method_source" not in after:
        return []
    source = after["method_source"].astype(object)
    unknown, other = int(source.isna().sum()), int((source.notna() & (source != installed)).sum())
    kinds = (other, "made by other code than is installed"), (unknown, "made by code that nobody knows")
    return [f"{_of(count, after, method)} {'was' if count == 1 else 'were'} {what}" for count, what in kinds if count]


def _of(count: int, runs: pd.DataFrame, method: str) -> str:
    return f"{'all ' if 1 < count == len(runs) else ''}{counted(count, 'run')} of {method}"


def _notes(method: str, now: Caveats) -> list[str]:
    """Say what must be known of the runs to check."""
    notes = []
    if now.claims:
        notes.append(caveats.claims_said(now.claims, of=method))
    if now.core_share is not None and now.core_share < caveats.LEAST_CORE_SHARE:
        notes.append(f"{method} got {100 * now.core_share:.0f} %, {caveats.LOW_CORE}")
    if now.unlike:
        notes.append(f"{method}: {counted(now.unlike, 'formula')} {caveats.UNLIKE}")
    if now.undefined:
        notes.append(f"{method}: {counted(now.undefined, 'formula')} {caveats.UNDEFINED}")
    return notes


def _decided(checked: Check, failures: int) -> tuple[GateResult, str, list[str]]:
    """Return how a check ends, why, and of which methods more runs crashed; its outcome and reason are not read.

    A crash counts as not recovered, so something that is worse is said first: crashes do not hide it.
    """
    crashed, crashes = [], []
    for method, comparison in checked.comparisons.items():
        before, after = comparison.failures
        if after > before + failures:
            crashed.append(method)
            crashes.append(
                f"{counted(after, 'run')} of {method} crashed or gave no valid formula ({before} in the baseline)"
            )
    lines = checked.gating()
    worse = [f"{method} ({METRICS[line.metric].title})" for method, line in lines if line.verdict is Judgement.WORSE]
    if worse:
        return GateResult.REGRESSION, "; ".join([f"worse than the baseline: {', '.join(worse)}", *crashes]), crashed
    if crashed:
        return GateResult.FAILED, "; ".join(crashes), crashed
    if not lines:
        others = [
            name
            for name, metric in METRICS.items()
            if metric.gates and any(c.overall(name) for c in checked.comparisons.values())
        ]
        why = ", since its tasks have no truth" if "recovery" in checked.primary else ""
        hint = f"decide by another with --metric {others[0]}" if others else "nothing can decide"
        reason = f"the baseline has no task with the metric {' or '.join(checked.primary)}{why}; {hint}"
        return GateResult.INVALID, reason, crashed
    undecided = [f"{m} ({METRICS[x.metric].title})" for m, x in lines if x.verdict is Judgement.UNDECIDED]
    if undecided and checked.require == "equivalent":
        return GateResult.REGRESSION, f"not shown to be equivalent to the baseline: {', '.join(undecided)}", crashed
    return GateResult.PASSED, "no regression was found", crashed


def _slower(method: str, time: Line | None, before: Caveats, now: Caveats) -> list[str]:
    """Say that the clock ended more runs than in the baseline, where runs also took longer."""
    if time is None or time.verdict is not Judgement.WORSE or (now.by_clock or 0) <= (before.by_clock or 0):
        return []
    return [
        f"{method} took {10**time.difference:.1f} times as long as in the baseline, and the clock ended {now.by_clock} "
        f"of {counted(now.runs, 'run')} ({before.by_clock} in the baseline): the machine is slower, or the method is; "
        "make the baseline on the machine that checks, or with a longer --time-limit"
    ]


def _adjusted(comparisons: Mapping[str, Comparison], primary: Sequence[str]) -> dict[str, Comparison]:
    """Return comparisons whose deciding lines are one family of tests."""
    family = [line for c in comparisons.values() for metric in primary if (line := c.overall(metric)) is not None]
    new = dict(zip(map(id, family), adjusted(family), strict=True))
    return {
        method: replace(comparison, lines=tuple(new.get(id(line), line) for line in comparison.lines))
        for method, comparison in comparisons.items()
    }


def _changed(before: pd.DataFrame, after: pd.DataFrame) -> str:
    """Return what differs between two variants of a method."""
    one, other = before.iloc[0], after.iloc[0]
    differences = [
        f"{name.replace('_', ' ')} {_plain(one[name])} -> {_plain(other[name])}"
        for name in VARIANT
        if name != "parameters" and one[name] != other[name]
    ]
    sources = [side["method_source"].iloc[0] if "method_source" in side else None for side in (before, after)]
    if all(isinstance(source, str) for source in sources) and sources[0] != sources[1]:
        differences.append(f"code {sources[0]:.8} -> {sources[1]:.8}")
    old, new = json.loads(one["parameters"]), json.loads(other["parameters"])
    differences += [
        f"{name} {_plain(old.get(name))} -> {_plain(new.get(name))}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
    return ", ".join(differences)


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
