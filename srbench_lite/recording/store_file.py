"""`StoreFile`: the file of a store and what lies beside it: made whole, opened, locked, and its faults explained."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Final

from srbench_lite.errors import FullDiskError, StoreError, UsageError
from srbench_lite.files import may_write, no_room_left
from srbench_lite.recording.file_system import file_system_of, is_shared
from srbench_lite.recording.schema import (
    APPLICATION,
    OLD_VERSIONS,
    SCHEMA_VERSION,
    TRIGGERS,
    lay_out,
    lay_out_beside,
    migrate,
    read_as_current,
)
from srbench_lite.recording.store_errors import explained, explanation
from srbench_lite.recording.stored_values import limit_values, refuse_code
from srbench_lite.recording.writer_lock import WriterLock

__all__ = ["StoreFile"]

#: What is added to the name of a store that is being made, and of its journal.
_IN_THE_MAKING: Final = ("-new", "-new-journal")


class StoreFile:
    """The file of a store.

    Args:
        path: as the user knows it.
        read_only: whether it is opened for reading.

    Attributes:
        schema: the version of its tables, which is the current one where it was opened for writing.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self.path = path
        self.file = Path(os.path.realpath(path))  # where links lead: a store has one lock, whatever it is called
        self.read_only = read_only
        self.schema = SCHEMA_VERSION
        self._log = self.file.with_name(f"{self.file.name}-wal")
        self._lock = WriterLock(self.file)

    def open(self) -> sqlite3.Connection:
        """Open it, as its only writer or for reading; make it where it is to be written and does not exist.

        Raises:
            StoreError: it is no SQLite file, belongs to another program, has a schema version that is not read, or its
                folder cannot be written, or another process is writing it.
            FullDiskError: the disk is full.
        """
        try:
            self.path.exists()
        except OSError as error:  # such as a name that is too long
            raise StoreError(f"{self.path} cannot be a store: {error.strerror}; name another with --store") from None
        if self.file.is_symlink():  # which leads to itself, for it was followed
            raise StoreError(f"the store {self.path} is a loop of links; name a file with --store")
        if self.read_only and not self.path.exists():
            raise StoreError(f"there is no store at {self.path}; run `srbench run` first, or name one with --store")
        if self.path.is_dir():
            raise StoreError(f"the store {self.path} is a folder; name a file with --store")
        if self.path.exists() and not self.path.is_file():
            raise StoreError(f"the store {self.path} is a device or a pipe; name a file with --store")
        try:
            return self._opened()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # names in a damaged file may be no UTF-8
            self._lock.release()
            raise self.explained(error) from None
        except OSError as error:
            self._lock.release()
            kind = FullDiskError if no_room_left(error) else StoreError
            raise kind(
                f"cannot write the store {self.path}: {error.strerror or error}; name another with --store"
            ) from None

    def _opened(self) -> sqlite3.Connection:
        mode = "mode=rwc"
        if self.read_only:
            mode = "mode=ro"
            if not may_write(self.file.parent):
                if not self._log.exists():
                    mode = "immutable=1"  # SQLite cannot make its shared-memory file there, and nobody is writing
            elif may_write(self.file) and self.shared_by is None:
                mode = "mode=rw"  # so that the last reader takes away what SQLite makes beside the file
        else:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            for writable in (self.file.parent, *([self.file] if self.file.exists() else [])):
                if not may_write(writable):
                    raise PermissionError(13, f"{writable} is read-only")
            if not self._lock.take():
                raise StoreError(
                    f"another run is writing the store {self.path}; wait for it, or name another store with --store"
                )
            if not self.file.exists():
                self._created()
        uri = f"{self.file.as_uri()}?{mode}"
        connection = sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            limit_values(connection)
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if self.read_only and not (owner or tables or version):
                raise StoreError(f"the store {self.path} is empty; run `srbench run` first")
            if owner != APPLICATION and (tables or version or owner):
                raise StoreError(f"{self.path} is a SQLite file of another program; name another store with --store")
            if owner and version not in (SCHEMA_VERSION, *OLD_VERSIONS):
                raise StoreError(
                    f"{self.path} has schema version {version}, this srbench-lite reads versions "
                    f"{', '.join(map(str, OLD_VERSIONS))} and {SCHEMA_VERSION}; use the version that wrote it to "
                    "`srbench export --format json`, then "
                    "`srbench import` here"
                )
            if owner and "records" not in tables:
                raise self.damaged("it has no records")
            refuse_code(connection)
            if not self.read_only:
                self._set_journal(connection)
                if version == 0:
                    lay_out(connection)
                elif version in OLD_VERSIONS:
                    migrate(connection, version)
                lay_out_beside(connection)
                refuse_code(connection, TRIGGERS)
            elif version in OLD_VERSIONS:
                read_as_current(connection, version)
                self.schema = version
            if self.read_only:
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            self._lock.release()
            raise
        return connection

    def _set_journal(self, connection: sqlite3.Connection) -> None:
        """Choose a write-ahead log, or where machines share the file system an ordinary journal, which they may.

        The log needs memory that its readers and its writer share, and two machines share none.
        """
        if self.shared_by is None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            return
        connection.execute("PRAGMA synchronous = FULL")
        with contextlib.suppress(sqlite3.OperationalError):  # somebody reads it: the next run changes it
            connection.execute("PRAGMA journal_mode = DELETE")

    def _created(self) -> None:
        """Make the file under another name first: whoever reads meanwhile finds a whole store or none."""
        unfinished, journal = (self.file.with_name(f"{self.file.name}{ending}") for ending in _IN_THE_MAKING)
        for left in (unfinished, journal):  # by a run that was killed here
            left.unlink(missing_ok=True)
        try:
            with contextlib.closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
                lay_out(connection)
            unfinished.replace(self.file)
        finally:
            unfinished.unlink(missing_ok=True)

    def release(self) -> None:
        """Let others write it."""
        self._lock.release()

    def explained(self, error: sqlite3.Error | UnicodeDecodeError) -> UsageError:
        """Return the error that says what an error of SQLite means, and what to do."""
        return explained(error, self.path, self._log, read_only=self.read_only)

    def damaged(self, what: str) -> StoreError:
        """Return the error that says that something in it is damaged."""
        return StoreError(explanation(f"malformed: {what}", self.path))

    @property
    def shared_by(self) -> str | None:
        """The kind of file system on which it lies, where machines share that; None where they do not."""
        kind = file_system_of(self.file)
        return kind if is_shared(kind) else None

    def is_being_written(self) -> bool:
        """Whether a process has it open for writing."""
        return self._lock.is_held()

    def unfinished(self) -> tuple[int, list[str]]:
        """Return what a writer that was killed has left: bytes of the store in its log, and names of other files."""
        names = (f"{self.file.name}{ending}" for ending in (*_IN_THE_MAKING, "-lock"))
        beside = [name for name in names if self.file.with_name(name).exists()]
        return self._log.stat().st_size if self._log.exists() else 0, beside
