"""Points of a task as a picture: what its panels say, and that it is the same every time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task
from srbench_lite.reports.task_points import draw_points

LINE = Sampling(low=-2, high=2)
BOTH = Sampling(low=0.1, high=10, sampling="log", sign="both")


def drawn(path: Path, truth: str, variables: dict[str, Sampling], **settings: object) -> str:
    """Draw an SVG; return its comments, where Matplotlib keeps what its glyphs say."""
    task = Task(
        name="toy/task", suite="toy", truth=Expression.parse(truth), variables=variables, n_train=30, n_test=40,
        **settings,
    )  # fmt: skip
    draw_points(task, task.dataset(seed=0), "a title", path)
    return "\n".join(re.findall(r"<!-- (.*?) -->", path.read_text()))


def test_over_one_variable_points_and_truth_are_drawn_with_units(tmp_path):
    said = drawn(tmp_path / "a.svg", "sin(x)", {"x": LINE}, units={"x": "m"}, target_unit="kg")
    for piece in ("a title", "training (30)", "test (40)", "truth", "x [m]", "y [kg]"):
        assert piece in said
    assert "middle" not in said


@pytest.mark.parametrize(
    ("variables", "test"),
    [
        ({"x": LINE, "z": Sampling(low=1, high=9, sampling="integer")}, None),
        ({"x": BOTH, "z": Sampling(low=0.1, high=10, sampling="log"), "u": LINE, "v": LINE}, None),
        ({"x": LINE, "z": LINE}, {"x": Sampling(low=0, high=5)}),
    ],
    ids=["whole", "log", "another domain"],
)
def test_over_several_variables_each_has_a_panel(tmp_path, variables, test):
    said = drawn(tmp_path / "a.svg", "x + z", variables, test_variables=test)
    assert "truth, others at their middle" in said
    for name in variables:
        assert re.search(rf"^{name}$", said, re.MULTILINE)


def test_the_same_points_give_the_same_bytes(tmp_path):
    for ending in ("svg", "pdf"):
        paths = [tmp_path / f"{n}.{ending}" for n in "ab"]
        task = Task(name="s/t", suite="s", truth=Expression.parse("1/x"), variables={"x": LINE}, n_train=9, n_test=9)
        for path in paths:
            draw_points(task, task.dataset(seed=0), "title", path)
        assert paths[0].read_bytes() == paths[1].read_bytes()
