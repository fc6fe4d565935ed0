"""`srbench status`."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import store_option
from srbench_lite.cli.streams import say

if TYPE_CHECKING:
    from srbench_lite.running.live_state import RunState

#: What clears a terminal and goes to its top.
_CLEAR: Final = "\033[2J\033[H"
#: Runs at work that are listed.
_MOST_LISTED: Final = 40


@click.command(
    "status", cls=Command,
    lists={"Exit codes": {"1": "The run has died; the same command goes on.", "5": "No run is going on."}},
    examples=("srbench status", "srbench status --watch", "srbench status --store results/other.db --json"),
)  # fmt: skip
@click.option("--watch", is_flag=True, help="Go on saying it, until the run ends or Ctrl-C.")
@click.option(
    "--every", type=click.FloatRange(min=0.2), default=2.0, show_default=True, metavar="SECONDS",
    help="How often, with --watch.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; with --watch one on each line.")
@store_option
def status_command(watch: bool, every: float, as_json: bool, store_path: Path) -> int:
    """Say what a run that goes on elsewhere is doing, and how long it takes yet.

    The run is the one that writes to the store: what is done and how it ended, what is at work and since when, runs a
    minute, the time that is left, and the memory of each run at work and of all processes.
    """
    from srbench_lite.running.live_state import RunState

    seen = False
    while True:
        state = RunState.read(store_path)
        if state is None:
            say("the run has ended" if seen else f"no run is writing to {store_path}", err=True)
            return 0 if seen else 5
        is_alive = state.is_alive
        if as_json:
            facts = {**asdict(state), "alive": is_alive, "memory_mb": state.memory_mb(), "seconds_left": _left(state)}
            click.echo(json.dumps(facts))
        else:
            if watch and sys.stdout.isatty():
                click.echo(_CLEAR, nl=False)
            click.echo(_text(state, is_alive))
        if is_alive is False:
            say(f"the run has died (process {state.pid}); the same command goes on where it stopped", err=True)
            return 1
        if not watch:
            return 0
        seen = True
        time.sleep(every)


def _left(state: RunState) -> float | None:
    """Return the seconds that a run takes yet, at the rate so far; None before the first of its runs has ended."""
    return state.left / state.per_second if state.ended else None


def _text(state: RunState, is_alive: bool | None) -> str:
    from srbench_lite.cli.options import format_table
    from srbench_lite.recording.record import Status
    from srbench_lite.reports.progress import duration

    stored = f", {state.present} already in the store" if state.present else ""
    done = f"{state.ended + state.present} of {state.total} runs done{stored}"
    lines = [f"{done}, {state.jobs} at a time, at most {state.limit:g} s a fit"]
    ended = [f"{state.recovered} of {state.judged} recovered"] if state.judged else []
    ended += [f"{count} {status}" for status, count in sorted(state.statuses.items()) if status != Status.OK]
    if ended:
        lines.append(", ".join(ended))
    left = _left(state)
    rate = f"{60 * state.per_second:.3g} runs a minute" if state.ended else "no run has ended yet"
    lines.append(f"since {duration(state.seconds)}, {rate}{'' if left is None else f', {duration(left)} left'}")
    memory = state.memory_mb()
    if memory is not None:
        lines.append(f"{memory:,.0f} MiB in all processes of {state.pid}")
    elif is_alive is None:
        lines.append(f"on {state.host}, {duration(max(0.0, time.time() - state.written))} ago")
    rows = [
        (one.method, one.task, one.seed, f"{one.noise:g}", duration(one.seconds), _size(one.memory_mb))
        for one in sorted(state.at_work, key=lambda one: -one.seconds)[:_MOST_LISTED]
    ]
    if rows:
        lines += ["", format_table(rows, ("at work", "task", "seed", "noise", "since", "MiB"))]
    if len(state.at_work) > _MOST_LISTED:
        lines.append(f"and {len(state.at_work) - _MOST_LISTED} more")
    return "\n".join(lines)


def _size(memory_mb: float | None) -> str:
    return "–" if memory_mb is None else f"{memory_mb:,.0f}"
