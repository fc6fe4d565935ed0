"""A sum of products is the function that it was made from."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from srbench_transformer.algebra import Sum, Term
from srbench_transformer.generator import Generator, values
from srbench_transformer.tokens import LONGEST, parse


def value_of(formula: Sum, x: np.ndarray) -> np.ndarray:
    """Evaluate a sum without its own rules."""
    functions = {"sin": np.sin, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "abs": np.abs}

    def term_of(term: Term) -> np.ndarray:
        result = np.ones(len(x))
        for (name, inner), exponent in term:
            if name == "x":
                base = x[:, inner]
            else:
                argument = value_of(inner, x)
                base = argument if name == "sum" else functions[name](argument)
            result = result * base ** float(exponent)
        return result

    return formula.constant + sum((c * term_of(t) for t, c in formula.terms), np.zeros(len(x)))


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 2))
@example(139076, 2)  # a sine of numbers so large that rounding decides their phase
def test_a_sum_is_the_function_that_was_drawn(seed, variables):
    from srbench_transformer.generator import _sum

    generator = Generator(variables=variables, split=None, thinned=False)
    for drawn in itertools.islice(generator.accepted(np.random.default_rng(seed)), 5):
        with np.errstate(all="ignore"):
            found = value_of(_sum(drawn.tree), drawn.x)
            beside = values(drawn.tree, drawn.x * (1 + 1e-13))
        both = np.isfinite(found) & np.isfinite(drawn.y)
        assert both.mean() > 0.5
        size = 1e-300 + np.abs(drawn.y).max()
        steady = both & (np.abs(beside - drawn.y) < 1e-7 * size)
        error = np.abs(found - drawn.y)[steady] / size
        assert not len(error) or np.median(error) < 1e-6
        tokens = drawn.skeleton
        assert parse(tokens).tokens == tokens
        assert len(tokens) <= LONGEST
