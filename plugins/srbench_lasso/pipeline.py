"""The method from end to end: train a network, distil it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from srbench_networks import ExplodingGradientError, fit_regressor

from srbench_lasso.approximation import Approximation, split
from srbench_lasso.distillation import distill, without_training
from srbench_lite import Budget, Expression, Fit, FitError, Inspection, Report, Samples
from srbench_lite.fitting import Deadline

if TYPE_CHECKING:
    from srbench_lasso import Lasso

__all__ = ["fit", "inspect"]

#: A network is trained on a random sample of more points.
_MAX_TRAINED: Final = 1000

#: Of the time, after which training is cut off.
_SHARE_OF_TRAINING: Final = 0.3


def fit(method: Lasso, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `method` to `samples`; see `Method.fit`."""
    known = without_training(samples, report)
    return known if known is not None else _trained_and_distilled(method, samples, seed, budget, report)[1]


def inspect(method: Lasso, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Inspection:
    """Fit `method` and keep the network; see `Method.inspect`."""
    if without_training(samples, report) is not None:
        raise FitError("the target or all inputs are constant: no network is trained, so there is none to look into")
    network, fit = _trained_and_distilled(method, samples, seed, budget, report)
    if network is None:
        raise FitError("the network's gradients exploded, so there is none to look into; lower learning_rate")
    return Inspection(fit=fit, predict=network.predict, hidden=network.hidden, losses=network.losses)


def _trained_and_distilled(
    method: Lasso, samples: Samples, seed: int, budget: Budget, report: Report
) -> tuple[Approximation | None, Fit]:
    deadline = Deadline(budget.seconds)
    report(Expression.constant(float(samples.y.mean())))
    rng = np.random.default_rng(seed)
    network: Approximation | None = None
    try:
        network = _trained(method, samples, rng, deadline.part(_SHARE_OF_TRAINING))
    except ExplodingGradientError:
        if method.mapping == "network":
            raise
    fit = distill(method, samples, network, rng=rng, deadline=deadline, report=report)
    return network, fit


def _trained(method: Lasso, samples: Samples, rng: np.random.Generator, deadline: Deadline) -> Approximation:
    """Train the network on four fifths of the points, or of a sample of them.

    Raises:
        ExplodingGradientError: the training diverged.
    """
    rows = np.sort(rng.permutation(len(samples.y))[:_MAX_TRAINED])
    x, y = samples.x[rows], samples.y[rows]
    kept, held = split(len(y), rng)
    network = fit_regressor(
        x[kept], y[kept], hidden=[width for width in (method.hidden1, method.hidden2) if width > 0],
        epochs=method.epochs, batch=method.batch, learning_rate=method.learning_rate, rng=rng, deadline=deadline,
        held_back=(x[held], y[held]) if len(held) else None,
    )  # fmt: skip
    nmse = float(np.mean((network(x[held]) - y[held]) ** 2) / (float(np.var(y)) or 1.0)) if len(held) else None
    return Approximation(predict=network, nmse=nmse, hidden=network.hidden, losses=network.losses)
