"""Formulas to judge and their scores arrive as they were sent, and what is malformed is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from srbench_lite import Samples, Sampling
from srbench_lite.judging.brief_scores import BriefScores
from srbench_lite.running.judge_messages import JudgeAnswer, JudgeRequest
from srbench_lite.running.wire import Message, WireError

TEST = Samples(variables=("x",), x=np.array([[1.0], [2.0]]), y=np.array([1.0, 2.0]))
REQUEST = JudgeRequest(
    formulas=("x",), candidates=("1", "y"), truth="x", domain={"x": Sampling(low=0, high=3)}, test=TEST, seconds=2.0
)
GOOD = BriefScores(verdict="exact", recovered=True, nmse_test=0.0, r2_test=1.0, complexity=1)
ANSWER = JudgeAnswer(formulas=(GOOD,), candidates=(None, BriefScores(not_a_formula="no y")), unjudged=1)


def test_both_arrive_as_they_were_sent():
    received = JudgeRequest.from_message(REQUEST.to_message())
    assert dataclasses.replace(received, test=TEST) == REQUEST
    assert np.array_equal(received.test.x, TEST.x)
    assert REQUEST.read_answer(ANSWER.to_message()) == ANSWER


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"formulas": []}, "formulas must be 1 scores, got 0"), ({"formulas": 3}, "formulas must be a list"),
        ({"formulas": [{"verdict": "good"}]}, "a verdict or null"), ({"formulas": [{"odd": 1}]}, "unexpected keyword"),
        ({"formulas": [{"recovered": True}]}, "what its verdict says"), ({"unjudged": "1"}, "unjudged must be"),
    ],
)  # fmt: skip
def test_a_malformed_answer_is_refused(change, said):
    message = ANSWER.to_message()
    with pytest.raises(WireError, match=said):
        REQUEST.read_answer(Message(message.header | change, {}))
