"""`srbench run`."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    chosen_environments,
    chosen_methods,
    limit_options,
    loaded_registry,
    matching_tasks,
    plugin_option,
    python_option,
    say_notes,
    selected_suites,
    settings_option,
    show_progress,
    store_option,
    strict_option,
)
from srbench_lite.cli.streams import say
from srbench_lite.errors import FullDiskError, StoreError, UsageError
from srbench_lite.methods.method import Budget
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.problems.perturbation import Perturbation
    from srbench_lite.problems.suite import Suite
    from srbench_lite.problems.task import Task
    from srbench_lite.recording.store import Store
    from srbench_lite.running.plan import PlannedRun
    from srbench_lite.running.runner import Summary


@click.command(
    "run", cls=Command,
    lists={
        "Exit codes": {
            "3": "All runs are done, but no run of some method ended ok, or a task of a suite file was left out."
        }
    },
    examples=(
        "srbench run --method lasso --suite sin",
        "srbench run --method lies --suite mine.toml --seeds 3 --noise 0,0.01 --jobs 2",
        "srbench run --method lasso --task 'sin/p*'",
        "srbench run --method lies --suite random:variables=2,size=7,count=50,seed=3",
        "srbench run --method lasso --suite sin --train-size 20,50,200 --dummies 0,3",
    ),
)  # fmt: skip
@click.option(
    "--method", "-m", "methods", multiple=True, required=True, metavar="NAME", help="Method to run. May be repeated."
)
@click.option(
    "--suite", "-s", "suites", multiple=True, metavar="NAME|FILE.toml",
    show_default="all installed suites",
    help="Suite, by name or as a TOML file, or one that is drawn: random:size=7,count=50,seed=3 (srbench list "
    "generators). May be repeated.",
)  # fmt: skip
@click.option(
    "--task",
    "-t",
    "tasks",
    multiple=True,
    metavar="NAME|PATTERN",
    help="Only this task, or those that fit a pattern such as 'sin/p*'. May be repeated.",
)
@click.option(
    "--seeds", type=click.IntRange(min=1, max=2**31), default=1, show_default=True, metavar="N",
    help="Number of repetitions; each draws its own points.",
)  # fmt: skip
@click.option(
    "--first-seed", type=click.IntRange(min=0, max=2**63 - 1), default=0, show_default=True, metavar="K",
    help="Number of the first repetition.",
)  # fmt: skip
@click.option(
    "--noise", default="0", show_default=True, metavar="A,B,...",
    help="Noise levels: standard deviation as a share of the RMS of y. Only the training targets are noisy.",
)  # fmt: skip
@click.option(
    "--train-size", "train_sizes", metavar="A,B,...", show_default="the task's own",
    help="Numbers of training points. Fewer are part of more.",
)  # fmt: skip
@click.option(
    "--dummies", default="0", show_default=True, metavar="A,B,...",
    help="Numbers of dummy variables, on which the truth does not depend. All variables get new names.",
)  # fmt: skip
@click.option(
    "--input-noise", "input_noises", default="0", show_default=True, metavar="A,B,...",
    help="Errors of the training inputs: standard deviations as a share of each variable's.",
)  # fmt: skip
@click.option(
    "--rescale", is_flag=True,
    help="Measure each variable and the target in another unit, 0.001 to 1000 times the old one.",
)  # fmt: skip
@click.option(
    "--outliers", default="0", show_default=True, metavar="A,B,...",
    help="Shares of the training targets that are moved by five standard deviations of y.",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Number of runs at a time.",
)  # fmt: skip
@limit_options
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Threads that numerical libraries use in a fit.",
)
@settings_option
@python_option
@click.option(
    "--retry", type=click.Choice([s.value for s in Status if s is not Status.OK]), multiple=True,
    help="Repeat stored runs with this status. May be repeated.",
)  # fmt: skip
@click.option(
    "--fresh", is_flag=True, help="Repeat all runs, also those that the store has; each replaces the stored one."
)
@click.option(
    "--keep-old", is_flag=True,
    help="Keep stored runs although the code of their method has changed since. Without it they are repeated.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be run, and run nothing.")
@strict_option
@click.option("--quiet", "-q", is_flag=True, help="Print neither progress nor the leaderboard.")
@store_option
@plugin_option
def run_command(
    methods: tuple[str, ...], suites: tuple[str, ...], tasks: tuple[str, ...], seeds: int, first_seed: int, noise: str,
    train_sizes: str | None, dummies: str, input_noises: str, rescale: bool, outliers: str, jobs: int,
    time_limit: float, memory_limit: float, threads: int, settings: tuple[str, ...],
    pythons: tuple[str, ...], retry: tuple[str, ...],
    fresh: bool, keep_old: bool, dry_run: bool, strict: bool, quiet: bool, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Run methods on suites, keep every record, print the leaderboard.

    Runs that the store already has are not done again. So the same command goes on where an interrupted one stopped.
    But if the files that define a method have changed, or nobody knows which files made a stored run, it is repeated.

    Several noise levels multiply the runs, and so do several values of --train-size, --dummies, --input-noise and
    --outliers. Test points stay clean.
    """
    from srbench_lite.recording.store import Store
    from srbench_lite.running.plan import plan
    from srbench_lite.running.runner import check_drawable, made_by_other_code, run

    registry = loaded_registry(plugin_files)
    chosen = selected_suites(registry, suites, strict=strict, tasks=tasks)
    say_notes(chosen.values())
    left_out = not tasks and any(suite.faults for suite in chosen.values())
    ready = chosen_methods(registry, methods, settings)
    planned = plan(
        ready, _tasks(chosen, tasks), seeds=range(first_seed, first_seed + seeds),
        noises=_numbers("--noise", noise, "0,0.01"),
        perturbations=_perturbations(train_sizes, dummies, input_noises, outliers, rescale=rescale),
        budget=Budget(seconds=time_limit, memory_mb=memory_limit, threads=threads),
        environments=chosen_environments(ready, pythons),
    )  # fmt: skip
    by_key = {one.key: one for one in planned}
    _print_lacking(planned)
    if dry_run:
        statuses, sources = _stored(store_path, by_key)
        other = set() if keep_old else made_by_other_code(by_key, sources)
        again = {key for key in statuses if fresh or key in other or statuses[key] in retry}
        missing = [one for key, one in by_key.items() if key not in statuses or key in again]
        _print_plan(planned, missing, time_limit, jobs)
        _print_other_code([by_key[key] for key in other])
        check_drawable(missing)
        return 3 if left_out else 0
    with Store(store_path) as store:
        statuses = store.statuses(by_key)
        again = {key for key, status in statuses.items() if fresh or status in retry}
        other = set() if keep_old else made_by_other_code(by_key, store.sources(by_key))
        _print_other_code([by_key[key] for key in other - again])
        if not quiet:
            show_progress(registry)
        if jobs > (os.cpu_count() or jobs):
            say(f"warning: {jobs} jobs on {os.cpu_count()} cores: times will not be comparable", err=True)
        try:
            summary = run(
                planned, registry=registry, store=store, jobs=jobs, plugins=plugin_files, again=again | other,
                keep_old=keep_old,
            )  # fmt: skip
        except (FullDiskError, StoreError) as error:  # in the midst of the runs: nothing is wrong with the usage
            say(f"Error: {error}", err=True)
            _print_stored("stopped", store, by_key, fresh=fresh)
            return 1
        except KeyboardInterrupt:  # before the first run had begun, or after the last one
            _print_stored("interrupted", store, by_key, fresh=fresh)
            return 130
        for complaint in summary.complaints:
            say(f"warning: {complaint}", err=True)
        if summary.interrupted:
            _print_kept("interrupted", summary.finished, summary.total - summary.finished, fresh=fresh)
            return 130
        if not quiet:
            _print_leaderboard(registry, store, summary)
        return _exit_code(store, planned) or (3 if left_out else 0)


