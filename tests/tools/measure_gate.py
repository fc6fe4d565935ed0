"""How often the gate errs: `python tests/tools/measure_gate.py`, which writes `results/gate.csv`.

Methods are simulated: each task is solved with a probability of its own, drawn from Beta(0.35, 0.35), so that most
tasks are solved nearly always or nearly never; seeds are drawn independently for the baseline and for the runs that
are checked. In a drop the mean probability falls by so many points: either every one by the same factor ("thin"), or
that of tasks chosen by chance to zero, until it is enough ("lost"). Each repetition goes through
`srbench_lite.comparing.gate.check`, as the command does.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Final, TypeVar

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
import pandas as pd
from places import ROOT

from srbench_lite.comparing.gate import GateResult, check
from srbench_lite.comparing.gate_power import with_lost_tasks, with_thin_loss
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.statistics import wilson_interval

ROWS: Final = ROOT / "results" / "gate.csv"
HEADERS: Final = ("tasks", "seeds", "methods", "true drop, points", "repetitions", "regression", "rate [95 %]")
C = TypeVar("C")
BETA_SHAPE: Final = 0.35
#: The cases that the table shows; with several methods, only the first drops.
_NO_DROP: Final = (0.0, "")
_DROPS: Final = [(drop, shape) for drop in (0.05, 0.1) for shape in ("thin", "lost")]
CASES: Final = [
    *((30, seeds, 1, *drop) for seeds, drop in product([3, 5, 10], [_NO_DROP, *_DROPS])),
    *((tasks, 5, 1, *drop) for tasks, drop in product([50, 100], [_NO_DROP, *_DROPS[2:]])),
    *((30, 5, 4, *drop) for drop in [_NO_DROP, _DROPS[-1]]),
]
#: The case that the gate was made for is simulated more often than the others, by this factor.
_MAIN_CASE: Final = (30, 5, 1)
_MAIN_FACTOR: Final = 4


@dataclass(frozen=True, kw_only=True)
class Case:
    """A line of the table."""

    tasks: int
    seeds: int
    methods: int
    drop: float
    shape: str
    repetitions: int
    alarms: int


def simulated(tasks: int, seeds: int, methods: int, drop: float, shape: str, repetitions: int) -> Case:
    """Return how often the gate says that something is worse."""
    rng = np.random.default_rng([tasks, seeds, methods, round(1000 * drop), shape == "lost"])
    alarms = 0
    for _ in range(repetitions):
        chances = rng.beta(BETA_SHAPE, BETA_SHAPE, (methods, tasks, 1))
        lower = chances.copy()
        lower[0] = lowered(chances[0], drop, shape, rng)
        before, after = (_runs(rng.random((methods, tasks, seeds)) < p) for p in (chances, lower))
        alarms += check(before, after, shown=(), allow_old=True).outcome is GateResult.REGRESSION
    return Case(
        tasks=tasks, seeds=seeds, methods=methods, drop=drop, shape=shape, repetitions=repetitions, alarms=alarms
    )  # fmt: skip


def lowered(chances: np.ndarray, drop: float, shape: str, rng: np.random.Generator) -> np.ndarray:
    """Return chances, shape (tasks, 1), whose mean is lower by `drop`, or zero."""
    lower = with_lost_tasks if shape == "lost" else with_thin_loss
    return lower(chances[:, 0], drop, rng)[:, None]


def _runs(solved: np.ndarray) -> RunTable:
    """Return runs of methods, tasks and seeds, all alike but for what they solved."""
    return RunTable(runs=alike(solved.shape).assign(recovered=solved.ravel().astype(float)))


@lru_cache(maxsize=1)
def alike(shape: tuple[int, ...]) -> pd.DataFrame:
    """Return runs of methods, tasks and seeds that differ in nothing else."""
    method, task, seed = (part.ravel() for part in np.indices(shape))
    names = np.char.add("m", method.astype(str))
    runs = pd.DataFrame({
        "suite": "s", "task": np.char.add("s/", task.astype(str)), "task_fingerprint": task.astype(str), "noise": 0.0,
        "seed": seed, "method": names, "variant_of": names, "status": "ok", "nmse_test": 0.0, "y_constant": 0,
        "complexity": 5, "seconds": 1.0, "truth": "x", "budget_seconds": 60.0, "budget_memory_mb": 4096.0,
        "budget_threads": 1, "scoring_version": "1", "method_version": "1", "parameters": "{}", "started_at": "",
        "perturbation": "{}",
    })  # fmt: skip
    return runs.astype({name: "category" for name in runs if not pd.api.types.is_numeric_dtype(runs[name])})


def committed(path: Path = ROWS) -> list[Case]:
    """Return the cases that stand in the file."""
    return read_cases(Case, path)


def read_cases(kind: type[C], path: Path) -> list[C]:
    """Return the cases that stand in a file with a column for each of their fields."""
    read: dict[str, Callable[[str], object]] = {"int": int, "float": float, "str": str}
    with path.open(encoding="utf-8", newline="") as file:
        return [
            kind(**{one.name: read[str(one.type)](row[one.name]) for one in fields(kind)})
            for row in csv.DictReader(file)
        ]


def write_cases(cases: Sequence[Any], path: Path) -> None:
    """Write cases to such a file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([one.name for one in fields(cases[0])])
        writer.writerows(astuple(case) for case in cases)


def shown_rate(drop: float, shape: str, repetitions: int, alarms: int) -> tuple[object, ...]:
    """Return the last cells of a row: the drop, the repetitions, how many said that something is worse, their share."""
    share = alarms / repetitions
    interval = wilson_interval(share, repetitions)
    assert interval is not None
    rate = f"{100 * share:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"
    return f"{100 * drop:g} {shape}".strip(), repetitions, alarms, rate


def table(cases: Iterable[Case]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the table."""
    for case in cases:
        cells = shown_rate(case.drop, case.shape, case.repetitions, case.alarms)
        yield (case.tasks, case.seeds, case.methods, *cells)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--repetitions", type=int, default=2000, help="of 30 tasks, 5 seeds, 1 method; others a quarter"
    )
    arguments = parser.parse_args()
    cases = []
    for case in CASES:
        times = 1 if case[:3] == _MAIN_CASE else 1 / _MAIN_FACTOR
        cases.append(simulated(*case, round(times * arguments.repetitions)))
        print(*next(table(cases[-1:])), sep=" | ", flush=True)
    write_cases(cases, ROWS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
