"""Scores as a value: what is missing is None."""

from __future__ import annotations

import dataclasses

import pytest

from srbench_lite.judging.scores import Scores


def test_a_score_that_does_not_exist_is_none() -> None:
    scores = Scores()
    assert scores.metrics == {}
    assert all(getattr(scores, field.name) is None for field in dataclasses.fields(Scores) if field.name != "metrics")


def test_scores_are_a_value() -> None:
    scores = Scores(mse_test=0.5)
    assert scores == Scores(mse_test=0.5)
    with pytest.raises(AttributeError):
        scores.mse_test = 1.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        Scores(0.5)  # type: ignore[misc]
