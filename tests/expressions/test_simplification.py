"""The simplified formula, and the check of its values."""

from __future__ import annotations

import time

import numpy as np
import pytest
from labelled_pairs import peer_formulas

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.simplification import MAX_SIMPLIFIED_NODES, same_values, simplified

parse = Expression.parse


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("sin(x)**2 + cos(x)**2", "1"),
        ("x*y/y + 0*x", "x"),
        ("x + x + x", "3*x"),
        ("E*I + N/S - Q*gamma", "E*I + N/S - Q*gamma"),
        ("x", "x"),
        ("x**2.0*1.0", "x**2"),  # a whole float is an integer
        ("1.0000000000000004*x + 0.9999999999999994*x**2", "x + x**2"),  # an optimiser's one is one
        ("0.1*x + 0.2*x - 0.3*x", "0"),  # short decimals are exact
        ("exp(exp(-2.583768763642176))*x", "1.0784113297*x"),
    ],
)
def test_simplified(text: str, simple: str) -> None:
    result = simplified(parse(text))
    assert result is not None
    assert result.complexity == parse(simple).complexity
    rng = np.random.default_rng(0)
    points = {name: rng.uniform(0.5, 2.0, 20) for name in parse(text).variables}
    assert same_values(parse(simple), result, points)


def test_decimals_stay_one_number() -> None:
    result = simplified(parse("3.1234567*x*2.7182911"))
    assert result is not None
    assert result.complexity == 3


def test_positive_variables_help() -> None:
    assert simplified(parse("sqrt(x**2)*y"), positive=["x"]) in (parse("x*y"), parse("y*x"))


@pytest.mark.parametrize("text", ["9**9**9**9*x", "1/0 + x", "sqrt(-1)*x"])
def test_what_cannot_be_simplified_is_none(text: str) -> None:
    began = time.perf_counter()
    assert simplified(parse(text), time_limit=0.5) is None
    assert time.perf_counter() - began < 5


def test_sympy_is_stopped_at_its_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(expr: object) -> None:
        while True:
            pass

    monkeypatch.setattr("sympy.simplify", endless)
    began = time.perf_counter()
    assert simplified(parse("2*x"), time_limit=0.2) is None
    assert time.perf_counter() - began < 5


def test_large_formulas_are_not_tried() -> None:
    many = parse("+".join(["x"] * 150))
    assert many.complexity > MAX_SIMPLIFIED_NODES
    assert simplified(many) is None


@pytest.mark.parametrize(
    "text",
    [
        # these took SymPy more than five seconds while every decimal was an exact fraction
        "exp(sin(x0))*(exp(-0.7027681456410404)*((x0 - (-1.6064802333094654))*x0)/sqrt(abs(cos(x0))))",
        "exp(sqrt(abs(sqrt(abs(-3.1466722805064617)))) + (cos(x0) + (x0 + (-1.452717499397039)) - exp(0.07549)))",
        "0.591272*x0*sin(1.242613*x0) + 0.779122*x0 - 0.91265*sin(0.826652*x0) + 0.519655*exp(0.935254*x0)",
        "sin(9.48262195469272e+33*x0)**2",  # ... and a large whole number was a degree
    ],
)
def test_numbers_do_not_stall_sympy(text: str) -> None:
    result = simplified(parse(text), points={"x0": np.linspace(-1.0, 1.0, 20)})
    assert result is not None
    assert result.complexity <= parse(text).complexity


# --- the check of values ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x", "x + 0*y", True),
        ("x", "x*1.0000001", True),
        ("x", "x*1.00001", False),
        ("x*y/y", "x", True),
        ("log(x*x)", "2*log(x)", False),  # has no value at negative x
        ("2*log(x)", "log(x*x)", True),  # has more of them
        ("x", "x + 1/(x - x)", False),
        ("sin(x + 1000000)*1000", "sin(x + 1000000)*1000 + 0.0000000001", True),
        ("log(-1 - x*x)", "x", True),  # nowhere defined: nothing speaks against it
    ],
)
def test_same_values(one: str, other: str, same: bool) -> None:
    points = {"x": np.linspace(-2.0, 2.0, 30), "y": np.linspace(1.0, 3.0, 30)}
    assert same_values(parse(one), parse(other), points) is same


def test_an_answer_with_other_values_is_refused() -> None:
    text = "sin(cos(2.206945975840341)/sqrt(abs(x0)))"  # SymPy: a function of abs(sqrt(x0)), complex inside
    assert simplified(parse(text)) is not None
    assert simplified(parse(text), points={"x0": np.linspace(1.0, 2.0, 20)}) is not None
    assert simplified(parse(text), points={"x0": np.linspace(-2.0, 2.0, 20)}) is None


def test_an_error_of_sympy_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sympy.simplify", lambda expr: expr + 1)
    points = {"x": np.linspace(1.0, 2.0, 20)}
    assert simplified(parse("2*x"), points=points) is None
    assert simplified(parse("2*x")) == parse("1 + 2*x")


@pytest.mark.parametrize("step", [40, pytest.param(1, marks=pytest.mark.slow)])
def test_what_packages_found_keeps_its_values(step: int) -> None:
    """SymPy's answer may be missing, but it is never another function."""
    rng = np.random.default_rng(0)
    found = [pair for pair in peer_formulas()[::step] if pair.found.complexity <= MAX_SIMPLIFIED_NODES]
    answered = 0
    for pair in found:
        points = {name: sampling.draw_fresh(50, rng) for name, sampling in pair.domain.items()}
        positive = [name for name, sampling in pair.domain.items() if sampling.is_positive]
        simple = simplified(pair.found, positive=positive, points=points)
        if simple is not None:
            answered += 1
            wanted, given = pair.found(points), simple(points)
            defined = np.isfinite(wanted)
            size = np.max(np.abs(wanted[defined]), initial=0.0)
            np.testing.assert_allclose(given[defined], wanted[defined], rtol=1e-6, atol=1e-9 * size)
    assert answered > 0.9 * len(found)
