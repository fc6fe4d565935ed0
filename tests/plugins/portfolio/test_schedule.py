"""Parts take turns; one that gives up does not end the others, and a program's own faults are not hidden."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio import Portfolio
from srbench_portfolio.part import Proposal
from srbench_portfolio.schedule import Schedule, _Turn

from srbench_lite import DataError, Expression, Samples
from srbench_lite.fitting import Deadline, Problem

X = np.linspace(1.0, 2.0, 30)[:, None]
PROBLEM = Problem.of(Samples(variables=("a",), x=X, y=np.sin(X[:, 0])))


class Failing:
    def __init__(self, error):
        self.error = error

    def propose(self, problem, budget):
        yield Proposal(Expression.variable("a"), ("failing",))
        raise self.error


def taken(error):
    schedule = Schedule(Portfolio(), 0)
    return [p.by for p in schedule._taken(_Turn(Failing(error), 0.5), PROBLEM, Deadline(60.0))]


@pytest.mark.parametrize("error", [np.linalg.LinAlgError("no"), OverflowError("no"), DataError("weights")])
def test_a_part_may_give_up(error):
    assert taken(error) == [("failing",)]


def test_other_errors_are_seen():
    with pytest.raises(TypeError):
        taken(TypeError("a fault"))


def test_nothing_is_asked_when_the_budget_is_over():
    schedule = Schedule(Portfolio(), 0)
    assert list(schedule.solve(PROBLEM, Deadline(60.0, work=0.0))) == []
