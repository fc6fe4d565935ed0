"""`machine_speed`: how fast this machine is beside the reference, for which methods plan their counted work."""

from __future__ import annotations

import functools
import time
from typing import Final

__all__ = ["machine_speed"]

#: Times that the task is done, the fastest of which counts: a busy moment says nothing of the machine.
_REPETITIONS: Final = 5
#: Fits in the task: some ten milliseconds.
_FITS: Final = 4
_POINTS: Final = 200


@functools.cache
def machine_speed() -> float:
    """Return the speed of one core, to two digits: 2 is twice as fast as the reference, 0.5 half as fast.

    A fixed task is done, and the work that it counts is compared with the CPU time that it takes. Measured once in a
    process.
    """
    import numpy as np

    from srbench_lite.expressions.expression import Expression
    from srbench_lite.fitting import Problem, counted_work, refit
    from srbench_lite.problems.data import Samples

    x = np.linspace(0.1, 4.0, _POINTS)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=2.1 * np.sin(1.7 * x + 0.3) * np.exp(-0.4 * x)))
    formula = Expression.parse("1.9*sin(1.6*x + 0.31)*exp(-0.41*x) + 0.011")
    fastest, work = float("inf"), 0
    for _ in range(_REPETITIONS):
        begun, counted = time.thread_time(), counted_work()
        for _ in range(_FITS):
            refit(formula, problem)
        fastest, work = min(fastest, time.thread_time() - begun), counted_work() - counted
    return float(f"{work / 1e9 / max(fastest, 1e-9):.2g}")
