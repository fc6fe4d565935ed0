"""What a run leaves beside its record: the end of what it printed, and its files."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from srbench_lite import Budget, Expression, Sampling, Task
from srbench_lite.environments.making import record_interpreter
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
import os, sys, time, warnings
from dataclasses import dataclass
from pathlib import Path
from srbench_lite import Expression, Fit, Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Leaves(Method):
    name = "leaves"
    summary = source = "x"
    sleep: float = 0.0
    others: bool = False

    def fit(self, samples, *, seed, budget, report):
        print("one")
        print("two", file=sys.stderr)
        warnings.warn("odd")
        print("three")
        if budget.artifacts:
            Path(budget.artifacts, "curve.csv").write_text("1,2")
            Path(budget.artifacts, "link").symlink_to("/etc/passwd")
        if self.others:
            leave_others(Path(budget.artifacts))
        time.sleep(self.sleep)
        return Fit(expression=Expression.parse("2*x + 1", variables=("x",)), extras={"seconds": {"all": 0.5}})

def leave_others(folder):
    with (folder / "large").open("wb") as file:
        file.truncate(65 << 20)
    (folder / "-rf \\x1b[2J\\n\\udcff").write_text("odd")
    os.mkfifo(folder / "pipe")
    print("x" * 200_000)

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


def test_output_and_files_are_kept_of_a_run_that_ends_and_of_one_that_is_stopped(
    scoring_here, registry, plugin, tmp_path
):
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


def test_through_another_interpreter_as_in_our_own(scoring_here, registry, plugin, tmp_path):
    there = record_interpreter("here", sys.executable, keep=False)
    method = registry.method("leaves").with_parameters({"others": True})
    found = []
    for name, environments in (("own.db", {}), ("other.db", {"leaves": there})):
        planned = plan(
            [method], [TASK], seeds=[0], noises=[0.0], budget=Budget(seconds=30.0), environments=environments
        )
        with Store(tmp_path / name) as store:
            run(planned, registry=registry, store=store, plugins=[plugin])
            (record,) = store
            files = [(file.name, file.size) for file in Artifacts(store.path).files(record.key)]
            found.append((record.status, record.complaint, record.extras, files, store.output(record.key)))
    assert found[0] == found[1]
    status, complaint, extras, files, output = found[0]
    assert (status, extras) == (Status.OK, {"seconds": {"all": 0.5}})  # the warning is no longer among what is kept
    assert files == [("-rf \x1b[2J\n\udcff", 3), ("curve.csv", 3)]
    assert complaint.splitlines() == [
        "fit: artifacts were left out: 1 file over the bounds of 64 MiB and 1,000 files",
        "fit: artifacts were left out: 2 entries that are no plain file (a link, a device) or too deep in folders",
    ]
    assert output == "x" * 65_535 + "\n"


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {support!r})
from test_execution_artifacts import run_both
run_both(Path({plugin!r}), Path({store!r}), sleep=60.0)
"""


def run_both(plugin: Path, path: Path, *, sleep: float) -> bool:
    """Run the method twice, the second time with a sleep in its fit; return whether that was interrupted."""
    registry = discover(files=[plugin])
    methods = [registry.method("leaves").with_parameters({"sleep": seconds}) for seconds in (0.0, sleep)]
    planned = plan(methods, [TASK], seeds=[0], noises=[0.0], budget=Budget(seconds=61.0))
    with Store(path) as store:
        return run(planned, registry=registry, store=store, plugins=[plugin]).interrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_of_a_run_that_is_stopped_in_the_middle_nothing_stays(request, plugin, tmp_path, number):
    path = tmp_path / "runs.db"
    kept = tmp_path / "runs.db.artifacts"
    script = SCRIPT.format(support=str(Path(__file__).parent), plugin=str(plugin), store=str(path))
    started = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    deadline = time.monotonic() + 300
    while not (list(kept.glob("unfinished/*/link")) and list(kept.glob("[0-9a-f]*/curve.csv"))):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    started.send_signal(number)
    started.wait(120)

    left = sorted(file.name for file in kept.rglob("*") if not file.is_dir() or file.is_symlink())
    assert left == ["curve.csv"] if number == signal.SIGINT else ["curve.csv", "curve.csv", "link"]
    request.getfixturevalue("runs_here")
    assert not run_both(plugin, path, sleep=0.01)
    assert not (kept / "unfinished").exists()
    with Store(path, read_only=True) as store:
        found = {record.parameters["sleep"]: Artifacts(path).files(record.key) for record in store}
    assert {sleep: [file.name for file in files] for sleep, files in found.items()} == {
        0.0: ["curve.csv"], 0.01: ["curve.csv"],
    }  # fmt: skip


def test_an_interrupt_while_a_run_is_saved_costs_it_nothing(scoring_here, registry, plugin, tmp_path, monkeypatch):
    keep, interrupts = Artifacts.keep, [KeyboardInterrupt]

    def kept_and_interrupted(artifacts: Artifacts, key: str, began: str) -> None:
        keep(artifacts, key, began)
        while interrupts:
            raise interrupts.pop()

    monkeypatch.setattr(Artifacts, "keep", kept_and_interrupted)
    planned = plan([registry.method("leaves")], [TASK], seeds=[0], noises=[0.0], budget=Budget(seconds=30.0))
    with Store(tmp_path / "runs.db") as store:
        summary = run(planned, registry=registry, store=store, plugins=[plugin])
        (record,) = store
        assert (summary.interrupted, summary.finished) == (True, 1)
        assert [file.name for file in Artifacts(store.path).files(record.key)] == ["curve.csv"]
        assert store.output(record.key).startswith("one\n")


def test_files_that_cannot_be_kept_cost_no_run(runs_here, registry, plugin, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Artifacts, "keep", refuse)
    planned = plan([registry.method("leaves")], [TASK], seeds=[0], noises=[0.0], budget=Budget(seconds=30.0))
    with Store(tmp_path / "runs.db") as store:
        summary = run(planned, registry=registry, store=store, plugins=[plugin])
        assert (summary.finished, len(store)) == (1, 1)
    assert summary.complaints == ("the files that a run had left could not be kept: Permission denied",)


def test_a_folder_that_cannot_be_written_costs_no_run(runs_here, registry, plugin, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Artifacts, "begin", refuse)
    planned = plan([registry.method("leaves")], [TASK], seeds=[0], noises=[0.0], budget=Budget(seconds=30.0))
    with Store(tmp_path / "runs.db") as store:
        run(planned, registry=registry, store=store, plugins=[plugin])
        (record,) = store
    assert record.status is Status.OK
    assert record.complaint == "fit: there was no folder for artifacts: Permission denied"
