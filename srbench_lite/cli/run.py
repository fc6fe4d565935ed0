"""`srbench run`."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from srbench_lite.cli.command import Command
from srbench_lite.cli.executors import chosen_executor, executor_options
from srbench_lite.cli.options import (
    limit_options,
    loaded_registry,
    plugin_option,
    settings_option,
    show_progress,
    store_option,
    strict_option,
)
from srbench_lite.cli.pythons import python_option
from srbench_lite.cli.streams import say
from srbench_lite.errors import FullDiskError, StoreError, UsageError
from srbench_lite.files import write_text
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.methods.method import Method
    from srbench_lite.recording.store import Store
    from srbench_lite.running.plan import Plan
    from srbench_lite.running.runner import Summary
    from srbench_lite.running.standing import Standing


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
        "srbench run -m lasso --sweep lasso.epochs=200,500 --write-study study.toml",
        "srbench run study.toml --jobs 2",
        "srbench run report.html --store again.db",
        "srbench run study.toml --shard 3/10 --store part3.db",
    ),
)  # fmt: skip
@click.argument(
    "study_file", required=False, metavar="[STUDY]", type=click.Path(path_type=Path, dir_okay=False),
)  # fmt: skip
@click.option(
    "--method", "-m", "methods", multiple=True, metavar="NAME",
    help="Method to run; of a study, only this one. May be repeated.",
)  # fmt: skip
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
@executor_options
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
@click.option(
    "--sweep", "sweeps", multiple=True, metavar="METHOD.PARAMETER=A,B,...",
    help="Run a method once with each of these values; several sweeps make every combination. A value that is a list "
    "itself stands in brackets: m.layers=[8,8],[16]. May be repeated.",
)  # fmt: skip
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
@click.option(
    "--shard", "shard_text", metavar="K/N",
    help="Only the K-th of N parts of the runs, for N machines with the same command; srbench import merges their "
    "stores.",
)  # fmt: skip
@click.option(
    "--tag", "tags", multiple=True, metavar="NAME",
    help="Give the runs this name, also those that are stored already; leaderboard, export and delete choose by it. "
    "May be repeated.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be run, and run nothing.")
@click.option(
    "--write-study", "written", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.toml",
    help="Write the study that this command amounts to, and run nothing.",
)  # fmt: skip
@strict_option
@click.option("--quiet", "-q", is_flag=True, help="Print neither progress nor the leaderboard.")
@store_option
@plugin_option
def run_command(
    study_file: Path | None, methods: tuple[str, ...], settings: tuple[str, ...], sweeps: tuple[str, ...],
    pythons: tuple[str, ...], jobs: int, executor_name: str | None, scheduler: str | None, retry: tuple[str, ...],
    fresh: bool, keep_old: bool, shard_text: str | None, tags: tuple[str, ...], dry_run: bool, written: Path | None,
    quiet: bool, store_path: Path, plugin_files: tuple[Path, ...], **options: Any,
) -> int:  # fmt: skip
    """Run methods on suites, keep every record, print the leaderboard.

    Runs that the store already has are not done again. So the same command goes on where an interrupted one stopped.
    But if the files that define a method have changed, or nobody knows which files made a stored run, it is repeated.

    Several noise levels multiply the runs, and so do several values of --train-size, --dummies, --input-noise and
    --outliers. Test points stay clean.

    STUDY is a file with methods, suites and every other choice; or a page of srbench report, a store or an export,
    whose runs are done again. Options take the place of what it says: --method chooses among its methods, --set and
    --sweep change one hyper-parameter, --python and --plugin add to it.
    """
    from srbench_lite.cli.study import planned_runs, rebased, study_of_file, with_changes
    from srbench_lite.recording.store import Store
    from srbench_lite.recording.study import Study, StudyMethod, StudyRuns, study_text
    from srbench_lite.recording.tags import checked_tag
    from srbench_lite.running.cluster.link import ClusterError
    from srbench_lite.running.runner import check_drawable, run
    from srbench_lite.running.shard import Shard
    from srbench_lite.running.standing import find_standing

    tags = tuple(map(checked_tag, tags))
    shard = None if shard_text is None else Shard.parse(shard_text)
    if study_file is None and not methods:
        raise UsageError("nothing to run: give --method NAME, or a study such as study.toml")
    values = _values(options, given=None if study_file is None else _given())
    if study_file is None:
        study = Study((StudyRuns(methods=tuple(StudyMethod(name=name) for name in dict.fromkeys(methods))),))
    else:
        study = study_of_file(study_file)
    of_study = (Path(name) for runs in study.runs for name in runs.plugins)
    plugin_files = tuple(dict.fromkeys((*of_study, *plugin_files)))
    registry = loaded_registry(plugin_files)
    values["plugins"] = tuple(map(str, plugin_files))
    study = with_changes(
        study, registry, values=values, methods=methods, settings=settings, sweeps=sweeps, pythons=pythons
    )
    found = planned_runs(registry, study, where="" if study_file is None else str(study_file))
    planned, left_out = found.runs, found.left_out
    if written is not None:
        write_text(written, study_text(rebased(found.study, written.parent)))
        say(f"{written}: {len(planned)} runs; `srbench run {written}` does them")
        return 3 if left_out else 0
    if shard is not None:
        whole = len(planned)
        planned = planned.part(number for number, key in enumerate(planned.keys()) if shard.has(key))
        say(f"part {shard.number} of {shard.of}: {len(planned)} of {whole} runs", err=True)
        if not planned:
            return 3 if left_out else 0
    _print_lacking(planned.lacking())
    chosen: dict[str, Any] = {"retry": retry, "fresh": fresh, "keep_old": keep_old}
    if dry_run:
        with Store(store_path, read_only=True) if store_path.exists() else contextlib.nullcontext() as store:
            standing = find_standing(planned, store, **chosen)
        _print_plan(planned, standing, jobs)
        _print_other_code(standing)
        check_drawable(standing.missing)
        return 3 if left_out else 0
    with Store(store_path) as store:
        if store.file.shared_by is not None:
            say(
                f"warning: {store_path} lies on {store.file.shared_by}, which machines share: records take longer, and "
                "its locks must work; safer is a store on a local disk, and srbench import afterwards", err=True,
            )  # fmt: skip
        standing = find_standing(planned, store, **chosen)
        _print_other_code(standing)
        if not quiet:
            show_progress(registry)
        if jobs > (os.cpu_count() or jobs):
            say(f"warning: {jobs} jobs on {os.cpu_count()} cores: times will not be comparable", err=True)
        try:
            for tag in tags:
                store.tags.give(tag, planned.keys())
            store.keep_study(study_text(rebased(found.study, store_path.parent)))
            threads = max((one.budget.threads for one in standing.missing), default=1)
            with chosen_executor(
                executor_name, scheduler, jobs=jobs, threads=threads, plugins=plugin_files
            ) as executor:
                summary = run(
                    planned, registry=registry, store=store, jobs=jobs, plugins=plugin_files, standing=standing,
                    executor=executor,
                )  # fmt: skip
        except (FullDiskError, StoreError, ClusterError) as error:  # in the midst of the runs, no wrong usage
            say(f"Error: {error}", err=True)
            _print_stored("stopped", store, planned, fresh=fresh)
            return 1
        except KeyboardInterrupt:  # before the first run had begun, or after the last one
            _print_stored("interrupted", store, planned, fresh=fresh)
            return 130
        for complaint in summary.complaints:
            say(f"warning: {complaint}", err=True)
        if summary.interrupted:
            _print_kept("interrupted", summary.finished, summary.total - summary.finished, fresh=fresh)
            return 130
        if not quiet:
            _print_leaderboard(registry, store, summary)
        return _exit_code(store, planned, standing) or (3 if left_out else 0)


def _given() -> set[str]:
    """Return the names of the options that stand on the command line."""
    context = click.get_current_context()
    return {name for name in context.params if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}


def _values(options: Mapping[str, Any], *, given: Collection[str] | None) -> dict[str, Any]:
    """Return the fields of `StudyRuns` that options say; only of those that are given, all where that is None."""
    values: dict[str, Any] = {}
    for name, value in options.items():
        if value is None or (given is not None and name not in given):
            continue
        if name in _LISTS:
            field, read, example = _LISTS[name]
            values[field] = tuple(read(f"--{field.replace('_', '-')}", value, example))
        else:
            values[name] = value
    return values


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


#: Options that are lists: the field of `StudyRuns`, what reads the text, and an example.
_LISTS: Final[dict[str, tuple[str, Callable[[str, str, str], Sequence[float]], str]]] = {
    "noise": ("noise", _numbers, "0,0.01"),
    "train_sizes": ("train_size", _whole_numbers, "20,50,200"),
    "dummies": ("dummies", _whole_numbers, "0,3"),
    "input_noises": ("input_noise", _numbers, "0,0.01"),
    "outliers": ("outliers", _numbers, "0,0.05"),
}


def _print_lacking(lacking: Mapping[str, str]) -> None:
    """Say which methods will be skipped because there is no interpreter for them."""
    for name, reason in lacking.items():
        say(f"warning: {name} is skipped: {reason}", err=True)


def _print_other_code(standing: Standing) -> None:
    """Say of which methods stored runs were made by other code than today's, or by code that nobody knows."""
    for name, count in sorted(standing.other_code.items()):
        runs = "run of other or unknown code is" if count == 1 else "runs of other or unknown code are"
        say(f"{name}: {count} stored {runs} repeated (--keep-old keeps what is stored)", err=True)


