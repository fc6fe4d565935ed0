"""The transformer writes whole formulas, with their likelihoods."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from srbench_transformer.encoding import encode_points, spectrum
from srbench_transformer.model import Model, Shape
from srbench_transformer.tokens import BEGIN, CODES, END, PAD, TOKENS, parse

TINY = Shape(width=16, heads=2, latents=3, encoder=1, decoder=2, inner=2)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    return Model(TINY).eval()


def read(model, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-1, 1, (1, 20, 1)), rng.normal(size=(1, 20))
    return model.read(torch.from_numpy(encode_points(x, y)), torch.from_numpy(spectrum(x, y)))


@torch.no_grad()
def test_only_whole_formulas_are_written_and_their_likelihood_is_that_of_the_model(model):
    memory = read(model)
    tokens, likelihood = model.write(memory, 200, temperature=3.0, generator=torch.Generator().manual_seed(0))
    for row, value in zip(tokens.tolist(), likelihood.tolist(), strict=True):
        text = [TOKENS[c] for c in row if c not in (PAD, END)]
        assert parse(text).tokens
        whole = torch.tensor([[BEGIN, *(CODES[t] for t in text), END]])
        scores = model(memory, whole[:, :-1]).log_softmax(2)
        assert value == pytest.approx(float(scores.gather(2, whole[:, 1:, None]).sum()), abs=1e-3)
    assert len({tuple(row) for row in tokens.tolist()}) > 20


@torch.no_grad()
def test_greedy_is_a_beam_of_one_and_wider_beams_are_likelier(model):
    memory = read(model, 1)
    greedy, likelihood = model.write(memory, 1, temperature=0.0, generator=torch.Generator())
    one, many = model.beam(memory, 1), model.beam(memory, 12)
    trimmed = [t for t in greedy[0].tolist() if t != PAD]
    assert [t for t in one[0].tolist() if t != PAD] == trimmed

    def score(row):
        whole = torch.tensor([[BEGIN, *(t for t in row.tolist() if t != PAD)]])
        return float(model(memory, whole[:, :-1]).log_softmax(2).gather(2, whole[:, 1:, None]).sum())

    scores = [score(row) for row in many]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] >= float(likelihood[0]) - 1e-4
