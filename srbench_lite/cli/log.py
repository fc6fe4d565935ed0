"""`srbench log RUN`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.one_run import one_run, one_run_options
from srbench_lite.cli.options import store_option
from srbench_lite.cli.streams import say
from srbench_lite.recording.output import MAX_BYTES_KEPT, safely_shown


@click.command(
    "log",
    cls=Command,
    examples=(
        "srbench log sin/phase --method lies --seed 0",
        "srbench log 0f3a9c21",
        "srbench log sin/phase --method lies --seed 0 --json",
    ),
)
@one_run_options
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
        run = one_run(store, name, methods, seed, noise, ("perturbation", "status", "reason", "printed_bytes"))
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