def _print_plan(planned: Plan, standing: Standing, jobs: int) -> None:
    from srbench_lite.reports.progress import duration

    tasks: dict[str, set[str]] = {}
    variants: dict[str, set[Method]] = {}
    limits: set[float] = set()
    for one in planned:
        tasks.setdefault(one.method.name, set()).add(one.task.name)
        variants.setdefault(one.method.name, set()).add(one.method)
        limits.add(one.budget.seconds)
    seconds = 0.0
    new: Counter[str] = Counter()
    for one in standing.missing:
        seconds += one.budget.seconds
        new[one.method.name] += 1
    for name, count in standing.planned.items():
        said = f" of {len(variants[name])} variants" if len(variants[name]) > 1 else ""
        say(f"{name}: {count} runs{said} on {len(tasks[name])} tasks, {new[name]} of them not in the store")
    each = " or ".join(f"{limit:g}" for limit in sorted(limits))
    say(f"at most {duration(seconds / jobs)} at {each} s a fit, {jobs} at a time")


def _print_leaderboard(registry: Registry, store: Any, summary: Summary) -> None:
    from srbench_lite.comparing.leaderboard import Leaderboard

    board = Leaderboard.from_store(store, keys=summary.plan.keys())
    click.echo(registry.reporters["terminal"].render(board), nl=False)


