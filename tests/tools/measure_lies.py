"""What `lies` finds on the suites: `python tests/tools/measure_lies.py --store FILE.db [PART...]`, without names all.

Each part is one `srbench run` with the method's defaults, one thread; what stands in the store is not run again, so
the same command goes on where an interrupted one stopped. `--publish` then writes the records of these parts, without
candidates and extras, to `results/`, and `python tests/tools/make_tables.py` makes the tables of the README.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from places import ROOT

from srbench_lite import Budget, Record, Registry, Status, Store, discover, plan, run
from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.recording.exchange import read_records, write_records
from srbench_lite.reports.progress import PlainProgress
from srbench_lite.running.plan import PlannedRun

_RESULTS: Final = ROOT / "results"
#: Where the records of these parts are kept: those of the leaderboard, and those under other limits or noise.
RECORDS: Final = (_RESULTS / "records.json.gz", _RESULTS / "lies.json")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One measurement: a method on suites, or on one task of them, and the rate it is to reach."""

    suites: tuple[str, ...]
    method: str = "lies"
    task: str | None = None
    seeds: int = 1
    noise: float = 0.0
    seconds: float = 60.0
    aim: float | None = None

    def cells(self, registry: Registry) -> tuple[PlannedRun, ...]:
        """List its runs, as `srbench run` would."""
        tasks = [task for name in self.suites for task in registry.suite(name).tasks if self.task in (None, task.name)]
        return plan(
            [registry.method(self.method)], tasks, seeds=range(self.seeds), noises=[self.noise],
            budget=Budget(seconds=self.seconds),
        )  # fmt: skip

    def has(self, record: Record) -> bool:
        """Whether a record is of this part."""
        same = (record.method, record.noise, record.budget_seconds) == (self.method, self.noise, self.seconds)
        return same and record.suite in self.suites and self.task in (None, record.task) and record.seed < self.seeds


PARTS: Final = {
    "poly2": Part(suites=("poly2",), seeds=3, aim=1.0),
    "sin": Part(suites=("sin",), seeds=3, aim=1.0),
    "composite": Part(suites=("composite",), seeds=3, aim=0.85),
    "nguyen": Part(suites=("nguyen",), seeds=3, aim=11 / 12),
    "gaussian": Part(suites=("feynman",), task="feynman/I.6.2a", seeds=3, seconds=10.0, aim=1.0),
    "feynman60": Part(suites=("feynman",), aim=0.55),
    "feynman12": Part(suites=("feynman",), seconds=12.0, aim=0.45),
    "feynman-noise": Part(suites=("feynman",), noise=0.01, seconds=12.0, aim=0.35),
    "paper-nguyen": Part(suites=("nguyen",), method="lies-paper", seeds=3),
    "paper-feynman": Part(suites=("feynman",), method="lies-paper"),
    "paper-gaussian": Part(suites=("feynman",), task="feynman/I.6.2a", method="lies-paper", seeds=3, seconds=10.0),
    "fast-composite": Part(suites=("composite",), method="lies-fast", seeds=3),
    "fast-nguyen": Part(suites=("nguyen",), method="lies-fast", seeds=3),
    "fast-feynman": Part(suites=("feynman",), method="lies-fast"),
}


@dataclass(frozen=True)
class Figures:
    """Counts, rates and seconds of some runs; a run that was not recovered counts, however it ended."""

    records: Sequence[Record]

    @property
    def by_task(self) -> dict[str, float]:
        """Share of the runs on each task that found the truth."""
        tasks = sorted({record.task for record in self.records})
        return {t: fmean(bool(r.scores.recovered) for r in self.records if r.task == t) for t in tasks}

    @property
    def rate(self) -> str:
        """Mean share over tasks with its 95 % interval, as in the leaderboard."""
        shares = self.by_task.values()
        interval = wilson_interval(fmean(shares), len(shares))
        assert interval is not None
        return f"{100 * fmean(shares):.0f} % [{100 * interval.low:.0f}, {100 * interval.high:.0f}]"

    @property
    def found(self) -> str:
        """Runs that found the truth, of all."""
        return f"{sum(bool(r.scores.recovered) for r in self.records)} of {len(self.records)}"

    @property
    def seconds(self) -> tuple[str, str, str]:
        """Median, mean and largest wall clock of a fit."""
        taken = [r.seconds for r in self.records if r.status is not Status.SKIPPED] or [0.0]
        return f"{median(taken):.1f}", f"{fmean(taken):.1f}", f"{max(taken):.1f}"

    @property
    def failures(self) -> str:
        """How many ended otherwise than ok, by status."""
        bad = sorted(r.status.value for r in self.records if r.status is not Status.OK)
        return ", ".join(f"{bad.count(status)} {status}" for status in dict.fromkeys(bad)) or "–"


