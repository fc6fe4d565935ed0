"""How often the gate errs on runs that it chooses: `python tests/tools/measure_gate_choice.py`.

It writes `results/gate_choice.csv`. A method is simulated as in `measure_gate`, with seconds: a run that succeeds takes
as long as its task is hard, 3 s in the median; one that does not takes the whole limit of 20 s in one of two cases, and
else twice as long as one that succeeds. So seconds tell of success, as they do of real methods. The gate has ten
minutes on two cores, less than all runs take. Each repetition makes a baseline, chooses with
`srbench_lite.comparing.gate_choice`, and goes through `srbench_lite.comparing.gate.check`.

Beside what is built two other ways are measured: tasks drawn by chance, and a choice by all runs of the baseline with
which the new runs are then compared.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
import pandas as pd
from measure_gate import BETA_SHAPE, alike, lowered
from places import ROOT

from srbench_lite.comparing.gate import GateResult, check
from srbench_lite.comparing.gate_choice import CONDITIONS, choose
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.statistics import wilson_interval

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
_COLUMNS: Final = ("tasks", "seeds", "choice", "runs", "drop", "shape", "repetitions", "alarms")
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
        before = _runs(chances, easy, seeds, rng)
        after = _runs(lowered(chances, drop, shape, rng), easy, seeds, rng)
        chosen = _chosen(before, choice, rng)
        kept = (pd.MultiIndex.from_frame(side.runs[[*CONDITIONS, "seed"]]).isin(chosen) for side in (before, after))
        sides = (replace(side, runs=side.runs[rows]) for side, rows in zip((before, after), kept, strict=True))
        alarms += check(*sides, shown=(), allow_old=True).outcome is GateResult.REGRESSION
        done += len(chosen)
    return Case(
        tasks=tasks, seeds=seeds, choice=choice, runs=done / repetitions, drop=drop, shape=shape,
        repetitions=repetitions, alarms=alarms,
    )  # fmt: skip


def _chosen(before: RunTable, choice: str, rng: np.random.Generator) -> pd.MultiIndex:
    """Return what tells the chosen runs apart."""
    runs = before.runs
    if choice == "by chance":  # whole tasks in a random order, as many as there is time for
        order = rng.permutation(runs["task"].unique())
        seconds = runs.groupby("task", observed=True)["seconds"].sum()[order].cumsum()
        chosen = runs[runs["task"].isin(order[(seconds <= WITHIN * JOBS * 0.8).to_numpy()])]
    elif choice == "by the compared runs":  # each seed twice, so that one of two chooses by the very runs compared
        doubled = pd.concat([runs, runs.assign(seed=runs["seed"] + 1000)])
        of_doubled = choose(RunTable(runs=doubled), seconds=WITHIN, jobs=JOBS).runs
        chosen = of_doubled.assign(seed=of_doubled["seed"] % 1000).drop_duplicates([*CONDITIONS, "seed"])
    else:
        chosen = choose(before, seconds=WITHIN, jobs=JOBS).runs
    return pd.MultiIndex.from_frame(chosen[[*CONDITIONS, "seed"]])


def _runs(chances: np.ndarray, easy: np.ndarray, seeds: int, rng: np.random.Generator) -> RunTable:
    """Return runs of one method, some solved, with their seconds."""
    solved = rng.random((len(chances), seeds)) < chances
    missed = np.where(rng.random(solved.shape) < 0.5, _LIMIT, np.minimum(_LIMIT, 2 * easy))
    seconds = np.where(solved, easy, missed)
    runs = alike((1, *solved.shape))
    return RunTable(runs=runs.assign(recovered=solved.ravel().astype(float), seconds=seconds.ravel()))


def committed(path: Path = ROWS) -> list[Case]:
    """Return the cases that stand in the file."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Case(
                tasks=int(row["tasks"]), seeds=int(row["seeds"]), choice=row["choice"], runs=float(row["runs"]),
                drop=float(row["drop"]), shape=row["shape"], repetitions=int(row["repetitions"]),
                alarms=int(row["alarms"]),
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def table(cases: Iterable[Case]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the table."""
    for case in cases:
        share = case.alarms / case.repetitions
        interval = wilson_interval(share, case.repetitions)
        assert interval is not None
        yield (
            case.tasks, case.seeds, case.choice, f"{case.runs:.0f} of {case.tasks * case.seeds}",
            f"{100 * case.drop:g} {case.shape}".strip(), case.repetitions, case.alarms,
            f"{100 * share:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]",
        )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=600, help="without a drop; with one a third of that")
    arguments = parser.parse_args()
    cases = []
    for case in CASES:
        *_, drop, _ = case
        cases.append(simulated(*case, arguments.repetitions // (3 if drop else 1)))
        print(*next(table(cases[-1:])), sep=" | ", flush=True)
    with ROWS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows([getattr(case, name) for name in _COLUMNS] for case in cases)
    return 0


if __name__ == "__main__":
    sys.exit(main())
