"""Small files that unpack to much, and files that quote much: refused before the memory is full."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from records import record

from srbench_lite.errors import StoreError
from srbench_lite.recording.exchange import read_records, read_studies, write_records
from srbench_lite.recording.record import COLUMNS


def _rows(count: int) -> dict[str, pa.Array]:
    """Return columns of a Parquet export, the same record again and again."""
    return {name: [value] * count for name, value in record().to_row().items()}


@pytest.mark.parametrize("ending", ["json.gz", "csv.gz"])
def test_a_packed_file_that_unpacks_to_far_more_is_refused(tmp_path: Path, ending: str) -> None:
    """40 MB of blanks in 40 kB: no export is packed so well."""
    path = tmp_path / f"a.{ending}"
    head = ",".join(COLUMNS).encode() if ending == "csv.gz" else b"["
    path.write_bytes(gzip.compress(head + b" " * (40 << 20), 1))
    with pytest.raises(StoreError, match="it unpacks to far more than any export of its size") as caught:
        read_records(path)
    assert str(path) in str(caught.value)
    if ending == "json.gz":
        with pytest.raises(StoreError, match="far more"):
            read_studies(path)


def test_a_packed_export_of_much_the_same_is_read(tmp_path: Path) -> None:
    """Records that differ in little are packed well, and are no bomb."""
    path = tmp_path / "a.json.gz"
    write_records((record(seed=seed, extras={"note": "x" * 1000}) for seed in range(300)), path, form="json")
    assert len(read_records(path)) == 300
    assert len(gzip.decompress(path.read_bytes())) > 20 * path.stat().st_size


def test_a_parquet_file_cannot_hold_more_records_than_keys(tmp_path: Path) -> None:
    """Each record has a key of its own, so a file of few bytes has few records."""
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table(_rows(20_000)), path, compression="zstd")
    with pytest.raises(StoreError, match="bytes hold 20,000 records"):
        read_records(path)


def test_a_parquet_file_may_not_repeat_a_long_text(tmp_path: Path) -> None:
    """A text that stands once in the file may be that of every row."""
    path = tmp_path / "a.parquet"
    text = json.dumps({"a": "x" * 300_000})
    rows = [record(seed=seed).to_row() | {"extras": text} for seed in range(400)]
    parquet.write_table(pa.Table.from_pylist(rows), path, compression="zstd")
    assert path.stat().st_size < 200_000
    with pytest.raises(StoreError, match=r"its texts are far longer"):
        read_records(path)


def test_a_parquet_file_has_no_lists_in_its_cells(tmp_path: Path) -> None:
    """A list of a billion nothings is a few bytes; it is refused by its type."""
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table(_rows(1) | {"extras": pa.array([[None, None]])}), path)
    with pytest.raises(StoreError, match="its column extras holds list<"):
        read_records(path)


def test_when_a_run_began_is_a_time(tmp_path: Path) -> None:
    """Commands order and cut by it."""
    path = tmp_path / "a.json"
    write_records([record()], path, form="json")
    path.write_text(path.read_text().replace("2026-01-01T00:00:00+00:00", "once upon a time"))
    with pytest.raises(StoreError, match=r"started_at must be a time such as .* got 'once upon a time'"):
        read_records(path)


@pytest.mark.parametrize("column", ["suite", "task", "key"])
def test_an_error_quotes_little_of_a_record(tmp_path: Path, column: str) -> None:
    """A cell may have any length."""
    path = tmp_path / "a.json"
    write_records([record()], path, form="json")
    content = json.loads(path.read_text())
    content["records"][0][column] = "x" * 100_000
    path.write_text(json.dumps(content))
    with pytest.raises(StoreError) as caught:
        read_records(path)
    assert len(str(caught.value)) < 1_000
