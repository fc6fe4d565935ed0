"""`Architecture`: the shape of a network, and where each of its parameters lies in the vector of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

from srbench_lite import UsageError
from srbench_networks.activations import activation

__all__ = ["Architecture"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """Widths and activations of the layers of a fully connected network.

    The parameters of a network are one vector: layer by layer, the weights (fan in, fan out) row by row, then the
    biases (fan out,).

    Attributes:
        sizes: widths, the number of inputs first, the number of outputs last.
        activations: one name for each layer after the inputs, so one fewer than `sizes`; see `ACTIVATIONS`.
        biases: whether the units have biases.

    Raises:
        UsageError: fewer than two sizes, one that is no positive whole number, another number of activations than
            layers, an unknown activation, or a softmax before the last layer.
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    biases: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", tuple(self.sizes))
        object.__setattr__(self, "activations", tuple(self.activations))
        if len(self.sizes) < 2:
            raise UsageError(f"sizes must name at least inputs and outputs, such as (1, 8, 1), got {self.sizes}")
        for size in self.sizes:
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise UsageError(f"every size must be a whole number of at least 1, got {size!r} in {self.sizes}")
        if len(self.activations) != len(self.sizes) - 1:
            raise UsageError(
                f"{len(self.sizes) - 1} layers (sizes {self.sizes}) need as many activations, got "
                f"{len(self.activations)}: {self.activations}; the inputs have none"
            )
        for name in self.activations:
            activation(name)
        if "softmax" in self.activations[:-1]:
            raise UsageError(
                f"softmax belongs in the last layer only, got {self.activations}; use tanh or relu before it"
            )

    @classmethod
    def layered(cls, inputs: int, hidden: tuple[int, ...], outputs: int, inner: str, outer: str) -> Architecture:
        """Return a network whose hidden layers all have the activation `inner`, the last layer `outer`."""
        return cls((inputs, *hidden, outputs), (inner,) * len(hidden) + (outer,))

    @property
    def blocks(self) -> tuple[tuple[slice, tuple[int, int]], ...]:
        """For each layer, where its parameters lie and their shape (inputs and, with biases, one more; units)."""
        shapes = [(inputs + self.biases, outputs) for inputs, outputs in pairwise(self.sizes)]
        ends = list(accumulate((rows * columns for rows, columns in shapes), initial=0))
        return tuple((slice(start, stop), shape) for (start, stop), shape in zip(pairwise(ends), shapes, strict=True))

    @property
    def n_parameters(self) -> int:
        """The number of weights and biases."""
        return sum(rows * columns for _, (rows, columns) in self.blocks)

    def name(self, layer: int) -> str:
        """Return what layer number `layer` (from 0) is called in messages: `layer 2 of 3 (8 to 4, tanh)`."""
        inputs, outputs = self.sizes[layer : layer + 2]
        return f"layer {layer + 1} of {len(self.activations)} ({inputs} to {outputs}, {self.activations[layer]})"
