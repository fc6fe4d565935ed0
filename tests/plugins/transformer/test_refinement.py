"""The method `refined`: what is learned becomes likelier, the model that ships stays as it is, and fits repeat."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from srbench_transformer import Refined
from srbench_transformer.encoding import encode_points, spectrum
from srbench_transformer.model import Model, Shape
from srbench_transformer.refinement import Refinement
from srbench_transformer.shipped import save_model
from srbench_transformer.tokens import BEGIN, CODES, END, LONGEST

from srbench_lite import Budget, Samples, UsageError

TINY = Shape(width=16, heads=2, latents=3, encoder=1, decoder=2, inner=2)
QUEUE = [("sin", "x1"), ("+", "x1", "exp", "x1")]


@pytest.fixture(name="model")
def _model():
    torch.manual_seed(1)
    return Model(TINY).eval()


@pytest.fixture(name="memory")
def _memory(model):
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (1, 20, 1)), rng.normal(size=(1, 20))
    with torch.no_grad():
        return model.read(torch.from_numpy(encode_points(x, y)), torch.from_numpy(spectrum(x, y)))


@torch.no_grad()
def nats(model, memory, skeleton):
    """Return the negative log likelihood of a skeleton, token by token with the model as a whole: an oracle."""
    whole = torch.tensor([[BEGIN, *(CODES[token] for token in skeleton), END]])
    scores = model(memory, whole[:, :-1]).log_softmax(2)
    return -float(scores.gather(2, whole[:, 1:, None]).sum())


@torch.no_grad()
def entropy(model, memory):
    chances = model(memory, torch.tensor([[BEGIN]]))[0, 0].softmax(0)
    return -float((chances * chances.clamp_min(1e-30).log()).sum())


def test_what_is_learned_becomes_likelier_and_the_model_itself_stays(model, memory):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    refinement = Refinement(model, memory, rate=1e-2, entropy=0.0)
    first = [nats(refinement.model, memory, skeleton) for skeleton in QUEUE]
    with torch.no_grad():  # as a search has it
        refinement.learn(QUEUE, 60)
    assert sum(nats(refinement.model, memory, skeleton) for skeleton in QUEUE) < sum(first) / 3
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name])
    changed = {
        name.partition(".")[0]
        for name, tensor in refinement.model.state_dict().items()
        if not torch.equal(tensor, before[name])
    }
    assert changed == {"writing", "written_norm", "logits"}


def test_entropy_keeps_the_model_from_being_sure(model, memory):
    left = []
    for share in (0.0, 0.5):
        refinement = Refinement(model, memory, rate=1e-2, entropy=share)
        refinement.learn(QUEUE[:1], 80)
        left.append(entropy(refinement.model, memory))
    assert left[1] > left[0] + 0.3


def test_learning_goes_on_where_a_token_is_not_allowed(model, memory):
    """A formula of the longest length leaves most tokens out at its end; their chances of 0 spoil no gradient."""
    refinement = Refinement(model, memory, rate=1e-2, entropy=0.1)
    longest = (*("+", "x1") * 14, "sin", "x1")
    refinement.learn([longest, ("x1",)], 3)
    assert len(longest) == LONGEST
    assert all(bool(torch.isfinite(tensor).all()) for tensor in refinement.model.state_dict().values())


@pytest.mark.parametrize("breed", [0, 16])
def test_the_method_finds_a_formula_and_repeats_itself(tmp_path, model, breed):
    path = tmp_path / "own.safetensors"
    save_model(path, model, {})
    x = np.linspace(-2, 2, 60)[:, None]
    samples = Samples(variables=("x",), x=x, y=3.0 * x[:, 0] ** 2 - 1.0)
    method = Refined(weights=str(path), samples=48, breed=breed)
    one, other = (method.fit(samples, seed=3, budget=Budget(seconds=20), report=lambda e: None) for _ in range(2))
    assert str(one.expression) == str(other.expression) == "3*x**2 - 1"
    assert one.extras["exact"]
    assert one.extras["fits"] == other.extras["fits"]


@pytest.mark.parametrize(("name", "value"), [
    ("samples", 0), ("queue", 0), ("steps", 0), ("breed", -1), ("rate", 0.0), ("entropy", -1.0), ("temperature", 0.0),
    ("points", 65),
])  # fmt: skip
def test_wrong_options_are_named(name, value):
    with pytest.raises(UsageError, match=f"{name} must be .*, got"):
        Refined(**{name: value})
