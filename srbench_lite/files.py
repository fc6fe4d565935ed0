"""Files that are written whole or not at all: under another name in the same folder, and renamed when complete."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final

from srbench_lite.errors import FullDiskError, UsageError

__all__ = ["clear_unfinished", "may_write", "no_room_left", "write_bytes", "write_file", "write_text"]

_MAX_NAME_SHOWN: Final = 100  # characters of a file's name in that of its temporary file
#: What the system says where no room is left: on the disk, of a quota, under a limit of the process.
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ADVICE: Final = {
    **dict.fromkeys(_NO_ROOM, "free some space, or "),
    errno.EACCES: "make it and its folder writable, or ", errno.EROFS: "make it and its folder writable, or ",
}  # fmt: skip


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, as `write_file` does."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes, as `write_file` does."""
    write_file(path, lambda part: part.write_bytes(content))


def write_file(path: Path, make: Callable[[Path], object]) -> None:
    """Write a file that a function makes; missing folders are made.

    A reader sees the old file or the new one, also if `make` fails, the disk is full or the process is killed. A link
    is followed and stays. A pipe or a device (`/dev/stdout`) is no file to replace: it gets the bytes of the whole, or
    as many as its reader wants.

    Args:
        path: the file.
        make: writes the file that it is given.

    Raises:
        FullDiskError: no room is left.
        UsageError: the file cannot be written. What `make` raises besides `OSError` passes through.
    """
    try:
        if _is_stream(path):
            with TemporaryDirectory() as folder:
                made = Path(folder) / "made"
                make(made)
                with contextlib.suppress(BrokenPipeError), made.open("rb") as content, _opened(path) as stream:
                    shutil.copyfileobj(content, stream)
        else:
            _replace(Path(os.path.realpath(path)), make)  # where a link leads, not the link
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "")
        kind = FullDiskError if no_room_left(error) else UsageError
        raise kind(f"cannot write {path}: {error.strerror or error}; {advice}name another file") from None


def clear_unfinished(path: Path) -> None:
    """Remove what processes that were killed left when they wrote this file; nobody else may be writing it."""
    for part in path.parent.glob(f".{glob.escape(path.name[:_MAX_NAME_SHOWN])}.*.part"):
        with contextlib.suppress(OSError):
            part.unlink()


def may_write(path: Path) -> bool:
    """Return whether the process may write there as it is now: a root that has given up rights is bound by modes."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def no_room_left(error: OSError) -> bool:
    """Return whether the error is that the disk is full, or the quota used up."""
    return error.errno in _NO_ROOM


def _replace(path: Path, make: Callable[[Path], object]) -> None:
    """Make a file beside its place, and rename it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError:  # a file stands where a folder should
        raise _os_error(errno.ENOTDIR) from None
    if path.is_dir():
        raise _os_error(errno.EISDIR)
    if path.exists() and not may_write(path):  # a rename would ask the folder only
        raise _os_error(errno.EACCES)
    part = path.with_name(f".{path.name[:_MAX_NAME_SHOWN]}.{os.getpid()}.part")
    try:
        make(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):  # it was renamed, or could not be made in the first place
            part.unlink()


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def _is_stream(path: Path) -> bool:
    """Return whether something stands there that cannot be replaced by a file: a device, a pipe, the own output."""
    return path.exists() and not path.is_dir() and (not path.is_file() or _own_output(path) is not None)


def _own_output(path: Path) -> int | None:
    """Return the descriptor of standard output or standard error, where the path leads to it."""
    for descriptor in (1, 2):
        with contextlib.suppress(OSError):
            if os.path.samestat(path.stat(), os.fstat(descriptor)):
                return descriptor
    return None


def _opened(path: Path) -> BinaryIO:
    descriptor = _own_output(path)
    if descriptor is None:
        return path.open("wb")
    sys.stdout.flush()  # what was printed before comes first
    return os.fdopen(os.dup(descriptor), "wb")
