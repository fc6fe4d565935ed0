"""`srbench delete`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import check_selection, method_option, store_option, suite_option, tag_option
from srbench_lite.cli.selection import chosen_runs, condition_options, task_option
from srbench_lite.cli.streams import say
from srbench_lite.errors import UsageError
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.recording.store import Store

_COLUMNS: Final = ("key", "suite", "task", "method", "noise", "perturbation", "seed", "status", "started_at")


@click.command(
    "delete", cls=Command,
    lists={"Exit codes": {"1": "It was not confirmed; nothing is deleted.", "5": "No run is chosen."}},
    examples=(
        "srbench delete --method lasso --status crashed",
        "srbench delete --suite sin --task 'sin/p*' --dry-run",
        "srbench delete --tag first-try",
        "srbench delete --run 0f3a9c21 --yes",
    ),
)  # fmt: skip
@suite_option
@method_option
@task_option
@condition_options
@click.option("--seed", "seeds", multiple=True, type=int, metavar="N", help="Only this seed. May be repeated.")
@click.option(
    "--status", "statuses", multiple=True, type=click.Choice([status.value for status in Status]),
    help="Only runs with this status. May be repeated.",
)  # fmt: skip
@click.option(
    "--before", metavar="DATE", help="Only runs that began before this day or time, such as 2026-11-30T12:00 (UTC)."
)
@click.option("--run", "keys", multiple=True, metavar="KEY", help="Only the run with these first digits of its key.")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, and delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@tag_option
@store_option
def delete_command(
    suites: tuple[str, ...], methods: tuple[str, ...], tasks: tuple[str, ...], noises: tuple[float, ...],
    perturbations: tuple[str, ...], seeds: tuple[int, ...], statuses: tuple[str, ...], before: str | None,
    keys: tuple[str, ...], dry_run: bool, yes: bool, tags: tuple[str, ...], store_path: Path,
) -> int:  # fmt: skip
    """Delete runs from the store, and the files that they left.

    At least one option must choose. What is chosen is counted and shown, and deleted when that is confirmed; where
    nobody can be asked, --yes is needed.
    """
    from srbench_lite.recording.artifacts import Artifacts
    from srbench_lite.recording.store import Store

    if not any((suites, methods, tasks, noises, perturbations, seeds, statuses, before, keys, tags)):
        raise UsageError("nothing chooses what is deleted; give --method, --suite, --task, --tag, --run or the like")
    moment = None if before is None else _moment(before)
    with Store(store_path, read_only=dry_run) as store:
        check_selection(store, suites, methods)
        runs = _runs(store, suites, methods)
        runs = chosen_runs(runs, noises=noises, perturbations=perturbations, tasks=tasks)
        if seeds:
            runs = runs[runs["seed"].isin(seeds)]
        if statuses:
            runs = runs[runs["status"].isin(statuses)]
        if moment is not None:
            runs = runs[runs["started_at"] < moment]
        if keys:
            runs = runs[runs["key"].str.startswith(keys)]
        if tags:
            runs = runs[runs["key"].isin(store.tags.keys(tags))]
        if not len(runs):
            say("no run is chosen", err=True)
            return 5
        for (method, suite), count in sorted(Counter(zip(runs["method"], runs["suite"], strict=True)).items()):
            click.echo(f"{method} on {suite}: {count}")
        what = f"{len(runs)} of {len(store)} runs"
        if dry_run:
            click.echo(f"{what} would be deleted")
            return 0
        if not yes and not _is_confirmed(what, store_path):
            say("nothing is deleted", err=True)
            return 1
        gone = runs["key"].tolist()
        store.add_all([], without=gone)
        store.tags.take(gone)
        Artifacts(store.path).remove(gone)
    click.echo(f"{what} deleted")
    return 0


def _runs(store: Store, suites: tuple[str, ...], methods: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(store.rows(_COLUMNS, suites=suites, methods=methods), columns=list(_COLUMNS))


def _moment(text: str) -> str:
    """Return a day or time as records have it."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--before is a day or time such as 2026-11-30 or 2026-11-30T12:00, got {text!r}") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat(timespec="seconds")


def _is_confirmed(what: str, store_path: Path) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(f"{what} would be deleted; give --yes, since nobody can be asked here")
    return click.confirm(f"Delete {what} of {store_path}?", err=True)
