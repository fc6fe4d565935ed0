"""The door of `srbench_lite.fitting`: every name can be had, and importing it loads nothing heavy."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import pytest

from srbench_lite import fitting


def test_every_name_can_be_had() -> None:
    for name in fitting.__all__:
        assert getattr(fitting, name) is not None
    assert dir(fitting) == fitting.__all__
    with pytest.raises(AttributeError, match="has no attribute 'refitt'"):
        fitting.refitt  # noqa: B018


def test_every_name_is_offered_and_documented_by_its_home() -> None:
    for name, home in fitting._HOMES.items():
        module = importlib.import_module(f"srbench_lite.{home}")
        assert name in module.__all__
        if not name.isupper():
            assert inspect.getdoc(getattr(fitting, name))


def test_importing_it_is_free() -> None:
    code = "import sys, srbench_lite.fitting\nprint({'numpy', 'scipy', 'sympy', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "set()\n"
