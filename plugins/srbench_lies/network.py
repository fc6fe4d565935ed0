"""The network of Logarithm, Identity, Exponential and Sine units, many at once, with derivatives by the chain rule.

Source: Montazerin, Al Aawar, Ortega & Srivastava, "Sparse Interpretable Deep Learning with LIES Networks for Symbolic
Regression" (2025), arXiv 2506.08267: layers of one I, one E, one S and one L unit, linear maps without bias and a
constant input, dense skips, a trainable gate on each unit's output, clamped E and L with a penalty that restores their
gradients, and everything in logarithms. What differs: skips enter behind the linear map instead of before it, which
gives the same functions with one weight for each path; the constant input's weight into the output is its bias; where
a value is negative, inputs and target are scaled instead of taken to logarithms; no published layer's output is changed
by a later one.

All networks of one shape are one tensor: B networks, each a matrix (rows, columns) whose rows are the 4 L units in the
order I, E, S, L of each layer and the output, and whose columns are the constant, the d inputs and the same units. The
part of a row on and beyond its own layer's columns is zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lite import FitError
from srbench_lite.fitting import Problem

__all__ = [
    "BOTTOM",
    "TOP",
    "UNITS",
    "Architecture",
    "Mode",
    "Parameters",
    "Passes",
    "Space",
    "parts",
    "predict",
    "used_units",
]

Array = NDArray[np.float64]
Mode = Literal["log", "linear"]

#: Order of the units of a layer.
UNITS: Final = ("I", "E", "S", "L")
#: Arguments of E are cut off above (published).
TOP: Final = 4.0
#: Arguments of L are cut off below (published).
BOTTOM: Final = 0.005
#: Bytes of the buffers for networks that are worked on together.
_MAX_BUFFER_BYTES: Final = 96 * 2**20


@dataclass(frozen=True, slots=True)
class Architecture:
    """The shape of a network.

    Attributes:
        inputs: number d of variables.
        layers: number L of layers of four units; published are d + 1.
    """

    inputs: int
    layers: int

    @property
    def first(self) -> int:
        """Column of the first unit: the constant and the inputs come before."""
        return self.inputs + 1

    @property
    def units(self) -> int:
        """Number of units."""
        return len(UNITS) * self.layers

    @property
    def rows(self) -> int:
        """Number of rows of the matrix: units, then the output."""
        return self.units + 1

    @property
    def columns(self) -> int:
        """Number of columns of the matrix: constant, inputs, units."""
        return self.first + self.units

    def structure(self) -> torch.Tensor:
        """Return which weights exist, shape (rows, columns), bool."""
        reach = self.first + len(UNITS) * (torch.arange(self.rows) // len(UNITS))
        return torch.arange(self.columns)[None, :] < reach[:, None]

    def draw(self, rng: np.random.Generator, offset: float) -> Array:
        """Draw one network.

        Weights are uniform within 1 / sqrt(fan in), gates are 1. The constant's weight is raised by 1 in the L units,
        so that logarithms begin inside their domain, and by `offset` in the output.

        Returns:
            Its weights, row by row, and its gates, shape (rows * columns + units,).
        """
        structure = self.structure().numpy()
        bound = 1.0 / np.sqrt(structure.sum(axis=1, keepdims=True))
        weights = np.where(structure, rng.uniform(-1.0, 1.0, structure.shape) * bound, 0.0)
        weights[UNITS.index("L") : -1 : len(UNITS), 0] += 1.0
        weights[-1, 0] += offset
        return np.concatenate([weights.ravel(), np.ones(self.units)])


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """B networks in one tensor.

    Attributes:
        architecture: of all of them.
        flat: weights row by row, then gates, shape (B, rows * columns + units), float64.
    """

    architecture: Architecture
    flat: torch.Tensor

    @classmethod
    def initial(
        cls, architecture: Architecture, rngs: Sequence[np.random.Generator], offset: float = 0.0
    ) -> Parameters:
        """Draw one network from each generator."""
        return cls(architecture, torch.from_numpy(np.stack([architecture.draw(rng, offset) for rng in rngs])))

    @classmethod
    def of(cls, architecture: Architecture, weights: torch.Tensor) -> Parameters:
        """Return networks of the given weights (B, rows, columns) whose gates are 1."""
        B = len(weights)
        return cls(architecture, torch.cat([weights.reshape(B, -1), weights.new_ones(B, architecture.units)], dim=1))

    @property
    def weights(self) -> torch.Tensor:
        """A view of the weights, shape (B, rows, columns)."""
        a = self.architecture
        return self.flat[:, : a.rows * a.columns].view(-1, a.rows, a.columns)

    @property
    def gates(self) -> torch.Tensor:
        """A view of the gates, shape (B, units)."""
        return self.flat[:, self.architecture.rows * self.architecture.columns :]

    def folded(self) -> torch.Tensor:
        """Return weights of the same networks with all gates 1, shape (B, rows, columns)."""
        weights = self.weights.clone()
        weights[:, :, self.architecture.first :] *= self.gates[:, None, :]
        return weights


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Where the network works: logarithms where all data are positive, scaled values elsewhere.

    Attributes:
        mode: "log": inputs are ln x / scale and the target is ln y; "linear": x / scale and y / size.
        scale: of each input, shape (d,).
        size: of the target; 1 in the logarithmic mode.
    """

    mode: Mode
    scale: Array
    size: float

    @classmethod
    def of(cls, problem: Problem, mode: Mode | None = None) -> Space:
        """Return the space of a problem.

        Args:
            problem: points.
            mode: to insist on one; by default the data decide.

        Raises:
            FitError: logarithms are insisted on and a value is not positive.
        """
        positive = bool((problem.x > 0).all() and (problem.y > 0).all())
        if mode == "log" and not positive:
            raise FitError("mode=log needs positive inputs and targets, and some are not; use mode=auto or mode=linear")
        chosen: Mode = mode or ("log" if positive else "linear")
        raw = np.log(problem.x) if chosen == "log" else problem.x
        scale = np.abs(raw).max(axis=0)  # (d,)
        return cls(chosen, np.where(scale > 0, scale, 1.0), 1.0 if chosen == "log" else problem.size)

    def inputs(self, x: Array) -> torch.Tensor:
        """Return the constant and the scaled inputs of points (n, d), shape (d + 1, n)."""
        raw = (np.log(x) if self.mode == "log" else x) / self.scale
        return torch.from_numpy(np.concatenate([np.ones((1, len(x))), raw.T]))

    def target(self, y: Array) -> torch.Tensor:
        """Return what the network is to give, shape (n,)."""
        return torch.from_numpy(np.log(y) if self.mode == "log" else y / self.size)

    def output(self, prediction: torch.Tensor) -> torch.Tensor:
        """Return predictions in units of y, of the same shape."""
        return torch.exp(prediction) if self.mode == "log" else prediction * self.size


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """Views of one layer in the buffers of `Passes`: per unit in the order I, E, S, L, each of shape (B, n).

    Attributes:
        start: number of its first unit.
        hidden, arguments, slopes: of its units.
        block: its arguments together, shape (B, 4, n).
        before: outputs of all units of earlier layers, shape (B, start, n).
        above: slopes of all later rows, shape (B, rows - start - 4, n).
    """

    start: int
    hidden: tuple[torch.Tensor, ...]
    arguments: tuple[torch.Tensor, ...]
    slopes: tuple[torch.Tensor, ...]
    block: torch.Tensor
    before: torch.Tensor
    above: torch.Tensor

    @classmethod
    def of(cls, passes: Passes, start: int) -> _Layer:
        """Return the layer whose first unit is `start`."""
        units = slice(start, start + len(UNITS))
        return cls(
            start=start,
            hidden=passes.hidden[:, units].unbind(1),
            arguments=passes.arguments[:, units].unbind(1),
            slopes=passes.slopes[:, units].unbind(1),
            block=passes.arguments[:, units],
            before=passes.hidden[:, :start],
            above=passes.slopes[:, start + len(UNITS) :],
        )


