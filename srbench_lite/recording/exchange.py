"""Records to files and back: CSV, JSON and Parquet, one row a record with plain columns; CSV and JSON also as `.gz`.

What a file says of a formula is a claim: a record that is read is not `judged_here`, whatever the file says. A file may
have been through pandas or a spreadsheet: whole numbers as 1.0, True and FALSE, semicolons, a column that counts rows.
"""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
import json
import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from srbench_lite.errors import StoreError, UsageError
from srbench_lite.files import write_file
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.record import ADDED_COLUMNS, COLUMNS, Record
from srbench_lite.recording.store import Store

__all__ = ["FORMATS", "Merge", "format_of", "merge", "read_records", "read_studies", "write_records"]

_FORMAT: Final = "srbench-lite records"
_VERSION: Final = 1
_LONGEST_FIELD: Final = 2**31 - 1  # of a CSV file, in characters; Python's own bound is shorter than some formulas
#: A packed file that unpacks to more than this, by more than this factor, was made to fill the memory.
_MAX_UNSUSPECTED: Final = 32 << 20
_MAX_UNPACKING: Final = 200
_ROWS_AT_ONCE: Final = 32  # of a Parquet file: a text that stands once in it may be that of every row
_MAX_ROWS_PER_BYTE: Final = 1 / 16  # each has a key of its own
_JSON_COLUMNS: Final = tuple(name for name, kind in COLUMNS.items() if kind == "json")


#: What pandas and spreadsheets call a column that counts rows.
_ROW_NUMBERS: Final = ("", "index", "Unnamed: 0", "__index_level_0__")


class Merge(NamedTuple):
    """What an import did.

    Attributes:
        new: number of records that were new.
        present: number of those that stood already.
        differing: keys of those that stood with another formula, and were left as they were.
        replaced: keys of those that took the place of a record that other code of the method had made before.
        older: keys of those that were left out because a later run of other code of the method stands.
    """

    new: int
    present: int
    differing: tuple[str, ...]
    replaced: tuple[str, ...] = ()
    older: tuple[str, ...] = ()


def format_of(path: Path) -> str:
    """Return the format that a file's name says, such as "json" of `records.json.gz`; it need not be one of ours."""
    return Path(path.stem if _is_packed(path) else path.name).suffix.lower().lstrip(".")


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def write_records(records: Iterable[Record], path: Path, *, form: str, studies: Sequence[str] = ()) -> int:
    """Write records to a file; return how many.

    Args:
        records: what to write.
        path: the file; written whole or not at all. One whose name ends in .gz is packed, to the same bytes each time.
        form: "csv", "json" or "parquet".
        studies: texts of the studies whose runs they are; only JSON has room for them.

    Raises:
        UsageError: the file cannot be written, or pyarrow is missing.
    """
    rows = [record.to_row() for record in records]

    def make(part: Path) -> None:
        if form == "json":
            _write_json(rows, part, studies)
        else:
            _WRITERS[form](rows, part)
        if _is_packed(path):
            part.write_bytes(gzip.compress(part.read_bytes(), mtime=0))

    write_file(path, make)
    return len(rows)


