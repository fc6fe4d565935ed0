"""A stranger's plugin, from nothing to the leaderboard: written, built, installed in an environment of its own, run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

Srbench = Callable[..., str]


def _build(folder: Path, into: Path) -> Path:
    """Build the wheel of a folder with the hatchling that is installed: nothing is fetched."""
    script = f"from hatchling import build; print(build.build_wheel({str(into)!r}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return into / done.stdout.split()[-1]


@pytest.fixture(name="installed", scope="module")
def _installed(tmp_path_factory: pytest.TempPathFactory) -> Srbench:
    """`srbench` of a fresh environment that sees ours, in which the wheel of a new method is installed."""
    folder = tmp_path_factory.mktemp("stranger")
    subprocess.run(
        [sys.executable, "-m", "srbench_lite", "new", "method", "two-terms"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    wheel = _build(folder / "two-terms", folder)
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    subprocess.run(
        [sys.executable, "-m", "pip", "-q", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)],
        check=True, capture_output=True,
    )  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}

    def call(*arguments: str) -> str:
        done = subprocess.run(
            [str(python), "-m", "srbench_lite", *arguments], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return call


@pytest.mark.slow
def test_a_new_method_goes_from_nothing_to_the_leaderboard(installed, tmp_path):
    (found,) = (plugin for plugin in json.loads(installed("plugins", "--json")) if plugin["name"] == "two-terms")
    assert (found["origin"], found["version"], found["error"]) == ("srbench-lite-two-terms", "0.1.0", None)

    told = json.loads(installed("conform", "two-terms", "--json"))
    assert told["conforms"]
    assert {check["result"] for check in told["checks"]} == {"pass"}

    installed("run", "--method", "two-terms", "--method", "neuron", "--task", "sin/plain", "--quiet")
    rows = json.loads(installed("leaderboard", "--format", "json"))["rows"]
    recovery = {row["method"]: row["recovery"] for row in rows if row["suite"] == "sin"}
    assert recovery == {"two-terms": 1.0, "neuron": 0.0}

    installed("baseline", "--method", "two-terms", "--out", "results/baseline.json")
    installed("run", "--method", "two-terms", "--task", "sin/plain", "--quiet", "--store", "gate.db")
    assert "no regression" in installed("check", "--store", "gate.db", "--allow-old").lower()
