"""`Clock`: the wall-clock time that a fit may use."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

__all__ = ["Clock"]


@dataclass(frozen=True, slots=True)
class Clock:
    """Wall-clock time that a fit may use. It cuts off; it never plans."""

    seconds: float
    start: float = field(default_factory=time.perf_counter)

    @property
    def left(self) -> float:
        """Seconds that are left; negative when it is over."""
        return self.start + self.seconds - time.perf_counter()

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return self.left <= 0
