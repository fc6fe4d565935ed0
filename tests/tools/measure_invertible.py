"""What `invertible` finds and inverts: `python tests/tools/measure_invertible.py [PART...]`, without names all parts.

All fits do the same work: one ends when its counted work is done, on one thread, with the seed 0. The part `drawn` has
40 chains of two maps with constants of two digits, drawn from a seed; `feynman` the first 50 equations. A line a task
goes to `results/invertible.csv`; what stands there is not run again. `python tests/tools/make_tables.py` makes the
table of the README.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

import numpy as np
from measured_parts import go_on, rate, read_lines
from places import ROOT
from srbench_invertible.maps import MAPS, Map

from srbench_lite import Budget, Expression, Registry, Suite, Task, discover, judge
from srbench_lite.running.slow_clock import slowed

RUNS: Final = ROOT / "results" / "invertible.csv"
_BUDGET: Final = Budget(seconds=12.0)
#: Share of its clock that a fit sees, so that the end of its counted work ends it and not what else the machine does.
_MACHINE: Final = 0.5
_DRAWN: Final = 40
#: Tasks of inverse with one variable: the first so many.
_ONE_VARIABLE: Final = 20
#: A drawn chain whose values are larger is drawn again.
_LARGEST: Final = 1e4


@dataclass(frozen=True, kw_only=True)
class InvertibleRun:
    """A line of the file.

    Attributes:
        part, task: of which.
        found: whether the formula is the truth, as the judge says.
        solved: for how many variables it came solved.
        error: the largest relative error of a round trip; -1 where it is solved for none.
        work: seconds of the reference machine that were counted.
        seconds: of CPU.
        formula: that was found.
    """

    part: str
    task: str
    found: bool
    solved: int
    error: float
    work: float
    seconds: float
    formula: str


def committed(path: Path = RUNS) -> list[InvertibleRun]:
    """Return the runs that were written; none before."""
    return read_lines(path, InvertibleRun)


HEADERS: Final = (
    "tasks", "recovered", "rate [95 %]", "aim", "answers solved for a variable", "largest error of a round trip",
    "work, s: median", "CPU s, median",
)  # fmt: skip
_LABELS: Final = {
    "one": ("inverse, one variable", "60 %"),
    "several": ("inverse, several variables", "–"),
    "drawn": (f"{_DRAWN} drawn chains of two maps", "–"),
    "feynman": ("feynman, first 50", "–"),
}


def table(runs: Iterable[InvertibleRun]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each part that has runs."""
    every = list(runs)
    for name, (label, aim) in _LABELS.items():
        if mine := [run for run in every if run.part == name]:
            solved, _ = rate(run.solved > 0 for run in mine)
            yield (
                label, *rate(run.found for run in mine), aim, solved, f"{max(run.error for run in mine):.0e}",
                f"{median(run.work for run in mine):.1f}", f"{median(run.seconds for run in mine):.1f}",
            )  # fmt: skip


def drawn_suite(name: str, count: int, seed: int) -> Suite:
    """Return formulas a*g(b*h(c*x + d) + e) + f of two maps that do not undo each other, monotone on their domain."""
    rng = np.random.default_rng(seed)
    formulas: dict[str, tuple[str, dict[str, tuple[float, float]]]] = {}
    names = [each for each in MAPS if each != "identity"]
    while len(formulas) < count:
        g, h = (MAPS[each] for each in rng.choice(names, 2))
        low, high = sorted(np.round(rng.uniform(-5, 5, 2), 1).tolist())
        if g.inverse == h.name or high - low < 0.5:
            continue
        x = np.linspace(low, high, 200)
        text, values = "x", x
        with np.errstate(all="ignore"):
            for each in (h, g):
                alpha, beta = _line_into(each, values, rng)
                text = str(each.write(alpha * Expression.parse(text) + beta))
                values = each.apply(alpha * values + beta)
        slope, offset = (float(f"{value:.2g}") for value in (rng.uniform(0.5, 3), rng.uniform(-2, 2)))
        is_good = np.isfinite(values).all() and np.abs(values).max() < _LARGEST
        if is_good and np.abs(np.diff(values)).min() > 0 and np.ptp(values) > 0.05:
            formulas[f"{len(formulas):02d}-{g.name}-{h.name}"] = (f"{slope}*({text}) + {offset}", {"x": (low, high)})
    return Suite.from_formulas(name, summary="chains of two maps", formulas=formulas)


def _line_into(each: Map, values: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return alpha and beta, two digits each, that bring values into a part of a map's domain."""
    limit, is_signed = each.limit, each.is_signed
    if np.isfinite(limit):
        width = 2 * limit * rng.uniform(0.3, 0.95)
        low = -width / 2
    elif is_signed:
        low, width = rng.uniform(-3, 1), rng.uniform(1, 5)
    else:
        low, width = rng.choice([0.1, 0.5, 1.0, 2.0]), rng.uniform(0.5, 5)
    alpha = float(f"{width / np.ptp(values) * rng.choice([-1, 1]):.2g}")
    return alpha, float(f"{low - (alpha * values).min():.2g}")


def measured(part: str, task: Task, registry: Registry) -> InvertibleRun:
    """Measure one task."""
    assert task.truth is not None
    samples = task.dataset(seed=0).train
    began = time.process_time()
    with slowed(_MACHINE):
        fit = registry.method("invertible").fit(samples, seed=0, budget=_BUDGET, report=lambda expression: None)
    return InvertibleRun(
        part=part, task=task.name, found=bool(judge(fit.expression, task.truth, task.variables).recovered),
        solved=sum(name.startswith("solved_for_") for name in fit.extras),
        error=float(fit.extras.get("round_trip_error", -1.0)), work=float(fit.extras.get("work", 0.0)),
        seconds=round(time.process_time() - began, 2), formula=str(fit.expression),
    )  # fmt: skip


def main() -> int:
    registry = discover()
    of_inverse = registry.suite("inverse").tasks
    tasks = {
        "one": of_inverse[:_ONE_VARIABLE],
        "several": of_inverse[_ONE_VARIABLE:],
        "drawn": drawn_suite("chains", _DRAWN, 3).tasks,
        "feynman": registry.suite("feynman").tasks[:50],
    }
    for row in table(go_on(__doc__, RUNS, InvertibleRun, tasks, lambda part, task: measured(part, task, registry))):
        print(*row, sep=" | ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