def table(records: Iterable[Record]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each part that has records."""
    every = list(records)
    for part in PARTS.values():
        if mine := [record for record in every if part.has(record)]:
            figures = Figures(mine)
            yield (
                f"`{part.method}`", part.task or ", ".join(part.suites), f"{part.noise:g}", f"{part.seconds:g}",
                figures.found, figures.rate, "–" if part.aim is None else f"{100 * part.aim:.0f} %", *figures.seconds,
                figures.failures,
            )  # fmt: skip


HEADERS: Final = (
    "method", "tasks", "noise", "limit, s", "found", "rate [95 %]", "aim", "median s", "mean s", "largest s", "failures"
)  # fmt: skip


def missed(records: Iterable[Record]) -> Iterator[tuple[object, ...]]:
    """Yield for each part of `lies` the tasks that some run on them did not find."""
    every = list(records)
    for part in PARTS.values():
        if part.method == "lies" and (mine := [record for record in every if part.has(record)]):
            names = [task.split("/", 1)[1] for task, share in Figures(mine).by_task.items() if share < 1]
            yield part.task or ", ".join(part.suites), f"{part.noise:g}", f"{part.seconds:g}", ", ".join(names) or "–"


MISSED_HEADERS: Final = ("tasks", "noise", "limit, s", "not found, by any or all seeds")


def committed(*paths: Path) -> list[Record]:
    """Return the records of exports; none of one that has not been made yet."""
    return [record for path in paths if path.exists() for record in read_records(path)]


def publish(records: Sequence[Record], board: Path, rest: Path) -> None:
    """Write what the leaderboard shows into `board`, in place of older records of these methods; others to `rest`."""
    shown = [r for r in records if r.noise == 0 and r.budget_seconds == Budget().seconds]
    methods = {r.method for r in records}
    kept = [r for r in committed(board) if r.method not in methods]
    print(f"{write_records([*kept, *shown], board, form='json')} records written to {board}")
    others = [r for r in records if r not in shown]
    print(f"{write_records(others, rest, form='json')} records written to {rest}")


def execute(cells: Sequence[PlannedRun], registry: Registry, *, store: Path, jobs: int) -> list[Record] | None:
    """Run what is missing; return the records of these cells, without candidates and extras, or None if interrupted."""
    registry.manager.register(PlainProgress(), name="progress")
    keys = {cell.key for cell in cells}
    with Store(store) as opened:
        if run(cells, registry=registry, store=opened, jobs=jobs).interrupted:
            return None
        return [replace(record, candidates=(), extras={}) for record in opened if record.key in keys]


def options(description: str | None) -> argparse.ArgumentParser:
    """Return the options that every measuring script has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True, help="SQLite file of the runs")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--publish", action="store_true", help="write the records of these runs, all done, to results/")
    return parser


def asked(description: str | None, parts: Iterable[str], *, unasked: Sequence[str] = ()) -> argparse.Namespace:
    """Read the options, and which parts are to be measured: without names all but those that are run only if asked."""
    usual = list(parts)
    known = [*usual, *unasked]
    parser = options(description)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(known)}")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(known):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    arguments.parts = arguments.parts or usual
    return arguments


def main() -> int:
    arguments = asked(__doc__, PARTS)
    registry = discover()
    cells = [cell for name in arguments.parts for cell in PARTS[name].cells(registry)]
    records = execute(cells, registry, store=arguments.store, jobs=arguments.jobs)
    if records is not None and arguments.publish:
        publish(records, *RECORDS)
    return 130 if records is None else 0


if __name__ == "__main__":
    sys.exit(main())
