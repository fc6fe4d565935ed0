"""The two sides of `srbench compare`, as users write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from records import record

from srbench_lite.cli.sides import read_runs, read_sides, read_store
from srbench_lite.comparing.baseline import COLUMNS, write_baseline
from srbench_lite.comparing.runs import RunTable
from srbench_lite.errors import StoreError, UnknownNameError, UsageError
from srbench_lite.recording.exchange import write_records
from srbench_lite.recording.store import Store

STORE = Path("runs.db")


@pytest.fixture(autouse=True)
def _files(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    records = [record(), record(method_version="2"), record(method="other")]
    with Store(STORE) as store:
        store.add_all(records)
    write_records([record(method="other"), record(method="extra")], Path("a.json"), form="json")
    write_baseline(RunTable.from_records([record(method="other")], COLUMNS).runs, Path("base.json"))
    Path("odd").mkdir()
    with Store("odd/store") as store:
        store.add_all([record(method="other")])


def names(before: str, after: str) -> list[tuple[str, str]]:
    return [pair[0] for pair in read_sides(before, after, STORE)[0]]


def test_methods_and_versions_of_the_store():
    assert names("good@1", "good@2") == [("good@1", "good@2")]
    assert names("good [version 1]", "other") == [("good [version 1]", "other")]
    ((_, before, after),), remarks = read_sides("good@1", "good@2", STORE)
    assert (set(before["method_version"]), set(after["method_version"]), remarks) == ({"1"}, {"2"}, [])


def test_files_and_methods_of_files():
    assert names("a.json", "base.json") == [("other (a.json)", "other (base.json)")]
    assert names("a.json:other", "other") == [("other (a.json)", "other (runs.db)")]
    assert names("base.json", "odd/store:other") == [("other (base.json)", "other (odd/store)")]
    assert names("other", "a.json") == [("other (runs.db)", "other (a.json)")]
    assert read_sides("a.json", "base.json", STORE)[1] == [
        "a.json: 2 verdicts are claims of a file or an older store, not judged here; `srbench import --verify` judges "
        "them", "only a.json has extra, which is not compared",
    ]  # fmt: skip


def test_what_cannot_be_read_says_what_to_write():
    with pytest.raises(
        UsageError, match=r"good has several variants in runs.db; write one of: good \[version 1\]; good"
    ):
        names("good", "other")
    with pytest.raises(UnknownNameError, match=r"unknown method in runs.db 'goood'\. Known: good \[version 1\]"):
        names("goood", "other")
    write_records([record(method="lonely")], Path("b.json"), form="json")
    with pytest.raises(
        UsageError,
        match=r"no method is in both: b.json has lonely, base.json has other; name two methods, such as b.json:M",
    ):
        names("b.json", "base.json")
    with pytest.raises(StoreError, match=r"there is no file absent\.json"):
        names("absent.json", "base.json")


@pytest.mark.parametrize("path", ["runs.db", "odd/store", "a.json", "base.json"])
def test_stores_exports_and_baselines_have_the_same_columns(path):
    columns = [name for name in COLUMNS if name != "method"]
    runs = read_runs(Path(path), COLUMNS).runs
    assert {*columns, "method", "variant_of"} <= set(runs)
    assert "other" in set(runs["method"])


def test_a_store_is_read_whatever_it_is_called():
    assert set(read_store(Path("odd/store"), COLUMNS).runs["method"]) == {"other"}
