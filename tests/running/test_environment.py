"""`describe_environment`: facts that fit into a record."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import numpy
import pytest
from records import record

import srbench_lite
from srbench_lite.recording.record import Record
from srbench_lite.running import environment
from srbench_lite.running.environment import describe_environment


@pytest.fixture(name="facts", scope="module")
def _facts() -> dict:
    return describe_environment(jobs=3, distributions=("pluggy", "no-such-distribution"))


def test_the_facts(facts):
    assert facts["srbench_lite"] == srbench_lite.__version__
    assert facts["python"] == platform.python_version()
    assert facts["packages"]["numpy"] == numpy.__version__
    assert facts["packages"]["pluggy"] == metadata.version("pluggy")
    assert "no-such-distribution" not in facts["packages"]
    assert facts["cores"] == os.cpu_count()
    assert facts["speed"] > 0
    assert facts["memory_mb"] > 100
    assert facts["jobs"] == 3
    assert facts["cpu"]
    assert "blas" in facts["blas"] or "accelerate" in facts["blas"] or "mkl" in facts["blas"]


def test_they_fit_into_a_record(facts):
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert Record.from_row(record(environment=facts).to_row()).environment == facts


def test_they_are_the_same_every_time(facts):
    """Environments are stored once each: nothing in them may change from call to call."""
    assert describe_environment(jobs=3, distributions=("pluggy", "no-such-distribution")) == facts


def test_the_commit(tmp_path, monkeypatch):
    """Of a checkout: its commit, and whether it is changed. Elsewhere: None."""

    def git(*arguments: str) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(tmp_path), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    folder = tmp_path / "srbench_lite" / "running"
    folder.mkdir(parents=True)
    (folder / "environment.py").write_text("")
    monkeypatch.setattr(environment, "__file__", str(folder / "environment.py"))
    assert describe_environment(jobs=1)["commit"] is None
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    git("tag", "v1")
    commit = git("rev-parse", "--short=12", "HEAD")
    assert describe_environment(jobs=1)["commit"] == commit
    (folder / "environment.py").write_text("changed")
    assert describe_environment(jobs=1)["commit"] == f"{commit}+dirty"
    monkeypatch.setenv("PATH", str(tmp_path))  # no git here
    assert describe_environment(jobs=1)["commit"] is None


def test_a_machine_without_cpuinfo(monkeypatch):
    def missing(self: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert environment._cpu_model() == (platform.processor() or "unknown")


def test_a_numpy_that_does_not_say_its_blas_is_no_fault(monkeypatch):
    monkeypatch.setattr(numpy, "show_config", lambda mode: {})
    assert describe_environment(jobs=1)["blas"] is None
