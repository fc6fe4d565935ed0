"""`srbench baseline` and `srbench check`: the regression gate."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.duration import read_duration
from srbench_lite.cli.options import (
    NOTHING_SELECTED,
    check_selection,
    loaded_registry,
    margin_option,
    matching_tasks,
    method_option,
    plugin_option,
    read_suite_option,
    recorded_names,
    store_option,
    suite_option,
    suites_of_records,
)
from srbench_lite.cli.pythons import python_option
from srbench_lite.cli.selection import chosen_runs, condition_options, under_conditions
from srbench_lite.cli.sides import read_runs, read_store
from srbench_lite.cli.streams import say
from srbench_lite.comparing.gate_advice import COMMAND
from srbench_lite.errors import StoreError, UsageError
from srbench_lite.files import write_text

if TYPE_CHECKING:
    from srbench_lite.comparing.gate import Check
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.methods.method import Method

_DEFAULT: Final = Path("results/baseline.json")
_EXIT_CODES: Final = {
    "0": "No regression was found.",
    "1": "Something is worse than in the baseline, whether runs crashed or not.",
    "2": "The usage or the input is wrong.",
    "3": "More runs crashed or gave no valid formula than in the baseline, and nothing is shown to be worse.",
    "4": "The two cannot be compared: runs without a partner, different definitions of tasks, scorings or limits, or "
    "old runs: the baseline's own, or of other code than is installed.",
    "5": "Nothing was selected.",
}


@click.command(
    "baseline", cls=Command,
    examples=("srbench run --method lasso --suite sin --seeds 5", "srbench baseline --out results/baseline.json"),
)  # fmt: skip
@suite_option
@method_option
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=_DEFAULT, show_default=True, metavar="FILE",
    help="File to write.",
)  # fmt: skip
@store_option
def baseline_command(methods: tuple[str, ...], suites: tuple[str, ...], out: Path, store_path: Path) -> int:
    """Write the runs that `srbench check` compares later runs with.

    If the store has several variants of a method, the one that ran last is written. Commit the file: it has one line
    for each run, in an order that does not change.
    """
    from srbench_lite.comparing.baseline import COLUMNS, write_baseline
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.recording.store import Store

    if out.suffix != ".json":
        raise UsageError(f"--out must end in .json, since a baseline is JSON; got {out}")
    with Store(store_path, read_only=True) as store:
        check_selection(store, suites, methods)
        stored = RunTable.from_store(store, COLUMNS, suites=suites, methods=methods)
        if not len(stored.runs):
            say(NOTHING_SELECTED, err=True)
            return 5
        runs = stored.newest().runs
        write_baseline(runs, out)
    for remark in stored.remarks:
        say(remark, err=True)
    if left_out := len(stored.runs) - len(runs):
        say(f"{left_out} runs of other variants of these methods are left out.", err=True)
    tasks, written = runs["task"].nunique(), sorted(set(runs["variant_of"].unique()))
    say(f"{out}: {len(runs)} runs of {', '.join(written)} on {tasks} tasks")
    return 0


@click.command(
    "check", cls=Command, lists={"Exit codes": _EXIT_CODES},
    examples=(
        "srbench run --method lasso --suite sin --seeds 5 --store gate.db",
        "srbench check --store gate.db --markdown report.md",
        "srbench check --within 10min --jobs 2 --store gate.db",
    ),
)  # fmt: skip
@click.option(
    "--baseline", "baseline_path", type=click.Path(path_type=Path, dir_okay=False), default=_DEFAULT, show_default=True,
    metavar="FILE", help="Baseline that `srbench baseline` wrote; or a store, or an export.",
)  # fmt: skip
@read_suite_option
@click.option(
    "--task", "-t", "tasks", multiple=True, metavar="NAME|PATTERN",
    help="Only this task of the baseline, or those that fit a pattern such as 'sin/p*'. May be repeated.",
)  # fmt: skip
@condition_options
@method_option
@click.option(
    "--metric", "metrics", multiple=True, default=("recovery",), show_default=True, metavar="NAME",
    help="Metric that decides: recovery, accuracy or complexity. May be repeated.",
)  # fmt: skip
@margin_option
@click.option(
    "--require", type=click.Choice(("no-regression", "equivalent")), default="no-regression", show_default=True,
    help="What passes: whatever is not worse, or only what is shown to be equivalent or better.",
)  # fmt: skip
@click.option(
    "--failures", type=click.IntRange(0), default=0, show_default=True, metavar="N",
    help="Number of runs that may crash beyond those of the baseline.",
)  # fmt: skip
@click.option("--ignore-extra", is_flag=True, help="Leave out runs that the baseline does not have.")
@click.option(
    "--common", is_flag=True,
    help="Compare the runs that both have, such as those of fewer tasks or seeds, and say how many are left out.",
)  # fmt: skip
@click.option(
    "--within", callback=read_duration, metavar="TIME",
    help="Make the runs to compare, in at most this time, such as 10min or 1h30min.",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), metavar="N", show_default="1",
    help="Number of runs at a time, with --within.",
)  # fmt: skip
@click.option(
    "--set", "parameters", multiple=True, metavar="METHOD.PARAMETER=VALUE",
    help="Change a hyper-parameter of the runs that --within makes. May be repeated.",
)  # fmt: skip
@python_option
@click.option(
    "--dry-run", is_flag=True, help="With --within: say what would be run and what it can show, and run nothing."
)
@click.option(
    "--renamed", multiple=True, metavar="OLD=NEW",
    help="Compare the baseline's runs of the method OLD with those of NEW. May be repeated.",
)  # fmt: skip
@click.option(
    "--allow-old", is_flag=True,
    help="Compare runs that are the baseline's own, or of other code of the method than is installed, too.",
)  # fmt: skip
@click.option(
    "--markdown", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a report for people."
)
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write JUnit XML for test viewers."
)
@click.option(
    "--json", "data", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write JSON for programs."
)
@store_option
@plugin_option
def check_command(
    baseline_path: Path, methods: tuple[str, ...], suites: tuple[str, ...], tasks: tuple[str, ...],
    noises: tuple[float, ...], perturbations: tuple[str, ...], pythons: tuple[str, ...],
    metrics: tuple[str, ...], margins: dict[str, float], require: str, failures: int, ignore_extra: bool, common: bool,
    renamed: tuple[str, ...], allow_old: bool, markdown: Path | None, junit: Path | None, data: Path | None,
    within: float | None, jobs: int | None, parameters: tuple[str, ...], dry_run: bool, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Compare runs with a baseline, and fail if they are worse: a gate for CI.

    The runs are those of the store. With --within they are made first, on today's code and with the limits of the
    baseline: those that tell most, as many as there is time for. How often they find a drop of 10 points is printed.

    For each method and metric, one test over all tasks decides. Tasks that changed are listed to explain the decision.
    On GitHub the report also goes to the step's summary, and failures become annotations.
    """
    begun = time.monotonic()
    from srbench_lite.cli.gate_runs import RefusedGateError, make_runs
    from srbench_lite.comparing.gate import COLUMNS, Check, GateResult, check
    from srbench_lite.comparing.metrics import METRICS
    from srbench_lite.reports.check import render_json, render_junit, render_markdown

    recorded_names("metric", (*metrics, *margins), METRICS)
    if within is None and (dry_run or jobs is not None or parameters or pythons):
        raise UsageError(
            "--dry-run, --jobs, --set and --python say how runs are made, which needs a time: --within 10min"
        )
    if not baseline_path.exists():
        command = f"srbench baseline --out {baseline_path}"
        raise UsageError(f"there is no baseline {baseline_path}; make one with `{command}`")
    settings: dict[str, Any] = {
        "primary": metrics, "margins": margins, "failures": failures, "require": require,
        "ignore_extra": ignore_extra, "common": common, "allow_old": allow_old,
    }  # fmt: skip
    registry = loaded_registry(plugin_files)
    named, files = suites_of_records(registry, suites)
    scope: tuple[str, ...] = ()
    made_by: Mapping[str, str | None] = {}
    try:
        baseline = _chosen(_renamed(read_runs(baseline_path, COLUMNS).newest(), renamed), methods, named, tasks)
        baseline = under_conditions(baseline, noises, perturbations)
        if not len(baseline.runs):
            now = baseline
        elif within is None:
            now = read_store(store_path, COLUMNS)
        else:
            made = make_runs(
                baseline, registry=registry, suites=files, settings=parameters, pythons=pythons, store_path=store_path,
                jobs=jobs or 1, plugins=plugin_files, begun=begun, within=within, margin=margins.get("recovery"),
                common=common, dry_run=dry_run,
            )  # fmt: skip
            if made.now is None:
                return 0
            if made.interrupted:
                say("interrupted: go on with the same command", err=True)
                return 130
            baseline, now, scope, made_by = made.before, made.now, made.scope, made.sources
        if tasks:
            now = replace(now, runs=now.runs[now.runs["task"].isin(baseline.runs["task"].unique())])
        now = replace(now, runs=chosen_runs(now.runs, noises=noises, perturbations=perturbations))
        settings["installed"], settings["remarks"] = _installed(now, store_path, registry, made_by)
        result = check(baseline, now, **settings)
    except RefusedGateError as error:
        result = Check(
            outcome=GateResult.INVALID, reason=str(error), primary=metrics, require=require, comparisons={}, changes={},
            advice=error.advice,
        )  # fmt: skip
    except StoreError as error:  # 1 would say that there is a regression
        raise UsageError(str(error)) from None
    result = replace(_with_files(result, store_path, plugin_files), scope=scope)
    _report(result, {markdown: render_markdown, junit: render_junit, data: render_json})
    return result.exit_code


