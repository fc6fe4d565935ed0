"""A plugin for tests of own data: a method that answers at once on any rows, and one that never ends."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from srbench_lite import Budget, Expression, Fit, Method, Report, Samples, hookimpl


def line_through(samples: Samples) -> Expression:
    """Return the linear function of all variables with the least squared error."""
    design = np.column_stack([np.ones(len(samples)), samples.x])
    offset, *slopes = (float(c) for c in np.linalg.lstsq(design, samples.y, rcond=None)[0])
    formula = Expression.constant(offset)
    for name, slope in zip(samples.variables, slopes, strict=True):
        formula = formula + slope * Expression.variable(name)
    return formula


@dataclass(frozen=True, kw_only=True)
class Line(Method):
    """Least squares on all variables, with the mean of y beside it."""

    name, summary, source = "line", "a line through everything", "tests"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        formula = line_through(samples)
        return Fit(expression=formula, candidates=[Expression.constant(float(samples.y.mean())), formula])


@dataclass(frozen=True, kw_only=True)
class Endless(Method):
    """Reports a line, makes a file that says so, and goes on for ever."""

    name, summary, source = "endless", "a line, and then nothing", "tests"
    reported: str = "reported"  # the file

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        report(line_through(samples))
        Path(self.reported).touch()
        while True:
            time.sleep(60)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    return [Line(), Endless()]
