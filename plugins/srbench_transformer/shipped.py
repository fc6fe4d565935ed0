"""The weights that ship, and how models are written and read: safetensors, float16."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

import torch
from srbench_weight_decoder.files import read_tensors, write_tensors

from srbench_lite import DataError
from srbench_transformer.model import Model, Shape

__all__ = ["WEIGHTS", "load_model", "save_model"]

#: Where the package's own are.
WEIGHTS: Final = Path(__file__).parent / "weights"


def save_model(path: Path, model: Model, about: dict[str, Any]) -> None:
    """Write a model."""
    tensors = {name: tensor.to(torch.float16) for name, tensor in model.state_dict().items()}
    write_tensors(path, tensors, {"shape": asdict(model.shape), **about})


@cache
def load_model(name: str) -> Model:
    """Return a model.

    Args:
        name: of one that ships, or the path of a file.

    Raises:
        DataError: there is none, or the file is something else.
    """
    path = WEIGHTS / f"{name}.safetensors"
    if not path.is_file():
        path = Path(name)
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in WEIGHTS.glob("*.safetensors"))) or "none"
        raise DataError(f"there are no weights {name!r}; there are: {there}, or name a file")
    tensors, about = read_tensors(path)
    try:
        model = Model(Shape(**about["shape"]))
        model.load_state_dict(tensors)  # float16 becomes float32 here
    except (RuntimeError, KeyError, TypeError) as error:
        raise DataError(f"{path} holds no model of this kind: {error}") from error
    return model.eval()
