"""The method `neuron`: gradient descent of one linear unit on scaled data, and its formula in the data's units.

Inputs are centred, scaled to variance one and decorrelated, so that every learning rate below one converges at the same
pace in every direction; directions in which they do not vary beyond rounding are left out, so among weights that fit
equally well the smallest are found. The descent starts from zero weights: its seed has no effect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Budget, Expression, Fit, FitError, Report, Samples
from srbench_lite.fitting import Deadline, constant_formula, shortest_decimal, sum_in_order, varying_columns
from srbench_networks.architecture import Architecture
from srbench_networks.optimisers import SGD, Constant
from srbench_networks.perceptron import Perceptron
from srbench_networks.scaling import Scaling, varies
from srbench_networks.training import train

if TYPE_CHECKING:
    from srbench_networks import Neuron

__all__ = ["Line", "fit"]

Array = NDArray[np.float64]

#: What is left of the time is for writing.
_SHARE_OF_BUDGET: Final = 0.85
#: The formula so far is reported this often.
_REPORT_COUNT: Final = 10
#: Directions whose singular value is below this times the largest are rounding.
_MIN_SINGULAR_SHARE: Final = 1e-10
#: float64's epsilon.
_EPSILON: Final = 2.0**-52
#: Residuals are rounding up to so many epsilons of the largest sum |w x| + |b|.
_MAX_ROUNDING_EPSILONS: Final = 16.0
#: Weights are uncertain by so many epsilons of that size, divided by the input's deviation.
_MAX_WEIGHT_EPSILONS: Final = 8.0
#: Sums of larger numbers might leave float64's range.
_MAX_SIZE: Final = 1e290


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
        return bool(np.abs(self(x) - y).max() <= _MAX_ROUNDING_EPSILONS * _EPSILON * self.size(x))

    def expression(self, names: tuple[str, ...]) -> Expression:
        """Write the formula; weights and a bias of zero are left out."""
        weights = zip(names, self.weights.tolist(), strict=True)
        terms = [(weight, Expression.variable(name)) for name, weight in weights if weight]
        if not terms:
            return Expression.constant(self.bias)
        if self.bias:
            terms.append((math.copysign(1.0, self.bias), Expression.constant(abs(self.bias))))
        return sum_in_order(terms)


def fit(method: Neuron, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `method` to `samples`; see `Method.fit`."""
    deadline = Deadline(_SHARE_OF_BUDGET * budget.seconds)
    x, y = samples.x, samples.y
    _require_moderate(x, y)
    if (constant := constant_formula(samples)) is not None:
        report(constant)
        reason = "no input varies" if varies(y) else "the target is constant"
        return Fit(expression=constant, extras={"reason": reason, "epochs": 0})
    used = varying_columns(x)
    names = tuple(samples.variables[i] for i in used)
    data = _Decorrelated.of(x[:, used], y)
    network = Perceptron(Architecture((data.inputs.shape[1], 1), ("linear",)), np.zeros((1, data.inputs.shape[1] + 1)))
    done, losses = 0, [1.0]
    while done < method.epochs and not deadline.is_over:
        training = train(
            network, data.inputs, data.target, loss="mse", optimiser=SGD(), batch=0,
            epochs=min(-(-method.epochs // _REPORT_COUNT), method.epochs - done),
            schedule=Constant(method.learning_rate),
            rng=np.random.default_rng(seed), deadline=deadline,
        )  # fmt: skip
        network = training.perceptron
        done += len(training.losses)
        losses += training.losses[:, 0].tolist()
        line = _rounded(data.line(network), data)
        report(line.expression(names))
    line = _rounded(data.line(network), data)
    return Fit(
        expression=line.expression(names),
        predictions=line(data.x),
        stopped="budget" if deadline.was_cut else "done",
        extras={
            "training_loss": losses[-1],
            "epochs": done,
            **deadline.facts,
            "fits_to_rounding": line.fits(data.x, y),
        },
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
        kept = _MIN_SINGULAR_SHARE * S[0] < S
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


def _rounded(line: Line, data: _Decorrelated) -> Line:
    """Write constants as the shortest decimals within rounding, if the line fits the data up to rounding."""
    if not line.fits(data.x, data.y):
        return line
    rounding = _EPSILON * line.size(data.x)
    certainty = np.linalg.norm(data.back, axis=1) / data.scaling.deviation  # (d,), of each weight for residuals of one
    for reach in (_MAX_WEIGHT_EPSILONS, 1.0):
        radii = reach * rounding * certainty
        weights = np.array([shortest_decimal(w, r) for w, r in zip(line.weights.tolist(), radii.tolist(), strict=True)])
        bias = shortest_decimal(float(np.mean(data.y - data.x @ weights)), reach * rounding)
        rounded = Line(weights, bias)
        if rounded.fits(data.x, data.y):
            return rounded
    return line


def _require_moderate(x: Array, y: Array) -> None:
    top = max(float(np.abs(x).max(initial=0.0)), float(np.abs(y).max()))
    if top > _MAX_SIZE:
        raise FitError(f"the largest absolute value is {top:g}; rescale inputs and target below {_MAX_SIZE:g}")
