"""`prove`: SymPy's word that two formulas are the same function, under a limit of CPU time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from srbench_lite.expressions.sympy_child import run_in_child

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.cpu_deadline import CpuDeadline

__all__ = ["Proof", "prove"]

#: Seconds of CPU that SymPy gets at most.
_MAX_CPU_SECONDS: Final = 2.0
#: Larger formulas are not given to SymPy.
_MAX_NODES: Final = 200


@dataclass(frozen=True, slots=True)
class Proof:
    """What SymPy says.

    Attributes:
        is_equal: whether it simplifies the difference to zero.
        cpu_seconds: CPU time that its process used.
    """

    is_equal: bool
    cpu_seconds: float


def prove(one: Expression, other: Expression, *, positive: Collection[str], deadline: CpuDeadline) -> Proof:
    """Let SymPy simplify the difference, in a child process.

    Args:
        one, other: the formulas.
        positive: names of variables that are above zero.
        deadline: what this may cost.
    """
    cpu_seconds, wall_seconds = deadline.cpu_left, deadline.wall_left
    if max(one.complexity, other.complexity) > _MAX_NODES or cpu_seconds <= 0 or wall_seconds <= 0:
        return Proof(is_equal=False, cpu_seconds=0.0)
    import sympy  # here and not in the child: imported once

    def work() -> str:
        difference = one.to_sympy(positive=positive) - other.to_sympy(positive=positive)
        return "equal" if sympy.simplify(difference) == 0 else ""

    answer = run_in_child(work, cpu_seconds=min(_MAX_CPU_SECONDS, cpu_seconds), wall_seconds=wall_seconds)
    return Proof(is_equal=answer.text == "equal", cpu_seconds=answer.cpu_seconds)
