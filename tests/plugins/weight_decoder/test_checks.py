"""Numbers and names that a person sets are refused by their name, with their value."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
from srbench_weight_decoder.checks import check_choices, check_numbers

from srbench_lite import UsageError


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"), ({"rate": 0.0}, "rate must be positive, got 0"),
        ({"rate": math.inf}, "rate must be positive, got inf"), ({"rate": math.nan}, "rate must be positive, got nan"),
        ({"part": 1.25}, "part must be a share, 0 to 1, got 1.25"), ({"part": -0.1}, "part must be a share"),
    ],
)  # fmt: skip
def test_a_number_out_of_range_is_named_and_shown(values, said):
    settings = SimpleNamespace(**{"steps": 1, "rate": 0.5, "part": 1.0, **values})
    with pytest.raises(UsageError, match=said):
        check_numbers(settings, at_least={"steps": 1}, positive=("rate",), shares=("part",))


def test_numbers_and_names_within_their_range_pass():
    settings = SimpleNamespace(steps=1, rate=0.5, part=0.0, split="training")
    check_numbers(settings, at_least={"steps": 1}, positive=("rate",), shares=("part",))
    check_choices(settings, {"split": ("training", "held-out")})
    with pytest.raises(UsageError, match="split must be one of held-out, test, got 'training'"):
        check_choices(settings, {"split": ("held-out", "test")})
