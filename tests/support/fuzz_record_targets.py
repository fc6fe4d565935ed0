"""What is fuzzed of records: exports of every form, stores, baselines and pages."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import fuzz_seeds as seeds
from fuzz_children import Target
from fuzz_formulas import WORDS
from fuzz_mutation import EXTREME_NUMBERS, EXTREME_TEXTS, mutated_bytes, mutated_text, mutated_value, rare
from fuzz_steps import all_of, to_bytes

from srbench_lite.comparing.baseline import is_baseline, read_baseline
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.exchange import merge, read_records, read_studies
from srbench_lite.recording.record import COLUMNS
from srbench_lite.recording.store import Store

__all__ = ["RECORD_TARGETS"]


def _taken(path: Path, folder: Path) -> None:
    """Read records as an import does, and put them into a store."""
    records = read_records(path)
    own = folder / "own.db"
    for stale in folder.glob("own.db*"):
        stale.unlink()
    with Store(own) as store:
        merge(records, store)
        RunTable.from_store(store, ("suite", "task", "method", "seed", "status", "nmse_test")).runs.describe()
        assert len(list(store)) == len({record.key for record in records})


def _reading(ending: str) -> Callable[[bytes, Path], object]:
    def read(content: bytes, folder: Path) -> object:
        path = folder / f"input{ending}"
        path.write_bytes(content)
        all_of(lambda: _taken(path, folder), lambda: read_studies(path))
        return True

    return read


def _draw_json(rng: random.Random) -> bytes:
    if rare(rng, 4):
        return mutated_bytes(rng, seeds.text_export("json"), (seeds.baseline(),))
    content = mutated_value(rng, _few(rng, seeds.export()), (*COLUMNS, "format", "version", *WORDS[:20]))
    return to_bytes(json.dumps(content, ensure_ascii=rare(rng, 2)))


def _few(rng: random.Random, content: dict[str, Any]) -> dict[str, Any]:
    """Return an export with some of its records, so that accidents meet others too."""
    return content | {"records": rng.sample(content["records"], rng.randint(1, 3))}


def _draw_json_packed(rng: random.Random) -> bytes:
    packed = seeds.packed(_draw_json(rng))
    return packed if rare(rng, 2) else mutated_bytes(rng, packed)


def _draw_csv(rng: random.Random) -> bytes:
    if rare(rng, 3):
        return mutated_bytes(rng, seeds.text_export("csv"), seeds.tables())
    rows = [list(row) for row in _rows_of_csv()]
    rows = [rows[0], *rng.sample(rows[1:], rng.randint(1, 3))]
    for _ in range(rng.randint(1, 4)):
        row = rng.choice(rows)
        place = rng.randrange(len(row)) if row else 0
        accident = rng.randrange(6)
        if accident == 0 and row:
            del row[place]
        elif accident == 1:
            row.insert(place, rng.choice(EXTREME_TEXTS))
        elif row and place < len(row):
            row[place] = rng.choice(
                (
                    rng.choice(EXTREME_TEXTS),
                    rng.choice(EXTREME_NUMBERS),
                    "[]",
                    "{}",
                    '{"a":1}',
                    "1.0",
                    mutated_text(rng, row[place], WORDS),
                )
            )
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=rng.choice(",,;\t"), lineterminator=rng.choice(("\n", "\r\n", "\r"))).writerows(rows)
    return to_bytes(out.getvalue())


@cache
def _rows_of_csv() -> list[list[str]]:
    return list(csv.reader(io.StringIO(seeds.text_export("csv").decode())))


def _draw_parquet(rng: random.Random) -> bytes:
    content = _parquet_export(rng.randrange(_PARQUET_EXPORTS))
    return content if rare(rng, 20) else mutated_bytes(rng, content, (seeds.parquet_table(),))


@cache
def _parquet_export(number: int) -> bytes:
    """Return one of some exports with columns of other types."""
    import pyarrow as pa
    from pyarrow import parquet

    rng = random.Random(number)
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in _rows_of_export()]
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in COLUMNS}
    for _ in range(rng.randint(0, 3)):
        name = rng.choice(list(columns))
        columns[name] = rng.choice(
            (
                [rng.choice(EXTREME_TEXTS[:25])] * len(rows),
                [1.5] * len(rows),
                [None] * len(rows),
                [b"\xff\0"] * len(rows),
                [[1, 2]] * len(rows),
                [{"a": 1}] * len(rows),
                [2**62] * len(rows),
                [math.nan] * len(rows),
                columns[name],
                [True] * len(rows),
            )
        )
        if rare(rng, 8):
            columns[rng.choice(EXTREME_TEXTS[:8])] = columns.pop(name)
    out = io.BytesIO()
    with suppress(pa.ArrowException, UnicodeEncodeError, TypeError):
        compression = rng.choice(("none", "snappy", "zstd", "gzip"))
        parquet.write_table(pa.table(columns), out, compression=compression, row_group_size=rng.choice((1, 5, 100)))
    return out.getvalue()


_PARQUET_EXPORTS: Final = 500


@cache
def _rows_of_export() -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(record.to_row().values()) for record in seeds.some_records()[:6])


#: Instructions of SQLite that a statement of ours may take: a table that was given another's pages may have no end.
_MAX_STEPS_OF_SQLITE: Final = 3_000_000
_ENDLESS: Final = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
_SQL: Final = (
    "CREATE VIEW v AS SELECT 1",
    "DROP TABLE records",
    "DROP TABLE environments",
    "DROP TABLE packs",
    "DROP TABLE spans",
    "DROP TABLE outputs",
    "DROP TABLE studies",
    "DELETE FROM environments",
    "DELETE FROM packs",
    "ALTER TABLE records RENAME TO others",
    "ALTER TABLE records RENAME TO others; CREATE VIEW records AS SELECT * FROM others",
    f"ALTER TABLE records RENAME TO others; CREATE VIEW records AS {_ENDLESS} SELECT others.* FROM others, c",
    f"ALTER TABLE packs RENAME TO others; CREATE VIEW packs AS {_ENDLESS} SELECT others.* FROM others, c",
    "ALTER TABLE environments RENAME TO others; CREATE VIEW environments AS SELECT id, hex(zeroblob(100000000)) AS "
    "content FROM others",
    "ALTER TABLE studies RENAME TO others; CREATE VIEW studies AS SELECT 1 AS id, hex(zeroblob(400000000)) AS content",
    "ALTER TABLE records ADD COLUMN more TEXT",
    "ALTER TABLE records ADD COLUMN more TEXT AS (hex(zeroblob(100000000)))",
    "ALTER TABLE records DROP COLUMN aligned; ALTER TABLE records ADD COLUMN aligned TEXT AS (hex(zeroblob(30000000)))",
    "CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM records; END",
    "CREATE TRIGGER t BEFORE INSERT ON records BEGIN SELECT RAISE(ABORT, 'no'); END",
    "CREATE TRIGGER t AFTER DELETE ON records BEGIN INSERT INTO studies (content) VALUES (hex(zeroblob(1000000))); END",
    f"CREATE TRIGGER t AFTER INSERT ON studies BEGIN INSERT INTO studies (content) {_ENDLESS} SELECT x FROM c; END",
    "INSERT INTO studies (content) VALUES (zeroblob(1000000))",
    "INSERT INTO outputs VALUES ('a', zeroblob(1000000))",
    "UPDATE outputs SET content = zeroblob(100)",
    "UPDATE studies SET content = x'ff00'",
    "UPDATE packs SET content = zeroblob(1000)",
    "UPDATE packs SET codes = x'ffff'",
    "UPDATE packs SET content = '[1]'",
    "UPDATE packs SET codes = x''",
    "UPDATE packs SET first = first + 1",
    "UPDATE spans SET size = 1000000000000",
    "UPDATE spans SET size = -1",
    "UPDATE spans SET size = 'a'",
    "UPDATE spans SET last = NULL",
    "INSERT INTO deleted VALUES (3)",
    "INSERT INTO spans VALUES (-5, -1, 5)",
    "UPDATE environments SET content = zeroblob(5)",
    "UPDATE environments SET content = '{\"a\": NaN}'",
    "UPDATE environments SET content = '[]'",
    "UPDATE environments SET id = 'x'",
    "CREATE INDEX i ON records (expression)",
    "CREATE TABLE other (a, b)",
    "VACUUM",
    "PRAGMA journal_mode = WAL",
    "CREATE VIRTUAL TABLE f USING fts5(a)",
    "PRAGMA encoding = 'UTF-16'",
    "PRAGMA user_version = 0",
    "PRAGMA user_version = 2",
    "PRAGMA user_version = 3",
    "PRAGMA user_version = 4",
    "PRAGMA user_version = 5",
    "PRAGMA user_version = 99",
    "PRAGMA application_id = 0",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'CREATE TABLE records(a)' WHERE name = 'records'",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 2 WHERE name = 'records'",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 1 WHERE name = 'environments'",
    "PRAGMA writable_schema = ON; DELETE FROM sqlite_master",
    "CREATE TEMP TABLE records (a)",
)


def _draw_store(rng: random.Random) -> bytes:
    if rare(rng, 3):
        return mutated_bytes(rng, seeds.store())
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2_000_000)  # what makes the file is not what is tried
        connection.set_progress_handler(lambda: True, _MAX_STEPS_OF_SQLITE)
        connection.deserialize(seeds.store())
        with suppress(sqlite3.Error):
            for _ in range(rng.randint(1, 3)):
                if rare(rng, 2):
                    connection.executescript(rng.choice(_SQL))
                else:
                    _change_cell(rng, connection)
        return connection.serialize()


def _change_cell(rng: random.Random, connection: sqlite3.Connection) -> None:
    connection.execute("DROP TRIGGER IF EXISTS records_changed")
    name = rng.choice([*COLUMNS, "id"])
    name = "environment_id" if name == "environment" else name
    numbers = (0, -1, 2**63 - 1, 1.5, -0.0, 9e999, -9e999, 1e300)
    value = rng.choice(
        (
            None,
            rng.choice(numbers),
            rng.choice(numbers),
            rng.choice(EXTREME_TEXTS[:20]),
            b"\xff\0",
            "[]",
            "{}",
            '{"a": [' * 300,
            "x" * rng.choice((1, 100_000)),
            rng.choice(EXTREME_NUMBERS),
        )
    )
    with suppress(UnicodeEncodeError):
        where = "" if rare(rng, 3) else f"WHERE id = {rng.randint(1, 16)}"
        connection.execute(f"UPDATE OR IGNORE records SET {name} = ? {where}", [value])


def _read_store(content: bytes, folder: Path) -> object:
    """Read a store in all the ways in which commands do, and write to it."""
    for stale in folder.glob("input.db*"):
        stale.unlink()
    path = folder / "input.db"
    path.write_bytes(content)
    (record,) = seeds.some_records()[-1:]
    turn = zlib.crc32(content) % 4

    def looked_at() -> None:
        with Store(path, read_only=True) as store:
            all_of(
                lambda: RunTable.from_store(
                    store, ("suite", "task", "method", "seed", "status", "nmse_test", "seconds")
                ),
                lambda: store.distinct("suite", "method"),
                store.check,
                store.studies,
                store.rows,
                lambda: store.provenance(range(1, 20)),
                lambda: store.environments(range(1, 20)),
                lambda: list(store.with_fact("warnings")),
                lambda: list(store.progress(range(1, 20))),
                lambda: len(store),
                lambda: store.output(seeds.some_records()[0].key),
                lambda: store.formulas(range(1, 20)),
            )
            if turn == 1:
                store.frame()

    def written() -> None:
        with Store(path) as store:
            store.add(record, replace=True)
            store.keep_study("a = 1")

    dear = (lambda: _taken(path, folder), lambda: read_records(path), looked_at, lambda: read_studies(path))[turn]
    all_of(dear, looked_at, written)
    return True


def _draw_baseline(rng: random.Random) -> bytes:
    if rare(rng, 3):
        return mutated_bytes(rng, seeds.baseline(), (seeds.text_export("json"),))
    return to_bytes(
        json.dumps(mutated_value(rng, json.loads(seeds.baseline()), ("runs", "tasks", "methods", "version")))
    )


def _read_baseline(content: bytes, folder: Path) -> object:
    path = folder / "input.json"
    path.write_bytes(content)
    is_baseline(path)
    return read_baseline(path)


def _draw_page(rng: random.Random) -> bytes:
    if rare(rng, 2):
        return mutated_bytes(rng, seeds.page())
    words = (
        "<script",
        "</script>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        'id="content"',
        'type="application/json"',
        "&",
        "&#0;",
        "&#x110000;",
        "<",
        "</",
        "<a " + "b " * 500,
        '"study"',
    )
    return to_bytes(mutated_text(rng, seeds.page().decode(), words))


def _read_page(content: bytes, folder: Path) -> object:
    from srbench_lite.cli.study import study_of_file

    path = folder / "input.html"
    path.write_bytes(content)
    return study_of_file(path)


RECORD_TARGETS: Final = (
    Target(name="json", ending=".json", draw=_draw_json, read=_reading(".json"), names_file=True),
    Target(name="json-gz", ending=".json.gz", draw=_draw_json_packed, read=_reading(".json.gz"), names_file=True),
    Target(name="csv", ending=".csv", draw=_draw_csv, read=_reading(".csv"), names_file=True),
    Target(name="parquet", ending=".parquet", draw=_draw_parquet, read=_reading(".parquet"), names_file=True),
    Target(name="store", ending=".db", draw=_draw_store, read=_read_store, names_file=True),
    Target(name="baseline", ending=".json", draw=_draw_baseline, read=_read_baseline, names_file=True),
    Target(name="page", ending=".html", draw=_draw_page, read=_read_page, names_file=True),
)
