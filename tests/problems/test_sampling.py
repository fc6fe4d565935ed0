"""`Sampling`: where the values of a variable come from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import inside, samplings

from srbench_lite.errors import SuiteError
from srbench_lite.problems.sampling import Sampling


@given(samplings())
def test_a_sampling_is_read_back_from_its_description(s: Sampling) -> None:
    assert Sampling.parse(s.describe()) == s


@pytest.mark.parametrize(
    ("text", "s"),
    [
        ("-3:3", Sampling(low=-3, high=3)),
        (" -1e-3 : 2.5 ", Sampling(low=-0.001, high=2.5)),
        ("grid:0:1", Sampling(low=0, high=1, sampling="grid")),
        ("grid:0:1:0.1", Sampling(low=0, high=1, sampling="grid", step=0.1)),
        ("0:2*pi", Sampling(low=0, high=2 * math.pi)),
        ("-pi/2:2**(1/2)", Sampling(low=-math.pi / 2, high=math.sqrt(2))),
        ("integer:1:100", Sampling(low=1, high=100, sampling="integer")),
        ("log:0.01:1", Sampling(low=0.01, high=1, sampling="log")),
        ("log:0.01:1:both", Sampling(low=0.01, high=1, sampling="log", sign="both")),
        ("log:0.01:1:negative", Sampling(low=0.01, high=1, sampling="log", sign="negative")),
    ],
)
def test_samplings_are_read(text: str, s: Sampling) -> None:
    assert Sampling.parse(text) == s


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        *((text, "a sampling must be LOW:HIGH") for text in (
            "", ":", "1", "1:", ":1", "a:b", "1:2:3", "1:2:both", "grid:0:1:both", "log:1:2:up", "log:1:2:", "log:1",
            "Log:1:2", "uniform:0:1", "log:1:2:both:both", "1;2", "9" * 500,
            "0:x", "0:1/0", "0:sin(1)", "0:(-8)**(1/3)", "0:1e400*0", "0:9.0**9**9",
        )),
        ("2:1", "low must be below high"),
        ("log:0:1", "log sampling needs low > 0"),
        ("nan:1", "low must be a number between"),
        ("0:inf", "high must be a number between"),
    ],
)  # fmt: skip
def test_what_is_no_sampling_is_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(SuiteError, match=complaint) as caught:
        Sampling.parse(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    if complaint.startswith("a sampling"):
        assert repr(text)[:80] in str(caught.value)


@given(samplings(), st.integers(0, 2**32), st.integers(1, 200))
def test_values_lie_in_the_domain(s: Sampling, seed: int, n: int) -> None:
    for draw in (s.draw, s.draw_fresh):
        values = draw(n, np.random.default_rng(seed))
        assert values.shape == (n,)
        assert values.dtype == np.float64
        assert inside(s, values).all()
        assert values.min() >= s.interval[0]
        assert values.max() <= s.interval[1]


@given(samplings(), st.integers(0, 2**32))
def test_far_values_lie_outside_but_near_and_on_the_same_side_of_zero(s: Sampling, seed: int) -> None:
    values = s.draw_far(100, np.random.default_rng(seed))
    assert values.shape == (100,)
    if s.sampling == "log":
        size = np.abs(values)
        assert ((size >= s.high) | (size <= s.low)).all()
        assert size.max() <= 10 * s.high * (1 + 1e-12)
        assert size.min() >= 0.1 * s.low * (1 - 1e-12)
        assert s.sign == "both" or (np.sign(values) == (1 if s.sign == "positive" else -1)).all()
        return
    reach = max(0.5 * (s.high - s.low), 1.0 if s.sampling == "integer" else 0.0)
    assert ((values <= s.low) | (values >= s.high)).all()
    assert not inside(s, values).all()
    if s.low >= 0:
        assert values.min() >= 0
    if s.high <= 0:
        assert values.max() <= 0
    assert values.max() <= max(s.high + reach, 0.0) + 1e-9
    assert values.min() >= min(s.low - reach, 0.0) - 1e-9


@pytest.mark.parametrize(
    ("s", "below", "above"),
    [
        (Sampling(low=-3, high=3), (-6, -3), (3, 6)),
        (Sampling(low=0, high=2), None, (2, 3)),
        (Sampling(low=-2, high=0), (-3, -2), None),
        (Sampling(low=1, high=2), (0, 1), (2, 2.5)),
        (Sampling(low=-2, high=-1), (-2.5, -2), (-1, 0)),
        (Sampling(low=0.1, high=2, sampling="log"), (0.01, 0.1), (2, 20)),
        (Sampling(low=0.1, high=2, sampling="grid"), (0, 0.1), (2, 2.95)),
        (Sampling(low=1, high=101, sampling="integer"), None, (102, 151)),
        (Sampling(low=41, high=101, sampling="integer"), (11, 40), (102, 131)),
        (Sampling(low=-1, high=2, sampling="integer"), (-2, -2), (3, 3)),
        (Sampling(low=-9, high=-5, sampling="integer"), (-11, -10), (-4, -3)),
    ],
    ids=lambda v: v.describe() if isinstance(v, Sampling) else str(v),
)
def test_far_values_fill_their_intervals(
    s: Sampling, below: tuple[float, float] | None, above: tuple[float, float] | None
) -> None:
    values = s.draw_far(4000, np.random.default_rng(0))
    for side, chosen in ((below, values[values <= s.low]), (above, values[values >= s.high])):
        if side is None:
            assert len(chosen) == 0
        else:
            width = side[1] - side[0]
            assert side[0] - 1e-9 <= chosen.min() <= side[0] + 0.02 * width
            assert side[1] - 0.02 * width <= chosen.max() <= side[1] + 1e-9


def test_a_grid_is_even_and_in_order() -> None:
    s = Sampling(low=0, high=1, sampling="grid")
    assert s.draw(5, np.random.default_rng(0)).tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert len(set(np.diff(s.draw_fresh(5, np.random.default_rng(0))).round(6))) == 4


def test_integers_are_whole_and_each_equally_likely() -> None:
    s = Sampling(low=-2, high=3, sampling="integer")
    values, counts = np.unique(s.draw(6000, np.random.default_rng(0)), return_counts=True)
    assert values.tolist() == [-2, -1, 0, 1, 2, 3]
    assert counts.min() > 900
    assert s.middle == 0
    assert Sampling(low=2, high=5, sampling="integer").middle == 3


@pytest.mark.parametrize(
    ("low", "high", "step", "count", "last"),
    [
        (-1, 1, 0.1, 21, 1), (-3, 3, 0.01, 601, 3), (0.05, 10, 0.1, 100, 9.95), (0.05, 10.05, 2, 6, 10.05),
        (-0.05, 2.1, 0.15, 15, 2.05), (0.95, 2.05, 0.1, 12, 2.05), (-0.25, 6.35, 0.2, 34, 6.35), (1, 120, 1, 120, 120),
        (-0.5, 10.5, 0.05, 221, 10.5),
    ],
)  # fmt: skip
def test_the_grids_of_published_suites_have_their_points(
    low: float, high: float, step: float, count: int, last: float
) -> None:  # fmt: skip
    s = Sampling(low=low, high=high, sampling="grid", step=step)
    values = s.mesh_values()
    assert s.steps == len(values) == count
    assert values[0] == low
    assert values[-1] == pytest.approx(last, abs=1e-12)
    assert values[-1] <= high
    np.testing.assert_allclose(np.diff(values), step, rtol=1e-9)


@given(samplings(), samplings())
def test_a_hull_holds_both(one: Sampling, other: Sampling) -> None:
    hull = one.hull(other)
    for s in (one, other):
        values = s.draw_fresh(50, np.random.default_rng(0))
        assert inside(hull, values).all()
        far = hull.draw_far(50, np.random.default_rng(0))
        assert (~inside(s, far) | np.isin(far, s.interval)).all()
    assert one.hull(one).interval == one.interval


def test_the_text_that_the_judge_draws_its_points_by_never_changes() -> None:
    shown = "Sampling(low=0.0, high=1.0, sampling='grid', sign='positive')"
    assert repr(Sampling(low=0, high=1, sampling="grid")) == shown
    assert repr(Sampling(low=0, high=1, sampling="grid", step=0.5)) == shown


def test_log_values_are_even_in_their_logarithm() -> None:
    values = Sampling(low=1e-3, high=1e3, sampling="log").draw(4000, np.random.default_rng(0))
    assert np.histogram(np.log10(values), bins=6, range=(-3, 3))[0].min() > 550
    both = Sampling(low=1, high=2, sampling="log", sign="both").draw(4000, np.random.default_rng(0))
    assert 1800 < (both > 0).sum() < 2200


@pytest.mark.parametrize(
    ("parts", "interval", "positive", "text"),
    [
        ({"low": -3, "high": 3}, (-3, 3), False, "-3:3"),
        ({"low": 0, "high": 3}, (0, 3), False, "0:3"),
        ({"low": 1, "high": 3}, (1, 3), True, "1:3"),
        ({"low": 0, "high": 1, "sampling": "grid"}, (0, 1), False, "grid:0:1"),
        ({"low": 0.01, "high": 1, "sampling": "log"}, (0.01, 1), True, "log:0.01:1"),
        ({"low": 1, "high": 2, "sampling": "log", "sign": "both"}, (-2, 2), False, "log:1:2:both"),
        ({"low": 1, "high": 2, "sampling": "log", "sign": "negative"}, (-2, -1), False, "log:1:2:negative"),
        ({"low": 1 / 3, "high": 1e20}, (1 / 3, 1e20), True, "0.3333333333333333:1e+20"),
    ],
)
def test_interval_and_description(parts: Any, interval: tuple[float, float], positive: bool, text: str) -> None:
    s = Sampling(**parts)
    assert s.interval == interval
    assert s.is_positive is positive
    assert s.describe() == text


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"low": 1, "high": 1}, "low must be below high, got low = 1, high = 1"),
        ({"low": 2, "high": 1}, "low must be below high"),
        ({"low": "a", "high": 1}, "low must be a number .* got 'a'"),
        ({"low": True, "high": 2}, "low must be a number .* got True"),
        ({"low": 0, "high": math.inf}, "high must be a number .* got inf"),
        ({"low": math.nan, "high": 1}, "low must be a number .* got nan"),
        ({"low": -(10**400), "high": 1}, "low must be a number between"),
        ({"low": -1e308, "high": 1e308}, r"low must be a number between -1e\+300 and 1e\+300"),
        (
            {"low": 0, "high": 1, "sampling": "normal"},
            "sampling must be one of uniform, log, grid, integer, got 'normal'",
        ),
        ({"low": 0, "high": 1, "sampling": ["log"]}, "sampling must be one of"),
        ({"low": 1, "high": 2, "sampling": "log", "sign": "+"}, "sign must be one of positive, negative, both"),
        ({"low": 0, "high": 1, "sampling": "log"}, "log sampling needs low > 0"),
        ({"low": 1, "high": 2, "sign": "both"}, "sign = 'both' goes with log sampling"),
        ({"low": 1, "high": 2.5, "sampling": "integer"}, "integer sampling needs whole numbers .* got high = 2.5"),
        ({"low": -1e17, "high": 2, "sampling": "integer"}, "integer sampling needs whole numbers within"),
        ({"low": 1, "high": 2, "step": 0.1}, 'step = 0.1 goes with sampling = "grid"; leave it out for uniform'),
        *(
            ({"low": 1, "high": 2, "sampling": "grid", "step": step}, "step must be a positive number of at most")
            for step in (0, -0.1, 2, "0.1", True, math.nan)
        ),
        ({"low": 0, "high": 1, "sampling": "grid", "step": 1e-9}, "a grid of more than 10,000,000 values"),
    ],
)
def test_impossible_samplings_are_refused(parts: Any, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        Sampling(**parts)
