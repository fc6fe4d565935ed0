"""The method `neuron`: gradient descent of one linear unit on scaled data, and its formula in the data's units.

Inputs are centred, scaled to variance one and decorrelated, so that every learning rate below one converges at the same
pace in every direction; directions in which they do not vary beyond rounding are left out, so among weights that fit
equally well the smallest are found. The descent starts from zero weights: its seed has no effect.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Budget, Expression, Fit, FitError, Report, Samples
from srbench_networks.architecture import Architecture
from srbench_networks.decimals import shortest
from srbench_networks.optimisers import SGD, Constant
from srbench_networks.perceptron import Perceptron
from srbench_networks.scaling import Scaling, varies
from srbench_networks.training import train

if TYPE_CHECKING:
    from srbench_networks import Neuron

__all__ = ["Line", "descend"]

Array = NDArray[np.float64]

#: What is left of the time is for writing.
_SHARE_OF_BUDGET: Final = 0.85
#: The formula so far is reported this often.
_REPORTS: Final = 10
#: Directions whose singular value is below this times the largest are rounding.
_RANK: Final = 1e-10
#: float64's epsilon.
_EPSILON: Final = 2.0**-52
#: Residuals are rounding up to so many epsilons of the largest sum |w x| + |b|.
_ROUNDING: Final = 16.0
#: Weights are uncertain by so many epsilons of that size, divided by the input's deviation.
_REACH: Final = 8.0
#: Sums of larger numbers might leave float64's range.
_LARGEST: Final = 1e290


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """y = w.x + b, in the data's units.

    Attributes:
        weights: (d,).
        bias: one number.
    """

    weights: Array
    bias: float

    def __call__(self, x: Array) -> Array:
        """Return values (n,) for inputs (n, d)."""
        return np.asarray(x @ self.weights + self.bias)

    def size(self, x: Array) -> float:
        """Return the largest sum |w x| + |b| on inputs (n, d): what rounding of the values is relative to."""
        return float((np.abs(x) @ np.abs(self.weights)).max() + abs(self.bias))

    def fits(self, x: Array, y: Array) -> bool:
        """Whether inputs (n, d) give targets (n,) up to rounding."""
        return bool(np.abs(self(x) - y).max() <= _ROUNDING * _EPSILON * self.size(x))

    def expression(self, names: tuple[str, ...]) -> Expression:
        """Write the formula; weights and a bias of zero are left out."""
        result: Expression | None = None
        for name, value in zip(names, self.weights.tolist(), strict=True):
            if value == 0.0:
                continue
            variable = Expression.variable(name)
            term = variable if abs(value) == 1.0 else Expression.constant(abs(value)) * variable
            if result is not None:
                result = result - term if value < 0 else result + term
            elif value < 0:
                result = Expression.call("neg", variable) if value == -1.0 else Expression.constant(value) * variable
            else:
                result = term
        if result is None:
            return Expression.constant(self.bias)
        if self.bias == 0.0:
            return result
        return result - abs(self.bias) if self.bias < 0 else result + self.bias


def descend(method: Neuron, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `method` to `samples`; see `Method.fit`."""
    started = time.monotonic()
    limit = _SHARE_OF_BUDGET * budget.seconds

    def expired() -> bool:
        return time.monotonic() - started > limit

    x, y = samples.x, samples.y
    _require_moderate(x, y)
    if not varies(y):
        value = float(y[0] if np.ptp(y) == 0 else y.mean())
        return _constant(value, "the target is constant", report)
    used = np.flatnonzero(varies(x))
    if not len(used):
        return _constant(float(Scaling.of(y).mean), "no input varies", report)
    names = tuple(samples.variables[i] for i in used)
    data = _Decorrelated.of(x[:, used], y)
    network = Perceptron(Architecture((data.inputs.shape[1], 1), ("linear",)), np.zeros((1, data.inputs.shape[1] + 1)))
    done, losses = 0, [1.0]
    while done < method.epochs and not expired():
        training = train(
            network, data.inputs, data.target, loss="mse", optimiser=SGD(), batch=0,
            epochs=min(-(-method.epochs // _REPORTS), method.epochs - done), schedule=Constant(method.learning_rate),
            rng=np.random.default_rng(seed), expired=expired,
        )  # fmt: skip
        network = training.perceptron
        done += len(training.losses)
        losses += training.losses[:, 0].tolist()
        line = _snapped(data.line(network), data)
        report(line.expression(names))
    line = _snapped(data.line(network), data)
    return Fit(
        expression=line.expression(names),
        predictions=line(data.x),
        stopped="done" if done == method.epochs else "budget",
        extras={"training_loss": losses[-1], "epochs": done, "fits_to_rounding": line.fits(data.x, y)},
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Decorrelated:
    """Points, and the same points scaled and decorrelated.

    Attributes:
        x, y: as given, (n, d) and (n,).
        inputs: (n, r), columns of mean zero and variance one that are orthogonal.
        target: (n,), of mean zero and variance one.
        back: (d, r), turns weights of `inputs` into weights of scaled x.
        scaling: of x.
        target_scaling: of y.
    """

    x: Array
    y: Array
    inputs: Array
    target: Array
    back: Array
    scaling: Scaling
    target_scaling: Scaling

    @classmethod
    def of(cls, x: Array, y: Array) -> _Decorrelated:
        scaling, target_scaling = Scaling.of(x), Scaling.of(y)
        U, S, Vt = np.linalg.svd(scaling.apply(x), full_matrices=False)
        kept = _RANK * S[0] < S
        root = np.sqrt(len(y))
        back = Vt[kept].T * (root / S[kept])  # (d, r)
        return cls(x, y, U[:, kept] * root, target_scaling.apply(y), back, scaling, target_scaling)

    def line(self, network: Perceptron) -> Line:
        """Return the formula of a network on `inputs`.

        Raises:
            FitError: its constants are no float64.
        """
        scaled = self.back @ network.weights[0][0, :, 0]  # (d,)
        with np.errstate(over="ignore", invalid="ignore"):
            weights = scaled * (self.target_scaling.deviation / self.scaling.deviation)
            shift = network.biases[0][0, 0] * self.target_scaling.deviation
            bias = float(self.target_scaling.mean + shift - weights @ self.scaling.mean)
        lost = (np.abs(weights) < np.finfo(float).tiny) & (np.abs(scaled) > _EPSILON)
        if lost.any() or not (np.isfinite(weights).all() and np.isfinite(bias)):
            raise FitError("the weights are out of float64's range: rescale inputs and target towards one")
        return Line(weights, bias)


def _snapped(line: Line, data: _Decorrelated) -> Line:
    """Write constants as the shortest decimals within rounding, if the line fits the data up to rounding."""
    if not line.fits(data.x, data.y):
        return line
    rounding = _EPSILON * line.size(data.x)
    certainty = np.linalg.norm(data.back, axis=1) / data.scaling.deviation  # (d,), of each weight for residuals of one
    for reach in (_REACH, 1.0):
        radii = reach * rounding * certainty
        weights = np.array([shortest(w, r) for w, r in zip(line.weights.tolist(), radii.tolist(), strict=True)])
        bias = shortest(float(np.mean(data.y - data.x @ weights)), reach * rounding)
        snapped = Line(weights, bias)
        if snapped.fits(data.x, data.y):
            return snapped
    return line


def _require_moderate(x: Array, y: Array) -> None:
    top = max(float(np.abs(x).max()), float(np.abs(y).max()))
    if top > _LARGEST:
        raise FitError(f"the largest absolute value is {top:g}; rescale inputs and target below {_LARGEST:g}")


def _constant(value: float, reason: str, report: Report) -> Fit:
    expression = Expression.constant(value)
    report(expression)
    return Fit(expression=expression, extras={"reason": reason, "epochs": 0})
