"""`Slots`: how a worker of a cluster does orders, each run in a supervised process of its own, as on one machine.

A slot is a supervisor with its processes and a folder for files. It is kept from order to order of a session, ends when
nobody has used it for a minute, when its order is not wanted any more, and with the worker.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from srbench_lite.errors import SrbenchError
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.complaint import join_complaints
from srbench_lite.running.cluster.files_text import packed_files
from srbench_lite.running.cluster.order import Order, Reply, RunDone
from srbench_lite.running.cluster.session import Session, known_session
from srbench_lite.running.execution import execute
from srbench_lite.running.supervisor import Supervisor
from srbench_lite.running.zygote_pair import InterruptedRunError

__all__ = ["Slots"]

_SECONDS_BETWEEN_LOOKS: Final = 0.2  # at whether an order is still wanted
_SECONDS_IDLE: Final = 60.0  # after which a slot ends
_MAX_BYTES_OF_FILES: Final = 32 * 2**20  # in base64, of the runs of one order; what is more goes with the next one


class _Slot:
    """A supervisor, its stop event and its folder."""

    def __init__(self, session: Session, threads: int) -> None:
        self.session = session
        self.threads = threads
        self.stop = threading.Event()
        self.idle_since = time.monotonic()
        self.supervisor = Supervisor(
            plugins=session.plugins, preload=session.preload, threads=threads, scores=True, stop=self.stop
        )
        self._folder = tempfile.TemporaryDirectory(prefix="srbench-slot-", ignore_cleanup_errors=True)
        self.artifacts = Artifacts(Path(self._folder.name) / "runs")

    def close(self) -> None:
        self.supervisor.close()
        self._folder.cleanup()


class Slots:
    """The slots of a worker; threads may use it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Slot] = []
        self._busy: set[_Slot] = set()
        self._sweeper: threading.Thread | None = None
        self._closed = threading.Event()

    def do(self, order: Order, wanted: Callable[[], bool]) -> Reply:
        """Do the runs of an order until its time is over; at least one, unless it is not wanted any more.

        Args:
            order: what is to be done, all with one number of threads.
            wanted: whether anybody still waits for it; asked meanwhile from another thread.

        Raises:
            WireError: a run of it cannot be understood.
        """
        session = known_session(order.session)
        if session is None:
            return Reply(stranger=True)
        done: list[RunDone] = []
        with self._slot(session, order.runs[0].threads) as slot, _watched(wanted, slot.stop):
            begun = time.monotonic()
            size = 0
            for one in order.runs:
                if done and (time.monotonic() - begun >= order.seconds or size > _MAX_BYTES_OF_FILES):
                    break
                planned = session.planned(one, order.tasks)
                try:
                    record = execute(
                        planned, slot.supervisor, environment=session.environment, places=session.places,
                        artifacts=slot.artifacts,
                    )  # fmt: skip
                    slot.artifacts.keep(planned.key)
                    files, left_out = packed_files(slot.artifacts, planned.key)
                except InterruptedRunError:
                    break
                except (SrbenchError, OSError) as error:
                    return Reply(done=tuple(done), unfit=f"{type(error).__name__}: {error}")
                finally:
                    slot.artifacts.remove([planned.key])
                if left_out:
                    said = filter(None, (join_complaints(fit=(left_out,)), record.complaint))
                    record = dataclasses.replace(record, complaint="\n".join(said))
                done.append(RunDone(record=record, files=files))
                size += sum(map(len, files.values()))
        return Reply(done=tuple(done))

    def end_session(self, name: str) -> None:
        """End the idle slots of a session, and those at work with what they do."""
        with self._lock:
            ended = [slot for slot in self._idle if slot.session.name == name]
            self._idle = [slot for slot in self._idle if slot.session.name != name]
            for slot in self._busy:
                if slot.session.name == name:
                    slot.stop.set()
        for slot in ended:
            slot.close()

    def close(self) -> None:
        """End all slots: those at work stop what they do, and end in the threads that use them."""
        self._closed.set()
        with self._lock:
            ended, self._idle = self._idle, []
            for slot in self._busy:
                slot.stop.set()
        for slot in ended:
            slot.close()

    @contextlib.contextmanager
    def _slot(self, session: Session, threads: int) -> Iterator[_Slot]:
        """Lend a slot of a session: an idle one, or a new one."""
        with self._lock:
            fitting = [slot for slot in self._idle if slot.session is session and slot.threads == threads]
            slot = fitting[-1] if fitting else None
            if slot is not None:
                self._idle.remove(slot)
        slot = slot or _Slot(session, threads)
        with self._lock:
            self._busy.add(slot)
            if self._closed.is_set():
                slot.stop.set()
        try:
            yield slot
        finally:
            with self._lock:
                self._busy.discard(slot)
                kept = not slot.stop.is_set()
                if kept:
                    slot.idle_since = time.monotonic()
                    self._idle.append(slot)
                    self._start_sweeping()
            if not kept:
                slot.close()

    def _start_sweeping(self) -> None:
        """Start the thread that ends idle slots; call it with the lock."""
        if self._sweeper is None:
            self._sweeper = threading.Thread(target=self._sweep, daemon=True)
            self._sweeper.start()

    def _sweep(self) -> None:
        while not self._closed.wait(_SECONDS_IDLE / 10):
            now = time.monotonic()
            with self._lock:
                ended = [slot for slot in self._idle if now - slot.idle_since > _SECONDS_IDLE]
                self._idle = [slot for slot in self._idle if slot not in ended]
                over = not self._idle and not self._busy
                if over:
                    self._sweeper = None
            for slot in ended:
                slot.close()
            if over:
                return


@contextlib.contextmanager
def _watched(wanted: Callable[[], bool], stop: threading.Event) -> Iterator[None]:
    """Set an event as soon as something is not wanted any more."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_SECONDS_BETWEEN_LOOKS):
            if not wanted():
                stop.set()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
