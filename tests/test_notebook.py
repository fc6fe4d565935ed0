"""The example notebook runs in a kernel, and prints what stands in it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from places import TESTS


def test_the_notebook_prints_what_stands_in_it():
    for module in ("nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(module, reason=f"{module} comes with the extra `test`")
    command = [sys.executable, str(TESTS / "tools" / "run_notebook.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)

    assert done.returncode == 0, done.stdout + done.stderr
