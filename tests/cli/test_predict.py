"""`srbench predict`: the rows of the file with one column more, from text, a folder of `srbench fit`, or a record."""

from __future__ import annotations

import csv
import io
import json

import pytest
from commands import Said
from records import record

from srbench_lite.expressions.expression import Expression
from srbench_lite.recording.store import Store
from srbench_lite.regression.saved_run import SavedRun

DATA = "day,flow rate,y\nMon,1,2\nTue,2,4\nWed,,6\nThu,-4,8\n"


@pytest.fixture(name="predict")
def _predict(call, tmp_path):
    (tmp_path / "data.csv").write_text(DATA)
    return lambda *arguments: call("predict", *arguments)


def cells(said: Said) -> list[list[str]]:
    assert said.code == 0, said.err
    return list(csv.reader(io.StringIO(said.out)))


def saved(expression: str, **changes: object) -> SavedRun:
    parts = {
        "expression": Expression.parse(expression), "target": "y", "variables": {"flow_rate": "flow rate"},
        "table": {}, "facts": {},
    }  # fmt: skip
    return SavedRun(**parts | changes)


def test_rows_stay_as_they_are_and_get_a_prediction(predict):
    said = predict('2*"flow rate"', "data.csv")

    assert cells(said) == [
        ["day", "flow rate", "y", "prediction"], ["Mon", "1", "2", "2.0"], ["Tue", "2", "4", "4.0"],
        ["Wed", "", "6", ""], ["Thu", "-4", "8", "-8.0"],
    ]  # fmt: skip
    assert said.err == "no prediction in 1 of 4 rows: a value is missing there\n"


def test_where_the_formula_is_undefined_the_cell_is_empty_and_counted(predict):
    said = predict("sqrt(flow_rate)", "data.csv")

    assert [row[-1] for row in cells(said)] == ["prediction", "1.0", repr(2**0.5), "", ""]
    assert "no prediction in 1 of 4 rows: the formula is undefined there" in said.err


@pytest.mark.parametrize(
    ("text", "compared"),
    [("y = 2*flow_rate", True), ('"y"=2*flow_rate', True), ("z = 2*flow_rate", False), ("day = 2*flow_rate", False)],
)
def test_a_formula_may_say_what_it_gives(predict, text, compared):
    said = predict(text, "data.csv")

    assert cells(said)[2][-1] == "4.0"
    assert ("y: RMS error" in said.err) == compared


def test_a_comparison_is_no_equation(predict):
    assert [row[-1] for row in cells(predict("flow_rate >= 2", "data.csv"))][1:3] == ["0.0", "1.0"]


def test_a_constant_is_a_formula_and_so_is_one_with_a_minus(predict):
    assert [row[-1] for row in cells(predict("3", "data.csv"))][1:] == ["3.0"] * 4
    assert cells(predict("-flow_rate", "data.csv"))[1][-1] == "-1.0"
    assert cells(predict("--", "-flow_rate", "data.csv"))[1][-1] == "-1.0"


def test_predictions_are_compared_with_the_target(predict):
    said = predict("2*flow_rate", "data.csv", "--target", "y")

    assert "y: RMS error 9.238, largest 16, R² -12.7143, on 3 rows" in said.err


@pytest.mark.parametrize(
    ("text", "arguments", "header"),
    [
        ("a,prediction\n1,2\n3,4\n", (), "a,prediction,prediction_2"),
        ("a,b\n1,2\n3,4\n", ("--column", "a"), "a,b,a_2"),
        ("a;b\n1,5;2\n3,5;4\n", (), "a,b,prediction"),
        ("1,2\n3,4\n", ("--column", "z"), "x0,x1,z"),
        ('"a, b",c\n1,2\n3,4\n', (), '"a, b",c,prediction'),
    ],
)
def test_the_new_column_has_a_name_of_its_own(predict, tmp_path, text, arguments, header):
    (tmp_path / "data.csv").write_text(text)

    assert predict("1", "data.csv", *arguments).out.splitlines()[0] == header


