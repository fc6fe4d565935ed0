"""`WriterLock`: one process writes a store at a time, and the system lets go of it however that process ends."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

__all__ = ["WriterLock"]


class WriterLock:
    """A lock in a file beside a store. It does nothing on Windows.

    Args:
        store: the store's file.

    Attributes:
        path: the lock's file, which is there while the lock is held, and after its holder was killed.
    """

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(f"{store.name}-lock")
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Hold it, and return whether that was possible: not while another process does.

        Raises:
            OSError: the file cannot be made.
        """
        if sys.platform == "win32":
            return True
        import fcntl

        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self.path.exists() and self.path.stat().st_ino == os.fstat(descriptor).st_ino:
                    self._descriptor = descriptor
                    return True
            except BlockingIOError:
                os.close(descriptor)
                return False
            os.close(descriptor)  # its owner removed the file in between: it locks nothing

    def is_held(self) -> bool:
        """Return whether a process holds it."""
        if sys.platform == "win32":
            return False
        import fcntl

        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def release(self) -> None:
        """Let go of it, if it is held by this one, and remove its file."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):  # its folder became read-only: a file that nobody holds locks nothing
                self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None
