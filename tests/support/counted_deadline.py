"""A deadline that ends after so many questions instead of seconds."""

from __future__ import annotations

import math
from itertools import chain, repeat

from srbench_lite.fitting import Deadline


class CountedDeadline(Deadline):
    """A deadline that is over when it has been asked so many times."""

    def __init__(self, times: int) -> None:
        super().__init__(math.inf)
        self.answers = chain(repeat(False, times), repeat(True))

    @property
    def is_over(self) -> bool:
        return next(self.answers)
