"""`one_blas_thread`: OpenBLAS computes with one thread meanwhile.

A fit has arrays of some hundred points: more threads spend their time in waiting for each other. With two of them a
fit took 1.5 to 3.7 times the CPU seconds, and more of the clock.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["one_blas_thread"]

#: Where Linux says what is loaded.
_LOADED: Final = Path("/proc/self/maps")
#: What the function that sets the number of threads is called in builds of the library.
_NAMES: Final = tuple(f"{before}openblas_{{}}_num_threads{after}" for before in ("scipy_", "") for after in ("64_", ""))


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have every OpenBLAS that is loaded compute with one thread, and as before afterwards; on Linux."""
    before = [(library, name, getattr(library, name.format("get"))()) for library, name in _libraries()]
    for library, name, _ in before:
        getattr(library, name.format("set"))(1)
    try:
        yield
    finally:
        for library, name, count in before:
            getattr(library, name.format("set"))(count)


def _libraries() -> Iterator[tuple[ctypes.CDLL, str]]:
    """Yield the libraries that can be told, and what the function is called in them."""
    try:
        lines = _LOADED.read_text(errors="replace").splitlines()
    except OSError:
        return
    for path in sorted({line.split(maxsplit=5)[-1] for line in lines if "openblas" in line}):
        with contextlib.suppress(OSError):
            library = ctypes.CDLL(path)
            yield from ((library, name) for name in _NAMES if hasattr(library, name.format("set")))
