"""`srbench conform`."""

from __future__ import annotations

import json
import sys

import pytest
from places import HOSTILE, SUPPORT


def test_conform_says_what_is_wrong_and_what_to_do(srbench):
    good = srbench("conform", "good", "--plugin", str(HOSTILE), "--check", "returns-a-fit")
    bad = srbench("conform", "returns-text", "--plugin", str(HOSTILE), "--check", "returns-a-fit")
    dead = srbench("conform", "exits", "--plugin", str(HOSTILE), "--check", "returns-a-fit")

    assert (good.code, bad.code, dead.code) == (0, 1, 1)
    assert good.out.splitlines()[-1].startswith("good: conforms; 1 passed, ")
    assert "must return a Fit, got str" in bad.out
    assert "    do:  return Fit(expression=...) with an Expression" in bad.out
    assert bad.out.splitlines()[-1].startswith("returns-text: 1 of 1 checks did not pass")
    assert "exit code 3" in dead.out
    assert "run_check(check, method)" in dead.out


RANDOM = """
from dataclasses import dataclass
from srbench_lite import Capabilities, Expression, Fit, Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Dice(Method):
    name, summary, source = "dice", "a random number", "tests"
    capabilities = Capabilities(deterministic=False)

    def fit(self, samples, *, seed, budget, report):
        print("rolled")
        return Fit(expression=Expression.constant(float(samples.y[0])))

@hookimpl
def srbench_methods():
    return [Dice()]
"""


def test_what_was_not_promised_is_skipped_and_programs_read_it(srbench, tmp_path):
    (tmp_path / "dice.py").write_text(RANDOM)
    checks = ("--check", "repeats-itself", "--check", "constant-target")
    said = srbench("conform", "dice", "--plugin", "dice.py", *checks, "--json")
    told = json.loads(said.out)

    assert said.code == 1
    assert not told["conforms"]
    skipped, noisy = told["checks"]
    assert (skipped["result"], skipped["why"]) == ("skipped", "the method says that it is not deterministic")
    assert (noisy["result"], noisy["why"]) == ("FAIL", "the method wrote 7 bytes to standard output or error")
    assert noisy["remedy"].startswith("turn the package's verbosity off")


def test_an_unknown_check_is_named(srbench):
    said = srbench("conform", "neuron", "--check", "one-pint")

    assert said.code == 2
    assert "unknown check 'one-pint'. Did you mean: one-point?" in said.err


@pytest.fixture(name="of_others")
def _of_others(srbench, monkeypatch):
    """`srbench conform sklearn:...` of an estimator that stands beside the tests."""
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
    return lambda name, *more: srbench("conform", f"sklearn:{name}", *more)


@pytest.mark.parametrize("more", [(), ("--python", f"sklearn:stand_in_estimators:Linear={sys.executable}")])
def test_a_regressor_of_others_is_checked_wherever_it_runs(of_others, more):
    checks = ("--check", "refuses-nonsense", "--check", "formula-is-the-prediction")
    said = of_others("stand_in_estimators:Linear", *checks, *more)
    assert (said.code, said.err) == (0, "")
    assert "2 passed" in said.out


def test_its_parameters_are_set(of_others):
    said = of_others("stand_in_estimators:Linear", "--check", "returns-a-fit", "--set", "Linear.alpha=-1")
    assert said.code == 1
    assert "refuses {'alpha': -1}: alpha must be at least 0, got -1" in said.out


def test_what_is_not_installed_is_not_checked(of_others):
    said = of_others("no_such_package:Class")
    assert (said.code, said.out) == (2, "")
    assert "sklearn:no_such_package:Class cannot run: there is no module no_such_package" in said.err
    assert "srbench env add no_such_package" in said.err