def _tasks(suites: dict[str, Suite], names: tuple[str, ...]) -> list[Task]:
    every = {task.name: task for suite in suites.values() for task in suite.tasks}
    if not names:
        return list(every.values())
    chosen = dict.fromkeys(task for name in names for task in matching_tasks(name, every))
    return [every[name] for name in chosen]


def _numbers(option: str, text: str, example: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",") if part.strip()] or [0.0]
    except ValueError:
        raise UsageError(f"{option} must be numbers with commas between, such as {example}, got {text!r}") from None


def _whole_numbers(option: str, text: str, example: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()] or [0]
    except ValueError:
        raise UsageError(
            f"{option} must be whole numbers with commas between, such as {example}, got {text!r}"
        ) from None


def _perturbations(
    train_sizes: str | None, dummies: str, input_noises: str, outliers: str, *, rescale: bool
) -> list[Perturbation]:
    """Return every combination."""
    from srbench_lite.problems.perturbation import Perturbation

    sizes: list[int | None] = [None]
    if train_sizes is not None:
        sizes = [*_whole_numbers("--train-size", train_sizes, "20,50,200")]
    return [
        Perturbation(train_size=size, dummies=count, input_noise=noise, rescale=rescale, outliers=share)
        for size in sizes
        for count in _whole_numbers("--dummies", dummies, "0,3")
        for noise in _numbers("--input-noise", input_noises, "0,0.01")
        for share in _numbers("--outliers", outliers, "0,0.05")
    ]


