"""Files written whole or not at all, and safetensors with one entry of metadata."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from srbench_lite import DataError

__all__ = ["read_tensors", "write_bytes", "write_tensors", "write_text"]


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file under another name in its folder, and rename it when it is whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, as `write_bytes` does."""
    write_bytes(path, text.encode())


def write_tensors(path: Path, tensors: dict[str, torch.Tensor], about: dict[str, Any] | None = None) -> None:
    """Write tensors as safetensors, as `write_bytes` does; the same tensors give the same bytes.

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
    except (SafetensorError, OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    return tensors, about
