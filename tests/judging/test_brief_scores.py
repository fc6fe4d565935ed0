"""`score_briefly`: the same verdict and errors as a run's answer has."""

from __future__ import annotations

import numpy as np

from srbench_lite import Expression, Samples, Sampling, Scores
from srbench_lite.judging.brief_scores import BriefScores, score_briefly

TEST = Samples(variables=("x",), x=np.linspace(1.0, 2.0, 9)[:, None], y=2 * np.linspace(1.0, 2.0, 9))


def test_a_formula_is_judged_and_measured():
    found, truth = Expression.parse("x + x"), Expression.parse("2*x")
    brief = score_briefly(found, truth=truth, domain={"x": Sampling(low=1, high=2)}, test=TEST, time_limit=5.0)
    assert brief == BriefScores(verdict="exact", recovered=True, nmse_test=0.0, r2_test=1.0, complexity=3)


def test_those_of_an_answer_are_taken_over():
    scores = Scores(verdict="affine", recovered=False, r2_test=0.5, complexity=4, mse_test=1.0)
    assert BriefScores.of(scores) == BriefScores(verdict="affine", recovered=False, r2_test=0.5, complexity=4)
