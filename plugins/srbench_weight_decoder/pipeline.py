"""The methods from end to end: frame the points, train a network, read it, and take the formula out of the frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lite import Budget, Expression, Fit, FitError, Inspection, Report, Samples, torch_threads
from srbench_lite.fitting import check_range, constant_formula
from srbench_weight_decoder.architecture import Architecture, architecture
from srbench_weight_decoder.framing import Frame
from srbench_weight_decoder.network_training import Recipe, chebyshev_nodes, train_networks
from srbench_weight_decoder.polynomials import family, polynomial
from srbench_weight_decoder.refinement import LEAST_SQUARES_POINTS, refine
from srbench_weight_decoder.shipped import load_reader, load_regressor, load_start
from srbench_weight_decoder.tokens import END, TOKENS, read

if TYPE_CHECKING:
    from srbench_weight_decoder import NetworkPolyfit, WeightDecoder, WeightRegressor

__all__ = ["fit", "fit_network_polyfit", "fit_weight_mean", "fit_weight_regressor", "inspect"]

Array = NDArray[np.float64]

#: Points that a network is trained on; of more, a random sample is taken.
_MAX_TRAINING_POINTS: Final = 256
#: Share of the targets' variance that a formula may miss before the method says that it cannot write this function.
_MAX_MISSED_SHARE: Final = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Network:
    """A trained network in its frame.

    Attributes:
        shape: of it.
        weights: shape (1, size), float64.
        frame: in which it was trained.
        mse: at the points it was trained on, in the units of the frame.
        curve: mean squared error after each step, in those units.
    """

    shape: Architecture
    weights: torch.Tensor
    frame: Frame
    mse: float
    curve: Array

    def predict(self, x: Array) -> Array:
        """Return its values at inputs of shape (n,), in the units of the samples."""
        t = torch.from_numpy(np.ascontiguousarray(self.frame.t(x)))
        return np.asarray(self.frame.height * self.shape.outputs(self.weights, t)[0].numpy(), dtype=np.float64)

    def hidden(self, x: Array) -> Mapping[str, Array]:
        """Return the activations of each hidden layer at inputs of shape (n,)."""
        t = torch.from_numpy(np.ascontiguousarray(self.frame.t(x)))
        parts = self.shape.hidden(self.weights, t)
        return {f"hidden layer {k}": np.asarray(part[0].numpy()) for k, part in enumerate(parts, 1)}


def fit(method: WeightDecoder, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `weight-decoder` to `samples`; see `Method.fit`."""
    if (answer := _without_training(samples, report)) is not None:
        return answer
    return _decoded(method, samples, seed=seed, budget=budget, report=report)[0]


