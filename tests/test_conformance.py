"""Every installed method passes every check of the conformance kit; every installed task can be drawn and judged."""

from __future__ import annotations

import numpy as np
import pytest

from srbench_lite.judging.judge import judge
from srbench_lite.methods.discovery import discover
from srbench_lite.testing import METHOD_CHECKS, run_check

REGISTRY = discover()
#: Less of the same work, where a fit takes a quarter of a minute: all of it is done where slow tests are.
LESS = {"lstm": {"most_steps": 1000, "max_terms": 2, "pairs": 10, "swaps": 0}}


def test_every_plugin_works():
    assert not REGISTRY.broken
    assert {"lasso"} <= set(REGISTRY.methods)
    assert {"sin", "composite", "poly2"} <= set(REGISTRY.suites)


@pytest.mark.parametrize("method", REGISTRY.methods.values(), ids=lambda method: method.name)
@pytest.mark.parametrize("check", METHOD_CHECKS, ids=lambda check: check.name)
def test_method(method, check):
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
        assert judge(task.truth + 0.5 * next(iter(map(type(task.truth).variable, task.variables))), task.truth,
                     task.variables).word not in ("exact", "recovered")  # fmt: skip
