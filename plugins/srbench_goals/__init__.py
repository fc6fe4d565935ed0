"""The method `goals`: a policy writes formulas in postfix towards the values that are to be reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

__all__ = ["Goals"]


@dataclass(frozen=True, kw_only=True)
class Goals(Method):
    """A policy that was trained on hindsight writes formulas towards the target, hundreds at a time.

    With `epsilon=1` chance alone writes, for comparison.
    """

    name: ClassVar[str] = "goals"
    summary: ClassVar[str] = "goal-conditioned policy, trained on what its episodes reached, that writes postfix"
    source: ClassVar[str] = (
        "Sun, Li, Li & Shen, EGRL-SR, arXiv 2601.14693, 2026; Andrychowicz et al., Hindsight Experience Replay, "
        "NeurIPS 2017; Zaheer et al., Deep Sets, NeurIPS 2017"
    )
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=2, weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_goals.pipeline",)

    weights: str = "goals"  # a policy that ships, by name, or the path of a file
    episodes: int = 512  # that are begun at once
    most_episodes: int = 0  # after which the search ends; 0 for no end but that of the budget
    temperature: float = 1.0  # of the softmax that draws tokens
    epsilon: float = 0.05  # share of the tokens that are drawn without the policy
    points: int = 20  # points that the policy sees, at most 100
    device: str = "cpu"  # where the policy runs: cpu, or cuda where there is a GPU

    def __post_init__(self) -> None:
        self.require(1 <= self.episodes <= 100_000, "episodes", "1 to 100000")
        self.require(self.most_episodes >= 0, "most_episodes", "at least 1, or 0 for no end")
        self.require(0 < self.temperature <= 10, "temperature", "above 0 and at most 10")
        self.require(0 <= self.epsilon <= 1, "epsilon", "0 to 1")
        self.require(2 <= self.points <= 100, "points", "2 to 100")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_goals.pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `goals`."""
    return [Goals()]
