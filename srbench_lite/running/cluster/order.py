"""What the coordinator and a worker of a cluster say of runs: JSON text, checked by whoever reads it.

An `Order` is a chunk of runs for one slot of one worker. Its `Reply` holds the records of those that were done; what it
does not name was left.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from srbench_lite.errors import StoreError, UsageError
from srbench_lite.methods.method import Budget
from srbench_lite.recording.record import Record
from srbench_lite.running.cluster.files_text import LeftFiles
from srbench_lite.running.cluster.task_text import described_task
from srbench_lite.running.field_checks import check_type, given_fields, required_field, shown
from srbench_lite.running.plan import PlannedRun
from srbench_lite.running.wire import WireError

__all__ = ["Order", "OrderedRun", "Reply", "RunDone", "parsed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedRun:
    """A planned run without its task and its method's class: those a worker finds by fingerprint and name."""

    key: str
    method: str
    parameters: Mapping[str, Any]
    task: str
    seed: int
    noise: float
    seconds: float
    memory_mb: float
    threads: int
    perturbation: Mapping[str, Any]

    def __post_init__(self) -> None:
        for name in ("key", "method", "task"):
            check_type(name, getattr(self, name), str, "a text")
        for name in ("parameters", "perturbation"):
            check_type(name, getattr(self, name), dict, "an object")
        for name in ("seed", "threads"):
            check_type(name, getattr(self, name), int, "a whole number")
        check_type("noise", self.noise, float | int, "a number")

    @classmethod
    def of(cls, key: str, planned: PlannedRun) -> Self:
        """Return what is said of the planned run that has this key."""
        return cls(
            key=key, method=planned.method.name, parameters=planned.method.parameters(),
            task=planned.fingerprint, seed=planned.seed, noise=planned.noise, seconds=planned.budget.seconds,
            memory_mb=planned.budget.memory_mb, threads=planned.budget.threads,
            perturbation=planned.perturbation.settings,
        )  # fmt: skip

    @property
    def budget(self) -> Budget:
        """The limits of its fit; raises `WireError` where they are none."""
        try:
            return Budget(seconds=self.seconds, memory_mb=self.memory_mb, threads=self.threads)
        except UsageError as error:
            raise WireError(str(error)) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A chunk of runs.

    Attributes:
        session: of the coordinator; a worker that does not know it has not greeted.
        seconds: when no further run is begun, counted from the first one.
        runs: what is to be done, in this order.
        tasks: definitions of their tasks by fingerprint.
    """

    session: str
    seconds: float
    runs: tuple[OrderedRun, ...]
    tasks: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, planned: Mapping[str, PlannedRun], *, session: str, seconds: float) -> Self:
        """Return the order to do these runs, by their keys."""
        tasks = {one.fingerprint: one.task for one in planned.values()}  # each once: measured points are long
        described = {fingerprint: described_task(task) for fingerprint, task in tasks.items()}
        runs = tuple(OrderedRun.of(key, one) for key, one in planned.items())
        return cls(session=session, seconds=seconds, runs=runs, tasks=described)

    def to_json(self) -> str:
        """Return it as text."""
        runs = [{name: getattr(one, name) for name in _RUN_FIELDS} for one in self.runs]
        said = {"session": self.session, "seconds": self.seconds, "tasks": self.tasks}
        return json.dumps({**said, "runs": runs}, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read it; raises `WireError`."""
        said = parsed(text)
        runs = required_field(said, "runs", list, "a list of runs")
        if not runs:
            raise WireError("an order must have a run")
        for one in (*runs, required_field(said, "tasks", dict, "an object"), *said["tasks"].values()):
            check_type("a run or a task", one, dict, "an object")
        check_type("seconds", said.get("seconds"), float | int, "a number")
        return cls(
            session=required_field(said, "session", str, "a text"), seconds=said["seconds"], tasks=said["tasks"],
            runs=tuple(OrderedRun(**given_fields(one, OrderedRun)) for one in runs),
        )  # fmt: skip


_RUN_FIELDS = tuple(field.name for field in dataclasses.fields(OrderedRun))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDone:
    """A run that was done: its record, what it printed, and the files that it left."""

    record: Record
    files: LeftFiles

    def to_json(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        return {"row": self.record.to_row(), "output": self.record.output, "files": self.files}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """Read it; raises `WireError`."""
        row, files = (required_field(said, name, dict, "an object") for name in ("row", "files"))
        output = required_field(said, "output", str, "a text")
        for name, content in files.items():
            check_type(f"the file {shown(name)}", content, str, "base64")
        try:
            record = Record.from_row(row)
        except StoreError as error:
            raise WireError(str(error)) from None
        return cls(record=dataclasses.replace(record, output=output), files=files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What became of an order.

    Attributes:
        done: the runs that were done.
        stranger: whether the worker does not know the session: it was started after the greeting.
        unfit: why the worker cannot do any run; empty where it can.
    """

    done: tuple[RunDone, ...] = ()
    stranger: bool = False
    unfit: str = ""

    def to_json(self) -> str:
        """Return it as text."""
        done = [one.to_json() for one in self.done]
        return json.dumps({"done": done, "stranger": self.stranger, "unfit": self.unfit}, allow_nan=False)

    @classmethod
    def from_json(cls, text: object) -> Self:
        """Read it; raises `WireError`."""
        said = parsed(text)
        if type(said.get("stranger")) is not bool:
            raise WireError(f"stranger must be true or false, got {shown(said.get('stranger'))}")
        done = required_field(said, "done", list, "a list")
        for one in done:
            check_type("a run that is done", one, dict, "an object")
        return cls(
            done=tuple(map(RunDone.of, done)), stranger=said["stranger"],
            unfit=required_field(said, "unfit", str, "a text"),
        )  # fmt: skip


def parsed(text: object) -> Mapping[str, Any]:
    """Return the object that a JSON text is; raises `WireError`."""
    check_type("a message", text, str, "JSON text")
    try:
        said = json.loads(str(text), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise WireError(f"a message must be JSON: {error}") from None
    check_type("a message", said, dict, "an object")
    assert isinstance(said, dict)
    return said


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
