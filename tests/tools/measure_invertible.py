"""What `invertible` finds: `python tests/tools/measure_invertible.py [PART...]`, without names all parts.

The parts: the suite `inverse`; chains of one and two invertible maps that are drawn here, of which those of the seed 1
were looked at while the method was made and those of the seed 2 were not; coupling blocks that are drawn here; and the
first 50 equations of `feynman`, as far as they were run. A fit has 10 seconds, one thread and the seed 0. A line a task
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

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from measured_parts import go_on, rate, read_lines
from places import ROOT
from srbench_invertible.maps import MAPS

from srbench_lite import Budget, Expression, Registry, Suite, Task, discover, judge
from srbench_lite.running.slow_clock import slowed

RUNS: Final = ROOT / "results" / "invertible.csv"
_BUDGET: Final = Budget(seconds=10.0)
#: Share of its clock that a fit sees, so that the end of its counted work ends it and not what else the machine does.
_MACHINE: Final = 0.5
_DRAWN: Final = 60
_FEYNMAN: Final = 50
#: Between what the arguments of a drawn map lie, by the map; others between -2 and 2.
_ARGUMENTS: Final = {
    "square": (0.1, 3.0), "sqrt": (0.1, 6.0), "reciprocal": (0.2, 4.0), "log": (0.1, 6.0), "atanh": (-0.95, 0.95),
    "asin": (-0.98, 0.98), "sin": (-1.4, 1.4), "tan": (-1.3, 1.3), "cbrt": (-4.0, 4.0), "sinh": (-2.5, 2.5),
}  # fmt: skip
#: Formulas of drawn blocks: scales and shifts, of one or two variables.
_SCALES: Final = ("{c}", "a", "exp({c}*a)", "a**2", "1/a", "a*b", "exp({c}*a)/b", "sqrt(a)*b", "1/(a + {c})", "a/b")
_SHIFTS: Final = ("{d}", "a**2", "sin(a)", "log(a)", "{d}*a", "b", "a*b", "cos(b)", "exp(-b)", "a/b")

#: What each part is, for the table.
PARTS: Final = {
    "inverse": ("`inverse`", "invertible"),
    "inverse/lies-fast": ("`inverse`", "lies-fast"),
    "drawn-1": ("chains drawn, seed 1 (looked at)", "invertible"),
    "drawn-2": ("chains drawn, seed 2", "invertible"),
    "drawn-2/lies-fast": ("chains drawn, seed 2", "lies-fast"),
    "blocks-1": ("blocks drawn, seed 1 (looked at)", "invertible"),
    "blocks-2": ("blocks drawn, seed 2", "invertible"),
    "feynman": ("`feynman`, from the first on", "invertible"),
}


@dataclass(frozen=True, kw_only=True)
class InvertibleRun:
    """A line of the file.

    Attributes:
        part: of the measurement.
        task: of its suite.
        variables: of the task.
        found: whether the formula is the truth, as the judge says.
        inverted: whether the answer has an inverse whose round trip is the identity at 1e-9.
        error: of the round trip; infinite where there is no inverse, or the method has none.
        seconds: of CPU.
        formula: that was found.
        inverse: of it.
    """

    part: str
    task: str
    variables: int
    found: bool
    inverted: bool
    error: float
    seconds: float
    formula: str
    inverse: str


def committed(path: Path = RUNS) -> list[InvertibleRun]:
    """Return the runs that were written; none before."""
    return read_lines(path, InvertibleRun)


HEADERS: Final = (
    "tasks", "method", "recovered", "rate [95 %]", "inverted at 1e-9", "largest error of a round trip",
    "CPU s, median",
)  # fmt: skip


def table(runs: Iterable[InvertibleRun]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each part that has runs; of `inverse` also by the number of variables."""
    every = list(runs)
    for name, (label, method) in PARTS.items():
        mine = [run for run in every if run.part == name]
        groups = {label: mine}
        if name.startswith("inverse"):
            groups |= {f"{label}, of one variable": [run for run in mine if run.variables == 1]}
            groups |= {f"{label}, of several": [run for run in mine if run.variables > 1]}
        for what, group in groups.items():
            if not group:
                continue
            checked = method == "invertible"
            yield (
                what, f"`{method}`", *rate(run.found for run in group),
                f"{sum(run.inverted for run in group)} of {len(group)}" if checked else "–",
                f"{max(run.error for run in group):.0e}" if checked else "–",
                f"{median(run.seconds for run in group):.1f}",
            )  # fmt: skip


