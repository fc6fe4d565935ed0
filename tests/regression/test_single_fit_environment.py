"""One fit of a method that runs in an environment of its own, as of `SymbolicRegressor`."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from other_pythons import add_package, bare_venv
from places import ABROAD

from srbench_lite import Budget, Samples, SrbenchError, SymbolicRegressor, UsageError
from srbench_lite.environments.making import record_interpreter
from srbench_lite.methods.discovery import discover
from srbench_lite.regression.single_fit import FoundFormulas, fit_once

POINTS = Samples(variables=("x",), x=np.arange(6.0).reshape(6, 1), y=np.full(6, 7.0))
MISSING = (
    "names-there cannot be run: there is no environment there; make it with: srbench env add there "
    f"--plugin {shlex.quote(str(ABROAD))}"
)


@pytest.fixture(name="home", autouse=True)
def _home(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("SRBENCH_LITE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def fitted(*, isolated: bool = True) -> FoundFormulas:
    registry = discover(files=[ABROAD])
    return fit_once(
        registry.method("names-there"), POINTS, seed=1, budget=Budget(seconds=60.0, memory_mb=2048.0),
        registry=registry, plugins=[ABROAD], isolated=isolated,
    )  # fmt: skip


def environment(folder: Path) -> None:
    python = bare_venv(folder / "venv")
    add_package(python, "apt", "1.5", "VALUE = 7\n")
    record_interpreter("there", str(python))


def test_a_fit_happens_there(tmp_path):
    environment(tmp_path)

    assert str(fitted().expression) == "7"
    regressor = SymbolicRegressor("names-there", plugins=(ABROAD,)).fit(POINTS.x, POINTS.y)
    assert regressor.equation_ == "7"


def test_a_fit_cannot_happen_here(tmp_path):
    environment(tmp_path)

    with pytest.raises(UsageError, match=r"runs in the environment there; leave isolated=False out"):
        fitted(isolated=False)


def test_without_the_environment_it_is_said_how_to_make_it():
    with pytest.raises(UsageError) as said:
        fitted()
    assert str(said.value) == MISSING
    with pytest.raises(UsageError, match=re.escape(MISSING)):
        SymbolicRegressor("names-there", plugins=(ABROAD,)).fit(POINTS.x, POINTS.y)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda python: python.unlink(), "cannot be started: No such file or directory"),
        (lambda python: shutil.rmtree(python.parent.parent / "lib"), "numpy cannot be imported by"),
    ],
    ids=["gone", "without numpy"],
)
def test_where_the_environment_has_broken_it_is_said_how_to_mend_it(broken, said, tmp_path):
    environment(tmp_path)
    broken(tmp_path / "venv" / "bin" / "python")

    with pytest.raises(SrbenchError, match=rf"the environment there does not work: .*{said}.*add there .*--replace"):
        fitted()
