"""Panels of formulas over the points of a task: what their heads say, and which axes they have."""

from __future__ import annotations

import re

import pytest

from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task
from srbench_lite.reports.candidates import Panel, _head, draw_panels


def task_of(truth: str, **settings: object) -> Task:
    variables = {name: Sampling(low=-2, high=2) for name in Expression.parse(truth).variables}
    return Task(
        name="toy/task",
        suite="toy",
        truth=Expression.parse(truth),
        variables=variables,
        n_train=30,
        n_test=40,
        **settings,
    )


def panel(text: str, label: str = "candidate") -> Panel:
    return Panel(expression=Expression.parse(text), label=label)


def drawn(tmp_path, truth: str, *panels: Panel) -> str:
    task = task_of(truth)
    written = draw_panels(panels, task, task.dataset(seed=0), "a title", tmp_path / "new", "name")
    assert [path.name for path in written] == ["name.png", "name.svg"]
    return "\n".join(re.findall(r"<!-- (.*?) -->", written[1].read_text()))


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("sin(x)", "candidate · 2 nodes · NMSE 0"),
        ("x", "candidate · 1 node · R² "),
        ("sin(x) + 1e-6*x", "candidate · 6 nodes · NMSE "),
        ("log(x)", "candidate · 2 nodes · undefined on some test points"),
    ],
)
def test_the_head_says_size_and_scores(formula, words):
    dataset = task_of("sin(x)").dataset(seed=0)
    assert _head(panel(formula), dataset, 4.0).startswith(words)


def test_a_constant_target_has_an_error_and_no_ratio():
    assert "MSE 1.0e+00" in _head(panel("3 + 0*x"), task_of("2 + 0*x").dataset(seed=0), 4.0)


def test_over_one_variable_data_truth_and_formula_are_drawn(tmp_path):
    text = drawn(tmp_path, "sin(x)", panel("x"), panel("sin(x)", "answer"), panel("0.5*x"), panel("log(x)"))
    assert "a title" in text
    assert text.count("candidate") == 3
    assert "answer · 2 nodes · NMSE 0" in text
    for label in ("data", "truth", "formula"):
        assert text.splitlines().count(label) == 1  # one legend for all panels


def test_over_several_variables_values_stand_against_true_ones(tmp_path):
    text = drawn(tmp_path, "x*y", panel("x*y"))
    for label in ("true value", "as the truth"):
        assert label in text
    assert "data" not in text.splitlines()
