"""`srbench run --python`: a method runs in the Python that it is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from other_pythons import add_package, bare_venv, stand_in
from places import ABROAD, HOSTILE

from srbench_lite.cli.pythons import chosen_environments
from srbench_lite.environments.home import environment_names
from srbench_lite.environments.making import record_interpreter
from srbench_lite.methods.discovery import discover

pytestmark = pytest.mark.usefixtures("processes", "scoring_here")  # of other Pythons

#: With a method that names the environment `there`, which needs apt 1.5.
NAMED = ("--plugin", str(ABROAD))


@pytest.fixture(name="there")
def _there(monkeypatch, tmp_path) -> Path:
    """The interpreter of the environment `there`."""
    monkeypatch.setenv("SRBENCH_LITE_HOME", str(tmp_path / "home"))
    python = bare_venv(tmp_path / "venv")
    add_package(python, "apt", "1.5", "VALUE = 7\n")
    record_interpreter("there", str(python))
    return python


def test_a_method_runs_in_the_python_that_it_is_told(srbench, there, tmp_path):
    command = ("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "-t", "line", "-q")
    by_name = srbench(*command, "--python", "good=there")
    by_path = srbench(*command, "--python", f"good={there}", "--store", "other.db")
    from srbench_lite.recording.store import Store

    assert (by_name.code, by_path.code) == (0, 0), by_name.err + by_path.err
    for store, name in (("results/srbench.db", "there"), ("other.db", str(there))):
        with Store(tmp_path / store, read_only=True) as records:
            assert {record.environment["environment"] for record in records} == {name}


def test_methods_that_are_told_one_python_have_one_environment(tmp_path, monkeypatch):
    python = stand_in(tmp_path / "venv" / "bin" / "python")
    monkeypatch.chdir(tmp_path)
    registry = discover(files=[HOSTILE])
    methods = [registry.method(name) for name in ("good", "exits")]
    chosen = chosen_environments(methods, [f"good={python}", "exits=venv"])

    assert chosen["good"] is chosen["exits"]


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("good", "--python must be METHOD=PATH or METHOD=ENVIRONMENT, got 'good'"),
        ("god=there", "unknown method in --python 'god'. Did you mean: good?"),
        ("good=thre", "unknown environment or Python in --python 'thre'. Did you mean: there?"),
        ("good=./nowhere/python", "there is no Python interpreter './nowhere/python'"),
        ("good=empty/", "there is no Python interpreter 'empty/'"),
        ("good=", "unknown environment or Python in --python ''"),
    ],
)
def test_a_python_that_cannot_be_is_refused_before_anything_runs(srbench, there, python, said):
    Path("empty").mkdir()
    told = srbench("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "--python", python)

    assert told.code == 2
    assert said in told.err
    assert not Path("results").exists()


def test_an_environment_that_a_method_names_and_nobody_has_made_is_named_with_its_command(
    srbench, monkeypatch, tmp_path
):
    monkeypatch.setenv("SRBENCH_LITE_HOME", str(tmp_path / "home"))
    told = srbench("run", *NAMED, "-m", "names-there", "-s", "toy.toml", "--python", "names-there=there")

    assert told.code == 2
    assert "--python names-there=there: there is no environment there; make it with: srbench env add there" in told.err


def test_an_environment_that_does_not_work_is_refused_where_it_is_asked_for(srbench, there):
    there.unlink()
    told = srbench("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "--python", "good=there")

    assert told.code == 2
    assert "the environment there does not work: " in told.err
    assert environment_names() == ["there"]
    assert not os.path.lexists("results")
