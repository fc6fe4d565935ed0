"""The weights that ship, and how models are written and read: safetensors, float16."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

import torch
from srbench_weight_decoder import read_tensors, write_tensors

from srbench_lite import DataError, UsageError
from srbench_transformer.baseline_network import BaselineNetwork
from srbench_transformer.denoiser import Denoiser, DenoiserShape
from srbench_transformer.model import Model, Shape

__all__ = ["WEIGHTS", "history_of", "load_baseline_network", "load_denoiser", "load_model", "save_model"]

#: Where the package's own are.
WEIGHTS: Final = Path(__file__).parent / "weights"


def save_model(path: Path, model: Model | Denoiser | BaselineNetwork, about: dict[str, Any]) -> None:
    """Write a model, a denoiser, or the network of the workshop."""
    tensors = {name: tensor.to(torch.float16) for name, tensor in model.state_dict().items()}
    shape = {} if isinstance(model, BaselineNetwork) else {"shape": asdict(model.shape)}
    write_tensors(path, tensors, shape | about)


@cache
def load_model(name: str, device: str = "cpu") -> Model:
    """Return a model.

    Args:
        name: of one that ships, or the path of a file.
        device: where it is to be.

    Raises:
        DataError: there is none, or the file is something else.
        UsageError: there is no such device here.
    """
    tensors, about, path = _read(name)
    try:
        shape = Shape(**about["shape"])
        if _fewest_numbers(shape) > sum(tensor.numel() for tensor in tensors.values()):  # before room is made for it
            raise DataError(f"{path} holds no model of this kind: it is larger than its file")
        with torch.random.fork_rng(devices=[]):  # weights are drawn before they are read
            model = Model(shape)
        model.load_state_dict(tensors)  # float16 becomes float32 here
    except (RuntimeError, KeyError, TypeError) as error:
        raise DataError(f"{path} holds no model of this kind: {error}") from error
    try:
        return model.eval().to(device)
    except (RuntimeError, AssertionError) as error:  # torch raises either
        raise UsageError(f"there is no device {device!r} here: {error}") from error


@cache
def load_denoiser(name: str, device: str = "cpu") -> tuple[Denoiser, Model]:
    """Return a denoiser, and the model whose encoder's memory it looks at.

    Args:
        name: of one that ships, or the path of a file.
        device: where both are to be.

    Raises:
        DataError: there is none, the file is something else, or the model of the encoder is not there.
        UsageError: there is no such device here.
    """
    tensors, about, path = _read(name)
    try:
        shape = DenoiserShape(**about["shape"])
        least = shape.layers * shape.inner * shape.width**2
        if least > sum(tensor.numel() for tensor in tensors.values()):  # before room is made for it
            raise DataError(f"{path} holds no denoiser: it is larger than its file")
        with torch.random.fork_rng(devices=[]):
            denoiser = Denoiser(shape)
        denoiser.load_state_dict(tensors)
        reader = str(about["course"]["reader"])
    except (RuntimeError, KeyError, TypeError) as error:
        raise DataError(f"{path} holds no denoiser: {error}") from error
    model = load_model(reader, device)
    if model.shape.width != shape.width:
        raise DataError(
            f"{path} looks at memories of width {shape.width}, but {reader!r} has width {model.shape.width}"
        )
    return denoiser.eval().to(device), model


def _fewest_numbers(shape: Shape) -> int:
    """Return how many numbers a model has at least: the latents, and a perceptron in each layer."""
    return shape.width * shape.latents + (shape.encoder + shape.decoder) * shape.inner * shape.width**2


@cache
def load_baseline_network(name: str) -> BaselineNetwork:
    """Return a network of the workshop; arguments and errors as for `load_model`."""
    tensors, _, path = _read(name)
    with torch.random.fork_rng(devices=[]):
        network = BaselineNetwork()
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise DataError(f"{path} holds no network of the workshop: {error}") from error
    return network.eval()


def history_of(name: str) -> list[dict[str, Any]]:
    """Return the curves of a model's training, entry by entry; see `TrainingLogEntry`.

    Args:
        name: of one that ships, or the path of a file.

    Raises:
        DataError: there is none, or the file is something else.
    """
    _, about, path = _read(name)
    history = about.get("history")
    if not isinstance(history, list) or not history:
        raise DataError(f"{path} holds no curves of a training")
    return history


def _read(name: str) -> tuple[dict[str, torch.Tensor], dict[str, Any], Path]:
    path = WEIGHTS / f"{name}.safetensors"
    if not path.is_file():
        path = Path(name)
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in WEIGHTS.glob("*.safetensors"))) or "none"
        raise DataError(f"there are no weights {name!r}; there are: {there}, or name a file")
    return *read_tensors(path), path
