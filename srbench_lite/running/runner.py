"""Planned runs to records: `run` does those that are not in the store yet, and writes each record as it ends.

A record that other code of the method has made is not the planned run's: it is made anew, and replaced.

Results are the same, formula for formula, whatever `jobs` is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from srbench_lite.environments.assignment import OWN
from srbench_lite.environments.environment import Environment
from srbench_lite.errors import DataError, SuiteError, UsageError
from srbench_lite.methods.discovery import Registry
from srbench_lite.methods.method import Method
from srbench_lite.problems.drawn_task import DrawnTask
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store
from srbench_lite.running.environment import describe_environment
from srbench_lite.running.execution import environment_of_scoring, execute
from srbench_lite.running.executor import Executor, LocalExecutor
from srbench_lite.running.interpreter import Interpreter, Place, find_place
from srbench_lite.running.interrupts import deaf_to_interrupts
from srbench_lite.running.live_state import LiveState, forget_state
from srbench_lite.running.plan import Plan, PlannedRun
from srbench_lite.running.standing import Standing, find_standing
from srbench_lite.running.temporary_folder import clear_forsaken

__all__ = ["Summary", "check_drawable", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run of a plan did.

    Attributes:
        plan: the planned runs.
        total: number of planned runs.
        present: how many of them stood in the store before, and were not to be done again.
        finished: how many stand in the store now.
        interrupted: whether it was stopped before its end.
        complaints: what went wrong beside the runs, such as a plugin that failed when it heard of an event, or files
            of runs that could not be kept.
        reported: the last formula that each run had reported which the interrupt stopped, by its key; not in the store.
    """

    plan: Plan
    total: int
    present: int
    finished: int
    interrupted: bool
    complaints: tuple[str, ...] = ()
    reported: Mapping[str, str] = field(default_factory=dict)


def run(
    planned: Iterable[PlannedRun], *, registry: Registry, store: Store, jobs: int = 1, plugins: Sequence[Path] = (),
    again: Container[str] = (), keep_old: bool = False, end: float = math.inf, standing: Standing | None = None,
    executor: Executor | None = None,
) -> Summary:  # fmt: skip
    """Do the planned runs that are not in the store yet; those with one number of threads after the others.

    Events go to the registry's plugins. On `KeyboardInterrupt` the processes at work are ended, what is finished is
    kept, and the summary says so.

    Args:
        planned: the plan.
        registry: what is installed.
        store: where records go; this process must be its only writer.
        jobs: how many runs are done at once, each in processes of its own.
        plugins: the plugin files with which the registry was made.
        again: keys of runs to do again; their records are replaced when the new ones are there.
        keep_old: whether records that other code of the method has made stay, and their runs are not done again.
        end: when to stop, as `time.monotonic` has it: what is not done then is left, and what is finished is kept.
        standing: what of the plan is to be done, where that is known; it takes the place of `again` and `keep_old`.
        executor: does the runs; None: this machine, `jobs` at a time.

    Raises:
        UsageError: `jobs` is below 1, or a method is none that the processes of a run could find: not the registry's,
            or of a plugin file that is not among `plugins`; or the executor cannot do the runs.
        SuiteError: no points can be drawn for a task.
    """
    if jobs < 1:
        raise UsageError(f"jobs must be at least 1, got {jobs}")
    plan = Plan.of(planned)
    if standing is None:
        standing = find_standing(plan, store, again=again, keep_old=keep_old)
    missing = standing.missing
    work = _Work.of(missing)
    _check_known(work.methods.values(), registry, plugins)
    if executor is not None and missing:
        executor.prepare(missing)
        jobs = executor.slots
    events = _Events(registry)
    settings = {"jobs": jobs, "seconds": work.seconds}
    events.tell("srbench_run_started", total=len(plan), done=standing.present, settings=settings)
    records = _Records(store)
    interrupted = False
    reported: dict[str, str] = {}
    records.artifacts.clear(store.beginnings)  # of a run that was killed
    forget_state(store.path)
    clear_forsaken()
    if missing:
        check_drawable(missing)
        state = LiveState(store.path, len(plan), standing.present, jobs, work.seconds)

        def on_result(record: Record) -> None:
            state.ended(record)
            done = standing.present + records.count
            events.tell("srbench_record_finished", record=record, done=done, total=len(plan))

        try:
            with state.kept():
                executor = executor or _local(work, registry, records.artifacts, jobs=jobs, plugins=plugins)
                for threads in work.threads:
                    interrupted = executor.do(
                        _with_threads(missing, threads, work), began=state.began, save=records.save,
                        on_result=on_result, artifacts=records.artifacts, end=end,
                        on_stopped=lambda one, best: reported.update({one.key: best}),
                    )  # fmt: skip
                    if interrupted:
                        break
        finally:
            with deaf_to_interrupts():
                records.artifacts.clear()
    done = standing.present + records.count
    events.tell("srbench_run_finished", done=done, total=len(plan), interrupted=interrupted)
    return Summary(
        plan=plan, total=len(plan), present=standing.present, finished=done, interrupted=interrupted,
        complaints=(*events.complaints, *(_lost(count, why) for why, count in records.lost.items())),
        reported=reported,
    )  # fmt: skip


