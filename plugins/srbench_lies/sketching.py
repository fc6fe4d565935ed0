"""Sketches: many networks that are sparse from the start, each fitted by a few second-order steps.

Not in arXiv 2506.08267, whose networks start dense. A dense start fits the data in a basis of its own, from which
elimination rarely finds the way to the short formula; a sketch of a few weights either has the right units or not, and
ten steps of Levenberg and Marquardt tell. Random search over topologies in the spirit of Bergstra & Bengio, "Random
Search for Hyper-Parameter Optimization" (JMLR 13, 2012).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lies.network import UNITS, Architecture, Space
from srbench_lies.pruning import without_idle_units
from srbench_lies.second_order import refit_networks
from srbench_lies.training import Points
from srbench_lite.fitting import Deadline, count_work

__all__ = ["draw", "sketch"]

Array = NDArray[np.float64]

#: Chances that a unit has one, two or three arguments.
_CHANCES_OF_ARGUMENT_COUNTS: Final = (0.4, 0.4, 0.2)
#: Chance that an argument is a unit, where there is an earlier one; of 0.4, 0.6 and 0.75 the last found most.
_CHANCE_OF_UNIT_ARGUMENT: Final = 0.75
#: Chance that a unit has an offset.
_CHANCE_OF_OFFSET: Final = 0.6
#: Chance that a unit enters with weight 1.
_CHANCE_OF_WEIGHT_ONE: Final = 0.5
#: Exponents that inputs start with in logarithms.
_START_EXPONENTS: Final = (-2.0, -1.0, -0.5, 0.5, 1.0, 1.0, 2.0)
#: Standard deviation of other weights.
_WEIGHT_DEVIATION: Final = 1.5
#: Nanoseconds of drawing a network, for `count_work`.
_DRAWN: Final = 100_000.0
#: Networks in one tensor.
_NETWORKS_PER_TENSOR: Final = 256
#: Points and iterations of the first fit.
_POINTS_OF_FIRST_FIT: Final = 40
_STEPS_OF_FIRST_FIT: Final = 10
#: Iterations of the second fit, on all points.
_STEPS_OF_SECOND_FIT: Final = 60


def draw(architecture: Architecture, space: Space, offset: float, rng: np.random.Generator) -> Array:
    """Draw a sparse network: the output's arguments, then those of each unit that is used.

    Args:
        architecture: its shape.
        space: where it works: in logarithms, inputs start with simple exponents.
        offset: added to the output's constant.
        rng: random numbers.

    Returns:
        Weights, shape (rows, columns).
    """
    first = architecture.first
    weights = np.zeros((architecture.rows, architecture.columns))
    used = {architecture.units}
    for row in range(architecture.units, -1, -1):
        if row not in used:
            continue
        earlier = row // len(UNITS) * len(UNITS)
        for _ in range(1 + int(rng.choice(len(_CHANCES_OF_ARGUMENT_COUNTS), p=_CHANCES_OF_ARGUMENT_COUNTS))):
            if earlier and rng.random() < _CHANCE_OF_UNIT_ARGUMENT:
                unit = int(rng.integers(earlier))
                weights[row, first + unit] = (
                    1.0 if rng.random() < _CHANCE_OF_WEIGHT_ONE else _WEIGHT_DEVIATION * rng.standard_normal()
                )
                used.add(unit)
            elif architecture.inputs:
                column = int(rng.integers(architecture.inputs))
                logs = space.mode == "log"
                exponent = float(rng.choice(_START_EXPONENTS)) * float(space.scale[column])
                weights[row, 1 + column] = exponent if logs else _WEIGHT_DEVIATION * rng.standard_normal()
        if row == architecture.units or rng.random() < _CHANCE_OF_OFFSET:
            weights[row, 0] = rng.uniform(-1.0, 1.0)
        if UNITS[row % len(UNITS)] == "L" and row < architecture.units:
            weights[row, 0] += 1.0
    weights[-1, 0] += offset
    return weights


def sketch(
    architecture: Architecture, space: Space, points: Points, *, count: int, keep: int, seed: int, deadline: Deadline
) -> torch.Tensor:
    """Draw sparse networks, fit them, and return the best.

    Args:
        architecture: their shape.
        space: where they work.
        points: data in that space.
        count: number of networks that are drawn.
        keep: number of networks that are returned, at most.
        seed: of all random numbers.
        deadline: cuts off.

    Returns:
        Their weights, the best first, shape (k, rows, columns).
    """
    rng = np.random.default_rng([seed, count, 1])
    n = points.inputs.shape[1]
    rows = torch.from_numpy(np.sort(rng.permutation(n)[:_POINTS_OF_FIRST_FIT]))
    few = Points(points.inputs[:, rows], points.target[rows], points.cell[rows])
    offset = float(points.target.mean())
    fitted: list[torch.Tensor] = []
    losses: list[torch.Tensor] = []
    sparse: list[Array] = []
    while len(sparse) < count and not deadline.is_over:
        count_work(_DRAWN)
        sparse.append(draw(architecture, space, offset, rng))
    if not sparse:
        return torch.zeros(0, architecture.rows, architecture.columns, dtype=torch.float64)
    drawn = torch.from_numpy(np.stack(sparse))
    # networks of like size together: the systems of a batch are as large as its largest
    drawn = drawn[(drawn != 0.0).sum(dim=(1, 2)).argsort(stable=True)]
    for start in range(0, len(drawn), _NETWORKS_PER_TENSOR):
        if deadline.is_over:
            break
        result = refit_networks(
            "lm",
            architecture,
            drawn[start : start + _NETWORKS_PER_TENSOR],
            few,
            steps=_STEPS_OF_FIRST_FIT,
            deadline=deadline,
        )
        fitted.append(result.weights)
        losses.append(result.losses)
    if not fitted:
        return drawn[:0]
    best = torch.cat(losses).argsort(stable=True)[: 4 * keep]
    connected = torch.stack([without_idle_units(architecture, w) for w in torch.cat(fitted)[best]])
    result = refit_networks("lm", architecture, connected, points, steps=_STEPS_OF_SECOND_FIT, deadline=deadline)
    # of networks that differ in no digit that matters the smaller one comes first
    size = (result.weights != 0.0).sum(dim=(1, 2))
    price = n * result.losses.clamp_min(1e-22).log() + np.log(n) * size
    return result.weights[price.argsort(stable=True)[:keep]]
