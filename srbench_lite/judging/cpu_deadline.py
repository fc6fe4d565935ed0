"""`CpuDeadline`: the CPU time that a decision may use; `OutOfTimeError` when it is used up.

CPU time and not wall clock: a busy machine must not turn a verdict into `undecided`. Wall clock is the backstop, for a
machine so busy that the work gets next to no CPU.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final, Self

__all__ = ["CpuDeadline", "OutOfTimeError"]

#: Wall clock after which the work ends in any case, in seconds for each second of CPU. With the judge's five seconds
#: that is a quarter of a minute: enough for all but the hardest pairs where the judge gets a tenth of a core.
_WALL_SECONDS_PER_CPU_SECOND: Final = 3.0


class OutOfTimeError(Exception):
    """The CPU time is used up. Internal: the judge turns it into `undecided`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuDeadline:
    """When the CPU time of one decision is used up.

    It counts the CPU time of the thread that asks: make it and check it in the same thread.

    Attributes:
        cpu: moment on the clock `time.thread_time`, in seconds.
        earliest: moment on the clock `time.monotonic` before which it cannot be used up: no thread uses more CPU time
            than time passes. That clock is the cheaper one to look at.
        wall: moment on the clock `time.monotonic`: the backstop.
    """

    cpu: float
    earliest: float
    wall: float

    @classmethod
    def after(cls, cpu_seconds: float) -> Self:
        """Return the deadline that allows this thread so many seconds of CPU from now on."""
        now = time.monotonic()
        wall_seconds = _WALL_SECONDS_PER_CPU_SECOND * cpu_seconds
        return cls(cpu=time.thread_time() + cpu_seconds, earliest=now + cpu_seconds, wall=now + wall_seconds)

    def charged(self, cpu_seconds: float) -> Self:
        """Return the deadline with the CPU time that a child process used taken off."""
        return replace(self, cpu=self.cpu - cpu_seconds, earliest=self.earliest - cpu_seconds)

    @property
    def cpu_left(self) -> float:
        """Seconds of CPU that are left; not above zero when they are used up."""
        return self.cpu - time.thread_time()

    @property
    def wall_left(self) -> float:
        """Seconds of wall clock that are left; not above zero when they are over."""
        return self.wall - time.monotonic()

    def check(self) -> None:
        """Raise `OutOfTimeError` when the time is used up."""
        now = time.monotonic()
        if now >= self.earliest and (now >= self.wall or time.thread_time() >= self.cpu):
            raise OutOfTimeError
