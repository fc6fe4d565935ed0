"""Records as a DataFrame: every column has its type, and what is missing is missing."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from records import failure, record

from srbench_lite import Store
from srbench_lite.errors import StoreError
from srbench_lite.recording.record import COLUMNS


@pytest.fixture(name="store")
def _store(tmp_path):
    with Store(tmp_path / "store.db") as store:
        store.add_all([record(seed=1), failure(seed=2), record(method="other", metrics={"own": 0.5})])
        yield store


def test_a_frame_has_a_row_for_each_record_and_a_column_for_each_fact(store):
    frame = store.frame()

    assert list(frame) == list(COLUMNS)
    assert frame["key"].tolist() == [one.key for one in store]
    assert frame[["method", "seed"]].to_numpy().tolist() == [["good", 1], ["good", 2], ["other", 0]]


def test_columns_have_types_whatever_is_missing(store):
    frame = store.frame()
    types = {"seed": "int64", "complexity": "Int64", "noise": "float64", "r2_test": "float64", "recovered": "boolean"}

    assert {name: str(frame[name].dtype) for name in types} == types
    assert isinstance(frame["task"].dtype, pd.StringDtype)
    assert frame["recovered"].tolist() == [True, pd.NA, True]
    assert frame["expression"].isna().tolist() == [False, True, False]
    assert np.isnan(frame["r2_test"][1])
    assert frame["complexity"].sum() == 4
    assert frame["started_at"][0] == datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    assert frame["parameters"][0] == {"degree": 3}
    assert frame["candidates"][0] == ["x", "sin(x)"]
    assert [metrics.get("own") for metrics in frame["metrics"]] == [None, None, 0.5]


def test_rows_and_columns_can_be_chosen(store):
    frame = store.frame(["method", "nmse_test", "environment"], methods=["other"], suites=["sin"], tasks=["sin/plain"])

    assert list(frame) == ["method", "nmse_test", "environment"]
    assert frame["method"].tolist() == ["other"]
    assert isinstance(frame["environment"][0], dict)


def test_a_store_without_records_has_the_same_columns(tmp_path, store):
    with Store(tmp_path / "empty.db") as empty:
        frame = empty.frame()
    assert len(frame) == 0
    assert frame.dtypes.to_dict() == store.frame().dtypes.to_dict()


def test_a_column_that_is_none_is_named(store):
    with pytest.raises(StoreError, match=r"^records have no column 'nmse'\. Did you mean: noise, nmse_far, nmse_test"):
        store.frame(["nmse"])
