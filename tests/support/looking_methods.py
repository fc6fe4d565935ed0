"""A plugin whose methods look around in their process and its parent for tasks."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from srbench_lite import Budget, Expression, Fit, Method, Report, Samples, hookimpl


@dataclass(frozen=True, kw_only=True)
class Looks(Method):
    """Says which modules of tasks, and which objects that know of tasks or truths, are in its process."""

    name = "looks"
    summary = "looks around in its process"
    source = "tests"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        gc.unfreeze()
        kinds = ("Task", "Suite", "Dataset", "DrawnTask", "PlannedRun", "ScoreRequest")
        found = sorted({type(one).__name__ for one in gc.get_objects()} & set(kinds))
        offers = [name for name in sys.modules if hasattr(sys.modules[name], "srbench_suites")]
        extras = {
            "objects": found,
            "modules": sorted(name for name in offers if name != "srbench_lite.methods.hookspecs"),
        }
        return Fit(expression=Expression.constant(1.0), extras=extras)


@dataclass(frozen=True, kw_only=True)
class Reads(Method):
    """Says how often a truth stands in the memory of the process that it was forked from, and what that is called."""

    name = "reads"
    summary = "reads the memory of its parent"
    source = "tests"

    backwards: str = ")2.1 - x(nis"  # the truth, so that it is not in memory for standing here

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        parent = os.getppid()
        command = Path(f"/proc/{parent}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        try:
            extras = {"command": command, "hits": count_in_memory(parent, self.backwards[::-1].encode())}
        except PermissionError as error:
            extras = {"command": command, "refused": str(error)}
        return Fit(expression=Expression.constant(1.0), extras=extras)


def count_in_memory(process: int, text: bytes) -> int:
    """Count a text in the writable memory of a process."""
    hits = 0
    with Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            place, rights = line.split()[:2]
            start, end = (int(part, 16) for part in place.split("-"))
            if rights.startswith("rw") and "/" not in line and end - start < 1 << 27:
                with contextlib.suppress(OSError, OverflowError):
                    memory.seek(start)
                    hits += memory.read(end - start).count(text)
    return hits


@hookimpl
def srbench_methods() -> Iterable[Method]:
    return [Looks(), Reads()]
