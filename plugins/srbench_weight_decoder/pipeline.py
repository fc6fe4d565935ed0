"""The method from end to end: frame the points, train the network, read it, and unframe what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lite import Budget, Expression, Fit, FitError, Inspection, Report, Samples, torch_threads
from srbench_weight_decoder.architecture import Architecture, architecture
from srbench_weight_decoder.framing import Frame
from srbench_weight_decoder.polynomials import family, polynomial
from srbench_weight_decoder.refinement import refined
from srbench_weight_decoder.shipped import load_reader, load_regressor, load_start
from srbench_weight_decoder.tokens import END, TOKENS, read
from srbench_weight_decoder.training import Recipe, chebyshev, train

if TYPE_CHECKING:
    from srbench_weight_decoder import NetworkPolyfit, WeightDecoder, WeightRegressor

__all__ = ["Decoded", "decode", "mean", "polyfit", "regress"]

Array = NDArray[np.float64]

#: A network is trained on a random sample of more points.
_MOST_TRAINED: Final = 256
#: Points at which least squares looks at the network.
_LOOKED_AT: Final = 64
#: Targets whose squares are out of float64's range are refused.
_RANGE: Final = (1e-140, 1e140)
#: Share of the targets' variance that a formula may miss before the method says that it cannot write this function.
_MISSED: Final = 1e-3


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoded:
    """What was found, and the network in which it was read; None where none was trained."""

    fit: Fit
    network: _Network | None

    def inspection(self) -> Inspection:
        """Return both, for drawing.

        Raises:
            FitError: no network was trained.
        """
        network = self.network
        if network is None:
            raise FitError("the target or the input is constant: no network is trained, there is nothing to look into")
        return Inspection(
            fit=self.fit,
            predict=lambda x: network.predict(x[:, 0]),
            hidden=lambda x: network.hidden(x[:, 0]),
            losses={"training": network.curve},
        )


def decode(method: WeightDecoder, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Decoded:
    """Fit `weight-decoder` to `samples`; see `Method.fit`."""
    if (known := _without_training(samples, report)) is not None:
        return Decoded(fit=known, network=None)
    with torch_threads(budget.threads):
        network = _trained(samples, method.architecture, method.polish_steps, seed)
        family_ = family(method.family)
        reading = "weights" if method.reading == "weights" else "probe"
        reader = load_reader(method.family, method.architecture, reading)
        tokens, likelihood = reader.write(network.weights.float())
    text = "".join(TOKENS[code] for code in tokens[0].tolist() if code < END and TOKENS[code] not in ("pad", "begin"))
    written = read(family_, text)
    coefficients = network.frame.unframed(family_.values(written))
    if method.reading == "refine" and written.any():
        coefficients = _refined(network, samples.x[:, 0], written != 0)
    extras = {"written": text, "probability": round(float(likelihood[0]), 4)}
    beyond = f"{family_.name}: degree at most {family_.degree}"
    return Decoded(fit=_finished(samples, network, coefficients, report, beyond, extras), network=network)


def polyfit(method: NetworkPolyfit, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `network-polyfit` to `samples`; see `Method.fit`."""
    if (known := _without_training(samples, report)) is not None:
        return known
    with torch_threads(budget.threads):
        network = _trained(samples, method.architecture, method.polish_steps, seed)
    x = _places(samples.x[:, 0])
    t = network.frame.t(x)
    design = np.vander(t, method.degree + 1)
    found: Array = np.linalg.lstsq(design, network.predict(x) / network.frame.height, rcond=None)[0].astype(np.float64)
    return _finished(samples, network, network.frame.unframed(found), report, f"degree at most {method.degree}", {})


