"""What suites cost: `srbench list suites` in CPU time, target 200 ms, and reading all tasks, target 0.5 s."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

from srbench_lite.methods.discovery import discover


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_suites_are_listed(benchmark):
    """In a fresh process each time."""
    seconds = []

    def listed() -> None:
        before = _cpu_seconds()
        subprocess.run([sys.executable, "-m", "srbench_lite", "list", "suites"], check=True, capture_output=True)
        seconds.append(_cpu_seconds() - before)

    benchmark.pedantic(listed, rounds=9 if benchmark.enabled else 1, iterations=1)
    benchmark.extra_info["cpu_ms_median"] = 1000.0 * statistics.median(seconds)
    print(f"\nCPU time of srbench list suites: median {1000.0 * statistics.median(seconds):.0f} ms")


def test_all_tasks_are_read(benchmark):
    counts = []

    def fresh() -> tuple[tuple[object, ...], dict[str, object]]:
        return (discover(),), {}

    benchmark.pedantic(
        lambda registry: counts.append(len(registry.tasks)), setup=fresh, rounds=9 if benchmark.enabled else 1
    )
    assert counts[0] == sum(len(suite.tasks) for suite in discover().suites.values())
    print(f"\n{counts[0]} tasks")
