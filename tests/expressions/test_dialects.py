"""Dialects: frozen tables, each with all of our own notation and what it defines anew."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.dialects import DIALECTS, MODULES, OWN, dialect_named
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, OPERATORS
from srbench_lite.expressions.vocabulary import AMBIGUOUS, WRITTEN_OUT


def test_the_dialects_by_name():
    assert list(DIALECTS) == ["pysr", "operon", "gplearn", "sympy", "numpy", "latex"]
    assert all(name == dialect.name and dialect.summary for name, dialect in DIALECTS.items())
    assert dialect_named(None) is OWN
    with pytest.raises(ExpressionError, match=r"unknown dialect 'gplern'\. Did you mean: gplearn"):
        dialect_named("gplern")


def test_a_dialect_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        OWN.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        OWN.functions["sin"] = "cos"  # type: ignore[index]
    with pytest.raises(TypeError):
        DIALECTS["other"] = OWN  # type: ignore[index]


@pytest.mark.parametrize("dialect", [OWN, *DIALECTS.values()], ids=lambda dialect: dialect.name)
def test_every_dialect_knows_the_table_and_what_is_written_out(dialect):
    assert {*OPERATORS} - {*AMBIGUOUS} <= {*dialect.functions}
    assert {*WRITTEN_OUT} <= {*dialect.functions}
    assert {meaning for meaning in dialect.functions.values() if isinstance(meaning, str)} <= {*OPERATORS}
    assert {*dialect.constants.values()} == {*NAMED_CONSTANTS}
    assert all(dialect.constants[name] == name for name in NAMED_CONSTANTS)


def test_our_own_notation_has_no_ambiguous_names():
    assert not {*AMBIGUOUS} & {*OWN.functions}
    assert all(dialect in DIALECTS.values() for dialect in MODULES.values())


@pytest.mark.parametrize(
    ("dialect", "name", "place"),
    [
        ("gplearn", "X0", 0), ("gplearn", "X12", 12), ("gplearn", "x0", None), ("operon", "X1", 0),
        ("operon", "X0", None), ("operon", "X01", None), ("operon", "X", None), ("pysr", "x3", 3),
        ("sympy", "x3", None), ("numpy", "x12345", None),
    ],
)  # fmt: skip
def test_variables_by_position(dialect, name, place):
    assert DIALECTS[dialect].position(name) == place


@given(
    st.text('x1X0.e+-*/^(),[]:"<>=²×−π₁ sindivmoaxp', max_size=60) | st.text(max_size=60),
    st.sampled_from([None, *DIALECTS]),
    st.booleans(),
)
def test_any_text_is_a_formula_of_a_dialect_or_an_expression_error(text, dialect, implicit_products):
    problem = ""
    try:
        reading = Expression.read(text, dialect=dialect, implicit_products=implicit_products)
    except ExpressionError as error:
        problem = str(error)
    else:
        tree = reading.expression
        assert Expression.parse(str(tree), variables=tree.variables) == tree
        assert set(tree.variables) == set(reading.names.values())
        assert all("\n" not in note and len(note) < 400 for note in reading.notes)
    assert "\n" not in problem
    assert len(problem) < 900
