"""The suite `feynman`: a hundred equations with the names, formulas and intervals of AI Feynman's table."""

from __future__ import annotations

import csv
import hashlib
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import srbench_feynman
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, OPERATORS
from srbench_lite.problems.task import Task

SUITE, BONUS = srbench_feynman.srbench_suites()
TASKS = {task.name.removeprefix("feynman/"): task for task in SUITE.tasks}
_PI = math.pi

#: Worked out by hand: task, values of its variables, value of the formula.
VALUES: list[tuple[str, dict[str, float], float]] = [
    ("I.6.2a", {"theta": 2}, math.exp(-2) / math.sqrt(2 * _PI)),
    ("I.8.14", {"x1": 1, "x2": 4, "y1": 1, "y2": 5}, 5),
    ("I.10.7", {"m_0": 4, "v": 3, "c": 5}, 5),
    ("I.9.18", {"m1": 2, "m2": 3, "G": 7, "x1": 3, "x2": 1, "y1": 4, "y2": 1, "z1": 7, "z2": 1}, 42 / 49),
    ("I.16.6", {"c": 2, "v": 1, "u": 2}, 2),
    ("I.24.6", {"m": 2, "omega_1": 1, "omega_0": 2, "x": 3}, 22.5),
    ("I.26.2", {"n": 0.5, "theta2": _PI / 2}, _PI / 6),
    ("I.30.3", {"Int_0": 3, "theta": _PI, "n": 3}, 3),
    ("I.32.17", {"epsilon": 1, "c": 1, "Ef": 1, "r": 1, "omega_1": 1, "omega_0": 3}, 4 * _PI / 3 / 64),
    ("I.40.1", {"n_0": 2, "m": 1, "x": 3, "T": 2, "g": 2, "kb": 3}, 2 / math.e),
    ("I.44.4", {"n": 1, "kb": 2, "T": 3, "V1": 1, "V2": 4}, 12 * math.log(2)),
    ("II.11.28", {"n": 1, "alpha": 1}, 2.5),
    ("II.13.17", {"epsilon": 1, "c": 1, "I": 4, "r": 2}, 1 / _PI),
    ("II.24.17", {"omega": 5 * _PI, "c": 1, "d": 0.25}, 3 * _PI),
    ("II.35.21", {"n_rho": 2, "mom": 1, "B": 3, "kb": 1, "T": 3}, 2 * math.tanh(1)),
    ("II.36.38", {"mom": 1, "H": 2, "kb": 1, "T": 2, "alpha": 3, "epsilon": 1, "c": 1, "M": 2}, 4),
    ("III.4.32", {"h": 2 * _PI, "omega": 1, "kb": 1, "T": 1}, 1 / (math.e - 1)),
    ("III.9.52", {"p_d": 1, "Ef": 1, "t": 1, "h": 2 * _PI, "omega_1": 1 + _PI, "omega_0": 1}, 4 / _PI**2),
    ("III.15.12", {"U": 2, "k": 1, "d": _PI}, 8),
    ("III.19.51", {"m": 2, "q": 1, "h": 2 * _PI, "n": 1, "epsilon": 1}, -1 / (16 * _PI**2)),
]

DEFINITIONS = "d42d1ec2f4deb0f4e157249c13eba41b938bcaf5bcb8571d9ce1533264afb33d"
#: Facts of FeynmanEquations.csv: how many equations have so many variables, how many variables have this interval.
SIZES = {1: 1, 2: 15, 3: 36, 4: 27, 5: 13, 6: 6, 8: 1, 9: 1}
INTERVALS = {
    (0.0, 1.0): 5, (0.0, 5.0): 1, (1.0, 2.0): 33, (1.0, 3.0): 54, (1.0, 4.0): 1, (1.0, 5.0): 248, (1.0, 10.0): 2,
    (2.0, 4.0): 1, (2.0, 5.0): 3, (3.0, 4.0): 3, (3.0, 5.0): 2, (3.0, 10.0): 9, (3.0, 20.0): 1, (4.0, 6.0): 1,
    (5.0, 10.0): 1,
}  # fmt: skip


