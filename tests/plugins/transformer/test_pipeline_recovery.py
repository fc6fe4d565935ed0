"""What the README says of `transformer` on the suites, run again: minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from srbench_lite import Budget, discover, plan
from srbench_lite.recording.store import Store
from srbench_lite.running.runner import run


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suite", "first", "last", "seconds", "least"),
    [
        ("nguyen", 1, 8, 10.0, 7), ("nguyen", 9, 12, 10.0, 2), ("poly2", 1, 100, 20.0, 95), ("sin", 1, 12, 20.0, 11),
        ("composite", 1, 12, 20.0, 9),
    ],
)  # fmt: skip
def test_recovery_on_the_suites(tmp_path: Path, suite: str, first: int, last: int, seconds: float, least: int) -> None:
    registry = discover()
    tasks = registry.suite(suite).tasks[first - 1 : last]
    cells = plan([registry.method("transformer")], tasks, seeds=[0], noises=[0.0], budget=Budget(seconds=seconds))
    with Store(tmp_path / "runs.db") as store:
        run(cells, registry=registry, store=store)
        recovered = {record.task for record in store if record.scores.recovered}
    assert len(recovered) >= least, sorted({task.name for task in tasks} - recovered)
