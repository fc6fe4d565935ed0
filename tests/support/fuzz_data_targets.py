"""What is fuzzed of data files, of what `srbench fit` keeps, and of weights."""

from __future__ import annotations

import io
import json
import math
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import fuzz_seeds as seeds
from fuzz_children import Target
from fuzz_formulas import WORDS
from fuzz_mutation import EXTREME_NUMBERS, EXTREME_TEXTS, mutated_bytes, mutated_text, mutated_value, rare
from fuzz_steps import also, to_bytes

from srbench_lite.cli.streams import bounded
from srbench_lite.errors import DataError
from srbench_lite.problems.measured_points import WeightColumn, measured_points
from srbench_lite.problems.table_file import TableOptions, read_table
from srbench_lite.regression.saved_run import SavedRun

__all__ = ["DATA_TARGETS"]


_OPTIONS: Final[tuple[dict[str, Any], ...]] = (
    *[{}] * 20,
    {"separator": ","},
    {"separator": "blank"},
    {"decimal": ","},
    {"thousands": ",", "decimal": "."},
    {"percent": "number"},
    {"encoding": "latin-1"},
    {"encoding": "utf-16"},
    {"header": False},
    {"header": True},
    {"comment": "#"},
    {"skip": 1},
    {"skip": 5},
    {"index": True},
    {"index": False},
    {"missing": ["-", -999]},
    {"sheet": 1},
    {"sheet": "Sheet"},
    {"strict": True},
    {"leave_out": ["x"]},
)


def _read_table(ending: str) -> Callable[[bytes, Path], object]:
    def read(content: bytes, folder: Path) -> object:
        path = folder / f"input{ending}"
        path.write_bytes(content[1:])
        options = TableOptions(**_OPTIONS[content[0] % len(_OPTIONS)])
        table = read_table(path, options)
        for row in table.rows():
            assert len(row) == len(table.headers)
        target = next(iter(table.columns), "y")
        also(
            lambda: measured_points(table), lambda: measured_points(table, target=target),
            lambda: measured_points(table, target=target, weights=WeightColumn(column=[*table.headers][-1])),
        )  # fmt: skip
        return True

    return read


def _with_options(rng: random.Random, content: bytes) -> bytes:
    return bytes([rng.randrange(len(_OPTIONS))]) + content


_CELLS: Final = (
    *(
        ",",
        ";",
        "\t",
        "|",
        " ",
        "\n",
        "\r\n",
        "\r",
        '"',
        "'",
        "#",
        "%",
        "NA",
        "-",
        "?",
        "x",
        "y",
        "1,5",
        "1.5",
        "1e5",
        "5%",
    ),
    *(
        "1 000",
        "1'000",
        "1.000.000,5",
        "2020-01-01",
        "12:30",
        "True",
        "[m]",
        "(s)",
        "é",
        "\ufeff",
        "Unnamed: 0",
        "∞",
        "½",
        "1e999",
    ),
)


def _draw_table(rng: random.Random) -> bytes:
    content = rng.choice(seeds.tables())
    kind = rng.randrange(4)
    if kind == 0:
        content = mutated_bytes(rng, content, seeds.tables())
    elif kind == 1:
        content = to_bytes(mutated_text(rng, content.decode("latin-1"), _CELLS))
    elif kind == 2:
        width = rng.randint(1, 6)
        separator = rng.choice((",", ";", "\t", " ", "|"))
        cells = (*_CELLS[12:], *EXTREME_NUMBERS, "1", "2", "3.5")
        rows = [separator.join(rng.choice(cells) for _ in range(width)) for _ in range(rng.randint(1, 12))]
        content = to_bytes(rng.choice(("\n", "\r\n", "\r")).join(rows))
    return _with_options(rng, content)


_PARQUET_TABLES: Final = 500


def _draw_parquet_table(rng: random.Random) -> bytes:
    content = seeds.parquet_table() if rare(rng, 2) else _other_parquet_table(rng.randrange(_PARQUET_TABLES))
    if rare(rng, 2):
        content = mutated_bytes(rng, content, (seeds.text_export("parquet"),))
    return _with_options(rng, content)


@cache
def _other_parquet_table(number: int) -> bytes:
    """Return one of some data files with columns of any types."""
    import pyarrow as pa
    from pyarrow import parquet

    rng = random.Random(number)
    rows = rng.randint(0, 6)
    makers: tuple[Callable[[], Any], ...] = (
        lambda: pa.array([rng.choice((1.5, None, math.nan, math.inf, -0.0, 1e308)) for _ in range(rows)], pa.float64()),
        lambda: pa.array([rng.choice((0, 1, -1, 2**63 - 1, None)) for _ in range(rows)], pa.int64()),
        lambda: pa.array([2**64 - 1] * rows, pa.uint64()),
        lambda: pa.array(
            [rng.choice((0, 2**62, -(2**62), None)) for _ in range(rows)], pa.timestamp(rng.choice(("s", "ns")))
        ),
        lambda: pa.array([rng.choice((*EXTREME_NUMBERS, "a", "")) for _ in range(rows)], pa.string()),
        lambda: pa.array([rng.choice(EXTREME_TEXTS[:16]) for _ in range(rows)], pa.string()).dictionary_encode(),
        lambda: pa.array([b"\xff"] * rows),
        lambda: pa.array([[1]] * rows),
        lambda: pa.array([{"a": 1}] * rows),
        lambda: pa.array([None] * rows),
        lambda: pa.array([1.5] * rows, pa.float32()).cast(pa.float16()),
        lambda: pa.array([1] * rows, pa.duration("s")),
        lambda: pa.array([10**9] * rows, pa.time64("us")),
        lambda: pa.array([2**30] * rows, pa.date32()),
        lambda: pa.array([True] * rows),
    )
    columns = [rng.choice(makers)() for _ in range(rng.randint(0, 5))]
    names = [rng.choice(("x", "y", "t [s]", "", "x", "__index_level_0__", *EXTREME_TEXTS[:14])) for _ in columns]
    out = io.BytesIO()
    with suppress(pa.ArrowException, UnicodeEncodeError):
        parquet.write_table(pa.table(columns, names=names), out)
    return out.getvalue()


