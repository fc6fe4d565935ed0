"""An interpreter in which torch is not installed, for tests."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder


class _WithoutTorch(PathFinder):
    """Finds all modules but torch."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] == "torch" else super().find_spec(name, path, target)


def finders() -> list[object]:
    """Return what finds modules, so that torch is not found."""
    return [_WithoutTorch if finder is PathFinder else finder for finder in sys.meta_path]
