"""The method `goals`: what it promises, how its policy is trained, and what it says of wrong files."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors import safe_open
from srbench_goals import Goals
from srbench_goals.cli import cli
from srbench_goals.environment import TOKENS
from srbench_goals.policy import Policy, PolicyShape
from srbench_goals.rollouts import DIRECTIONS, Rollouts
from srbench_goals.shipped import WEIGHTS, load_policy, save_policy

from srbench_lite import Budget, DataError, Expression, Samples, Sampling, UsageError, judge
from srbench_lite.fitting import Deadline

DOMAIN = Sampling(low=0.3, high=2.0)


def fitted(target, *, seconds=60.0, names=("x",), seed=0, **settings):
    x = np.random.default_rng(1).uniform(0.3, 2.0, (60, len(names)))
    samples = Samples(variables=names, x=x, y=target(*x.T))
    return Goals(**settings).fit(samples, seed=seed, budget=Budget(seconds=seconds), report=lambda e: None)


@pytest.mark.parametrize(("target", "truth"), [
    (lambda x: x**3 + x**2 + x, "x**3 + x**2 + x"), (lambda x: np.sin(x) * x + x, "x*sin(x) + x"),
    (lambda x: np.log(x + 1), "log(x + 1)"),
])  # fmt: skip
def test_formulas_without_constants_are_found(target, truth):
    fit = fitted(target, most_episodes=20_000)
    assert fit.extras["exact"]
    assert judge(fit.expression, Expression.parse(truth), {"x": DOMAIN}).recovered


def test_two_variables_and_the_same_formula_from_the_same_seed():
    one, other = (fitted(lambda a, b: a * b + a, names=("a", "b"), most_episodes=8_192, seed=3) for _ in range(2))
    assert judge(one.expression, Expression.parse("a*b + a"), {"a": DOMAIN, "b": DOMAIN}).recovered
    assert str(one.expression) == str(other.expression)
    assert one.extras["episodes_until_found"] == other.extras["episodes_until_found"] <= one.extras["episodes"]


def test_a_line_through_what_came_nearest_is_the_answer_where_nothing_is_exact():
    fit = fitted(lambda x: 3.7 * np.sin(x) - 2.2, most_episodes=2_048)
    assert fit.extras["episodes_until_found"] is None
    assert fit.extras["exact"]
    assert judge(fit.expression, Expression.parse("3.7*sin(x) - 2.2"), {"x": DOMAIN}).recovered


def test_the_policy_is_worth_something_beside_chance():
    by_policy = fitted(lambda x: x**4 + x**3 + x**2 + x, most_episodes=8_192)
    by_chance = fitted(lambda x: x**4 + x**3 + x**2 + x, most_episodes=8_192, epsilon=1.0)
    assert by_policy.extras["episodes_until_found"]
    assert not by_chance.extras["episodes_until_found"]


def test_rollouts_keep_to_the_bounds_of_their_directions():
    torch.manual_seed(0)
    x = np.linspace(0.5, 2, 12)[:, None]
    rollouts = Rollouts(
        Policy(PolicyShape(points=4, hidden=4)), x, np.cosh(x[:, 0]) * 1e3, ("x",), seen=np.arange(6),
        rng=np.random.default_rng(0), temperature=1.0, epsilon=0.5, device="cpu",
    )  # fmt: skip
    assert rollouts.round(64, Deadline(float("inf"))) is None
    assert rollouts.episodes == 64
    most = max(functions for functions, _ in DIRECTIONS)
    for attempt in rollouts.attempts():
        assert sum(attempt.text.count(name) for name in ("sin", "cos", "exp", "log")) <= most
        values = Expression.parse(attempt.text)({"x": x[:, 0]})
        left = np.cosh(x[:, 0]) * 1e3 - attempt.slope * values - attempt.offset
        assert attempt.misfit == pytest.approx(left.var() / (np.cosh(x[:, 0]) * 1e3).var(), abs=1e-9)


@pytest.mark.parametrize(("name", "value"), [
    ("episodes", 0), ("most_episodes", -1), ("temperature", 0.0), ("epsilon", 1.5), ("points", 1),
])  # fmt: skip
def test_wrong_options_are_named(name, value):
    with pytest.raises(UsageError, match=f"{name} must be .*, got"):
        Goals(**{name: value})


def test_a_training_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    options = ["train", "--steps", "12", "--batch", "64", "--episodes", "24", "--points", "5", "--longest", "9",
               "--width", "8", "--hidden", "8", "--every", "4"]  # fmt: skip
    whole = CliRunner().invoke(cli, [*options, "--out", str(tmp_path / "whole.safetensors")])
    assert whole.exit_code == 0, whole.output
    from srbench_goals import training

    def stops_at_the_second(path, *arguments, **others):
        write(path, *arguments, **others)
        if arguments[2]["step"] == 8:
            raise KeyboardInterrupt

    write = training.write_checkpoint
    monkeypatch.setattr(training, "write_checkpoint", stops_at_the_second)
    CliRunner().invoke(cli, [*options, "--out", str(tmp_path / "part.safetensors")])
    assert not (tmp_path / "part.safetensors").exists()
    monkeypatch.setattr(training, "write_checkpoint", write)
    again = CliRunner().invoke(cli, [*options, "--out", str(tmp_path / "part.safetensors")])
    assert "12/12" in again.output
    assert "4/12" not in again.output
    with safe_open(tmp_path / "whole.safetensors", "pt") as one, safe_open(tmp_path / "part.safetensors", "pt") as two:
        assert all(torch.equal(one.get_tensor(name), two.get_tensor(name)) for name in one.keys())  # noqa: SIM118
    other = CliRunner().invoke(cli, [*options, "--rate", "0.5", "--out", str(tmp_path / "part.safetensors")])
    assert isinstance(other.exception, UsageError)


def test_what_ships_is_small_and_wrong_files_are_named(tmp_path):
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) < 1_000_000
    with pytest.raises(DataError, match=r"weights 'nothing' are neither shipped \(known: goals"):
        load_policy("nothing")
    (tmp_path / "text.safetensors").write_text("nothing of the kind")
    with pytest.raises(DataError, match=r"text\.safetensors cannot be read"):
        load_policy(str(tmp_path / "text.safetensors"))
    policy = Policy(PolicyShape(points=4, hidden=4))
    save_policy(tmp_path / "small.safetensors", policy, {})
    assert load_policy(str(tmp_path / "small.safetensors")).shape == policy.shape
    policy.shape = PolicyShape(points=4_000, hidden=4)
    save_policy(tmp_path / "large.safetensors", policy, {})
    with pytest.raises(DataError, match=r"large\.safetensors holds no policy: it is larger than its file"):
        load_policy(str(tmp_path / "large.safetensors"))


def test_every_token_has_a_logit():
    policy = load_policy("goals")
    assert policy.of_all[-1].out_features == len(TOKENS)
