"""Which constants may move: those alike, parts without a variable, whole exponents."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from judge_parts import parsed
from strategies import SMOOTH, expressions, tame_number

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging import free_constants
from srbench_lite.judging.free_constants import gathered, is_short, movable, tied, whole_exponents
from srbench_lite.judging.high_precision import operators


@pytest.mark.parametrize(
    ("numbers", "places"),
    [
        ((), []),
        ((1.234,), [0]),
        ((1.234, 5.678), [0, 1]),
        ((1.234, 5.678, 1.235), [0, 1, 0]),
        ((5.678, 1.235, 5.679, 1.234), [0, 1, 0, 1]),
        ((1.234, -1.234), [0, 1]),
        ((-1.234, -1.235), [0, 0]),
        ((2.0, 2.0), [0, 1]),  # numbers of few digits are meant as they are
        ((0.5, 0.501, 0.5), [0, 1, 2]),
        ((1.234, 1.27), [0, 1]),  # 3 % apart
        ((1.0001, 1.0149, 1.0298), [0, 0, 1]),  # no chains: the third is near the second only
        ((1.234e-300, 1.235e-300), [0, 0]),
        ((0.0, 1.234e-300), [0, 1]),
    ],
)
def test_nearly_equal_numbers_of_many_digits_are_tied(numbers: Sequence[float], places: list[int]) -> None:
    assert tied(numbers) == places


@given(st.lists(st.floats(-1e3, 1e3), max_size=12))
def test_ties_are_between_neighbours_and_numbered_as_they_come(numbers: list[float]) -> None:
    places = tied(numbers)
    assert list(dict.fromkeys(places)) == list(range(len(set(places))))
    for place in set(places):
        group = [n for n, p in zip(numbers, places, strict=True) if p == place]
        assert len(group) == 1 or not any(map(is_short, group))
        assert max(group) - min(group) <= 0.02 * max(map(abs, group))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2.01*3.01*x", "6.0501*x"),
        ("x + 1e30 + 1 - 1e30", "x + 1e30 + 1 - 1e30"),  # ((x + 1e30) + 1) - 1e30: no part without x
        ("x + (1e30 + 1 - 1e30)", "x + 1"),
        ("pi*x", f"{math.pi!r}*x"),
        ("x + cos(0)", "x + 1"),
        ("x**(1/2)", "x**0.5"),
        ("sin(x)*y", "sin(x)*y"),
        ("1/0 + x", "1/0 + x"),
        ("x*log(-(1 + 1))", "x*log(-2)"),
        ("x + 9**9**9**9", f"x + 9**9**{float(9**9)!r}"),
        ("0.1 + 0.2", "0.3"),
        ("x + 1e200*1e200", "x + 1e200*1e200"),  # no float64
    ],
)
def test_parts_without_variables_become_one_number(before: str, after: str) -> None:
    assert gathered(parsed(before)) == parsed(after)


@given(expressions(constants=tame_number, operators=SMOOTH))
def test_gathering_changes_no_value(formula: Expression) -> None:
    less = gathered(formula)
    assert len(less.constants) <= len(formula.constants) + str(formula).count("pi") + str(formula).count("e")
    assert all(node.is_constant or node.is_variable or node.variables for node in less.postorder())
    columns = {"x": np.array([0.3, 1.7]), "y": np.array([-0.4, 0.9])}
    was, now = formula(columns), less(columns)
    assume((np.abs(was) < 1e6).all())
    assert np.allclose(was, now, rtol=1e-6, atol=1e-6)


def test_gathering_computes_each_part_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    table = dict(operators())
    sine = table["sin"]
    monkeypatch.setattr(
        free_constants, "operators", lambda: table | {"sin": lambda bits, a: calls.append(1) or sine(bits, a)}
    )
    gathered(parsed("sin(" * 200 + "1.1" + ")" * 200 + "*x"))
    assert len(calls) == 200


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x**(1.2 + 0.8)", "x**2"),
        ("x**(1 + 1)**(0.5 + 0.5)", "x**2"),
        ("x**(1.2 + 0.7)", "x**(1.2 + 0.7)"),
        ("x**2", "x**2"),
        ("x**(x - x)", "x**(x - x)"),
        ("x**(1/0)", "x**(1/0)"),
        ("sin(x**-(1 + 1))*(1 + 1)", "sin(x**(-2))*(1 + 1)"),
        ("(1 + 1)**x", "(1 + 1)**x"),
        ("x**9**9**9**9", f"x**9**9**{float(9**9)!r}"),
    ],
)
def test_exponents_that_are_whole_are_written_so(before: str, after: str) -> None:
    with np.errstate(all="ignore"):
        assert whole_exponents(parsed(before)) == parsed(after)


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("2*x + 3", [True, True]),
        ("2*x**3", [True, True]),
        ("2*(x - 1)**3", [True, True, False]),  # negative bases
        ("(x - 1)**(2*3) + 4", [True, False, False, True]),
        ("2**x", [True]),
        ("2**3*x", [True, False]),  # a power of numbers
        ("(-2)**x", [True]),
        ("(x - 1)**(2*x) + 0.5", [True, False, True]),
        ("(x + 1)**(y - 1.5)", [True, True]),
        ("log(x - 1)**2.5", [True, False]),  # undefined somewhere
        ("((x - 1)**2)**1.5*7", [True, False, False, True]),  # zero at x = 1
        ("x**y", []),
    ],
)
def test_exponents_of_what_may_be_negative_do_not_move(text: str, free: list[bool]) -> None:
    columns = {"x": np.array([0.5, 1.0, 2.0]), "y": np.array([1.0, 2.0, 3.0])}
    assert movable(parsed(text), columns).tolist() == free
