"""The plan of a run, and its execution: cells to records.

`plan` lists the cells (method × task × noise × seed); `run` executes those that are not in the store yet, `jobs` at a
time, and writes each record as it ends. Results are the same, formula for formula, whatever `jobs` is.
"""

from __future__ import annotations

import contextlib
import datetime
import math
import queue
import signal
import threading
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from srbench_lite.data import Dataset
from srbench_lite.discovery import Registry
from srbench_lite.environment import describe_environment
from srbench_lite.equivalence import TOLERANCES
from srbench_lite.errors import DataError, StoreError, SuiteError, UsageError
from srbench_lite.method import Budget, Method
from srbench_lite.record import Record, Scores, Status, record_key
from srbench_lite.scoring import SCORING_VERSION, unscored_on
from srbench_lite.seeds import derive_seed
from srbench_lite.store import Store
from srbench_lite.supervisor import Ending, InterruptedRunError, Slot
from srbench_lite.task import NOISE_DEFINITION, Task

__all__ = ["Cell", "Summary", "plan", "run"]

_SCORING_SECONDS: Final = 60.0  # wall clock for scoring one formula
_SCORING_MEMORY_MB: Final = 4096.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One planned run."""

    method: Method
    task: Task
    fingerprint: str  # of the task, computed once
    seed: int
    noise: float
    budget: Budget

    @property
    def key(self) -> str:
        """The key its record will have."""
        return record_key(
            task_fingerprint=self.fingerprint, method=self.method.name, method_version=self.method.version,
            parameters=self.method.parameters(), seed=self.seed, noise=self.noise, budget_seconds=self.budget.seconds,
            budget_memory_mb=self.budget.memory_mb, budget_threads=self.budget.threads,
            scoring_version=SCORING_VERSION,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run did.

    Attributes:
        keys: keys of all planned cells, in the order of the plan.
        total: number of planned cells.
        present: how many of them stood in the store before, and were not to be done again.
        finished: how many stand in the store now.
        interrupted: whether the run was stopped before its end.
        complaints: what went wrong besides the cells, such as a plugin that failed when it heard of an event.
    """

    keys: tuple[str, ...]
    total: int
    present: int
    finished: int
    interrupted: bool
    complaints: tuple[str, ...] = ()


def plan(
    methods: Iterable[Method], tasks: Iterable[Task], *, seeds: Sequence[int], noises: Sequence[float], budget: Budget
) -> tuple[Cell, ...]:
    """List the cells of a run: method by method, task by task.

    Raises:
        UsageError: a noise level is negative or not finite, or a seed is negative or beyond 64 bits.
    """
    for noise in noises:
        if not 0 <= noise < float("inf"):
            raise UsageError(f"a noise level is a fraction of the RMS of y, 0 or a positive number, got {noise:g}")
    for seed in seeds:
        if not 0 <= seed < 2**63:
            raise UsageError(f"a seed must be a whole number from 0 to 2**63 - 1, got {seed}")
    printed = [(task, task.fingerprint) for task in tasks]
    return tuple(
        Cell(method=method, task=task, fingerprint=fingerprint, seed=seed, noise=noise, budget=budget)
        for method in methods
        for task, fingerprint in printed
        for noise in dict.fromkeys(float(n) for n in noises)
        for seed in dict.fromkeys(seeds)
    )


