"""Records to files and back: CSV, JSON and Parquet, one row a record with plain columns."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from srbench_lite.errors import StoreError, UsageError
from srbench_lite.record import COLUMNS, Record
from srbench_lite.store import Store

__all__ = ["FORMATS", "Merge", "merge", "read_records", "write_records"]

_FORMAT: Final = "srbench-lite records"
_VERSION: Final = 1
_JSON_COLUMNS: Final = tuple(name for name, kind in COLUMNS.items() if kind == "json")


class Merge(NamedTuple):
    """What an import did: records that were new, that stood already, and that stood with another formula."""

    new: int
    present: int
    differing: tuple[str, ...]


def write_records(records: Iterable[Record], path: Path, *, form: str) -> int:
    """Write records to a file; return how many.

    Args:
        records: what to write.
        path: the file; written whole or not at all.
        form: "csv", "json" or "parquet".

    Raises:
        UsageError: the file cannot be written, or pyarrow is missing.
    """
    rows = [record.to_row() for record in records]
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _WRITERS[form](rows, part)
        part.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
    return len(rows)


def _write_csv(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(COLUMNS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_json(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """One record a line, environments once: small in git, and readable in a diff."""
    environments: dict[str, int] = {}
    lines = []
    for row in rows:
        plain = {name: json.loads(value) if name in _JSON_COLUMNS else value for name, value in row.items()}
        plain["environment"] = environments.setdefault(row["environment"], len(environments))
        lines.append(json.dumps(plain, ensure_ascii=False, allow_nan=False))
    head = {"format": _FORMAT, "version": _VERSION, "environments": [json.loads(text) for text in environments]}
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "records": [\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def _write_parquet(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    import pandas as pd

    kinds = {"text": "string", "json": "string", "real": "Float64", "int": "Int64", "bool": "boolean"}
    types = {name: kinds[kind.rstrip("?")] for name, kind in COLUMNS.items()}
    frame = pd.DataFrame.from_records([dict(row) for row in rows], columns=list(COLUMNS)).astype(types)
    try:
        frame.to_parquet(path, index=False)
    except ImportError:
        raise UsageError("Parquet needs pyarrow: pip install 'srbench-lite[parquet]', or use --format csv") from None


def read_records(path: Path) -> list[Record]:
    """Read records from a file that `write_records` wrote, or from another store.

    Every value is checked against its type; nothing in the file is ever evaluated.

    Raises:
        StoreError: the file cannot be read, or does not hold records.
    """
    if not path.is_file():
        raise StoreError(f"there is no file {path}")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise StoreError(f"cannot tell the format of {path}; its name must end in {', '.join(_READERS)}")
    try:
        return list(reader(path))
    except (UnicodeDecodeError, csv.Error, json.JSONDecodeError, RecursionError) as error:
        raise StoreError(f"{path} cannot be read: {error}") from None
    except StoreError as error:
        raise StoreError(str(error) if str(path) in str(error) else f"{path}: {error}") from None


def _read_csv(path: Path) -> Iterator[Record]:
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, strict=True)
        for row in reader:
            values: dict[str, Any] = {}
            for name, text in row.items():
                kind = COLUMNS.get(name, "text")
                values[name] = None if text in ("", None) and kind.endswith("?") else _number(kind, text)
            yield _at(reader.line_num, values)


def _number(kind: str, text: str) -> Any:
    try:
        match kind.rstrip("?"):
            case "real":
                return float(text)
            case "int" | "bool":
                return int(text)
    except ValueError:
        return text  # refused by its type, with the column's name
    return text


def _read_json(path: Path) -> Iterator[Record]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise StoreError(f'not an export of srbench-lite (there is no "format": "{_FORMAT}")')
    if content.get("version") != _VERSION:
        raise StoreError(f"version {content.get('version')!r} of the export format; this srbench-lite reads {_VERSION}")
    environments, records = content.get("environments"), content.get("records")
    if not isinstance(environments, list) or not isinstance(records, list):
        raise StoreError("an export must hold the lists `environments` and `records`")
    for number, row in enumerate(records, start=1):
        place = row.get("environment") if isinstance(row, dict) else None
        if not isinstance(place, int) or not 0 <= place < len(environments):
            raise StoreError(f"record {number} has no environment among the {len(environments)} of the file")
        yield _at(number, {**row, "environment": environments[place]})


def _read_parquet(path: Path) -> Iterator[Record]:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise StoreError("Parquet needs pyarrow: pip install 'srbench-lite[parquet]'") from None
    except (OSError, ValueError) as error:
        raise StoreError(f"not a Parquet file: {error}") from None
    for number, row in enumerate(frame.astype(object).to_dict(orient="records"), start=1):
        yield _at(number, {str(name): None if pd.isna(value) else value for name, value in row.items()})


def _read_store(path: Path) -> Iterator[Record]:
    with Store(path, read_only=True) as store:
        yield from store


def _at(number: int, row: Mapping[str, Any]) -> Record:
    try:
        return Record.from_row(row)
    except StoreError as error:
        raise StoreError(f"record {number}: {error}") from None


def merge(records: Sequence[Record], store: Store) -> Merge:
    """Add records to a store, all or none; those whose key stands already are left as they are.

    Doing it again changes nothing.
    """
    standing = dict(store.rows(("key", "expression"), ordered=False))
    try:
        new = store.add_all(records)
    except sqlite3.Error as error:
        raise StoreError(f"cannot write the store {store.path}: {error}") from None
    old = [record for record in records if record.key in standing]
    differing = tuple(record.key for record in old if record.expression != standing[record.key])
    return Merge(new=new, present=len(records) - new, differing=differing)


_WRITERS: Final[dict[str, Callable[[Sequence[Mapping[str, Any]], Path], None]]] = {
    "csv": _write_csv,
    "json": _write_json,
    "parquet": _write_parquet,
}
_READERS: Final[dict[str, Callable[[Path], Iterator[Record]]]] = {
    ".csv": _read_csv,
    ".json": _read_json,
    ".parquet": _read_parquet,
    ".db": _read_store,
}
FORMATS: Final = tuple(_WRITERS)
