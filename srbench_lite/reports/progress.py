"""The progress of a run: a live bar on a terminal, plain lines elsewhere. Plugins on the run's events."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.methods.hookspecs import hookimpl
from srbench_lite.recording.output import safely_shown
from srbench_lite.recording.record import Record, Status

if TYPE_CHECKING:
    from rich.progress import BarColumn, Progress, TaskID

__all__ = ["LiveProgress", "PlainProgress", "duration"]

_SECONDS_BETWEEN_LINES: Final = 10.0


def duration(seconds: float) -> str:
    """Return 7 s, 2:05 min or 1:02:05 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02d} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d} h"


class _Tally:
    """Counts what has ended and guesses how long the rest takes."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.recovered = 0
        self.judged = 0
        self.started = time.monotonic()
        self.finished = 0

    def add(self, record: Record) -> None:
        self.finished += 1
        self.statuses[record.status] += 1
        if record.truth is not None:
            self.judged += 1
            self.recovered += bool(record.scores.recovered)

    def eta(self, done: int, total: int) -> str:
        if self.finished == 0 or done >= total:
            return ""
        return duration((time.monotonic() - self.started) / self.finished * (total - done))

    def summary(self) -> str:
        parts = [f"{self.recovered} of {self.judged} recovered"] if self.judged else []
        parts += [f"{n} {s}" for s, n in self.statuses.items() if s != Status.OK]
        return ", ".join(parts)


class PlainProgress:
    """A line at the start, one every ten seconds, one at the end: for logs and CI.

    Args:
        what: what is counted, in the plural.
    """

    def __init__(self, what: str = "runs") -> None:
        self._what = what
        self._tally = _Tally()
        self._last = time.monotonic()

    @hookimpl
    def srbench_run_started(self, total: int, done: int, settings: Mapping[str, Any]) -> None:
        """Say how much there is to do."""
        self._tally = _Tally()
        stored = f", {done} already in the store" if done else ""
        what = self._what.removesuffix("s") if total == 1 else self._what
        click.echo(f"{total} {what}{stored}, {settings['jobs']} at a time", err=True)

    @hookimpl
    def srbench_record_finished(self, record: Record, done: int, total: int) -> None:
        """Say where the run is."""
        self._tally.add(record)
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            eta = self._tally.eta(done, total)
            parts = f"{done}/{total} done", self._tally.summary(), f"{eta} left" if eta else ""
            click.echo(", ".join(filter(None, parts)), err=True)

    @hookimpl
    def srbench_run_finished(self, done: int, total: int, interrupted: bool) -> None:
        """Say how it ended."""
        if self._tally.finished or interrupted:
            end = "stopped" if interrupted else "finished"
            click.echo(", ".join(filter(None, (f"{end}: {done}/{total} done", self._tally.summary()))), err=True)


class LiveProgress:
    """A bar with counts and the time left; of a single run it shows the time that has passed beside the limit."""

    def __init__(self) -> None:
        self._tally = _Tally()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    @hookimpl
    def srbench_run_started(self, total: int, done: int, settings: Mapping[str, Any]) -> None:
        """Draw the bar."""
        from rich.console import Console
        from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.table import Column

        self._tally = _Tally()
        if done == total:
            return
        seconds = float(settings.get("seconds", 0.0)) if total - done == 1 else 0.0
        self._bar = Progress(
            TextColumn("{task.description}", table_column=Column(max_width=34, no_wrap=True, overflow="ellipsis")),
            _bar_column(seconds),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
            TextColumn("{task.fields[left]}", table_column=Column(no_wrap=True, min_width=9)),
            TextColumn("[dim]{task.fields[summary]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=Console(stderr=True),
            transient=True,
        )
        what = f"1 run, at most {duration(seconds)}" if seconds else "starting"
        self._task = self._bar.add_task(what, total=total, completed=done, left="", summary="")
        self._bar.start()

    @hookimpl
    def srbench_record_finished(self, record: Record, done: int, total: int) -> None:
        """Move the bar."""
        self._tally.add(record)
        if self._bar is not None and self._task is not None:
            eta = self._tally.eta(done, total)
            self._bar.update(
                self._task, completed=done, description=safely_shown(f"{record.method} · {record.task}"),
                left=f"{eta} left" if eta else "", summary=self._tally.summary(),
            )  # fmt: skip

    @hookimpl
    def srbench_run_finished(self, done: int, total: int, interrupted: bool) -> None:
        """Take the bar away and leave one line."""
        if self._bar is not None:
            self._bar.stop()
            end = "stopped" if interrupted else "finished"
            took = duration(time.monotonic() - self._tally.started)
            parts = f"{end} after {took}: {done}/{total} done", self._tally.summary()
            click.echo(", ".join(filter(None, parts)), err=True)


def _bar_column(seconds: float) -> BarColumn:
    """Return the column of the bar: of runs that are done, or of so many seconds that have passed."""
    from rich.progress import BarColumn, Task
    from rich.progress_bar import ProgressBar

    class Clock(BarColumn):
        def render(self, task: Task) -> ProgressBar:
            return ProgressBar(total=seconds, completed=min(task.elapsed or 0.0, seconds), width=self.bar_width)

    return Clock(bar_width=12) if seconds else BarColumn(bar_width=12)