def test_a_file_is_written_whole(predict, tmp_path):
    said = predict("flow_rate", "data.csv", "--out", "new/predicted.csv")

    assert (said.code, said.out) == (0, "")
    assert (tmp_path / "new" / "predicted.csv").read_text().splitlines()[1] == "Mon,1,2,1.0"


def test_a_folder_of_fit_is_applied_by_the_names_of_its_columns(predict, tmp_path):
    saved("3*flow_rate").write(tmp_path / "answer")
    (tmp_path / "other.csv").write_text("y,note,flow rate\n3,good,1\n7,,2\n")

    said = predict("answer", "other.csv")

    assert [row[-1] for row in cells(said)] == ["prediction", "3.0", "6.0"]
    assert "y: RMS error 0.7071, largest 1, R² 0.875, on 2 rows" in said.err


def test_a_folder_of_fit_says_how_its_file_was_written(predict, tmp_path):
    saved("flow_rate", table={"leave_out": ["y"]}).write(tmp_path / "answer")

    said = predict("answer", "data.csv")

    assert cells(said)[1] == ["Mon", "1", "2", "1.0"]
    assert "RMS" not in said.err  # the target is left out


def test_a_record_is_applied_by_how_its_key_begins(predict, tmp_path):
    one = record(suite="own", task="own/data", expression="5*flow_rate", truth=None)
    two = record(suite="own", task="own/data", expression=None, reason="gave up", status="failed", seed=1)
    with Store(tmp_path / "runs.db") as store:
        store.add_all([one, two])

    def applied(key: str) -> Said:
        return predict(key, "data.csv", "--store", "runs.db")

    assert cells(applied(one.key[:9]))[1][-1] == "5.0"
    assert f"the record {two.key[:12]} (good on own/data) has no formula: gave up" in applied(two.key).err
    assert "2 records of runs.db have a key that begins with ''" in applied("").err
    assert "the store runs.db has no record whose key begins with 'zz'" in applied("zz").err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("2*flow", "data.csv"), "'2*flow' is no folder and no formula in the columns of data.csv: unknown variable"),
        (("2*flow rat", "data.csv"), "is no folder and no formula"),
        (('2*"flow rat"', "data.csv"), "Did you mean: flow rate"),
        (("__import__('os')", "data.csv"), "unknown function '__import__'"),
        (("2*day", "data.csv"), "the column 'day' cannot be used (text, such as 'Mon'): every cell must be a number"),
        (("y", "none.csv"), "cannot read the data file none.csv"),
        (("y", "data.csv", "--target", "z"), "data.csv has no column 'z'."),
        (("y", "data.csv", "--target", "day"), "the column 'day' holds no numbers to compare with"),
        (("y", "data.csv", "--store", "none.db"), "none.db"),
        ((".", "data.csv"), ". has no run.json: it is no folder that `srbench fit --out` wrote"),
        (("answer", "other.csv"), "other.csv has no column 'flow rate'. Did you mean: flowrate?"),
    ],
)
def test_what_cannot_be_predicted_is_one_clear_error(predict, tmp_path, arguments, words):
    saved("flow_rate").write(tmp_path / "answer")
    (tmp_path / "other.csv").write_text("flowrate,y\n1,2\n2,3\n")

    said = predict(*arguments)

    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1
    assert words in said.err


def test_a_folder_that_was_changed_is_refused(predict, tmp_path):
    saved("flow_rate").write(tmp_path / "answer")
    path = tmp_path / "answer" / "run.json"
    content = json.loads(path.read_text())
    for change in ({"formula": "evil()"}, {"formula": 3}, {"variables": ["flow rate"]}, {"format": 9}):
        path.write_text(json.dumps(content | change))
        said = predict("answer", "data.csv")
        assert said.code == 2
        assert "answer/run.json is nothing that `srbench fit` wrote" in said.err
