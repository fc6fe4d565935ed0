"""`Tags`: names that people give to runs of a store, such as `paper` or `before-refactoring`.

A tag belongs to the keys of runs, so a run that is repeated keeps it, and one that is still to be done has it already.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from srbench_lite.errors import UnknownNameError, UsageError

__all__ = ["TABLE", "Tags", "checked_tag"]

#: The statement that lays out the table.
TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS tags (name TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (name, key)) WITHOUT ROWID"
)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


def checked_tag(name: str) -> str:
    """Return a name that a tag may have; raises `UsageError`."""
    if _NAME.fullmatch(name) is None:
        raise UsageError(f"a tag has letters, digits, '.', '_' and '-', at most 64, such as paper-v1, got {name!r}")
    return name


class Tags:
    """The tags of a store.

    Args:
        connection: to the store.
        explained: what makes an error of ours of one of SQLite's.
    """

    def __init__(self, connection: sqlite3.Connection, explained: Callable[[sqlite3.Error], UsageError]) -> None:
        self._connection = connection
        self._explained = explained

    def give(self, name: str, keys: Iterable[str]) -> None:
        """Give runs a tag, all or none."""
        with self._transaction():
            self._connection.executemany(
                "INSERT OR IGNORE INTO tags VALUES (?, ?)", ((checked_tag(name), key) for key in keys)
            )

    def move(self, before: str, after: str) -> None:
        """Give a run the tags of another, which has none any more: its key has changed."""
        with self._transaction():
            self._connection.execute("UPDATE OR REPLACE tags SET key = ? WHERE key = ?", (after, before))

    def take(self, keys: Iterable[str]) -> None:
        """Take all tags from runs."""
        with self._transaction():
            self._connection.executemany("DELETE FROM tags WHERE key = ?", ((key,) for key in keys))

    def counts(self) -> dict[str, int]:
        """Return how many stored runs have each tag, by name."""
        with self._explaining():
            if not self._are_there():
                return {}
            return dict(
                self._connection.execute(
                    "SELECT t.name, count(*) FROM main.tags t JOIN records r ON r.key = t.key GROUP BY t.name"
                ).fetchall()
            )

    def keys(self, names: Sequence[str]) -> list[str]:
        """Return the keys of the runs that have one of the tags, each once.

        Raises:
            UnknownNameError: no run has the tag.
        """
        known = self.counts()
        for name in names:
            if name not in known:
                raise UnknownNameError("tag", name, known)
        marks = ", ".join("?" * len(names))
        with self._explaining():
            found = self._connection.execute(
                f"SELECT DISTINCT key FROM main.tags WHERE name IN ({marks}) ORDER BY key",  # noqa: S608 - ours
                list(names),
            )
            return [key for (key,) in found]

    def _are_there(self) -> bool:
        found = "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = 'tags'"
        return self._connection.execute(found).fetchone() is not None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._explaining():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk has ended it
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._explained(error) from None
