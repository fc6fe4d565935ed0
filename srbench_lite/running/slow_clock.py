"""`slowed`: clocks that go faster, so that a method sees a machine that is slower by a known factor."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

__all__ = ["slowed"]

#: Clocks that a method may ask.
_CLOCKS: Final = ("perf_counter", "monotonic", "time")
#: Linux: nanoseconds that the main thread ran, and that it was ready and had to wait for a core.
_SCHEDULED: Final = Path("/proc/self/schedstat")


@contextlib.contextmanager
def slowed(factor: float) -> Iterator[None]:
    """Let the clocks of the module `time` go so many times as fast, and stand still while others have the core.

    Names that were imported from `time` before keep the clocks that they have.
    """
    wall = time.perf_counter
    began, waited = wall(), _waited()

    def passed() -> float:
        return factor * (wall() - began - (_waited() - waited))

    def going_on(clock: Callable[[], float]) -> Callable[[], float]:
        now = clock()
        return lambda: now + passed()

    before = {name: getattr(time, name) for name in _CLOCKS}
    try:
        for name, clock in before.items():
            setattr(time, name, going_on(clock))
        yield
    finally:
        for name, clock in before.items():
            setattr(time, name, clock)


def _waited() -> float:
    """Return the seconds that this process was ready and had to wait for a core; 0 where the system does not say."""
    try:
        return int(_SCHEDULED.read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
