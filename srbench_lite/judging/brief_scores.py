"""`BriefScores`: what is kept of a formula that a run had on its way, or beside its answer; and `score_briefly`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.scores import Scores
    from srbench_lite.problems.data import Samples
    from srbench_lite.problems.sampling import Sampling

__all__ = ["BriefScores", "score_briefly"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefScores:
    """The scores that tell how good a formula is; each as in `srbench_lite.judging.scores.Scores`.

    Attributes:
        verdict, recovered: None without a truth.
        nmse_test, r2_test, complexity: of the formula.
        not_a_formula: why the text is none, and all else is None; None where it is one.
    """

    verdict: str | None = None
    recovered: bool | None = None
    nmse_test: float | None = None
    r2_test: float | None = None
    complexity: int | None = None
    not_a_formula: str | None = None

    @classmethod
    def of(cls, scores: Scores) -> BriefScores:
        """Return those of a formula that was scored already."""
        return cls(
            verdict=scores.verdict, recovered=scores.recovered, nmse_test=scores.nmse_test, r2_test=scores.r2_test,
            complexity=scores.complexity,
        )  # fmt: skip


def score_briefly(
    found: Expression, *, truth: Expression | None, domain: Mapping[str, Sampling], test: Samples, time_limit: float
) -> BriefScores:
    """Judge a formula as its run's answer is judged, and take its errors on the test points.

    Args:
        found: the formula.
        truth: the ground truth; None where it is unknown.
        domain: where each variable lives.
        test: the points of the run.
        time_limit: of the judge, in seconds of CPU.
    """
    from srbench_lite.judging.judge import judge
    from srbench_lite.judging.scoring import errors_on

    _, nmse_test, r2_test = errors_on(found, test)
    verdict = None if truth is None else judge(found, truth, domain, time_limit=time_limit)
    return BriefScores(
        verdict=None if verdict is None else str(verdict.word),
        recovered=None if verdict is None else verdict.recovered,
        nmse_test=nmse_test, r2_test=r2_test, complexity=found.complexity,
    )  # fmt: skip