def _stored(store_path: Path, keys: Collection[str]) -> tuple[dict[str, str], dict[str, str | None]]:
    """Return the status of those runs that are in the store, and the code that made them."""
    from srbench_lite.recording.store import Store

    if not store_path.exists():
        return {}, {}
    with Store(store_path, read_only=True) as store:
        return store.statuses(keys), store.sources(keys)


def _print_lacking(planned: Sequence[PlannedRun]) -> None:
    """Say which methods will be skipped because there is no interpreter for them."""
    for name, reason in {one.method.name: one.where.lacks for one in planned if one.where.lacks is not None}.items():
        say(f"warning: {name} is skipped: {reason}", err=True)


def _print_other_code(planned: Sequence[PlannedRun]) -> None:
    """Say of which methods stored runs were made by other code than today's, or by code that nobody knows."""
    for name, count in sorted(Counter(one.method.name for one in planned).items()):
        runs = "run of other or unknown code is" if count == 1 else "runs of other or unknown code are"
        say(f"{name}: {count} stored {runs} repeated (--keep-old keeps what is stored)", err=True)


def _print_plan(planned: tuple[PlannedRun, ...], missing: list[PlannedRun], time_limit: float, jobs: int) -> None:
    from srbench_lite.reports.progress import duration

    for name in dict.fromkeys(one.method.name for one in planned):
        of_method = [one for one in planned if one.method.name == name]
        tasks = len({one.task.name for one in of_method})
        new = sum(one in missing for one in of_method)
        say(f"{name}: {len(of_method)} runs on {tasks} tasks, {new} of them not in the store")
    say(f"at most {duration(len(missing) * time_limit / jobs)} at {time_limit:g} s a fit, {jobs} at a time")


def _print_leaderboard(registry: Registry, store: Any, summary: Summary) -> None:
    from srbench_lite.comparing.leaderboard import Leaderboard

    board = Leaderboard.from_store(store, keys=summary.keys)
    click.echo(registry.reporters["terminal"].render(board), nl=False)


def _print_stored(what: str, store: Store, keys: Collection[str], *, fresh: bool) -> None:
    """Say how many of the runs the store has, as far as it can still be read, and how to go on."""
    with contextlib.suppress(StoreError):
        kept = len(store.statuses(keys))
        _print_kept(what, kept, len(keys) - kept, fresh=fresh)


def _print_kept(what: str, kept: int, left: int, *, fresh: bool) -> None:
    """Say what was done before the end, and how to go on."""
    say(f"{what}: {kept} records are kept, {left} runs are left", err=True)
    say(f"go on with the same command{', which begins anew (--fresh)' if fresh else ''}", err=True)


def _exit_code(store: Any, planned: tuple[PlannedRun, ...]) -> int:
    """0, or 3 where no run of some method ended ok; the reason is said where all its runs have the same."""
    statuses = store.statuses({one.key for one in planned})
    ok = {one.method.name for one in planned if statuses.get(one.key) == Status.OK}
    failed = {one.method.name for one in planned} - ok
    lacking = {one.method.name for one in planned if one.where.lacks is not None}  # which was said at the beginning
    several = []
    for name in sorted(failed - lacking):
        own = [one.key for one in planned if one.method.name == name]
        reasons = {reason for (reason,) in store.columns_of(own, ("reason",)).values()}
        if len(reasons) == 1 and None not in reasons:
            say(f"no run of {name} ended ok: {reasons.pop()}", err=True)
        else:
            several.append(name)
    if several:
        say(f"no run of {', '.join(several)} ended ok; `srbench show TASK` says why", err=True)
    return 3 if failed else 0
