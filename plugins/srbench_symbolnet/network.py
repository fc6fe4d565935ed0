"""Networks of formulas, many at once: a linear map, functions and products, a linear map, and thresholds on all.

Source: Tsoi, Loncar, Dasu & Harris, "SymbolNet" (arXiv 2401.09949, MLST 2025); the units are those of equation
learners (Martius & Lampert, 2016).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from srbench_symbolnet.thresholds import pressure, step

__all__ = ["FUNCTIONS", "KINDS", "Masks", "Networks", "Targets"]

#: Beyond this an exponential stays what it is: numbers stay finite.
_LARGEST_EXPONENT: Final = 50.0
#: Functions of one argument, by name.
FUNCTIONS: Final[dict[str, Callable[[torch.Tensor], torch.Tensor]]] = {
    "sin": torch.sin,
    "exp": lambda z: torch.exp(z.clamp_max(_LARGEST_EXPONENT)),
    "gauss": lambda z: torch.exp(-z.square()),
    "tanh": torch.tanh,
    "square": torch.square,
}
#: Scale of the first biases: of sines, and of others.
_PHASE: Final = 1.0
_BIAS: Final = 0.1
#: What is pruned.
KINDS: Final = ("inputs", "weights", "functions", "products")
#: A mean of e^-t over a kind, or e^-mean(t): as the published code has them.
_MEAN_OF_EXPONENTIALS: Final = ("weights",)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Targets:
    """Shares that are to be pruned, of each network, each of shape (networks,)."""

    inputs: torch.Tensor
    weights: torch.Tensor
    functions: torch.Tensor
    products: torch.Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """What is kept, 1 or 0.

    Attributes:
        inputs: shape (networks, inputs).
        inner, inner_bias: weights of the first map, shapes (networks, sums, inputs) and (networks, sums).
        outer, outer_bias: of the second, shapes (networks, units) and (networks,).
        functions, products: whether a unit is what it is named after, and not the identity or a sum: shapes
            (networks, functions) and (networks, products).
    """

    inputs: torch.Tensor
    inner: torch.Tensor
    inner_bias: torch.Tensor
    outer: torch.Tensor
    outer_bias: torch.Tensor
    functions: torch.Tensor
    products: torch.Tensor

    def shares(self) -> dict[str, torch.Tensor]:
        """Return the share of each kind that is pruned, by network, each of shape (networks,)."""
        weights = [self.inner.flatten(1), self.inner_bias, self.outer, self.outer_bias[:, None]]
        return {
            "inputs": 1 - self.inputs.mean(1), "weights": 1 - torch.cat(weights, 1).mean(1),
            "functions": 1 - self.functions.mean(1), "products": 1 - self.products.mean(1),
        }  # fmt: skip


class Networks(nn.Module):
    """Networks y = b + sum of v_u h_u, with h_u = f(a.x + c) or (a.x + c)(a'.x + c').

    Args:
        count: number of networks.
        inputs: of each.
        units: the name of the function of each unit; products come after them.
        products: how many.
        spread: scale of the first weights of each linear map, shape (count, len(units) + 2 * products).
        generator: draws the weights.
    """

    def __init__(
        self, count: int, inputs: int, units: tuple[str, ...], products: int, spread: torch.Tensor,
        generator: torch.Generator,
    ) -> None:  # fmt: skip
        super().__init__()
        self.units, self.products = units, products
        sums, outputs = len(units) + 2 * products, len(units) + products

        def drawn(*shape: int) -> torch.Tensor:
            return torch.randn(*shape, generator=generator, dtype=torch.float64)

        def none(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.zeros(*shape, dtype=torch.float64))

        self.inner = nn.Parameter(drawn(count, sums, inputs) * spread[:, :, None] / inputs**0.5)
        phases = torch.tensor([_PHASE if name == "sin" else _BIAS for name in (*units, *("*",) * (2 * products))])
        self.inner_bias = nn.Parameter(phases * drawn(count, sums))
        self.outer = nn.Parameter(drawn(count, outputs) / outputs**0.5)
        self.outer_bias = none(count)
        self.of_inputs = none(count, inputs)
        self.of_inner = none(count, sums, inputs)
        self.of_inner_bias = none(count, sums)
        self.of_outer = none(count, outputs)
        self.of_outer_bias = none(count)
        self.of_functions = none(count, len(units))
        self.of_products = none(count, products)

    @property
    def thresholds(self) -> dict[str, list[nn.Parameter]]:
        """The thresholds of each kind."""
        return {
            "inputs": [self.of_inputs],
            "weights": [self.of_inner, self.of_inner_bias, self.of_outer, self.of_outer_bias],
            "functions": [self.of_functions],
            "products": [self.of_products],
        }

    def masks(self) -> Masks:
        """Return what is kept: a weight above its threshold, the others where theirs is below 1."""
        return Masks(
            inputs=step(1 - self.of_inputs),
            inner=step(self.inner.abs() - self.of_inner),
            inner_bias=step(self.inner_bias.abs() - self.of_inner_bias),
            outer=step(self.outer.abs() - self.of_outer),
            outer_bias=step(self.outer_bias.abs() - self.of_outer_bias),
            functions=step(1 - self.of_functions),
            products=step(1 - self.of_products),
        )

    def forward(self, x: torch.Tensor, masks: Masks) -> torch.Tensor:
        """Return the outputs, shape (networks, n), at inputs of shape (n, inputs)."""
        seen = x[None] * masks.inputs[:, None]
        inner = self.inner * masks.inner
        sums = torch.baddbmm((self.inner_bias * masks.inner_bias)[:, None], seen, inner.transpose(1, 2))
        functions = len(self.units)
        plain = sums[:, :, :functions]
        applied = torch.stack([FUNCTIONS[name](plain[:, :, k]) for k, name in enumerate(self.units)], 2)
        of_one = masks.functions[:, None] * applied + (1 - masks.functions[:, None]) * plain
        left, right = sums[:, :, functions : functions + self.products], sums[:, :, functions + self.products :]
        of_two = masks.products[:, None] * (left * right) + (1 - masks.products[:, None]) * (left + right)
        units = torch.cat([of_one, of_two], 2)
        outer = (self.outer * masks.outer)[:, :, None]
        outputs: torch.Tensor = (units @ outer)[:, :, 0] + (self.outer_bias * masks.outer_bias)[:, None]
        return outputs

    def penalty(self, masks: Masks, targets: Targets) -> torch.Tensor:
        """Return what is added to each network's loss, as a share of its mean squared error: shape (networks,)."""
        shares = masks.shares()
        total = torch.zeros_like(targets.inputs)
        for kind, thresholds in self.thresholds.items():
            flat = torch.cat([each.reshape(len(total), -1) for each in thresholds], 1)
            size = torch.exp(-flat).mean(1) if kind in _MEAN_OF_EXPONENTIALS else torch.exp(-flat.mean(1))
            total = total + size * pressure(shares[kind].detach(), getattr(targets, kind))
        return total

    @torch.no_grad()
    def bound(self) -> None:
        """Bring thresholds back into their range: of weights 0 and more, of the others 0 to 1."""
        for kind, thresholds in self.thresholds.items():
            for each in thresholds:
                each.clamp_(0.0, None if kind == "weights" else 1.0)
