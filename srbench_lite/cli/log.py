"""`srbench log RUN`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from string import hexdigits
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import format_table, method_option, one_task, recorded_names, shortened, store_option
from srbench_lite.cli.streams import say
from srbench_lite.errors import UsageError
from srbench_lite.recording.output import MAX_BYTES_KEPT, safely_shown

if TYPE_CHECKING:
    from srbench_lite.recording.store import Store

_COLUMNS: Final = ("key", "task", "method", "noise", "seed", "perturbation", "status", "reason", "printed_bytes")
_MIN_KEY: Final = 6  # digits of a key that are taken for one
_MAX_WRONG: Final = 2  # digits of a key that may be mistyped, where one is proposed


@click.command(
    "log",
    cls=Command,
    examples=(
        "srbench log sin/phase --method lies --seed 0",
        "srbench log 0f3a9c21",
        "srbench log sin/phase --method lies --seed 0 --json",
    ),
)
@click.argument("name", metavar="RUN")
@method_option
@click.option("--seed", type=int, default=None, metavar="N", help="Only runs with this seed.")
@click.option("--noise", type=float, default=None, metavar="LEVEL", help="Only runs with this noise level.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with the output as it was written.")
@store_option
def log_command(
    name: str, methods: tuple[str, ...], seed: int | None, noise: float | None, as_json: bool, store_path: Path
) -> None:
    """Print what the method of one run wrote to stdout and stderr.

    RUN is the name of a task, or the first digits of a run's key, at least six. Files that the run left are listed.
    """
    from srbench_lite.recording.artifacts import Artifacts
    from srbench_lite.recording.store import Store

    with Store(store_path, read_only=True) as store:
        run = dict(zip(_COLUMNS, _one_run(store, name, methods, seed, noise), strict=True))
        output = store.output(run["key"])
    artifacts = Artifacts(store_path)
    folder, files = artifacts.folder(run["key"]), artifacts.files(run["key"])
    if as_json:
        content = run | {
            "perturbation": json.loads(run["perturbation"]), "output": output,
            "artifacts": str(folder) if files else None, "files": [{"name": f.name, "size": f.size} for f in files],
        }  # fmt: skip
        click.echo(json.dumps(content, indent=1).replace("\x7f", "\\u007f"))  # the control character that JSON leaves
        return
    say(f"{run['task']}, {run['method']}, noise {run['noise']:g}, seed {run['seed']}, run {run['key']}")
    say(": ".join(filter(None, (run["status"], run["reason"] or ""))))
    say(_printed(run["printed_bytes"], output))
    if files:
        say(f"files in {folder}:")
        for file in files:
            say(f"  {file.size:>11,}  {file.name}")
    if output:
        click.echo()
        say(safely_shown(output).rstrip("\n"))


def _printed(count: int, output: str) -> str:
    """Say how much a run printed, and how much of it is kept."""
    if not count:
        return "nothing was printed"
    if not output:
        return f"{count:,} bytes printed, none are kept: exports and older stores leave them out"
    return f"{count:,} bytes printed{f', the last {MAX_BYTES_KEPT:,} are kept' if count > MAX_BYTES_KEPT else ''}"


def _one_run(store: Store, name: str, methods: Sequence[str], seed: int | None, noise: float | None) -> tuple[Any, ...]:
    """Return the columns of the one run that is meant."""
    tasks, known = store.distinct("task", "method")
    recorded_names("method", methods, known)
    is_key = len(name) >= _MIN_KEY and set(name) <= set(hexdigits)
    if is_key and not any(name in (task, task.partition("/")[2]) for task in tasks):
        rows = _of_key(store.rows(_COLUMNS, methods=methods), name.lower())
    else:
        rows = store.rows(_COLUMNS, tasks=[one_task(name, tasks)], methods=methods)
    rows = [row for row in rows if seed in (None, row[4]) and noise in (None, row[3])]
    if not rows:
        raise UsageError(f"no run of {name} fits the options; `srbench show` lists those of a task")
    if len(rows) > 1:
        table = [(row[0][:12], *row[2:7]) for row in rows[:20]]
        listed = format_table([[shortened(str(cell)) for cell in line] for line in table], ("key", *_COLUMNS[2:7]))
        raise UsageError(f"{name} fits {len(rows)} runs; add --method, --seed, --noise, or give a key:\n{listed}")
    return rows[0]


def _of_key(rows: Sequence[tuple[Any, ...]], key: str) -> list[tuple[Any, ...]]:
    """Return the rows whose key begins so.

    Raises:
        UsageError: there is none; those that differ in a digit or in two are named.
    """
    found = [row for row in rows if row[0].startswith(key)]
    if not found:
        unlike = {row[0]: sum(map(str.__ne__, row[0], key)) for row in rows}
        near = sorted((key for key in unlike if unlike[key] <= _MAX_WRONG), key=lambda key: (unlike[key], key))
        meant = f" Did you mean: {', '.join(key[:12] for key in near[:3])}?" if near else ""
        raise UsageError(f"no run has a key that begins with {key}; `srbench export` lists keys.{meant}")
    return found
