"""What is known of a pair before anything is computed."""

from __future__ import annotations

import pytest
from judge_parts import NEVER, REAL, TWO, paired, parsed, sampled

from srbench_lite.judging.high_precision import with_digits
from srbench_lite.judging.pair import Pair
from srbench_lite.problems.sampling import Sampling


def test_coordinates_follow_the_formulas_and_not_the_names() -> None:
    domain = sampled({"a": (0.0, 1.0), "b": (1.0, 2.0), "c": (2.0, 3.0), "unused": (0.0, 9.0)})
    pair = Pair.of(parsed("c + a*b"), parsed("b*a"), domain, NEVER)
    assert pair.domain.names == ("b", "a", "c")
    assert pair.domain.samplings == (domain["b"], domain["a"], domain["c"])


@pytest.mark.parametrize(
    ("found", "truth", "smooth", "branchless"),
    [
        ("x*sin(x)", "exp(x)/x", True, True),
        ("x", "x**2", True, True),
        ("x", "x**2.5", True, False),
        ("x", "x**x", True, False),
        ("log(x)", "x", True, False),
        ("x", "sqrt(x)", True, False),
        ("asin(x)", "x", True, False),
        ("abs(x)", "x", False, False),
        ("x", "max(x, 1)", False, False),
        ("sign(x)", "min(x, 1)", False, False),
        ("x", "x", True, True),
    ],
)
def test_pieces_and_branches(found: str, truth: str, smooth: bool, branchless: bool) -> None:
    pair = paired(found, truth)
    assert (pair.is_smooth, pair.is_branchless) == (smooth, branchless)


def test_variables_above_zero() -> None:
    domain = {
        "x": Sampling(low=-1.0, high=1.0), "y": Sampling(low=0.5, high=1.0),
        "z": Sampling(sampling="log", low=0.1, high=1.0, sign="both"),
    }  # fmt: skip
    assert Pair.of(parsed("x"), parsed("y + z"), domain, NEVER).positive == ("y",)


def test_the_truth_with_many_digits() -> None:
    pair = paired("y", "x + 0.1*y", TWO)
    context = with_digits(50)
    value = pair.precise_truth([context.mpf(2), context.mpf(3)], pair.precise_truth.constants())
    assert abs(value - context.mpf("2.3")) < 1e-49


def test_a_pair_is_a_value() -> None:
    with pytest.raises(AttributeError):
        paired("x", "x", REAL).found = parsed("1")  # type: ignore[misc]
