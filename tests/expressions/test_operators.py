"""The operator table: every row works in every library that it names, and means the same there."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import ALIASES, NAMED_CONSTANTS, OPERATORS

#: Where every operator is defined.
_POINT = (0.3, 0.7)


def test_the_table_has_the_operators_of_the_field() -> None:
    wanted = "add sub mul div neg pow sin cos tan asin acos atan sinh cosh tanh exp log sqrt abs sign min max"
    assert list(OPERATORS) == wanted.split()
    assert all(name == op.name for name, op in OPERATORS.items())


@pytest.mark.parametrize("name", OPERATORS)
def test_numpy_sympy_and_mpmath_agree(name: str) -> None:
    """Oracle: three libraries, one number."""
    op = OPERATORS[name]
    args = _POINT[: op.arity]
    ours = float(getattr(np, op.numpy)(*args))
    context = mpmath.MPContext()
    precise = float({"min": min, "max": max}.get(op.mpmath, getattr(context, op.mpmath, None))(*args))
    tree = Expression.call(name, *[Expression.variable(v) for v in "ab"[: op.arity]])
    symbols = [sympy.Symbol(v, real=True) for v in "ab"]
    symbolic = float(tree.to_sympy().subs(dict(zip(symbols, args, strict=False))))
    assert precise == pytest.approx(ours, rel=1e-14)
    assert symbolic == pytest.approx(ours, rel=1e-14)
    assert float(tree({"a": np.array([0.3]), "b": np.array([0.7])})[0]) == ours


@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_has_a_text_that_reads_back(name: str) -> None:
    op = OPERATORS[name]
    tree = Expression.call(name, *[Expression.variable(v) for v in "ab"[: op.arity]])
    assert Expression.parse(str(tree)) == tree


@pytest.mark.parametrize("name", OPERATORS)
def test_latex_templates_take_exactly_the_arguments(name: str) -> None:
    op = OPERATORS[name]
    text = op.latex.format(*["ARG0", "ARG1"][: op.arity])
    assert all(f"ARG{i}" in text for i in range(op.arity))
    assert text.count("{") == text.count("}")


def test_aliases_lead_to_operators_and_shadow_none() -> None:
    assert set(ALIASES.values()) <= set(OPERATORS)
    assert not set(ALIASES) & (set(OPERATORS) | set(NAMED_CONSTANTS))


def test_named_constants_have_their_values() -> None:
    assert {name: value for name, (value, _) in NAMED_CONSTANTS.items()} == {"pi": np.pi, "e": np.e}


def test_only_operators_with_kinks_are_not_analytic() -> None:
    assert {name for name, op in OPERATORS.items() if not op.analytic} == {"abs", "sign", "min", "max"}
