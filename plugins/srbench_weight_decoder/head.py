"""The coefficient head: what a network's weights, and its values at learned inputs, say about the coefficients.

A linear part, solved by least squares on the training networks, and a perceptron that corrects it. From a shared start
with wide output weights the linear part is already close (`starts`); the perceptron bends it.
"""

from __future__ import annotations

import torch
from torch import nn

from srbench_weight_decoder.architecture import Architecture
from srbench_weight_decoder.network_training import chebyshev_nodes
from srbench_weight_decoder.starts import least_squares

__all__ = ["Head"]


class Head(nn.Module):
    """A network that estimates coefficients.

    Args:
        shape: of the networks.
        terms: coefficients to estimate.
        probes: learned inputs at which a network is evaluated; 0 for none.
        hidden: units of each of the perceptron's two hidden layers.
        linear: whether there is a linear part; without it this is a plain perceptron, the baseline.
    """

    def __init__(self, shape: Architecture, terms: int, *, probes: int, hidden: int = 256, linear: bool = True) -> None:
        super().__init__()
        self.shape = shape
        self.linear = linear
        inputs = shape.size + probes
        self.centre = nn.Buffer(torch.zeros(inputs))
        self.spread = nn.Buffer(torch.ones(inputs))
        self.matrix = nn.Buffer(torch.zeros(inputs + 1, terms, dtype=torch.float64))
        self.unit = nn.Buffer(torch.ones(terms))
        self.probes = nn.Parameter(chebyshev_nodes(probes).float() if probes else torch.zeros(0))
        self.correction = nn.Sequential(
            nn.Linear(inputs, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, terms)
        )
        last = self.correction[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def values(self, weights: torch.Tensor) -> torch.Tensor:
        """Return the networks' values at the learned inputs: shape (B, probes)."""
        return self.shape.outputs(weights, self.probes.clamp(-1, 1))

    def features(self, weights: torch.Tensor) -> torch.Tensor:
        """Return weights and values, each with mean zero and variance one over the training: shape (B, inputs)."""
        parts = torch.cat((weights, self.values(weights)), dim=1) if len(self.probes) else weights
        standard: torch.Tensor = (parts - self.centre) / self.spread
        return standard

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return estimates of the coefficients, shape (B, terms), from `features`."""
        corrected: torch.Tensor = self.correction(features) * self.unit
        return corrected + self._solved(features) if self.linear else corrected

    def prepare(self, weights: torch.Tensor, coefficients: torch.Tensor) -> None:
        """Set the scales and the linear part from training networks, shape (n, size), and their coefficients."""
        with torch.no_grad():
            parts = torch.cat((weights, self.values(weights)), dim=1) if len(self.probes) else weights
            self.centre.copy_(parts.double().mean(0))
            spread = (parts - self.centre).double().square().mean(0).sqrt()
            self.spread.copy_(spread.clamp_min(1e-12 * float(spread.max())))
            self.unit.copy_(coefficients.std(0))
            if self.linear:
                features = self.features(weights)
                self.matrix.copy_(least_squares(features.double(), coefficients.double()))
                off = self._solved(features) - coefficients
                # Few networks are far off: the perceptron works in units of what most are.
                self.unit.copy_(2 * off.abs().quantile(0.5, dim=0).clamp_min(1e-4))

    def _solved(self, features: torch.Tensor) -> torch.Tensor:
        matrix = self.matrix
        return (features.double() @ matrix[:-1] + matrix[-1]).float()


def learn_probes(head: Head, batches: list[tuple[torch.Tensor, torch.Tensor]], *, learning_rate: float) -> list[float]:
    """Move the learned inputs to where values say most about coefficients: variable projection.

    For each batch the best linear map from values to coefficients is solved; at that optimum the derivative of the
    error by the inputs is the one with the map held fixed (Golub & Pereyra, SIAM J. Numer. Anal. 10(2), 1973).

    Args:
        head: whose `probes` change.
        batches: weights, shape (B, size), and coefficients, shape (B, terms).
        learning_rate: of Adam.

    Returns:
        The root mean squared error of each batch.
    """
    optimiser = torch.optim.Adam([head.probes], lr=learning_rate)
    curve = []
    for weights, coefficients in batches:
        values = head.values(weights)
        matrix = least_squares(values.detach().double(), coefficients.double()).float()
        error = (values @ matrix[:-1] + matrix[-1] - coefficients).square().mean()
        optimiser.zero_grad()
        error.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        curve.append(float(error.detach().sqrt()))
    return curve
