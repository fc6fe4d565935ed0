"""The suite `inverse`: each truth undoes the function that stands above it in the file."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import srbench_inverse

from srbench_lite import Expression

(SUITE,) = srbench_inverse.srbench_suites()
TASKS = {task.name.removeprefix("inverse/"): task for task in SUITE.tasks}
TEXT = (Path(srbench_inverse.__file__).parent / "inverse.toml").read_text(encoding="utf-8")
#: The function of each task, as its comment says it.
FUNCTIONS = {name: said.split(",")[0] for said, name in re.findall(r'# (.+)\n\[\[tasks]]\nname = "(.+)"', TEXT)}


def test_twenty_tasks_have_one_variable_and_five_have_several() -> None:
    assert FUNCTIONS.keys() == TASKS.keys()
    counts = [len(task.variables) for task in TASKS.values()]
    assert (counts.count(1), len(counts)) == (20, 25)


@pytest.mark.parametrize("name", TASKS)
def test_a_truth_undoes_its_function(name: str) -> None:
    task = TASKS[name]
    assert task.truth is not None
    samples = task.dataset(seed=0).train
    function = Expression.parse(FUNCTIONS[name])
    back = function({**samples.columns, "x": task.truth(samples.columns)})
    np.testing.assert_allclose(back, samples.columns["y"], rtol=1e-9, atol=1e-9)
