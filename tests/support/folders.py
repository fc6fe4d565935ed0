"""Folders of a user without special rights: root may read and write everywhere."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil  # noqa: F401 - who has become an ordinary user may not be able to load it any more


@contextlib.contextmanager
def ordinary_user() -> Iterator[Path]:
    """Give a folder of an ordinary user, and be that user within the block."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = os.getuid() == 0
        if root:
            os.chown(folder, 65534, 65534)
            os.setresuid(65534, 65534, 0)
        try:
            yield folder
        finally:
            if root:
                os.setresuid(0, 0, 0)
            folder.chmod(0o700)