def run(
    cells: Sequence[Cell], *, registry: Registry, store: Store, jobs: int = 1, plugins: Sequence[Path] = (),
    again: Container[str] = (),
) -> Summary:  # fmt: skip
    """Execute the cells that are not in the store yet.

    Events go to the registry's plugins. On `KeyboardInterrupt` the running cells are ended, what is finished is kept,
    and the summary says so.

    Args:
        cells: the plan; all with one number of threads.
        registry: what is installed.
        store: where records go; this process must be its only writer.
        jobs: how many cells run at once, each in processes of its own.
        plugins: the plugin files with which the registry was made.
        again: keys of cells to do again; their records are replaced when the new ones are there.

    Raises:
        UsageError: `jobs` is below 1, or the cells differ in their threads.
        SuiteError: no points can be drawn for a task.
    """
    if jobs < 1:
        raise UsageError(f"jobs must be at least 1, got {jobs}")
    if len({cell.budget.threads for cell in cells}) > 1:
        raise UsageError("all cells of a run must have the same number of threads; run them one after the other")
    planned = {cell.key: cell for cell in cells}
    present = {key for key in store.statuses() if key in planned and key not in again}
    missing = [(key, cell) for key, cell in planned.items() if key not in present]
    events = _Events(registry)
    events.tell("srbench_run_started", total=len(planned), done=len(present), settings={"jobs": jobs})
    done = len(present)
    interrupted = False
    if missing:
        _check_drawable(cell for _, cell in missing)
        owners = {registry.owners["method", cell.method.name].origin for _, cell in missing}
        environment = describe_environment(jobs=jobs, distributions=tuple(sorted(owners)))
        environment["tolerances"] = dict(TOLERANCES)
        crew = _Crew(missing, environment=environment, jobs=min(jobs, len(missing)), plugins=plugins)
        try:
            crew.start()
            while (record := crew.next_record()) is not None:
                store.add(record, replace=True)
                crew.unsaved.pop(record.key)
                done += 1
                events.tell("srbench_record_finished", record=record, done=done, total=len(planned))
        except KeyboardInterrupt:
            interrupted = True
        finally:
            with _deaf_to_interrupts():  # a second Ctrl-C must not cost what is finished
                crew.stop()
                for record in crew.unsaved.values():
                    store.add(record, replace=True)
                    done += 1
    events.tell("srbench_run_finished", done=done, total=len(planned), interrupted=interrupted)
    return Summary(
        keys=tuple(planned), total=len(planned), present=len(present), finished=done, interrupted=interrupted,
        complaints=tuple(events.complaints),
    )  # fmt: skip


class _Events:
    """Tells plugins what happens; one that fails is not told again, and costs nobody else anything."""

    def __init__(self, registry: Registry) -> None:
        self._manager = registry.manager
        self._failed: set[str] = set()
        self.complaints: list[str] = []

    def tell(self, event: str, **facts: Any) -> None:
        for listener in getattr(self._manager.hook, event).get_hookimpls():
            if listener.plugin_name in self._failed:
                continue
            try:
                listener.function(**{name: facts[name] for name in listener.argnames})
            except Exception as error:  # noqa: BLE001 - a plugin's failure must not end the run
                self._failed.add(listener.plugin_name)
                kind = type(error).__name__
                self.complaints.append(f"plugin {listener.plugin_name} failed in {event}: {kind}: {error}")


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C for a moment, where this thread is the one that hears it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _check_drawable(cells: Iterable[Cell]) -> None:
    """Draw every task once before anything runs, so that a bad one is an error and not a broken run."""
    seen: set[str] = set()
    for cell in cells:
        if cell.fingerprint not in seen:
            seen.add(cell.fingerprint)
            try:
                cell.task.dataset(seed=cell.seed, noise=cell.noise)
            except DataError as error:
                raise SuiteError(f"{cell.task.name} with seed {cell.seed}, noise {cell.noise:g}: {error}") from None


