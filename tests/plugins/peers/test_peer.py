"""What all peers share: seeds, constant targets, errors, fronts."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from places import ROOT
from srbench_peers import srbench_methods
from srbench_peers.peer import Clock, Found, Peer, pareto, writable
from stand_in_packages import some_samples

from srbench_lite import Budget, Expression, ExpressionError, FitError, Samples

README = (ROOT / "plugins" / "srbench_peers" / "README.md").read_text(encoding="utf-8").splitlines()
X = Expression.variable("length")
BUDGET = Budget(seconds=5.0)


@dataclass(frozen=True, kw_only=True)
class Echo(Peer):
    """Returns the seed, or raises."""

    name = "echo"
    summary = "a peer"
    source = "here"
    fails: bool = False

    def search(self, samples, *, seed, budget, report):
        warnings.warn("a package says something", stacklevel=1)
        if self.fails:
            raise ExpressionError("too large")
        return Found(expression=X * float(seed), predict=lambda x: (x[:, :1] * seed).astype(np.float32))


def fitted(peer: Peer, samples: Samples, seed: int = 3):
    return peer.fit(samples, seed=seed, budget=BUDGET, report=lambda expression: None)


def test_the_seed_fits_into_31_bits():
    assert fitted(Echo(), some_samples(), seed=2**62 + 5).expression == X * 5.0


def test_predictions_are_numbers_for_the_points():
    fit = fitted(Echo(), some_samples(), seed=1)

    assert fit.predictions.shape == (40,)
    assert fit.predictions.dtype == np.float64


def test_a_constant_target_is_answered_without_the_package():
    samples = Samples(variables=("x",), x=np.arange(3.0)[:, None], y=np.full(3, 4.25))

    assert fitted(Echo(fails=True), samples).expression == Expression.constant(4.25)


def test_an_answer_that_is_no_formula_is_a_failed_fit():
    with pytest.raises(FitError, match="what echo found cannot be written as a formula: too large"):
        fitted(Echo(fails=True), some_samples())


def test_warnings_of_a_package_do_not_escape():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(Echo(), some_samples())


def test_the_clock_counts_down_from_its_share():
    clock = Clock(Budget(seconds=100.0), share=0.5)

    assert 0.0 < clock.left <= clock.seconds == 50.0


def test_what_cannot_be_written_is_left_out():
    assert writable(Expression.constant, 1.0) == Expression.constant(1.0)
    assert writable(Expression.constant, float("nan")) is None


def test_the_front_has_no_dominated_formula():
    one, two, three = X, X + 1.0, X * X + 1.0
    found = [(three, 0.1), (two, 0.5), (two * 1.0, 0.5), (one, 0.9), (X * 2.0, float("nan")), (one, 0.9)]

    assert pareto(found) == (one, two, three)


@pytest.mark.parametrize("peer", srbench_methods(), ids=lambda peer: peer.name)
def test_the_tables_of_the_readme_have_each_peer_its_package_and_its_licence(peer):
    settings, replayed, *_ = (
        [cell.strip() for cell in line.split("|")[1:-1]] for line in README if line.startswith(f"| `{peer.name}` |")
    )
    package, _, version = next(r for r in peer.requirements if not r.startswith("build:")).partition("==")

    assert version in settings[1].replace(",", "").split(), f"{package} {version} is what is installed"
    assert settings[2] == peer.licence != ""
    assert replayed[2] != ""
