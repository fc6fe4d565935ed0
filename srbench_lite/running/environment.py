"""Provenance: on what machine and with which software a record was made."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from srbench_lite._version import __version__
from srbench_lite.running.speed import machine_speed

__all__ = ["describe_environment"]

_PACKAGES: Final = ("mpmath", "numpy", "pandas", "psutil", "scipy", "sympy", "torch")


def describe_environment(*, jobs: int, distributions: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return facts about this machine and its software, ready for JSON.

    Args:
        jobs: how many runs are done at once.
        distributions: distributions of the plugins in use.
    """
    import psutil

    versions = {name: _version(name) for name in sorted({*_PACKAGES, *distributions})}
    return {
        "srbench_lite": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "host": platform.node(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "speed": machine_speed(),
        "memory_mb": round(psutil.virtual_memory().total / 2**20),
        "packages": {name: version for name, version in versions.items() if version},
        "blas": _blas(),
        "limiter": "rss-poll",
        "jobs": jobs,
    }


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _blas() -> str | None:
    """Name and version of the library for linear algebra that NumPy was built with; None where it does not say."""
    import numpy as np

    try:
        facts = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{facts['name']} {facts['version']}"
    except (KeyError, TypeError):
        return None


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        return platform.processor() or "unknown"
    return platform.processor() or "unknown"


def _commit() -> str | None:
    """Commit of the checkout this package runs from, with `+dirty` where it is changed; None outside a checkout."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists() or sys.platform == "win32":
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty=+dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True, text=True, timeout=5, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
