"""The command line in a folder of its own, with a suite of two tasks.

Runs are done in this process: these tests are about what a command says and keeps. Those that are about the processes
of a run ask for `processes`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import LINES, Said
from commands import srbench as called
from places import HOSTILE
from runs_here import do_runs_here

from srbench_lite.cli.run import run_command

Command = Callable[..., Said]


@pytest.fixture(name="here", autouse=True)
def _here(request) -> None:
    """Do runs in this process, unless a test is about their processes."""
    if "processes" not in request.fixturenames:
        request.getfixturevalue("runs_here")


@pytest.fixture(name="processes")
def _processes() -> None:
    """Leave runs the processes that they have: for tests that stop, kill or watch them."""


@pytest.fixture(name="srbench")
def _srbench(monkeypatch, capsys, tmp_path) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "toy.toml").write_text(LINES)

    def call(*arguments: str) -> Said:
        return called(monkeypatch, capsys, *arguments)

    return call


@pytest.fixture(name="four_runs", scope="session")
def _four_runs(tmp_path_factory) -> Path:
    """A folder with the results of a command: two runs of each of two methods."""
    folder = tmp_path_factory.mktemp("four_runs")
    (folder / "toy.toml").write_text(LINES)
    chosen = ["--plugin", str(HOSTILE), "-m", "good", "-m", "finds-nothing", "-s", "toy.toml", "-q"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        do_runs_here(patch)
        assert run_command.main(chosen, standalone_mode=False) == 3
    return folder / "results"


@pytest.fixture(name="filled")
def _filled(srbench, tmp_path, four_runs) -> Command:
    """The command, in a folder whose store holds two runs of each of two methods."""
    shutil.copytree(four_runs, tmp_path / "results")
    return srbench


@pytest.fixture(name="call")
def _call(monkeypatch, capsys, tmp_path) -> Command:
    """`srbench` called in an empty folder, as outside of GitHub's workflows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return lambda *arguments: called(monkeypatch, capsys, *arguments)
