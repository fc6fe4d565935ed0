"""Surveys of a formula beside a network that is the sine: without any training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.method import Fit, Inspection, Method
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task
from srbench_lite.reports.survey import Survey, survey


@dataclass(frozen=True, kw_only=True)
class Plain(Method):
    """A method without a network."""

    name: ClassVar[str] = "plain"
    summary: ClassVar[str] = "nothing"
    source: ClassVar[str] = "nobody, 2026"

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.constant(0.0))


class Trained(Plain):
    def inspect(self, samples, *, seed, budget, report):
        return Inspection(fit=self.fit(samples, seed=seed, budget=budget, report=report), **SINE)


SINE = {
    "predict": lambda x: np.sin(x).sum(axis=1),
    "hidden": lambda x: {"hidden": np.column_stack([np.sin(x), np.cos(x), x**2])},
    "losses": {"training": np.array([1.0, 0.1, 0.01]), "held back": np.array([1.1, 0.2])},
}


def surveyed(formula: str, *, truth: str = "sin(x)", seed: int = 0, **parts: object) -> Survey:
    """Return the survey of a formula beside the network sin(x); each variable comes from -3:3, or as given."""
    variables = {name: Sampling(low=-3, high=3) for name in Expression.parse(truth).variables}
    variables |= {name: parts.pop(name) for name in list(variables) if name in parts}
    task = Task(name="toy/task", suite="toy", truth=Expression.parse(truth), variables=variables, n_train=50, n_test=80)
    fit = Fit(expression=Expression.parse(formula), stopped=parts.pop("stopped", "done"))
    inspection = Inspection(fit=fit, **{**SINE, **parts})
    return survey(inspection, method=Trained(), task=task, dataset=task.dataset(seed=seed))
