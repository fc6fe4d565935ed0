"""`srbench submit`."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import format_table, loaded_registry, plugin_option, selected_suites
from srbench_lite.cli.streams import say
from srbench_lite.errors import StoreError, SuiteError, UnknownNameError, UsageError

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.problems.suite import Suite
    from srbench_lite.recording.claim import CheckedClaim
    from srbench_lite.recording.record import Record
    from srbench_lite.running.submission import Point


@click.command(
    "submit", cls=Command,
    lists={"Exit codes": {
        "0": "The set is complete and right.",
        "1": "Something is wrong with it; the table has a line for each kind of fault, with an example.",
        "2": "There is no such file, or it holds no records.",
    }},
    examples=(
        "srbench submit --check mine.json.gz", "srbench submit --check mine.db --suite sin --seeds 5 --sample 100",
    ),
)  # fmt: skip
@click.option("--check", "is_check", is_flag=True, help="Say whether the set is complete and right.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--suite", "-s", "wanted", multiple=True, metavar="NAME|FILE.toml",
    help="Suite that must be there, or a file that defines one of the records'. May be repeated.",
)  # fmt: skip
@click.option("--seeds", type=click.IntRange(min=1), metavar="N", help="How many seeds each task must have.")
@click.option(
    "--sample", type=click.IntRange(min=0), metavar="N", help="Judge so many runs, drawn at random; 0 judges none.",
    show_default="all",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
    help="Number of formulas judged at a time.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@plugin_option
def submit_command(
    is_check: bool, file: Path, wanted: tuple[str, ...], seeds: int | None, sample: int | None, jobs: int,
    as_json: bool, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Say whether a set of records can stand on a public leaderboard.

    FILE is an export or a store. It must have every task of each suite that it has, the same seeds and noise levels for
    each, known definitions of tasks, limits that are equal and were kept, one version and one code of each method, and
    formulas that are judged here as it says. Nothing is sent anywhere: hand the file in where a leaderboard takes
    files, such as `srbench site`.
    """
    if not is_check:
        raise UsageError(
            f"there is nothing that a file is sent to; `srbench submit --check {file}` says whether it can be handed in"
        )
    from srbench_lite.recording.exchange import read_records
    from srbench_lite.running.submission import check_submission, check_verdicts

    records = read_records(file)
    if not records:
        raise StoreError(f"{file} holds no records")
    registry = loaded_registry(plugin_files)
    suites, names = _suites(registry, records, wanted)
    points = list(check_submission(records, suites, wanted=names, seeds=seeds))
    if sample != 0:
        chosen = _sample(records, sample)
        points.append(check_verdicts(_judged(file, chosen, suites, jobs, plugin_files)))
    right = all(point.is_right for point in points)
    if as_json:
        click.echo(json.dumps(_document(file, records, points, right=right), indent=1))
    else:
        _say(points)
        say(f"{file}: {'complete and right' if right else 'not to be handed in as it is'}")
    return 0 if right else 1


def _suites(
    registry: Registry, records: Sequence[Record], wanted: tuple[str, ...]
) -> tuple[dict[str, Suite], tuple[str, ...]]:
    """Return the suites of the records that are known here, and the names of those that must be there."""
    asked = selected_suites(registry, wanted) if wanted else {}
    known = {**registry.suites, **asked}
    for name in sorted({record.suite for record in records} - {*known}):
        try:
            known |= selected_suites(registry, [name]) if ":" in name else {}
        except (SuiteError, UnknownNameError) as error:
            say(f"note: the suite {name[:80]} cannot be drawn: {error}", err=True)
    return known, tuple(asked)


def _sample(records: Sequence[Record], count: int | None) -> Sequence[Record]:
    """Return some of the records, or all; other ones each time, so that nobody knows which will be judged."""
    if count is None or count >= len(records):
        return records
    return random.SystemRandom().sample(list(records), count)


def _judged(
    file: Path, records: Sequence[Record], suites: dict[str, Suite], jobs: int, plugins: Sequence[Path]
) -> Sequence[CheckedClaim]:
    from srbench_lite.running.verdict_cache import VerdictCache
    from srbench_lite.running.verification import verify

    named = {record.suite for record in records} & {*suites}
    tasks = [task for name in named for task in suites[name].tasks]
    with VerdictCache() as cache:
        return verify({file.name: records}, tasks, cache=cache, jobs=jobs, plugins=plugins)


def _say(points: Sequence[Point]) -> None:
    rows = [
        (point.name, point.looked_at, "ok" if point.is_right else f"{point.wrong} wrong", point.example)
        for point in points
    ]
    click.echo(format_table(rows, ("point", "looked at", "", "such as")))


def _document(file: Path, records: Sequence[Record], points: Sequence[Point], *, right: bool) -> dict[str, object]:
    return {
        "file": str(file), "records": len(records), "right": right,
        "points": [
            {"name": p.name, "looked_at": p.looked_at, "wrong": p.wrong, "example": p.example or None} for p in points
        ],
    }  # fmt: skip