def _report(result: Check, files: Mapping[Path | None, Callable[[Check], str]]) -> None:
    """Write files, the step's summary and the annotations of GitHub, and print the result.

    Raises:
        UsageError: something could not be written; the result is printed all the same.
    """
    from srbench_lite.reports.check import render_annotations, render_markdown, render_text

    unwritten = None
    for path, render in files.items():
        if path is not None:
            try:
                write_text(path, render(result))
            except UsageError as error:  # the verdict is printed all the same
                unwritten = str(error)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(render_markdown(result))
        except OSError as error:
            say(f"warning: cannot write the step's summary {summary}: {error.strerror or error}", err=True)
    try:
        click.echo(render_text(result), nl=False)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            click.echo(render_annotations(result), nl=False)
    except OSError as error:
        unwritten = f"cannot write the result: {error.strerror}: {error.filename}"
    if unwritten is not None:  # 1 would say that there is a regression
        raise UsageError(unwritten)


def _renamed(baseline: RunTable, pairs: Sequence[str]) -> RunTable:
    """Return the baseline with methods called as they are called now.

    Raises:
        UsageError: a pair is not OLD=NEW, or the baseline has a method NEW, too.
        UnknownNameError: the baseline has no method OLD.
    """
    runs, known = baseline.runs, set(baseline.runs["variant_of"].unique())
    for pair in pairs:
        old, equals, new = pair.partition("=")
        if not (old and equals and new):
            raise UsageError(f"--renamed must be OLD=NEW, as in --renamed lies=lies2; got {pair!r}")
        recorded_names("method of the baseline", (old,), known)
        if new in known:
            raise UsageError(f"--renamed {pair}: the baseline has a method {new} of its own")
        for column in ("method", "variant_of"):
            runs = runs.assign(**{column: runs[column].astype(object).replace(old, new).astype("category")})
    return replace(baseline, runs=runs)


