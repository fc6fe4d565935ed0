"""`Perturbation`: its settings, what they may be, and their text."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from records import perturbations

from srbench_lite.errors import UsageError
from srbench_lite.problems.perturbation import Perturbation


@given(perturbations())
def test_settings_say_all_and_no_more(one):
    assert Perturbation.of(one.settings) == one
    assert bool(one) == bool(one.settings) == (one != Perturbation())


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "none"),
        ({"train_size": 50, "dummies": 3}, "train 50, 3 dummies"),
        ({"dummies": 1, "rescale": True}, "1 dummy, rescaled"),
        ({"input_noise": 0.01, "outliers": 0.05}, "input noise 0.01, outliers 0.05"),
        ({"input_noise": 0.12345678}, "input noise 0.12345678"),
    ],
)
def test_the_text_is_short_and_says_all(settings, text):
    assert str(Perturbation.of(settings)) == text


@given(perturbations(), perturbations())
def test_different_perturbations_have_different_texts(one, other):
    assert (str(one) == str(other)) == (one == other)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"train_size": 0}, "a training-set size must be a whole number from 1 to 10,000,000, got 0"),
        ({"train_size": 2.0}, "whole number"), ({"train_size": True}, "got True"),
        ({"dummies": -1}, "a number of dummy variables must be a whole number from 0 to 100, got -1"),
        ({"dummies": 101}, "from 0 to 100"), ({"dummies": "3"}, "got '3'"),
        ({"input_noise": -0.1}, "input noise must be a number of at least 0, got -0.1"),
        ({"input_noise": math.nan}, "got nan"), ({"input_noise": math.inf}, "got inf"), ({"input_noise": True}, "True"),
        ({"outliers": 0.6}, "a share of outliers must be a number from 0 to 0.5, got 0.6"),
        ({"outliers": None}, "got None"), ({"rescale": 1}, "rescale must be true or false, got 1"),
        ({"train_sise": 3}, "no setting 'train_sise'. Did you mean: train_size"),
    ],
)  # fmt: skip
def test_what_is_no_perturbation_is_refused(settings: dict[str, Any], said):
    with pytest.raises(UsageError) as caught:
        Perturbation.of(settings)
    assert said in str(caught.value)
