"""What a worker does first that is started on this machine for one command: dask calls `dask_setup` of a preload."""

from __future__ import annotations

import os
from typing import Any

__all__ = ["dask_setup"]


def dask_setup(worker: Any) -> None:
    """Leave the terminal: Ctrl-C is for the command, which ends its workers."""
    os.setsid()
