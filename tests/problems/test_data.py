"""`Samples`: shapes and finiteness are checked where they are born; the arrays are read-only copies."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.errors import DataError
from srbench_lite.problems.data import Samples


def samples(n: int = 3) -> Samples:
    return Samples(variables=("a", "b"), x=np.arange(2.0 * n).reshape(n, 2), y=np.arange(float(n)))


def test_arrays_are_float64_and_in_row_order() -> None:
    made = Samples(variables=["a", "b"], x=np.asfortranarray([[1, 2], [3, 4]]), y=[1, 2])  # type: ignore[arg-type]
    assert made.variables == ("a", "b")
    assert made.x.dtype == made.y.dtype == np.float64
    assert made.x.flags.c_contiguous
    assert len(made) == 2


def test_arrays_are_copies() -> None:
    x, y = np.ones((2, 1)), np.ones(2)
    made = Samples(variables=("a",), x=x, y=y)
    x[:] = 7
    y[:] = 7
    assert made.x.tolist() == [[1.0], [1.0]]
    assert made.y.tolist() == [1.0, 1.0]


def test_arrays_are_read_only_also_after_pickling_and_copying() -> None:
    """A method in a worker process must not be able to change its data any more than one at home."""
    first = samples()
    for made in (first, pickle.loads(pickle.dumps(first)), copy.copy(first), copy.deepcopy(first)):
        for array in (made.x, made.y, made.columns["a"]):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 5.0
        np.testing.assert_array_equal(made.x, first.x)
        assert made.variables == first.variables
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.y = np.zeros(3)  # type: ignore[misc]


def test_columns_are_named_in_order() -> None:
    assert {name: column.tolist() for name, column in samples(2).columns.items()} == {"a": [0.0, 2.0], "b": [1.0, 3.0]}


@given(st.lists(st.tuples(*[st.floats(-1e300, 1e300)] * 3), min_size=1, max_size=5))
def test_columns_go_in_as_they_come_out(rows: list[tuple[float, float, float]]) -> None:
    a, b, y = (list(column) for column in zip(*rows, strict=True))
    made = Samples.from_columns({"a": a, "b": b}, y)
    assert {name: column.tolist() for name, column in made.columns.items()} == {"a": a, "b": b}
    assert made.y.tolist() == y
    assert made.x.shape == (len(rows), 2)


@pytest.mark.parametrize(
    ("variables", "x", "y", "message"),
    [
        (("a", "b"), [[1.0]], [1.0], r"x must be \(n, d\) = \(n, 2\), got \(1, 1\)"),
        (("a",), [1.0], [1.0], r"x must be \(n, d\)"),
        (("a",), [[1.0], [2.0]], [1.0], r"y must be \(n,\) = \(2,\), got \(1,\)"),
        (("a",), [[1.0]], [[1.0]], r"y must be \(n,\)"),
        (("a",), np.zeros((0, 1)), [], "at least one point"),
        (("a", "a"), [[1.0, 2.0]], [1.0], "variable names must differ, got a, a"),
        (("a",), [[np.nan], [1.0]], [1.0, 2.0], "x must be finite, but 1 value is not"),
        (("a",), [[1.0], [1.0]], [np.inf, -np.inf], "y must be finite, but 2 values are not"),
        (("a",), [["one"]], [1.0], "x must hold real numbers"),
        (("a", "b"), [[1.0, 2.0], [1.0]], [1.0, 2.0], "x must hold real numbers"),
        (("a",), [[1.0]], [1j], "y must hold real numbers"),
        (("a",), np.array([[1j]]), [1.0], "x must hold real numbers"),
        (("a",), [[1.0]], None, "y must be"),
    ],
)
def test_what_does_not_fit_is_refused(variables: tuple[str, ...], x: object, y: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Samples(variables=variables, x=x, y=y)  # type: ignore[arg-type]


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(DataError, match="as many values as y, 2, but a has 2, b has 1"):
        Samples.from_columns({"a": [1, 2], "b": [1]}, [1, 2])
    with pytest.raises(DataError, match="there are none"):
        Samples.from_columns({}, [1, 2])
    with pytest.raises(DataError, match="real numbers"):
        Samples.from_columns({"a": ["one"]}, [1])  # type: ignore[list-item]


def test_weights_stay_with_their_points() -> None:
    made = dataclasses.replace(samples(), weights=np.array([1.0, 4.0, 0.25]))
    assert made.weights is not None
    assert not made.weights.flags.writeable
    chosen = pickle.loads(pickle.dumps(made)).rows(np.array([2, 0]))
    assert chosen.y.tolist() == [2.0, 0.0]
    assert chosen.weights.tolist() == [0.25, 1.0]
    assert samples().rows(np.array([1])).weights is None


@pytest.mark.parametrize(
    ("weights", "message"),
    [([1.0, 2.0], r"weights must be \(n,\)"), ([1.0, 0.0, 1.0], "must be positive, got 0"),
     ([1.0, float("inf"), 1.0], "weights must be finite")],
)  # fmt: skip
def test_weights_are_checked(weights: list[float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        dataclasses.replace(samples(), weights=np.array(weights))


# --- units ------------------------------------------------------------------------------------------------------


def test_units_are_kept_wherever_points_go() -> None:
    given = {"a": "m/s"}
    made = dataclasses.replace(samples(), units=given, target_unit="kg")
    given["b"] = "s"
    for points in (
        made, made.rows(np.array([2, 0])), pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)
    ):  # fmt: skip
        assert points.units == {"a": "m/s"}
        assert points.target_unit == "kg"
    assert samples().units == {}
    assert samples().target_unit == ""


def test_a_unit_of_no_variable_is_refused() -> None:
    with pytest.raises(DataError, match="units must be of variables, a, b, got one of 'c'"):
        dataclasses.replace(samples(), units={"c": "m"})