def rows() -> list[dict[str, str]]:
    path = Path(srbench_feynman.__file__).with_name("formulas.csv")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def drawn(task: Task, n: int) -> dict[str, NDArray[np.float64]]:
    rng = np.random.default_rng(0)
    return {name: sampling.draw_fresh(n, rng) for name, sampling in task.variables.items()}


def test_there_are_a_hundred_equations() -> None:
    assert SUITE.name == "feynman"
    assert len(SUITE.tasks) == len({task.fingerprint for task in SUITE.tasks}) == 100
    assert Counter(name.split(".")[0] for name in TASKS) == {"I": 51, "II": 34, "III": 15}
    assert list(TASKS)[:4] == ["I.6.2a", "I.6.2", "I.6.2b", "I.8.14"]
    assert all((task.n_train, task.n_test) == (200, 1000) for task in SUITE.tasks)
    assert all("AI Feynman" in task.source for task in SUITE.tasks)


def test_the_definitions_are_golden() -> None:
    """A changed definition is another task: raise its version, and change this."""
    text = "\n".join(task.fingerprint for task in SUITE.tasks)
    assert hashlib.sha256(text.encode()).hexdigest() == DEFINITIONS


def test_the_variables_are_those_that_occur() -> None:
    for task in SUITE.tasks:
        assert task.truth is not None
        assert set(task.truth.variables) == set(task.variables), task.name
        # gamma is the function only before a parenthesis
        assert not set(task.variables) & ({*NAMED_CONSTANTS, *OPERATORS} - {"gamma"})
        assert Expression.parse(str(task.truth)) == task.truth
    assert Counter(len(task.variables) for task in SUITE.tasks) == SIZES


def test_the_domains_are_those_of_the_source() -> None:
    """AI Feynman draws uniformly, nearly always from [1, 5] or [1, 3]."""
    samplings = [sampling for task in SUITE.tasks for sampling in task.variables.values()]
    assert {sampling.sampling for sampling in samplings} == {"uniform"}
    assert Counter(sampling.interval for sampling in samplings) == INTERVALS
    assert TASKS["I.15.3x"].variables["c"].interval == (3.0, 20.0)
    assert {name: s.interval for name, s in TASKS["II.11.3"].variables.items()} == {
        "q": (1, 3), "Ef": (1, 3), "omega_0": (3, 5), "omega_1": (1, 2), "m": (1, 3),
    }  # fmt: skip


def test_slips_of_the_source_are_noted() -> None:
    notes = {row["name"]: row["note"] for row in rows() if row["note"]}
    stated = [name for name, note in notes.items() if "the table states" in note]
    assert stated == ["I.18.12", "I.18.14", "I.38.12", "II.37.1", "III.10.19", "III.19.51"]
    for name in stated:
        assert notes[name].endswith(f"lists {len(TASKS[name].variables)}")
    renamed = [name for name, note in notes.items() if "in the Lectures" in note]
    assert renamed == ["I.6.2", "I.15.1", "I.18.14", "I.34.1", "I.39.1"]


@pytest.mark.parametrize(("name", "point", "value"), VALUES, ids=[name for name, _, _ in VALUES])
def test_values_worked_out_by_hand(name: str, point: dict[str, float], value: float) -> None:
    truth = TASKS[name].truth
    assert truth is not None
    assert truth({v: np.array([float(x)]) for v, x in point.items()})[0] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("task", SUITE.tasks, ids=lambda task: task.name)
def test_every_truth_is_defined_on_its_whole_domain(task: Task) -> None:
    assert task.truth is not None
    values = task.truth(drawn(task, 1000))
    assert np.isfinite(values).all()
    assert np.std(values) > 1e-3 * np.max(np.abs(values))


def test_signed_targets_are_as_many_as_reported() -> None:
    """Sixteen of the hundred take both signs or are negative: what a logarithm of y cannot do."""
    signed = [
        task.name for task in SUITE.tasks if task.truth is not None and (task.truth(drawn(task, 1000)) <= 0).any()
    ]
    assert len(signed) == 16


@pytest.mark.parametrize("name", ["I.6.2a", "I.26.2", "II.24.17", "III.9.52"])
def test_datasets_can_be_drawn(name: str) -> None:
    data = TASKS[name].dataset(seed=0, noise=0.01)
    assert data.far is not None
    assert [len(part) for part in (data.train, data.test, data.far)] == [200, 1000, 1000]
