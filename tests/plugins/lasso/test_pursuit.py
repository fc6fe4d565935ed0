"""Matching pursuit: what each step adds, with a library of two groups."""

from __future__ import annotations

import math

import numpy as np
import pytest
from srbench_lasso.library import groups
from srbench_lasso.model import Data, Design, Model, refine
from srbench_lasso.pursuit import Effort, Pool, best_of_each, entries, orthonormal, pursue
from srbench_lasso.terms import Factor, Shape

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline

CONSTANT = Shape((0.0, 0.0))
DECAY = Shape((0.0, 0.0), (Factor("exp", ((1.0, 0.0),)),))
QUOTIENT = Shape((1.0, 0.0), (Factor("rec", ((0.0, 2.0),)),))


def _data() -> Data:
    rng = np.random.default_rng(5)
    x = np.column_stack([rng.uniform(-1, 3, 120), rng.uniform(0, 6, 120)])
    truth = Expression.parse("-2.3*x/(y**2 + 1.9) + 3.4*exp(-0.3*x) + 0.7")
    return Data.of(Samples(variables=("x", "y"), x=x, y=truth({"x": x[:, 0], "y": x[:, 1]})), 2.0)


def _pool(data: Data) -> Pool:
    library = [group for group in groups(data.points, 12_000) if group.shapes in ((DECAY,), (QUOTIENT,))]
    assert len(library) == 2
    return Pool(entries(library), data.points)


def _imitation(data: Data) -> Model:
    """The quotient beside powers that imitate the decay."""
    powers = tuple(Shape((float(power), 0.0)) for power in range(4))
    model = refine(Design((*powers, QUOTIENT), ((), (), (), (), (0,)), 1), np.array([1.5]), data, 30)
    assert model is not None
    return model


def _pursued(**effort: int) -> Model:
    data = _data()
    usual = {"beam": 4, "branch": 4, "pairs": 0, "pair_entries": 0, "steps": 30, "depth": 1, "swaps": 0}
    return pursue(
        data, (data.points, data.y), _pool(data), [], [_imitation(data)], Effort(**(usual | effort)),
        stop=lambda models: False, deadline=Deadline(math.inf),
    )[0]  # fmt: skip


@pytest.mark.parametrize("effort", [{"swaps": 1}, {"depth": 2}, {"pairs": 4, "pair_entries": 1000}])
def test_a_part_that_was_imitated_is_found(effort: dict[str, int]) -> None:
    """By exchanging the powers for one group, by extending a model of one group, and among all pairs of groups."""
    assert not _pursued().is_exact(_data())
    best = _pursued(**effort)
    assert best.is_exact(_data())
    assert set(best.design.shapes) == {CONSTANT, DECAY, QUOTIENT}


def test_of_each_group_the_grid_point_that_gains_most_is_taken() -> None:
    data = _data()
    pool = _pool(data)
    Q, residual = orthonormal(Design((CONSTANT,), ((),), 0), np.zeros(0), data.points, data.y)
    gains = pool.gains(Q, residual)
    best = best_of_each(gains, pool)
    assert [gain for gain, _ in best] == sorted((gain for gain, _ in best), reverse=True)
    assert best[0][0] == gains.max()
    for gain, entry in best:
        mine = [g for g, other in zip(gains, pool.entries, strict=True) if other.group is entry.group]
        assert gain == max(mine)
    assert {entry.group.shapes for _, entry in best} == {(DECAY,), (QUOTIENT,)}
