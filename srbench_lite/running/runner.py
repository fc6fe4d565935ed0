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
from srbench_lite.running.interpreter import Interpreter, Place, find_place
from srbench_lite.running.live_state import LiveState
from srbench_lite.running.plan import PlannedRun
from srbench_lite.running.pool import run_in_pool
from srbench_lite.running.supervisor import Supervisor

__all__ = ["Summary", "check_drawable", "made_by_other_code", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run of a plan did.

    Attributes:
        keys: keys of all planned runs, in the order of the plan.
        total: number of planned runs.
        present: how many of them stood in the store before, and were not to be done again.
        finished: how many stand in the store now.
        interrupted: whether it was stopped before its end.
        complaints: what went wrong beside the runs, such as a plugin that failed when it heard of an event, or files
            of runs that could not be kept.
        reported: the last formula that each run had reported which the interrupt stopped, by its key; not in the store.
    """

    keys: tuple[str, ...]
    total: int
    present: int
    finished: int
    interrupted: bool
    complaints: tuple[str, ...] = ()
    reported: Mapping[str, str] = field(default_factory=dict)


def run(
    planned: Sequence[PlannedRun], *, registry: Registry, store: Store, jobs: int = 1, plugins: Sequence[Path] = (),
    again: Container[str] = (), keep_old: bool = False, end: float = math.inf,
) -> Summary:  # fmt: skip
    """Do the planned runs that are not in the store yet.

    Events go to the registry's plugins. On `KeyboardInterrupt` the processes at work are ended, what is finished is
    kept, and the summary says so.

    Args:
        planned: the plan; all with one number of threads.
        registry: what is installed.
        store: where records go; this process must be its only writer.
        jobs: how many runs are done at once, each in processes of its own.
        plugins: the plugin files with which the registry was made.
        again: keys of runs to do again; their records are replaced when the new ones are there.
        keep_old: whether records that other code of the method has made stay, and their runs are not done again.
        end: when to stop, as `time.monotonic` has it: what is not done then is left, and what is finished is kept.

    Raises:
        UsageError: `jobs` is below 1, the runs differ in their threads, or a method is none that the processes of a run
            could find: not the registry's, or of a plugin file that is not among `plugins`.
        SuiteError: no points can be drawn for a task.
    """
    if jobs < 1:
        raise UsageError(f"jobs must be at least 1, got {jobs}")
    if len({one.budget.threads for one in planned}) > 1:
        raise UsageError("all runs of a plan must have the same number of threads; run them one after the other")
    _check_known(planned, registry, plugins)
    by_key = {one.key: one for one in planned}
    sources = store.sources(by_key)
    other = set() if keep_old else made_by_other_code(by_key, sources)
    present = {key for key in sources if key not in again and key not in other}
    missing = [one for key, one in by_key.items() if key not in present]
    events = _Events(registry)
    seconds = max((one.budget.seconds for one in missing), default=0.0)
    settings = {"jobs": jobs, "seconds": seconds}
    events.tell("srbench_run_started", total=len(by_key), done=len(present), settings=settings)
    in_store = set(present)
    interrupted = False
    reported: dict[str, str] = {}
    lost: Counter[str] = Counter()  # runs whose files could not be kept, by the reason
    if missing:
        check_drawable(missing)
        owners = {registry.owner(one.method.name).origin for one in missing}
        environment = describe_environment(jobs=jobs, distributions=tuple(sorted(owners)))

        artifacts = Artifacts(store.path)
        artifacts.clear()  # of a run that was killed
        state = LiveState(store.path, len(by_key), len(present), jobs, seconds)

        cleared: set[str] = set()  # keys for which the files of another run are gone

        def save(record: Record) -> None:  # may be called again wherever an interrupt has ended it
            if record.key in in_store:
                return
            if record.key not in cleared:
                artifacts.remove([record.key])  # if we are killed here, none is better than those of another run
                cleared.add(record.key)
            store.add(record, replace=True)
            try:
                artifacts.keep(record.key)
            except OSError as error:  # the record is worth more than the files
                lost[str(error.strerror or error)] += 1
            in_store.add(record.key)

        def on_result(record: Record) -> None:
            state.ended(record)
            events.tell("srbench_record_finished", record=record, done=len(in_store), total=len(by_key))

        done_in_full = partial(
            execute, environment=environment_of_scoring(environment), places=_places(missing, registry),
            artifacts=artifacts,
        )  # fmt: skip

        def work(one: PlannedRun, supervisor: Supervisor) -> Record:
            state.began(one)
            return done_in_full(one, supervisor)

        try:
            with state.kept():
                interrupted = run_in_pool(
                    missing, work, save=save, on_result=on_result, jobs=jobs, plugins=plugins,
                    preload={module for one in missing if one.where == OWN for module in one.method.engine},
                    threads=missing[0].budget.threads, on_stopped=lambda one, best: reported.update({one.key: best}),
                    end=end,
                )  # fmt: skip
        finally:
            artifacts.clear()
    done = len(in_store)
    events.tell("srbench_run_finished", done=done, total=len(by_key), interrupted=interrupted)
    return Summary(
        keys=tuple(by_key), total=len(by_key), present=len(present), finished=done, interrupted=interrupted,
        complaints=(*events.complaints, *(_lost(count, why) for why, count in lost.items())), reported=reported,
    )  # fmt: skip


def made_by_other_code(planned: Mapping[str, PlannedRun], sources: Mapping[str, str | None]) -> set[str]:
    """Return the keys of those records that other code than the planned method's has made, or nobody knows which.

    Where the code of the planned method is not in files, nothing can be said, and no record counts as one of others.

    Args:
        planned: the runs by key.
        sources: by key of a record that stands, the code that made it.
    """
    return {key for key, source in sources.items() if planned[key].method_source not in (None, source)}


def _lost(count: int, why: str) -> str:
    """Say of how many runs the files were lost."""
    return f"the files that {f'{count} runs' if count > 1 else 'a run'} had left could not be kept: {why}"


def _places(planned: Iterable[PlannedRun], registry: Registry) -> dict[Environment, Place]:
    """Say for each environment of runs where they take place, and whether it works: asked once, before they begin."""
    methods: dict[Environment, dict[str, Method]] = {}
    for one in planned:
        if one.where.environment is not None:
            methods.setdefault(one.where.environment, {})[one.method.name] = one.method
    return {there: find_place(Interpreter.of(there, run.values(), registry)) for there, run in methods.items()}


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


def _check_known(planned: Iterable[PlannedRun], registry: Registry, plugins: Sequence[Path]) -> None:
    """Refuse a method that other processes cannot find by its name, such as one of a notebook."""
    files = {path.resolve() for path in plugins}
    for name, kind in {one.method.name: type(one.method) for one in planned}.items():
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
