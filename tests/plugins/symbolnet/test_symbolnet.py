"""The method `symbolnet`: shares that reach their targets, inputs that matter, and what it promises."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from srbench_symbolnet import SymbolNet
from srbench_symbolnet.network import KINDS, Networks
from srbench_symbolnet.pipeline import targets_of
from srbench_symbolnet.training import train

from srbench_lite import Budget, Expression, Samples, Sampling, UsageError, judge
from srbench_lite.fitting import Deadline

NAMES = tuple(f"v{k}" for k in range(12))


def points(target, inputs=12, n=150):
    x = np.random.default_rng(5).uniform(-2, 2, (n, inputs))
    return x, target(x)


def fitted(target, inputs=12, **settings):
    x, y = points(target, inputs)
    samples = Samples(variables=NAMES[:inputs], x=x, y=y)
    return SymbolNet(**settings).fit(samples, seed=1, budget=Budget(seconds=60), report=lambda e: None)


def test_inputs_that_do_not_matter_are_left_out_and_the_same_seed_gives_the_same_formula():
    one, other = (fitted(lambda x: x[:, 2] * x[:, 9] + 0.5 * x[:, 4], rounds=1) for _ in range(2))
    assert set(one.expression.variables) == {"v2", "v9", "v4"}
    domain = {name: Sampling(low=-2, high=2) for name in NAMES}
    assert judge(one.expression, Expression.parse("v2*v9 + 0.5*v4"), domain).recovered
    assert str(one.expression) == str(other.expression)


def trained(pruning, steps, looks=2, taken=None):
    """Return networks after some looks at them, their targets, and their errors at each."""
    x, y = points(lambda x: np.sin(x[:, 1]) + x[:, 3] * x[:, 7] / 2)
    method = SymbolNet(pruning=pruning)
    networks = Networks(
        4, 12, ("sin", "exp", "square", "tanh") * 2, 4, torch.full((4, 16), 0.8, dtype=torch.float64),
        torch.Generator().manual_seed(0),
    )  # fmt: skip
    targets = targets_of(method, networks)
    inputs, outputs = torch.from_numpy(x), torch.from_numpy(y / y.std())
    errors = train(
        networks, inputs, outputs, targets, steps=steps, one_shot=pruning == "one-shot", looks=looks,
        deadline=Deadline(math.inf),
    )  # fmt: skip
    errors = list(itertools.islice(errors, taken))
    return networks, targets, errors


@pytest.mark.parametrize("pruning", ["adaptive", "one-shot"])
def test_shares_reach_their_targets_and_do_not_pass_them(pruning):
    networks, targets, errors = trained(pruning, 1_200)
    shares = networks.masks().shares()
    assert len(errors) == 2
    for kind in KINDS:
        assert shares[kind].tolist() == pytest.approx(getattr(targets, kind).tolist(), abs=0.02)


def test_nothing_is_pruned_before_the_warm_up_is_over():
    networks, _, _ = trained("adaptive", 200, looks=20, taken=1)
    assert networks.masks().shares()["inputs"].max() == 0
    assert all(each.min() >= 0 for some in networks.thresholds.values() for each in some)


def test_few_inputs_are_all_kept():
    networks = Networks(2, 2, ("sin",) * 3, 2, torch.ones(2, 7, dtype=torch.float64), torch.Generator())
    targets = targets_of(SymbolNet(), networks)
    assert targets.inputs.tolist() == [0, 0]
    assert targets.functions.tolist() == [2 / 3, 2 / 3]
    kept = (1 - targets.weights[0].item()) * sum(each[0].numel() for each in networks.thresholds["weights"])
    assert kept == pytest.approx(10)


@pytest.mark.parametrize(("name", "value"), [
    ("networks", 0), ("steps", 0), ("rounds", -1), ("pruning", "none"), ("inputs", 1.0), ("pruned", -0.1),
])  # fmt: skip
def test_wrong_options_are_named(name, value):
    with pytest.raises(UsageError, match=f"{name} must be .*, got"):
        SymbolNet(**{name: value})
