"""`make_runs`: the runs of a baseline done again on today's code, as many as there is time for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.cli.options import chosen_methods, selected_suites, show_progress
from srbench_lite.cli.pythons import chosen_environments
from srbench_lite.cli.streams import say
from srbench_lite.comparing.gate import COLUMNS
from srbench_lite.comparing.gate_advice import NEW_BASELINE
from srbench_lite.comparing.gate_choice import GateChoice, choose
from srbench_lite.comparing.gate_power import GatePower, power
from srbench_lite.comparing.runs import RunTable, counted, perturbation_of
from srbench_lite.errors import ComparisonError, UnknownNameError, UsageError
from srbench_lite.methods.method import Budget
from srbench_lite.recording.store import Store
from srbench_lite.reports.check import wrapped
from srbench_lite.reports.progress import duration
from srbench_lite.running.plan import PlannedRun, plan

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.methods.discovery import Registry
    from srbench_lite.problems.suite import Suite
    from srbench_lite.problems.task import Task

__all__ = ["GateRuns", "RefusedGateError", "make_runs"]

_CHECK_SECONDS: Final = 5.0  # of the time there is, for the check itself
#: Where fewer of the chosen runs than this share could be done, nothing is said.
_LEAST_SHARE: Final = 0.5
_MAX_NAMED: Final = 5
#: Share of drops to find below which it is said how to find more.
_GOOD_POWER: Final = 0.8

#: What tells runs of a baseline apart: method, task, noise, settings of the perturbation, seed.
Place = tuple[str, str, float, str, int]


class RefusedGateError(ComparisonError):
    """Nothing is run, or nothing can be said; `advice` says what to do."""

    def __init__(self, message: str, advice: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.advice = tuple(advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRuns:
    """What is compared.

    Attributes:
        before: the baseline's runs that were done again.
        now: the new ones; None where nothing was to be run.
        scope: sentences that say how many there are, and what they can show.
        sources: the fingerprint of the code of each method that was run in a Python that the command named.
        interrupted: whether Ctrl-C ended it.
    """

    before: RunTable
    now: RunTable | None
    scope: tuple[str, ...]
    sources: Mapping[str, str | None] = field(default_factory=dict)
    interrupted: bool = False


def make_runs(
    baseline: RunTable, *, registry: Registry, suites: Mapping[str, Suite], settings: Sequence[str],
    pythons: Sequence[str], store_path: Path, jobs: int, plugins: Sequence[Path], begun: float, within: float,
    margin: float | None, common: bool, dry_run: bool,
) -> GateRuns:  # fmt: skip
    """Choose runs of a baseline, and do them on today's code with the limits of the baseline.

    Runs that the store has of today's code are not done again, but for those that are the baseline's own or crashed.

    Args:
        baseline: its runs, with one variant of each method.
        registry: what is installed.
        suites: those of suite files, by name.
        settings: METHOD.PARAMETER=VALUE.
        pythons: METHOD=PATH|ENVIRONMENT; the other methods run where they say themselves.
        store_path: where runs are kept.
        jobs: how many are done at a time.
        plugins: the plugin files with which the registry was made.
        begun: when all of it began, as `time.monotonic` has it.
        within: seconds that all of it may take.
        margin: of the recovery rate; None for the usual one.
        common: leave out tasks of the baseline that are not there any more, and say so.
        dry_run: run nothing.

    Raises:
        RefusedGateError: the baseline's tasks or scoring are not today's, or too few runs could be done in time.
        UsageError: a method is not installed, or there is too little time for any run.
    """
    tasks = _tasks(baseline.runs, registry, suites)
    gone = sorted({str(name) for name in baseline.runs["task"].unique()} - set(tasks))
    if gone and not common:
        raise RefusedGateError(
            f"{counted(len(gone), 'task')} of the baseline cannot be run any more: {_few(gone)}",
            ("Name a suite file with --suite FILE.toml, or add --common to leave them out.", NEW_BASELINE),
        )
    whole = replace(baseline, runs=baseline.runs[baseline.runs["task"].isin(list(tasks))])
    choice = choose(whole, seconds=within, jobs=jobs)
    if not len(choice.runs):
        raise UsageError(f"no run of the baseline can be done within {duration(within)}; give more time, or --jobs")
    planned = _planned(choice.runs, registry, tasks, settings, pythons)
    _refuse_other_definitions(choice.runs, planned)
    left_out = (f"tasks that are not there any more, left out: {_few(gone)}",) if gone else ()
    shown = power(whole.runs, choice.runs, margin=margin)
    scope = (_counts(choice, choice.runs), _said(shown), *left_out)
    for line in (line for text in scope for line in wrapped(text)):
        say(line, err=True)
    if min(shown.found.values(), default=1.0) < _GOOD_POWER:
        say("more time, or a baseline of more tasks or seeds (five are good), finds more", err=True)
    say(f"about {duration(choice.seconds)} at the speed of the baseline's machine, {jobs} at a time", err=True)
    if dry_run:
        return GateRuns(before=whole, now=None, scope=scope)
    end = begun + within - _CHECK_SECONDS
    done, now, interrupted = _done(choice.runs, planned, registry, store_path, jobs, plugins, end)
    runs = choice.runs[[place in done for place in _places(choice.runs)]]
    if not interrupted and len(runs) < _LEAST_SHARE * len(choice.runs):
        raise RefusedGateError(
            f"only {len(runs)} of {counted(len(choice.runs), 'run')} could be done within {duration(within)}",
            ("Give more time, more --jobs, or make the baseline on a machine as slow as this one.",),
        )
    if len(runs) < len(choice.runs):
        scope = (_counts(choice, runs), _said(power(whole.runs, runs, margin=margin)), *left_out)
    told = {one.method.name: one.method_source for one in planned.values() if _is_told(one.method.name, pythons)}
    return GateRuns(
        before=replace(whole, runs=runs), now=now, scope=scope, sources=told, interrupted=interrupted
    )  # fmt: skip


def _is_told(method: str, pythons: Sequence[str]) -> bool:
    return any(text.startswith(f"{method}=") for text in pythons)


def _tasks(runs: pd.DataFrame, registry: Registry, suites: Mapping[str, Suite]) -> dict[str, Task]:
    """Return the tasks of a baseline by name, as far as they can be had."""
    from srbench_lite.problems.generator_name import canonical_suite

    names = [str(name) for name in runs["suite"].unique()]
    wanted = [name for name in names if name not in suites and (name in registry.suites or canonical_suite(name))]
    every = {**suites, **(selected_suites(registry, wanted) if wanted else {})}
    found = {task.name: task for name in names if name in every for task in every[name].tasks}
    return {name: found[name] for name in map(str, runs["task"].unique()) if name in found}


def _planned(
    runs: pd.DataFrame,
    registry: Registry,
    tasks: Mapping[str, Task],
    settings: Sequence[str],
    pythons: Sequence[str],
) -> dict[Place, PlannedRun]:
    """Return the chosen runs as they are planned, in their order."""
    names = sorted(str(name) for name in runs["variant_of"].unique())
    try:
        methods = chosen_methods(registry, names, settings)
    except UnknownNameError as error:
        raise UsageError(f"{error} If it has another name now, add --renamed OLD=NEW.") from None
    environments = chosen_environments(methods, pythons)
    every: dict[Place, PlannedRun] = {}
    for name, method in zip(names, methods, strict=True):
        own = runs[runs["variant_of"] == name]
        seconds, memory, threads = (own[f"budget_{part}"].iloc[0] for part in ("seconds", "memory_mb", "threads"))
        budget = Budget(seconds=float(seconds), memory_mb=float(memory), threads=int(threads))
        for (task, perturbation), part in own.groupby(["task", "perturbation"], observed=True):
            for one in plan(
                [method], [tasks[str(task)]], seeds=sorted(part["seed"].unique().tolist()),
                noises=sorted(part["noise"].unique().tolist()), perturbations=[perturbation_of(str(perturbation))],
                budget=budget, environments=environments,
            ):  # fmt: skip
                every[name, str(task), one.noise, str(perturbation), one.seed] = one
    return {place: every[place] for place in _places(runs)}


def _places(runs: pd.DataFrame) -> list[Place]:
    names = ("variant_of", "task", "noise", "perturbation", "seed")
    rows = zip(*(runs[name].tolist() for name in names), strict=True)
    return [(str(m), str(t), float(noise), str(p), int(seed)) for m, t, noise, p, seed in rows]


def _refuse_other_definitions(runs: pd.DataFrame, planned: Mapping[Place, PlannedRun]) -> None:
    """Raise `RefusedGateError` before anything runs, where new runs could not be compared."""
    scorings = {str(version) for version in runs["scoring_version"].unique()}
    today = {one.run_key.scoring_version for one in planned.values()}
    if scorings != today:
        raise RefusedGateError(
            f"the baseline was scored by version {_few(sorted(scorings))} of the judge, today's is "
            f"{_few(sorted(today))}; make it anew on the main branch"
        )
    pairs = zip(runs["task"], runs["task_fingerprint"], planned.values(), strict=True)
    changed = sorted({str(task) for task, fingerprint, one in pairs if str(fingerprint) != one.fingerprint})
    if changed:
        raise RefusedGateError(
            f"{counted(len(changed), 'task')} of the baseline {'is' if len(changed) == 1 else 'are'} defined "
            f"differently now: {_few(changed)}", (NEW_BASELINE,),
        )  # fmt: skip


def _done(
    runs: pd.DataFrame, planned: Mapping[Place, PlannedRun], registry: Registry, store_path: Path, jobs: int,
    plugins: Sequence[Path], end: float,
) -> tuple[set[Place], RunTable, bool]:  # fmt: skip
    """Do runs until they are done or the time is over; return which are, as runs, and whether Ctrl-C ended it."""
    from srbench_lite.running.plan import Plan
    from srbench_lite.running.runner import run
    from srbench_lite.running.standing import is_of_other_code, with_records

    plan = Plan.of(planned.values())
    began = dict(zip(plan.keys(), runs["started_at"].astype(str), strict=True))
    show_progress(registry)
    with Store(store_path) as store:
        standing = store.columns_of(began, ("started_at", "status"))
        again = {k for k, (started, end_) in standing.items() if started == began[k] or end_ in ("crashed", "invalid")}
        summary = run(plan, registry=registry, store=store, jobs=jobs, plugins=plugins, again=again, end=end)
        for complaint in summary.complaints:
            say(f"warning: {complaint}", err=True)
        kept = {
            key: place
            for place, ((key, _, source), record) in zip(planned, with_records(plan, store), strict=True)
            if record is not None and not is_of_other_code(source, record[1])
        }
        starts = store.columns_of(kept, ("started_at",))
        current = {key for key, (started,) in starts.items() if key not in again or started != standing[key][0]}
        return {kept[key] for key in current}, RunTable.from_store(store, COLUMNS, keys=current), summary.interrupted


def _counts(choice: GateChoice, runs: pd.DataFrame) -> str:
    """Say how many of the baseline's runs are compared."""
    text = (
        f"{len(runs)} of {counted(choice.total, 'run')} of the baseline, on {counted(runs['task'].nunique(), 'task')}"
    )
    text += ", chosen by what they tell" if choice.by_rate else ""
    left = len(choice.runs) - len(runs)
    return f"{text}; {left} more were chosen, and there was no time for them" if left else text


def _said(found: GatePower) -> str:
    """Say how often a gate finds a drop, and how often it errs."""
    if not found.found:
        return "their tasks have no truth, so what they can show of a drop is not known"
    shares = ", ".join(f"{100 * share:.0f} % with {method}" for method, share in found.found.items())
    return (
        f"of drops by {100 * found.drop:g} points they find {shares}; without a change {100 * found.false_alarms:.0f} "
        "% of checks fail (simulated from the baseline's rates)"
    )


def _few(names: Collection[Any]) -> str:
    """Return the first names, and how many more there are."""
    listed = [str(name) for name in names]
    more = f", and {len(listed) - _MAX_NAMED} more" if len(listed) > _MAX_NAMED else ""
    return f"{', '.join(listed[:_MAX_NAMED])}{more}"
