"""The plan of a run, and its execution: cells to records.

`plan` lists the cells (method × task × noise × seed); `run` executes those that are not in the store yet, `jobs` at a
time, and writes each record as it ends. Results are the same, formula for formula, whatever `jobs` is.
"""

from __future__ import annotations

import contextlib
import datetime
import math
import queue
import re
import signal
import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from srbench_lite.errors import DataError, StoreError, SuiteError, UsageError
from srbench_lite.judging.judge import TOLERANCES
from srbench_lite.judging.scores import Scores
from srbench_lite.judging.scoring import SCORING_VERSION, unscored_on
from srbench_lite.methods.discovery import Registry
from srbench_lite.methods.method import Budget, Method
from srbench_lite.problems.data import Dataset
from srbench_lite.problems.seeds import derive_seed
from srbench_lite.problems.task import NOISE_DEFINITION, Task
from srbench_lite.recording.record import Record, Status, record_key
from srbench_lite.recording.store import Store
from srbench_lite.running.environment import describe_environment
from srbench_lite.running.supervisor import Ending, InterruptedRunError, Slot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Cell", "Summary", "environment_of_scoring", "plan", "reason_of_fit", "run", "scored", "work_off"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_SCORING_SECONDS: Final = 60.0  # wall clock for scoring one formula
_SCORING_MEMORY_MB: Final = 4096.0
#: Simplified truths by truth and domain, as text: the first scoring of a task works it out, and the others are told.
_simple_truths: dict[str, str] = {}


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
    present = {key for key in store.statuses(planned) if key not in again}
    missing = [(key, cell) for key, cell in planned.items() if key not in present]
    events = _Events(registry)
    events.tell("srbench_run_started", total=len(planned), done=len(present), settings={"jobs": jobs})
    kept = set(present)
    interrupted = False
    if missing:
        _check_drawable(cell for _, cell in missing)
        owners = {registry.owners["method", cell.method.name].origin for _, cell in missing}
        environment = describe_environment(jobs=jobs, distributions=tuple(sorted(owners)))

        def keep(record: Record) -> None:
            store.add(record, replace=True)
            kept.add(record.key)

        def tell(record: Record) -> None:
            events.tell("srbench_record_finished", record=record, done=len(kept), total=len(planned))

        interrupted = work_off(
            missing, partial(_execute, environment=environment_of_scoring(environment)), keep=keep, tell=tell,
            jobs=jobs, plugins=plugins, preload={module for _, cell in missing for module in cell.method.engine},
            threads=missing[0][1].budget.threads,
        )  # fmt: skip
    done = len(kept)
    events.tell("srbench_run_finished", done=done, total=len(planned), interrupted=interrupted)
    return Summary(
        keys=tuple(planned), total=len(planned), present=len(present), finished=done, interrupted=interrupted,
        complaints=tuple(events.complaints),
    )  # fmt: skip


