"""`RunKey`: what a run's result depends on; and `digests`, the digest by which resume and comparison go."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

__all__ = ["RunKey", "digests"]


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
        (digest,) = digests(self, [self.seed])
        return digest


def digests(run: RunKey, seeds: Iterable[int]) -> Iterator[str]:
    """Yield the digests of runs that differ from one in their seeds only; each costs little more than its hash."""
    noise, seconds, memory_mb = (
        float(number) + 0.0 for number in (run.noise, run.budget_seconds, run.budget_memory_mb)
    )  # + 0.0: minus zero is zero, in SQLite too
    before = [run.task_fingerprint, run.method, run.method_version, dict(run.parameters)]
    after: list[Any] = [noise, seconds, memory_mb, run.budget_threads, run.scoring_version]
    if run.perturbation:
        after.append(dict(run.perturbation))
    head, tail = (json.dumps(facts, sort_keys=True) for facts in (before, after))
    start = hashlib.sha256(f"{head[:-1]}, ".encode())
    end = f", {tail[1:]}"
    for seed in seeds:
        whole = start.copy()
        whole.update(f"{seed:d}{end}".encode())
        yield whole.hexdigest()[:32]
