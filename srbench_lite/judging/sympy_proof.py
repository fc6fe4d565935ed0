"""`proved_equal`: SymPy's word that two formulas are the same function, under a time limit."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Final

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.sympy_child import in_child

__all__ = ["proved_equal"]

#: Seconds of CPU that SymPy gets at most.
_SECONDS: Final = 2.0
#: Larger formulas are not given to SymPy.
_MOST_NODES: Final = 200


def proved_equal(one: Expression, other: Expression, *, positive: Collection[str], deadline: float) -> bool:
    """Whether SymPy simplifies the difference to zero, in a child process.

    Args:
        one, other: the formulas.
        positive: names of variables that are above zero.
        deadline: moment on the clock `time.perf_counter` to give up at.
    """
    left = deadline - time.perf_counter()
    if max(one.complexity, other.complexity) > _MOST_NODES or left <= 0:
        return False
    import sympy  # here and not in the child: imported once

    def prove() -> str:
        difference = one.to_sympy(positive=positive) - other.to_sympy(positive=positive)
        return "equal" if sympy.simplify(difference) == 0 else ""

    return in_child(prove, cpu_seconds=_SECONDS, wall_seconds=left) == "equal"
