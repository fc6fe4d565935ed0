"""What `planning` and `refined` find at equal work: `python tests/tools/measure_planning.py [PART...]`, else all parts.

Each part is a method on the same tasks with the same budget, one thread and the seed 0; a fit ends when its counted
work is done, so all parts do the same work, and what else the machine does changes nothing. `drawn-2-few` has 20 points
of each task. A line a task goes to `results/planning.csv`; what stands there is not run again: the same command goes on
where an interrupted one stopped. `python tests/tools/make_tables.py` makes the tables of the README.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from measured_parts import go_on, paired_difference, rate, read_lines
from places import ROOT, SUPPORT

from srbench_lite import Budget, Registry, Samples, Task, discover, judge
from srbench_lite.running.slow_clock import slowed

RUNS: Final = ROOT / "results" / "planning.csv"
_SUITES: Final = SUPPORT / "transformer_tasks.py"
_BUDGET: Final = Budget(seconds=5.0)
_FEW: Final = 20
#: Share of its clock that a fit sees, so that the end of its counted work ends it and not what else the machine does.
_MACHINE: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A method, and how it is set."""

    label: str
    method: str
    settings: Mapping[str, Any] = field(default_factory=dict)


VARIANTS: Final = {
    "sampling": Variant(
        label="sampling (`transformer`, only what it writes)", method="transformer",
        settings={"near": False, "likeliest": 0, "prior": 0, "samples": 64},
    ),
    "planning": Variant(label="`planning`, reward as published", method="planning"),
    "planning-log": Variant(
        label="`planning`, `reward=log`, `exploration=3`", method="planning",
        settings={"reward": "log", "exploration": 3.0},
    ),
    "refined": Variant(label="`refined`", method="refined"),
    "refined-breed": Variant(label="`refined`, `breed=64`", method="refined", settings={"breed": 64}),
    "transformer": Variant(label="`transformer`, all of it", method="transformer"),
}  # fmt: skip
#: Tasks: of which suite, how many, and whether with few points.
GROUPS: Final = {"drawn-1": ("drawn-1", 200), "drawn-2": ("drawn-2", 200), "drawn-2-few": ("drawn-2", 200)}
_BASE: Final = "sampling"


@dataclass(frozen=True, kw_only=True)
class PlanningRun:
    """A line of the file.

    Attributes:
        part: variant and group.
        task: of the suite.
        found: whether the formula is the truth, as the judge says.
        fits: skeletons that were fitted.
        found_at: number of them until an exact formula; -1 where none was exact.
        work: seconds of the reference machine that were counted.
        stopped: "budget" where the clock ended it.
        seconds: of CPU.
        formula: that was found.
    """

    part: str
    task: str
    found: bool
    fits: int
    found_at: int
    work: float
    stopped: str
    seconds: float
    formula: str


def committed(path: Path = RUNS) -> list[PlanningRun]:
    """Return the runs that were written; none before."""
    return read_lines(path, PlanningRun)


HEADERS: Final = (
    "tasks", "method", "recovered", "rate [95 %]", "less sampling, points [95 %]", "fits, median",
    "fits until exact, where found by both: its median, that of sampling", "work, s", "CPU s, median",
    "ended by the clock",
)  # fmt: skip


def table(runs: Iterable[PlanningRun]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each group and variant that has runs."""
    by_part: dict[str, dict[str, PlanningRun]] = {}
    for run in runs:
        by_part.setdefault(run.part, {})[run.task] = run
    for group in GROUPS:
        base = by_part.get(f"{_BASE}/{group}", {})
        for name, variant in VARIANTS.items():
            mine = by_part.get(f"{name}/{group}")
            if not mine:
                continue
            found, others = ({task: run.found for task, run in some.items()} for some in (mine, base))
            every = mine.values()
            both = [task for task in mine if mine[task].found_at > 0 and task in base and base[task].found_at > 0]
            until = [f"{median(some[task].found_at for task in both):.0f}" for some in (mine, base)] if both else ["–"]
            yield (
                f"{group}, first {len(mine)}", variant.label, *rate(found.values()),
                "–" if name == _BASE else paired_difference(found, others),
                f"{median(run.fits for run in every):.0f}",
                "–" if name == _BASE else f"{', '.join(until)} (of {len(both)})",
                f"{sum(run.work for run in every):.0f}", f"{median(run.seconds for run in every):.1f}",
                sum(run.stopped == "budget" for run in every),
            )  # fmt: skip


def measured(part: str, task: Task, registry: Registry) -> PlanningRun:
    """Measure one variant on one task."""
    name, group = part.split("/")
    assert task.truth is not None
    samples = task.dataset(seed=0).train
    if group.endswith("-few"):
        samples = Samples(variables=samples.variables, x=samples.x[:_FEW], y=samples.y[:_FEW])
    method = registry.method(VARIANTS[name].method).with_parameters(dict(VARIANTS[name].settings))
    began = time.process_time()
    with slowed(_MACHINE):
        fit = method.fit(samples, seed=0, budget=_BUDGET, report=lambda expression: None)
    return PlanningRun(
        part=part, task=task.name, found=bool(judge(fit.expression, task.truth, task.variables).recovered),
        fits=int(fit.extras.get("fits", 0)), found_at=int(fit.extras.get("fits_until_exact") or -1),
        work=float(fit.extras.get("work", 0.0)), stopped=fit.stopped or "",
        seconds=round(time.process_time() - began, 2), formula=str(fit.expression),
    )  # fmt: skip


def main() -> int:
    registry = discover(files=(_SUITES,))
    parts = {
        f"{name}/{group}": registry.suite(suite).tasks[:count]
        for group, (suite, count) in GROUPS.items()
        for name in VARIANTS
    }
    for row in table(go_on(__doc__, RUNS, PlanningRun, parts, lambda part, task: measured(part, task, registry))):
        print(*row, sep=" | ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
