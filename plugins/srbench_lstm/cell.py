"""One step of an LSTM, its gates written out.

Source: Hochreiter & Schmidhuber, "Long Short-Term Memory" (Neural Computation 9(8), 1997), with the forget gate of
Gers, Schmidhuber & Cummins, "Learning to Forget: Continual Prediction with LSTM" (Neural Computation 12(10), 2000):

    i = sigmoid(Wi x + Ui h + bi)     input gate
    f = sigmoid(Wf x + Uf h + bf)     forget gate
    g = tanh(Wg x + Ug h + bg)        candidate
    o = sigmoid(Wo x + Uo h + bo)     output gate
    c' = f * c + i * g                cell state
    h' = o * tanh(c')                 hidden state

The four are stacked in the order i, f, g, o, and there are two biases that are added, as in torch.nn.LSTMCell, so that
the weights of one fit the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

__all__ = ["Cell"]


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """The weights of an LSTM with p inputs and w units.

    Attributes:
        weight_ih: from the inputs, shape (4 w, p).
        weight_hh: from the hidden state, shape (4 w, w).
        bias_ih: shape (4 w,).
        bias_hh: shape (4 w,).
    """

    weight_ih: torch.Tensor
    weight_hh: torch.Tensor
    bias_ih: torch.Tensor
    bias_hh: torch.Tensor

    def step(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the next hidden state and cell state, (n, w) each, for inputs (n, p) and states (n, w)."""
        return self._gated(x @ self.weight_ih.T + self.bias_ih + self.bias_hh + h @ self.weight_hh.T, c)

    def last(self, sequence: torch.Tensor) -> torch.Tensor:
        """Return the hidden state (n, w) after a sequence (steps, n, p), from states of zero."""
        steps, n, p = sequence.shape
        sums = sequence.reshape(steps * n, p) @ self.weight_ih.T + (self.bias_ih + self.bias_hh)
        sums = sums.reshape(steps, n, -1)  # (steps, n, 4 w): the inputs of all steps at once
        h, c = self._gated(sums[0], None)
        for k in range(1, steps):
            h, c = self._gated(torch.addmm(sums[k], h, self.weight_hh.T), c)
        return h

    @staticmethod
    def _gated(sums: torch.Tensor, c: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Apply the gates to their summed inputs (n, 4 w) and the cell state; None is a state of zero."""
        a, b, candidate, d = sums.chunk(4, dim=1)
        i, f, g, o = torch.sigmoid(a), torch.sigmoid(b), torch.tanh(candidate), torch.sigmoid(d)
        c = i * g if c is None else f * c + i * g
        return o * torch.tanh(c), c