class _Crew:
    """Worker threads, each with a slot of its own; they take cells from one queue and put records into another."""

    def __init__(
        self, cells: Sequence[tuple[str, Cell]], *, environment: Mapping[str, Any], jobs: int, plugins: Sequence[Path]
    ) -> None:
        self._cells: queue.SimpleQueue[tuple[str, Cell]] = queue.SimpleQueue()
        for item in cells:
            self._cells.put(item)
        self._left = len(cells)
        self._results: queue.SimpleQueue[Record | BaseException] = queue.SimpleQueue()
        self.unsaved: dict[str, Record] = {}  # finished records by key; whoever has stored one takes it out
        self._environment = environment
        self._stop = threading.Event()
        preload = {module for _, cell in cells for module in cell.method.engine}
        threads = cells[0][1].budget.threads
        self._slots = [
            Slot(plugins=plugins, preload=sorted(preload), threads=threads, scores=True, stop=self._stop)
            for _ in range(jobs)
        ]
        self._threads = [threading.Thread(target=self._work, args=(slot,), daemon=True) for slot in self._slots]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def next_record(self) -> Record | None:
        """Wait for the next record; None when all cells are done."""
        if self._left == 0:
            return None
        while True:
            try:
                result = self._results.get(timeout=0.5)  # short, so that Ctrl-C is heard
            except queue.Empty:
                continue
            if isinstance(result, BaseException):
                raise result
            self._left -= 1
            return result

    def stop(self) -> None:
        """End all cells and processes."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _work(self, slot: Slot) -> None:
        with slot:
            while not self._stop.is_set():
                try:
                    key, cell = self._cells.get_nowait()
                except queue.Empty:
                    return
                try:
                    record = _execute(key, cell, slot, self._environment)
                    self.unsaved[key] = record
                    self._results.put(record)
                except InterruptedRunError:
                    return
                except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
                    self._results.put(error)
                    return


def _execute(key: str, cell: Cell, slot: Slot, environment: Mapping[str, Any]) -> Record:
    """Do one cell: draw, fit, score, record."""
    begun = time.monotonic()
    started_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")

    def record(ending: Ending, status: Status, reason: str | None, scores: Scores, **found: Any) -> Record:
        answer = {"expression": None, "stopped": None, "candidates": (), "extras": {}} | found
        return Record(
            key=key,
            suite=cell.task.suite,
            task=cell.task.name,
            method=cell.method.name,
            seed=cell.seed,
            noise=cell.noise,
            status=status,
            reason=reason,
            scores=scores,
            seconds=ending.seconds,
            cpu_seconds=ending.cpu_seconds,
            cell_seconds=time.monotonic() - begun,
            peak_mb=ending.peak_mb,
            task_version=cell.task.version,
            task_fingerprint=cell.fingerprint,
            truth=None if cell.task.truth is None else str(cell.task.truth),
            method_version=cell.method.version,
            parameters=cell.method.parameters(),
            budget_seconds=cell.budget.seconds,
            budget_memory_mb=cell.budget.memory_mb,
            budget_threads=cell.budget.threads,
            scoring_version=SCORING_VERSION,
            noise_definition=NOISE_DEFINITION,
            printed_bytes=ending.printed_bytes,
            started_at=started_at,
            environment=environment,
            **answer,
        )

    try:
        dataset = cell.task.dataset(seed=cell.seed, noise=cell.noise)
    except DataError as error:
        return record(Ending(), Status.SKIPPED, f"no points could be drawn: {error}", Scores())
    unscored = unscored_on(dataset)
    ending = slot.run(
        {
            "kind": "fit",
            "method": cell.method.name,
            "parameters": cell.method.parameters(),
            "variables": list(cell.task.variables),
            "seed": derive_seed(task=cell.fingerprint, method=cell.method.name, seed=cell.seed, part="fit"),
            "budget": asdict(cell.budget),
        },
        {"x": dataset.train.x, "y": dataset.train.y},
        seconds=cell.budget.seconds,
        memory_mb=cell.budget.memory_mb,
    )
    message = ending.message
    if message is not None and not _well_formed(message):
        return record(ending, Status.CRASHED, "its process sent an answer that is none", unscored)
    status, reason, expression, stopped = _verdict_on(ending, cell.budget)
    if message is not None:
        ending.seconds = min(ending.seconds, float(message.get("seconds", ending.seconds)))
    if expression is None:
        return record(ending, status, reason, unscored)
    judged, complaint, scores = _scores(expression, cell.task, dataset, ending, slot)
    if not judged:
        reason = f"{reason}; its best formula so far: {complaint}" if ending.cut else complaint
        return record(ending, status if ending.cut else Status.INVALID, reason, unscored)
    answer = message or {}
    found = {"expression": expression, "stopped": stopped, "extras": answer.get("extras", {})}
    reason = "; ".join(text for text in (reason, complaint) if text) or None
    done = record(ending, status, reason, scores, **found, candidates=tuple(answer.get("candidates", ())))
    try:
        done.to_row()
    except StoreError as error:
        return record(ending, Status.CRASHED, f"its answer cannot be kept: {error}", unscored)
    return done


def _verdict_on(ending: Ending, budget: Budget) -> tuple[Status, str | None, str | None, str | None]:
    """Say how a fit ended: status, reason, text of its formula, what stopped it."""
    if ending.cut is not None:
        limit = f"{budget.seconds:g} s" if ending.cut is Status.TIMEOUT else f"{budget.memory_mb:g} MiB"
        best = "; the best formula so far is scored" if ending.best else "; it had reported no formula"
        return ending.cut, f"stopped at the limit of {limit}{best}", ending.best, "budget" if ending.best else None
    message = ending.message
    if message is None:
        return Status.CRASHED, ending.death(), None, None
    status = Status(message["status"])
    if status is Status.MEMOUT:
        return status, message["reason"], ending.best, "budget" if ending.best else None
    return status, message["reason"], message.get("expression"), message.get("stopped")


def _well_formed(message: Mapping[str, Any]) -> bool:
    """Whether a fit's last message is what `cell` sends: a method could have written it itself."""
    status, seconds = message.get("status"), message.get("seconds", 0.0)
    candidates = message.get("candidates", [])
    return (
        isinstance(status, str)
        and status in set(Status) - {Status.TIMEOUT}
        and "reason" in message
        and all(isinstance(message.get(name), str | None) for name in ("reason", "expression", "stopped"))
        and (message.get("expression") is not None) == (status == Status.OK)
        and message.get("stopped", "done") in ("done", "budget")
        and isinstance(seconds, float)
        and math.isfinite(seconds)
        and seconds >= 0
        and isinstance(message.get("extras", {}), dict)
        and isinstance(candidates, list)
        and all(isinstance(text, str) for text in candidates)
    )


