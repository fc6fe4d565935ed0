"""`Pair`: two formulas that are compared, the domain that they are compared on, and the time that this may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.judging.high_precision import PreciseFormula
from srbench_lite.judging.sampled_domain import SampledDomain

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.cpu_deadline import CpuDeadline
    from srbench_lite.problems.sampling import Sampling

__all__ = ["Pair"]

#: Functions without branches: two formulas made of them that differ anywhere differ on every piece of the domain.
_BRANCHLESS: Final = frozenset(
    ("add", "sub", "mul", "div", "neg", "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "erf", "gamma", "digamma")
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pair:
    """A found formula and the truth.

    Attributes:
        found: the formula that a method returned.
        truth: the formula that the data were made from.
        precise_truth: the same, for many digits.
        domain: where the variables of both come from; their order follows the formulas, not the names.
        positive: the names of all variables that are above zero.
        is_smooth: whether both are made of analytic functions only: no abs, sign, min, max, floor ....
        is_branchless: whether both are made of functions without branches only: no roots and logarithms either.
        deadline: what the comparison may cost.
    """

    found: Expression
    truth: Expression
    precise_truth: PreciseFormula
    domain: SampledDomain
    positive: tuple[str, ...]
    is_smooth: bool
    is_branchless: bool
    deadline: CpuDeadline

    @classmethod
    def of(cls, found: Expression, truth: Expression, domain: Mapping[str, Sampling], deadline: CpuDeadline) -> Self:
        """Return the pair.

        Args:
            found: the formula that a method returned.
            truth: the formula that the data were made from.
            domain: where each variable comes from.
            deadline: what the comparison may cost.
        """
        nodes = [*truth.postorder(), *found.postorder()]
        names = tuple(dict.fromkeys(node.name for node in nodes if node.name is not None))
        operators = [node for node in nodes if node.args]
        return cls(
            found=found,
            truth=truth,
            precise_truth=PreciseFormula(truth, names),
            domain=SampledDomain.of(names, domain, (found, truth)),
            positive=tuple(name for name, sampling in domain.items() if sampling.is_positive),
            is_smooth=all(OPERATORS[node.op].analytic for node in operators),
            is_branchless=all(node.op in _BRANCHLESS or _is_whole_power(node) for node in operators),
            deadline=deadline,
        )


def _is_whole_power(node: Expression) -> bool:
    exponent = node.args[1].value if node.op == "pow" else None
    return exponent is not None and exponent.is_integer()
