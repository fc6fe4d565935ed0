"""`srbench rescore`."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    format_table,
    loaded_registry,
    method_option,
    plugin_option,
    recorded_names,
    selected_suites,
    shortened,
    store_option,
)

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.problems.suite import Suite
    from srbench_lite.running.rescoring import Rescored, RescoringPlan


@click.command("rescore", cls=Command, examples=("srbench rescore --dry-run", "srbench rescore --suite sin --jobs 2"))
@click.option(
    "--suite", "-s", "suites", multiple=True, metavar="NAME|FILE.toml",
    help="Only records of this suite, by name or, if it is not installed, as a TOML file. May be repeated.",
)  # fmt: skip
@method_option
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Score records that the current version has scored here again too, to see whether they reproduce.",
)
@click.option("--dry-run", is_flag=True, help="Score, and say what would change, but write nothing.")
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Number of formulas scored at a time.",
)  # fmt: skip
@store_option
@plugin_option
def rescore_command(
    suites: tuple[str, ...], methods: tuple[str, ...], everything: bool, dry_run: bool, jobs: int, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Judge stored formulas again after the scoring has changed.

    No method is run. Records that an older version has scored get new scores, and so do those whose scores are a claim
    of a file. What belongs to the fit stays as it was, such as its seconds. Records of tasks that are not installed
    stay as they are. After an interruption the same command goes on.
    """
    registry = loaded_registry(plugin_files)
    chosen = selected_suites(registry, suites)
    return judge_again(
        store_path, registry, chosen, suites=tuple(chosen) if suites else (), methods=methods, everything=everything,
        dry_run=dry_run, jobs=jobs, plugins=plugin_files,
    )  # fmt: skip


def judge_again(
    store_path: Path, registry: Registry, known: Mapping[str, Suite], *, suites: tuple[str, ...] = (),
    methods: tuple[str, ...] = (), keys: Collection[str] | None = None, everything: bool = False,
    dry_run: bool = False, jobs: int = 1, plugins: tuple[Path, ...] = (),
) -> int:  # fmt: skip
    """Judge records of a store that an older scoring has judged, or somebody else; print what became of them.

    Args:
        store_path: the store.
        registry: what is installed.
        known: suites whose tasks are known, by name, besides those that are drawn.
        suites, methods, keys: only records of these; none for all.
        everything: also those that today's scoring has judged here.
        dry_run: whether nothing is written.
        jobs: how many formulas are scored at a time.
        plugins: plugin files that the processes load.

    Returns:
        The exit code of the command.
    """
    from srbench_lite.judging.scoring import SCORING_VERSION
    from srbench_lite.problems.random_suite import rebuilt_suites
    from srbench_lite.recording.record import COLUMNS, Record
    from srbench_lite.recording.store import Store
    from srbench_lite.reports.progress import LiveProgress, PlainProgress
    from srbench_lite.running.rescoring import plan_rescoring, rescore

    with Store(store_path, read_only=dry_run or not store_path.exists()) as store:  # a missing one is not made
        recorded_names("method", methods, *store.distinct("method"))
        rows = store.rows(suites=suites, methods=methods)
        records = (Record.from_row(dict(zip(COLUMNS, row, strict=True))) for row in rows)
        chosen = [record for record in records if keys is None or record.key in keys]
        if not chosen:
            click.echo(f"the store {store_path} holds no such records", err=True)
            return 5
        drawn = rebuilt_suites(record.suite for record in chosen)
        plan = plan_rescoring(
            chosen, (task for suite in {**drawn, **known}.values() for task in suite.tasks), everything=everything
        )  # fmt: skip
        if not (plan.todo or plan.superseded or plan.left):
            click.echo(f"all {len(chosen)} records are scored here by the current version, {SCORING_VERSION}")
            return 0
        progress = LiveProgress() if sys.stderr.isatty() and not os.environ.get("CI") else PlainProgress("records")
        total = len(plan.todo)

        def on_result(rescored: Rescored, done: int) -> None:
            progress.srbench_record_finished(record=rescored.after or rescored.before, done=done, total=total)

        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if plan.todo:
            progress.srbench_run_started(total=total, done=0, settings={"jobs": jobs})
        finished, interrupted = rescore(
            plan, store=None if dry_run else store, metrics=registry.metrics, jobs=jobs, plugins=plugins,
            on_result=on_result,
        )  # fmt: skip
        progress.srbench_run_finished(done=len(finished), total=total, interrupted=interrupted)
    _print(plan, finished)
    if dry_run:
        click.echo("nothing was written (--dry-run)")
    if interrupted:
        click.echo(f"interrupted: {len(finished)} records are done, {total - len(finished)} are left", err=True)
        if not dry_run:
            click.echo("go on with the same command", err=True)
        return 130
    return 0


def _print(plan: RescoringPlan, finished: Sequence[Rescored]) -> None:
    """Print how many records became what, which verdicts changed, and what was left."""
    kinds = Counter(_kind(rescored) for rescored in finished)
    left = [*plan.left, *((one.before, one.why_left or "") for one in finished if one.after is None)]
    removed = len(plan.superseded) + sum(one.removed for one in finished if one.after is not None)
    counts = [
        ("rescored", kinds.total() - kinds["left"]),
        *((f"  {kind}", kinds[kind]) for kind in ("same scores", "same verdict, other scores", "another verdict")),
        ("  carried over without a formula", kinds["no formula"]),
        ("removed, because a newer one stands", removed),
        ("scored here by the current version already", plan.current),
        ("left as they are", len(left)),
    ]
    click.echo(format_table([(what, n) for what, n in counts if n or what == "rescored"], ("records", "number")))
    changed = [line for rescored in finished for line in _changed(rescored)]
    if changed:
        click.echo()
        heads = ["task", "method", "seed", "noise", "perturbation", "before", "now", "formula"]
        if all(line[4] == "none" for line in changed):
            changed = [(*line[:4], *line[5:]) for line in changed]
            heads.remove("perturbation")
        click.echo(format_table(changed, heads))
    if left:
        click.echo()
        named = Counter((record.task, why) for record, why in left)
        click.echo(format_table(((task, n, why) for (task, why), n in named.items()), ("task", "left", "because")))
        if any(why == "the task is not installed" for _, why in left):
            click.echo("give the file of a suite that is not installed with --suite FILE.toml")


def _kind(rescored: Rescored) -> str:
    before, after = rescored.before, rescored.after
    if after is None:
        return "left"
    if after.expression is None:
        return "no formula"
    if after.scores == before.scores:
        return "same scores"
    return "same verdict, other scores" if after.scores.verdict == before.scores.verdict else "another verdict"


def _changed(rescored: Rescored) -> Iterator[tuple[object, ...]]:
    from srbench_lite.problems.perturbation import Perturbation

    before, after = rescored.before, rescored.after
    if after is not None and after.scores.verdict != before.scores.verdict:
        words = (before.scores.verdict or "–", after.scores.verdict or "–")
        how = f"{before.noise:g}", str(Perturbation.of(before.perturbation))
        yield before.task, before.method, before.seed, *how, *words, shortened(before.expression or "")
