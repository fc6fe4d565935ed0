"""The weights that ship load as they did, and models are written and read."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
import torch
from srbench_transformer.baseline_network import BaselineNetwork
from srbench_transformer.denoiser import Denoiser, DenoiserShape
from srbench_transformer.diffusion import sample
from srbench_transformer.encoding import encode_points, spectrum
from srbench_transformer.model import Model, Shape
from srbench_transformer.shipped import (
    WEIGHTS,
    history_of,
    load_baseline_network,
    load_denoiser,
    load_model,
    save_model,
)
from srbench_transformer.tokens import END, PAD, TOKENS
from srbench_weight_decoder import write_tensors

from srbench_lite import DataError
from srbench_lite.fitting import Deadline


def test_the_weights_are_those_of_the_model_card():
    card = (WEIGHTS.parent / "MODEL_CARD.md").read_text(encoding="utf-8")
    files = sorted(WEIGHTS.glob("*.safetensors"))
    assert [path.stem for path in files] == ["base", "diffusion", "workshop"]
    for path in files:
        assert hashlib.sha256(path.read_bytes()).hexdigest() in card


def test_the_model_that_ships_reads_a_sine():
    x = np.linspace(-3, 3, 64)[None, :, None]
    y = np.sin(2 * x[..., 0])
    model = load_model("base")
    with torch.no_grad():
        memory = model.read(torch.from_numpy(encode_points(x, y)), torch.from_numpy(spectrum(x, y)))
        tokens, _ = model.write(memory, 1, temperature=0.0, generator=torch.Generator())
    assert [TOKENS[code] for code in tokens[0].tolist() if code not in (PAD, END)] == ["sin", "x1"]
    assert history_of("base")[-1]["step"] == 9_500
    assert set(history_of("base")[0]) == {"step", "loss", "validation", "greedy", "sampled", "seconds"}


def test_a_model_is_written_in_half_precision_and_read_back(tmp_path):
    torch.manual_seed(0)
    model = Model(Shape(width=16, heads=2, latents=3, encoder=1, decoder=1))
    save_model(tmp_path / "own.safetensors", model, {"course": {"seed": 3}})
    again = load_model(str(tmp_path / "own.safetensors"))
    assert again.shape == model.shape
    for name, tensor in model.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor.half().float()), name


def test_weights_that_are_not_there_or_of_something_else_are_refused(tmp_path):
    with pytest.raises(DataError, match="there are no weights 'nothing'; there are: base, diffusion, workshop"):
        load_model("nothing")
    with pytest.raises(DataError, match="holds no model of this kind"):
        load_model("workshop")
    assert isinstance(load_baseline_network("workshop"), BaselineNetwork)


def test_the_denoiser_that_ships_draws_a_sine():
    x = np.linspace(-3, 3, 64)[None, :, None]
    y = np.sin(2 * x[..., 0])
    denoiser, model = load_denoiser("diffusion")
    assert model is load_model("base", "cpu")
    with torch.no_grad():
        memory = model.read(torch.from_numpy(encode_points(x, y)), torch.from_numpy(spectrum(x, y)))
    drawn = sample(
        denoiser, memory, 24, variables=1, steps=16, generator=torch.Generator().manual_seed(0),
        deadline=Deadline(math.inf),
    )  # fmt: skip
    assert ("sin", "x1") in drawn[:4]
    assert set(history_of("diffusion")[0]) == {"step", "loss", "validation", "seconds"}
    assert (WEIGHTS / "diffusion.safetensors").stat().st_size < 3_000_000


def test_a_denoiser_is_written_in_half_precision_and_read_back(tmp_path):
    shape = DenoiserShape(width=16, heads=2, layers=1, inner=1, embedding=4)
    path, reader = tmp_path / "own.safetensors", tmp_path / "reader.safetensors"
    torch.manual_seed(0)
    save_model(reader, Model(Shape(width=16, heads=2, latents=3, encoder=1, decoder=1)), {})
    denoiser = Denoiser(shape)
    save_model(path, denoiser, {"course": {"reader": str(reader)}})
    again, model = load_denoiser(str(path))
    assert again.shape == shape
    assert model is load_model(str(reader), "cpu")
    for name, tensor in denoiser.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor.half().float()), name
    save_model(tmp_path / "other.safetensors", denoiser, {"course": {"reader": "base"}})
    with pytest.raises(DataError, match="looks at memories of width 16, but 'base' has width 128"):
        load_denoiser(str(tmp_path / "other.safetensors"))
    save_model(tmp_path / "nobody.safetensors", denoiser, {})
    for name in ("base", "workshop", str(tmp_path / "nobody.safetensors")):
        with pytest.raises(DataError, match="holds no denoiser"):
            load_denoiser(name)


def test_a_denoiser_that_says_it_is_larger_than_its_file(tmp_path):
    path = tmp_path / "a.safetensors"
    write_tensors(path, {"a": torch.zeros(3)}, {"shape": {"width": 100_000, "heads": 1}})
    with pytest.raises(DataError, match="it is larger than its file"):
        load_denoiser(str(path))


def test_a_file_that_says_it_is_larger_than_it_is(tmp_path):
    """No room is made for a model of terabytes because some bytes say so."""
    path = tmp_path / "a.safetensors"
    write_tensors(path, {"a": torch.zeros(3)}, {"shape": {"width": 100_000, "heads": 1}})
    with pytest.raises(DataError, match="it is larger than its file"):
        load_model(str(path))
