"""Points around what a formula may do in a small part of its domain."""

from __future__ import annotations

import numpy as np
import pytest
from judge_parts import NEVER, REAL, Limits, parsed, sampled
from numpy.typing import NDArray

from srbench_lite.judging.cpu_deadline import OutOfTimeError
from srbench_lite.judging.feature_points import feature_points
from srbench_lite.judging.sampled_domain import SampledDomain
from srbench_lite.problems.sampling import Sampling


def values(formula: str, limits: Limits, *, poles: bool = False) -> NDArray[np.float64]:
    """Return the formula's values at its feature points."""
    domain = SampledDomain.of(tuple(limits), sampled(limits))
    x = feature_points(parsed(formula), domain, NEVER, poles=poles)
    for column, (low, high) in zip(x.T, limits.values(), strict=True):
        assert ((column >= low) & (column <= high)).all()
    return parsed(formula)(domain.columns(x)) if len(x) else np.zeros(0)


PLANE = {"x": (-3.0, 3.0), "y": (-1.0, 1.0)}


@pytest.mark.parametrize("width", [0.03, 0.006, 0.0006, 1e-5])
@pytest.mark.parametrize(
    ("formula", "limits"),
    [
        ("exp(-((x - 1.234)/{w})**2)", REAL),
        ("exp(-(x**2 - 2.468*x + 1.522756)/{w}**2)", REAL),
        ("sign({w} - abs(x - 1.234))", REAL),
        ("sign((x - 1.234)*(1.234 + {w} - x))", REAL),
        ("tanh((x - 1.234)/{w}) - tanh((x - 1.234 - {w})/{w})", REAL),
        ("max(0, 1 - abs(x - 1.234)/{w})", REAL),
        ("cosh((x - 1.234)/{w})**-2", REAL),
        ("ifelse({w} - abs(x - 1.234), 1, 0)", REAL),
        ("floor(x - 0.234 + {w}) - floor(x - 0.234)", REAL),
        ("ceil(x - 0.234) - ceil(x - 0.234 - {w})", REAL),
        ("exp(-((x - 2*y - 0.2)/{w})**2)", PLANE),
        ("exp(-((x*y - 0.2)/{w})**2)", PLANE),
        ("exp(-((x - 0.7)/{w})**2 - ((y + 0.3)/{w})**2)", PLANE),  # in a point, not on a line
        ("exp(-(x/{w})**2)", {"x": (0.0, 3.0)}),  # at the end of the domain
    ],
)
def test_a_feature_is_seen(formula: str, limits: Limits, width: float) -> None:
    seen = values(formula.format(w=width), limits)
    assert seen.max() > 0.1
    assert seen.min() < 1e-3


@pytest.mark.parametrize(
    "formula",
    ["sqrt((x - 1.24)*(x - 1.2406))", "log(abs(x - 1.24) - 0.0006)", "asin(1.00001 - (x - 1.24)**2)",
     "(x**2 - 2.48*x + 1.5375)**1.5", "sqrt(x - 2.9999)", "log(x**2 - 2.48*x + 1.5375)"],
)  # fmt: skip
def test_a_hole_is_seen(formula: str) -> None:
    seen = values(formula, REAL)
    assert np.isnan(seen).any()


def test_a_pole_counts_where_it_is_asked_for() -> None:
    assert not len(values("1e-6/(x - 1.234)", REAL))
    assert np.abs(values("1e-6/(x - 1.234)", REAL, poles=True)).max() > 1.0


@pytest.mark.parametrize(
    ("formula", "limits"),
    [
        ("x**2*y + sin(3*x)/(2 + y)", PLANE),
        ("exp(x) + tanh(3*(x - 1))", REAL),  # visible from anywhere, in 80 digits
        ("sqrt(x) + log(x + y)", {"x": (0.5, 3.0), "y": (0.0, 1.0)}),
        ("exp(-200*x)", {"x": (0.5, 3.0)}),
        ("abs(x - y)", {"x": (2.0, 3.0), "y": (0.0, 1.0)}),
        ("exp(2)*3", {}),
    ],
)
def test_most_formulas_have_none(formula: str, limits: Limits) -> None:
    assert not len(values(formula, limits))


def test_in_a_logarithmic_domain_widths_are_shares_of_the_place() -> None:
    domain = SampledDomain.of(("r",), {"r": Sampling(low=1e-3, high=1e3, sampling="log")})
    formula = parsed("exp(-((r - 0.02)/0.00002)**2)")
    x = feature_points(formula, domain, NEVER)
    assert formula({"r": x[:, 0]}).max() > 0.1


def test_the_search_is_limited_in_time() -> None:
    from judge_parts import OVER

    domain = SampledDomain.of(("x",), sampled(REAL))
    with pytest.raises(OutOfTimeError):
        feature_points(parsed("sign(x - 1)"), domain, OVER)
