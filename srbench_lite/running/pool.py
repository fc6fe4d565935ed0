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
from srbench_lite.running.supervisor import Supervisor
from srbench_lite.running.zygote_pair import InterruptedRunError

__all__ = ["WorkerPool", "run_in_pool"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_in_pool(
    items: Iterable[Item], work: Callable[[Item, Supervisor], Result], *, save: Callable[[Result], None],
    on_result: Callable[[Result], None], jobs: int, plugins: Sequence[Path] = (), preload: Iterable[str] = (),
    threads: int = 1, on_stopped: Callable[[Item, str], None] = lambda item, best: None, end: float = math.inf,
) -> bool:  # fmt: skip
    """Work on items, `jobs` at a time; return whether an interrupt (Ctrl-C) ended it.

    Args:
        items: what is to be done; each is taken when it is begun.
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
    pool = WorkerPool(items, work, jobs=jobs, plugins=plugins, preload=preload, threads=threads)
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
            for item, best in pool.reported:
                on_stopped(item, best)
    return interrupted


class WorkerPool(Generic[Item, Result]):
    """Threads with a supervisor each; they take items from one iterator and put results into a queue.

    `finished_unsaved` holds the finished results by number until whoever has stored one takes it out; `reported`
    has each item that was stopped at work with its last formula.
    """

    def __init__(
        self, items: Iterable[Item], work: Callable[[Item, Supervisor], Result], *, jobs: int, plugins: Sequence[Path],
        preload: Iterable[str], threads: int,
    ) -> None:  # fmt: skip
        self._items = enumerate(items)
        self._taking = threading.Lock()  # of an item
        self._work = work
        self._results: queue.SimpleQueue[tuple[int, Result] | BaseException | None] = queue.SimpleQueue()
        self.finished_unsaved: dict[int, Result] = {}
        self.reported: list[tuple[Item, str]] = []
        self._stop = threading.Event()
        supervisors = [
            Supervisor(plugins=plugins, preload=sorted(preload), threads=threads, scores=True, stop=self._stop)
            for _ in range(jobs)
        ]
        self._working = jobs  # threads that may still have a result
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
        while self._working and time.monotonic() < end:
            try:
                finished = self._results.get(timeout=0.5)  # short, so that Ctrl-C is heard
            except queue.Empty:
                continue
            if isinstance(finished, BaseException):
                raise finished
            if finished is not None:
                return finished
            self._working -= 1
        return None

    def stop(self) -> None:
        """End all work and processes."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _serve(self, supervisor: Supervisor) -> None:
        try:
            with supervisor:
                while not self._stop.is_set() and (taken := self._take()) is not None:
                    number, item = taken
                    try:
                        result = self._work(item, supervisor)
                    except InterruptedRunError as stopped:
                        if stopped.best is not None:
                            self.reported.append((item, stopped.best))
                        return
                    self.finished_unsaved[number] = result
                    self._results.put((number, result))
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
            self._results.put(error)
        finally:
            self._results.put(None)

    def _take(self) -> tuple[int, Item] | None:
        with self._taking:
            return next(self._items, None)
