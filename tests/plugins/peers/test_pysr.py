"""The peer `pysr`: what it reads and passes on, against a stand-in of PySR 2's documented interface."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from srbench_peers import Pysr
from srbench_peers import pysr as peer
from srbench_peers.pysr import formula_of
from stand_in_packages import install, some_samples

from srbench_lite import Budget, Expression, ExpressionError, FitError, UsageError

NAMES = ("length", "X0")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("x0", "length"),
        ("(x0 * 2.5) - sin(x1)", "length*2.5 - sin(X0)"),
        ("x0 / (x1 + -0.12345679)", "length/(X0 + -0.12345679)"),
        ("sqrt(log(x1)) * 1.5f-5", "sqrt(log(X0))*1.5e-5"),
        ("exp(cos(x0)) + 3f2", "exp(cos(length)) + 300"),
        ("x0 ^ 2.0", "length**2"),
    ],
)
def test_what_it_prints_is_read(text, meaning):
    assert formula_of(text, NAMES) == Expression.parse(meaning)


@pytest.mark.parametrize("text", ["x2 + 1", "", "x0 +", "Inf * x0"])
def test_other_text_is_refused(text):
    with pytest.raises(ExpressionError):
        formula_of(text, NAMES)


class Regressor:
    """PySR 2.7's `PySRRegressor`: while it runs, Julia writes its front to a file, each time a better one."""

    made: ClassVar[list[Regressor]] = []
    FRONT: ClassVar = {"equation": ["x1", "x0 * 1.5", "(x0 * 2.0f0) + x1", "NaN"], "loss": [5.0, 2.0, 0.25, 9.0]}

    def __init__(self, **settings):
        self.settings = settings
        self.made.append(self)

    def fit(self, x, y, weights):
        self.weights = weights
        folder = Path(self.settings["output_directory"]) / self.settings["run_id"]
        folder.mkdir()
        rows = [f'{2 * i + 1},{loss},"{text}"' for i, (text, loss) in enumerate(zip(*self.FRONT.values(), strict=True))]
        for number in (1, 2, 2, 3):
            (folder / "hall_of_fame.csv").write_text("\n".join(["Complexity,Loss,Equation", *rows[:number]]))
            self.look()
        (folder / "hall_of_fame.csv").write_text("Complexity,Loss,Equat")  # caught while it was written
        self.look()
        self.equations_ = self.FRONT

    def look(self):
        """Wait until the file has been read as it is now: the second look from here began after this one."""
        enough, deadline = len(self.reads) + 2, time.monotonic() + 10.0
        while len(self.reads) < enough and time.monotonic() < deadline:
            time.sleep(0.001)

    def get_best(self):
        return {"equation": "x0 * 1.5"}

    def predict(self, x, index):
        assert index == 1
        return x[:, 0] * 1.5


@pytest.fixture(autouse=True)
def package(monkeypatch):
    """The package, whose search waits until its file has been looked at."""
    reads: list[Path] = []
    original = peer._read

    def noted(file):
        found = original(file)
        reads.append(file)
        return found

    monkeypatch.setattr(peer, "_read", noted)
    monkeypatch.setattr(peer, "_LOOK", 0.001)
    monkeypatch.setattr(Regressor, "made", [])
    monkeypatch.setattr(Regressor, "reads", reads, raising=False)
    monkeypatch.setenv("PYTHON_JULIACALL_THREADS", "auto")
    install(monkeypatch, "pysr", PySRRegressor=Regressor)


def fitted(peer: Pysr, reports: list[Expression], threads: int = 1):
    return peer.fit(
        some_samples(), seed=2**31 + 9, budget=Budget(seconds=100.0, threads=threads), report=reports.append
    )  # fmt: skip


def test_the_selected_formula_is_the_answer_and_the_front_its_candidates():
    fit = fitted(Pysr(), [])

    assert str(fit.expression) == "length*1.5"
    assert np.array_equal(fit.predictions, some_samples().x[:, 0] * 1.5)
    assert [str(formula) for formula in fit.candidates] == ["X0", "length*1.5", "length*2 + X0"]
    assert fit.stopped == "budget"


def test_better_formulas_are_reported_while_it_runs():
    reports: list[Expression] = []
    fitted(Pysr(), reports)

    assert [str(formula) for formula in reports] == ["X0", "length*1.5", "length*2 + X0"]


def test_settings_and_budget_are_passed_on(monkeypatch):
    monkeypatch.setattr("srbench_peers.peer.Clock.left", property(lambda clock: clock.seconds))
    fitted(Pysr(populations=7, unary_operators=("sin",)), [])
    settings = Regressor.made[0].settings

    assert settings["populations"] == 7
    assert settings["binary_operators"] == ["+", "-", "*", "/"]
    assert settings["unary_operators"] == ["sin"]
    assert settings["timeout_in_seconds"] == 80.0
    assert settings["niterations"] >= 10**9
    assert settings["random_state"] == 9
    assert settings["parallelism"] == "serial"
    assert (Regressor.made[0].weights == 2.0).all()


def test_threads_are_passed_on_before_julia_starts(monkeypatch):
    monkeypatch.delenv("PYTHON_JULIACALL_THREADS")
    fitted(Pysr(), [], threads=3)

    assert os.environ["PYTHON_JULIACALL_THREADS"] == "3"
    assert Regressor.made[0].settings["parallelism"] == "multithreading"


def test_nothing_is_left_behind():
    fitted(Pysr(), [])

    assert not Path(Regressor.made[0].settings["output_directory"]).exists()


def test_a_start_that_takes_all_the_time_is_a_failed_fit(monkeypatch):
    monkeypatch.setattr("srbench_peers.peer.Clock.left", -1.0)
    with pytest.raises(FitError, match=r"Julia's start took all of 80 s; raise the time limit"):
        fitted(Pysr(), [])


def test_without_the_package_it_is_skipped(monkeypatch):
    monkeypatch.setattr("srbench_peers.pysr.find_spec", lambda name: None)

    assert Pysr().skip_reason(some_samples()) == (
        "PySR is not installed in this interpreter: run `srbench env add pysr`"
    )


def test_without_julia_it_is_skipped_and_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr("srbench_peers.pysr.find_spec", lambda name: object())
    monkeypatch.delenv("PYTHON_JULIACALL_EXE", raising=False)
    monkeypatch.setenv("PYTHON_JULIAPKG_PROJECT", str(tmp_path))

    assert f"{sys.executable} -c 'import pysr'" in str(Pysr().skip_reason(some_samples()))

    (tmp_path / "pyjuliapkg").mkdir()
    (tmp_path / "pyjuliapkg" / "meta.json").write_text("{}")
    assert Pysr().skip_reason(some_samples()) is None


def test_a_given_julia_is_enough(monkeypatch):
    monkeypatch.setattr("srbench_peers.pysr.find_spec", lambda name: object())
    monkeypatch.setenv("PYTHON_JULIACALL_EXE", "/opt/julia/bin/julia")

    assert Pysr().skip_reason(some_samples()) is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model_selection": "size"}, "pysr.model_selection must be one of best, accuracy, score, got 'size'"),
        ({"binary_operators": ()}, "pysr.binary_operators must be some of "),
        ({"populations": 0}, "pysr.populations must be at least 1, got 0"),
        ({"maxsize": 6}, "pysr.maxsize must be at least 7, got 6"),
        ({"parsimony": -1.0}, "pysr.parsimony must be at least 0"),
        ({"precision": 8}, "pysr.precision must be 16, 32 or 64, got 8"),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_settings_are_checked(settings, said):
    with pytest.raises(UsageError, match=said):
        Pysr(**settings)
