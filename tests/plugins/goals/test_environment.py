"""Machines that write postfix: their values against those of the formulas, and what they allow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_goals.environment import ARITY, DEEPEST, TOKENS, UNARY, StackMachines, formula_on_top

from srbench_lite import Expression

CODE = {token: code for code, token in enumerate(TOKENS)}


def written(text, x):
    machines = StackMachines(x, 1, 25)
    for token in text.split():
        code = CODE[token]
        assert machines.allowed()[0, code], token
        machines.write(np.array([code]))
    return machines


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), variables=st.integers(1, 2), longest=st.integers(1, 25))
def test_values_on_top_are_those_of_the_formula(seed, variables, longest):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.2, 2.0, (7, 6, variables))
    machines = StackMachines(x, 7, longest)
    tokens = np.zeros((7, longest), dtype=np.int64)
    for time in range(longest):
        allowed = machines.allowed()
        machines.is_alive &= allowed.any(axis=1)
        tokens[:, time] = [rng.choice(np.flatnonzero(row)) if row.any() else 0 for row in allowed]
        machines.write(tokens[:, time])
        for row in np.flatnonzero(machines.is_alive):
            formula = Expression.parse(formula_on_top(tokens[row, : time + 1].tolist(), ("a", "b")))
            columns = {name: x[row, :, k] for k, name in enumerate(("a", "b")[:variables])}
            with np.errstate(all="ignore"):
                expected = np.broadcast_to(formula(columns), 6)
            assert machines.top[row] == pytest.approx(expected, rel=1e-9, abs=1e-9)
            assert machines.depth[row] <= longest - time  # what is left suffices to join what is on the stack


def test_what_is_no_number_or_too_large_ends_a_formula():
    x = np.array([[[-1.0], [2.0]]])
    assert not written("x1 log", x).is_alive[0]
    assert not written("x1 1 1 - /", x).is_alive[0]
    machines = written("x1 exp exp", np.array([[[3.5]]]))
    assert not machines.is_alive[0]
    before = machines.depth.copy()
    machines.write(np.array([CODE["x1"]]))
    assert machines.depth == before


def test_the_rules_of_functions():
    x = np.array([[[0.5]]])
    sine = written("x1 sin", x).allowed()[0]
    assert not sine[CODE["cos"]]
    assert sine[CODE["exp"]]
    assert not written("x1 sin exp", x).allowed()[0, list(UNARY)].any()
    assert not written("1", x).allowed()[0, list(UNARY)].any()
    assert not written("x1", x).allowed()[0, CODE["x2"]]
    assert not written("x1", x).allowed(0)[0, list(UNARY)].any()
    assert written("x1", x).allowed(1)[0, list(UNARY)].all()
    assert not written(" ".join(["x1"] * DEEPEST), x).allowed()[0, [c for c, a in enumerate(ARITY) if a == 0]].any()


def test_the_uppermost_values_come_from_the_top_down():
    seen = written("x1 1 x1", np.array([[[4.0], [5.0]]])).uppermost(4)[0]
    assert seen.tolist() == [[4, 5], [1, 1], [4, 5], [0, 0]]
