"""A place for environments that each test has for itself."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(name="home", autouse=True)
def _home(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("SRBENCH_LITE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
