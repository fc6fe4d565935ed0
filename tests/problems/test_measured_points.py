"""Rows of a table to points: roles of columns, rows that are dropped, weights."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from srbench_lite.errors import TableError
from srbench_lite.problems.measured_points import MeasuredPoints, WeightColumn, measured_points
from srbench_lite.problems.table_file import TableOptions, read_table


def points(text: str, *, options: dict[str, Any] | None = None, **roles: Any) -> MeasuredPoints:
    return measured_points(
        read_table(io.BytesIO(text.encode()), TableOptions(**options or {}), name="points.csv"), **roles
    )


@pytest.mark.parametrize(
    ("header", "target", "said"),
    [
        ("a,y,target", "y", ""), ("a,b,target", "target", "the target is the column 'target'"),
        ("a,b,Y", "Y", "the target is the column 'Y'"), ("Target,a,b", "Target", "the target is the column 'Target'"),
    ],
)  # fmt: skip
def test_the_target_is_found_where_it_is_called_so(header: str, target: str, said: str) -> None:
    found = points(f"{header}\n1,2,3\n2,5,4\n")
    assert found.target == target
    assert said in "; ".join(found.notes)


def test_roles_are_named_as_in_the_file() -> None:
    found = points("flow rate [l/s],b,T (K),s\n1,2,3,1\n4,5,7,1\n", target="T (K)", variables=["b", "flow rate"])
    assert found.samples.variables == ("b", "flow_rate")
    assert found.samples.x.tolist() == [[2, 1], [5, 4]]
    assert found.samples.y.tolist() == [3, 7]
    assert found.headers == {"flow_rate": "flow rate [l/s]", "T": "T (K)"}
    assert found.units == {"flow_rate": "l/s", "T": "K"}


def test_only_rows_that_lack_a_value_in_a_used_column_are_dropped() -> None:
    text = "a,b,y\n1,,3\n2,5,\n3,6,inf\n4,7,8\n5,1,2\n"
    assert (len(points(text).samples), points(text).dropped) == (2, 3)
    assert points(text, variables=["a"]).dropped == 2
    assert any("3 of 5 rows dropped, a value is missing or infinite: 'b' 1, 'y' 2" in n for n in points(text).notes)


def test_a_column_that_is_not_used_may_hold_anything() -> None:
    found = points("a,junk,y\n1,1,3\n2,x,5\n", variables=["a"])
    assert found.samples.y.tolist() == [3, 5]
    with pytest.raises(TableError, match=r"points.csv line 3: column 'junk': 'x' is no number"):
        points("a,junk,y\n1,1,3\n2,x,5\n")


def test_constant_columns_are_left_out_if_nobody_asked_for_them() -> None:
    found = points("a,b,y\n1,7,3\n2,7,5\n")
    assert found.samples.variables == ("a",)
    assert "column 'b' left out: it has one value only, 7 (leave_out = ['b'])" in found.notes
    assert points("a,b,y\n1,7,3\n2,7,5\n", variables=["a", "b"]).samples.variables == ("a", "b")


def test_a_column_that_is_equal_to_another_is_left_out_if_nobody_asked_for_it() -> None:
    text = "a,b,c,d,y\n0,-0,5,5,2\n2,2,3,3,3\n4,4,,1,1\n5,5,4,4,7\n"
    found = points(text)
    assert found.samples.variables == ("a", "c")  # c and d differ in a row that is dropped
    assert [note for note in found.notes if "equal" in note] == [
        "column 'b' left out: it is equal to 'a' (leave_out = ['b'])",
        "column 'd' left out: it is equal to 'c' (leave_out = ['d'])",
    ]
    assert points(text, variables=["a", "b"]).samples.variables == ("a", "b")
    with pytest.raises(TableError, match="nothing may be assumed"):
        points("a,b,y\n1,1,2\n3,3,4\n", options={"strict": True})


def test_a_variable_that_is_equal_to_the_target_is_said() -> None:
    found = points("a,b,y\n1,2,2\n2,5,5\n4,4,4\n")
    assert found.samples.variables == ("a", "b")
    (note,) = found.notes
    assert note.startswith("column 'b' is equal to the target: if it is the same quantity, leave it out")


def test_a_constant_target_is_said() -> None:
    assert "the target 'y' has one value only, 3" in points("a,y\n1,3\n2,3\n4,3\n").notes


@pytest.mark.parametrize(
    ("text", "roles", "words"),
    [
        ("a,z\n1,2\n", {}, "points.csv has no column 'y'. Known: a, z. Name the column to predict: target = ..."),
        ("1.5,2\n2,3\n", {}, r"Known: x0, x1. .*\(Assumed of the file: no header"),
        ("a,y\n1,2\n", {"target": "b"}, "points.csv has no column 'b'. Known: a, y"),
        ("y\n1\n2\n", {}, "points.csv has no column besides 'y' that can be a variable"),
        ("t,y\na,1\nb,2\n", {}, r"besides 'y' that can be a variable; left out: 't' \(text, such as 'a'\)"),
        ("a,y\n1,p\n2,q\n", {}, r"the column 'y' cannot be used \(text, such as 'p'\): every cell must be a number"),
        ("a,y\n1,2\n2,3\n", {"variables": ["a", "y"]}, "'y' is the target and cannot be a variable too"),
        ("a,y\n1,2\n2,3\n", {"variables": ["a", "a"]}, "the column 'a' is named twice among the variables"),
        ("a,y\n1,2\n1,3\n", {}, "the column 'a' has one value only, 1; a variable must have two"),
        ("a,b,y\n1,,2\n,3,3\n", {}, r"every row lacks a value .* leave_out = \['"),
        ("a,s,y\n1,1,2\n2,0,3\n", {"weights": WeightColumn(column="s")}, "deviation in 's' .* above zero, got 0"),
        ("a,s,y\n1,1,2\n2,-1,3\n", {"weights": WeightColumn(column="s", kind="weight")}, "a weight in 's' .* got -1"),
        ("a,s,y\n1,1,2\n2,1e-200,3\n", {"weights": WeightColumn(column="s")}, "too large or too small"),
        ("a,s,y\n1,1,2\n2,1,3\n", {"weights": WeightColumn(column="y")}, "'y' holds the weights and cannot be the tar"),
        (
            "a,s,y\n1,1,2\n2,1,3\n", {"weights": WeightColumn(column="s"), "variables": ["s"]},
            "'s' holds the weights and cannot be a variable",
        ),
        ("a,s,y\n1,1,2\n2,1,3\n", {"weights": WeightColumn(column="q")}, "has no column 'q'. Known: a, s, y"),
    ],
)  # fmt: skip
def test_roles_that_do_not_fit_are_refused(text: str, roles: dict[str, Any], words: str) -> None:
    with pytest.raises(TableError, match=words):
        points(text, **roles)


def test_standard_deviations_become_weights_and_no_variable() -> None:
    text = "a,sigma,y\n1,0.5,3\n2,2,5\n3,,7\n4,inf,8\n"
    found = points(text, weights=WeightColumn(column="sigma"))
    assert found.samples.variables == ("a",)
    assert found.samples.weights is not None
    np.testing.assert_array_equal(found.samples.weights, [4, 0.25])
    assert any("2 of 4 rows dropped, a value is missing or infinite: 'sigma' 2" in note for note in found.notes)
    plain = points("a,w,y\n1,0.5,3\n2,2,5\n", weights=WeightColumn(column="w", kind="weight"))
    assert plain.samples.weights is not None
    np.testing.assert_array_equal(plain.samples.weights, [0.5, 2])


def test_an_equal_sigma_everywhere_is_no_constant_variable() -> None:
    found = points("a,s,y\n1,2,3\n2,2,5\n", weights=WeightColumn(column="s"))
    assert found.samples.weights is not None
    assert found.samples.weights.tolist() == [0.25, 0.25]


def test_sentinels_are_kept_and_suspected_until_the_user_speaks() -> None:
    text = "a,y\n5,-999\n2,3\n4,5\n"
    assert any("'y' has -999 once, far from all else, read as a number" in note for note in points(text).notes)
    assert points(text, options={"missing": []}).notes == ()
    assert points(text, options={"missing": [-999]}).dropped == 1
    with pytest.raises(TableError, match=r"nothing may be assumed \(strict\), but this was: column 'y' has -999 once"):
        points(text, options={"strict": True})


def test_variables_that_are_named_may_count_the_rows() -> None:
    text = "n,a,y\n1,5,3\n2,7,5\n3,1,1\n"
    assert any("column 'n' is the number of the row" in note for note in points(text).notes)
    assert points(text, variables=["n", "a"], options={"strict": True}).notes == ()
    alone = points("n,y\n1,3\n2,5\n3,1\n", options={"strict": True})
    assert alone.notes == ("column 'n' is the number of the row",)
