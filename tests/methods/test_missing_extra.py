"""Methods whose optional package is not installed are skipped with the command that installs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import without_torch
from without_torch import finders

from srbench_lite.environments.assignment import OWN, assigned, source_of
from srbench_lite.methods import missing_extra as module
from srbench_lite.methods.discovery import discover
from srbench_lite.methods.missing_extra import missing_extra

NEEDS_TORCH = (
    "diffusion", "goals", "lies", "lies-paper", "lstm", "planning", "prior-sampling", "refined", "symbolnet",
    "transformer", "weight-decoder",
)  # fmt: skip
ANYWHERE = ("invertible", "lasso", "lies-fast", "linear", "log-linear", "mean", "neuron", "polynomial")


@pytest.fixture(name="no_torch")
def _no_torch(monkeypatch):
    """No torch, and nothing imported yet that imports it."""
    for name in list(sys.modules):
        top = name.partition(".")[0]
        if top == "torch" or (top.startswith("srbench_") and top != "srbench_lite" and "." in name):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", finders())
    monkeypatch.setattr(module, "_absent", module._absent.__wrapped__)


def test_nothing_is_missing_where_torch_is():
    methods = discover(suites=False).methods.values()
    assert {method.name for method in methods if missing_extra(method)} == set()


def test_methods_that_train_networks_lack_torch(no_torch):
    methods = discover(suites=False).methods
    lacking = {name: lacks for name in (*NEEDS_TORCH, *ANYWHERE) if (lacks := missing_extra(methods[name]))}
    assert sorted(lacking) == sorted(NEEDS_TORCH)
    assert set(lacking.values()) == {
        f"torch is not installed; install it with: {sys.executable} -m pip install 'srbench-lite[torch]'"
    }


def test_a_method_that_lacks_torch_has_a_place_and_a_fingerprint_of_its_own(no_torch):
    methods = discover(suites=False).methods
    lacking = assigned(methods["lstm"])
    assert (lacking.environment, lacking.lacks) == (None, missing_extra(methods["lstm"]))
    assert source_of(methods["lstm"]) != source_of(methods["lstm"], OWN)  # what was skipped is run once it is there
    assert assigned(methods["lasso"]) == OWN


PLUGIN = """
from dataclasses import dataclass
from srbench_lite import Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Mine(Method):
    name, summary, source, engine = "mine", "tests", "tests", ("torch",)

    def fit(self, samples, *, seed, budget, report):
        import torch

@hookimpl
def srbench_methods():
    return [Mine()]
"""


def test_a_plugin_file_has_no_extras(no_torch, tmp_path):
    (tmp_path / "mine.py").write_text(PLUGIN)
    assert missing_extra(discover(files=[tmp_path / "mine.py"], suites=False).method("mine")) is None


def test_runs_without_torch(tmp_path):
    """From the command line: what needs no torch runs, what does is skipped with the command that installs it."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, without_torch\nsys.meta_path[:] = without_torch.finders()\n"
    )
    support = str(Path(without_torch.__file__).parent)
    paths = os.pathsep.join(filter(None, (str(tmp_path), support, os.environ.get("PYTHONPATH"))))

    def srbench(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "srbench_lite", *words]
        environment = os.environ | {"PYTHONPATH": paths}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    remedy = f"torch is not installed; install it with: {sys.executable} -m pip install 'srbench-lite[torch]'"
    said = srbench("run", "-m", "log-linear", "-m", "lies", "-s", "sin", "-t", "sin/plain", "--quiet")
    assert said.returncode == 3
    assert f"warning: lies is skipped: {remedy}" in said.stderr
    shown = srbench("show", "sin/plain", "--long")
    assert remedy in " ".join(shown.stdout.split())
    Path(tmp_path / "line.csv").write_text("x,y\n" + "".join(f"{k},{2 * k + 1}\n" for k in range(9)))
    fitted = srbench("fit", "line.csv", "--target", "y")
    assert fitted.returncode != 0
    assert remedy in fitted.stderr
    inspected = srbench("inspect", "--method", "lstm", "--task", "sin/plain", "--out", "drawn")
    assert (inspected.returncode, f"lstm cannot be inspected: {remedy}" in inspected.stderr) == (2, True)
    assert f"are skipped: {remedy}" in srbench("doctor").stdout
