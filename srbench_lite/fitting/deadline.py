"""`Deadline`: the wall-clock time that a fit may use."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

__all__ = ["Deadline"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """Wall-clock time that a fit may use. It cuts off; it never plans.

    Attributes:
        seconds: from the start to the end; may be infinite.
        start: when the time began, as `time.perf_counter` tells it; by default now.
    """

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

    def part(self, share: float) -> Deadline:
        """Return the deadline of the same start after a share of the seconds."""
        return Deadline(share * self.seconds, self.start)