class Passes:
    """Forward and backward passes of B networks of one shape over n points each, in buffers of their own.

    Args:
        architecture: of the networks.
        inputs: constant and inputs, shape (d + 1, n).
        batch: number B of networks.

    Attributes:
        hidden: outputs of the units before their gates, shape (B, units, n).
        arguments: what the units are applied to and, last, the outputs of the networks, shape (B, rows, n).
        slopes: derivatives of a loss by `arguments`, shape (B, rows, n).
    """

    def __init__(self, architecture: Architecture, inputs: torch.Tensor, batch: int) -> None:
        n = inputs.shape[1]
        self.architecture = architecture
        self.inputs = inputs
        self.hidden = inputs.new_empty(batch, architecture.units, n)
        self.arguments = inputs.new_empty(batch, architecture.rows, n)
        self.slopes = inputs.new_empty(batch, architecture.rows, n)
        self._flat = self.arguments.view(batch * architecture.rows, n)
        self._four = inputs.new_empty(batch, len(UNITS), n)  # contiguous: batched products are slow elsewhere
        self._one = inputs.new_empty(batch, n)
        self._layers = [_Layer.of(self, k) for k in range(0, architecture.units, len(UNITS))]

    @staticmethod
    def floats(architecture: Architecture, n: int) -> int:
        """Return the number of floats in the buffers of one network, and in what its passes make meanwhile."""
        return n * (2 * architecture.rows + 2 * architecture.units + len(UNITS) + 1)

    def forward(self, weights: torch.Tensor, clamps: torch.Tensor | None = None) -> torch.Tensor:
        """Return the outputs, a view of shape (B, n).

        Args:
            weights: with the gates folded in, shape (B, rows, columns).
            clamps: which E and L units are cut off, shape (B, units), bool; by default all.
        """
        a = self.architecture
        torch.mm(weights[:, :, : a.first].reshape(-1, a.first), self.inputs, out=self._flat)
        for layer in self._layers:
            h, z, k = layer.hidden, layer.arguments, layer.start
            if k:
                earlier = weights[:, k : k + 4, a.first : a.first + k]
                layer.block.add_(torch.bmm(earlier, layer.before, out=self._four))
            h[0].copy_(z[0])
            torch.clamp(z[1], max=TOP, out=h[1])
            torch.clamp(z[3], min=BOTTOM, out=h[3])
            if clamps is not None:
                torch.where(clamps[:, k + 1, None], h[1], z[1], out=h[1])
                torch.where(clamps[:, k + 3, None], h[3], z[3], out=h[3])
            h[1].exp_()
            torch.sin(z[2], out=h[2])
            h[3].log_()
        last = self.arguments[:, -1:]
        last.add_(torch.bmm(weights[:, -1:, a.first :], self.hidden))
        return last[:, 0]

    def backward(self, weights: torch.Tensor, slope: torch.Tensor, domain: torch.Tensor) -> None:
        """Fill `slopes`; the forward pass has come before, with all clamps.

        Args:
            weights: those of the forward pass.
            slope: derivatives of the loss by the outputs, shape (B, n).
            domain: weight of the domain penalty at a point, shape (); its derivatives are added.
        """
        self.slopes[:, -1] = slope
        minus = -domain
        four, one = self._four, self._one
        first = self.architecture.first
        for layer in reversed(self._layers):
            h, z, dz, k = layer.hidden, layer.arguments, layer.slopes, layer.start
            later = weights[:, k + 4 :, first + k : first + k + 4]
            torch.bmm(later.transpose(1, 2), layer.above, out=four)
            dz[0].copy_(four[:, 0])
            torch.where(z[1] > TOP, domain, torch.mul(four[:, 1], h[1], out=one), out=dz[1])
            torch.mul(four[:, 2], torch.cos(z[2], out=one), out=dz[2])
            torch.where(z[3] < BOTTOM, minus, torch.div(four[:, 3], z[3], out=one), out=dz[3])

    def gradient(self, out: torch.Tensor) -> None:
        """Write the derivatives by the folded weights, summed over the points; the backward pass has come before.

        Args:
            out: shape (B, rows, columns); entries that do not exist get numbers without a meaning.
        """
        first = self.architecture.first
        out[:, :, :first] = torch.mm(self.slopes.view(self._flat.shape), self.inputs.T).view(*out.shape[:2], first)
        out[:, :, first:] = torch.bmm(self.slopes, self.hidden.transpose(1, 2))

    def jacobian(self, places: torch.Tensor) -> torch.Tensor:
        """Return the derivatives of each output by K of its own weights; the backward pass has come with slope 1.

        Args:
            places: row * columns + column of the K weights of each network, shape (B, K).

        Returns:
            Shape (B, K, n).
        """
        rows, columns = places // self.architecture.columns, places % self.architecture.columns
        B, n = len(self.hidden), self.inputs.shape[1]
        everything = torch.cat([self.inputs.expand(B, -1, -1), self.hidden], dim=1)  # (B, columns, n)
        slopes = self.slopes.gather(1, rows[:, :, None].expand(-1, -1, n))
        return slopes.mul_(everything.gather(1, columns[:, :, None].expand(-1, -1, n)))

    def _grouped(self) -> torch.Tensor:
        """Return a view of the units' arguments, shape (B, layers, 4, n)."""
        B, rows, n = self.arguments.shape
        return self.arguments[:, :-1].view(B, rows // len(UNITS), len(UNITS), n)

    def outside(self, units: torch.Tensor | None = None) -> torch.Tensor:
        """Return the domain penalty, the mean over the points, shape (B,); the forward pass has come before.

        Args:
            units: which of them count, shape (B, units), bool; by default all.
        """
        z = self._grouped()
        beyond = torch.stack([torch.relu(z[:, :, 1] - TOP), torch.relu(BOTTOM - z[:, :, 3])], dim=2).mean(dim=3)
        if units is not None:
            beyond = beyond * units.view(*z.shape[:3])[:, :, 1::2]
        return beyond.sum(dim=(1, 2))

    def active_clamps(self) -> torch.Tensor:
        """Return which units are cut off at some point, shape (B, units), bool; the forward pass has come before."""
        z = self._grouped()
        result = torch.zeros(z.shape[:3], dtype=torch.bool)
        result[:, :, 1] = (z[:, :, 1] > TOP).any(dim=-1)
        result[:, :, 3] = (z[:, :, 3] < BOTTOM).any(dim=-1)
        return result.flatten(1)


def parts(batch: int, floats: int) -> Iterator[slice]:
    """Yield slices of a batch of networks whose buffers fit into memory together.

    Args:
        batch: number of networks.
        floats: float64 numbers that each of them needs.
    """
    size = max(_MAX_BUFFER_BYTES // (8 * floats), 1)
    yield from (slice(start, start + size) for start in range(0, batch, size))


def used_units(architecture: Architecture, weights: torch.Tensor) -> torch.Tensor:
    """Return which units the outputs of networks (B, rows, columns) depend on, shape (B, units), bool."""
    leads = weights[:, :, architecture.first :] != 0.0  # (B, rows, units)
    used = torch.zeros(weights.shape[:2], dtype=torch.bool)
    used[:, -1] = True
    for unit in range(architecture.units - 1, -1, -1):
        used[:, unit] = (leads[:, :, unit] & used).any(dim=1)
    return used[:, :-1]


def predict(
    architecture: Architecture, weights: torch.Tensor, inputs: torch.Tensor, clamps: torch.Tensor | None = None
) -> torch.Tensor:
    """Return the outputs of networks whose gates are folded in, shape (B, n); the arguments are those of `Passes`."""
    return Passes(architecture, inputs, len(weights)).forward(weights, clamps).clone()