def _chosen(baseline: RunTable, methods: Sequence[str], suites: Sequence[str], tasks: Sequence[str]) -> RunTable:
    """Return a baseline's runs of some methods, suites and tasks; tasks may be patterns.

    Raises:
        UnknownNameError: the baseline has no such method, suite or task.
    """
    runs = baseline.runs
    known = sorted(set(runs["task"].unique()))
    named = {task for name in tasks for task in matching_tasks(name, known)}
    for kind, column, names in (("method", "variant_of", methods), ("suite", "suite", suites)):
        recorded_names(f"{kind} of the baseline", names, set(baseline.runs[column].unique()))
        runs = runs[runs[column].isin(names)] if names else runs
    return replace(baseline, runs=runs[runs["task"].isin(named)] if tasks else runs)


def _with_files(result: Check, store: Path, plugin_files: Sequence[Path]) -> Check:
    """Return a result whose commands name the store and the plugin files that this one was told."""
    files = "".join(f" --plugin {shlex.quote(str(path))}" for path in plugin_files)
    files += f" --store {shlex.quote(str(store))}"
    return replace(result, advice=tuple(f"{text}{files if text.startswith(COMMAND) else ''}" for text in result.advice))


def _installed(
    now: RunTable, path: Path, registry: Registry, made_by: Mapping[str, str | None]
) -> tuple[dict[str, str | None], dict[str, str]]:
    """Return the fingerprint of each method's code, where and with the parameters with which its runs were made.

    It is None where they were made in an interpreter that is not known here; the second mapping says so.

    Args:
        now: the runs.
        path: the store that they stand in.
        registry: what is installed.
        made_by: the fingerprints of methods that this command has run itself, where it was told to.
    """
    from srbench_lite.environments.assignment import Assignment, source_of
    from srbench_lite.environments.home import environment_names, find_environment
    from srbench_lite.recording.store import Store

    runs, known = now.newest().runs, environment_names()
    sources: dict[str, str | None] = {**made_by}
    remarks = {}
    with Store(path, read_only=True) as store:
        for name in runs["variant_of"].unique():
            method = registry.find_method(name)
            if method is None or name in made_by:
                continue
            own = runs[runs["variant_of"] == name]
            method = _with_recorded(method, json.loads(own["parameters"].iloc[0]))
            described, _, _ = store.provenance(own["id"].tolist())
            places = sorted({str(one["environment"]) for one in described if "environment" in one})
            if not places:
                sources[name] = source_of(method)
            elif len(places) == 1 and places[0] in known:
                sources[name] = source_of(method, Assignment(environment=find_environment(places[0])))
            else:
                sources[name] = None
                remarks[name] = (
                    f"{name} was run in {', '.join(places)}: whether its runs are of its code as it is now is not known"
                )
    return sources, remarks


def _with_recorded(method: Method, parameters: dict[str, Any]) -> Method:
    """Return a method with the parameters of a record; as it is installed where it does not take them any more."""
    try:
        return method.with_parameters(parameters)
    except UsageError:
        return method
