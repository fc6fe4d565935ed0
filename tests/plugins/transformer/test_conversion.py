"""Formulas become skeletons: one for all functions that differ by constants only, and some that training never sees."""

from __future__ import annotations

import itertools

import pytest
from srbench_transformer.conversion import held_out, skeleton
from srbench_transformer.tokens import LONGEST

from srbench_lite import Expression
from srbench_lite.methods.discovery import discover


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2*sin(x) + 3", "sin(x)"),
        ("cos(3*x + 1)", "sin(x)"),
        ("sin(x)**2", "cos(2*x)"),
        ("(x + 1)**2", "x**2 + x"),
        ("x*(sin(x) + 2)", "x*sin(x) + x"),
        ("exp(x + 2)*exp(3*x)", "exp(x)"),
        ("exp(2*log(x))*5", "x**2"),
        ("log(7*x + 2)", "log(x + 1)"),
        ("log(exp(x))", "x"),
        ("log(x**3)", "log(x)"),
        ("sqrt(4*x)", "sqrt(x)"),
        ("sqrt(x)*sqrt(x)", "x"),
        ("sqrt(x**2)", "abs(x)"),
        ("abs(-3*x)", "abs(x)"),
        ("x/(x**2*3)", "1/x"),
        ("x - x + y", "y"),
        ("tanh(1 - x)", "tanh(x)"),
        ("x**y", "exp(y*log(x))"),
        ("abs(x)**2", "x**2"),
        ("tan(x)", "sin(x)/cos(x)"),
    ],
)
def test_what_differs_by_constants_only_has_one_skeleton(one, other):
    names = ("x", "y")
    first, second = (skeleton(Expression.parse(text), names) for text in (one, other))
    assert first is not None
    assert first == second


@pytest.mark.parametrize("text", ["3", "x - x", "asin(x)", "a + b + c", "1/(x - x)"])
def test_what_has_no_skeleton(text):
    formula = Expression.parse(text)
    assert skeleton(formula, formula.variables or ("x",)) is None


def test_every_classic_in_two_variables_is_held_out():
    suites = discover().suites
    for name in ("nguyen", "feynman"):
        for task in suites[name].tasks:
            for names in itertools.permutations(task.variables):
                tokens = skeleton(task.truth, names)
                assert tokens is None or len(tokens) <= 3 or len(tokens) > LONGEST or tokens in held_out()