def drawn_chains(seed: int) -> Suite:
    """Draw chains of one or two invertible maps between affine ones; constants have two digits."""
    rng = np.random.default_rng(seed)
    formulas: dict[str, tuple[str, dict[str, tuple[float, float]]]] = {}
    while len(formulas) < _DRAWN:
        low, high = np.sort(rng.uniform(-5, 5, 2)).round(1).tolist()
        if high - low < 1:
            continue
        formula = Expression.variable("y")
        y = np.linspace(low, high, 400)
        with np.errstate(all="ignore"):
            for _ in range(1 + len(formulas) % 2):
                one = list(MAPS.values())[rng.integers(1, len(MAPS))]
                values = np.broadcast_to(formula({"y": y}), y.shape)
                to = np.sort(rng.uniform(*_ARGUMENTS.get(one.name, (-2.0, 2.0)), 2))
                slope = float(rng.choice((-1, 1)) * (to[1] - to[0]) / max(np.ptp(values), 1e-9))
                slope = float(f"{slope:.2g}")
                offset = float(f"{to.mean() - slope * (values.min() + values.max()) / 2:.2g}")
                formula = one.write(slope * formula + offset)
            formula = float(rng.uniform(0.5, 3.0).__round__(1)) * formula + float(rng.uniform(-2, 2).__round__(1))
            values = np.broadcast_to(formula({"y": y}), y.shape)
            steps = np.diff(values)
        if not np.isfinite(values).all() or not ((steps > 0).all() or (steps < 0).all()):
            continue
        line = np.polynomial.Polynomial.fit(y, values, 1)(y)
        if np.square(values - line).sum() < 1e-3 * np.square(values - values.mean()).sum() or np.ptp(values) > 1e4:
            continue
        formulas[f"chain-{len(formulas):02d}"] = (str(formula), {"y": (low, high)})
    return Suite.from_formulas(f"drawn-chains-{seed}", summary="chains of invertible maps", formulas=formulas)


def drawn_blocks(seed: int) -> Suite:
    """Draw functions of two or three variables that are affine in one."""
    rng = np.random.default_rng(seed)
    formulas: dict[str, tuple[str, dict[str, tuple[float, float]]]] = {}
    while len(formulas) < _DRAWN // 2:
        c, d = rng.uniform(0.3, 2.5, 2).round(1)
        scale = _SCALES[rng.integers(len(_SCALES))].format(c=c)
        shift = _SHIFTS[rng.integers(len(_SHIFTS))].format(d=d)
        text = f"x*({scale}) + {shift}"
        used = Expression.parse(text).variables
        if len(used) > 1 and all(text != known for known, _ in formulas.values()):
            formulas[f"block-{len(formulas):02d}"] = (text, dict.fromkeys(used, (0.5, 3.0)))
    return Suite.from_formulas(f"drawn-blocks-{seed}", summary="affine coupling blocks", formulas=formulas)


def measured(name: str, task: Task, registry: Registry) -> InvertibleRun:
    """Measure one part on one task."""
    assert task.truth is not None
    began = time.process_time()
    with slowed(_MACHINE):
        fit = registry.method(PARTS[name][1]).fit(
            task.dataset(seed=0).train, seed=0, budget=_BUDGET, report=lambda expression: None
        )
    seconds = round(time.process_time() - began, 2)
    error = fit.extras.get("round_trip")
    return InvertibleRun(
        part=name, task=task.name, variables=len(task.variables), seconds=seconds,
        found=bool(judge(fit.expression, task.truth, task.variables).recovered),
        inverted=error is not None and error < 1e-9, error=float("inf") if error is None else error,
        formula=str(fit.expression), inverse=str(fit.extras.get("inverse") or ""),
    )  # fmt: skip


def main() -> int:
    registry = discover()
    made = {f"drawn-{seed}": drawn_chains(seed) for seed in (1, 2)}
    made |= {f"blocks-{seed}": drawn_blocks(seed) for seed in (1, 2)}
    tasks = {
        name: (made[suite] if (suite := name.split("/")[0]) in made else registry.suite(suite)).tasks for name in PARTS
    }
    tasks["feynman"] = tasks["feynman"][:_FEYNMAN]
    for row in table(go_on(__doc__, RUNS, InvertibleRun, tasks, lambda name, task: measured(name, task, registry))):
        print(*row, sep=" | ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
