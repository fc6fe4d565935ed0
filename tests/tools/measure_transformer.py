"""What `transformer` finds: `python tests/tools/measure_transformer.py --store FILE.db [PART...]`, without names all.

Each part is one `srbench run` on one thread; what stands in the store is not run again, so the same command goes on
where an interrupted one stopped. `--publish` then writes one line a run to `results/transformer.csv`, and
`python tests/tools/make_tables.py` makes the tables of the README.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from measure_lies import asked, execute
from places import ROOT, SUPPORT

from srbench_lite import Budget, Registry, Task, discover, plan
from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.running.plan import PlannedRun

RUNS: Final = ROOT / "results" / "transformer.csv"
_SUITES: Final = SUPPORT / "transformer_tasks.py"
COLUMNS: Final = ("part", "task", "status", "verdict", "seconds", "complexity", "formula", "truth")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One measurement: a method on the first tasks of a suite, and the rate it is to reach."""

    suite: str
    method: str = "transformer"
    tasks: tuple[int, int] = (0, 1_000)
    noise: float = 0.0
    seconds: float = 10.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    aim: str = ""
    third_of: str = ""  # the part of which this baseline is to recover no more than a third, on the same tasks
    label: str = ""

    def chosen(self, registry: Registry) -> tuple[Task, ...]:
        """Return its tasks."""
        return registry.suite(self.suite).tasks[slice(*self.tasks)]

    def cells(self, registry: Registry) -> tuple[PlannedRun, ...]:
        """List its runs, as `srbench run` would."""
        method = registry.method(self.method).with_parameters(dict(self.settings))
        return plan(
            [method], self.chosen(registry), seeds=[0], noises=[self.noise], budget=Budget(seconds=self.seconds)
        )


