"""`Deadline`: the work that a fit may do, and the wall clock behind it.

A search ends when its counted work is done (`work_clock.py`), which is the same on every machine. It is planned to fit
the time: a third of the seconds, counted in seconds of the reference machine. The wall clock cuts it off where that
was not enough: on a machine, or a share of a core, that is less than a third of the reference.
"""

from __future__ import annotations

import time
from typing import Any, Final, Literal

from srbench_lite.fitting.work_clock import counted_work

__all__ = ["Deadline"]

#: A machine may be so many times slower than the reference before the clock cuts off what was planned.
_SLOWEST: Final = 3.0


class _Start:
    """Where both clocks stood when a fit began, and which of them has ended any part of it."""

    __slots__ = ("cut", "seconds", "used_up", "work")

    def __init__(self, seconds: float | None) -> None:
        self.seconds = time.perf_counter() if seconds is None else seconds
        self.work = counted_work()
        self.cut = self.used_up = False


class Deadline:
    """The work and the time that a fit, or a part of it, may use from now on.

    Args:
        seconds: of the wall clock; may be infinite.
        start: when the time began, as `time.perf_counter` tells it; by default now. The work begins now.
        work: seconds of the reference machine, as counted by `count_work`; by default a third of `seconds`.
    """

    __slots__ = ("_start", "seconds", "work")

    def __init__(self, seconds: float, start: float | None = None, *, work: float | None = None) -> None:
        self.seconds = seconds
        self.work = seconds / _SLOWEST if work is None else work
        self._start = _Start(start)

    @property
    def start(self) -> float:
        """When the time began, as `time.perf_counter` tells it."""
        return self._start.seconds

    @property
    def is_over(self) -> bool:
        """Whether the work is done or the time is up."""
        if self.work_left <= 0:
            self._start.used_up = True
            return True
        if self.left > 0:
            return False
        self._start.cut = True
        return True

    @property
    def was_cut(self) -> bool:
        """Whether the wall clock ended anything of the fit before its work was done: others may find another formula.

        Parts of a deadline share the answer.
        """
        return self._start.cut

    @property
    def outcome(self) -> Literal["finished", "work used up", "cut by the clock"]:
        """What ended the fit so far: nothing but itself, the end of its work, or the wall clock."""
        if self._start.cut:
            return "cut by the clock"
        return "work used up" if self._start.used_up else "finished"

    @property
    def facts(self) -> dict[str, Any]:
        """What `Fit.extras` should say: what ended the fit, and the seconds of work that it counted."""
        return {"plan": self.outcome, "work": round(self.work_done, 3)}

    @property
    def work_done(self) -> float:
        """Seconds of the reference machine that were counted since the start."""
        return (counted_work() - self._start.work) / 1e9

    @property
    def work_left(self) -> float:
        """Seconds of the reference machine that are left; negative when the work is done."""
        return self.work - self.work_done

    @property
    def left(self) -> float:
        """Seconds of the wall clock that are left; negative when the time is up."""
        return self.start + self.seconds - time.perf_counter()

    def part(self, share: float, *, work_share: float | None = None) -> Deadline:
        """Return the deadline of the same start after a share of the seconds.

        Args:
            share: of the seconds, and of the work.
            work_share: of the work, where it differs: there is room for more than all of it, though then a machine may
                be less slow before the clock cuts.
        """
        return self._until(share * self.seconds, (share if work_share is None else work_share) * self.work)

    def part_of_rest(self, share: float) -> Deadline:
        """Return the deadline after a share of the work and of the seconds that are left."""
        passed, done = time.perf_counter() - self.start, self.work_done
        return self._until(passed + share * (self.seconds - passed), done + share * self.work_left)

    def _until(self, seconds: float, work: float) -> Deadline:
        other = Deadline(seconds, work=work)
        other._start = self._start
        return other
