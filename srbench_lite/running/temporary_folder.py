"""Folders for temporary files that go even when their owner is killed: a lock says that a folder is in use.

Every process that is forked from the owner holds the lock, too, so a folder without one belongs to nobody. Standard
library only: another interpreter need not have more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

__all__ = ["clear_forsaken", "make_folder"]

_PREFIX: Final = "srbench-"
_LOCK: Final = ".srbench-lite-in-use"


def make_folder() -> str:
    """Make a folder for temporary files and hold its lock until this process and its forks have ended; return it.

    Raises:
        OSError: it cannot be made.
    """
    while True:
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        if _locked(Path(folder, _LOCK), os.O_CREAT) is not None:
            return folder  # the descriptor stays open, and with it the lock


def clear_forsaken() -> None:
    """Remove the folders that `make_folder` has made for processes of this user that have all ended."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(tempfile.gettempdir()):
            if not entry.name.startswith(_PREFIX):
                continue
            with contextlib.suppress(OSError):
                if not entry.is_dir(follow_symlinks=False) or entry.stat(follow_symlinks=False).st_uid != os.getuid():
                    continue
                lock = _locked(Path(entry.path, _LOCK))
                if lock is not None:
                    shutil.rmtree(entry.path, ignore_errors=True)
                    os.close(lock)


def _locked(path: Path, flags: int = 0) -> int | None:
    """Lock a file; return its descriptor, or None where others hold the lock or have removed the file meanwhile.

    Raises:
        OSError: it cannot be opened.
    """
    lock = os.open(path, os.O_RDWR | os.O_NOFOLLOW | flags, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.stat(path), os.fstat(lock)):
            return lock
    except OSError:  # another process has it, or it is gone
        pass
    os.close(lock)
    return None
