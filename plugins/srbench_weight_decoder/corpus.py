"""Corpora: many trained networks with the polynomials they were trained on, in shards, resumable.

A corpus is a folder. `corpus.json` holds the settings; `00000.safetensors`, `00001.safetensors`, ... hold the networks.
A shard depends on the settings and its number only, so that a killed run goes on with the shards that are missing, and
the bytes do not depend on how many processes wrote them. A shard is written under another name and renamed when whole.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lite import DataError, UsageError, write_text
from srbench_weight_decoder.architecture import architecture
from srbench_weight_decoder.checks import check_choices, check_numbers
from srbench_weight_decoder.network_training import Recipe, chebyshev_nodes, train_networks
from srbench_weight_decoder.polynomials import family
from srbench_weight_decoder.starts import INITS, glorot_starts, polynomial_values
from srbench_weight_decoder.tensor_files import read_tensors, write_tensors
from srbench_weight_decoder.workers import worker_pool

__all__ = ["Corpus", "Settings", "digest_of", "generate", "load", "networks"]

#: Networks in a shard.
SHARD: Final = 1000
#: Networks trained at once: their state stays in the cache of a core.
_NETWORKS_AT_ONCE: Final = 500
_SETTINGS_FILE: Final = "corpus.json"
_SPLITS: Final = ("training", "validation", "held-out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a corpus is made of.

    Attributes:
        architecture: of the networks, by name.
        family: of the polynomials, by name.
        split: of the polynomials: "training", "validation" or "held-out".
        init: "shared" (the stored start), "plain" (one start of Glorot's) or "independent" (one for each network).
        networks: how many.
        seed: of the polynomials, and of the starts where they are drawn.
        precision: "float64" or "float32", in which the networks are trained; they are stored as float32.
        recipe: how they are trained.

    Raises:
        UsageError: a name is unknown or a number out of its range.
    """

    architecture: str = "sigmoid-128"
    family: str = "poly2"
    split: str = "training"
    init: str = "shared"
    networks: int = 100_000
    seed: int = 0
    precision: str = "float64"
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        architecture(self.architecture)
        family(self.family)
        check_choices(self, {"split": _SPLITS, "init": INITS, "precision": ("float64", "float32")})
        check_numbers(self, at_least={"networks": 1, "seed": 0})

    @property
    def shards(self) -> int:
        """Return how many there are."""
        return -(-self.networks // SHARD)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corpus:
    """Trained networks.

    Attributes:
        settings: what they are.
        weights: shape (n, size), float32.
        coefficients: in units of the last decimal, shape (n, terms), int64.
        mse: training errors, shape (n,), float32.
        start: digest of the stored start that they share; None where they share none.
    """

    settings: Settings
    weights: torch.Tensor
    coefficients: NDArray[np.int64]
    mse: torch.Tensor
    start: str | None


def networks(settings: Settings, start: torch.Tensor, shard: int) -> dict[str, torch.Tensor]:
    """Train the networks of one shard.

    Args:
        settings: of the corpus.
        start: the stored start of the architecture, shape (1, size), float64; used where `init` is "shared".
        shard: which one.

    Returns:
        "weights", "coefficients" (int16) and "mse", as in `Corpus`.
    """
    shape, polynomials = architecture(settings.architecture), family(settings.family)
    size = min(SHARD, settings.networks - shard * SHARD)
    rng = np.random.default_rng([settings.seed, shard])
    coefficients = polynomials.draw(size, rng, split=settings.split)
    if settings.init == "plain":
        start = glorot_starts(shape, 1, settings.seed)
    elif settings.init == "independent":
        start = glorot_starts(shape, size, int(rng.integers(2**62)))
    dtype = getattr(torch, settings.precision)
    nodes = chebyshev_nodes(settings.recipe.points)
    y = polynomial_values(polynomials.powers, polynomials.values(coefficients), nodes).to(dtype)
    weights, errors = [], []
    for first in range(0, size, _NETWORKS_AT_ONCE):
        rows = slice(first, first + _NETWORKS_AT_ONCE)
        begin = (start if len(start) == 1 else start[rows]).to(dtype)
        trained, _ = train_networks(shape, begin, nodes.to(dtype), y[rows], settings.recipe)
        stored = trained.float()
        weights.append(stored)
        off = shape.outputs(stored.to(dtype), nodes.to(dtype)) - y[rows]
        errors.append(off.square().mean(1).float())  # of the weights as stored
    return {
        "weights": torch.cat(weights),
        "coefficients": torch.from_numpy(coefficients.astype(np.int16)),
        "mse": torch.cat(errors),
    }


def generate(
    settings: Settings, start: torch.Tensor, folder: Path, *, jobs: int, advance: Callable[[int, float], None]
) -> int:
    """Write the shards that are missing.

    Args:
        settings: of the corpus.
        start: as for `networks`.
        folder: of the corpus; made if it is not there.
        jobs: processes, of one thread each.
        advance: called with the number of networks in every shard that is there or comes, and the seconds since
            the start.

    Returns:
        Networks that were trained now.

    Raises:
        UsageError: the folder holds a corpus of other settings, or something else.
    """
    _claim(settings, start, folder)
    begun = time.monotonic()
    missing = [shard for shard in range(settings.shards) if not _path(folder, shard).exists()]
    advance(settings.networks - sum(_size(settings, shard) for shard in missing), 0.0)
    trained = 0
    with worker_pool(min(jobs, len(missing))) as workers:
        waiting = {workers.submit(_write, settings, start, folder, shard): shard for shard in missing}
        try:
            for done in as_completed(waiting):
                done.result()
                size = _size(settings, waiting[done])
                trained += size
                advance(size, time.monotonic() - begun)
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise
    return trained


def load(folder: Path) -> Corpus:
    """Read a whole corpus.

    Raises:
        DataError: it is not whole, or a file is not what it says; names the file and what to do.
    """
    path = folder / _SETTINGS_FILE
    if not path.is_file():
        raise DataError(f"{folder} is no corpus: there is no {_SETTINGS_FILE}; make one with srbench-weights corpus")
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        settings = Settings(**{**stored["settings"], "recipe": Recipe(**stored["settings"]["recipe"])})
        start = stored["start"]
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    missing = [_path(folder, shard).name for shard in range(settings.shards) if not _path(folder, shard).exists()]
    if missing:
        raise DataError(
            f"{folder} is not whole: {len(missing)} of {settings.shards} shards are missing, first {missing[0]}; "
            "give the command that began it again, and it goes on"
        )
    parts = [_read(settings, folder, shard) for shard in range(settings.shards)]
    return Corpus(
        settings=settings,
        weights=torch.cat([part["weights"] for part in parts]),
        coefficients=np.concatenate([part["coefficients"].numpy() for part in parts]).astype(np.int64),
        mse=torch.cat([part["mse"] for part in parts]),
        start=start,
    )


def digest_of(start: torch.Tensor) -> str:
    """Return what tells a start from another, in hexadecimal digits."""
    return hashlib.sha256(start.numpy().tobytes()).hexdigest()


def _claim(settings: Settings, start: torch.Tensor, folder: Path) -> None:
    """Write the settings into the folder, or compare them with those there."""
    wanted: dict[str, Any] = {
        "settings": asdict(settings), "start": digest_of(start) if settings.init == "shared" else None,
    }  # fmt: skip
    path = folder / _SETTINGS_FILE
    if not path.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} exists and is no corpus; name a folder that is empty or does not exist")
        folder.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(wanted, indent=1) + "\n")
        return
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path} cannot be read: {error}; name another folder") from error
    if there == wanted:
        return
    before, after = _flat(there), _flat(wanted)
    differing = [key for key in after if before.get(key) != after[key]]
    differences = ", ".join(f"{key.split('.')[-1]} is {before.get(key)!r}, not {after[key]!r}" for key in differing)
    raise UsageError(f"{folder} holds a corpus of other settings ({differences}); name another folder")


def _flat(value: Any, key: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {key: value}
    return {k: v for name, part in value.items() for k, v in _flat(part, f"{key}.{name}").items()}


def _path(folder: Path, shard: int) -> Path:
    return folder / f"{shard:05d}.safetensors"


def _size(settings: Settings, shard: int) -> int:
    return min(SHARD, settings.networks - shard * SHARD)


def _read(settings: Settings, folder: Path, shard: int) -> dict[str, torch.Tensor]:
    path, size = _path(folder, shard), _size(settings, shard)
    shapes = {
        "weights": (size, architecture(settings.architecture).size),
        "coefficients": (size, family(settings.family).terms),
        "mse": (size,),
    }
    advice = "remove it and give the command that made it again"
    try:
        tensors, _ = read_tensors(path)
    except DataError as error:
        raise DataError(f"{error}; {advice}") from error
    present = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if present != shapes:
        raise DataError(f"{path} has the shapes {present}, not {shapes}; {advice}")
    return tensors


def _write(settings: Settings, start: torch.Tensor, folder: Path, shard: int) -> None:
    write_tensors(_path(folder, shard), networks(settings, start, shard))