def _print_stored(what: str, store: Store, planned: Plan, *, fresh: bool) -> None:
    """Say how many of the runs the store has, as far as it can still be read, and how to go on."""
    with contextlib.suppress(StoreError):
        kept = sum(record is not None for record in store.standing(planned.keys()))
        _print_kept(what, kept, len(planned) - kept, fresh=fresh)


def _print_kept(what: str, kept: int, left: int, *, fresh: bool) -> None:
    """Say what was done before the end, and how to go on."""
    say(f"{what}: {kept} records are kept, {left} runs are left", err=True)
    say(f"go on with the same command{', which begins anew (--fresh)' if fresh else ''}", err=True)


def _exit_code(store: Store, planned: Plan, standing: Standing) -> int:
    """0, or 3 where no run of some method ended ok; the reason is said where all its runs have the same.

    Args:
        store: has the runs.
        planned: the runs.
        standing: what of them was to be done.
    """
    from srbench_lite.running.standing import with_records

    done = with_records(standing.missing, store)
    ok = {*standing.ok, *(name for (_, name, _), record in done if record is not None and record[0] == Status.OK)}
    failed = standing.planned.keys() - ok
    several = []
    for name in sorted(failed - planned.lacking().keys()):
        own = (key for key, method, _ in planned.keyed() if method == name)
        reasons = {reason for (reason,) in store.columns_of(own, ("reason",)).values()}
        if len(reasons) == 1 and None not in reasons:
            say(f"no run of {name} ended ok: {reasons.pop()}", err=True)
        else:
            several.append(name)
    if several:
        say(f"no run of {', '.join(several)} ended ok; `srbench show TASK` says why", err=True)
    return 3 if failed else 0
