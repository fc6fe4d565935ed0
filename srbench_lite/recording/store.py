"""`Store`: the records on disk, in one SQLite file.

One writer (the coordinator of a run), many readers. A write-ahead log, unless machines share the file system; every
record is one transaction, so `kill -9` at any moment loses at most the runs that were going on. Environments (long, and
few) have a table of their own, and so has what methods printed (`srbench_lite.recording.output`), which goes with its
record. Columns that leaderboards and comparisons read also stand packed (`srbench_lite.recording.column_cache`).
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from srbench_lite.errors import StoreError, UsageError
from srbench_lite.recording.column_cache import ColumnCache, pack
from srbench_lite.recording.output import pack_output, unpack_output
from srbench_lite.recording.progress import checked_progress
from srbench_lite.recording.record import COLUMNS, Record
from srbench_lite.recording.record_frame import checked_names, record_frame
from srbench_lite.recording.schema import (
    SCHEMA_VERSION,
    STORED,
)
from srbench_lite.recording.store_file import StoreFile
from srbench_lite.recording.stored_values import refuse_odd_values
from srbench_lite.recording.tags import Tags

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DEFAULT_STORE", "SCHEMA_VERSION", "Store"]

DEFAULT_STORE: Final = Path("results/srbench.db")
#: Keys that one query asks for.
_MAX_KEYS_PER_QUERY: Final = 500
#: Where more are asked for, it is quicker to read them all.
_MANY_KEYS: Final = 10_000


class Store:
    """A results file. Use as a context manager, or call `close`.

    Args:
        path: the SQLite file; created, with its folder, when it is opened for writing.
        read_only: open for reading; the file must exist.

    Attributes:
        file: its file, with what lies beside it.

    Raises:
        StoreError: the file is no SQLite file, belongs to another program, has a schema version that is not
            read, or its folder cannot be written, or another process is writing it.
    """

    def __init__(self, path: Path | str = DEFAULT_STORE, *, read_only: bool = False) -> None:
        self.path = Path(path)
        self.read_only = read_only
        self._environments: set[str] = set()
        self.file = StoreFile(self.path, read_only=read_only)
        self._connection = self.file.open()

    @property
    def schema(self) -> int:
        """The version of the file's tables, which is the current one where it was opened for writing."""
        return self.file.schema

    def _explained(self, error: sqlite3.Error | UnicodeDecodeError) -> UsageError:
        return self.file.explained(error)

    def _damaged(self, what: str) -> StoreError:
        return self.file.damaged(what)

    def close(self) -> None:
        """Close the file."""
        try:
            self._connection.close()
        finally:
            self.file.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- writing --------------------------------------------------------------------------------------------------

    def add(self, record: Record, *, replace: bool = False) -> bool:
        """Keep a record, in a transaction of its own; return whether it was written.

        A key that stands stays as it is, unless `replace` is set.
        """
        return self.add_all([record], replace=replace) == 1

    def add_all(self, records: Iterable[Record], *, replace: bool = False, without: Collection[str] = ()) -> int:
        """Keep records in one transaction, all or none; return how many were written.

        Args:
            records: what to keep; a key that stands stays as it is, unless `replace` is set.
            replace: whether they take the place of records with the same key.
            without: keys of records that go in the same transaction; one that does not stand is no error.
        """
        rows: dict[str, Sequence[Any]] = {}
        environments: dict[str, str] = {}
        outputs: dict[str, bytes] = {}
        for record in records:
            row = record.to_row()
            content = row["environment"]
            row["environment"] = name = hashlib.sha256(content.encode()).hexdigest()[:16]
            environments[name] = content
            if replace or record.key not in rows:
                rows[record.key] = tuple(row.values())
                outputs.pop(record.key, None)
                if record.output:
                    outputs[record.key] = pack_output(record.output)
        new = {name: content for name, content in environments.items() if name not in self._environments}
        marks, names = ", ".join("?" * len(STORED)), ", ".join(STORED)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                if new:
                    self._connection.executemany("INSERT OR IGNORE INTO environments VALUES (?, ?)", new.items())
                gone = {*without, *(rows if replace else ())}
                self._connection.executemany("DELETE FROM records WHERE key = ?", [(key,) for key in gone])
                standing = self.statuses(outputs)
                before = self._connection.total_changes
                insert = f"INSERT OR IGNORE INTO records ({names}) VALUES ({marks})"  # noqa: S608 - names are ours
                self._connection.executemany(insert, rows.values())
                added = self._connection.total_changes - before
                kept = [output for output in outputs.items() if output[0] not in standing]
                self._connection.executemany("INSERT OR REPLACE INTO outputs VALUES (?, ?)", kept)
                if added:
                    pack(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk has ended it
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._explained(error) from None
        self._environments |= set(new)
        return added

    def keep_study(self, text: str) -> None:
        """Keep the text of a study whose runs are to be here; one that is kept already stays where it is."""
        try:
            self._connection.execute("INSERT OR IGNORE INTO studies (content) VALUES (?)", [text])
        except sqlite3.Error as error:
            raise self._explained(error) from None

    @property
    def tags(self) -> Tags:
        """The names that people have given to runs."""
        return Tags(self._connection, self._explained)

    # --- reading --------------------------------------------------------------------------------------------------

    def standing(self, keys: Iterable[str]) -> Iterator[tuple[str, str | None] | None]:
        """Yield of each of some keys the status of its record and the code that made it; None where it has no record.

        Keys are taken some at a time, and where they are many, their index is read once.
        """
        waiting = iter(keys)
        for some in _batches(itertools.islice(waiting, _MANY_KEYS)):
            rows = self._chosen("key, status, method_source", "key", some)
            found = {key: (status, source) for key, status, source in rows}
            yield from map(found.get, some)
        for first in waiting:
            from srbench_lite.recording.standing_keys import StandingKeys

            with self.columns() as columns:
                standing = StandingKeys(self._connection, columns)
            yield from standing.found(itertools.chain([first], waiting))

    def statuses(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the status of those of some records that stand here, by key."""
        return dict(self._chosen("key, status", "key", keys))

    def sources(self, keys: Iterable[str]) -> dict[str, str | None]:
        """Return the fingerprint of the code that made those of some records that stand here, by key."""
        return dict(self._chosen("key, method_source", "key", keys))

    def beginnings(self, keys: Collection[str]) -> dict[str, str]:
        """Return when those of some runs began whose records stand here, by key."""
        return dict(self._chosen("key, started_at", "key", list(keys)))

    def columns_of(self, keys: Iterable[str], names: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """Return some columns of those of some records that stand here, by key."""
        rows = self._chosen(", ".join(("key", *names)), "key", keys)
        return {key: tuple(values) for key, *values in rows}

    def output(self, key: str) -> str:
        """Return the end of what the method of a run printed; empty where nothing is kept of it.

        Raises:
            StoreError: it is damaged.
        """
        if not self._has_table("outputs"):
            return ""
        try:
            return "".join(unpack_output(content) for (content,) in self._chosen("content", "key", [key], of="outputs"))
        except ValueError as error:
            raise self._damaged(f"{error}, of the run {key}") from None

    def studies(self) -> list[str]:
        """Return the texts of the studies whose runs are here, or were to be, in the order in which they began."""
        if not self._has_table("studies"):
            return []
        texts = [text for (text,) in self._fetched("SELECT content FROM main.studies ORDER BY id")]
        with self._contents():
            if not all(isinstance(text, str) for text in texts):
                raise ValueError("a study is no text")
        return texts

    def _has_table(self, name: str) -> bool:
        return bool(self._fetched("SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = ?", [name]))

    def with_fact(self, name: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Yield number, key and facts (`extras`) of the records whose method gave a fact of this name."""
        rows = self._fetched("SELECT id, key, extras FROM records WHERE instr(extras, ?)", [json.dumps(name)])
        for number, key, text in rows:
            facts = self._object(text)
            if name in facts:
                yield number, key, facts

    def ids(self, keys: Iterable[str]) -> list[int]:
        """Return the numbers of those of some records that stand here, in no order."""
        return [number for _, number in self._chosen("key, id", "key", keys)]

    def rows(
        self, columns: Sequence[str] = tuple(COLUMNS), *, suites: Sequence[str] = (), methods: Sequence[str] = (),
        tasks: Sequence[str] = (),
    ) -> list[tuple[Any, ...]]:  # fmt: skip
        """Return chosen columns of all records, or of those of some suites, methods and tasks, ordered by key parts.

        The order is suite, task, method, noise, seed, key: the same whatever order the runs ended in.
        """
        chosen = ", ".join("e.content" if name == "environment" else f"r.{name}" for name in columns)
        where, values = [], []
        for column, wanted in (("suite", suites), ("method", methods), ("task", tasks)):
            if wanted:
                where.append(f"r.{column} IN ({', '.join('?' * len(wanted))})")
                values += list(wanted)
        condition = f"WHERE {' AND '.join(where)}" if where else ""
        join = "LEFT JOIN environments e ON e.id = r.environment_id" if "environment" in columns else ""
        order = "ORDER BY r.suite, r.task, r.method, r.noise, r.seed, r.key"
        sql = f"SELECT {chosen} FROM records r {join} {condition} {order}"  # noqa: S608 - names are ours, values bound
        rows = self._fetched(sql, values)
        with self._contents():
            for name, held in zip(columns, zip(*rows, strict=True), strict=False):
                refuse_odd_values(name, held)
        return rows

    def frame(
        self, columns: Sequence[str] | None = None, *, suites: Sequence[str] = (), methods: Sequence[str] = (),
        tasks: Sequence[str] = (),
    ) -> pd.DataFrame:  # fmt: skip
        """Return records as a pandas DataFrame with typed columns, a row for each record, in the order of `rows`.

        Args:
            columns: which columns; by default all of `srbench_lite.recording.record.COLUMNS`.
            suites: only records of these suites; all where none is named.
            methods: the same for methods.
            tasks: the same for tasks, by their full names.

        Raises:
            StoreError: there is no such column.
        """
        names = checked_names(columns)
        rows = self.rows(names, suites=suites, methods=methods, tasks=tasks)
        with self._contents():
            return record_frame(rows, names)

    def formulas(self, ids: Sequence[int]) -> dict[int, tuple[str | None, str | None]]:
        """Return the formula of some records, or why there is none, by the record's number."""
        rows = list(self._chosen("id, expression, reason", "id", ids))
        with self._contents():
            refuse_odd_values("expression", (expression for _, expression, _ in rows))
            refuse_odd_values("reason", (reason for _, _, reason in rows))
        return {number: (expression, reason) for number, expression, reason in rows}

    def progress(self, ids: Sequence[int]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        """Yield the numbers of those of some records that have marks, each with what it says of them."""
        for number, text in self._chosen("id, progress", "id", ids, "AND progress != '[]'"):
            with self._contents():
                marks = [dict(mark) for mark in checked_progress(json.loads(text))]
            yield number, marks

    @contextlib.contextmanager
    def _contents(self) -> Iterator[None]:
        """Say of what cannot be understood that the store is damaged."""
        try:
            yield
        except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
            raise self._damaged(" ".join(str(error).split())[:200]) from None

    def _object(self, text: Any) -> dict[str, Any]:
        """Return a JSON object of the file."""
        with self._contents():
            content = json.loads(text)
            if not isinstance(content, dict):
                raise ValueError(f"an object was to be here, and there is {text[:40]!r}")
            return content

    def _chosen(
        self, names: str, by: str, values: Iterable[Any], tail: str = "", of: str = "records"
    ) -> Iterator[tuple[Any, ...]]:
        for some in _batches(values):
            marks = ", ".join("?" * len(some))
            yield from self._fetched(f"SELECT {names} FROM {of} WHERE {by} IN ({marks}) {tail}", some)  # noqa: S608 - ours

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything as it stands at one moment, whatever is written meanwhile."""
        if self._connection.in_transaction:
            yield
            return
        try:
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._explained(error) from None

    @contextlib.contextmanager
    def columns(self) -> Iterator[ColumnCache]:
        """Give single columns of all records, as they stand at one moment."""
        with self.snapshot():
            try:
                yield ColumnCache(self._connection)
            except sqlite3.Error as error:
                raise self._explained(error) from None

    def distinct(self, *names: str) -> tuple[list[str], ...]:
        """Return the different texts of some columns, each sorted."""
        with self.columns() as columns:
            return tuple(columns.distinct(name) for name in names)

    def environments(self, ids: Sequence[int]) -> dict[int, str]:
        """Return by a record's number in which environment it was made, as JSON; of one environment the same text."""
        names = dict(self._chosen("id, environment_id", "id", ids))
        with self._contents():
            contents = dict(self._chosen("id, content", "id", sorted(set(names.values())), of="environments"))
            refuse_odd_values("environment", contents.values())
            return {number: contents[name] for number, name in names.items()}

    def provenance(self, ids: Sequence[int]) -> tuple[list[dict[str, Any]], str, str]:
        """Return the environments that some records were made in, each once, and when the first and last run began."""
        names, first, last = set(), [], []
        what, by = "environment_id, min(started_at), max(started_at)", "GROUP BY environment_id"
        with self._contents():
            for name, *times in self._chosen(what, "id", ids, by):
                refuse_odd_values("started_at", times)
                names.add(name)
                first.append(times[0])
                last.append(times[1])
            contents = sorted(self._chosen("id, content", "id", sorted(names), of="environments"))
            if len(contents) != len(names):
                raise ValueError("an environment is missing")
            return [self._object(text) for _, text in contents], min(first, default=""), max(last, default="")

    def _fetched(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise self._explained(error) from None

    def check(self) -> None:
        """Look at every page and every record of the file.

        Raises:
            StoreError: something is damaged.
        """
        found = str(self._fetched("PRAGMA main.integrity_check(1)")[0][0])
        if found != "ok":
            raise self._damaged(f"{' '.join(found.split())}")
        lost = len(self._fetched("PRAGMA main.foreign_key_check"))
        if lost:
            raise self._damaged(f"{lost} records name an environment that is not there")
        for record in self:
            self.output(record.key)

    def __iter__(self) -> Iterator[Record]:
        for row in self.rows():
            try:
                record = Record.from_row(dict(zip(COLUMNS, row, strict=True)))
            except StoreError as error:
                raise self._damaged(str(error)) from None
            yield record

    def __len__(self) -> int:
        return int(self._fetched("SELECT count(*) FROM records")[0][0])


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield values as lists that a query can ask for."""
    waiting = iter(values)
    while some := list(itertools.islice(waiting, _MAX_KEYS_PER_QUERY)):
        yield some
