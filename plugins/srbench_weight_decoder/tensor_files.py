"""Tensors in safetensors files with one entry of metadata, written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from srbench_lite import DataError, write_bytes

__all__ = ["read_tensors", "write_tensors"]

_MAX_REASON: Final = 300  # characters of what is wrong with a file; the library quotes its head


def write_tensors(path: Path, tensors: dict[str, torch.Tensor], about: dict[str, Any] | None = None) -> None:
    """Write tensors as safetensors, whole or not at all; the same tensors give the same bytes.

    `about` becomes one entry of the metadata, as JSON: several would stand in an order of chance.
    """
    metadata = {"about": json.dumps(about, sort_keys=True)} if about is not None else None
    write_bytes(path, save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata))


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read what `write_tensors` wrote.

    Raises:
        DataError: the file is not there or is something else.
    """
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
            metadata = file.metadata() or {}
        about = json.loads(metadata.get("about", "{}"))
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read: {str(error)[:_MAX_REASON]}") from error
    if not isinstance(about, dict):
        raise DataError(f"{path} cannot be read: what it says of itself is no object")
    return tensors, about
