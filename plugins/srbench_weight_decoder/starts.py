"""The weights that networks start from, and how a shared start is chosen so that trained weights can be read.

Two networks that start from the same weights stay comparable: weight by weight they mean the same. How well they can
be read depends on the start. With large output weights a network has to move little to become a polynomial, and the
map from polynomial to movement is then nearly linear ("lazy" training: Chizat, Oyallon & Bach, "On Lazy Training in
Differentiable Programming", NeurIPS 2019). So a shared start is drawn with a wide output layer, polished until it is
the function zero, and chosen among seeds by how well least squares reads polynomials from the movement.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch

from srbench_weight_decoder.architecture import Architecture
from srbench_weight_decoder.network_training import Recipe, chebyshev_nodes, train_networks
from srbench_weight_decoder.polynomials import Family, family

__all__ = [
    "INITS", "Trial", "choose_start", "draw_starts", "glorot_starts", "least_squares", "polynomial_values",
    "shared_start",
]  # fmt: skip

#: Names of the initialisations: the stored one, one of Glorot's for all, one of Glorot's for each network.
INITS: Final = ("shared", "plain", "independent")

#: Points and steps with which a start is polished onto zero.
_ZERO_RECIPE: Final = Recipe(points=64, polish_steps=200)
#: Networks of a trial; three quarters are fitted by least squares, a quarter judges.
_TRIAL_NETWORKS: Final = 800
#: Of the most legible starts so many are tried with Adam alone, with so many networks and so.
_FINALISTS: Final = 8
_ADAM_TRIAL_NETWORKS: Final = 160
_ADAM_RECIPE: Final = Recipe(adam_steps=2000, polish_steps=0)
#: Median training MSE above which a start is not taken.
_MAX_MSE: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """What the bounds of Glorot & Bengio (AISTATS 2010, equation 16) are multiplied with.

    Attributes:
        first: for the weights of the first layer.
        middle: for those of the layers between.
        last: for those of the output layer.
        bias: biases of hidden layers are drawn uniformly within plus and minus this.
    """

    first: float = 1.0
    middle: float = 1.0
    last: float = 1.0
    bias: float = 0.0


_WIDE_SCALES: Final = {
    "sigmoid": Scales(first=2.0, middle=2.0, last=128.0),
    "tanh": Scales(first=2.0, middle=1.5, last=64.0, bias=2.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How legible the networks from one start were.

    Attributes:
        seed: of the start.
        legible: share of polynomials that least squares on the weights reads exactly, to the last decimal.
        mse: median training error.
        adam: share of polynomials that are exact in the outputs after Adam alone; None where it was not tried.
    """

    seed: int
    legible: float
    mse: float
    adam: float | None = None


def draw_starts(shape: Architecture, scales: Scales, n: int, generator: torch.Generator) -> torch.Tensor:
    """Draw n initial weight vectors, uniformly within Glorot's bounds times the scales: shape (n, size), float64.

    The bounds of sigmoid networks are four times as wide, its slope at zero being a quarter of that of tanh.
    """
    parts = []
    for layer, (rows, columns) in enumerate(shape.shapes):
        last = layer == len(shape.shapes) - 1
        incoming = columns - shape.biases
        factor = scales.first if layer == 0 else scales.last if last else scales.middle
        gain = 4.0 if shape.activation == "sigmoid" else 1.0
        bounds = torch.full((rows, columns), factor * gain * math.sqrt(6 / (rows + incoming)), dtype=torch.float64)
        if shape.biases:
            bounds[:, -1] = 0.0 if last else scales.bias
        unit = torch.rand((n, rows, columns), generator=generator, dtype=torch.float64) * 2 - 1
        parts.append((unit * bounds).flatten(1))
    return torch.cat(parts, dim=1)


def glorot_starts(shape: Architecture, n: int, seed: int) -> torch.Tensor:
    """Draw n initial weight vectors as Glorot & Bengio have them, biases zero: shape (n, size), float64."""
    return draw_starts(shape, Scales(), n, torch.Generator().manual_seed(seed))


def shared_start(shape: Architecture, seed: int) -> torch.Tensor:
    """Draw a start with a wide output layer and polish it until the network is zero: shape (1, size), float64.

    Controls start as `plain` has it: their weights do not hold the polynomial, however wide.
    """
    if not shape.identifiable:
        return glorot_starts(shape, 1, seed)
    wide = draw_starts(shape, _WIDE_SCALES[shape.activation], 1, torch.Generator().manual_seed(seed))
    nodes = chebyshev_nodes(_ZERO_RECIPE.points)
    return train_networks(shape, wide, nodes, torch.zeros(1, len(nodes), dtype=torch.float64), _ZERO_RECIPE)[0]


