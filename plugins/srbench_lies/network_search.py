"""From points to formulas by networks: train, prune, refit, write out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import torch

from srbench_lies.extraction import Pruned, to_expression
from srbench_lies.network import Architecture, Mode, Space
from srbench_lies.oversampling import cells
from srbench_lies.pruning import Level, by_gradient, eliminate, levels, strongest
from srbench_lies.schedule import Schedule
from srbench_lies.second_order import refit_networks
from srbench_lies.sketching import sketch
from srbench_lies.training import Points, train
from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, finite_formula

__all__ = ["NetworkReport", "fit_network"]

#: Share of the target's standard deviation below which a weight is dropped before the first refit.
_MIN_WEIGHT_SHARE: Final = 1e-2
#: A mean squared error relative to the variance of the target that is as good as none: no dense network is needed.
_MAX_EXACT_MSE_SHARE: Final = 1e-20
#: Formulas of one network.
_FORMULAS_PER_NETWORK: Final = 3
#: Formulas of all networks together.
_MAX_FORMULAS: Final = 20
#: Formulas of the sketches that are offered before dense networks are trained.
_MAX_EARLY_FORMULAS: Final = 5
#: Weights of a network that is refitted: the time of a step grows with their cube.
_MAX_WEIGHTS_REFITTED: Final = 300
#: Share of the time left for starting networks, sparse or dense; the rest is for pruning and refitting them.
_START_SHARE_OF_TIME: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkReport:
    """What happened in a fit; all of it can be written as JSON.

    Attributes:
        mode: "log" or "linear".
        layers: number of layers of four units.
        sketches: networks that started sparse.
        loss_sketch: least mean squared error, relative to the variance of the target, of the sparse starts after
            pruning and refit; None where there are none.
        restarts: networks that started dense; 0 where a sparse one was exact, or where sparse ones took all the time.
        reseeded: how often one of them diverged and started anew.
        steps: gradient steps of a network that went all the way.
        loss_free: the same of the dense starts after the first stage; None where there are none.
        loss_sparse: the same after the last stage.
        loss_refit: the same after pruning and refit, of the level of least criterion.
        offered: number of formulas.
        cut: whether time ran out.
    """

    mode: Mode
    layers: int
    sketches: int
    loss_sketch: float | None
    restarts: int
    reseeded: int
    steps: int
    loss_free: float | None
    loss_sparse: float | None
    loss_refit: float | None
    offered: int
    cut: bool


def fit_network(
    problem: Problem, schedule: Schedule, *, seed: int, deadline: Deadline, offer: Callable[[Expression], object]
) -> NetworkReport:
    """Train networks and offer the formulas of the best ones, at several levels of sparsity.

    Args:
        problem: points.
        schedule: switches.
        seed: of all random numbers.
        deadline: cuts off. Training ends when 70 % of the time left before it are over, so that there is time to prune
            and refit what was trained by then; it is offered in any case.
        offer: called with each formula: with 5 of the sketches as soon as there are some, at the end with the best 20
            of all networks, less those that were offered before.
    """
    space = Space.of(problem, None if schedule.mode == "auto" else schedule.mode)
    architecture = Architecture(problem.x.shape[1], schedule.depth(problem.x.shape[1]))
    points = Points(space.inputs(problem.x), space.target(problem.y), torch.from_numpy(cells(problem.x)))
    pruned: list[Level] = []
    offered: set[Expression] = set()
    cut = False

    def tell(most: int) -> None:
        """Offer the best formulas so far."""
        for formula in itertools.islice(_formulas(architecture, space, pruned, problem), most):
            if formula not in offered:
                offered.add(formula)
                offer(formula)

    if schedule.sketches:
        starts = deadline.part_of_rest(_START_SHARE_OF_TIME)
        sketches = sketch(
            architecture,
            space,
            points,
            count=schedule.sketches,
            keep=schedule.finalists,
            seed=seed,
            deadline=starts,
        )
        cut = starts.is_over
        pruned, distil_cut = _distil(architecture, sketches, points, schedule, deadline)
        cut = cut or distil_cut
        tell(_MAX_EARLY_FORMULAS)
    sketched = min((level.loss for level in pruned), default=math.inf)
    trained = None
    if sketched > _MAX_EXACT_MSE_SHARE and pruned and deadline.is_over:
        cut = True
    elif sketched > _MAX_EXACT_MSE_SHARE:
        trained = train(architecture, points, schedule, seed=seed, deadline=deadline.part_of_rest(_START_SHARE_OF_TIME))
        weights = trained.parameters.folded()[: schedule.finalists]
        dense, dense_cut = _distil(architecture, weights, points, schedule, deadline)
        pruned, cut = [*pruned, *dense], cut or trained.cut or dense_cut
    tell(_MAX_FORMULAS)
    return NetworkReport(
        mode=space.mode,
        layers=architecture.layers,
        sketches=schedule.sketches,
        loss_sketch=_finite(sketched),
        restarts=0 if trained is None else schedule.restarts,
        reseeded=0 if trained is None else trained.reseeded,
        steps=0 if trained is None else trained.steps,
        loss_free=None if trained is None else _finite(trained.free),
        loss_sparse=None if trained is None else _finite(float(trained.losses.min())),
        loss_refit=_finite(min((level.loss for level in pruned), default=math.inf)),
        offered=len(offered),
        cut=cut,
    )


def _formulas(architecture: Architecture, space: Space, pruned: list[Level], problem: Problem) -> Iterator[Expression]:
    """Yield formulas of networks that differ in more than constants, the best first."""
    shapes: set[Expression] = set()  # all constants 1
    for level in sorted(pruned, key=lambda level: level.criterion(len(problem.y))):
        pruned_network = Pruned.of(architecture, space, level.weights, problem.x)
        formula = finite_formula(to_expression, pruned_network, problem.names)
        if formula is None:  # or too dense to be written down
            continue
        shape = formula.with_constants([1.0] * len(formula.constants))
        if shape not in shapes and math.isfinite(problem.rss(formula)):
            shapes.add(shape)
            yield formula


def _distil(
    architecture: Architecture, weights: torch.Tensor, points: Points, schedule: Schedule, deadline: Deadline
) -> tuple[list[Level], bool]:
    """Return levels of sparsity of networks with weights (B, rows, columns), and whether time ran out."""
    n = points.inputs.shape[1]
    if not len(weights):
        return [], True
    if schedule.prune:
        weights = by_gradient(architecture, weights, points, _MIN_WEIGHT_SHARE)
    weights = strongest(architecture, weights, points, _MAX_WEIGHTS_REFITTED)
    fitted = refit_networks(
        schedule.refit, architecture, weights, points, steps=schedule.refit_steps, deadline=deadline
    )
    if not schedule.prune:
        pruned = [
            Level(w, int((w != 0.0).sum()), loss)
            for w, loss in zip(fitted.weights, fitted.losses.tolist(), strict=True)
        ]
        return pruned, fitted.cut
    paths, cut = eliminate(architecture, fitted.weights, points, schedule.refit, deadline)
    pruned = [level for path in paths for level in levels(path, n, _FORMULAS_PER_NETWORK)]
    last = refit_networks(
        schedule.refit,
        architecture,
        torch.stack([level.weights for level in pruned]),
        points,
        steps=schedule.refit_steps,
        deadline=deadline,
    )
    polished = [
        Level(w, level.active, loss)
        for w, loss, level in zip(last.weights, last.losses.tolist(), pruned, strict=True)
        if math.isfinite(loss)
    ]
    return polished, fitted.cut or cut or last.cut


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