def inspect(method: WeightDecoder, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Inspection:
    """Fit `weight-decoder` and keep the network; see `Method.inspect`.

    Raises:
        FitError: the target or the input is constant.
    """
    if _without_training(samples, report) is not None:
        raise FitError("the target or the input is constant: no network is trained, so there is nothing to look into")
    answer, network = _decoded(method, samples, seed=seed, budget=budget, report=report)
    return Inspection(
        fit=answer,
        predict=lambda x: network.predict(x[:, 0]),
        hidden=lambda x: network.hidden(x[:, 0]),
        losses={"training": network.curve},
    )


def _decoded(
    method: WeightDecoder, samples: Samples, *, seed: int, budget: Budget, report: Report
) -> tuple[Fit, _Network]:
    """Train a network, read it, and return the formula beside it."""
    with torch_threads(budget.threads):
        network = _trained(samples, method.architecture, method.polish_steps, seed)
        reading = "weights" if method.reading == "weights" else "probe"
        reader = load_reader(method.family, method.architecture, reading)
        tokens, likelihood = reader.write(network.weights.float())
    text = "".join(TOKENS[code] for code in tokens[0].tolist() if code < END and TOKENS[code] not in ("pad", "begin"))
    polynomials = family(method.family)
    written = read(polynomials, text)
    coefficients = network.frame.undo(polynomials.values(written))
    if method.reading == "refine" and written.any():
        coefficients = _refined(network, samples.x[:, 0], written != 0)
    extras = {"written": text, "probability": round(float(likelihood[0]), 4)}
    limits = f"{polynomials.name}: degree at most {polynomials.degree}"
    return _finished(samples, network, coefficients, report, limits, extras), network


def fit_network_polyfit(method: NetworkPolyfit, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `network-polyfit` to `samples`; see `Method.fit`."""
    if (answer := _without_training(samples, report)) is not None:
        return answer
    with torch_threads(budget.threads):
        network = _trained(samples, method.architecture, method.polish_steps, seed)
    x = _places(samples.x[:, 0])
    t = network.frame.t(x)
    design = np.vander(t, method.degree + 1)
    solved: Array = np.linalg.lstsq(design, network.predict(x) / network.frame.height, rcond=None)[0].astype(np.float64)
    return _finished(samples, network, network.frame.undo(solved), report, f"degree at most {method.degree}", {})


def fit_weight_regressor(
    method: WeightRegressor, samples: Samples, *, seed: int, budget: Budget, report: Report
) -> Fit:
    """Fit `weight-regressor` to `samples`; see `Method.fit`."""
    if (answer := _without_training(samples, report)) is not None:
        return answer
    with torch_threads(budget.threads), torch.no_grad():
        network = _trained(samples, method.architecture, method.polish_steps, seed)
        head, _ = load_regressor("poly2", method.architecture)
        estimates = head(head.features(network.weights.float()))[0].double().numpy()
    return _finished(samples, network, network.frame.undo(estimates), report, "degree at most 2", {})


def fit_weight_mean(samples: Samples, *, report: Report) -> Fit:
    """Fit `weight-mean` to `samples`; see `Method.fit`."""
    if (answer := _without_training(samples, report)) is not None:
        return answer
    coefficients = load_regressor("poly2", "tanh-152")[1].numpy()
    expression = polynomial(coefficients, samples.variables[0])
    report(expression)
    return Fit(expression=expression, candidates=[expression])


def _without_training(samples: Samples, report: Report) -> Fit | None:
    """Return the answer where the target or the input is constant; None elsewhere.

    Raises:
        FitError: numbers are out of the range of squares.
    """
    formula = constant_formula(samples)
    if formula is not None:
        report(formula)
        return Fit(expression=formula, candidates=[formula], extras={"reason": "the target or the input is constant"})
    check_range(samples)
    report(Expression.constant(float(samples.y.mean())))
    return None


def _trained(samples: Samples, name: str, polish_steps: int, seed: int) -> _Network:
    """Train a network from the shared start on the points, or on a sample of them."""
    shape = architecture(name)
    rows = np.sort(np.random.default_rng(seed).permutation(len(samples.y))[:_MAX_TRAINING_POINTS])
    x, y = samples.x[rows, 0], samples.y[rows]
    frame = Frame.of(samples.x[:, 0], samples.y)
    curve: list[float] = []
    weights, mse = train_networks(
        shape, load_start(name), torch.from_numpy(frame.t(x)), torch.from_numpy(y / frame.height)[None],
        Recipe(polish_steps=polish_steps), watch=lambda loss: curve.append(float(loss[0])),
    )  # fmt: skip
    return _Network(shape=shape, weights=weights, frame=frame, mse=float(mse[0]), curve=np.array(curve))


def _places(x: Array) -> Array:
    """Return Chebyshev points on the interval of the data."""
    low, high = float(x.min()), float(x.max())
    return (low + high) / 2 + (high - low) / 2 * chebyshev_nodes(LEAST_SQUARES_POINTS).numpy()


def _refined(network: _Network, x: Array, present: NDArray[np.bool_]) -> Array:
    """Return coefficients of powers of x by least squares on the network's outputs.

    Where the frame keeps x = 0 at t = 0, a term of t is a term of x. Where it does not, the decoder has said the degree
    only, and which terms are there is for the network's error to say.
    """
    places = _places(x)
    moved = network.frame.centre != 0
    if moved:
        present = np.arange(len(present)) >= int(np.argmax(present))
    return refine(places, network.predict(places), present, droppable=moved).coefficients


def _finished(
    samples: Samples, network: _Network, coefficients: Array, report: Report, limits: str, extras: dict[str, Any]
) -> Fit:
    """Return the formula, and say how much of the points it misses."""
    expression = polynomial(coefficients, samples.variables[0])
    report(expression)
    x, y = samples.x[:, 0], samples.y
    variance = float(np.var(y / network.frame.height))
    missed = float(np.mean(np.square((y - np.polyval(coefficients, x)) / network.frame.height))) / variance
    extras = {**extras, "network_training_nmse": network.mse / variance, "formula_training_nmse": missed}
    if missed > _MAX_MISSED_SHARE + 10 * network.mse / variance:
        extras["beyond"] = f"this method cannot write what the network has learned ({limits}); the formula misses it"
    return Fit(expression=expression, candidates=[expression], extras=extras)
