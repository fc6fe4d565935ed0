"""Penalties that make weights sparse, as gradients: L1, smoothed L0.5 and ADMM.

Sources: smoothed L0.5, Wu et al., "Batch gradient method with smoothing L1/2 regularization for training of feedforward
neural networks" (Neural Networks 50, 2014), equation 14; its use for formulas, Kim et al., "Integration of Neural
Network-Based Symbolic Regression in Deep Learning for Scientific Discovery" (2019), arXiv 1912.04825, section II; ADMM,
Boyd et al., "Distributed Optimization and Statistical Learning via the Alternating Direction Method of Multipliers"
(2011), section 6.3, with the distance of each layer's matrix to its copy not squared, as arXiv 2506.08267 has it.
"""

from __future__ import annotations

from typing import Final

import torch

__all__ = ["Admm", "l05_slope"]

#: Below it the square root is a polynomial (Kim et al. use 0.01 to 0.1).
_SMOOTHING_WIDTH: Final = 0.05


def l05_slope(weights: torch.Tensor) -> torch.Tensor:
    """Return the derivative of the smoothed |w| ** 0.5, of any shape; 0 at 0."""
    a = _SMOOTHING_WIDTH
    small = weights.clamp(-a, a)
    square = small * small
    inner = (0.75 / a - square / (8.0 * a**3)) * square + 0.375 * a
    near = 0.5 * small * (1.5 / a - square / (2.0 * a**3)) / inner.sqrt()
    far = 0.5 * weights.sign() / weights.abs().clamp_min(a).sqrt()
    return torch.where(weights.abs() < a, near, far)


class Admm:
    """The sparse copy Z and the duals U of the weights of B networks.

    Args:
        weights: shape (B, rows, columns).
    """

    def __init__(self, weights: torch.Tensor) -> None:
        self.copy = weights.clone()
        self.dual = torch.zeros_like(weights)

    def slope(self, weights: torch.Tensor, rho: float) -> torch.Tensor:
        """Return the derivative of rho / 2 times the sum over layers of ||W - Z + U||, shape (B, rows, columns)."""
        gap = weights - self.copy + self.dual
        rows = gap.square().sum(dim=2)  # (B, rows)
        layers = rows[:, :-1].reshape(len(rows), -1, 4).sum(dim=2).repeat_interleave(4, dim=1)
        norms = torch.cat([layers, rows[:, -1:]], dim=1).sqrt().clamp_min(1e-12)
        return gap * (0.5 * rho / norms)[:, :, None]

    def update(self, weights: torch.Tensor, rho: float, alpha: float) -> None:
        """Set Z to the soft threshold of W + U at alpha / rho, then add W - Z to U."""
        total = weights + self.dual
        self.copy = total.sign() * (total.abs() - alpha / rho).clamp_min(0.0)
        self.dual = total - self.copy

    def restart(self, which: torch.Tensor, weights: torch.Tensor) -> None:
        """Begin anew for the networks `which` (k,), whose weights are (k, rows, columns)."""
        self.copy[which] = weights
        self.dual[which] = 0.0
