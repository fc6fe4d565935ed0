"""A plugin whose method looks around in its process for tasks. Loaded by `--plugin`, never imported by tests."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from dataclasses import dataclass

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


@hookimpl
def srbench_methods() -> Iterable[Method]:
    return [Looks()]
