"""A dask scheduler and workers as processes of their own, as somebody starts them on machines."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

_SECONDS = 120.0  # for a process to do what it should


class DaskProcesses:
    """Starts a scheduler and workers; all of them end with `stop`.

    Args:
        folder: for the scheduler file, logs and what workers put on disk.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._scheduler(0)

    def _scheduler(self, port: int) -> subprocess.Popen[bytes]:
        self.file.unlink(missing_ok=True)
        started = self._started(
            "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-jupyter",
            "--scheduler-file", str(self.file),
        )  # fmt: skip
        waited(lambda: self.file.is_file() and self.file.read_text().endswith("}"), "the scheduler")
        return started

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return str(json.loads(self.file.read_text())["address"])

    def start_worker(self, *, nanny: bool = False, threads: int = 1, memory: str = "0") -> subprocess.Popen[bytes]:
        """Start a worker process, and its nanny where it shall have one."""
        worker = self._started(
            "worker", self.address, "--host", "127.0.0.1", "--nthreads", str(threads), "--memory-limit", memory,
            "--no-dashboard", "--nanny" if nanny else "--no-nanny", "--local-directory", str(self.folder),
            "--death-timeout", "20",
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def restart_scheduler(self) -> None:
        """Kill the scheduler, and start another one on the same port."""
        port = int(self.address.rpartition(":")[2])
        self.scheduler.kill()
        self.scheduler.wait()
        self.scheduler = self._scheduler(port)

    def _started(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *options], stdout=log, stderr=log,
                env=os.environ | {"PYTHONWARNINGS": ""}, start_new_session=True,
            )  # fmt: skip

    def stop(self) -> None:
        """End all of them."""
        for process in (*self.workers, self.scheduler):
            with contextlib.suppress(psutil.Error):
                for child in psutil.Process(process.pid).children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        child.kill()
            process.kill()
            process.wait()


@contextlib.contextmanager
def dask_processes(folder: Path) -> Iterator[DaskProcesses]:
    """Start a scheduler, and end it and its workers afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    processes = DaskProcesses(folder)
    try:
        yield processes
    finally:
        processes.stop()


def waited(is_so: object, what: str, seconds: float = _SECONDS) -> None:
    """Wait until a function says that something is so."""
    assert callable(is_so)
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"{what} is not there after {seconds:g} s"
        time.sleep(0.1)


def processes_of(word: str) -> list[psutil.Process]:
    """Return the processes that have a word in their environment: all that descend from who put it there."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if word in process.environ().values() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
