"""How fast records are kept and counted.

Targets: 5,000 single records a second; of a million records a leaderboard in 2 s, one over all suites and a comparison
in 3 s, and a report in 20 s, each with at most 2 GB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from records import many, multiply, record

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.recording.store import Store

SINGLE = 5_000


def test_insert_single_records(benchmark, tmp_path: Path):
    """5,000 records, each a transaction of its own, as a run writes them."""
    records = list(many(SINGLE))
    rounds: Iterator[int] = iter(range(1_000_000))

    def setup() -> tuple[tuple[Store], dict[str, object]]:
        return (Store(tmp_path / f"store-{next(rounds)}.db"),), {}

    def insert(store: Store) -> int:
        for one in records:
            store.add(one)
        return len(store)

    assert benchmark.pedantic(insert, setup=setup, rounds=3) == SINGLE
    if benchmark.stats is not None:
        benchmark.extra_info["records_per_second"] = round(SINGLE / benchmark.stats.stats.median)


@pytest.fixture(name="large", scope="module")
def _large(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    base, copies = (20_000, 50) if request.config.getoption("benchmark_enable") else (2_000, 2)
    path = tmp_path_factory.mktemp("large") / "store.db"  # disabled: is it right, not is it fast
    with Store(path) as store:
        assert store.add_all(many(base, distinct=True)) == base
        multiply(store, copies)
        assert len(store) == base * copies
    return path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["leaderboard"], "suite4, noise 0.1"),
        (["leaderboard", "--overall"], " suites, "),
        (["compare", "method-1", "method-2", "--common"], "method-1 -> method-2"),
        (["report", "--out", "report.html"], "report.html: "),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_command_on_many_records(benchmark, large: Path, tmp_path: Path, arguments: list[str], says: str):
    """A process of its own, imports included; with its peak memory in `extra_info`, MiB."""
    command = [sys.executable, "-m", "srbench_lite", *arguments, "--store", str(large)]
    run = partial(subprocess.run, command, capture_output=True, text=True, cwd=tmp_path)
    done = benchmark.pedantic(run, rounds=3)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
    benchmark.extra_info["peak_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


def test_many_variants(benchmark):
    """2,000 variants of one method, as after a sweep of its parameters."""
    several = [record(parameters={"degree": k, "depth": k % 7}) for k in range(2_000)]
    board = benchmark.pedantic(Leaderboard.from_records, args=(several,), rounds=1)
    assert len(board.rows) == 2_000


@pytest.mark.parametrize("arguments", [["--help"], ["list", "methods"]], ids=" ".join)
def test_startup_command(benchmark, arguments: list[str]):
    """CPU seconds of a command, in `extra_info` (target 0.2): wall clock depends on what else the machine does."""

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "srbench_lite", *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    used = benchmark.pedantic(run, rounds=5)
    assert used > 0
    benchmark.extra_info["cpu_seconds"] = round(used, 3)
