"""Functions of the generator as a suite."""

from __future__ import annotations

import numpy as np
from srbench_transformer.conversion import skeleton
from srbench_transformer.generator import split_of
from srbench_transformer.tasks import drawn_suite


def test_a_suite_of_drawn_functions_is_one_of_held_out_skeletons():
    suite = drawn_suite("drawn-2", 2, 12, 7)
    assert len(suite.tasks) == 12
    for task in suite.tasks:
        tokens = skeleton(task.truth, tuple(task.variables))
        assert {"x1", "x2"} <= set(tokens)
        assert split_of(tokens) == "held-out"
        assert np.isfinite(task.dataset(seed=1).train.y).all()