@dataclass(slots=True)
class _Work:
    """What there is to know of runs before they begin, found in one pass.

    Attributes:
        methods: each by its name.
        abroad: methods in other interpreters, each by its name.
        threads: the numbers of threads of numerical libraries, in the order of the runs.
        engines: modules that our own processes import.
        seconds: the longest time limit.
    """

    methods: dict[str, Method] = field(default_factory=dict)
    abroad: dict[Environment, dict[str, Method]] = field(default_factory=dict)
    threads: dict[int, None] = field(default_factory=dict)
    engines: set[str] = field(default_factory=set)
    seconds: float = 0.0

    @classmethod
    def of(cls, runs: Iterable[PlannedRun]) -> _Work:
        work = cls()
        before: tuple[object, ...] = ()
        for one in runs:
            if (one.method, one.where, one.budget) == before:
                continue
            before = (one.method, one.where, one.budget)
            work.methods[one.method.name] = one.method
            work.threads[one.budget.threads] = None
            work.seconds = max(work.seconds, one.budget.seconds)
            if one.where == OWN:
                work.engines.update(one.method.engine)
            if one.where.environment is not None:
                work.abroad.setdefault(one.where.environment, {})[one.method.name] = one.method
        return work


class _Records:
    """Keeps records and the files of their runs; each call of `save` may be one that an interrupt had ended before."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.artifacts = Artifacts(store.path)
        self.count = 0  # of records that were kept
        self.lost: Counter[str] = Counter()  # runs whose files could not be kept, by the reason
        self._begun = ""  # key of the record that is being kept, when its files were promised
        self._kept = ""  # key of the last one that was kept

    def save(self, record: Record) -> None:
        """Keep a record."""
        if record.key == self._kept:
            return
        if record.key != self._begun:
            self.artifacts.promise(record.key, record.started_at)
            self._begun = record.key
        self._store.add(record, replace=True)
        try:
            self.artifacts.keep(record.key, record.started_at)
        except OSError as error:  # the record is worth more than the files
            self.lost[str(error.strerror or error)] += 1
        self._kept = record.key
        self.count += 1


def _with_threads(runs: Plan, threads: int, work: _Work) -> Plan:
    if len(work.threads) == 1:
        return runs
    return runs.part(number for number, one in enumerate(runs) if one.budget.threads == threads)


def _local(work: _Work, registry: Registry, artifacts: Artifacts, *, jobs: int, plugins: Sequence[Path]) -> Executor:
    """Return what does the runs on this machine."""
    owners = {registry.owner(name).origin for name in work.methods}
    environment = describe_environment(jobs=jobs, distributions=tuple(sorted(owners)))
    do = partial(
        execute, environment=environment_of_scoring(environment), places=_places(work.abroad, registry),
        artifacts=artifacts,
    )  # fmt: skip
    return LocalExecutor(work=do, slots=jobs, plugins=plugins, preload=work.engines)


def _lost(count: int, why: str) -> str:
    """Say of how many runs the files were lost."""
    return f"the files that {f'{count} runs' if count > 1 else 'a run'} had left could not be kept: {why}"


def _places(abroad: Mapping[Environment, Mapping[str, Method]], registry: Registry) -> dict[Environment, Place]:
    """Say for each environment of runs where they take place, and whether it works: asked once, before they begin."""
    return {there: find_place(Interpreter.of(there, run.values(), registry)) for there, run in abroad.items()}


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


def _check_known(methods: Iterable[Method], registry: Registry, plugins: Sequence[Path]) -> None:
    """Refuse a method that other processes cannot find by its name, such as one of a notebook."""
    files = {path.resolve() for path in plugins}
    for name, kind in {method.name: type(method) for method in methods}.items():
        found = registry.find_method(name)
        present = type(found)
        if found is None or (present.__module__, present.__qualname__) != (kind.__module__, kind.__qualname__):
            raise UsageError(
                f"the method {name!r} (class {kind.__qualname__} of {kind.__module__}) is not one that plugins offer, "
                "so the processes of a run could not find it; save the class and its hook srbench_methods as a file, "
                "and give that to discover(files=[FILE]) and run(plugins=[FILE]), or to srbench run --plugin FILE"
            )
        owner = registry.owner(name)
        if owner.version is None and Path(owner.origin).resolve() not in files and Path(owner.origin).is_file():
            raise UsageError(f"the method {name!r} is in a plugin file; give run(plugins=[Path({owner.origin!r})])")


def check_drawable(planned: Iterable[PlannedRun]) -> None:
    """Draw every task once as each perturbation has it, before anything runs: a bad one is an error, no broken run.

    Raises:
        SuiteError: no points can be drawn for a task.
    """
    drawn: set[tuple[str, Perturbation]] = set()
    for one in planned:
        kind = one.fingerprint, one.perturbation
        if kind not in drawn:
            drawn.add(kind)
            try:
                DrawnTask.of(one.task, seed=one.seed, noise=one.noise, perturbation=one.perturbation)
            except DataError as error:
                how = f", {one.perturbation}" if one.perturbation else ""
                raise SuiteError(f"{one.task.name} with seed {one.seed}, noise {one.noise:g}{how}: {error}") from None
