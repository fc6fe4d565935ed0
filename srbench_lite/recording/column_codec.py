"""`ColumnBlock`: one column of some thousand records in a few bytes, so that a table of a million is read in a second.

Texts are kept once each, with a code a record; numbers too where few of them differ. What is missing is the code 0
(texts) or NaN (numbers).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.recording.record import COLUMNS
from srbench_lite.recording.stored_values import refuse_odd_values

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ID", "ColumnBlock", "column_of", "concatenate", "is_text"]

#: What stands for a record beside its own columns: its number in the store.
ID: Final = "id"
#: Numbers are coded where at most so many differ.
_MAX_CODED_NUMBERS: Final = 256


@dataclass(frozen=True, slots=True)
class ColumnBlock:
    """A column of some records.

    Attributes:
        values: the different texts as JSON, ordered, or numbers of 8 bytes.
        codes: a number a record, all of 1, 2 or 4 bytes: of texts the place from 1 on, of numbers from 0 on; empty
            where there is a number in `values` for each record.
    """

    values: bytes
    codes: bytes

    @classmethod
    def of(cls, name: str, values: Sequence[Any]) -> ColumnBlock:
        """ColumnBlock a column."""
        import numpy as np

        if is_text(name):
            texts = sorted({value for value in values if value is not None})
            places: dict[str | None, int] = {text: place for place, text in enumerate(texts, start=1)}
            places[None] = 0
            codes = np.fromiter((places[value] for value in values), dtype=_width(len(texts)), count=len(values))
            return cls(json.dumps(texts).encode(), codes.tobytes())
        numbers = _numbers(name, values)
        different, inverse = np.unique(numbers, return_inverse=True)
        if len(different) > _MAX_CODED_NUMBERS:
            return cls(numbers.tobytes(), b"")
        return cls(different.tobytes(), inverse.astype(_width(len(different) - 1)).tobytes())


def is_text(name: str) -> bool:
    """Return whether a column holds texts: JSON is one."""
    return name != ID and COLUMNS[name].rstrip("?") in ("text", "json")


def concatenate(name: str, blocks: Sequence[tuple[ColumnBlock, int]]) -> Any:
    """Return a column from its blocks, each with its number of records.

    Returns:
        A `pandas.Categorical` with sorted categories for texts, (n,) whole numbers or floats for others.
    """
    import numpy as np

    for block, size in blocks:
        if size > max(len(block.values), len(block.codes)):  # before room is made for so many
            raise ValueError(f"{size} rows are more than it has bytes")
    if is_text(name):
        return _concatenated_texts(name, blocks)
    numbers = np.empty(sum(size for _, size in blocks), dtype=_type(name))
    start = 0
    for block, size in blocks:
        numbers[start : start + size] = _numbers_of(name, block, size)
        start += size
    return numbers


def column_of(name: str, values: Sequence[Any]) -> Any:
    """Return a column as `concatenate` does, from plain values."""
    return concatenate(name, [(ColumnBlock.of(name, values), len(values))] if len(values) else [])


def _concatenated_texts(name: str, blocks: Sequence[tuple[ColumnBlock, int]]) -> pd.Categorical:
    import numpy as np
    import pandas as pd

    texts_by_block = [json.loads(block.values) for block, _ in blocks]
    for texts in texts_by_block:
        refuse_odd_values(name, texts)
    every = sorted(set().union(*texts_by_block))
    places = {text: place for place, text in enumerate(every)}
    codes = np.empty(sum(size for _, size in blocks), dtype=np.min_scalar_type(-len(every) - 1))
    start = 0
    for (block, size), texts in zip(blocks, texts_by_block, strict=True):
        ranks = np.array([-1, *(places[text] for text in texts)], dtype=np.int32)
        codes[start : start + size] = ranks[_codes(block, size)]
        start += size
    return pd.Categorical.from_codes(codes, categories=pd.Index(every, dtype=object), validate=False)


def _numbers_of(name: str, block: ColumnBlock, size: int) -> NDArray[Any]:
    import numpy as np

    values = np.frombuffer(block.values, dtype=_type(name))
    numbers = values[_codes(block, size)] if block.codes else values
    if len(numbers) != size:
        raise ValueError(f"{len(numbers)} numbers in place of {size}")
    if np.isinf(numbers).any():
        raise ValueError("a number is not finite")
    return numbers


def _codes(block: ColumnBlock, size: int) -> NDArray[Any]:
    import numpy as np

    codes = np.frombuffer(block.codes, dtype=f"<u{len(block.codes) // size}")
    if len(codes) != size:
        raise ValueError(f"{len(codes)} codes in place of {size}")
    return codes


def _numbers(name: str, values: Sequence[Any]) -> NDArray[Any]:
    import numpy as np

    return np.array([np.nan if value is None else value for value in values], dtype=_type(name))


def _type(name: str) -> str:
    """Return the type of a number: floats, where one may be missing."""
    return "<i8" if name == ID or COLUMNS[name] == "int" else "<f8"


def _width(largest: int) -> str:
    return "<u1" if largest < 2**8 else "<u2" if largest < 2**16 else "<u4"
