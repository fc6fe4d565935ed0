"""The network: an LSTM cell over the digits, a tanh layer on its last hidden state, one linear output."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from srbench_lstm.cell import Cell

__all__ = ["Model"]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A network with p features a step, w units in the cell and v in the head.

    Attributes:
        sizes: (p, w, v).
        parameters: all weights and biases, one after the other, shape (count,).
    """

    sizes: tuple[int, int, int]
    parameters: torch.Tensor

    @classmethod
    def initial(cls, inputs: int, hidden: int, head: int, generator: torch.Generator) -> Model:
        """Draw a network in float32.

        Weights are uniform within sqrt(6/(fan in + fan out)) (Glorot & Bengio, AISTATS 2010, equation 16), each gate by
        itself; within 1/sqrt(w) from the hidden state. Biases are zero, but one for the forget gate, which at first
        lets the digits add up (Jozefowicz, Zaremba & Sutskever, ICML 2015, section 4).
        """
        model = cls((inputs, hidden, head), torch.zeros(sum(math.prod(s) for s in _shapes(inputs, hidden, head))))
        cell, first, _, last, _ = model.parts()
        for weights, bound in (
            (cell.weight_ih, math.sqrt(6 / (inputs + hidden))),
            (cell.weight_hh, 1 / math.sqrt(hidden)),
            (first, math.sqrt(6 / (hidden + head))),
            (last, math.sqrt(6 / (head + 1))),
        ):
            weights.uniform_(-bound, bound, generator=generator)
        cell.bias_ih[hidden : 2 * hidden] = 1.0
        return model

    def parts(self) -> tuple[Cell, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return views of the parameters: the cell; weights and biases of the head's layer (v, w) and output (1, v)."""
        shapes = _shapes(*self.sizes)
        views = torch.split(self.parameters, [math.prod(shape) for shape in shapes])
        a, b, c, d, first, offset, last, constant = (v.view(s) for v, s in zip(views, shapes, strict=True))
        return Cell(a, b, c, d), first, offset, last, constant

    def layers(self, sequence: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the last hidden state (n, w), the head's units (n, v) and the output (n,) of sequences (m, n, p)."""
        cell, first, offset, last, constant = self.parts()
        state = cell.last(sequence)
        units = torch.tanh(torch.addmm(offset, state, first.T))
        return state, units, torch.addmm(constant, units, last.T)[:, 0]


def _shapes(inputs: int, hidden: int, head: int) -> tuple[tuple[int, ...], ...]:
    gates = 4 * hidden
    return (gates, inputs), (gates, hidden), (gates,), (gates,), (head, hidden), (head,), (1, head), (1,)