#: Weights of a model of half the size, which do not ship, and what makes them.
HALF: Final = Path("corpora/transformer/half.safetensors")
_MAKES_HALF: Final = f"srbench-transformer train --steps 9500 --width 88 --out {HALF}"
#: Functions that the slower parts look at.
_SOME: Final = (0, 200)
#: Nothing but what the network writes, and nothing but what the generator draws.
_ALONE: Final = {"near": False, "likeliest": 0, "prior": 0}
_PRIOR_ALONE: Final = {"near": False, "likeliest": 0}
PARTS: Final = {
    "drawn-1": Part(suite="drawn-1", aim="55 %"),
    "drawn-2": Part(suite="drawn-2", aim="35 %"),
    "drawn-1-prior": Part(suite="drawn-1", method="prior-sampling", tasks=_SOME, third_of="drawn-1"),
    "drawn-2-prior": Part(suite="drawn-2", method="prior-sampling", tasks=(0, 100), third_of="drawn-2"),
    "drawn-1-alone": Part(suite="drawn-1", tasks=(0, 100), settings=_ALONE),
    "drawn-1-prior-alone": Part(suite="drawn-1", method="prior-sampling", tasks=(0, 100), settings=_PRIOR_ALONE),
    "known-1-alone": Part(suite="known-1", tasks=(0, 100), settings=_ALONE),
    "known-1-prior-alone": Part(suite="known-1", method="prior-sampling", tasks=(0, 100), settings=_PRIOR_ALONE),
    "nguyen-1-to-8": Part(suite="nguyen", tasks=(0, 8), aim="7 of 8"),
    "nguyen-9-to-12": Part(suite="nguyen", tasks=(8, 12), aim="2 of 4"),
    "nguyen-prior": Part(suite="nguyen", method="prior-sampling"),
    "poly2": Part(suite="poly2", seconds=20.0, aim="95 %"),
    "sin": Part(suite="sin", seconds=20.0, aim="90 %"),
    "composite": Part(suite="composite", seconds=20.0, aim="75 %"),
    "drawn-1-noise": Part(suite="drawn-1", noise=0.01, tasks=(0, 100), aim="two thirds of noise-free"),
    "drawn-2-noise": Part(suite="drawn-2", noise=0.01, tasks=(0, 100), aim="two thirds of noise-free"),
    "nguyen-noise": Part(suite="nguyen", noise=0.01, aim="two thirds of noise-free"),
    "sin-noise": Part(suite="sin", noise=0.01, seconds=20.0, aim="two thirds of noise-free"),
    "composite-noise": Part(suite="composite", noise=0.01, seconds=20.0, aim="two thirds of noise-free"),
    "ablation-beam": Part(suite="drawn-1", tasks=_SOME, settings={"beam": True}, label="beam search"),
    "ablation-bfgs": Part(suite="drawn-1", tasks=_SOME, settings={"optimiser": "bfgs"}, label="constants by BFGS"),
    "ablation-points": Part(suite="drawn-1", tasks=_SOME, settings={"points": 32}, label="half the points shown"),
    "ablation-half": Part(
        suite="drawn-1", tasks=_SOME, settings={"weights": str(HALF)}, label="half the parameters (width 88)"
    ),
    "ablation-spelling": Part(suite="drawn-1", tasks=_SOME, settings={"respell": False}, label="no re-spelling"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PublishedRun:
    """A line of the file."""

    part: str
    task: str
    status: str
    verdict: str
    seconds: float
    complexity: str
    formula: str
    truth: str

    @property
    def is_recovered(self) -> bool:
        """Whether the judge took the formula for the truth."""
        return self.verdict in ("exact", "recovered")


def committed(path: Path = RUNS) -> list[PublishedRun]:
    """Return the runs that were published; none before."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [PublishedRun(seconds=float(row.pop("seconds")), **row) for row in csv.DictReader(file)]


HEADERS: Final = ("method", "tasks", "noise", "limit, s", "recovered", "rate [95 %]", "aim", "median s", "largest s")
ABLATION_HEADERS: Final = ("variant", "recovered", "rate [95 %]", "lost / gained", "median s")


def table(runs: Iterable[PublishedRun]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each part that has runs and is no ablation."""
    by_part = _by_part(runs)
    for name, (part, mine) in by_part.items():
        if not part.label:
            taken = [run.seconds for run in mine]
            method = ", ".join([f"`{part.method}`", *(f"{k}={v}" for k, v in part.settings.items())])
            of = f"{part.suite}, first {len(mine)}" if part.tasks[0] == 0 and part.tasks[1] < 1_000 else part.suite
            of = name if name.startswith("nguyen-") and name[7].isdigit() else of
            yield (
                method, of, f"{part.noise:g}", f"{part.seconds:g}", _recovered_of(mine), _rate(mine),
                _aim(part, mine, by_part), f"{median(taken):.1f}", f"{max(taken):.1f}",
            )  # fmt: skip


def ablations(runs: Iterable[PublishedRun]) -> Iterator[tuple[object, ...]]:
    """Yield a row for the method as it is, and one for each variant, on the same functions."""
    by_part = _by_part(runs)
    if "drawn-1" not in by_part:
        return
    whole = {run.task: run for run in by_part["drawn-1"][1]}
    some = [run for place, run in enumerate(by_part["drawn-1"][1]) if _SOME[0] <= place < _SOME[1]]
    yield "`transformer`", _recovered_of(some), _rate(some), "–", f"{median(run.seconds for run in some):.1f}"
    for part, mine in by_part.values():
        if part.label:
            lost = sum(whole[run.task].is_recovered and not run.is_recovered for run in mine)
            gained = sum(run.is_recovered and not whole[run.task].is_recovered for run in mine)
            seconds = median(run.seconds for run in mine)
            yield part.label, _recovered_of(mine), _rate(mine), f"{lost} / {gained}", f"{seconds:.1f}"


def _by_part(runs: Iterable[PublishedRun]) -> dict[str, tuple[Part, list[PublishedRun]]]:
    every = list(runs)
    by_name = {name: (part, [run for run in every if run.part == name]) for name, part in PARTS.items()}
    return {name: (part, mine) for name, (part, mine) in by_name.items() if mine}


def _aim(part: Part, mine: list[PublishedRun], by_part: Mapping[str, tuple[Part, list[PublishedRun]]]) -> str:
    if part.third_of not in by_part:
        return part.aim or "–"
    tasks = {run.task for run in mine}
    other = [run for run in by_part[part.third_of][1] if run.task in tasks]
    return f"a third of `{by_part[part.third_of][0].method}`, which finds {_recovered_of(other)}"


def _recovered_of(runs: list[PublishedRun]) -> str:
    return f"{sum(run.is_recovered for run in runs)} of {len(runs)}"


def _rate(runs: list[PublishedRun]) -> str:
    share = fmean(run.is_recovered for run in runs)
    interval = wilson_interval(share, len(runs))
    assert interval is not None
    return f"{100 * share:.0f} % [{100 * interval.low:.0f}, {100 * interval.high:.0f}]"


def main() -> int:
    arguments = asked(__doc__, PARTS)
    registry = discover(files=(_SUITES,))
    if "ablation-half" in arguments.parts and not HALF.exists():
        print(f"ablation-half is left out: there is no {HALF}; first: {_MAKES_HALF}", file=sys.stderr)
        arguments.parts.remove("ablation-half")
    cells = {name: PARTS[name].cells(registry) for name in arguments.parts}
    records = execute(
        [cell for some in cells.values() for cell in some], registry, store=arguments.store, jobs=arguments.jobs
    )
    if records is None:
        return 130
    by_key = {record.key: record for record in records}
    runs = [
        PublishedRun(
            part=name, task=r.task, status=r.status.value, verdict=r.scores.verdict or "", seconds=round(r.seconds, 2),
            complexity=str(r.scores.complexity or ""), formula=r.expression or "", truth=r.truth or "",
        )
        for name, some in cells.items()
        for r in (by_key[cell.key] for cell in some)
    ]  # fmt: skip
    for row in [*table(runs), *ablations(runs)]:
        print(*row, sep=" | ")
    if arguments.publish:
        kept = [run for run in committed() if run.part not in cells]
        with RUNS.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            order = list(PARTS)
            for run in sorted([*kept, *runs], key=lambda run: (order.index(run.part), run.task)):
                writer.writerow({column: getattr(run, column) for column in COLUMNS})
        print(f"written to {RUNS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
