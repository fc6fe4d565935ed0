"""What the harness costs: wall clock of a cell less the method's own fit time. Target: a median of 40 ms."""

from __future__ import annotations

import statistics
from pathlib import Path

from srbench_lite import Budget
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


def test_overhead_of_a_cell(benchmark, tmp_path: Path):
    """200 runs: the 100 tasks of poly2, two seeds; 20 of them where nothing is timed."""
    plugin = tmp_path / "noop.py"
    plugin.write_text(NOOP)
    registry = discover(files=[plugin])
    tasks = registry.suites["poly2"].tasks[: 100 if benchmark.enabled else 10]
    cells = plan([registry.method("noop")], tasks, seeds=[0, 1], noises=[0.0], budget=Budget(seconds=20.0))
    with Store(tmp_path / "store.db") as store:
        benchmark.pedantic(lambda: run(cells, registry=registry, store=store, plugins=[plugin]), rounds=1, iterations=1)
        overheads = [1000.0 * (record.cell_seconds - record.seconds) for record in store]
    assert len(overheads) == 2 * len(tasks)
    median, p95 = statistics.median(overheads), statistics.quantiles(overheads, n=20)[-1]
    benchmark.extra_info |= {"overhead_ms_median": median, "overhead_ms_p95": p95}
    print(f"\noverhead a cell: median {median:.1f} ms, 95th percentile {p95:.1f} ms")
