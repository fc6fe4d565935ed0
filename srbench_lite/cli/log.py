"""`srbench log RUN`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import hexdigits
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import format_table, method_option, one_task, recorded_names, shortened, store_option
from srbench_lite.errors import UsageError

if TYPE_CHECKING:
    from srbench_lite.recording.store import Store

_COLUMNS: Final = ("key", "task", "method", "noise", "seed", "perturbation", "status", "reason", "printed_bytes")
_MIN_KEY: Final = 6  # digits of a key that are taken for one


@click.command(
    "log",
    cls=Command,
    examples=("srbench log sin/phase --method lies --seed 0", "srbench log 0f3a9c21"),
)
@click.argument("name", metavar="RUN")
@method_option
@click.option("--seed", type=int, default=None, metavar="N", help="Only runs with this seed.")
@click.option("--noise", type=float, default=None, metavar="LEVEL", help="Only runs with this noise level.")
@store_option
def log_command(name: str, methods: tuple[str, ...], seed: int | None, noise: float | None, store_path: Path) -> None:
    """Print what the method of one run wrote to stdout and stderr.

    RUN is the name of a task, or the first digits of a run's key, at least six. Files that the run left are listed.
    """
    from srbench_lite.recording.artifacts import Artifacts
    from srbench_lite.recording.output import MAX_BYTES_KEPT, safely_shown
    from srbench_lite.recording.store import Store

    with Store(store_path, read_only=True) as store:
        run = dict(zip(_COLUMNS, _one_run(store, name, methods, seed, noise), strict=True))
        output = store.output(run["key"])
    click.echo(f"{run['task']}, {run['method']}, noise {run['noise']:g}, seed {run['seed']}, run {run['key']}")
    reason = f": {safely_shown(run['reason'])}" if run["reason"] else ""
    click.echo(f"{run['status']}{reason}")
    printed = run["printed_bytes"]
    cut = f", the last {MAX_BYTES_KEPT:,} are kept" if printed > MAX_BYTES_KEPT else ""
    click.echo(f"{printed:,} bytes printed{cut if output or not printed else ', none are kept'}")
    artifacts = Artifacts(store_path)
    files = artifacts.files(run["key"])
    if files:
        click.echo(f"files in {artifacts.folder(run['key'])}:")
        for file in files:
            click.echo(f"  {file.size:>11,}  {safely_shown(file.name)}")
    if output:
        click.echo()
        click.echo(safely_shown(output).rstrip("\n"))


def _one_run(store: Store, name: str, methods: Sequence[str], seed: int | None, noise: float | None) -> tuple[Any, ...]:
    """Return the columns of the one run that is meant."""
    tasks, known = store.distinct("task", "method")
    recorded_names("method", methods, known)
    if len(name) >= _MIN_KEY and set(name) <= set(hexdigits):
        rows = [row for row in store.rows(_COLUMNS, methods=methods) if row[0].startswith(name.lower())]
        if not rows:
            raise UsageError(f"no run has a key that begins with {name}; `srbench export` lists keys")
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
