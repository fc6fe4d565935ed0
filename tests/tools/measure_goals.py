"""What `goals` finds: `python tests/tools/measure_goals.py [PART...]`, without names all parts.

The tasks are those of nguyen and livermore whose formulas need no constants: whole exponents, and no other number than
1 and 2. All parts do the same work: a fit ends when its counted work is done, on one thread, with the seed 0. The part
`without-hindsight` needs a policy that does not ship: `srbench-goals train --no-hindsight --steps 8000 --out
corpora/goals/without.safetensors`. A line a task goes to `results/goals.csv`; what stands there is not run again.
`python tests/tools/make_tables.py` makes the table of the README.
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
from places import ROOT

from srbench_lite import Budget, Expression, Registry, Task, discover, judge
from srbench_lite.running.slow_clock import slowed

RUNS: Final = ROOT / "results" / "goals.csv"
#: Weights of a policy that was trained without hindsight.
WITHOUT: Final = Path("corpora/goals/without.safetensors")
_BUDGET: Final = Budget(seconds=60.0)
#: Share of its clock that a fit sees, so that the end of its counted work ends it and not what else the machine does.
_MACHINE: Final = 0.5
_OPERATORS: Final = {"add", "sub", "mul", "div", "neg", "pow", "sqrt", "sin", "cos", "exp", "log"}
_NUMBERS: Final = (1.0, 2.0)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A method on the tasks of a suite."""

    label: str
    suite: str
    method: str = "goals"
    settings: Mapping[str, Any] = field(default_factory=dict)


_VARIANTS: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = {
    "goals": ("`goals`", "goals", {}),
    "without-hindsight": ("`goals`, trained without hindsight", "goals", {"weights": str(WITHOUT)}),
    "chance": ("`goals`, `epsilon=1`: no policy", "goals", {"epsilon": 1.0}),
    "prior-sampling": ("`prior-sampling`", "prior-sampling", {}),
}
PARTS: Final = {
    f"{name}/{suite}": Part(label=label, suite=suite, method=method, settings=settings)
    for suite in ("nguyen", "livermore")
    for name, (label, method, settings) in _VARIANTS.items()
}


@dataclass(frozen=True, kw_only=True)
class GoalsRun:
    """A line of the file.

    Attributes:
        part: variant and suite.
        task: of the suite.
        found: whether the formula is the truth, as the judge says.
        episodes: that were begun, or skeletons that were fitted.
        found_at: number of them until an exact one; -1 where none was.
        work: seconds of the reference machine that were counted.
        seconds: of CPU.
        formula: that was found.
    """

    part: str
    task: str
    found: bool
    episodes: int
    found_at: int
    work: float
    seconds: float
    formula: str


def committed(path: Path = RUNS) -> list[GoalsRun]:
    """Return the runs that were written; none before."""
    return read_lines(path, GoalsRun)


HEADERS: Final = (
    "tasks", "method", "recovered", "of them exact in the search", "rate [95 %]", "less `goals`, points [95 %]",
    "episodes (fits) until exact: median, most", "work, s: median, in all", "CPU s, median",
)  # fmt: skip


def table(runs: Iterable[GoalsRun]) -> Iterator[tuple[object, ...]]:
    """Yield a row for each part that has runs."""
    by_part: dict[str, dict[str, GoalsRun]] = {}
    for run in runs:
        by_part.setdefault(run.part, {})[run.task] = run
    for name, part in PARTS.items():
        if name not in by_part:
            continue
        mine, base = by_part[name].values(), by_part.get(f"goals/{part.suite}", {})
        until = [run.found_at for run in mine if run.found_at > 0]
        exact = sum(run.found and run.found_at > 0 for run in mine)  # the others are lines through what came nearest
        found = {run.task: run.found for run in mine}
        difference = paired_difference(found, {task: run.found for task, run in base.items()})
        recovered, share = rate(found.values())
        yield (
            part.suite, part.label, recovered, exact, share, "–" if name.startswith("goals/") else difference,
            f"{median(until):.0f}, {max(until)}" if until else "–",
            f"{median(run.work for run in mine):.1f}, {sum(run.work for run in mine):.0f}",
            f"{median(run.seconds for run in mine):.1f}",
        )  # fmt: skip


def needs_no_constants(truth: Expression) -> bool:
    """Whether a formula has whole exponents, no other number than 1 and 2, and functions that the policy writes."""
    operators = [node for node in truth.postorder() if node.is_operator]
    powers = [node.args[1] for node in operators if node.op == "pow"]
    if any(node.op not in _OPERATORS for node in operators) or not all(power.is_constant for power in powers):
        return False
    exponents = [power.constants[0] for power in powers]
    if any(exponent % 1 for exponent in exponents):
        return False
    others = [abs(value) for value in truth.constants]
    for exponent in exponents:
        others.remove(abs(exponent))
    return all(value in _NUMBERS for value in others)


def measured(name: str, task: Task, registry: Registry) -> GoalsRun:
    """Measure one part on one task."""
    assert task.truth is not None
    part = PARTS[name]
    method = registry.method(part.method).with_parameters(dict(part.settings))
    began = time.process_time()
    with slowed(_MACHINE):
        fit = method.fit(task.dataset(seed=0).train, seed=0, budget=_BUDGET, report=lambda expression: None)
    extras = fit.extras
    return GoalsRun(
        part=name, task=task.name, found=bool(judge(fit.expression, task.truth, task.variables).recovered),
        episodes=int(extras.get("episodes", extras.get("fits", 0))),
        found_at=int(extras.get("episodes_until_found") or extras.get("fits_until_exact") or -1),
        work=float(extras.get("work", 0.0)), seconds=round(time.process_time() - began, 2), formula=str(fit.expression),
    )  # fmt: skip


def main() -> int:
    registry = discover()
    tasks = {
        name: [task for task in registry.suite(part.suite).tasks if task.truth and needs_no_constants(task.truth)]
        for name, part in PARTS.items()
    }
    if not WITHOUT.exists():
        print(f"parts without hindsight are left out: there is no {WITHOUT}", file=sys.stderr)
        tasks = {name: some for name, some in tasks.items() if PARTS[name].settings.get("weights") != str(WITHOUT)}
    for row in table(go_on(__doc__, RUNS, GoalsRun, tasks, lambda name, task: measured(name, task, registry))):
        print(*row, sep=" | ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
