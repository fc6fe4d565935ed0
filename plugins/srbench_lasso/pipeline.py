"""The method from end to end: train a network, distil it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from srbench_networks.health import ExplodingGradientError
from srbench_networks.regression import fit_regressor

from srbench_lasso.approximation import Approximation, split
from srbench_lasso.distillation import distill, without_training
from srbench_lite import Budget, Fit, FitError, Inspection, Report, Samples

if TYPE_CHECKING:
    from srbench_lasso import Lasso

__all__ = ["fit", "inspect"]

#: What is left of the time is for choosing and writing.
_SHARE_OF_BUDGET: Final = 0.85


def fit(method: Lasso, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `method` to `samples`; see `Method.fit`."""
    known = without_training(samples, report)
    return known if known is not None else _trained_and_distilled(method, samples, seed, budget, report)[1]


def inspect(method: Lasso, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Inspection:
    """Fit `method` and keep the network; see `Method.inspect`."""
    if without_training(samples, report) is not None:
        raise FitError("the target or all inputs are constant: no network is trained, so there is none to look into")
    network, found = _trained_and_distilled(method, samples, seed, budget, report)
    return Inspection(fit=found, predict=network.predict, hidden=network.hidden, losses=network.losses)


def _trained_and_distilled(
    method: Lasso, samples: Samples, seed: int, budget: Budget, report: Report
) -> tuple[Approximation, Fit]:
    end = time.monotonic() + _SHARE_OF_BUDGET * budget.seconds

    def expired() -> bool:
        return time.monotonic() > end

    rng = np.random.default_rng(seed)
    network = _trained(method, samples, rng, expired)
    return network, distill(method, samples, network, rng=rng, expired=expired, report=report)


def _trained(method: Lasso, samples: Samples, rng: np.random.Generator, expired: Callable[[], bool]) -> Approximation:
    x, y = samples.x, samples.y
    kept, held = split(len(y), rng)
    try:
        network = fit_regressor(
            x[kept], y[kept], hidden=[width for width in (method.hidden1, method.hidden2) if width > 0],
            epochs=method.epochs, batch=method.batch, learning_rate=method.learning_rate, rng=rng, expired=expired,
            held_back=(x[held], y[held]) if len(held) else None,
        )  # fmt: skip
    except ExplodingGradientError:
        if method.mapping == "network":
            raise
        mean = float(y[kept].mean())  # nothing is taken from a network without nmse; the data alone are distilled

        def flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.full(len(points), mean)

        return Approximation(predict=flat, nmse=None, hidden=lambda points: {}, losses={})
    nmse = float(np.mean((network(x[held]) - y[held]) ** 2) / float(np.var(y))) if len(held) else None
    return Approximation(predict=network, nmse=nmse, hidden=network.hidden, losses=network.losses)
