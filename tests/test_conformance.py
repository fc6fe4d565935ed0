"""Every installed method passes every check of the conformance kit; every installed task can be drawn and judged."""

from __future__ import annotations

import ast
import importlib.util
import tomllib

import numpy as np
import pytest
from places import ROOT

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.judge import judge
from srbench_lite.methods.discovery import discover
from srbench_lite.methods.method import Method
from srbench_lite.testing import METHOD_CHECKS, Check, run_check

REGISTRY = discover()
#: Less of the same work, where a fit takes a quarter of a minute: all of it is done where slow tests are.
LESS = {
    "lstm": {"most_steps": 1000, "max_terms": 2, "pairs": 10, "swaps": 0},
    "goals": {"most_episodes": 2048},
    "symbolnet": {"networks": 4, "steps": 300, "rounds": 1},
}
#: Checks that fit nothing.
WITHOUT_A_FIT = {"describes-itself", "parameters-round-trip", "refuses-nonsense"}

#: What ships, by name: a method or suite that is not found is missed here.
METHODS = {
    "bingo", "diffusion", "eggp", "goals", "gplearn", "hroch", "invertible", "lasso", "lies", "lies-fast", "lies-paper",
    "linear", "log-linear", "lstm", "mean", "network-polyfit", "neuron", "operon", "planning", "polynomial",
    "portfolio", "prior-sampling", "psrn", "pysindy", "pysr", "refined", "rils-rols", "sklearn-linear", "sklearn-tree",
    "symbolnet", "transformer", "weight-decoder", "weight-mean", "weight-regressor", "workshop-network",
}  # fmt: skip
SUITES = {
    "composite", "constant", "core", "dummies", "feynman", "feynman-bonus", "inverse", "jin", "keijzer", "korns",
    "koza", "livermore", "neat", "nguyen", "nguyen-c", "poly2", "r", "sin", "srsd", "strogatz", "vladislavleva",
}  # fmt: skip


def test_every_plugin_works():
    """Everything that the sources of the built-in plugins define is installed, and nothing is broken."""
    assert not REGISTRY.broken
    assert set(REGISTRY.methods) == METHODS == named_in_sources()
    assert set(REGISTRY.suites) == SUITES
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages = {
        path.parent.name for part in ("plugins", "tasks") for path in ROOT.glob(f"{part}/srbench_*/__init__.py")
    }
    assert set(project["entry-points"]["srbench_lite"].values()) == packages
    assert len(packages) == 23


def named_in_sources() -> set[str]:
    """Return the names that method classes in the plugins' packages have, read and not imported."""
    names = set()
    for path in ROOT.glob("plugins/srbench_*/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.AnnAssign) and ast.unparse(node).startswith("name: ClassVar[str] ="):
                assert isinstance(node.value, ast.Constant)
                names.add(str(node.value.value))
    return names


def skip_without_environment(method: Method, check: Check) -> None:
    """Skip a check that fits where the packages that the method runs are not in this interpreter.

    What it says about itself is checked wherever it is.
    """
    missing = [module for module in method.engine if importlib.util.find_spec(module.split(".")[0]) is None]
    if method.environment is not None and missing and check.name not in WITHOUT_A_FIT:
        pytest.skip(f"no {missing[0]} here: run `srbench env add {method.environment}`")


@pytest.mark.parametrize("check", METHOD_CHECKS, ids=lambda check: check.name)
@pytest.mark.parametrize("method", REGISTRY.methods.values(), ids=lambda method: method.name)
def test_method(method, check):
    """The checks of a method come one after another, in one process: several of them look at one fit."""
    skip_without_environment(method, check)
    assert run_check(check, method.with_parameters(LESS.get(method.name, {}))) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", LESS)
@pytest.mark.parametrize("check", METHOD_CHECKS, ids=lambda check: check.name)
def test_a_method_that_takes_long_as_it_is(name, check):
    assert run_check(check, REGISTRY.method(name)) is None


@pytest.mark.parametrize("suite", REGISTRY.suites.values(), ids=lambda suite: suite.name)
def test_suite(suite):
    """Every task draws finite points for three seeds, and its truth is exactly itself and not its neighbour's."""
    for task in suite.tasks:
        for seed in range(3):
            dataset = task.dataset(seed=seed, noise=0.01)
            assert len(dataset.train) == task.n_train
            assert len(dataset.test) == task.n_test
            assert np.isfinite(dataset.train.y).all()
        assert task.truth is not None
        assert judge(task.truth, task.truth, task.variables).word == "exact"
        name, column = next(iter(dataset.train.columns.items()))
        share = float(np.sqrt(np.mean(dataset.train.y**2) / np.mean(column**2)))
        neighbour = task.truth + share * Expression.variable(name)
        assert judge(neighbour, task.truth, task.variables).word not in ("exact", "recovered")
