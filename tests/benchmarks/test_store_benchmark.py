"""How fast records are kept and counted. Targets: 5,000 single records a second; a leaderboard of 100,000 in 2 s."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from records import many

from srbench_lite.leaderboard import Leaderboard
from srbench_lite.store import Store

SINGLE = 5_000
LARGE = 100_000


def test_insert_single_records(benchmark, tmp_path: Path):
    """5,000 records, each a transaction of its own, as a run writes them."""
    records = list(many(SINGLE))
    rounds: Iterator[int] = iter(range(1_000_000))

    def setup() -> tuple[tuple[Store], dict[str, object]]:
        return (Store(tmp_path / f"store-{next(rounds)}.db"),), {}

    def insert(store: Store) -> int:
        for record in records:
            store.add(record)
        return len(store)

    assert benchmark.pedantic(insert, setup=setup, rounds=3) == SINGLE
    if benchmark.stats is not None:
        benchmark.extra_info["records_per_second"] = round(SINGLE / benchmark.stats.stats.median)


@pytest.fixture(name="large", scope="module")
def _large(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Store]:
    size = LARGE if request.config.getoption("benchmark_enable") else 2_000  # disabled: is it right, not is it fast
    with Store(tmp_path_factory.mktemp("large") / "store.db") as store:
        assert store.add_all(many(size)) == size
        yield store


def test_leaderboard_of_many_records(benchmark, large: Store):
    """From the file to the rows."""
    board = benchmark.pedantic(Leaderboard.from_store, args=(large,), rounds=3)
    assert sum(row.runs for row in board.rows) == len(large)
    assert len(board.rows) == 100


def test_leaderboard_command(benchmark, large: Store):
    """`srbench leaderboard` in a process of its own, imports included."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "srbench_lite", "leaderboard", "--store", str(large.path)]
    done = benchmark.pedantic(subprocess.run, args=(command,), kwargs={"capture_output": True, "text": True}, rounds=3)
    assert done.returncode == 0, done.stderr
    assert "suite4, noise 0.1" in done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["list", "methods"]], ids=" ".join)
def test_startup_command(benchmark, arguments: list[str]):
    """CPU seconds of a command, in `extra_info` (target 0.2): wall clock depends on what else the machine does."""
    import resource
    import subprocess
    import sys

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "srbench_lite", *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime

    used = benchmark.pedantic(run, rounds=5)
    assert used > 0
    benchmark.extra_info["cpu_seconds"] = round(used, 3)