def _draw_excel(rng: random.Random) -> bytes:
    if rare(rng, 3):
        return _with_options(rng, mutated_bytes(rng, seeds.excel(), (seeds.parquet_table(),)))
    parts = dict(_excel_parts())
    for _ in range(rng.randint(1, 2)):
        name = rng.choice(list(parts))
        if rare(rng, 8):
            parts.pop(name)
            continue
        text = parts[name].decode("latin-1")
        words = (
            "<c>",
            "</c>",
            "<v>1e400</v>",
            "<v>",
            "</row>",
            't="s"',
            't="b"',
            't="d"',
            't="e"',
            'r="XFD1048576"',
            'r="A0"',
            "&amp;",
            "&x;",
            "<!DOCTYPE a [<!ENTITY x 'y'>]>",
            's="9999"',
            "<is><t>a</t></is>",
            't="inlineStr"',
            "99999999",
        )
        parts[name] = to_bytes(mutated_text(rng, text, words))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return _with_options(rng, out.getvalue())


@cache
def _excel_parts() -> tuple[tuple[str, bytes], ...]:
    with zipfile.ZipFile(io.BytesIO(seeds.excel())) as archive:
        return tuple((entry.filename, archive.read(entry)) for entry in archive.infolist())


def _draw_saved(rng: random.Random) -> bytes:
    document = {
        "format": 1,
        "formula": "2*x + sin(t_s)",
        "target": "y",
        "variables": {"x": "x", "t_s": "t [s]"},
        "table": {"decimal": ".", "separator": ","},
        "task": "own/y",
        "methods": {"lasso": {"formula": "x", "reason": None}},
    }
    if rare(rng, 4):
        return mutated_bytes(rng, json.dumps(document).encode())
    return to_bytes(json.dumps(mutated_value(rng, document, ("formula", "format", "target", "variables", *WORDS[:30]))))


def _read_saved(content: bytes, folder: Path) -> object:
    (folder / "run.json").write_bytes(content)
    saved = SavedRun.read(folder)
    return TableOptions.from_mapping(saved.table)


@cache
def _weights() -> tuple[bytes, ...]:
    from tempfile import TemporaryDirectory

    import torch
    from srbench_transformer.model import Model, Shape
    from srbench_transformer.shipped import save_model
    from srbench_weight_decoder import write_tensors

    model = Model(Shape(width=4, heads=2, latents=2, encoder=1, decoder=1, inner=1))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.safetensors"
        write_tensors(path, {"a": torch.zeros(2, 3), "b": torch.ones(4)}, {"shape": {"width": 8, "layers": 1}})
        save_model(Path(folder) / "b.safetensors", model, {"history": [{"step": 1}]})
        return path.read_bytes(), (Path(folder) / "b.safetensors").read_bytes()


def _draw_weights(rng: random.Random) -> bytes:
    content = rng.choice(_weights())
    if rare(rng, 2):
        return mutated_bytes(rng, content)
    size = int.from_bytes(content[:8], "little")
    head = mutated_value(
        rng, json.loads(content[8 : 8 + size]), ("__metadata__", "dtype", "shape", "data_offsets", "F32")
    )
    text = to_bytes(json.dumps(head))
    length = len(text) if rng.randrange(8) else rng.choice((0, 1, 2**63, 2**64 - 1, len(text) + 1, 10**8))
    return length.to_bytes(8, "little") + text + content[8 + size :]


def _read_weights(content: bytes, folder: Path) -> object:
    from srbench_transformer.shipped import history_of, load_baseline_network, load_model
    from srbench_weight_decoder import read_tensors

    path = folder / "input.safetensors"
    path.write_bytes(content)
    load_model.cache_clear()
    load_baseline_network.cache_clear()
    try:
        read_tensors(path)
    except DataError as error:  # as the command line shows it: it quotes the head of the file
        raise DataError(bounded(str(error))) from None
    also(lambda: load_model(str(path)), lambda: load_baseline_network(str(path)), lambda: history_of(str(path)))
    return True


DATA_TARGETS: Final = (
    Target(name="data-text", ending=".csv", draw=_draw_table, read=_read_table(".csv"), names_file=True),
    Target(
        name="data-parquet", ending=".parquet", draw=_draw_parquet_table, read=_read_table(".parquet"), names_file=True
    ),
    Target(name="data-excel", ending=".xlsx", draw=_draw_excel, read=_read_table(".xlsx"), names_file=True),
    Target(name="saved-run", ending=".json", draw=_draw_saved, read=_read_saved),
    Target(name="weights", ending=".safetensors", draw=_draw_weights, read=_read_weights, names_file=True),
)
