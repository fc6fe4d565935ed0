"""The method `planning`: its tree against a search through everything, its rewards, and what it promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_transformer import Planning
from srbench_transformer.encoding import encode_points, spectrum
from srbench_transformer.model import Model, Shape
from srbench_transformer.planning import PrefixTree, Written, complete, log_reward, published_reward
from srbench_transformer.tokens import ARITY, BEGIN, CODES, END, TOKENS, parse

from srbench_lite import Budget, Samples, UsageError

TINY = Shape(width=16, heads=2, latents=3, encoder=1, decoder=2, inner=2)
X, Y, SIN, PLUS = (CODES[token] for token in ("x1", "x2", "sin", "+"))


def missing(prefix):
    """Return how many arguments are still to be written."""
    return 1 + sum(ARITY[code] - 1 for code in prefix)


def greedy(prefix, chances, longest=7):
    """Write a beginning to its likeliest end; chances of a token depend on what came before it."""
    tokens, children = list(prefix), []
    while missing(tokens):
        allowed = [code for code in (X, Y, SIN, PLUS) if missing([*tokens, code]) <= longest - len(tokens) - 1]
        ranked = sorted(((code, chances(tuple(tokens), code)) for code in allowed), key=lambda pair: -pair[1])
        children.append(tuple(ranked))
        tokens.append(ranked[0][0])
    return Written(prefix=tuple(prefix), tokens=tuple(tokens), children=tuple(children))


def some_chances(seed):
    def chance(prefix, code):
        return float(np.random.default_rng([seed, len(prefix), *prefix, code]).uniform(0.01, 1))

    return chance


def every_formula(longest=7):
    """Return all formulas of the four tokens up to a length."""
    found, begun = [], [()]
    while begun:
        prefix = begun.pop()
        for code in (X, Y, SIN, PLUS):
            longer = (*prefix, code)
            if missing(longer) == 0:
                found.append(longer)
            elif missing(longer) <= longest - len(longer):
                begun.append(longer)
    return found


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), batch=st.integers(1, 40), exploration=st.floats(0, 5))
def test_every_formula_is_written_once_and_then_there_is_nothing_more(seed, batch, exploration):
    tree, chances, seen = PrefixTree(exploration), some_chances(seed), []
    while prefixes := tree.choose(batch):
        assert len(prefixes) <= batch
        assert len(set(prefixes)) == len(prefixes)
        for written in [greedy(prefix, chances) for prefix in prefixes]:
            seen.append(written.tokens)
            tree.enter(written, float(np.random.default_rng([seed, *written.tokens]).uniform(-2, 1)))
    assert len(seen) == len(set(seen))
    assert set(seen) == set(every_formula())


def test_the_child_with_the_largest_bound_is_chosen_and_the_maximum_is_handed_up():
    tree = PrefixTree(1.0)
    assert tree.choose(5) == [()]
    chances = {(): ((SIN, 0.6), (X, 0.3), (Y, 0.1)), (SIN,): ((X, 0.9), (Y, 0.1))}
    tree.enter(Written(prefix=(), tokens=(SIN, X), children=(chances[()], chances[(SIN,)])), 0.5)
    assert tree.choose(1) == [(SIN, Y)]  # visits 1: ln 1 = 0, so the reward alone counts, and sin has 0.5
    tree.enter(Written(prefix=(SIN, Y), tokens=(SIN, Y), children=()), 0.9)
    assert tree.choose(1) == [(X,)]  # below sin all is known; the likelier of the others
    tree.enter(Written(prefix=(X,), tokens=(X,), children=()), -2.0)
    assert tree.choose(3) == [(Y,)]
    assert tree.choose(3) == []


def test_exploration_turns_to_what_is_rare():
    """With a reward of 0.5 below sin, a token of chance 0.4 is chosen first where beta is large, last where it is 0."""

    def second_choice(exploration):
        tree = PrefixTree(exploration)
        tree.choose(1)
        inner = ((X, 0.8), (Y, 0.2), (PLUS, 0.1))
        tree.enter(Written(prefix=(), tokens=(SIN, X), children=(((SIN, 0.5), (X, 0.4)), inner)), 0.5)
        tree.enter(Written(prefix=tree.choose(1)[0], tokens=(SIN, Y), children=()), 0.5)
        return tree.choose(1)[0]

    assert second_choice(0.0) == (SIN, PLUS)
    assert second_choice(50.0) == (X,)


def test_rewards_are_those_of_the_paper_and_one_that_does_not_saturate():
    assert published_reward(0.0, 0, 0.1) == pytest.approx(1.1)
    assert published_reward(1.0, 200, 0.1) == pytest.approx(0.5 + 0.1 / math.e)
    assert published_reward(math.inf, 5, 0.1) == log_reward(math.inf, 5, 0.1) == -2
    assert log_reward(1e-6, 0, 0.1) == pytest.approx(0.6)
    assert log_reward(0.0, 0, 0.0) == 1.0
    assert log_reward(1e300, 0, 0.0) == -1.0
    assert log_reward(1e-4, 9, 0.1) - log_reward(1e-2, 9, 0.1) > 10 * (
        published_reward(1e-4, 9, 0.1) - published_reward(1e-2, 9, 0.1)
    )


@torch.no_grad()
def test_a_model_writes_beginnings_to_their_likeliest_ends():
    torch.manual_seed(1)
    model = Model(TINY).eval()
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (1, 20, 1)), rng.normal(size=(1, 20))
    memory = model.read(torch.from_numpy(encode_points(x, y)), torch.from_numpy(spectrum(x, y)))
    plus, exp, x1 = CODES["+"], CODES["exp"], CODES["x1"]
    prefixes = [(), (plus,), (exp, x1), (plus, exp, x1)]
    for written, prefix in zip(complete(model, memory, prefixes, 3), prefixes, strict=True):
        assert written.tokens[: len(prefix)] == prefix
        assert parse(written.skeleton).tokens
        assert len(written.children) == len(written.tokens) - len(prefix)
        for step, (token, children) in enumerate(zip(written.tokens[len(prefix) :], written.children, strict=True)):
            before = torch.tensor([[BEGIN, *written.tokens[: len(prefix) + step]]])
            chances = model(memory, before)[0, -1].softmax(0)
            assert token == children[0][0] == int(chances.argmax())
            assert [chance for _, chance in children] == pytest.approx(
                chances.topk(len(children)).values.tolist(), abs=1e-5
            )
            assert END not in {code for code, _ in children}


@pytest.mark.parametrize(("reward", "target"), [
    ("published", lambda x: np.tanh(2 * x) + x**2), ("log", lambda x: x / (x**2 + 1.5)),
])  # fmt: skip
def test_the_method_finds_a_formula_and_repeats_itself(reward, target):
    x = np.linspace(-2, 2, 60)
    samples = Samples(variables=("x",), x=x[:, None], y=target(x))
    method = Planning(reward=reward, batch=16)
    one, other = (method.fit(samples, seed=3, budget=Budget(seconds=60), report=lambda e: None) for _ in range(2))
    assert str(one.expression) == str(other.expression)
    assert one.extras["exact"]
    assert one.extras["fits_until_exact"] == other.extras["fits_until_exact"] <= one.extras["fits"]


@pytest.mark.parametrize(("name", "value"), [
    ("width", 1), ("exploration", -1.0), ("reward", "best"), ("short", -0.1), ("batch", 0), ("points", 1),
])  # fmt: skip
def test_wrong_options_are_named(name, value):
    with pytest.raises(UsageError, match=f"{name} must be .*, got"):
        Planning(**{name: value})


def test_all_tokens_of_formulas_can_be_children():
    assert sum(arity >= 0 for arity in ARITY) == len(TOKENS) - 3 == 16
