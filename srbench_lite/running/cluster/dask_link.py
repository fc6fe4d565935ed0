"""`DaskLink`: a `ClusterLink` to a scheduler of dask.distributed, or to one that is started here with its workers."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import logging
import queue
import re
import shutil
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path
from typing import Any, Final

from srbench_lite.errors import UsageError
from srbench_lite.running.cluster.link import Answer, ChunkEnded, ClusterError, Event, WorkerAnswered, WorkersSeen

try:
    import dask

    with dask.config.set({"logging.distributed": "critical"}):
        _distributed = importlib.import_module("distributed")
    from srbench_lite.running.cluster.dask_worker import do_order, end_session, greet_worker
except ImportError as error:
    if error.name is not None and error.name.partition(".")[0] not in ("dask", "distributed"):
        raise
    raise UsageError("--executor dask needs dask.distributed: pip install 'srbench-lite[dask]'") from None

__all__ = ["DaskLink"]

_SECONDS_TO_CONNECT: Final = 10.0
_SECONDS_TO_CLOSE: Final = 15.0
_SECONDS_TO_SAY_GOODBYE: Final = 5.0
_SECONDS_BETWEEN_LOOKS: Final = 1.0  # at which workers there are
#: What calls raise that are under way when the client closes.
_CLIENT_CLOSED: Final = (CancelledError, asyncio.CancelledError, RuntimeError)
_ADDRESS: Final = re.compile(r"(?:[a-z]+://)?[^/\s]+:\d{1,5}", re.ASCII)
_HOW_TO_NAME_IT: Final = (
    "give the address that `dask scheduler` printed, such as tcp://10.0.0.1:8786, or the path of its scheduler file"
)
_LOGGERS: Final = ("distributed", "tornado", "asyncio")


class DaskLink:
    """A connection to a scheduler; `connected` and `started` make one.

    Args:
        client: of the scheduler.
        on_close: ends what was started for it.
    """

    def __init__(self, client: Any, on_close: Callable[[], None]) -> None:
        self._client = client
        self._on_close = on_close
        self._address = str(client.scheduler.address)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._futures: dict[int, Any] = {}
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    @classmethod
    def connected(cls, scheduler: str) -> DaskLink:
        """Connect to a scheduler that is there.

        Args:
            scheduler: its address, such as tcp://10.0.0.1:8786, or the path of its scheduler file.

        Raises:
            UsageError: it is not there.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(_quiet())
            address = _address_in(Path(scheduler)) if Path(scheduler).is_file() else scheduler
            if _ADDRESS.fullmatch(address) is None:
                raise UsageError(f"{address!r} is neither a file nor an address; {_HOW_TO_NAME_IT}")
            try:
                client = _distributed.Client(
                    address, timeout=_SECONDS_TO_CONNECT, set_as_default=False, name="srbench-lite"
                )
            except (OSError, ValueError, TypeError) as error:
                why = " ".join(str(error).split())
                raise UsageError(f"there is no dask scheduler at {address}: {why}; {_HOW_TO_NAME_IT}") from None
            return cls(client, stack.pop_all().close)

    @classmethod
    def started(cls, *, workers: int, threads: int) -> DaskLink:
        """Start a scheduler and workers on this machine, which end when the link is closed.

        Args:
            workers: how many.
            threads: of each.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(_quiet())
            folder = tempfile.mkdtemp(prefix="srbench-dask-")
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            cluster = _distributed.LocalCluster(
                n_workers=workers, threads_per_worker=threads, processes=True, dashboard_address="127.0.0.1:0",
                memory_limit=0, silence_logs=logging.CRITICAL, local_directory=folder,
                preload="srbench_lite.running.cluster.local_worker",
            )  # fmt: skip
            stack.callback(cluster.close, timeout=_SECONDS_TO_CLOSE)
            client = _distributed.Client(cluster, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
            return cls(client, stack.pop_all().close)

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return self._address

    def workers(self) -> Collection[str]:
        """Return the addresses of the workers that there are now."""
        with self._scheduler_needed():
            return set(self._client.nthreads())

    def ask(self, question: str, workers: Collection[str]) -> Mapping[str, Answer]:
        """Ask workers, and wait for their answers; one that is lost meanwhile is missing."""
        with self._scheduler_needed():
            answers = self._client.run(greet_worker, question, workers=list(workers), on_error="return")
        lost = (OSError, TimeoutError)
        return {worker: _answer(answer) for worker, answer in answers.items() if not isinstance(answer, lost)}

    def ask_later(self, question: str, worker: str) -> None:
        """Ask a worker; its answer is an event."""
        threading.Thread(target=self._ask, args=(question, worker), daemon=True).start()

    def _ask(self, question: str, worker: str) -> None:
        answer = None
        with contextlib.suppress(ClusterError):
            answer = self.ask(question, [worker]).get(worker)
        self._events.put(WorkerAnswered(worker=worker, answer=answer))

    def send(self, number: int, worker: str, order: str) -> None:
        """Send an order to a worker; its end is an event."""
        with self._scheduler_needed(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that an order with measured points is long
            future = self._client.submit(
                do_order, order, key=f"srbench_runs-{self._client.id}-{number}", workers=[worker], pure=False,
                allow_other_workers=False, retries=0,
            )  # fmt: skip
        self._futures[number] = future
        future.add_done_callback(partial(self._ended, number))

    def _ended(self, number: int, future: Any) -> None:
        """Put the end of an order among the events; dask calls this in a thread of its own."""
        reply, failed = None, ""
        if future.status == "finished":
            with contextlib.suppress(OSError, TimeoutError, CancelledError):
                reply = future.result(timeout=_SECONDS_TO_CONNECT)
        elif future.status == "error":
            error = future.exception()
            if not isinstance(error, _distributed.KilledWorker):
                failed = f"{type(error).__name__}: {error}"
        self._futures.pop(number, None)
        future.release()
        self._events.put(ChunkEnded(number=number, reply=reply, failed=failed))

    def cancel(self, numbers: Collection[int]) -> None:
        """Take orders back: what is at work of them is stopped."""
        futures = [future for number in numbers if (future := self._futures.pop(number, None)) is not None]
        if futures:
            with self._scheduler_needed():
                self._client.cancel(futures, force=True)

    def end_session(self, name: str) -> None:
        """Let all workers end what they keep for a session; one that does not answer is not waited for long."""
        self._check()
        told = threading.Thread(target=self._end_session, args=(name,), daemon=True)
        told.start()
        told.join(_SECONDS_TO_SAY_GOODBYE)

    def _end_session(self, name: str) -> None:
        with contextlib.suppress(ClusterError), self._scheduler_needed():
            self._client.run(end_session, name, on_error="ignore")

    def next_event(self, seconds: float) -> Event | None:
        """Wait so long for the next event; None where there was none."""
        event = None
        with contextlib.suppress(queue.Empty):
            event = self._events.get(timeout=seconds) if seconds > 0 else self._events.get_nowait()
        if event is None or (isinstance(event, ChunkEnded) and event.reply is None):  # all are lost with the scheduler
            self._check()
        return event

    def close(self) -> None:
        """Let go of the scheduler, and end it and its workers where they were started here."""
        self._closed.set()
        with contextlib.suppress(OSError, TimeoutError):
            self._client.close(timeout=_SECONDS_TO_CLOSE)
        self._on_close()

    def _watch(self) -> None:
        """Say once a second which workers there are, as long as there is a scheduler."""
        while not self._closed.wait(_SECONDS_BETWEEN_LOOKS):
            asked_at = time.monotonic()
            try:
                self._events.put(WorkersSeen(workers=self.workers(), asked_at=asked_at))
            except ClusterError:
                return

    def _check(self) -> None:
        if self._client.status != "running":
            raise ClusterError(f"the scheduler {self._address} was lost")

    @contextlib.contextmanager
    def _scheduler_needed(self) -> Iterator[None]:
        """Say that the scheduler was lost where it was."""
        self._check()
        try:
            yield
        except (OSError, TimeoutError, *_CLIENT_CLOSED) as error:
            self._check()
            raise ClusterError(f"the scheduler {self._address} does not answer: {error}") from None


def _answer(answer: Any) -> Answer:
    """Return what a worker answered: text, or what it raised."""
    if isinstance(answer, str):
        return Answer(text=answer)
    return Answer(failed=f"{type(answer).__name__}: {answer}")


def _address_in(file: Path) -> str:
    """Return the address in a scheduler file; raises `UsageError`."""
    try:
        address = json.loads(file.read_text())["address"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} is no scheduler file of dask: {error}") from None
    return str(address)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what dask logs off the terminal: what matters of it is said by us."""
    names = [name for name in list(logging.root.manager.loggerDict) if name.partition(".")[0] in _LOGGERS]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
