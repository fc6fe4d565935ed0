"""Stores that cannot be opened, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from srbench_lite.errors import StoreError
from srbench_lite.recording.store import Store


def refused(path: Path, *, read_only: bool = False) -> str:
    """Open a store that cannot be opened, and return what is said: one line that names the file."""
    with pytest.raises(StoreError) as caught:
        Store(path, read_only=read_only)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    return text
