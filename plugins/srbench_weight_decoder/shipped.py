"""The weights that ship: starts, readers and the baseline, in `weights/`."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

import torch

from srbench_lite import DataError, UsageError
from srbench_weight_decoder.architecture import ARCHITECTURES, Architecture, architecture
from srbench_weight_decoder.corpus import Corpus, digest_of
from srbench_weight_decoder.head import Head
from srbench_weight_decoder.polynomials import Family, family
from srbench_weight_decoder.reader import Reader, ReaderShape
from srbench_weight_decoder.tensor_files import read_tensors, write_tensors

__all__ = [
    "WEIGHTS", "check_start", "load_reader", "load_regressor", "load_start", "reader_name", "regressor_name",
    "save_reader", "save_regressor", "save_starts",
]  # fmt: skip

#: Where the package's own are.
WEIGHTS: Final = Path(__file__).parent / "weights"
_STARTS_FILE: Final = "starts.safetensors"


def reader_name(shape: ReaderShape) -> str:
    """Return the name of a reader's file."""
    return f"{shape.family}-{shape.architecture}-{shape.reading}.safetensors"


def regressor_name(shape: Architecture, polynomials: Family) -> str:
    """Return the name of a regressor's file."""
    return f"{polynomials.name}-{shape.name}-regressor.safetensors"


def save_starts(folder: Path, starts: dict[str, torch.Tensor], about: dict[str, Any]) -> Path:
    """Write the shared starts by architecture, each of shape (1, size), float64."""
    path = folder / _STARTS_FILE
    write_tensors(path, starts, about)
    return path


@cache
def load_start(name: str, folder: Path = WEIGHTS) -> torch.Tensor:
    """Return the shared start of an architecture, shape (1, size), float64.

    Raises:
        DataError: the file is not there or does not hold it.
    """
    shape = architecture(name)
    path = folder / _STARTS_FILE
    tensors, _ = read_tensors(path)
    if name not in tensors or tensors[name].shape != (1, shape.size):
        raise DataError(f"{path} holds no start of {name}; make it with srbench-weights build")
    return tensors[name]


def check_start(held: Corpus, folder: Path) -> None:
    """Refuse networks that began elsewhere than those that the readers of a folder know.

    Raises:
        UsageError: the folder holds another start than that of the networks.
    """
    if held.start is None or not (folder / _STARTS_FILE).is_file():
        return
    if held.start != digest_of(load_start(held.settings.architecture, folder)):
        path = folder / _STARTS_FILE
        raise UsageError(
            f"these networks {held.settings.architecture} began at another start than the one in {path}: its readers "
            "cannot read them; make the corpus again"
        )


def save_reader(folder: Path, reader: Reader, about: dict[str, Any]) -> Path:
    """Write a reader: what was learned by gradients as float16, scales and what least squares found as they are."""
    tensors = {name: _narrowed(name, tensor) for name, tensor in reader.state_dict().items()}
    path = folder / reader_name(reader.shape)
    write_tensors(path, tensors, {"reader": asdict(reader.shape), **about})
    return path


@cache
def load_reader(built_family: str, architecture_name: str, reading: str, folder: Path = WEIGHTS) -> Reader:
    """Return a reader.

    Raises:
        DataError: there is none in the folder, or its file is something else.
    """
    name = reader_name(ReaderShape(family=built_family, architecture=architecture_name, reading=reading))
    path = folder / name
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in folder.glob("*-*-*.safetensors"))) or "none"
        raise DataError(f"there is no reader {path.stem} in {folder}; there are: {there}")
    tensors, about = read_tensors(path)
    try:
        reader = Reader(ReaderShape(**about["reader"]))
        reader.load_state_dict(tensors)  # float16 becomes float32 here
    except (RuntimeError, KeyError, TypeError) as error:
        raise DataError(f"{path} holds no reader: {error}") from error
    return reader.eval()


def save_regressor(folder: Path, head: Head, polynomials: Family, mean: torch.Tensor, about: dict[str, Any]) -> Path:
    """Write a regressor and the mean coefficients of its corpus, shape (terms,)."""
    tensors = {name: _narrowed(name, tensor) for name, tensor in head.state_dict().items()}
    path = folder / regressor_name(head.shape, polynomials)
    write_tensors(path, {**tensors, "mean": mean.double()}, about)
    return path


@cache
def load_regressor(family_name: str, architecture_name: str, folder: Path = WEIGHTS) -> tuple[Head, torch.Tensor]:
    """Return a regressor, and the mean coefficients of its corpus, shape (terms,), float64.

    Raises:
        DataError: there is none in the folder, or its file is something else.
    """
    shape, polynomials = ARCHITECTURES[architecture_name], family(family_name)
    path = folder / regressor_name(shape, polynomials)
    tensors, _ = read_tensors(path)
    head = Head(shape, polynomials.terms, probes=0, linear=False)
    try:
        mean = tensors.pop("mean")
        head.load_state_dict(tensors)
    except (RuntimeError, KeyError) as error:
        raise DataError(f"{path} holds no regressor: {error}") from error
    return head.eval(), mean


def _narrowed(name: str, tensor: torch.Tensor) -> torch.Tensor:
    kept = ("centre", "spread", "matrix", "unit", "probes")
    return tensor if name.split(".")[-1] in kept else tensor.half()
