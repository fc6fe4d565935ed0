"""What a coordinator asks every worker of a cluster before it gets runs, and what the worker says of itself."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from srbench_lite.environments.environment import Environment
from srbench_lite.errors import UsageError
from srbench_lite.methods.made_methods import name_elsewhere
from srbench_lite.running.cluster.installation import Installation
from srbench_lite.running.cluster.order import parsed
from srbench_lite.running.field_checks import check_texts, check_type, required_field
from srbench_lite.running.plan import PlannedRun
from srbench_lite.running.wire import WireError

__all__ = ["AskedMethod", "Greeting", "Question"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedMethod:
    """A method that is to run.

    Attributes:
        name: as its records have it.
        elsewhere: by which a process in another folder finds it.
        environment: in which it runs; None for the worker's own interpreter.
    """

    name: str
    elsewhere: str
    environment: Environment | None

    @classmethod
    def of(cls, planned: PlannedRun) -> Self:
        """Return the method of a run."""
        method = planned.method
        return cls(name=method.name, elsewhere=name_elsewhere(method), environment=planned.where.environment)

    def to_json(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        there = None if self.environment is None else dataclasses.asdict(self.environment)
        return {"name": self.name, "elsewhere": self.elsewhere, "environment": there}

    @classmethod
    def of_json(cls, said: Mapping[str, Any]) -> Self:
        """Read it; raises `WireError`."""
        there = said.get("environment")
        try:
            environment = None if there is None else Environment.from_json(json.dumps(there))
        except UsageError as error:
            raise WireError(f"the environment of a method is none: {error}") from None
        name, elsewhere = (required_field(said, key, str, "a text") for key in ("name", "elsewhere"))
        return cls(name=name, elsewhere=elsewhere, environment=environment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a worker is asked.

    Attributes:
        session: of the coordinator; orders name it.
        methods: what is to run.
        plugins: absolute paths of plugin files.
        threads: of each run.
        memory_mb: that each run may use, MiB.
    """

    session: str
    methods: tuple[AskedMethod, ...]
    plugins: tuple[str, ...]
    threads: int
    memory_mb: float

    def to_json(self) -> str:
        """Return it as text."""
        methods = [method.to_json() for method in self.methods]
        said = {"session": self.session, "plugins": self.plugins, "threads": self.threads, "memory_mb": self.memory_mb}
        return json.dumps({**said, "methods": methods}, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read it; raises `WireError`."""
        said = parsed(text)
        methods = required_field(said, "methods", list, "a list of methods")
        for one in methods:
            check_type("a method", one, dict, "an object")
        check_type("memory_mb", said.get("memory_mb"), float | int, "a number")
        return cls(
            session=required_field(said, "session", str, "a text"), methods=tuple(map(AskedMethod.of_json, methods)),
            plugins=check_texts("plugins", said.get("plugins")), memory_mb=said["memory_mb"],
            threads=required_field(said, "threads", int, "a whole number"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a worker says of itself.

    Attributes:
        installation: its software.
        host: the machine it runs on.
        cores: threads that dask gave it.
        memory_mb: its memory limit, MiB; None where it has none.
        environment: what records of its runs say of machine and versions.
    """

    installation: Installation
    host: str
    cores: int
    memory_mb: float | None
    environment: Mapping[str, Any]

    def slots(self, *, threads: int, memory_mb: float) -> int:
        """Return how many runs with these limits fit at once."""
        by_cores = self.cores // threads
        return by_cores if self.memory_mb is None else min(by_cores, int(self.memory_mb // memory_mb))

    def why_none_fits(self, *, threads: int, memory_mb: float) -> str:
        """Say why no run with these limits fits; empty where one does."""
        if self.cores < threads:
            cores = f"{self.cores} thread{'s' if self.cores > 1 else ''}"
            return f"it has {cores}, and a run needs {threads} (--threads, or dask worker --nthreads)"
        if self.memory_mb is not None and self.memory_mb < memory_mb:
            return (
                f"its memory limit is {self.memory_mb:.0f} MiB, and a run may use {memory_mb:g} (--memory-limit, or "
                "dask worker --memory-limit)"
            )
        return ""

    def to_json(self) -> str:
        """Return it as text."""
        said = {
            "installation": self.installation.to_json(), "host": self.host, "cores": self.cores,
            "memory_mb": self.memory_mb, "environment": dict(self.environment),
        }  # fmt: skip
        return json.dumps(said, allow_nan=False)

    @classmethod
    def from_json(cls, text: object) -> Self:
        """Read it; raises `WireError`."""
        said = parsed(text)
        memory_mb = said.get("memory_mb")
        check_type("memory_mb", memory_mb, float | int | None, "a number or null")
        cores = required_field(said, "cores", int, "a whole number")
        return cls(
            installation=Installation.of(required_field(said, "installation", dict, "an object")),
            host=required_field(said, "host", str, "a text"), cores=cores, memory_mb=memory_mb,
            environment=required_field(said, "environment", dict, "an object"),
        )  # fmt: skip
