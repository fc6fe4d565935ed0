"""`ReportLog`: what a fit has reported and when, in bounded room however much that is.

A method may report a million formulas. The log keeps the newest and, for each mark of
`srbench_lite.recording.progress`, the last one at or before it; of the others it drops every second one when it is
full. So each mark finds what it would find among all reports.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from srbench_lite.recording.progress import MARKS, MAX_REPORTS

__all__ = ["MAX_CHARACTERS", "ReportLog"]

#: Longest formula that is kept: a hundred of them stand in one record.
MAX_CHARACTERS: Final = 20_000


class ReportLog:
    """Keeps reports in the order of time, at most `MAX_REPORTS`.

    A formula that is reported again stands with the second at which it came first.

    Args:
        marks: seconds at which a run will be looked at, rising.

    Attributes:
        too_long: number of reports with more than `MAX_CHARACTERS`, which are not kept.
    """

    def __init__(self, marks: Sequence[float] = MARKS) -> None:
        self._marks = marks
        self._kept: list[tuple[float, str]] = []
        self.too_long = 0

    @property
    def kept(self) -> tuple[tuple[float, str], ...]:
        """The reports that are kept: seconds since the fit began, and the formula."""
        return tuple(self._kept)

    def add(self, seconds: float, expression: str) -> None:
        """Take a report; one that comes after a later one, from another thread, counts as of that second."""
        if len(expression) > MAX_CHARACTERS:
            self.too_long += 1
            return
        if self._kept:
            if self._kept[-1][1] == expression:
                return
            seconds = max(seconds, self._kept[-1][0])
        self._kept.append((seconds, expression))
        if len(self._kept) > MAX_REPORTS:
            self._thin()

    def _thin(self) -> None:
        """Drop every second report that is neither the first, nor the newest, nor the last one before a mark."""
        last = len(self._kept) - 1
        places = [bisect_left(self._marks, seconds) for seconds, _ in self._kept]
        spared = 0
        kept = []
        for number, report in enumerate(self._kept):
            if number in (0, last) or places[number] != places[number + 1]:
                kept.append(report)
                continue
            spared += 1
            if spared % 2 == 0:
                kept.append(report)
        self._kept = kept