def polynomial_values(powers: np.ndarray, coefficients: np.ndarray, x: torch.Tensor) -> torch.Tensor:
    """Return the values of polynomials.

    Args:
        powers: of x, shape (terms,).
        coefficients: shape (n, terms).
        x: shape (points,), float64.

    Returns:
        Shape (n, points), float64.
    """
    columns = x[:, None] ** torch.from_numpy(powers)  # (points, terms)
    return torch.from_numpy(coefficients).to(torch.float64) @ columns.T


def least_squares(inputs: torch.Tensor, outputs: torch.Tensor) -> torch.Tensor:
    """Return the matrix, shape (inputs + 1, outputs), that best maps inputs and a one behind them to outputs.

    Singular values below 1e-12 of the largest count as zero.
    """
    ones = torch.ones_like(inputs[:, :1])
    solved = torch.linalg.lstsq(torch.cat((inputs, ones), 1), outputs, rcond=1e-12, driver="gelsd")
    matrix: torch.Tensor = solved.solution
    return matrix


def choose_start(shape: Architecture, seeds: int, advance: Callable[[Trial], None]) -> tuple[torch.Tensor, list[Trial]]:
    """Choose the shared start.

    Every seed is tried with networks of polynomials drawn for that (training split of `poly2`). The eight most legible
    are tried with Adam alone; the best of those is taken.

    Args:
        shape: of the networks.
        seeds: so many are tried, from 0 on.
        advance: called with every trial.

    Returns:
        The start, shape (1, size), float64, and the trials, the one taken first.
    """
    polynomials = family("poly2")
    units = polynomials.draw(_TRIAL_NETWORKS, np.random.default_rng(0))
    trials = []
    for seed in range(seeds):
        trial = _tried(shape, seed, polynomials, units)
        trials.append(trial)
        advance(trial)
    trials.sort(key=lambda t: (t.mse > _MAX_MSE, -t.legible))
    finalists = [
        _tried_with_adam(shape, t, polynomials, units[:_ADAM_TRIAL_NETWORKS], advance) for t in trials[:_FINALISTS]
    ]
    finalists.sort(key=lambda t: (t.mse > _MAX_MSE, -(t.adam or 0.0)))
    return shared_start(shape, finalists[0].seed), [*finalists, *trials[_FINALISTS:]]


def _tried(shape: Architecture, seed: int, polynomials: Family, units: np.ndarray) -> Trial:
    recipe = Recipe()
    start, x = shared_start(shape, seed), chebyshev_nodes(recipe.points)
    coefficients = polynomials.values(units)
    weights, mse = train_networks(shape, start, x, polynomial_values(polynomials.powers, coefficients, x), recipe)
    moved = (weights.float() - start.float()).double()
    wanted = torch.from_numpy(coefficients)
    known = len(units) * 3 // 4
    matrix = least_squares(moved[:known], wanted[:known])
    errors = (moved[known:] @ matrix[:-1] + matrix[-1] - wanted[known:]).abs()
    return Trial(seed=seed, legible=_exact(errors, polynomials), mse=float(mse.median()))


def _tried_with_adam(
    shape: Architecture, trial: Trial, polynomials: Family, units: np.ndarray, advance: Callable[[Trial], None]
) -> Trial:
    start, x = shared_start(shape, trial.seed).float(), chebyshev_nodes(_ADAM_RECIPE.points)
    coefficients = polynomials.values(units)
    y = polynomial_values(polynomials.powers, coefficients, x)
    weights, _ = train_networks(shape, start, x.float(), y.float(), _ADAM_RECIPE)
    outputs = shape.outputs(weights, x.float()).double()
    columns = x[:, None] ** torch.from_numpy(polynomials.powers)
    solved = torch.linalg.lstsq(columns, outputs.T).solution.T
    errors = (solved - torch.from_numpy(coefficients)).abs()
    done = Trial(seed=trial.seed, legible=trial.legible, mse=trial.mse, adam=_exact(errors, polynomials))
    advance(done)
    return done


def _exact(errors: torch.Tensor, polynomials: Family) -> float:
    return float((errors < 0.5 / polynomials.units).all(1).double().mean())
