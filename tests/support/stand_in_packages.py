"""Packages that peers run, replaced by modules with their documented interface, which note what they are given."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from srbench_lite import Samples


def install(monkeypatch: pytest.MonkeyPatch, name: str, **contents: Any) -> None:
    """Make `import NAME` find a module with these contents, and its packages too."""
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        path = ".".join(parts[:depth])
        if depth < len(parts) and path in sys.modules:
            continue
        module = ModuleType(path)
        monkeypatch.setitem(sys.modules, path, module)
        if depth > 1:
            monkeypatch.setattr(sys.modules[".".join(parts[: depth - 1])], parts[depth - 1], module, raising=False)
    for key, value in contents.items():
        monkeypatch.setattr(sys.modules[name], key, value, raising=False)


def some_samples() -> Samples:
    """Return 40 points of a function of `length` and `X0`, a name that packages give to the first column."""
    rng = np.random.default_rng(4)
    x = rng.uniform(0.5, 2.0, (40, 2))
    return Samples(variables=("length", "X0"), x=x, y=x[:, 0] + 2.0 * x[:, 1], weights=np.full(40, 2.0))


def node(**fields: Any) -> SimpleNamespace:
    """Return an object with these attributes."""
    return SimpleNamespace(**fields)