def environment_of_scoring(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record's environment with the tolerances of today's judge in it."""
    return {**environment, "tolerances": dict(TOLERANCES)}


def work_off(
    items: Sequence[Item], work: Callable[[Item, Slot], Result], *, keep: Callable[[Result], None],
    tell: Callable[[Result], None], jobs: int, plugins: Sequence[Path] = (), preload: Iterable[str] = (),
    threads: int = 1,
) -> bool:  # fmt: skip
    """Work on items, `jobs` at a time; return whether an interrupt (Ctrl-C) ended it.

    Args:
        items: what is to be done.
        work: does one item with the slot it is given, in a thread of its own; what it raises is raised here.
        keep: stores a result; called in this thread as results come, and at the end for those that an interrupt or an
            error has left. It may be called twice with the same result.
        tell: hears of every result that has been kept, unless an interrupt or an error came before.
        jobs: how many items are worked on at once, each in processes of its own.
        plugins: plugin files that the processes load.
        preload: modules that the processes import once.
        threads: threads of numerical libraries in every process.
    """
    crew = _Crew(items, work, jobs=min(jobs, len(items)), plugins=plugins, preload=preload, threads=threads)
    interrupted = False
    try:
        crew.start()
        while (finished := crew.next_result()) is not None:
            number, result = finished
            keep(result)
            crew.unsaved.pop(number)
            tell(result)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        with _deaf_to_interrupts():  # a second Ctrl-C must not cost what is finished
            crew.stop()
            for result in crew.unsaved.values():
                keep(result)
    return interrupted


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


class _Crew(Generic[Item, Result]):
    """Worker threads, each with a slot of its own; they take items from one queue and put results into another."""

    def __init__(
        self, items: Sequence[Item], work: Callable[[Item, Slot], Result], *, jobs: int, plugins: Sequence[Path],
        preload: Iterable[str], threads: int,
    ) -> None:  # fmt: skip
        self._items: queue.SimpleQueue[tuple[int, Item]] = queue.SimpleQueue()
        for item in enumerate(items):
            self._items.put(item)
        self._left = len(items)
        self._work = work
        self._results: queue.SimpleQueue[tuple[int, Result] | BaseException] = queue.SimpleQueue()
        self.unsaved: dict[int, Result] = {}  # finished results by number; whoever has stored one takes it out
        self._stop = threading.Event()
        slots = [
            Slot(plugins=plugins, preload=sorted(preload), threads=threads, scores=True, stop=self._stop)
            for _ in range(jobs)
        ]
        self._threads = [threading.Thread(target=self._serve, args=(slot,), daemon=True) for slot in slots]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def next_result(self) -> tuple[int, Result] | None:
        """Wait for the next result and its number; None when all items are done."""
        if self._left == 0:
            return None
        while True:
            try:
                finished = self._results.get(timeout=0.5)  # short, so that Ctrl-C is heard
            except queue.Empty:
                continue
            if isinstance(finished, BaseException):
                raise finished
            self._left -= 1
            return finished

    def stop(self) -> None:
        """End all work and processes."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _serve(self, slot: Slot) -> None:
        with slot:
            while not self._stop.is_set():
                try:
                    number, item = self._items.get_nowait()
                except queue.Empty:
                    return
                try:
                    result = self._work(item, slot)
                    self.unsaved[number] = result
                    self._results.put((number, result))
                except InterruptedRunError:
                    return
                except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
                    self._results.put(error)
                    return


def _execute(item: tuple[str, Cell], slot: Slot, *, environment: Mapping[str, Any]) -> Record:
    """Do one cell: draw, fit, score, record."""
    key, cell = item
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
    predictions = ending.arrays.get("predictions")
    judged, complaint, scores = scored(expression, cell.task, dataset, slot, predictions=predictions)
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


def scored(
    expression: str, task: Task, dataset: Dataset, slot: Slot, *, predictions: NDArray[np.float64] | None = None
) -> tuple[bool, str | None, Scores]:
    """Score a formula in a process of its own.

    Args:
        expression: the formula's text.
        task: what it was found for.
        dataset: the points of that run.
        slot: where it is scored.
        predictions: the method's own values on the training points, shape (n,), to replay the formula against.

    Returns:
        Whether it is a formula, what there is to complain about, and the scores.

    Raises:
        InterruptedRunError: the run was stopped.
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
    truth_and_domain = repr((request["truth"], request["variables"]))
    judged = slot.run(
        request | {"simple_truth": _simple_truths.get(truth_and_domain)},
        arrays if predictions is None else arrays | {"predictions": predictions},
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
    if judged.message["simple_truth"] is not None:
        _simple_truths[truth_and_domain] = judged.message["simple_truth"]
    if not judged.message["metrics"]:
        return True, None, scores
    further = slot.run(request | {"kind": "metrics"}, arrays, seconds=_SCORING_SECONDS, memory_mb=_SCORING_MEMORY_MB)
    if further.message is None:
        return True, f"metrics were not computed: {further.cut or further.death()}", scores
    return True, further.message["reason"], replace(scores, metrics=further.message["metrics"])


#: How the complaints of `scored` begin, and those of the metrics it asks for.
_COMPLAINT: Final = re.compile(
    r"(?:^|; )(?:scoring stopped \(|scoring died: |metrics were not computed: |metric [A-Za-z0-9_-]+: )"
)


def reason_of_fit(reason: str | None) -> str | None:
    """Return a record's reason without what `scored` had to complain about, which stands at its end."""
    match = _COMPLAINT.search(reason or "")
    return reason if reason is None or match is None else reason[: match.start()] or None
