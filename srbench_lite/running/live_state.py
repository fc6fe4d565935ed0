"""`LiveState`: what a run is doing now, in a file beside its store, for whoever asks from another terminal.

The file is written whole once a second and goes when the run ends. Of a run that was killed it stays, and says
so: the process that it names is gone. A disk that is full costs the file, never the run.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import psutil

from srbench_lite.errors import StoreError, UsageError
from srbench_lite.files import clear_unfinished, write_text
from srbench_lite.recording.record import Record
from srbench_lite.running.interrupts import deaf_to_interrupts
from srbench_lite.running.plan import PlannedRun
from srbench_lite.running.process_tree import identity_of

__all__ = ["LiveState", "RunAtWork", "RunState", "forget_state", "state_path"]

_SECONDS_BETWEEN_WRITES: Final = 1.0
_VERSION: Final = 2


def state_path(store: Path) -> Path:
    """Return where the state of a store's run is."""
    path = Path(os.path.realpath(store))
    return path.with_name(f"{path.name}.state.json")


def forget_state(store: Path) -> None:
    """Remove the state of a run that has ended, however it ended; only the store's writer may do so."""
    path = state_path(store)
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    clear_unfinished(path)


@dataclass(frozen=True, slots=True)
class RunAtWork:
    """A run that has begun and not ended.

    Attributes:
        key, task, method: of the run.
        seed, noise: of its points.
        since: when it began, seconds since 1970.
        seconds: for how long it had been at work when the state was written, whatever the clock on the wall did.
        memory_mb: resident memory of its processes when it was looked at last, MiB; None where it was not.
    """

    key: str
    task: str
    method: str
    seed: int
    noise: float
    since: float
    seconds: float = 0.0
    memory_mb: float | None = None


@dataclass(frozen=True, slots=True)
class RunState:
    """What was known of a run when its state was written.

    Attributes:
        host, pid, identity: the coordinating process: its machine, its number, and what tells it from a later process
            of that number.
        begun, written: when the run began, and the state was written, seconds since 1970.
        seconds: from the one to the other, whatever the clock on the wall did meanwhile.
        total, present: runs of the plan, and those that the store had before.
        jobs: runs at a time.
        limit: seconds of the longest fit.
        statuses: how many runs have ended how.
        recovered, judged: of those that have ended with a known truth, how many found it.
        at_work: those that have begun.
    """

    host: str
    pid: int
    identity: str | None
    begun: float
    written: float
    seconds: float
    total: int
    present: int
    jobs: int
    limit: float
    statuses: Mapping[str, int]
    recovered: int
    judged: int
    at_work: tuple[RunAtWork, ...]

    @classmethod
    def read(cls, store: Path) -> RunState | None:
        """Return the state of the run that writes to a store; None where there is none.

        Raises:
            StoreError: the file cannot be read, or is none of this version.
        """
        path = state_path(store)
        try:
            facts = json.loads(path.read_text())
            if facts.pop("version") != _VERSION:
                raise ValueError("it is of another version")
            return cls(**facts | {"at_work": tuple(RunAtWork(**one) for one in facts["at_work"])})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreError(f"{path} is no state of a run: {error}; delete it if no run is going on") from None

    @property
    def ended(self) -> int:
        """Runs that were done since it began."""
        return sum(self.statuses.values())

    @property
    def left(self) -> int:
        """Runs that are still to be done, those at work included."""
        return self.total - self.present - self.ended

    @property
    def per_second(self) -> float:
        """Runs that ended in a second, since it began."""
        return self.ended / max(self.seconds, 1e-9)

    @property
    def is_alive(self) -> bool | None:
        """Whether its process is still there; None where it is on another machine."""
        if self.host != socket.gethostname():
            return None
        return self.identity is not None and identity_of(self.pid) == self.identity

    def memory_mb(self) -> float | None:
        """Return the resident memory of its processes, MiB; None where they cannot be seen."""
        if not self.is_alive:
            return None
        try:
            process = psutil.Process(self.pid)
            members = [process, *process.children(recursive=True)]
        except psutil.Error:
            return None
        total = 0
        for member in members:
            with contextlib.suppress(psutil.Error):
                total += int(member.memory_info().rss)
        return total / 2**20


@dataclass(slots=True)
class LiveState:
    """Writes the state of a run as it goes on; threads may tell it at the same time.

    Attributes:
        store: the store's file.
        total, present, jobs, limit: as in `RunState`.
    """

    store: Path
    total: int
    present: int
    jobs: int
    limit: float
    _begun: float = field(default_factory=time.time)
    _begun_at: float = field(default_factory=time.monotonic)
    _statuses: Counter[str] = field(default_factory=Counter)
    _recovered: int = 0
    _judged: int = 0
    #: Each with its beginning, monotonic, and what says how large it is.
    _at_work: dict[str, tuple[RunAtWork, float, Callable[[], float | None]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def kept(self) -> Iterator[LiveState]:
        """Keep the file up to date while the run goes on, and remove it at its end."""
        self._write()
        writer = threading.Thread(target=self._keep_writing, daemon=True)
        writer.start()
        try:
            yield self
        finally:
            with deaf_to_interrupts():  # a second Ctrl-C must not leave the file
                self._over.set()
                writer.join()
                forget_state(self.store)

    def began(self, one: PlannedRun, memory_mb: Callable[[], float | None] = lambda: None) -> None:
        """Note that a run has begun, and what says how large its processes are now."""
        at_work = RunAtWork(one.key, one.task.name, one.method.name, one.seed, one.noise, time.time())
        with self._lock:
            self._at_work[one.key] = at_work, time.monotonic(), memory_mb

    def ended(self, record: Record) -> None:
        """Note how a run has ended."""
        with self._lock:
            self._at_work.pop(record.key, None)
            self._statuses[record.status] += 1
            if record.truth is not None:
                self._judged += 1
                self._recovered += bool(record.scores.recovered)

    def _keep_writing(self) -> None:
        while not self._over.wait(_SECONDS_BETWEEN_WRITES):
            self._write()

    def _write(self) -> None:
        now = time.monotonic()
        with self._lock:
            state = RunState(
                host=socket.gethostname(), pid=os.getpid(), identity=identity_of(os.getpid()),
                begun=self._begun, written=time.time(), seconds=now - self._begun_at, total=self.total,
                present=self.present, jobs=self.jobs, limit=self.limit, statuses=dict(self._statuses),
                recovered=self._recovered, judged=self._judged,
                at_work=tuple(
                    replace(one, seconds=now - begun_at, memory_mb=memory_mb())
                    for one, begun_at, memory_mb in self._at_work.values()
                ),
            )  # fmt: skip
        facts: dict[str, Any] = {"version": _VERSION, **asdict(state)}
        with contextlib.suppress(UsageError, OSError):  # FullDiskError is one: the run is worth more
            write_text(state_path(self.store), json.dumps(facts))
