"""A worker of one command leaves its terminal."""

from __future__ import annotations

import subprocess
import sys


def test_it_has_a_session_of_its_own():
    code = (
        "import os; from srbench_lite.running.cluster.local_worker import dask_setup; dask_setup(None); "
        "print(os.getsid(0) == os.getpid())"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"
