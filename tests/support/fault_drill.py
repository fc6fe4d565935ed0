"""A ground for fault drills: one real `srbench run` in a folder of its own, and what must hold after a fault."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
from places import SUPPORT

from srbench_lite.errors import SrbenchError
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.store import Store
from srbench_lite.running.live_state import RunState

__all__ = ["Contents", "Ended", "Ground"]

_MARK: Final = "SRBENCH_DRILL_MARK"  # environment variable of every process of a ground
_MAX_SECONDS_TO_RUN: Final = 240.0
_MAX_SECONDS_TO_VANISH: Final = 40.0  # for processes whose coordinator has gone
_SUITE: Final = """
[suite]
name = "toy"
n_train = 20
n_test = 20

[[tasks]]
name = "line"
truth = "2*x + 1"
variables.x = { low = -1, high = 1 }

[[tasks]]
name = "curve"
truth = "x**2"
variables.x = { low = -1, high = 1 }
"""
_STUDY: Final = """
suites = ["toy.toml"]
seeds = 2
time-limit = 30

[[runs]]
methods = ["mean", "linear", "drill-quick", "drill-forks", "drill-floods", "drill-leaves", "drill-crashes"]

[[runs]]
methods = ["drill-hangs"]
time-limit = 0.7
"""
#: Columns that may differ between two runs of the same plan: what was measured of the machine, and when.
_VOLATILE: Final = (
    "seconds", "cpu_seconds", "cell_seconds", "peak_mb", "started_at", "environment", "progress", "reports",
)  # fmt: skip

#: What a store holds, by key: each record without what may differ, its output, and the files that its run left.
Contents = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, or minus the number of the signal that killed it, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """The last lines on standard error, as one line."""
        return " | ".join(self.err.strip().splitlines()[-4:])


@dataclass
class Ground:
    """A folder with a study, its store, temporary files, and the processes that were started there.

    Attributes:
        folder: an empty folder.
        place: where the store is; the folder itself where none is given.
    """

    folder: Path
    place: Path | None = None
    prefix: Sequence[str] = ()
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: list[tuple[subprocess.Popen[bytes], Path]] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "toy.toml").write_text(_SUITE)
        (self.folder / "study.toml").write_text(_STUDY)
        self.place = self.place or self.folder / "place"
        self.place.mkdir(exist_ok=True)
        self.temporary.mkdir()

    @property
    def store(self) -> Path:
        """The store."""
        assert self.place is not None
        return self.place / "runs.db"

    @property
    def temporary(self) -> Path:
        """The folder for temporary files."""
        return self.folder / "temporary"

    @property
    def clock(self) -> Path:
        """A file: once it is there, the clock has jumped back."""
        return self.folder / "clock"

    # --- commands -------------------------------------------------------------------------------------------------

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """Start `srbench` with these arguments, in a session of its own; what it prints goes to files."""
        out = self.folder / f"said-{len(self.started)}"
        environment = os.environ | {
            "TMPDIR": str(self.temporary), _MARK: self.mark, "SRBENCH_DRILL_PIDS": str(self.folder / "pids"), **more,
        }  # fmt: skip
        with out.with_suffix(".out").open("wb") as stdout, out.with_suffix(".err").open("wb") as stderr:
            process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", "srbench_lite", *arguments], cwd=self.folder, stdout=stdout,
                stderr=stderr, stdin=subprocess.DEVNULL, env=environment, start_new_session=True,
                preexec_fn=_hear_ctrl_c,
            )  # fmt: skip
        self.started.append((process, out))
        return process

    def run(self, *more: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start the run."""
        plugin = str(SUPPORT / "drill_methods.py")
        return self.start(
            "run", "study.toml", "--plugin", plugin, "--jobs", "2", "--store", str(self.store), *more, **environment
        )

    def end(self, process: subprocess.Popen[bytes], seconds: float = _MAX_SECONDS_TO_RUN) -> Ended:
        """Wait for a command; one that hangs is killed, and its code is that of SIGALRM."""
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill_all()
            process.wait()
            code = -signal.SIGALRM
        out = next(path for one, path in self.started if one is process)
        return Ended(
            code,
            out.with_suffix(".out").read_text(errors="replace"),
            out.with_suffix(".err").read_text(errors="replace"),
        )

    def done(self) -> int | None:
        """Return how many runs have ended since the run began, as its state says; None where there is no state."""
        with contextlib.suppress(SrbenchError):
            state = RunState.read(self.store)
            return None if state is None else state.ended
        return None

    # --- processes ------------------------------------------------------------------------------------------------

    def processes(self) -> list[psutil.Process]:
        """Return the processes that descend from what was started here, whoever their parent is now."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.environ().get(_MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def of_role(self, coordinator: int, role: str) -> list[psutil.Process]:
        """Return the processes of a run that have a role: coordinator, keeper, zygote, fit, or child of a fit."""
        depth = ("coordinator", "keeper", "zygote", "fit", "child").index(role)
        with contextlib.suppress(psutil.Error):
            level = [psutil.Process(coordinator)]
            for _ in range(depth):
                level = [child for parent in level for child in _children(parent)]
            return level
        return []

    def left(self) -> list[str]:
        """Wait until all processes have gone; return what is still there when the time is over."""
        deadline = time.monotonic() + _MAX_SECONDS_TO_VANISH
        while (found := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return [_shown(process) for process in found]

    def kill_all(self) -> None:
        """Kill every process of this ground."""
        while found := self.processes():
            for process in found:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            time.sleep(0.05)

    # --- what is there --------------------------------------------------------------------------------------------

    def contents(self) -> Contents:
        """Return what the store holds, read from a copy: reading leaves files, too.

        Raises:
            SrbenchError: it is damaged.
        """
        artifacts = Artifacts(self.store)
        with Store(self._copied(), read_only=True) as store:
            store.check()
            records = list(store)
            return {
                record.key: {
                    **{name: value for name, value in record.to_row().items() if name not in _VOLATILE},
                    "output": store.output(record.key),
                    "files": [
                        (file.name, (artifacts.folder(record.key) / file.name).read_bytes())
                        for file in artifacts.files(record.key)
                    ],
                }
                for record in records
            }

    def _copied(self) -> Path:
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in self.store.parent.glob(f"{self.store.name}*"):
            if path.name in (self.store.name, f"{self.store.name}-wal"):
                shutil.copy(path, copy)
        return copy / self.store.name

    def stray(self) -> list[str]:
        """Return the names of files that do not belong beside a store, or to no run, once nothing runs."""
        assert self.place is not None
        allowed = {self.store.name, f"{self.store.name}.artifacts"}
        found = [path.name for path in self.place.iterdir() if path.name not in allowed]
        folder = self.store.with_name(f"{self.store.name}.artifacts")
        keys: set[str] = set()
        with contextlib.suppress(SrbenchError), Store(self._copied(), read_only=True) as store:
            keys = {key for (key,) in store.rows(["key"])}
        found += [f"{folder.name}/{path.name}" for path in folder.glob("*") if path.name not in keys]
        return found + [f"TMPDIR/{path.name}" for path in self.temporary.iterdir()]


def _hear_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # which a shell's background jobs ignore


def _children(parent: psutil.Process) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        yield from parent.children()


def _shown(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"{process.pid} {' '.join(process.cmdline())[-80:]} ({process.status()})"
    return str(process.pid)
