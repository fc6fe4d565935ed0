"""A training on disk: weights, the state of the optimiser, and what else it goes on from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from srbench_weight_decoder.files import write_tensors
from torch import nn

from srbench_lite import DataError

__all__ = ["restore", "write"]

_MODEL: Final = "model."
_OPTIMISER: Final = "optimiser."


def write(
    path: Path, module: nn.Module, optimiser: torch.optim.Optimizer, about: dict[str, Any],
    others: Mapping[str, torch.Tensor] | None = None,
) -> None:  # fmt: skip
    """Write a checkpoint, whole or not at all; `about` is kept beside the tensors as JSON, `others` among them."""
    tensors = {f"{_MODEL}{name}": tensor for name, tensor in module.state_dict().items()} | dict(others or {})
    for number, parts in optimiser.state_dict()["state"].items():
        tensors |= {f"{_OPTIMISER}{number}.{part}": torch.as_tensor(value) for part, value in parts.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, tensors, about)


def restore(
    path: Path, tensors: dict[str, torch.Tensor], module: nn.Module, optimiser: torch.optim.Optimizer
) -> None:  # fmt: skip
    """Bring a module and its optimiser to where the tensors of a checkpoint say.

    Raises:
        DataError: they are those of another module.
    """
    try:
        module.load_state_dict({n.removeprefix(_MODEL): t for n, t in tensors.items() if n.startswith(_MODEL)})
        states: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith(_OPTIMISER):
                number, part = name.removeprefix(_OPTIMISER).split(".")
                states.setdefault(int(number), {})[part] = tensor
        optimiser.load_state_dict({**optimiser.state_dict(), "state": states})
    except (RuntimeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is no checkpoint of this training: {error}") from error
