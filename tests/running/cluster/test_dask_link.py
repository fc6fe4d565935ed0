"""`DaskLink` with real schedulers and workers; what an executor does with it is in test_cluster_executor."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from dask_processes import DaskProcesses, dask_processes, processes_of, waited
from places import HOSTILE

from srbench_lite import Budget, SrbenchError, Status, UsageError, discover
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.record import Record
from srbench_lite.running.cluster.cluster_executor import ClusterExecutor
from srbench_lite.running.cluster.dask_link import DaskLink
from srbench_lite.running.cluster.link import ChunkEnded, ClusterError, WorkersSeen
from srbench_lite.running.plan import PlannedRun, plan

REGISTRY = discover(files=[HOSTILE])

#: Environment variable of all processes that a test starts.
MARK = "SRBENCH_TEST_OF_CLUSTERS"

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


def some_runs(count: int, method: str = "mean", seconds: float = 20.0) -> Sequence[PlannedRun]:
    tasks, budget = [REGISTRY.task("sin/plain")], Budget(seconds=seconds)
    return plan([REGISTRY.methods[method]], tasks, seeds=range(count), noises=[0.0], budget=budget)


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DaskProcesses]:
    monkeypatch.setenv(MARK, uuid.uuid4().hex)
    with dask_processes(tmp_path / "dask") as made:
        yield made


class Run:
    """A run on the workers of a link, in this thread or in another one."""

    def __init__(self, link: DaskLink, folder: Path) -> None:
        self.records: list[Record] = []
        self.said: list[str] = []
        self.errors: list[BaseException] = []
        self.began = threading.Event()
        self.artifacts = Artifacts(folder / "s.db")
        self.executor = ClusterExecutor(lambda: link, plugins=[HOSTILE], say=self.said.append)

    def do(self, planned: Sequence[PlannedRun], *, end: float = math.inf) -> None:
        try:
            self.executor.prepare(planned)
            self.executor.do(
                planned, began=lambda one: self.began.set(), save=self.records.append, on_result=lambda record: None,
                on_stopped=lambda one, best: None, artifacts=self.artifacts, end=end,
            )  # fmt: skip
        except SrbenchError as error:
            self.errors.append(error)

    def begin(self, planned: Sequence[PlannedRun]) -> threading.Thread:
        thread = threading.Thread(target=self.do, args=(planned,))
        thread.start()
        assert self.began.wait(120), self.errors
        return thread


def fits() -> list[psutil.Process]:
    """Processes that serve fits, of the workers and coordinators that this test has started."""
    found = []
    for process in processes_of(os.environ[MARK]):
        with contextlib.suppress(psutil.Error):
            if "srbench_lite.running.keeper" in process.cmdline():
                found.append(process)
    return found


def test_a_scheduler_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setattr("srbench_lite.running.cluster.dask_link._SECONDS_TO_CONNECT", 1.0)
    with pytest.raises(UsageError, match=r"there is no dask scheduler at tcp://127.0.0.1:9: .*give the address"):
        DaskLink.connected("tcp://127.0.0.1:9")


@pytest.mark.parametrize("name", ["nowhere.json", "tcp://10.0.0.1", "10.0.0.1", "", "a b:1"])
def test_what_is_neither_a_file_nor_an_address_is_refused_at_once(name):
    with pytest.raises(UsageError, match="is neither a file nor an address; give the address"):
        DaskLink.connected(name)


def test_a_file_that_is_no_scheduler_file_is_refused(tmp_path):
    file = tmp_path / "s.json"
    for content in ("{", "[]", "{}"):
        file.write_text(content)
        with pytest.raises(UsageError, match="is no scheduler file of dask"):
            DaskLink.connected(str(file))


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "srbench_lite.running.cluster.dask_link")
    with pytest.raises(UsageError, match=r"pip install 'srbench-lite\[dask\]'"):
        __import__("srbench_lite.running.cluster.dask_link")


class Stub:
    """Stands in for a client of dask: of a scheduler that is there, until it is lost."""

    def __init__(self) -> None:
        self.status = "running"
        self.scheduler = SimpleNamespace(address="tcp://there:1")
        self.frozen = threading.Event()

    def nthreads(self) -> dict[str, int]:
        return {"tcp://a:1": 4}

    def run(self, *_: object, **__: object) -> dict[str, object]:
        self.frozen.wait(60)
        return {}

    def close(self, timeout: float) -> None:
        self.frozen.set()


@pytest.fixture
def stub() -> Iterator[tuple[Stub, DaskLink]]:
    client = Stub()
    link = DaskLink(client, lambda: None)
    yield client, link
    link.close()


def test_orders_that_end_without_a_reply_are_lost_only_while_the_scheduler_is_there(stub):
    client, link = stub
    link._events.put(ChunkEnded(number=1, reply=None))
    link._events.put(ChunkEnded(number=2, reply=None))
    assert link.next_event(0) == ChunkEnded(number=1, reply=None)
    client.status = "connecting"
    with pytest.raises(ClusterError, match="the scheduler tcp://there:1 was lost"):
        link.next_event(0)


def test_what_came_back_is_had_even_from_a_scheduler_that_is_lost(stub):
    client, link = stub
    link._events.put(ChunkEnded(number=1, reply="{}"))
    client.status = "connecting"
    assert link.next_event(0) == ChunkEnded(number=1, reply="{}")
    for ask in (link.workers, lambda: link.send(1, "a", ""), lambda: link.end_session("s"), lambda: link.next_event(0)):
        with pytest.raises(ClusterError, match="was lost"):
            ask()


def test_a_worker_that_does_not_answer_holds_up_no_end(stub, monkeypatch):
    client, link = stub
    monkeypatch.setattr("srbench_lite.running.cluster.dask_link._SECONDS_TO_SAY_GOODBYE", 0.1)
    link.end_session("s")
    assert not client.frozen.is_set()


def test_workers_are_seen_again_and_again(stub):
    _, link = stub
    seen = [link.next_event(60) for _ in range(2)]
    assert [event.workers for event in seen if isinstance(event, WorkersSeen)] == [{"tcp://a:1"}] * 2


@pytest.mark.slow
def test_runs_on_a_cluster_that_is_started_here(tmp_path):
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    with contextlib.closing(DaskLink.started(workers=2, threads=1)) as link:
        run = Run(link, tmp_path)
        planned = some_runs(30)
        run.do(planned)
        assert run.errors == []
        assert run.executor.slots == 2
        assert sorted(record.key for record in run.records) == sorted(one.key for one in planned)
        assert {record.status for record in run.records} == {Status.OK}
    left = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
    assert [p.cmdline() for p in left if "resource_tracker" not in " ".join(p.cmdline())] == []


@pytest.mark.slow
def test_a_run_that_is_cut_off_stops_on_its_worker_at_once(tmp_path, processes):
    processes.start_worker()
    with contextlib.closing(DaskLink.connected(str(processes.file))) as link:
        run = Run(link, tmp_path)
        run.do(some_runs(1), end=math.inf)
        assert len(run.records) == 1
        run.do(some_runs(1, "ignores-term", seconds=3600.0), end=time.monotonic() + 15)
        assert len(run.records) == 1
        waited(lambda: not fits(), "the end of the processes", seconds=30)


@pytest.mark.slow
@pytest.mark.parametrize("nanny", [False, True])
def test_a_worker_that_is_killed_leaves_no_process_and_its_run_is_done_elsewhere(tmp_path, processes, nanny):
    worker = processes.start_worker(nanny=nanny)
    with contextlib.closing(DaskLink.connected(processes.address)) as link:
        run = Run(link, tmp_path)
        thread = run.begin(some_runs(1, "sleeps", seconds=12.0))
        waited(lambda: fits(), "a keeper")
        children = psutil.Process(worker.pid).children()
        killed = children[0] if nanny else psutil.Process(worker.pid)
        if nanny:
            killed = next(child for child in children if "resource_tracker" not in " ".join(child.cmdline()))
        killed.kill()
        if not nanny:
            waited(lambda: not fits(), "the end of the processes", seconds=30)
            processes.start_worker()
        thread.join(timeout=180)
        assert run.errors == []
        assert [record.status for record in run.records] == [Status.TIMEOUT]
        assert any("was lost; 1 run that it had is done elsewhere" in line for line in run.said)


@pytest.mark.slow
def test_a_lost_scheduler_ends_the_run_within_seconds(tmp_path, processes):
    processes.start_worker()
    with contextlib.closing(DaskLink.connected(processes.address)) as link:
        run = Run(link, tmp_path)
        thread = run.begin(some_runs(1, "ignores-term", seconds=3600.0))
        waited(lambda: fits(), "a keeper")
        processes.scheduler.kill()
        thread.join(timeout=60)
        assert not thread.is_alive()
        assert [type(error) for error in run.errors] == [ClusterError]
        assert "was lost" in str(run.errors[0])
        waited(lambda: not fits(), "the end of the processes", seconds=60)


@pytest.mark.slow
def test_when_the_coordinator_dies_nothing_stays_at_work(tmp_path, processes):
    processes.start_worker()
    chosen = ["-m", "ignores-term", "-t", "sin/plain", "--plugin", str(HOSTILE), "--time-limit", "3600"]
    where = ["--store", str(tmp_path / "s.db"), "--scheduler", processes.address]
    coordinator = subprocess.Popen([sys.executable, "-m", "srbench_lite", "run", *chosen, *where])
    waited(lambda: fits(), "a keeper")
    time.sleep(2)
    coordinator.send_signal(signal.SIGKILL)
    coordinator.wait()
    waited(lambda: not fits(), "the end of the processes", seconds=60)
