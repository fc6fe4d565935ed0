"""Blocks of columns give back what was put into them, and say when they are damaged."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import records

from srbench_lite.recording.column_cache import PACKED
from srbench_lite.recording.column_codec import ID, ColumnBlock, column_of, concatenate, is_text
from srbench_lite.recording.record import COLUMNS


def plain(column) -> list[object]:
    """Return a column as the store gives rows: None for what is missing."""
    return [None if isinstance(v, float) and math.isnan(v) else v for v in column.tolist()]


@settings(max_examples=25, deadline=None)
@given(st.lists(records(), max_size=6))
def test_a_column_gives_back_what_was_packed(several):
    rows = [r.to_row() for r in several]
    for name in PACKED:
        if name != ID:
            values = [row[name] for row in rows]
            some = concatenate(name, [(ColumnBlock.of(name, [value]), 1) for value in values])
            near = [float(value) if COLUMNS[name] == "int?" and value is not None else value for value in values]
            assert plain(column_of(name, values)) == plain(some) == near
            if is_text(name):
                assert list(some.categories) == sorted({value for value in values if value is not None})


@pytest.mark.parametrize("different", [1, 2, 255, 256, 257, 300, 70_000])
def test_any_number_of_different_values_is_packed(different):
    texts = [f"{k % different:06d}" for k in range(different + 5)]
    numbers = [float(k % different) / 7 for k in range(different + 5)]
    assert plain(column_of("task", [*texts, texts[0]])) == [*texts, texts[0]]
    assert plain(column_of("truth", [None, *texts])) == [None, *texts]
    assert plain(column_of("nmse_test", [None, *numbers])) == [None, *numbers]
    assert plain(column_of("seed", list(range(different)))) == list(range(different))


def test_texts_and_numbers_are_told_apart():
    assert [is_text(name) for name in ("task", "parameters", "truth", ID, "seed", "r2_test", "recovered")] == [
        True, True, True, False, False, False, False,
    ]  # fmt: skip


def test_blocks_with_texts_of_their_own_are_put_together():
    blocks = [(ColumnBlock.of("task", ["b", "a", "b"]), 3), (ColumnBlock.of("task", ["c", "a"]), 2)]
    column = concatenate("task", blocks)
    assert plain(column) == ["b", "a", "b", "c", "a"]
    assert list(column.categories) == ["a", "b", "c"]


def test_nothing_is_a_column_too():
    assert plain(concatenate("seed", [])) == []
    assert plain(column_of("task", [])) == []
    assert concatenate("seed", []).dtype == np.int64
    assert concatenate("r2_test", []).dtype == np.float64


def test_few_different_values_take_a_byte_each():
    block = ColumnBlock.of("r2_test", [0.5, None, 0.5] * 100)
    assert len(block.codes) == 300
    assert len(block.values) == 16


@pytest.mark.parametrize(
    ("block", "size"),
    [(ColumnBlock(b"", b"\0" * 3), 2), (ColumnBlock(b"\0" * 8, b""), 2), (ColumnBlock(b"\0" * 7, b""), 1)],
)
def test_a_damaged_block_is_an_error_that_the_cache_can_name(block, size):
    with pytest.raises((ValueError, IndexError, TypeError)):
        concatenate("r2_test", [(block, size)])
