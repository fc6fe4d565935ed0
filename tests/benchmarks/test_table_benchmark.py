"""How long data files take to read: a large one in each notation, and a small one."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
import pytest

from srbench_lite.problems.measured_points import measured_points
from srbench_lite.problems.table_file import read_table

_ROWS: Final = 50_000
_VALUES: Final = np.random.default_rng(0).normal(size=(_ROWS, 5))
_LINES: Final = [",".join(f"{value:.6f}" for value in row) for row in _VALUES]


@pytest.mark.parametrize(
    ("notation", "lines"),
    [
        ("plain", _LINES),
        ("a column of text", [f"site {i % 7},{line}" for i, line in enumerate(_LINES)]),
        ("decimal commas", [line.replace(",", ";").replace(".", ",") for line in _LINES]),
        ("small", _LINES[:200]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_data_files_are_read(benchmark, notation, lines):
    names = ["a", "b", "c", "d", "y"] if notation != "a column of text" else ["t", "a", "b", "c", "d", "y"]
    content = "\n".join([(";" if notation == "decimal commas" else ",").join(names), *lines]).encode()

    points = benchmark(lambda: measured_points(read_table(io.BytesIO(content), name="points.csv")))

    np.testing.assert_allclose(points.samples.x[:, 0], _VALUES[: len(lines), 0], atol=1e-6)
