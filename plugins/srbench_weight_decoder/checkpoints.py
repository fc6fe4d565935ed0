"""A training on disk: the weights of a module, the state of its optimiser, and what else the training goes on from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from srbench_lite import DataError, UsageError
from srbench_weight_decoder.tensor_files import read_tensors, write_tensors

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint"]

_OPTIMISER: Final = "optimiser."


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """A checkpoint that was read.

    Attributes:
        path: of the file.
        tensors: of the module, the optimiser and others, each under a name with a prefix.
        about: what `write_checkpoint` was given beside the tensors.
    """

    path: Path
    tensors: dict[str, torch.Tensor]
    about: dict[str, Any]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn the errors of reading something else than was written into a `DataError` that names the file."""
        try:
            yield
        except (RuntimeError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"{self.path} is no checkpoint of this training: {error}") from error

    def part(self, prefix: str) -> dict[str, torch.Tensor]:
        """Return the tensors whose names begin with a prefix, under their names without it."""
        return {n.removeprefix(prefix): tensor for n, tensor in self.tensors.items() if n.startswith(prefix)}

    def restore_module(self, module: nn.Module, name: str = "model") -> None:
        """Give a module the weights of the checkpoint.

        Raises:
            DataError: they are those of another module.
        """
        with self.reading():
            module.load_state_dict(self.part(f"{name}."))

    def restore_optimiser(self, optimiser: torch.optim.Optimizer) -> None:
        """Give an optimiser the state of the checkpoint, its rates and other settings aside.

        Raises:
            DataError: it is the state of another optimiser.
        """
        with self.reading():
            states: dict[int, dict[str, torch.Tensor]] = {}
            for name, tensor in self.part(_OPTIMISER).items():
                number, part = name.split(".")
                states.setdefault(int(number), {})[part] = tensor
            optimiser.load_state_dict({**optimiser.state_dict(), "state": states})


def read_checkpoint(path: Path | None, goes_on: Callable[[dict[str, Any]], bool]) -> Checkpoint | None:
    """Return the checkpoint of a training; None where no path is given, or no file is there.

    Args:
        path: of the file.
        goes_on: says whether the training can go on from a checkpoint, given its `about`.

    Raises:
        UsageError: the checkpoint is one of another training.
        DataError: the checkpoint cannot be read.
    """
    if path is None or not path.exists():
        return None
    checkpoint = Checkpoint(path, *read_tensors(path))
    with checkpoint.reading():
        if not goes_on(checkpoint.about):
            raise UsageError(f"{path} is the checkpoint of another training; remove it or name another file")
    return checkpoint


def write_checkpoint(
    path: Path, module: nn.Module, optimiser: torch.optim.Optimizer | None, about: dict[str, Any], *,
    name: str = "model", others: Mapping[str, torch.Tensor] | None = None,
) -> None:  # fmt: skip
    """Write a checkpoint, whole or not at all.

    Args:
        path: of the file; its folder is made if it is not there.
        module: what is trained.
        optimiser: whose state is kept; None for none.
        about: kept beside the tensors, as JSON.
        name: before the names of the module's tensors.
        others: further tensors that are kept.
    """
    tensors = {f"{name}.{part}": tensor for part, tensor in module.state_dict().items()} | dict(others or {})
    if optimiser is not None:
        for number, parts in optimiser.state_dict()["state"].items():
            tensors |= {f"{_OPTIMISER}{number}.{part}": torch.as_tensor(value) for part, value in parts.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, tensors, about)
