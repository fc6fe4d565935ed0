"""The measuring tool draws tasks that are what it says, and no two draws are alike."""

from __future__ import annotations

import numpy as np
import pytest
from measure_invertible import drawn_blocks, drawn_chains


def test_drawn_chains_are_monotone_and_no_lines():
    tasks = drawn_chains(5).tasks
    for task in tasks:
        low, high = task.variables["y"].low, task.variables["y"].high
        y = np.linspace(low, high, 200)
        assert task.truth is not None
        values = task.truth({"y": y})
        assert abs(np.sign(np.diff(values)).sum()) == 199
        assert abs(np.corrcoef(y, values)[0, 1]) < 0.9997
    assert {str(task.truth) for task in tasks}.isdisjoint(str(task.truth) for task in drawn_chains(6).tasks)


def test_drawn_blocks_are_affine_in_x():
    for task in drawn_blocks(5).tasks:
        rest = {name: 1.7 for name in task.variables}
        assert task.truth is not None
        at = [float(task.truth({k: np.array([v]) for k, v in (rest | {"x": x}).items()})[0]) for x in (1.0, 2.0, 3.0)]
        assert at[2] - at[1] == pytest.approx(at[1] - at[0])