def _scores(
    expression: str, task: Task, dataset: Dataset, ending: Ending, slot: Slot
) -> tuple[bool, str | None, Scores]:
    """Score a formula in a process of its own.

    Return whether it is a formula, what there is to complain about, and the scores.
    """
    parts = {"train": dataset.train, "test": dataset.test, "far": dataset.far}
    arrays = {f"{n}_x": part.x for n, part in parts.items() if part is not None}
    arrays |= {f"{n}_y": part.y for n, part in parts.items() if part is not None}
    request = {
        "kind": "score",
        "expression": expression,
        "truth": None if task.truth is None else str(task.truth),
        "variables": {name: asdict(sampling) for name, sampling in task.variables.items()},
    }
    judged = slot.run(
        request,
        arrays | {name: array for name, array in ending.arrays.items() if name == "predictions"},
        seconds=_SCORING_SECONDS,
        memory_mb=_SCORING_MEMORY_MB,
    )
    if judged.message is None:
        why = f"scoring stopped ({judged.cut})" if judged.cut else f"scoring died: {judged.death()}"
        undecided = None if task.truth is None else "undecided"
        return True, why, replace(unscored_on(dataset), verdict=undecided, verdict_by=why)
    if judged.message["status"] == Status.INVALID:
        return False, str(judged.message["reason"]), Scores()
    scores = Scores(**judged.message["scores"])
    if not judged.message["metrics"]:
        return True, None, scores
    further = slot.run(request | {"kind": "metrics"}, arrays, seconds=_SCORING_SECONDS, memory_mb=_SCORING_MEMORY_MB)
    if further.message is None:
        return True, f"metrics were not computed: {further.cut or further.death()}", scores
    return True, further.message["reason"], replace(scores, metrics=further.message["metrics"])
