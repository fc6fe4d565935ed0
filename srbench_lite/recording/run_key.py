"""`RunKey`: what a run's result depends on, and the digest by which resume and comparison go."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

__all__ = ["RunKey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunKey:
    """The facts that identify a run: two runs that agree in them must have the same result.

    `perturbation` holds the settings of a `Perturbation` that are not its defaults; empty where there is none.
    """

    task_fingerprint: str
    method: str
    method_version: str
    parameters: Mapping[str, Any]
    seed: int
    noise: float
    budget_seconds: float
    budget_memory_mb: float
    budget_threads: int
    scoring_version: str
    perturbation: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, run: object) -> Self:
        """Return the key of anything that has the facts as attributes, such as a `Record`."""
        return cls(**{field.name: getattr(run, field.name) for field in dataclasses.fields(cls)})

    @property
    def digest(self) -> str:
        """32 hexadecimal digits of a SHA-256 over the facts, in the order of the fields.

        A run without perturbation has the digest that it had before there were any.
        """
        noise, seconds, memory_mb = (
            float(number) + 0.0 for number in (self.noise, self.budget_seconds, self.budget_memory_mb)
        )  # + 0.0: minus zero is zero, in SQLite too
        facts: list[Any] = [
            self.task_fingerprint, self.method, self.method_version, dict(self.parameters), self.seed, noise, seconds,
            memory_mb, self.budget_threads, self.scoring_version,
        ]  # fmt: skip
        if self.perturbation:
            facts.append(dict(self.perturbation))
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]
