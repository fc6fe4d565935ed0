"""What the harness costs: wall clock of a cell less the method's own fit time.

Targets: a median of 40 ms here, of 150 ms in another interpreter.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from other_pythons import bare_venv

from srbench_lite import Budget
from srbench_lite.environments.environment import Environment
from srbench_lite.environments.making import record_interpreter
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.store import Store
from srbench_lite.running.plan import plan
from srbench_lite.running.runner import run

NOOP = """
from dataclasses import dataclass
from srbench_lite import Expression, Fit, Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Noop(Method):
    name = "noop"
    summary = "answers with the number 1"
    source = "tests"

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.constant(1.0))

@hookimpl
def srbench_methods():
    return [Noop()]
"""


def overheads(benchmark, folder: Path, there: Environment | None = None) -> list[float]:
    """Do 200 runs, the 100 tasks of poly2 with two seeds, or 20 where nothing is timed; return milliseconds of each."""
    plugin = folder / "noop.py"
    plugin.write_text(NOOP)
    registry = discover(files=[plugin])
    tasks = registry.suites["poly2"].tasks[: 100 if benchmark.enabled else 10]
    cells = plan(
        [registry.method("noop")], tasks, seeds=[0, 1], noises=[0.0], budget=Budget(seconds=20.0),
        environments={} if there is None else {"noop": there},
    )  # fmt: skip
    with Store(folder / "store.db") as store:
        benchmark.pedantic(lambda: run(cells, registry=registry, store=store, plugins=[plugin]), rounds=1, iterations=1)
        found = [1000.0 * (record.cell_seconds - record.seconds) for record in store]
        assert {record.environment.get("environment") for record in store} == {there and there.name}
    assert len(found) == 2 * len(tasks)
    return found


def told(benchmark, found: list[float], where: str) -> None:
    median, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
    benchmark.extra_info |= {"overhead_ms_median": median, "overhead_ms_p95": p95}
    print(
        f"\noverhead a cell{where}: median {median:.1f} ms, 95th percentile {p95:.1f} ms, the first {found[0]:.0f} ms"
    )


def test_overhead_of_a_cell(benchmark, tmp_path: Path):
    told(benchmark, overheads(benchmark, tmp_path), "")


def test_overhead_of_a_cell_in_another_interpreter(benchmark, tmp_path: Path):
    """A venv with numpy alone; the first run there starts it."""
    python = bare_venv(tmp_path / "venv")
    there = record_interpreter("there", str(python), keep=False)
    told(benchmark, overheads(benchmark, tmp_path, there), " in another interpreter")
