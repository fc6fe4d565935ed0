"""Folders in which rights hold for root too, who may otherwise read and write everywhere."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

#: Version 3 of the interface of capget(2): sets of 64 rights, in two words.
_VERSION = 0x20080522
#: CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: to read, write and search whatever the mode of a file says.
_OVERRIDING = (1 << 1) | (1 << 2)


@contextlib.contextmanager
def ordinary_user() -> Iterator[Path]:
    """Give a folder of one's own, and be bound by the modes of files within the block as any other user is.

    Who is root stays so, without the right to pass over modes: what belongs to root, as the installed packages may, can
    still be read, wherever it lies.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            with _bound_by_modes() if os.getuid() == 0 else contextlib.nullcontext():
                yield folder
        finally:
            folder.chmod(0o700)


@contextlib.contextmanager
def _bound_by_modes() -> Iterator[None]:
    """Give up root's rights over files for a while, in this thread."""
    if not sys.platform.startswith("linux"):
        pytest.skip("root's rights over files can be given up on Linux only")
    library = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    rights = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then those of the upper 32

    def call(name: str) -> None:
        if getattr(library, name)(header, rights) != 0:
            raise OSError(ctypes.get_errno(), name)

    call("capget")
    before = rights[0]
    rights[0] = before & ~_OVERRIDING
    call("capset")
    try:
        yield
    finally:
        rights[0] = before
        call("capset")
