"""`srbench run`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import full_name, loaded_registry, plugin_option, selected_suites, store_option
from srbench_lite.errors import UnknownNameError, UsageError
from srbench_lite.methods.method import Budget
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.methods.method import Method
    from srbench_lite.problems.suite import Suite
    from srbench_lite.problems.task import Task
    from srbench_lite.running.plan import PlannedRun
    from srbench_lite.running.runner import Summary


@click.command(
    "run", cls=Command,
    examples=(
        "srbench run --method lasso --suite sin",
        "srbench run --method lies --suite mine.toml --seeds 3 --noise 0,0.01 --jobs 2",
    ),
)  # fmt: skip
@click.option(
    "--method", "-m", "methods", multiple=True, required=True, metavar="NAME", help="Method to run. May be repeated."
)
@click.option(
    "--suite", "-s", "suites", multiple=True, metavar="NAME|FILE.toml",
    show_default="all installed suites", help="Suite, by name or as a TOML file. May be repeated.",
)  # fmt: skip
@click.option("--task", "-t", "tasks", multiple=True, metavar="NAME", help="Only this task. May be repeated.")
@click.option(
    "--seeds", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Number of repetitions; each draws its own points.",
)  # fmt: skip
@click.option(
    "--first-seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="K",
    help="Number of the first repetition.",
)  # fmt: skip
@click.option(
    "--noise", default="0", show_default=True, metavar="A,B,...",
    help="Noise levels: standard deviation as a share of the RMS of y. Only the training targets are noisy.",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Number of runs at a time.",
)  # fmt: skip
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True, metavar="SECONDS",
    help="Wall clock of one fit.",
)  # fmt: skip
@click.option(
    "--memory-limit", type=click.FloatRange(min=0, min_open=True), default=4096.0, show_default=True, metavar="MIB",
    help="Resident memory of one fit's process tree.",
)  # fmt: skip
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Threads that numerical libraries use in a fit.",
)
@click.option(
    "--set", "settings", multiple=True, metavar="METHOD.PARAMETER=VALUE",
    help="Change a hyper-parameter. May be repeated.",
)  # fmt: skip
@click.option(
    "--retry", type=click.Choice([s.value for s in Status if s is not Status.OK]), multiple=True,
    help="Repeat stored runs with this status. May be repeated.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be run, and run nothing.")
@click.option("--quiet", "-q", is_flag=True, help="Print neither progress nor the leaderboard.")
@store_option
@plugin_option
def run_command(
    methods: tuple[str, ...], suites: tuple[str, ...], tasks: tuple[str, ...], seeds: int, first_seed: int, noise: str,
    jobs: int, time_limit: float, memory_limit: float, threads: int, settings: tuple[str, ...],
    retry: tuple[str, ...], dry_run: bool, quiet: bool, store_path: Path, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Run methods on suites, keep every record, print the leaderboard.

    Runs that the store already has are not done again. So the same command goes on where an interrupted one stopped.
    """
    from srbench_lite.recording.store import Store
    from srbench_lite.running.plan import plan
    from srbench_lite.running.runner import run

    registry = loaded_registry(plugin_files)
    chosen = selected_suites(registry, suites)
    planned = plan(
        _methods(registry, methods, settings), _tasks(chosen, tasks), seeds=range(first_seed, first_seed + seeds),
        noises=_noises(noise), budget=Budget(seconds=time_limit, memory_mb=memory_limit, threads=threads),
    )  # fmt: skip
    if dry_run:
        statuses = _statuses(store_path, planned)
        missing = [one for one in planned if statuses.get(one.key) in (None, *retry)]
        _print_plan(planned, missing, time_limit, jobs)
        return 0
    with Store(store_path) as store:
        statuses = store.statuses({one.key for one in planned})
        again = {one.key for one in planned if statuses.get(one.key) in retry}
        if not quiet:
            _show_progress(registry)
        if jobs > (os.cpu_count() or jobs):
            click.echo(f"warning: {jobs} jobs on {os.cpu_count()} cores: times will not be comparable", err=True)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        summary = run(planned, registry=registry, store=store, jobs=jobs, plugins=plugin_files, again=again)
        for complaint in summary.complaints:
            click.echo(f"warning: {complaint}", err=True)
        if summary.interrupted:
            left = summary.total - summary.finished
            click.echo(f"interrupted: {summary.finished} records are kept, {left} runs are left", err=True)
            click.echo("go on with the same command", err=True)
            return 130
        if not quiet:
            _print_leaderboard(registry, store, summary)
        return _exit_code(store, planned)


def _methods(registry: Registry, names: Iterable[str], settings: Iterable[str]) -> list[Method]:
    changes: dict[str, dict[str, Any]] = {}
    chosen = {name: registry.method(name) for name in names}
    for setting in settings:
        left, equals, value = setting.partition("=")
        name, dot, parameter = left.partition(".")
        if not (equals and dot and parameter):
            raise UsageError(f"--set must be METHOD.PARAMETER=VALUE, got {setting!r}")
        if name not in chosen:
            raise UnknownNameError("method in --set", name, chosen)
        changes.setdefault(name, {})[parameter] = value
    return [method.with_parameters(changes.get(name, {})) for name, method in chosen.items()]


def _tasks(suites: dict[str, Suite], names: tuple[str, ...]) -> list[Task]:
    every = {task.name: task for suite in suites.values() for task in suite.tasks}
    if not names:
        return list(every.values())
    return [every[name] for name in dict.fromkeys(full_name(name, every) for name in names)]


def _noises(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",") if part.strip()] or [0.0]
    except ValueError:
        raise UsageError(f"--noise must be numbers with commas between, such as 0,0.01, got {text!r}") from None


def _statuses(store_path: Path, planned: tuple[PlannedRun, ...]) -> dict[str, str]:
    from srbench_lite.recording.store import Store

    if not store_path.exists():
        return {}
    with Store(store_path, read_only=True) as store:
        return store.statuses({one.key for one in planned})


def _print_plan(planned: tuple[PlannedRun, ...], missing: list[PlannedRun], time_limit: float, jobs: int) -> None:
    from srbench_lite.reports.progress import duration

    for name in dict.fromkeys(one.method.name for one in planned):
        of_method = [one for one in planned if one.method.name == name]
        tasks = len({one.task.name for one in of_method})
        new = sum(one in missing for one in of_method)
        click.echo(f"{name}: {len(of_method)} runs on {tasks} tasks, {new} of them not in the store")
    click.echo(f"at most {duration(len(missing) * time_limit / jobs)} at {time_limit:g} s a fit, {jobs} at a time")


def _show_progress(registry: Registry) -> None:
    from srbench_lite.reports.progress import LiveProgress, PlainProgress

    live = sys.stderr.isatty() and not os.environ.get("CI")
    registry.manager.register(LiveProgress() if live else PlainProgress(), name="progress")


def _print_leaderboard(registry: Registry, store: Any, summary: Summary) -> None:
    from srbench_lite.comparing.leaderboard import Leaderboard

    board = Leaderboard.from_store(store, keys=summary.keys)
    click.echo(registry.reporters["terminal"].render(board), nl=False)


def _exit_code(store: Any, planned: tuple[PlannedRun, ...]) -> int:
    """0, or 3 where no run of some method ended ok."""
    statuses = store.statuses({one.key for one in planned})
    ok = {one.method.name for one in planned if statuses.get(one.key) == Status.OK}
    failed = sorted({one.method.name for one in planned} - ok)
    if failed:
        click.echo(f"no run of {', '.join(failed)} ended ok; `srbench show TASK` says why", err=True)
    return 3 if failed else 0
