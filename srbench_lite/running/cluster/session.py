"""`Session`: what a worker of a cluster knows of one coordinator: its methods, plugin files and environments.

A worker makes it when it is greeted. One that was started again since knows nothing of it, and says so.
"""

from __future__ import annotations

import dataclasses
import importlib
import platform
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from srbench_lite.environments.assignment import OWN, Assignment, assigned, source_of
from srbench_lite.environments.environment import Environment
from srbench_lite.environments.home import find_environment
from srbench_lite.environments.making import record_interpreter
from srbench_lite.errors import SrbenchError
from srbench_lite.methods.command_method import CommandMethod
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.methods.method import Method
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.problems.task import Task
from srbench_lite.running.cluster.greeting import AskedMethod, Greeting, Question
from srbench_lite.running.cluster.installation import Installation, MethodCode
from srbench_lite.running.cluster.order import OrderedRun
from srbench_lite.running.cluster.task_text import read_task
from srbench_lite.running.environment import describe_environment
from srbench_lite.running.execution import environment_of_scoring
from srbench_lite.running.interpreter import Interpreter, Place, find_place
from srbench_lite.running.plan import PlannedRun
from srbench_lite.running.wire import WireError

__all__ = ["Session", "greet", "known_session"]

_MAX_SESSIONS: Final = 32  # of a worker; the one that was used longest ago goes
_MAX_TASKS: Final = 256  # of a session that are kept read
_sessions: OrderedDict[str, Session] = OrderedDict()
_lock: Final = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A method that can run here."""

    method: Method
    where: Assignment
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a worker knows of a coordinator.

    Attributes:
        name: of the session.
        plugins: plugin files that its processes load.
        preload: modules that its processes import once.
        environment: what records say of machine and versions.
        places: where runs of other interpreters take place.
    """

    name: str
    plugins: tuple[Path, ...]
    preload: tuple[str, ...]
    environment: Mapping[str, Any]
    places: Mapping[Environment, Place]
    _methods: Mapping[str, _Ready]
    _tasks: OrderedDict[str, Task] = field(default_factory=OrderedDict)
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def planned(self, ordered: OrderedRun, tasks: Mapping[str, Mapping[str, Any]]) -> PlannedRun:
        """Return the run that is ordered.

        Raises:
            WireError: it is none that can be done here, or not the one whose key was said.
        """
        ready = self._methods.get(ordered.method)
        if ready is None:
            raise WireError(f"the method {ordered.method!r} was not greeted with")
        try:
            method = ready.method.with_parameters(ordered.parameters)
            perturbation = Perturbation.of(ordered.perturbation)
        except SrbenchError as error:
            raise WireError(str(error)) from None
        planned = PlannedRun(
            method=method, task=self._task(ordered.task, tasks), fingerprint=ordered.task, seed=ordered.seed,
            noise=ordered.noise, budget=ordered.budget, method_source=ready.source, perturbation=perturbation,
            where=ready.where,
        )  # fmt: skip
        if planned.key != ordered.key:
            raise WireError(f"the run {ordered.key!r:.80} has the key {planned.key} here")
        return planned

    def _task(self, fingerprint: str, tasks: Mapping[str, Mapping[str, Any]]) -> Task:
        with self._reading:
            task = self._tasks.pop(fingerprint, None)
            if task is None:
                if fingerprint not in tasks:
                    raise WireError(f"the task {fingerprint!r:.80} was not said")
                task = read_task(tasks[fingerprint], fingerprint)
            self._tasks[fingerprint] = task
            if len(self._tasks) > _MAX_TASKS:
                self._tasks.popitem(last=False)
            return task


def greet(question: Question, *, cores: int, memory_mb: float | None) -> Greeting:
    """Make the session of a question, and say what this worker has.

    Args:
        question: what is asked.
        cores: threads of this worker.
        memory_mb: its memory limit, MiB; None where it has none.
    """
    importlib.invalidate_caches()
    files = tuple(map(Path, question.plugins))
    codes: dict[str, MethodCode] = {}
    ready: dict[str, _Ready] = {}
    registry: Registry | None = None
    try:
        registry = discover(files=files, suites=False)
    except SrbenchError as error:  # a plugin file that is not there, or cannot be read
        codes = {asked.name: MethodCode(missing=str(error)) for asked in question.methods}
    for asked in question.methods if registry is not None else ():
        assert registry is not None
        try:
            ready[asked.name] = one = _ready(asked, registry)
        except SrbenchError as error:
            codes[asked.name] = MethodCode(missing=str(error))
        else:
            codes[asked.name] = MethodCode(version=one.method.version, source=one.source)
    owners = {registry.owner(name).origin for name in ready} if registry is not None else set()
    greeting = Greeting(
        installation=Installation.here(codes), host=platform.node(), cores=cores, memory_mb=memory_mb, environment={}
    )
    slots = greeting.slots(threads=question.threads, memory_mb=question.memory_mb)
    described = describe_environment(jobs=slots, distributions=tuple(sorted(owners)))
    environment = environment_of_scoring(described)
    own = [one.method for one in ready.values() if one.where == OWN]
    session = Session(
        name=question.session, plugins=files, environment=environment, _methods=ready,
        preload=tuple(sorted({module for method in own for module in method.engine})),
        places=_places(list(ready.values()), registry) if registry is not None else {},
    )  # fmt: skip
    with _lock:
        _sessions[session.name] = session
        while len(_sessions) > _MAX_SESSIONS:
            _sessions.popitem(last=False)
    return dataclasses.replace(greeting, environment=environment)


def known_session(name: str) -> Session | None:
    """Return the session of this name; None where nobody has greeted with it."""
    with _lock:
        session = _sessions.get(name)
        if session is not None:
            _sessions.move_to_end(name)
        return session


def _ready(asked: AskedMethod, registry: Registry) -> _Ready:
    """Find a method here; raises `SrbenchError` where it cannot run."""
    method = registry.method(asked.elsewhere)
    if isinstance(method, CommandMethod):
        method = dataclasses.replace(method, written=asked.name)
    where = assigned(method) if asked.environment is None else Assignment(environment=_found(asked.environment))
    if where.lacks is not None:
        raise SrbenchError(where.lacks)
    return _Ready(method=method, where=where, source=source_of(method, where))


def _found(environment: Environment) -> Environment:
    """Return the environment of that name here, or the interpreter at that path; raises `SrbenchError`."""
    if environment.name == environment.python:
        return record_interpreter(environment.python, environment.python, keep=False)
    found = find_environment(environment.name)
    if found is None:
        raise SrbenchError(f"there is no environment {environment.name}; make it there with srbench env")
    return found


def _places(ready: Sequence[_Ready], registry: Registry) -> dict[Environment, Place]:
    by_environment: dict[Environment, list[Method]] = {}
    for one in ready:
        if one.where.environment is not None:
            by_environment.setdefault(one.where.environment, []).append(one.method)
    return {there: find_place(Interpreter.of(there, methods, registry)) for there, methods in by_environment.items()}
