"""No part goes on for long without asking whether its budget is over."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.closed_forms.monomial_sums import MonomialSums
from srbench_portfolio.closed_forms.rational import RationalRelations
from srbench_portfolio.closed_forms.unit_sums import UnitSums
from srbench_portfolio.constants.inner_constants import InnerConstants
from srbench_portfolio.division.affine_parts import AffineParts
from srbench_portfolio.division.divisions import Reduced, Separated
from srbench_portfolio.halves.halves import Halves

from srbench_lite import Samples
from srbench_lite.fitting import Deadline, Problem, counted_work

#: Seconds of work.
LONGEST = 0.15


def nothing(problem, budget, depth):
    yield from ()


def oscillating(d, n=400):
    x = np.random.default_rng(d).uniform(0.5, 3.0, (n, d))
    y = np.sin(9 * x[:, 0] * x[:, -1]) + np.cos(7 * x[:, d // 2]) * x[:, 0] + np.exp(x.sum(axis=1) / d)
    return Problem.of(Samples(variables=tuple(f"x{j}" for j in range(d)), x=x, y=y))


@pytest.fixture
def longest(monkeypatch):
    """The longest work between two looks at any deadline, so far."""
    seen = [counted_work(), 0]
    is_over = Deadline.is_over.fget

    def looked_at(self):
        now = counted_work()
        seen[:] = now, max(seen[1], now - seen[0])
        return is_over(self)

    monkeypatch.setattr(Deadline, "is_over", property(looked_at))

    def ended():
        return max(seen[1], counted_work() - seen[0]) / 1e9

    return ended


@pytest.mark.parametrize("d", [2, 6])
@pytest.mark.parametrize(
    "part",
    [
        AffineParts(nothing, 0, 0), Reduced(nothing, 0), Separated(nothing, 0, 0), MonomialSums(), UnitSums(),
        RationalRelations(), InnerConstants(0), Halves("large", 200_000, False, 0), Halves("wide", 40_000, True, 0),
    ],
    ids=lambda part: getattr(part, "name", type(part).__name__),
)  # fmt: skip
def test_a_part_ends_when_its_work_is_done(longest, part, d):
    problem = oscillating(d)
    before = counted_work()
    with np.errstate(all="ignore"):
        list(part.propose(problem, Deadline(100.0, work=0.05)))
    assert (counted_work() - before) / 1e9 < 0.05 + LONGEST
    assert longest() < LONGEST
