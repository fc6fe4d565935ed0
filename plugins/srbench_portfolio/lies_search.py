"""`LiesSearch`: the closed forms and skeletons of `lies`, without its networks, as a part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from srbench_lies import Lies

from srbench_lite import Budget, Expression, FitError
from srbench_lite.fitting import Deadline, Problem
from srbench_portfolio.part import Proposal, samples_of

__all__ = ["LiesSearch"]

#: Seconds of the clock that a fit asks for at least: none is an error.
_LEAST_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class LiesSearch:
    """The searches of `lies` up to a size.

    Attributes:
        name: for reports.
        effort: of `lies`, 0 to 2.
        seed: of its draws.
        talkative: whether the formulas that led on the way are proposed, too: under noise another than the last may be
            the one.
    """

    name: str
    effort: int
    seed: int
    talkative: bool = False

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield its answer, then the formulas of its front, then those that led on the way, the last first."""
        if budget.is_over:
            return
        method = Lies(network=False, effort=self.effort, seconds=budget.work_left)
        seconds = Budget(seconds=max(budget.left, _LEAST_SECONDS))
        led: list[Expression] = []

        def report(expression: Expression) -> None:
            led.append(expression)

        try:
            found = method.fit(samples_of(problem), seed=self.seed, budget=seconds, report=report)
        except FitError:
            return
        on_the_way = led[::-1] if self.talkative else ()
        for formula in (found.expression, *found.candidates, *on_the_way):
            yield Proposal(formula, (self.name, str(found.extras["found_by"])))
