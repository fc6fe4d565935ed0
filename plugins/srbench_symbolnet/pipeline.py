"""The method from end to end: networks are trained and pruned in one, and their formulas fitted again and chosen."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from srbench_lasso import without_training

from srbench_lite import Budget, Expression, Fit, Report, Samples, torch_threads
from srbench_lite.fitting import Deadline, ParetoFront, Problem, varying_columns
from srbench_symbolnet.extraction import MaskedNetwork, subsets, trimmed
from srbench_symbolnet.network import KINDS, Networks, Targets
from srbench_symbolnet.training import train

if TYPE_CHECKING:
    from srbench_symbolnet import SymbolNet

__all__ = ["Round", "fit", "new_round", "targets_of"]

Array = NDArray[np.float64]

#: Functions of the units of each network, and products beside them.
_UNITS: Final = ("sin",) * 4 + ("exp",) * 3 + ("gauss",) * 2 + ("tanh",) * 2 + ("square",) * 3
_PRODUCTS: Final = 4
#: Scale of the first weights, from the first network of a round to the last.
_SPREAD: Final = (0.5, 2.5)
#: With fewer inputs the sines' largest is larger, as the root of their number is smaller: for fast oscillations.
_MANY_INPUTS: Final = 8
#: Points that networks learn from, and points that constants are fitted to.
_MAX_LEARNED: Final = 400
_MAX_POINTS: Final = 10_000
#: Times in a round at which formulas are read off, and from how many of the best networks.
_LOOKS: Final = 3
_READ: Final = 4
#: Formulas of more constants are not fitted: their networks are not pruned yet.
_MAX_CONSTANTS: Final = 16
#: Inputs and weights that every network may keep.
_LEAST_INPUTS: Final = 3
_LEAST_WEIGHTS: Final = 10
#: An exact formula of at most so many nodes ends the search.
_MAX_NODES_TO_END: Final = 40
#: Shares of the budget at which training ends, and at which reading off does.
_TRAINING_SHARE: Final = 0.75
_READING_SHARE: Final = 0.9


@dataclass(slots=True, eq=False)
class _Search:
    """The points, and what was found."""

    problem: Problem
    front: ParetoFront
    deadline: Deadline
    names: tuple[str, ...]
    x: Array
    y: Array
    shares: dict[str, list[float]]

    def read_off(self, new: Round, errors: torch.Tensor) -> bool:
        """Offer the formulas of the best networks, shortened; return whether one is exact."""
        is_over = self.deadline.part(_READING_SHARE)
        scales, size = _units(self.x, self.y)
        for place in errors.argsort(stable=True)[:_READ].tolist():
            network = MaskedNetwork.of(new.networks, place)
            found = [network.formula(scales, size, self.names)]
            found += [
                network.formula(scales, size, self.names, weights)
                for weights in subsets(network, new.x.numpy(), new.y.numpy())
            ]
            for formula in found:
                if is_over.is_over:
                    return self.is_done
                if formula is not None and formula.variables and len(formula.constants) <= _MAX_CONSTANTS:
                    self.front.offer(trimmed(formula, self.problem, lambda: is_over.is_over))
                    if self.is_done:
                        return True
        return False

    @property
    def is_done(self) -> bool:
        """Whether a formula is exact and short."""
        size = self.front.exact_size
        return size is not None and size <= _MAX_NODES_TO_END


def targets_of(method: SymbolNet, networks: Networks) -> Targets:
    """Return the shares that are to be pruned: as set, rounded to units that there are, some always kept."""
    masks = networks.masks()
    count, inputs = masks.inputs.shape
    weights = sum(each[0].numel() for each in networks.thresholds["weights"])
    shares = {
        "inputs": min(int(method.inputs * inputs), max(inputs - _LEAST_INPUTS, 0)) / inputs,
        "weights": min(method.pruned, 1 - _LEAST_WEIGHTS / weights),
        "functions": round(method.functions * len(networks.units)) / len(networks.units),
        "products": round(method.products * networks.products) / networks.products,
    }
    return Targets(**{kind: torch.full((count,), shares[kind], dtype=torch.float64) for kind in KINDS})


def fit(method: SymbolNet, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `symbolnet` to `samples`; see `Method.fit`."""
    deadline = Deadline(budget.seconds)
    if (known := without_training(samples, report)) is not None:
        return known
    columns = varying_columns(samples.x)
    names = tuple(samples.variables[column] for column in columns)
    samples = Samples(variables=names, x=samples.x[:, columns], y=samples.y, weights=samples.weights)
    problem = Problem.of(samples).some(_MAX_POINTS, seed)
    front = ParetoFront(problem, report, deadline=deadline.part(_READING_SHARE))
    front.offer(Expression.constant(float(np.mean(problem.y))))
    rows = np.sort(np.random.default_rng(seed).permutation(len(samples.y))[:_MAX_LEARNED])
    search = _Search(
        problem=problem, front=front, deadline=deadline, names=names, x=samples.x[rows], y=samples.y[rows], shares={}
    )  # fmt: skip
    rounds = 0
    end = deadline.part(_TRAINING_SHARE)
    with torch_threads(budget.threads), np.errstate(all="ignore"):
        while not end.is_over and not search.is_done and (method.rounds == 0 or rounds < method.rounds):
            _train_round(method, search, seed, rounds, end)
            rounds += 1
        front = front.settled()
        candidates = front.pareto()
        best = front.best()
    return Fit(
        expression=best.expression, candidates=candidates, stopped="budget" if deadline.was_cut else "done",
        extras={"exact": front.is_exact, "rounds": rounds, "pruned": search.shares, **deadline.facts},
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """Networks from new weights, and the points in their units.

    Attributes:
        networks: that are trained.
        targets: shares to be pruned.
        x: inputs, each of mean square 1, shape (n, inputs).
        y: target of variance 1, shape (n,).
    """

    networks: Networks
    targets: Targets
    x: torch.Tensor
    y: torch.Tensor

    def train(self, method: SymbolNet, *, looks: int, deadline: Deadline) -> Iterator[torch.Tensor]:
        """Train the networks; yield their errors so many times, shape (networks,)."""
        yield from train(
            self.networks, self.x, self.y, self.targets, steps=method.steps, one_shot=method.pruning == "one-shot",
            looks=looks, deadline=deadline,
        )  # fmt: skip


def new_round(method: SymbolNet, x: Array, y: Array, *, seed: int, number: int) -> Round:
    """Return the networks of a round, and the points that they learn from.

    Args:
        method: with its settings.
        x: inputs that vary, shape (n, inputs).
        y: target, shape (n,).
        seed: of the fit.
        number: of the round.
    """
    generator = torch.Generator().manual_seed((seed * 1_000_003 + number) % 2**63)
    spread = torch.from_numpy(_spread(method.networks, x.shape[1]))
    networks = Networks(method.networks, x.shape[1], _UNITS, _PRODUCTS, spread, generator)
    scales, size = _units(x, y)
    return Round(networks, targets_of(method, networks), torch.from_numpy(x / scales), torch.from_numpy(y / size))


def _spread(networks: int, inputs: int) -> Array:
    """Return the scale of the first weights of each linear map, shape (networks, maps)."""
    low, high = _SPREAD
    is_sine = np.array([name == "sin" for name in (*_UNITS, *("*",) * (2 * _PRODUCTS))])
    highest = np.where(is_sine, high * max(1.0, math.sqrt(_MANY_INPUTS / inputs)), high)
    return np.asarray(np.geomspace(np.full_like(highest, low), highest, networks))


def _units(x: Array, y: Array) -> tuple[Array, float]:
    """Return by what inputs and target are divided; 1 where all are zero, or none varies, on these points."""
    sizes = np.sqrt(np.square(x).mean(axis=0))
    return np.where(sizes > 0, sizes, 1.0), float(y.std()) or 1.0


def _train_round(method: SymbolNet, search: _Search, seed: int, number: int, end: Deadline) -> None:
    """Train some networks from new weights, and read formulas off them on the way."""
    new = new_round(method, search.x, search.y, seed=seed, number=number)
    for errors in new.train(method, looks=_LOOKS, deadline=end):
        is_done = search.read_off(new, errors)
        search.shares = _shares(new, int(errors.argmin()))
        if is_done:
            return


@torch.no_grad()
def _shares(new: Round, place: int) -> dict[str, list[float]]:
    """Return what share of each kind is pruned in one network, and what was to be."""
    shares = new.networks.masks().shares()
    return {
        kind: [round(float(value[place]), 4) for value in (shares[kind], getattr(new.targets, kind))] for kind in KINDS
    }
