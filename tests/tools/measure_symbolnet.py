"""What `symbolnet` finds, and what it prunes: `python tests/tools/measure_symbolnet.py [PART...]`, else all parts.

All fits do the same work: one ends when its counted work is done, on one thread, with the seed 0. Parts `shares-...` do
one whole round on a task of dummies, exact or not, and look at what is pruned in the network with the least error. A
line a task goes to `results/symbolnet.csv`; what stands there is not run again. `python tests/tools/make_tables.py`
makes the table of the README.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import torch
from measured_parts import go_on, paired_difference, rate, read_lines
from places import ROOT
from srbench_symbolnet import SymbolNet
from srbench_symbolnet.network import KINDS
from srbench_symbolnet.pipeline import new_round

from srbench_lite import Budget, Registry, Task, discover, judge, torch_threads
from srbench_lite.fitting import Deadline
from srbench_lite.running.slow_clock import slowed

RUNS: Final = ROOT / "results" / "symbolnet.csv"
_BUDGET: Final = Budget(seconds=12.0)
#: Share of its clock that a fit sees, so that the end of its counted work ends it and not what else the machine does.
_MACHINE: Final = 0.5
#: Tasks of dummies whose formulas are one unit deep: the first so many.
_ONE_UNIT_DEEP: Final = 14


@dataclass(frozen=True, kw_only=True)
class Part:
    """A setting on some tasks of a suite."""

    label: str
    suite: str
    tasks: tuple[int, int] = (0, 1_000)
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_of_shares: bool = False
    against: str = ""  # the part with which it is paired
    aim: str = "–"


_ONE_SHOT: Final = {"pruning": "one-shot"}
PARTS: Final = {
    "shallow": Part(label="dummies, one unit deep", suite="dummies", tasks=(0, _ONE_UNIT_DEEP), aim="50 %"),
    "deep": Part(label="dummies, deeper", suite="dummies", tasks=(_ONE_UNIT_DEEP, 20)),
    "shallow-one-shot": Part(
        label="dummies, one unit deep, `pruning=one-shot`", suite="dummies", tasks=(0, _ONE_UNIT_DEEP),
        settings=_ONE_SHOT, against="shallow",
    ),
    "deep-one-shot": Part(
        label="dummies, deeper, `pruning=one-shot`", suite="dummies", tasks=(_ONE_UNIT_DEEP, 20), settings=_ONE_SHOT,
        against="deep",
    ),
    "shares": Part(label="dummies, one round", suite="dummies", is_of_shares=True),
    "shares-one-shot": Part(
        label="dummies, one round, `pruning=one-shot`", suite="dummies", settings=_ONE_SHOT, is_of_shares=True
    ),
    "sin": Part(label="sin", suite="sin", aim="80 %"),
    "poly2": Part(label="poly2", suite="poly2", tasks=(0, 50), aim="80 %"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SymbolNetRun:
    """A line of the file.

    Attributes:
        part, task: of which.
        found: whether the formula is the truth, as the judge says.
        selected: whether its inputs are those of the truth.
        off: the largest distance of a share from its target, of four; -1 where shares were not looked at.
        error: mean squared error of the network on the training points, in units of the variance; -1 likewise.
        work: seconds of the reference machine that were counted.
        seconds: of CPU.
        formula: that was found.
    """

    part: str
    task: str
    found: bool
    selected: bool
    off: float
    error: float
    work: float
    seconds: float
    formula: str


def committed(path: Path = RUNS) -> list[SymbolNetRun]:
    """Return the runs that were written; none before."""
    return read_lines(path, SymbolNetRun)


HEADERS: Final = (
    "tasks", "recovered", "rate [95 %]", "aim", "right inputs", "less thresholds, points [95 %]",
    "shares within 2 points", "farthest", "error of the network, median", "work, s: median", "CPU s, median",
)  # fmt: skip


def table(runs: Iterable[SymbolNetRun]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each part that has runs."""
    by_part: dict[str, dict[str, SymbolNetRun]] = {}
    for run in runs:
        by_part.setdefault(run.part, {})[run.task] = run
    for name, part in PARTS.items():
        if name not in by_part:
            continue
        mine = list(by_part[name].values())
        cost = f"{median(run.work for run in mine):.1f}", f"{median(run.seconds for run in mine):.1f}"
        if part.is_of_shares:
            within = sum(run.off <= 0.02 for run in mine)
            yield (
                part.label, "–", "–", "–", "–", "–", f"{within} of {len(mine)}",
                f"{100 * max(run.off for run in mine):.0f} points", f"{median(run.error for run in mine):.2g}", *cost,
            )  # fmt: skip
            continue
        base = {task: run.found for task, run in by_part.get(part.against, {}).items()}
        selected, _ = rate(run.selected for run in mine)
        yield (
            part.label, *rate(run.found for run in mine), part.aim, selected,
            paired_difference({run.task: run.found for run in mine}, base), "–", "–", "–", *cost,
        )  # fmt: skip


def measured(name: str, task: Task, registry: Registry) -> SymbolNetRun:
    """Measure one part on one task."""
    assert task.truth is not None
    part = PARTS[name]
    method = registry.method("symbolnet").with_parameters(dict(part.settings))
    assert isinstance(method, SymbolNet)
    samples = task.dataset(seed=0).train
    began = time.process_time()
    if part.is_of_shares:
        deadline = Deadline(math.inf)
        with torch_threads(1):
            round_ = new_round(method, samples.x, samples.y, seed=0, number=0)
            (errors,) = round_.train(method, looks=1, deadline=deadline)
        best = int(errors.argmin())
        shares = round_.networks.masks().shares()
        off = max(abs(float((shares[kind] - getattr(round_.targets, kind))[best])) for kind in KINDS)
        return SymbolNetRun(
            part=name, task=task.name, found=False, selected=False, off=round(off, 4), error=float(errors[best]),
            work=round(deadline.work_done, 3), seconds=round(time.process_time() - began, 2), formula="",
        )  # fmt: skip
    with slowed(_MACHINE):
        fit = method.fit(samples, seed=0, budget=_BUDGET, report=lambda expression: None)
    return SymbolNetRun(
        part=name, task=task.name, found=bool(judge(fit.expression, task.truth, task.variables).recovered),
        selected=set(fit.expression.variables) == set(task.truth.variables), off=-1.0, error=-1.0,
        work=float(fit.extras.get("work", 0.0)), seconds=round(time.process_time() - began, 2),
        formula=str(fit.expression),
    )  # fmt: skip


def main() -> int:
    torch.set_num_threads(1)
    registry = discover()
    tasks = {name: registry.suite(part.suite).tasks[slice(*part.tasks)] for name, part in PARTS.items()}
    for row in table(go_on(__doc__, RUNS, SymbolNetRun, tasks, lambda name, task: measured(name, task, registry))):
        print(*row, sep=" | ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
