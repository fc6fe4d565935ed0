"""What the denoiser learns from: functions of the generator, read once by the frozen encoder and kept on disk.

The encoder does not learn, so what it makes of a function can be looked at in every epoch. A pool of some hundred
thousand functions is drawn chunk by chunk, each chunk a file that depends on the seed and its number only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from srbench_weight_decoder import read_tensors, worker_pool, write_tensors

from srbench_lite import DataError, UsageError
from srbench_transformer.shipped import load_model
from srbench_transformer.tokens import PAD
from srbench_transformer.training import draw_chunk

__all__ = ["ReadFunctions", "pool", "read_functions", "write_chunk"]

#: Functions that the encoder reads at once.
_BATCH: Final = 256
#: Share of functions of two variables.
_TWO: Final = 0.4
_CHUNKS_AHEAD: Final = 2
#: Points that are shown of a function of the validation split.
_VALIDATION_POINTS: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class ReadFunctions:
    """Functions as the denoiser sees them.

    Attributes:
        memory: what the encoder makes of their points, shape (B, latents, width), float32.
        tokens: of their skeletons without "begin" and "end", then "pad", shape (B, longest), int64.
    """

    memory: torch.Tensor
    tokens: torch.Tensor

    @property
    def lengths(self) -> torch.Tensor:
        """Return the tokens of each skeleton, shape (B,)."""
        return (self.tokens != PAD).sum(1)

    def rows(self, rows: torch.Tensor) -> ReadFunctions:
        """Return some of them, by their places, the tokens cut where the longest ends."""
        some = ReadFunctions(self.memory[rows].float(), self.tokens[rows].long())
        return ReadFunctions(some.memory, some.tokens[:, : int(some.lengths.max())])


def read_functions(reader: str, seed: int, number: int, count: int, *, split: str = "training") -> ReadFunctions:
    """Draw functions and let the encoder read them.

    Args:
        reader: the model whose encoder reads, by name, or the path of a file.
        seed: of the training.
        number: of the chunk.
        count: functions, a multiple of 256 or fewer than that.
        split: of their skeletons; other than those of the training split are without noise and shown at 64 points.
    """
    model = load_model(reader)
    batch = min(count, _BATCH)
    is_training = split == "training"
    batches = draw_chunk(
        seed, number, count // batch, batch, _TWO, split=split, noisy=is_training,
        shown=None if is_training else _VALIDATION_POINTS,
    )  # fmt: skip
    with torch.no_grad():
        memories = [model.read(torch.from_numpy(b.features), torch.from_numpy(b.spectrum)) for b in batches]
    tokens = torch.cat([torch.from_numpy(b.tokens) for b in batches])[:, 1:-1]
    tokens = torch.where(tokens > 2, tokens, PAD)  # "end" is where they end
    return ReadFunctions(torch.cat(memories), tokens)


def pool(
    folder: Path, reader: str, seed: int, chunks: int, size: int, first: int, last: int
) -> Iterator[ReadFunctions]:  # fmt: skip
    """Yield a chunk for each place from `first` to before `last`, one after another, in circles.

    Chunks that are not there yet are drawn by another process and written to the folder.

    Args:
        folder: of the files; made if it is not there.
        reader: the model whose encoder reads, by name, or the path of a file.
        seed: of the training.
        chunks: of the pool.
        size: functions of a chunk.
        first: place at which to begin.
        last: place before which to end.

    Raises:
        UsageError: a file is one of another pool.
        DataError: a file cannot be read.
    """
    about: dict[str, str | int] = {"reader": reader, "seed": seed}
    folder.mkdir(parents=True, exist_ok=True)
    with worker_pool(1) as workers:
        waiting: deque[tuple[Path, Future[None] | None]] = deque()
        following = first
        while waiting or following < last:
            while len(waiting) <= _CHUNKS_AHEAD and following < last:
                number = following % chunks
                path = folder / f"{number:04}.safetensors"
                queued = any(other == path for other, _ in waiting)
                job = None if path.exists() or queued else workers.submit(write_chunk, path, about, number, size)
                waiting.append((path, job))
                following += 1
            path, job = waiting.popleft()
            if job is not None:
                job.result()
            yield _chunk(path, about, size)


def write_chunk(path: Path, about: dict[str, str | int], number: int, size: int) -> None:
    """Draw a chunk of the pool and write it.

    Args:
        path: of the file.
        about: "reader" and "seed", as for `read_functions`.
        number: of the chunk.
        size: functions of it, a multiple of 256 or fewer than that.
    """
    torch.set_num_threads(1)
    drawn = read_functions(str(about["reader"]), int(about["seed"]), number, size)
    tensors = {"memory": drawn.memory.half(), "tokens": drawn.tokens.to(torch.int8)}
    write_tensors(path, tensors, {**about, "number": number})


def _chunk(path: Path, about: dict[str, str | int], size: int) -> ReadFunctions:
    tensors, said = read_tensors(path)
    try:
        chunk = ReadFunctions(tensors["memory"], tensors["tokens"])
    except KeyError as error:
        raise DataError(f"{path} is no chunk of a pool: it has no {error}") from error
    if {key: said.get(key) for key in about} != about or len(chunk.tokens) != size:
        raise UsageError(f"{path} is of another pool; remove its folder or name another file of weights")
    return chunk
