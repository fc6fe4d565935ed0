"""The suite `srsd`, and `feynman-bonus`: difficulty, units, and what float64 cannot show."""

from __future__ import annotations

from collections import Counter

import mpmath
import numpy as np
import pytest
import srbench_feynman
import srbench_srsd
from places import ROOT
from published_formulas import exact_values

from srbench_lite.problems.task import Task
from srbench_lite.problems.units import dimension_fault, unit_fault

(SUITE,) = srbench_srsd.srbench_suites()
_, BONUS = srbench_feynman.srbench_suites()
TASKS = {task.name.removeprefix("srsd/"): task for task in SUITE.tasks}
_C, _HBAR, _K = "299792458.0", "(6.626e-34/(2*pi))", "1.380649e-23"
#: What is left of a truth without what cannot be seen.
VISIBLE = {
    "I.41.16": f"omega**2*{_K}*T/(pi**2*{_C}**2)",
    "II.11.28": "1 + n*alpha",
    "II.36.38": f"mom*alpha/(8.854e-12*{_C}**2*{_K}*T)*M",
    "III.9.52": f"p_d*Ef*t/{_HBAR}",
    "III.15.12": "U*k**2*d**2",
    "III.17.37": "beta",
    "bonus.4": "sqrt(2/m*(E_n - U))",
    "bonus.11": "I_0*n**2",
    "bonus.16": f"abs(p - q*A_vec)*{_C} + q*Volt",
    "bonus.17": "p**2/(2*m)",
}
#: What changes y by a smaller share is hardly seen, or not at all.
_SEEN = 1e-11


def test_there_are_120_with_srsd_s_difficulty() -> None:
    assert Counter(tag for task in SUITE.tasks for tag in task.tags) == {
        "physics": 120,
        "easy": 30,
        "medium": 40,
        "hard": 50,
    }
    assert Counter(name.split(".")[0] for name in TASKS) == {"I": 51, "II": 34, "III": 15, "bonus": 20}
    assert all((task.n_train, task.n_test) == (8000, 1000) for task in SUITE.tasks)


@pytest.mark.parametrize("task", [*SUITE.tasks, *BONUS.tasks], ids=lambda task: task.name)
def test_units_agree(task: Task) -> None:
    assert set(task.units) == set(task.variables)
    assert [unit_fault(unit) for unit in (*task.units.values(), task.target_unit)] == [None] * (len(task.units) + 1)
    assert task.target_unit
    assert dimension_fault(task) is None


@pytest.mark.parametrize("name", VISIBLE)
def test_what_is_called_unseen_cannot_be_seen(name: str) -> None:
    """Oracle: 40 digits. A median stands for terms that grow where others cancel."""
    task = TASKS[name]
    points = task.dataset(seed=0).train.rows(np.arange(200)).columns
    pairs = zip(exact_values(str(task.truth), points), exact_values(VISIBLE[name], points), strict=True)
    changes = [abs(mpmath.mpf(y) - visible) / abs(y) for y, visible in pairs]
    assert np.median([float(change) for change in changes]) < _SEEN
    assert np.quantile([float(change) for change in changes], 0.9) < _SEEN


def test_no_other_tasks_say_so() -> None:
    assert {name for name, task in TASKS.items() if task.unidentifiable} <= set(VISIBLE)
    page = (ROOT / "tasks" / "srbench_srsd" / "README.md").read_text(encoding="utf-8")
    assert all(name in page for name in VISIBLE)
    assert not any(task.unidentifiable for task in BONUS.tasks)


def test_whole_numbers_end_below_the_upper_bound() -> None:
    """NumPy's randint, which SRSD draws them with, leaves the upper bound out."""
    whole = {
        (name, variable): sampling.interval
        for name, task in TASKS.items() for variable, sampling in task.variables.items()
        if sampling.sampling == "integer"
    }  # fmt: skip
    assert len(whole) == 12
    assert whole["III.12.43", "n"] == (1.0, 99.0)
    assert whole["I.30.3", "n"] == (10.0, 999.0)
    assert whole["bonus.7", "alpha"] == (-1.0, 1.0)
    assert whole["III.15.27", "alpha"] == (-99.0, 99.0)


def test_feynman_bonus_has_twenty() -> None:
    assert [task.name for task in BONUS.tasks] == [f"feynman-bonus/test_{number}" for number in range(1, 21)]
    assert all((task.n_train, task.n_test) == (200, 1000) for task in BONUS.tasks)
