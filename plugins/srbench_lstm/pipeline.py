"""The method from end to end: write the points as digits, train the LSTM, distil its mapping."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from srbench_lasso import Approximation, Lasso, distill, split, without_training

from srbench_lite import Budget, Expression, Fit, FitError, Inspection, Report, Samples, torch_threads
from srbench_lite.fitting import Deadline
from srbench_lstm.encoding import FEATURES, Encoding
from srbench_lstm.model import Model
from srbench_lstm.training import Points, Schedule, train

if TYPE_CHECKING:
    from srbench_lstm import Lstm

__all__ = ["fit", "inspect", "trained"]

Array = NDArray[np.float64]

#: Of more points a random sample is trained on, and held back: an epoch, which is never cut, stays short.
_MAX_TRAINED: Final = 4_000
_MAX_HELD: Final = 1_000
#: Of the time, after which training is cut off.
_SHARE_OF_TRAINING: Final = 0.6
#: Budget for which `most_steps` is meant, in seconds: that of a run by default.
_USUAL_BUDGET_SECONDS: Final = 60.0
#: Mean squared error on points held back, relative to the variance, above which a network is called rough: `trust` of
#: `lasso`, above which that method does not ask its network between the points.
_MAX_SMOOTH_NMSE: Final = 0.01


def fit(method: Lstm, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `method` to `samples`; see `Method.fit`."""
    return _run(method, samples, seed, budget, report)[0]


def inspect(method: Lstm, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Inspection:
    """Fit `method` to `samples` and show the network too; see `Method.inspect`."""
    fit, approximation = _run(method, samples, seed, budget, report)
    if approximation is None:
        raise FitError("the target or all inputs are constant: no network is trained, there is nothing to look into")
    return Inspection(fit=fit, predict=approximation.predict, hidden=approximation.hidden, losses=approximation.losses)


def _run(method: Lstm, samples: Samples, seed: int, budget: Budget, report: Report) -> tuple[Fit, Approximation | None]:
    deadline = Deadline(budget.seconds)
    if (known := without_training(samples, report)) is not None:
        return known, None
    report(Expression.constant(float(samples.y.mean())))
    rng = np.random.default_rng(seed)
    with torch_threads(budget.threads):
        most_steps = int(method.most_steps * min(1.0, budget.seconds / _USUAL_BUDGET_SECONDS))
        approximation = trained(
            method, samples, rng=rng, most_steps=most_steps, deadline=deadline.part(_SHARE_OF_TRAINING)
        )
        settings = Lasso(
            mapping="network", dense=method.dense, max_terms=method.max_terms, pairs=method.pairs, swaps=method.swaps
        )
        fit = distill(settings, samples, approximation, rng=rng, deadline=deadline, report=report)
    curve = approximation.losses["training"]
    extras = {
        "network_training_nmse": float(curve[-1]) if len(curve) else None,
        "network_is_rough": None if approximation.nmse is None else approximation.nmse > _MAX_SMOOTH_NMSE,
        "epochs": len(curve),
    }
    return replace(fit, extras={**fit.extras, **extras}), approximation


def trained(
    method: Lstm, samples: Samples, *, rng: np.random.Generator, most_steps: int, deadline: Deadline
) -> Approximation:
    """Train the network on four fifths of the points, or of a sample.

    Args:
        method: the hyper-parameters.
        samples: the points; their targets are not all equal.
        rng: which points are held back; seeds the weights and the order of the points.
        most_steps: steps of Adam, at most.
        deadline: when it is over, no further epoch is begun.

    Raises:
        FitError: the training diverged.
    """
    x, y = samples.x, samples.y
    kept, held = split(len(y), rng)
    kept, held = kept[:_MAX_TRAINED], held[:_MAX_HELD]
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    encoding = Encoding.of(x, digits=method.digits, placed=method.encoding == "placed")
    centre, scale = float(y.mean()), float(y.std())

    def points(rows: NDArray[np.intp]) -> Points:
        targets = torch.tensor((y[rows] - centre) / scale, dtype=torch.float32)
        return Points(_sequences(encoding, x[rows]), targets)

    schedule = Schedule(
        epochs=method.epochs, batch=method.batch, learning_rate=method.learning_rate, decay=method.decay
    ).within(most_steps, len(kept))
    model, curve, judged = train(
        Model.initial(x.shape[1] * FEATURES, method.hidden, method.head, generator), points(kept), points(held),
        schedule, generator=generator, deadline=deadline,
    )  # fmt: skip

    def layers(places: Array) -> tuple[Array, ...]:
        with torch.no_grad():
            return tuple(part.double().numpy() for part in model.layers(_sequences(encoding, places)))

    def hidden(places: Array) -> dict[str, Array]:
        state, units, _ = layers(places)
        return {"hidden state": state, "head": units}

    return Approximation(
        predict=lambda places: centre + scale * layers(places)[2],
        nmse=min(judged) if judged else None,
        hidden=hidden,
        losses={"training": np.array(curve), "held back": np.array(judged)},
    )


def _sequences(encoding: Encoding, x: Array) -> torch.Tensor:
    return torch.tensor(encoding(x), dtype=torch.float32)
