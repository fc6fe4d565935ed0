"""Hypothesis strategies that several test files share: numbers, formulas, samplings."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from srbench_lite.expression import Expression
from srbench_lite.operators import OPERATORS
from srbench_lite.task import Sampling

#: Every finite float: denormal, huge, whole, negative.
any_number = st.floats(allow_nan=False, allow_infinity=False)
#: Numbers as formulas have them, so that values stay of ordinary size.
tame_number = st.one_of(st.integers(-9, 9).map(float), st.integers(-400, 400).map(lambda i: i / 100))
#: Operators without poles, holes and overflow to speak of.
SMOOTH = ("add", "sub", "mul", "neg", "sin", "cos", "tanh", "atan")


def expressions(
    variables: Sequence[str] = ("x", "y"),
    *,
    operators: Sequence[str] = tuple(OPERATORS),
    constants: st.SearchStrategy[float] = any_number,
    named: Sequence[str] = ("pi", "e"),
    max_leaves: int = 12,
) -> st.SearchStrategy[Expression]:
    """Return formulas in some of `variables` with the given operators, numbers and named constants."""
    leaves = [constants.map(Expression.constant), st.sampled_from(variables).map(Expression.variable)]
    if named:
        leaves.append(st.sampled_from(named).map(Expression.named))

    def larger(smaller: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        def call(op: str) -> st.SearchStrategy[Expression]:
            return st.tuples(*[smaller] * OPERATORS[op].arity).map(lambda args: Expression.call(op, *args))

        return st.sampled_from(operators).flatmap(call)

    return st.recursive(st.one_of(leaves), larger, max_leaves=max_leaves)


@st.composite
def samplings(draw: st.DrawFn) -> Sampling:
    """Return samplings of every kind and sign, intervals that touch zero included."""
    kind = draw(st.sampled_from(("uniform", "log", "grid")))
    if kind == "log":
        low = draw(st.floats(1e-6, 1e3))
        sign = draw(st.sampled_from(("positive", "negative", "both")))
        return Sampling(low=low, high=low * draw(st.floats(1.5, 1e4)), sampling="log", sign=sign)
    low = draw(st.one_of(st.just(0.0), st.floats(-1e3, 1e3)))
    width = draw(st.floats(0.01, 1e3))
    if draw(st.booleans()) and low == 0.0:
        return Sampling(low=-width, high=0.0, sampling=kind)
    return Sampling(low=low, high=low + width, sampling=kind)
