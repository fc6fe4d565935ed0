"""Worker processes of one thread each, which do not outlive the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import torch

__all__ = ["worker_pool"]

_SECONDS_BETWEEN_LOOKS: Final = 0.5


def worker_pool(jobs: int) -> ProcessPoolExecutor:
    """Return an executor of so many processes; they end when the process that called this is killed, however hard."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(max(1, jobs), mp_context=context, initializer=_begin, initargs=(os.getpid(),))


def _begin(parent: int) -> None:
    torch.set_num_threads(1)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
