"""`count_work` and `counted_work`: a clock of this thread that counts work, and so says the same on every machine.

Loops count what they do, in nanoseconds that it takes on the reference machine: a fixed time a call and a time for
each number. What a machine, its load and its cache make of it does not matter, and a search that plans by this clock
ends at the same place everywhere. The costs stand beside the loops; `tests/tools/calibrate_work.py` compares them with
the CPU time that fits take. They need not be right, only not far off: see `Deadline`.
"""

from __future__ import annotations

import threading
from typing import Final

__all__ = ["count_evaluation", "count_work", "counted_work"]

#: Nanoseconds of a formula's evaluation, by node and by value.
_NODE: Final = 1_000.0
_VALUE: Final = 3.0


class _Clock(threading.local):
    """The work of one thread.

    Attributes:
        nanoseconds: a whole number, so that differences do not depend on what was counted before.
    """

    nanoseconds: int = 0


_CLOCK = _Clock()


def count_work(nanoseconds: float) -> None:
    """Let the clock of this thread go on.

    Args:
        nanoseconds: that the work takes on the reference machine; a function of its sizes, not of any time measured.
    """
    _CLOCK.nanoseconds += int(nanoseconds)


def counted_work() -> int:
    """Return the work that this thread has counted so far, in nanoseconds of the reference machine."""
    return _CLOCK.nanoseconds


def count_evaluation(nodes: int, points: int) -> None:
    """Count the evaluation of a formula of so many nodes at so many points."""
    count_work(nodes * (_NODE + _VALUE * points))
