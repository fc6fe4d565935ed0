"""What is kept of a fit is read back, and what was changed by hand is refused."""

from __future__ import annotations

import json

import pytest

from srbench_lite.errors import UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.regression.saved_run import SavedRun

SAVED = SavedRun(
    expression=Expression.parse("2.5*flow_rate"), target="größe", variables={"flow_rate": "flow rate"},
    table={"missing": ["bad", -9]}, facts={"seed": 3},
)  # fmt: skip


def test_it_is_read_back(tmp_path):
    SAVED.write(tmp_path / "new")
    read = SavedRun.read(tmp_path / "new")

    assert (read.expression, read.target, read.variables, read.table) == (
        SAVED.expression, SAVED.target, SAVED.variables, SAVED.table,
    )  # fmt: skip
    assert SAVED.document()["seed"] == 3


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"format": None},
        {"formula": "2*x"},
        {"formula": "exec(flow_rate)"},
        {"formula": 2},
        {"target": None},
        {"variables": {"flow_rate": 1}},
        {"variables": []},
        {"table": "header"},
    ],
)
def test_what_does_not_check_is_refused(tmp_path, change):
    path = SAVED.write(tmp_path)
    path.write_text(json.dumps(SAVED.document() | change))

    with pytest.raises(UsageError, match=r"run.json is nothing that `srbench fit` wrote .*; fit again"):
        SavedRun.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[1]", "{}", "[" * 10_000, '{"format": 1}'])
def test_what_is_no_such_file_is_refused(tmp_path, text):
    (tmp_path / "run.json").write_text(text)

    with pytest.raises(UsageError, match=r"run.json is no"):
        SavedRun.read(tmp_path)


def test_a_folder_without_it_is_no_such_folder(tmp_path):
    with pytest.raises(UsageError, match=r"has no run.json: it is no folder that `srbench fit --out` wrote"):
        SavedRun.read(tmp_path)
    (tmp_path / "run.json").mkdir()
    with pytest.raises(UsageError, match="cannot read"):
        SavedRun.read(tmp_path)