def _write_csv(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        # every text in quotation marks: Python 3.11 leaves a lone carriage return without, which nothing reads back
        writer = csv.DictWriter(file, list(COLUMNS), lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        writer.writerows(rows)


def _write_json(rows: Sequence[Mapping[str, Any]], path: Path, studies: Sequence[str] = ()) -> None:
    """One record a line, environments once: small in git, and readable in a diff."""
    environments: dict[str, int] = {}
    lines = []
    for row in rows:
        plain = {name: json.loads(value) if name in _JSON_COLUMNS else value for name, value in row.items()}
        plain["environment"] = environments.setdefault(row["environment"], len(environments))
        lines.append(json.dumps(plain, ensure_ascii=False, allow_nan=False))
    head = {"format": _FORMAT, "version": _VERSION, "environments": [json.loads(text) for text in environments]}
    head |= {"studies": list(studies)} if studies else {}
    text = json.dumps(head, ensure_ascii=False)[:-1] + ', "records": [\n' + ",\n".join(lines) + "\n]}\n"
    path.write_bytes(text.encode("utf-8", "backslashreplace"))  # half a surrogate pair: \udXXX, as JSON writes it


def _write_parquet(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UsageError("Parquet needs pyarrow: pip install 'srbench-lite[parquet]', or use --format csv") from None

    types = {
        "text": pa.string(), "json": pa.string(), "real": pa.float64(), "int": pa.int64(), "bool": pa.bool_()
    }  # fmt: skip
    columns = {}
    for name, kind in COLUMNS.items():
        values = [row[name] for row in rows]
        if kind == "bool?":
            values = [None if value is None else bool(value) for value in values]
        columns[name] = pa.array(values, types[kind.rstrip("?")])
    parquet.write_table(pa.table(columns), path)


def read_records(path: Path) -> list[Record]:
    """Read records from a file that `write_records` wrote, or from another store. None of them is `judged_here`.

    Every value is checked against its type; nothing in the file is ever evaluated.

    Raises:
        StoreError: the file cannot be read, or does not hold records.
    """
    if not path.is_file():
        raise StoreError(f"{path} is a folder; name a file" if path.is_dir() else f"there is no file {path}")
    reader = _READERS.get(format_of(path))
    if reader is None or (_is_packed(path) and reader not in (_read_csv, _read_json)):
        endings = ", ".join(f".{name}" for name in (*_READERS, "csv.gz", "json.gz"))
        raise StoreError(f"cannot tell the format of {path}; its name must end in {endings}")
    try:
        return list(reader(path))
    except (OSError, EOFError, zlib.error) as error:  # the last two: a packed file that is cut short or damaged
        raise StoreError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    except (ValueError, csv.Error, RecursionError) as error:  # no UTF-8, no JSON, a number of 5,000 digits
        raise StoreError(f"{path} cannot be read: {_one_line(error)}") from None
    except StoreError as error:
        raise StoreError(str(error) if str(path) in str(error) else f"{path}: {_one_line(error)}") from None


def read_studies(path: Path) -> list[str]:
    """Return the texts of the studies that a store or an export keeps: of CSV and Parquet files, none.

    Raises:
        StoreError: the store cannot be read, or the file is no JSON.
    """
    match format_of(path):
        case "db" | "sqlite":
            with Store(path, read_only=True) as store:
                return store.studies()
        case "json":
            try:
                with _opened(path, "utf-8") as file:
                    content = json.load(file)
            except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
                raise StoreError(f"{path} cannot be read: {_one_line(error)}") from None
            texts = content.get("studies", []) if isinstance(content, dict) else []
            return [text for text in texts if isinstance(text, str)] if isinstance(texts, list) else []
    return []


def _opened(path: Path, encoding: str) -> TextIO:
    """Open a file for reading, its line ends as they are; one whose name ends in .gz is unpacked."""
    if _is_packed(path):
        packed = gzip.GzipFile(path, "rb")
        return io.TextIOWrapper(_Unpacked(packed, path.stat().st_size), newline="", encoding=encoding)
    return path.open(newline="", encoding=encoding)


class _Unpacked(io.BufferedReader):
    """The content of a packed file, as far as that can be an export."""

    def __init__(self, packed: gzip.GzipFile, size: int) -> None:
        super().__init__(packed)
        self._left = max(_MAX_UNSUSPECTED, _MAX_UNPACKING * size)

    def read1(self, size: int = -1, /) -> bytes:
        return self._counted(super().read1(size))

    def read(self, size: int | None = -1, /) -> bytes:
        return self._counted(super().read(self._left + 1 if size is None or size < 0 else size))

    def _counted(self, content: bytes) -> bytes:
        self._left -= len(content)
        if self._left < 0:
            raise StoreError("it unpacks to far more than any export of its size; unpack it yourself if you trust it")
        return content


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:500]


def _check_columns(names: Sequence[str]) -> None:
    """Raise `StoreError` unless these are the columns of an export, of this version or an earlier one."""
    names = [name for name in names if name not in _ROW_NUMBERS]
    missing = [name for name in COLUMNS if name not in names and name not in ADDED_COLUMNS]
    extra = [name for index, name in enumerate(names) if name not in COLUMNS or name in names[:index]]
    if missing or extra:
        parts = [f"{what}: {', '.join(some[:5])}" for what, some in (("missing", missing), ("too many", extra)) if some]
        raise StoreError(f"its columns are not those of an export ({'; '.join(parts)})")


def _read_csv(path: Path) -> Iterator[Record]:
    longest = csv.field_size_limit(_LONGEST_FIELD)
    try:
        with _opened(path, "utf-8-sig") as file:
            first = file.readline()
            file.seek(0)
            reader = csv.reader(file, strict=True, delimiter=max(",;\t", key=first.count))
            names = next(reader, [])
            _check_columns(names)
            for number, texts in enumerate((texts for texts in reader if texts), start=1):
                if len(texts) != len(names):
                    raise StoreError(f"record {number} has {len(texts)} values for {len(names)} columns")
                row = zip(names, texts, strict=True)
                yield _at(number, {name: _number(COLUMNS.get(name, "text"), text) for name, text in row})
    finally:
        csv.field_size_limit(longest)


def _number(kind: str, text: str) -> Any:
    if not text and kind.endswith("?"):
        return None
    try:
        match kind.rstrip("?"):
            case "real":
                return float(text)
            case "bool" if text.lower() in ("true", "false"):
                return text.lower() == "true"
            case "int" | "bool":
                return int(text) if text.lstrip("+-").isdigit() else float(text)
    except ValueError:
        return text  # refused by its type, with the column's name
    return text


def _read_json(path: Path) -> Iterator[Record]:
    with _opened(path, "utf-8") as file:
        content = json.load(file)
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise StoreError(f'not an export of srbench-lite (there is no "format": "{_FORMAT}")')
    if content.get("version") != _VERSION:
        raise StoreError(f"version {content.get('version')!r} of the export format; this srbench-lite reads {_VERSION}")
    environments, records = content.get("environments"), content.get("records")
    if not isinstance(environments, list) or not isinstance(records, list):
        raise StoreError("an export must hold the lists `environments` and `records`")
    for number, row in enumerate(records, start=1):
        place = row.get("environment") if isinstance(row, dict) else None
        if type(place) is not int or not 0 <= place < len(environments):
            raise StoreError(f"record {number} has no environment among the {len(environments)} of the file")
        yield _at(number, {**row, "environment": environments[place]})


def _read_parquet(path: Path) -> Iterator[Record]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise StoreError("Parquet needs pyarrow: pip install 'srbench-lite[parquet]'") from None

    content = path.read_bytes()
    left = max(_MAX_UNSUSPECTED, _MAX_UNPACKING * len(content))
    number = 0
    try:
        file = parquet.ParquetFile(pa.BufferReader(content))
        _check_columns(file.schema_arrow.names)
        if file.metadata.num_rows > 1 + _MAX_ROWS_PER_BYTE * len(content):
            raise StoreError(f"it says that {len(content):,} bytes hold {file.metadata.num_rows:,} records")
        for field in file.schema_arrow:
            if pa.types.is_nested(field.type):
                raise StoreError(f"its column {field.name:.80} holds {field.type!s:.80}, and no texts or numbers")
        for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
            left -= batch.nbytes
            if left < 0:
                raise StoreError("its texts are far longer than those of any export of its size")
            for row in batch.to_pylist():
                number += 1
                yield _at(number, row)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise StoreError(f"not a Parquet file: {_one_line(error)}") from None


def _read_store(path: Path) -> Iterator[Record]:
    with Store(path, read_only=True) as store:
        for record in store:
            yield dataclasses.replace(record, judged_here=False)


def _at(number: int, row: Mapping[str, Any]) -> Record:
    values = {name: _whole(name, value) for name, value in row.items() if name not in _ROW_NUMBERS}
    try:
        return Record.from_row({**values, "judged_here": None})
    except StoreError as error:
        raise StoreError(f"record {number}: {error}") from None


def _whole(name: str, value: Any) -> Any:
    """Return a whole number that was written as 1.0 as one, and what pandas has for nothing as nothing."""
    kind = COLUMNS.get(name, "text")
    if isinstance(value, float) and kind.rstrip("?") in ("int", "bool"):
        if value.is_integer():
            return int(value)
        if kind.endswith("?") and math.isnan(value):
            return None
    return value


def merge(records: Sequence[Record], store: Store) -> Merge:
    """Add records to a store, all or none; doing it again changes nothing.

    One whose key stands already is left out, unless other code of the method made it and later: then it takes the place
    of what stands, so that the order of imports does not matter.
    """
    names = ("expression", "method_source", "started_at")
    standing = store.columns_of([record.key for record in records], names)
    taken: dict[str, Record] = {}
    new = 0
    differing: dict[str, None] = {}
    replaced: dict[str, None] = {}
    older: dict[str, None] = {}
    for record in records:
        own = (record.expression, record.method_source, record.started_at)
        if record.key in standing:
            expression, source, started_at = standing[record.key]
            if source == record.method_source:
                differing |= {} if expression == record.expression else {record.key: None}
                continue
            if record.started_at <= started_at:
                older[record.key] = None
                continue
            replaced[record.key] = None
        else:
            new += 1
        standing[record.key] = own
        taken[record.key] = record
    store.add_all(taken.values(), replace=True)
    Artifacts(store.path).remove(replaced)
    return Merge(
        new=new, present=len(records) - new, differing=tuple(differing), replaced=tuple(replaced), older=tuple(older)
    )


_WRITERS: Final[dict[str, Callable[[Sequence[Mapping[str, Any]], Path], None]]] = {
    "csv": _write_csv,
    "json": _write_json,
    "parquet": _write_parquet,
}
_READERS: Final[dict[str, Callable[[Path], Iterator[Record]]]] = {
    "csv": _read_csv,
    "json": _read_json,
    "parquet": _read_parquet,
    "db": _read_store,
}
FORMATS: Final = tuple(_WRITERS)
