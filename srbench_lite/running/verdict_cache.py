"""`VerdictCache`: what was found of formulas when they were judged, in a file, so that each is judged once."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from srbench_lite.errors import StoreError

__all__ = ["VerdictCache"]

_APPLICATION: Final = 0x73726276  # "srbv", which SQLite keeps in the file's head
_HEAD: Final = b"SQLite format 3\0"
_MAX_KEYS_PER_QUERY: Final = 500


class VerdictCache:
    """Findings by key, each an object of plain JSON. Use as a context manager, or call `close`.

    Whoever can write the file can forge verdicts: it belongs to whoever judges, and is none of what is handed in.

    Args:
        path: the SQLite file, made where it is missing; None for a cache that ends with the process.

    Raises:
        StoreError: the file is something else, or cannot be written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                _refuse_short(path)
            self._connection = sqlite3.connect(":memory:" if path is None else path, isolation_level=None)
            (owner,) = self._connection.execute("PRAGMA application_id").fetchone()
            (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if owner != _APPLICATION and (owner or tables):
                self._connection.close()
                raise StoreError(f"{path} is no file of verdicts, but a SQLite file of another kind; name another file")
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._connection.execute("CREATE TABLE IF NOT EXISTS findings (key TEXT PRIMARY KEY, content TEXT)")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"the file of verdicts {path} cannot be used: {error}; name another file") from None

    def find(self, keys: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield those of some findings that are known, with their keys."""
        wanted = list(keys)
        for start in range(0, len(wanted), _MAX_KEYS_PER_QUERY):
            some = wanted[start : start + _MAX_KEYS_PER_QUERY]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT key, content FROM findings WHERE key IN ({marks})"  # noqa: S608 - values are bound
            for key, content in self._done(sql, some):
                yield key, json.loads(content)

    def keep(self, findings: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep findings, in one transaction."""
        rows = [(key, json.dumps(dict(content), allow_nan=False)) for key, content in findings.items()]
        self._done("BEGIN")
        try:
            self._connection.executemany("INSERT OR REPLACE INTO findings VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):  # where it failed SQLite may have rolled back itself
                self._connection.execute("ROLLBACK")
            raise self._unusable(error) from None
        self._done("COMMIT")

    def _done(self, sql: str, values: Collection[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(sql, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _unusable(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"the file of verdicts {self._path} cannot be used: {error}; name another file")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _refuse_short(path: Path) -> None:
    """Raise `StoreError` if a file with content is none of SQLite, which takes a short one for an empty database."""
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(len(_HEAD))
        if head not in (b"", _HEAD):
            raise StoreError(f"{path} is no file of verdicts, and is left as it is; name another file")
