"""What becomes of runs on a cluster whose workers and scheduler are killed: `python tests/tools/drill_cluster.py`.

The same runs are done on this machine and on three dask workers, processes of their own, in three ways: two workers are
killed with SIGKILL on the way, without and with the nannies that start them again; and the scheduler is killed, started
again, and the same command given again. Each store must be that of this machine in all but times, memory and hosts, and
no process may be left. Prints a table, and ends with 1 where something failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from dask_processes import DaskProcesses, dask_processes, processes_of, waited
from timeless import timeless_by_key

from srbench_lite.errors import StoreError
from srbench_lite.recording.store import Store

_METHODS = ("mean", "linear", "polynomial", "log-linear")
_SUITES = ("sin", "nguyen")
Result = TypeVar("Result")
_MARK = "SRBENCH_DRILL"  # environment variable that all processes of the drill have


@dataclass(kw_only=True)
class _Drill:
    """One way of killing, and what came of it."""

    name: str
    seconds: float = 0.0
    records: int = 0
    codes: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def check(self, is_so: bool, fault: str) -> None:
        if not is_so:
            self.faults.append(fault)


def main() -> int:
    """Do the drill; return the exit code."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--seeds", type=int, default=6, help="of each method and task; 6 make 576 runs")
    arguments.add_argument("--keep", type=Path, help="folder for stores and logs; a temporary one by default")
    given = arguments.parse_args()
    mark = os.environ[_MARK] = uuid.uuid4().hex
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        local = _Drill(name="this machine")
        local.codes.append(_timed(local, lambda: _command(folder / "local.db", given.seeds, "--jobs", "2").wait()))
        whole = _records(folder / "local.db")
        local.records = len(whole)
        drills = [local]
        for name, drill in (
            ("two workers killed, no nannies", _without_nannies),
            ("two workers killed, nannies", _with_nannies),
            ("scheduler killed", _scheduler_killed),
        ):
            one = _Drill(name=name)
            store = folder / f"{name.replace(' ', '-').replace(',', '')}.db"
            with dask_processes(folder / store.stem) as cluster:
                _timed(one, lambda: drill(one, cluster, store, given.seeds, len(whole)))  # noqa: B023 - called at once
            found = _records(store)
            one.records = len(found)
            one.check(set(found) == set(whole), f"{len(set(whole) ^ set(found))} runs lost or strange")
            differing = [key for key in set(found) & set(whole) if found[key] != whole[key]]
            one.check(not differing, f"{len(differing)} records differ, such as {differing[:1]}")
            time.sleep(2)  # until the last of them is gone
            left = [process for process in processes_of(mark) if process.pid != os.getpid()]
            one.check(not left, f"{len(left)} processes left: {[' '.join(p.cmdline())[:80] for p in left][:3]}")
            drills.append(one)
    _print(drills)
    return 1 if any(one.faults for one in drills) else 0


def _command(store: Path, seeds: int, *options: str) -> subprocess.Popen[bytes]:
    chosen = [word for name in _METHODS for word in ("--method", name)]
    chosen += [word for name in _SUITES for word in ("--suite", name)]
    command = [sys.executable, "-m", "srbench_lite", "run", *chosen, "--seeds", str(seeds), "--quiet"]
    return subprocess.Popen([*command, "--store", str(store), *options], cwd=store.parent)


def _without_nannies(drill: _Drill, cluster: DaskProcesses, store: Path, seeds: int, total: int) -> None:
    workers = [cluster.start_worker() for _ in range(3)]
    run = _command(store, seeds, "--scheduler", cluster.address)
    for share, worker in ((0.25, workers[0]), (0.6, workers[1])):
        _wait_for(store, share * total, run)
        worker.kill()
    drill.codes.append(run.wait())
    drill.check(drill.codes == [0], f"exit codes {drill.codes}")


def _with_nannies(drill: _Drill, cluster: DaskProcesses, store: Path, seeds: int, total: int) -> None:
    nannies = [cluster.start_worker(nanny=True) for _ in range(3)]
    run = _command(store, seeds, "--scheduler", cluster.address)
    for share, nanny in ((0.25, nannies[0]), (0.6, nannies[1])):
        _wait_for(store, share * total, run)
        _worker_of(nanny).kill()
    drill.codes.append(run.wait())
    drill.check(drill.codes == [0], f"exit codes {drill.codes}")


def _worker_of(nanny: subprocess.Popen[bytes]) -> psutil.Process:
    children = psutil.Process(nanny.pid).children()
    return next(child for child in children if "resource_tracker" not in " ".join(child.cmdline()))


def _scheduler_killed(drill: _Drill, cluster: DaskProcesses, store: Path, seeds: int, total: int) -> None:
    for _ in range(3):
        cluster.start_worker()
    run = _command(store, seeds, "--scheduler", cluster.address)
    _wait_for(store, 0.4 * total, run)
    killed = time.monotonic()
    cluster.restart_scheduler()
    drill.codes.append(run.wait())
    drill.check(time.monotonic() - killed < 30, f"the command ended {time.monotonic() - killed:.0f} s after")
    for _ in range(3):
        cluster.start_worker()
    drill.codes.append(_command(store, seeds, "--scheduler", cluster.address).wait())
    drill.check(drill.codes == [1, 0], f"exit codes {drill.codes}")


def _wait_for(store: Path, count: float, run: subprocess.Popen[bytes]) -> None:
    """Wait until the store has so many records."""
    waited(lambda: run.poll() is not None or _count(store) >= count, f"{count:.0f} records", seconds=1800)


def _count(store: Path) -> int:
    try:
        with Store(store, read_only=True) as opened:
            return len(opened)
    except StoreError:  # it is not there yet
        return 0


def _records(store: Path) -> dict[str, dict[str, object]]:
    with Store(store, read_only=True) as opened:
        return timeless_by_key(opened)


def _timed(drill: _Drill, do: Callable[[], Result]) -> Result:
    began = time.monotonic()
    try:
        return do()
    finally:
        drill.seconds = time.monotonic() - began


def _print(drills: Sequence[_Drill]) -> None:
    print(f"\n{'drill':32} {'records':>7} {'seconds':>8}  {'exit codes':10}  faults")
    for one in drills:
        codes = ", ".join(map(str, one.codes))
        print(f"{one.name:32} {one.records:7} {one.seconds:8.0f}  {codes:10}  {'; '.join(one.faults) or 'none'}")


if __name__ == "__main__":
    sys.exit(main())
