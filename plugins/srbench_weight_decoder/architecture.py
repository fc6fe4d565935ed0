"""The shape of a small network, and many networks of one shape in one tensor.

A network of widths 1-8-7-8-1 is one row of weights. Layer k has a matrix of shape (out, in), with a column for the bias
behind it where the architecture has biases; the matrices stand one after another, row by row.

What each architecture can hold (proofs in the README): a sigmoid network without biases and a tanh network with biases
can be any quadratic; a ReLU network without biases is a multiple of x on either side of zero, and a tanh network
without biases is odd, so neither holds a x^2 + b x + c. The last two are controls: what a reader finds in their
weights, it cannot have read there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch

from srbench_lite import UsageError

__all__ = ["ARCHITECTURES", "Architecture", "Trace", "architecture"]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A forward pass of B networks at n inputs.

    Attributes:
        inputs: of each layer, shape (B, n, in), with a column of ones behind where there are biases.
        slopes: of the activation of each hidden layer, shape (B, n, width).
        outputs: shape (B, n).
    """

    inputs: tuple[torch.Tensor, ...]
    slopes: tuple[torch.Tensor, ...]
    outputs: torch.Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The shape of a network.

    Attributes:
        name: as typed after --architecture.
        activation: "sigmoid", "tanh" or "relu".
        biases: whether each layer has them.
        identifiable: whether its weights determine a polynomial of degree 2 at all.
        widths: of the layers, the input first and the output last.
    """

    name: str
    activation: str
    biases: bool
    identifiable: bool
    widths: tuple[int, ...] = (1, 8, 7, 8, 1)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Return the shape of each layer's matrix."""
        pairs = zip(self.widths[1:], self.widths[:-1], strict=True)
        return tuple((outgoing, incoming + self.biases) for outgoing, incoming in pairs)

    @property
    def size(self) -> int:
        """Return the number of weights, biases included."""
        return sum(rows * columns for rows, columns in self.shapes)

    def matrices(self, weights: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return views of weights of shape (B, size) as matrices of shape (B, out, in)."""
        parts = torch.split(weights, [rows * columns for rows, columns in self.shapes], dim=1)
        return tuple(part.view(len(weights), *shape) for part, shape in zip(parts, self.shapes, strict=True))

    def trace(self, weights: torch.Tensor, x: torch.Tensor) -> Trace:
        """Evaluate networks of shape (B, size) at inputs of shape (n,), and keep what a gradient needs."""
        current = self._widened(x.view(1, -1, 1).expand(len(weights), -1, 1))
        matrices = self.matrices(weights)
        inputs, slopes = [current], []
        for matrix in matrices[:-1]:
            activated, slope = self._activated(current @ matrix.mT)
            current = self._widened(activated)
            inputs.append(current)
            slopes.append(slope)
        return Trace(tuple(inputs), tuple(slopes), (current @ matrices[-1].mT).squeeze(2))

    def outputs(self, weights: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """Return the values, shape (B, n), of networks of shape (B, size) at inputs of shape (n,)."""
        current = self._widened(x.view(1, -1, 1).expand(len(weights), -1, 1))
        matrices = self.matrices(weights)
        for matrix in matrices[:-1]:
            current = self._widened(self._activated(current @ matrix.mT)[0])
        return (current @ matrices[-1].mT).squeeze(2)

    def hidden(self, weights: torch.Tensor, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the activations of each hidden layer, shape (B, n, width)."""
        return tuple(part[:, :, : part.shape[2] - self.biases] for part in self.trace(weights, x).inputs[1:])

    def deltas(self, weights: torch.Tensor, trace: Trace) -> tuple[torch.Tensor, ...]:
        """Return the derivative of each output by each unit's weighted sum: shape (B, n, width) a layer.

        The derivative of output n by the weight from input j to unit i of layer k is then
        deltas[k][b, n, i] * inputs[k][b, n, j], which is never laid out as a matrix.
        """
        matrices = self.matrices(weights)
        current = torch.ones_like(trace.outputs).unsqueeze(2)
        deltas = [current]
        for k in range(len(matrices) - 1, 0, -1):
            passed = current @ matrices[k][:, :, : matrices[k].shape[2] - self.biases]
            current = passed * trace.slopes[k - 1]
            deltas.append(current)
        return tuple(reversed(deltas))

    def pulled_back(self, trace: Trace, deltas: tuple[torch.Tensor, ...], z: torch.Tensor) -> torch.Tensor:
        """Return the transposed Jacobian times z of shape (B, n): shape (B, size)."""
        parts = (((d * z.unsqueeze(2)).mT @ a).flatten(1) for d, a in zip(deltas, trace.inputs, strict=True))
        return torch.cat(tuple(parts), dim=1)

    def gram(self, trace: Trace, deltas: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Return the Jacobian times its transpose, shape (B, n, n), layer by layer from two small products."""
        total: torch.Tensor | None = None
        for d, a in zip(deltas, trace.inputs, strict=True):
            part = (d @ d.mT).mul_(a @ a.mT)
            total = part if total is None else total.add_(part)
        assert total is not None
        return total

    def _widened(self, values: torch.Tensor) -> torch.Tensor:
        if not self.biases:
            return values
        return torch.cat((values, torch.ones_like(values[:, :, :1])), dim=2)

    def _activated(self, sums: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the activation and its derivative."""
        if self.activation == "relu":
            return sums.clamp_min(0), (sums > 0).to(sums.dtype)
        if self.activation == "tanh":
            values = torch.tanh(sums)
            return values, 1 - values * values
        values = torch.sigmoid(sums)
        return values, values * (1 - values)


ARCHITECTURES: Final = {
    a.name: a
    for a in (
        Architecture(name="sigmoid-128", activation="sigmoid", biases=False, identifiable=True),
        Architecture(name="tanh-152", activation="tanh", biases=True, identifiable=True),
        Architecture(name="tanh-128", activation="tanh", biases=False, identifiable=False),
        Architecture(name="relu-128", activation="relu", biases=False, identifiable=False),
    )
}


def architecture(name: str) -> Architecture:
    """Return an architecture by name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in ARCHITECTURES:
        raise UsageError(f"unknown architecture {name!r}; there are: {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]
