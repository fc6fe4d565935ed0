"""Work on many items at once: a pool of threads, each with a supervisor of its own.

Results are the same whatever the number of jobs, and an interrupt or an error costs no result that is finished.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from srbench_lite.running.interrupts import deaf_to_interrupts
from srbench_lite.running.supervisor import InterruptedRunError, Supervisor

__all__ = ["WorkerPool", "run_in_pool"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_in_pool(
    items: Sequence[Item], work: Callable[[Item, Supervisor], Result], *, save: Callable[[Result], None],
    on_result: Callable[[Result], None], jobs: int, plugins: Sequence[Path] = (), preload: Iterable[str] = (),
    threads: int = 1, on_stopped: Callable[[Item, str], None] = lambda item, best: None, end: float = math.inf,
) -> bool:  # fmt: skip
    """Work on items, `jobs` at a time; return whether an interrupt (Ctrl-C) ended it.

    Args:
        items: what is to be done.
        work: does one item with the supervisor it is given, in a thread of its own; what it raises is raised here.
        save: stores a result; called in this thread as results come, and at the end for those that an interrupt or an
            error has left. It may be called twice with the same result.
        on_result: hears of every result that has been saved, unless an interrupt or an error came before.
        jobs: how many items are worked on at once, each in processes of its own.
        plugins: plugin files that the processes load.
        preload: modules that the processes import once.
        threads: threads of numerical libraries in every process.
        on_stopped: hears of every item that the interrupt stopped after it had reported a formula, and of the last one.
        end: when to stop, as `time.monotonic` has it; items that are not done then are left.
    """
    pool = WorkerPool(items, work, jobs=min(jobs, len(items)), plugins=plugins, preload=preload, threads=threads)
    interrupted = False
    try:
        pool.start()
        while (finished := pool.next_result(end)) is not None:
            number, result = finished
            save(result)
            pool.finished_unsaved.pop(number)
            on_result(result)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        with deaf_to_interrupts():  # a second Ctrl-C must not cost what is finished
            pool.stop()
            for result in pool.finished_unsaved.values():
                save(result)
            for number, best in pool.reported.items():
                on_stopped(items[number], best)
    return interrupted


class WorkerPool(Generic[Item, Result]):
    """Threads with a supervisor each; they take items from one queue and put results into another.

    `finished_unsaved` holds the finished results by number until whoever has stored one takes it out; `reported` the
    last formula of each item that was stopped at work.
    """

    def __init__(
        self, items: Sequence[Item], work: Callable[[Item, Supervisor], Result], *, jobs: int, plugins: Sequence[Path],
        preload: Iterable[str], threads: int,
    ) -> None:  # fmt: skip
        self._items: queue.SimpleQueue[tuple[int, Item]] = queue.SimpleQueue()
        for item in enumerate(items):
            self._items.put(item)
        self._left = len(items)
        self._work = work
        self._results: queue.SimpleQueue[tuple[int, Result] | BaseException] = queue.SimpleQueue()
        self.finished_unsaved: dict[int, Result] = {}
        self.reported: dict[int, str] = {}
        self._stop = threading.Event()
        supervisors = [
            Supervisor(plugins=plugins, preload=sorted(preload), threads=threads, scores=True, stop=self._stop)
            for _ in range(jobs)
        ]
        self._threads = [
            threading.Thread(target=self._serve, args=(supervisor,), daemon=True) for supervisor in supervisors
        ]

    def start(self) -> None:
        """Let the threads begin."""
        for thread in self._threads:
            thread.start()

    def next_result(self, end: float = math.inf) -> tuple[int, Result] | None:
        """Wait for the next result and its number; None when all items are done. What `work` raised is raised.

        None also where `time.monotonic` has come to `end`.
        """
        if self._left == 0:
            return None
        while time.monotonic() < end:
            try:
                finished = self._results.get(timeout=0.5)  # short, so that Ctrl-C is heard
            except queue.Empty:
                continue
            if isinstance(finished, BaseException):
                raise finished
            self._left -= 1
            return finished
        return None

    def stop(self) -> None:
        """End all work and processes."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _serve(self, supervisor: Supervisor) -> None:
        with supervisor:
            while not self._stop.is_set():
                try:
                    number, item = self._items.get_nowait()
                except queue.Empty:
                    return
                try:
                    result = self._work(item, supervisor)
                    self.finished_unsaved[number] = result
                    self._results.put((number, result))
                except InterruptedRunError as stopped:
                    if stopped.best is not None:
                        self.reported[number] = stopped.best
                    return
                except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
                    self._results.put(error)
                    return
