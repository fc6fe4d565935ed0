"""`domain_points`: points of a task's training and test domains, the same ones every time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from srbench_lite.problems.sampling import Sampling
    from srbench_lite.problems.task import Task

__all__ = ["corners_of", "domain_points", "domains_of", "draw"]

#: Points that are drawn from a domain, and corners of it.
_POINTS: Final = 4000
_CORNERS: Final = 100


def domains_of(task: Task) -> list[Mapping[str, Sampling]]:
    """Return the domains that a task draws from: that of training, and that of tests where it is another one."""
    return [task.variables] if task.test_variables is None else [task.variables, task.test_variables]


def draw(domain: Mapping[str, Sampling], count: int, part: int = 0) -> NDArray[np.float64]:
    """Draw points of a domain, shape (count, d); other parts are other points."""
    rng = np.random.default_rng((part, count))
    return np.column_stack([sampling.draw_fresh(count, rng) for sampling in domain.values()])


def domain_points(task: Task) -> NDArray[np.float64]:
    """Return points where the task's points may lie, shape (n, d), whether the truth is defined there or not.

    Of trajectories and measured data they are its points, else they are drawn from its domains.
    """
    if task.data is not None:
        return task.data.x
    if task.trajectories is not None:
        data = task.dataset(seed=0)
        return np.concatenate([data.train.x, data.test.x])
    return np.concatenate([draw(domain, _POINTS, part=place) for place, domain in enumerate(domains_of(task))])


def corners_of(task: Task) -> NDArray[np.float64]:
    """Return some corners of a task's domains, shape (n, d); none where its points are not drawn from them."""
    if task.data is not None or task.trajectories is not None:
        return np.zeros((0, len(task.variables)))
    parts = []
    for domain in domains_of(task):
        drawn = draw(domain, _POINTS)
        parts.append(np.where(drawn[:_CORNERS] < np.median(drawn, axis=0), drawn.min(axis=0), drawn.max(axis=0)))
    return np.concatenate(parts)
