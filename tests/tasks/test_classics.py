"""The classic suites: meshes, harmonic numbers, and the page that says which formulas stand more than once."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy as np
import pytest
import srbench_classics
from places import ROOT

from srbench_lite.comparing.formula_class import formula_classes
from srbench_lite.methods.discovery import discover

SUITES = {suite.name: suite for suite in srbench_classics.srbench_suites()}
TASKS = {task.name: task for suite in SUITES.values() for task in suite.tasks}
SIZES = {
    "constant": 8, "jin": 6, "keijzer": 15, "korns": 15, "koza": 3, "livermore": 23, "neat": 9, "nguyen-c": 5, "r": 6,
    "vladislavleva": 8,
}  # fmt: skip


def test_there_are_as_many_tasks_as_the_page_says() -> None:
    page = (ROOT / "tasks" / "srbench_classics" / "README.md").read_text(encoding="utf-8")
    said = {name: int(count) for name, count in re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", page, re.MULTILINE)}
    assert said == SIZES == {name: len(suite.tasks) for name, suite in SUITES.items()}


@pytest.mark.parametrize(
    ("name", "n_train", "n_test"),
    [
        ("keijzer/keijzer-1", 21, 2001),
        ("keijzer/keijzer-4", 201, 201),
        ("keijzer/keijzer-10", 100, 101**2),
        ("keijzer/keijzer-11", 20, 601**2),
        ("vladislavleva/vladislavleva-2", 100, 221),
        ("vladislavleva/vladislavleva-3", 600, 221 * 23),
        ("vladislavleva/vladislavleva-5", 300, 15 * 12 * 15),
        ("neat/neat-9", 26**2, 1000),
        ("r/r-1", 20, 1000),
    ],
)
def test_meshes_have_the_published_sizes(name: str, n_train: int, n_test: int) -> None:
    data = TASKS[name].dataset(seed=0)
    assert (len(data.train), len(data.test)) == (n_train, n_test)


def test_neat_6_is_the_sum_of_reciprocals() -> None:
    """Oracle: fractions."""
    truth = TASKS["neat/neat-6"].truth
    assert truth is not None
    values = truth({"x1": np.arange(1.0, 121.0)})
    for number, value in enumerate(values, start=1):
        assert value == pytest.approx(float(sum(Fraction(1, term) for term in range(1, number + 1))), rel=1e-14)
    drawn = TASKS["neat/neat-6"].dataset(seed=0)
    assert sorted(drawn.train.columns["x1"]) == list(range(1, 51))
    assert sorted(drawn.test.columns["x1"]) == list(range(1, 121))


@pytest.mark.parametrize("name", ["korns/korns-7", "korns/korns-9", "korns/korns-10", "korns/korns-15"])
def test_errors_of_korns_are_not_those_of_a_few_points(name: str) -> None:
    """On the published domains y reaches 1e14 to 1e25."""
    assert np.max(np.abs(TASKS[name].dataset(seed=0).train.y)) < 1e9


def test_the_page_names_every_formula_that_stands_more_than_once() -> None:
    tasks = {
        task.name.split("/")[1]: str(task.truth)
        for suite in discover().suites.values() if suite.name in {*SUITES, "nguyen"}
        for task in suite.tasks
    }  # fmt: skip
    first = formula_classes(tasks.values())
    classes: dict[str, set[str]] = {}
    for name, truth in tasks.items():
        classes.setdefault(first[truth], set()).add(name)
    page = (ROOT / "tasks" / "srbench_classics" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `[^`|]+` \| ((?:[a-z]+-\w+(?:, )?){2,}) \|$", page, re.MULTILINE)
    said = sorted(sorted(row.split(", ")) for row in rows)
    assert said == sorted(sorted(names) for names in classes.values() if len(names) > 1)
