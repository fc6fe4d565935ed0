"""The generator of many kinds draws what it says, and the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from lies_generator import is_elementary, skeleton
from wild_generator import CHOOSING, KINDS, REPORTING, draw_task

from srbench_lite.methods.discovery import discover


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_a_task_is_of_its_kind_and_every_variable_of_it_matters(number):
    kind, task = KINDS[number], draw_task(number)
    assert task.name == f"wild/{kind.name}-{number:04d}"
    assert task.truth is not None
    assert kind.variables[0] <= len(task.truth.variables) <= kind.variables[1]
    assert len(task.variables) == len(task.truth.variables) + kind.dummies
    train = task.dataset(seed=0).train
    assert np.isfinite(train.y).all()
    for name in task.truth.variables:
        moved = train.columns | {name: np.roll(train.columns[name], 1)}
        assert np.std(task.truth(moved) - train.y) > 1e-3 * np.std(train.y)


def test_the_same_number_gives_the_same_task():
    assert draw_task(3).truth == draw_task(3).truth


def test_parts_that_decide_and_parts_that_report_are_apart():
    assert not set(CHOOSING) & set(REPORTING)


def test_no_formula_is_of_a_suite():
    taken = {
        skeleton(task.truth) for suite in discover().suites.values() for task in suite.tasks if task.truth is not None
    }
    truths = [draw_task(number).truth for number in range(2 * len(KINDS))]
    assert all(t is not None and (is_elementary(t) or skeleton(t) not in taken) for t in truths)
