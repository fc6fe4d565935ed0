"""Arrays from idx files, the format of MNIST.

Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits" (1998), section "File formats".

0, 0, type, number of dimensions n: four bytes
sizes: n unsigned 32-bit numbers, the most significant byte first
values, the most significant byte first, the last index running fastest
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import DataError

__all__ = ["read_idx", "read_images"]

_TYPES: Final[Mapping[int, str]] = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP: Final = b"\x1f\x8b"
#: Read at once, in bytes: sizes that a file only claims cost nothing.
_PIECE: Final = 1 << 20


def read_idx(path: str | Path) -> NDArray[Any]:
    """Return the array in an idx file, which may be compressed by gzip, whatever its name.

    Raises:
        DataError: there is no such file, it is no idx file, its type of values is unknown, or it is too short or too
            long.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            return _array(path, file)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"cannot read {path}: {error}; if it was downloaded, fetch it again") from None


def read_images(images: str | Path, labels: str | Path) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return images as inputs (n, pixels) between 0 and 1, and their labels (n,).

    Raises:
        DataError: a file cannot be read, holds something else, or there are not as many labels as images.
    """
    pixels, numbers = read_idx(images), read_idx(labels)
    if pixels.ndim < 2 or pixels.dtype != np.uint8:
        raise DataError(f"{images} must hold images as bytes, (n, height, width), got {pixels.shape} {pixels.dtype}")
    if numbers.ndim != 1 or len(numbers) != len(pixels) or not np.issubdtype(numbers.dtype, np.integer):
        raise DataError(
            f"{labels} must hold one whole number for each of the {len(pixels)} images, got {numbers.shape} "
            f"{numbers.dtype}"
        )
    return pixels.reshape(len(pixels), math.prod(pixels.shape[1:])) / 255.0, numbers.astype(np.int64)


def _array(path: Path, file: IO[bytes] | gzip.GzipFile) -> NDArray[Any]:
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0":
        raise DataError(f"{path} is no idx file: it must begin with the bytes 00 00, got {head.hex(' ') or 'nothing'}")
    kind, dimensions = head[2], head[3]
    if kind not in _TYPES:
        known = ", ".join(f"{number:#04x} ({np.dtype(name).name})" for number, name in _TYPES.items())
        raise DataError(f"{path} holds values of the unknown type {kind:#04x}; known: {known}")
    if not 1 <= dimensions <= 8:
        raise DataError(f"{path} claims {dimensions} dimensions; 1 to 8 are read")
    sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{path} is truncated: its header of {4 + 4 * dimensions} bytes ends after {4 + len(sizes)}")
    shape = struct.unpack(f">{dimensions}I", sizes)
    dtype = np.dtype(_TYPES[kind])
    if 0 in shape and math.prod(size or 1 for size in shape) * dtype.itemsize >= 2**63:
        raise DataError(f"{path} claims values of shape {shape}, which no array can have; fetch it again")
    expected = math.prod(shape) * dtype.itemsize
    values = bytearray()
    while len(values) <= expected and (piece := file.read(min(_PIECE, expected + 1 - len(values)))):
        values += piece
    if len(values) != expected:
        what = "is truncated" if len(values) < expected else "is too long"
        count = f"{len(values):,}" if len(values) < expected else "more"
        raise DataError(f"{path} {what}: values of shape {shape} take {expected:,} bytes, there are {count}")
    return np.frombuffer(bytes(values), dtype).reshape(shape).astype(dtype.newbyteorder("="))