def regress(method: WeightRegressor, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `weight-regressor` to `samples`; see `Method.fit`."""
    if (known := _without_training(samples, report)) is not None:
        return known
    with torch_threads(budget.threads), torch.no_grad():
        network = _trained(samples, method.architecture, method.polish_steps, seed)
        head, _ = load_regressor("poly2", method.architecture)
        estimates = head(head.features(network.weights.float()))[0].double().numpy()
    return _finished(samples, network, network.frame.unframed(estimates), report, "degree at most 2", {})


def mean(samples: Samples, *, report: Report) -> Fit:
    """Fit `weight-mean` to `samples`; see `Method.fit`."""
    if (known := _without_training(samples, report)) is not None:
        return known
    coefficients = load_regressor("poly2", "tanh-152")[1].numpy()
    expression = polynomial(coefficients, samples.variables[0])
    report(expression)
    return Fit(expression=expression, candidates=[expression])


def _without_training(samples: Samples, report: Report) -> Fit | None:
    """Return the answer where the target or the input is constant; None elsewhere.

    Raises:
        FitError: the target's squares are out of float64's range.
    """
    x, y = samples.x[:, 0], samples.y
    top = float(np.abs(y).max())
    if np.ptp(y) <= 1e-14 * top or np.ptp(x) <= 1e-13 * float(np.abs(x).max()):
        value = Expression.constant(float(y[0]) if np.ptp(y) == 0 else float(y.mean()))
        report(value)
        return Fit(expression=value, candidates=[value], extras={"reason": "the target or the input is constant"})
    if not _RANGE[0] < top < _RANGE[1]:
        raise FitError(
            f"the target's largest absolute value is {top:g}; its square is out of float64's range: rescale the target "
            f"into {_RANGE[0]:g} to {_RANGE[1]:g}"
        )
    report(Expression.constant(float(y.mean())))
    return None


def _trained(samples: Samples, name: str, polish_steps: int, seed: int) -> _Network:
    """Train a network from the shared start on the points, or on a sample of them."""
    shape = architecture(name)
    rows = np.sort(np.random.default_rng(seed).permutation(len(samples.y))[:_MOST_TRAINED])
    x, y = samples.x[rows, 0], samples.y[rows]
    frame = Frame.of(samples.x[:, 0], samples.y)
    curve: list[float] = []
    weights, mse = train(
        shape, load_start(name), torch.from_numpy(frame.t(x)), torch.from_numpy(y / frame.height)[None],
        Recipe(polish_steps=polish_steps), watch=lambda loss: curve.append(float(loss[0])),
    )  # fmt: skip
    return _Network(shape=shape, weights=weights, frame=frame, mse=float(mse[0]), curve=np.array(curve))


def _places(x: Array) -> Array:
    """Return Chebyshev points on the interval of the data."""
    low, high = float(x.min()), float(x.max())
    return (low + high) / 2 + (high - low) / 2 * chebyshev(_LOOKED_AT).numpy()


def _refined(network: _Network, x: Array, present: NDArray[np.bool_]) -> Array:
    """Return coefficients of powers of x by least squares on the network's outputs.

    Where the frame keeps x = 0 at t = 0, a term of t is a term of x. Where it does not, the decoder has said the degree
    only, and which terms are there is for the network's error to say.
    """
    places = _places(x)
    moved = network.frame.centre != 0
    if moved:
        present = np.arange(len(present)) >= int(np.argmax(present))
    return refined(places, network.predict(places), present, droppable=moved).coefficients


def _finished(
    samples: Samples, network: _Network, coefficients: Array, report: Report, beyond: str, extras: dict[str, Any]
) -> Fit:
    """Return the formula, and say how much of the points it misses."""
    expression = polynomial(coefficients, samples.variables[0])
    report(expression)
    x, y = samples.x[:, 0], samples.y
    variance = float(np.var(y / network.frame.height))
    missed = float(np.mean(np.square((y - np.polyval(coefficients, x)) / network.frame.height))) / variance
    said: dict[str, Any] = {**extras, "network_training_nmse": network.mse / variance, "formula_training_nmse": missed}
    if missed > _MISSED + 10 * network.mse / variance:
        said["beyond"] = (
            f"the points are not what this method can write ({beyond}): the network has them, the formula not"
        )
    return Fit(expression=expression, candidates=[expression], extras=said)
