"""`sklearn:` from the command line to the record: what is run, skipped, failed and refused, and with which words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from commands import LINES, Said, srbench
from places import SUPPORT

from srbench_lite.methods.sklearn_method import SklearnMethod
from srbench_lite.problems.suite_file import load_suite
from srbench_lite.recording.store import Store

#: An estimator of the user's own, a function that tells its formula, and a module that is broken.
OWN = """
import numpy as np

class Line:
    def __init__(self, slope=1.0):
        self.slope = slope

    def fit(self, X, y):
        self.offset = float(np.mean(y - self.slope * X[:, 0]))

    def predict(self, X):
        return self.slope * X[:, 0] + self.offset

    def __str__(self):
        return f"{self.slope:.1f} * x + {self.offset:.1f}"

class Printed(Line):
    def get_equation(self):
        return f"{self.slope} * x0 + {self.offset + 0.25}"

def formula(line):
    return f"{line.slope!r} * x0 + {line.offset!r}"
"""
BROKEN = 'raise RuntimeError("no licence was found")\n'


@pytest.fixture(name="run")
def _run(scoring_here, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{SUPPORT}:{tmp_path}")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_line.py").write_text(OWN)
    (tmp_path / "broken_line.py").write_text(BROKEN)
    (tmp_path / "toy.toml").write_text(LINES)

    def run(*arguments: str) -> Said:
        return srbench(monkeypatch, capsys, "run", "-t", "toy/line", "-s", "toy.toml", "--store", "s.db", *arguments)

    return run


def records() -> dict:
    with Store("s.db", read_only=True) as store:
        return {record.method.removeprefix("sklearn:"): record for record in store}


def test_each_ends_in_the_status_that_fits_it_and_says_why(run, monkeypatch):
    monkeypatch.setattr(SklearnMethod, "engine", ())  # none of these needs scikit-learn, which is slow to import
    names = [
        "stand_in_estimators:Linear", "stand_in_estimators:Linnear", "stand_in_estimators:SLOPE",
        "stand_in_estimators:Fitted", "no_such_package.core:A", "broken_line:A", "own_line:Line", "own_line:Printed",
    ]  # fmt: skip
    methods = [part for name in names for part in ("-m", f"sklearn:{name}")]
    settings = ("Linear.alpha=0.5", "Line.slope=2", "Line.formula=own_line:formula", "Printed.slope=2.0")
    said = run("-q", *methods, *(part for text in settings for part in ("--set", text)))

    assert said.code == 3
    assert f"sklearn:{names[4]} is skipped: there is no module no_such_package in {sys.executable}" in said.err
    ended = records()
    assert {name: (ended[name].status.value, ended[name].reason) for name in names[:1] + names[6:7]} == {
        "stand_in_estimators:Linear": ("ok", None), "own_line:Line": ("ok", None),
    }  # fmt: skip
    task = load_suite(Path("toy.toml")).tasks[0]
    linear, line = ended["stand_in_estimators:Linear"], ended["own_line:Line"]
    assert linear.parameters == {"alpha": 0.5}
    assert linear.scores.verdict == line.scores.verdict == "exact"
    assert line.parameters == {"formula": "own_line:formula", "slope": 2}
    assert line.extras["formula by"] == "the given function"
    gap = 0.25 / task.dataset(seed=0).train.y.std()
    for name, status, words in (
        ("stand_in_estimators:Linnear", "failed", "has no class 'Linnear'. Did you mean: Linear?"),
        ("stand_in_estimators:SLOPE", "failed", "must be a class with fit(X, y), got 0.123"),
        ("stand_in_estimators:Fitted", "failed", "Fitted tells its formula in no known way; looked for sympy()"),
        ("no_such_package.core:A", "skipped", f"there is no module no_such_package in {sys.executable}: `srbench env"),
        ("broken_line:A", "crashed", "RuntimeError: no licence was found (broken_line.py:1)"),
        (
            "own_line:Printed",
            "invalid",
            f"equation_ tells 2*x + 1.25, which is up to {gap:.2g} standard deviations of y",
        ),
    ):
        assert ended[name].status.value == status, name
        assert words in ended[name].reason


@pytest.mark.slow
def test_modules_of_ones_own_are_found_in_another_python_too(run):
    elsewhere = f"sklearn:own_line:Line={sys.executable}"
    said = run("-q", "-m", "sklearn:own_line:Line", "--set", "Line.formula=own_line:formula", "--python", elsewhere)
    assert (said.code, said.err) == (0, "")
    line = records()["own_line:Line"]
    assert line.extras["formula by"] == "the given function"
    assert line.environment["environment"] == sys.executable
