"""A formula applied to a table."""

from __future__ import annotations

import io

import numpy as np
import pytest

from srbench_lite.errors import TableError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.table_file import Table, read_table
from srbench_lite.regression.prediction import column_variables, predict


def table(text: str) -> Table:
    return read_table(io.BytesIO(text.encode()), name="data.csv")


def test_there_is_a_value_for_each_row():
    found = predict(Expression.parse("1/a + b"), table("a,b\n1,2\n0,1\n,3\n4,inf\n"))

    assert found.values[:1].tolist() == [3.0]
    assert np.isnan(found.values[1:]).all()
    assert (found.missing, found.undefined) == (2, 1)


def test_variables_may_be_called_otherwise_than_columns():
    found = predict(Expression.parse("2*v"), table("a,b\n1,2\n3,5\n"), {"v": "b"})

    assert found.values.tolist() == [4.0, 10.0]


def test_a_constant_has_the_value_in_every_row():
    found = predict(Expression.constant(2.0), table("a,b\n1,\n3,5\n"))

    assert found.values.tolist() == [2.0, 2.0]
    assert (found.missing, found.undefined) == (0, 0)


def test_a_column_is_known_by_its_header_and_by_its_identifier():
    names = column_variables(table("flow rate,θ,a,a\n1,2,3,4\n2,3,4,5\n"))

    assert names["flow rate"] == names["flow_rate"] == "flow_rate"
    assert names["θ"] == names["theta"] == "theta"
    assert (names["a"], names["a_2"]) == ("a", "a_2")


@pytest.mark.parametrize(
    ("text", "words"),
    [("a,b\nred,1\nblue,2\n", "'a' cannot be used .text"), ("a,b\n1,1\nblue,2\n", "line 3: column 'a': 'blue'")],
)
def test_a_column_without_numbers_is_refused(text, words):
    with pytest.raises(TableError, match=words):
        predict(Expression.parse("a"), table(text))
