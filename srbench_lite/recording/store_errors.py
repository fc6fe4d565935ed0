"""`explained`: what an error of SQLite means for a store, and what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from srbench_lite.errors import FullDiskError, StoreError, UsageError
from srbench_lite.files import may_write

__all__ = ["explained", "explanation"]

_MAX_QUOTED: Final = 300


def explained(
    error: sqlite3.Error | UnicodeDecodeError, store: Path, log: Path, *, read_only: bool = False
) -> UsageError:
    """Return the error that says what an error of SQLite means, and what to do.

    Args:
        error: what SQLite, or Python's module of it, has raised.
        store: the store's file, as the user knows it.
        log: where its write-ahead log is, if it has one.
        read_only: whether the store was opened for reading.
    """
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:  # an error of Python's own has no code
        return FullDiskError(f"the disk of the store {store} is full; free some space")
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_READONLY_ROLLBACK":
        return StoreError(f"a run was killed while it wrote the store {store}; the same command again makes it whole")
    if name == "SQLITE_CANTOPEN" and log.exists() and not may_write(log.parent):
        return StoreError(
            f"a part of the store {store} lies in {log.name} beside it, and can only be read in a folder that may be "
            "written: copy both files into one"
        )
    text = " ".join(str(error).split())[:_MAX_QUOTED]  # it may quote a damaged file
    return StoreError(explanation(text, store, read_only=read_only))


def explanation(text: str, store: Path, *, read_only: bool = False) -> str:
    """Return what a text of SQLite means, and what to do."""
    if "not a database" in text:
        return f"{store} is no SQLite file; move it away, or name another store with --store"
    if "readonly" in text or "unable to open" in text:
        return f"cannot {'read' if read_only else 'write'} the store {store} ({text}); name another with --store"
    if any(word in text for word in ("malformed", "corrupt", "decode", "too big", "no such", "not authorized")):
        return f"the store {store} is damaged ({text}); move it away and `srbench import` your last export"
    if "locked" in text or "busy" in text:
        return f"the store {store} is being written by another run; wait for it, or name another store with --store"
    return f"cannot use the store {store}: {text}; make room, or name another store with --store"
