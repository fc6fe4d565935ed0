"""How often the gate errs on runs that it chooses: `python tests/tools/measure_gate_choice.py`.

It writes `results/gate_choice.csv`. A method is simulated as in `measure_gate`, with seconds: a run that succeeds takes
as long as its task is hard, 3 s in the median; one that does not takes the whole limit of 20 s in one of two cases, and
else twice as long as one that succeeds. So seconds tell of success, as they do of real methods. The gate has ten
minutes on two cores, less than all runs take. Each repetition makes a baseline, chooses with
`srbench_lite.comparing.gate_choice`, and decides as the gate does (`srbench_lite.comparing.gate_power.is_worse`).

Beside what is built two other ways are measured: tasks drawn by chance, and a choice by all runs of the baseline with
which the new runs are then compared.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
from measure_gate import BETA_SHAPE, alike, lowered, read_cases, shown_rate, write_cases
from places import ROOT

from srbench_lite.comparing.gate_choice import choose
from srbench_lite.comparing.gate_power import is_worse
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.runs import RunTable

ROWS: Final = ROOT / "results" / "gate_choice.csv"
HEADERS: Final = (
    "tasks",
    "seeds",
    "choice",
    "runs done",
    "true drop, points",
    "repetitions",
    "regression",
    "rate [95 %]",
)
WITHIN: Final = 600.0  # seconds
JOBS: Final = 2
_LIMIT: Final = 20.0  # seconds of a fit
_DROPS: Final = ((0.0, ""), (0.1, "thin"), (0.1, "lost"))
_SIZES: Final = ((30, 5), (50, 5), (100, 3), (100, 5), (200, 3))
CASES: Final = [
    *((tasks, seeds, "by rate", *drop) for tasks, seeds in _SIZES for drop in _DROPS),
    *((100, 5, choice, *drop) for choice in ("by chance", "by the compared runs") for drop in _DROPS),
]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A line of the table; `runs` is the mean number of runs that were done."""

    tasks: int
    seeds: int
    choice: str
    runs: float
    drop: float
    shape: str
    repetitions: int
    alarms: int


def simulated(tasks: int, seeds: int, choice: str, drop: float, shape: str, repetitions: int) -> Case:
    """Return how often the gate says that something is worse."""
    rng = np.random.default_rng([tasks, seeds, len(choice), round(1000 * drop), shape == "lost"])
    alarms = done = 0
    for _ in range(repetitions):
        chances = rng.beta(BETA_SHAPE, BETA_SHAPE, (tasks, 1))
        easy = np.minimum(_LIMIT, rng.lognormal(np.log(3.0), 1.0, (tasks, 1)))
        before = rng.random((tasks, seeds)) < chances
        after = rng.random((tasks, seeds)) < lowered(chances, drop, shape, rng)
        missed = np.where(rng.random(before.shape) < 0.5, _LIMIT, np.minimum(_LIMIT, 2 * easy))
        chosen = _chosen(before, np.where(before, easy, missed), choice, rng)
        runs = chosen.sum(axis=1)
        sides = ((side & chosen).sum(axis=1)[runs > 0] for side in (before, after))
        alarms += is_worse(*sides, runs[runs > 0], margin=METRICS["recovery"].margin)
        done += int(runs.sum())
    return Case(
        tasks=tasks, seeds=seeds, choice=choice, runs=done / repetitions, drop=drop, shape=shape,
        repetitions=repetitions, alarms=alarms,
    )  # fmt: skip


def _chosen(solved: np.ndarray, seconds: np.ndarray, choice: str, rng: np.random.Generator) -> np.ndarray:
    """Return which runs are done again, shape (tasks, seeds), of a baseline with these results and seconds."""
    tasks, seeds = solved.shape
    chosen = np.zeros(solved.shape, dtype=bool)
    if choice == "by chance":  # whole tasks in a random order, as many as there is time for
        order = rng.permutation(tasks)
        chosen[order[seconds[order].sum(axis=1).cumsum() <= WITHIN * JOBS * 0.8]] = True
        return chosen
    copies = 3 if choice == "by the compared runs" else 1  # the first copy of all seeds chooses
    solved, seconds = (np.tile(part, (1, copies)) for part in (solved, seconds))
    baseline = alike((1, *solved.shape)).assign(recovered=solved.ravel().astype(float), seconds=seconds.ravel())
    runs = choose(RunTable(runs=baseline), seconds=WITHIN, jobs=JOBS).runs
    task = runs["task"].astype(str).str.removeprefix("s/").astype(int)
    chosen[task, runs["seed"] % seeds] = True
    return chosen


def committed(path: Path = ROWS) -> list[Case]:
    """Return the cases that stand in the file."""
    return read_cases(Case, path)


def table(cases: Iterable[Case]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the table."""
    for case in cases:
        done = f"{case.runs:.0f} of {case.tasks * case.seeds}"
        cells = shown_rate(case.drop, case.shape, case.repetitions, case.alarms)
        yield (case.tasks, case.seeds, case.choice, done, *cells)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=1000, help="without a drop; with one a quarter")
    arguments = parser.parse_args()
    cases = []
    for case in CASES:
        *_, drop, _ = case
        cases.append(simulated(*case, arguments.repetitions // (4 if drop else 1)))
        print(*next(table(cases[-1:])), sep=" | ", flush=True)
    write_cases(cases, ROWS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
