"""What a run leaves beside its record: the end of what it printed, and its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from srbench_lite import Budget, Expression, Sampling, Task
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.record import Status
from srbench_lite.recording.store import Store
from srbench_lite.running.plan import plan
from srbench_lite.running.runner import run

TASK = Task(
    name="toy/line", suite="toy", truth=Expression.parse("2*x + 1"), n_train=10, n_test=20,
    variables={"x": Sampling(low=-1.0, high=1.0)},
)  # fmt: skip
PLUGIN = """
import sys, time, warnings
from dataclasses import dataclass
from pathlib import Path
from srbench_lite import Expression, Fit, Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Leaves(Method):
    name = "leaves"
    summary = source = "x"
    sleep: float = 0.0

    def fit(self, samples, *, seed, budget, report):
        print("one")
        print("two", file=sys.stderr)
        warnings.warn("odd")
        print("three")
        Path(budget.artifacts, "curve.csv").write_text("1,2")
        Path(budget.artifacts, "link").symlink_to("/etc/passwd")
        time.sleep(self.sleep)
        return Fit(expression=Expression.parse("2*x + 1", variables=("x",)), extras={"seconds": {"all": 0.5}})

@hookimpl
def srbench_methods():
    return [Leaves()]
"""


@pytest.fixture(name="plugin")
def _plugin(tmp_path) -> Path:
    path = tmp_path / "leaves.py"
    path.write_text(PLUGIN)
    return path


@pytest.fixture(name="registry")
def _registry(plugin) -> Registry:
    return discover(files=[plugin])


def test_output_and_files_are_kept_of_a_run_that_ends_and_of_one_that_is_stopped(registry, plugin, tmp_path):
    methods = [registry.method("leaves").with_parameters({"sleep": sleep}) for sleep in (0.0, 60.0)]
    planned = plan(methods, [TASK], seeds=[0], noises=[0.0], budget=Budget(seconds=3.0))
    with Store(tmp_path / "store" / "runs.db") as store:
        stale = Artifacts(store.path).begin("0abc")  # of a run that was killed
        run(planned, registry=registry, store=store, plugins=[plugin])
        records = sorted(store, key=lambda record: record.status)
        assert [record.status for record in records] == [Status.OK, Status.TIMEOUT]
        for record in records:
            lines = store.output(record.key).splitlines()
            assert [lines[0], lines[1], lines[-1]] == ["one", "two", "three"]
            assert record.extras["warnings"] == {"UserWarning": 1}
            assert [file.name for file in Artifacts(store.path).files(record.key)] == ["curve.csv"]
            assert "1 entry that is no plain file" in str(record.complaint)
        assert not stale.parent.exists()
