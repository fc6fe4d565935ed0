"""Records to files and back: nothing is lost, nothing is half imported, and no file can do harm."""

from __future__ import annotations

import csv
import json
import os
import random
from pathlib import Path

import pandas as pd
import pytest
from folders import ordinary_user
from hypothesis import given, settings
from hypothesis import strategies as st
from records import claimed, failure, record, records

from srbench_lite.errors import StoreError, UsageError
from srbench_lite.recording.exchange import FORMATS, format_of, read_records, write_records
from srbench_lite.recording.record import COLUMNS, Record
from srbench_lite.recording.store import Store


def refused(path: Path) -> str:
    """Read a file that holds no records; return what is said: one line that names the file, and never another error."""
    with pytest.raises(StoreError) as caught:
        read_records(path)
    text = str(caught.value)
    assert "\n" not in text
    assert str(path) in text
    assert len(text) < 1500
    return text


# --- round trips ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=40)
@given(before=st.lists(records(), max_size=4))
def test_a_round_trip_loses_nothing(tmp_path_factory, form, before):
    path = tmp_path_factory.mktemp("x") / f"out.{form}"
    assert write_records(before, path, form=form) == len(before)
    assert read_records(path) == claimed(before)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@settings(max_examples=40)
@given(st.lists(records(), max_size=4, unique_by=lambda r: r.key))
def test_a_store_loses_nothing(tmp_path_factory, before):
    path = tmp_path_factory.mktemp("x") / "store.db"
    with Store(path) as store:
        assert store.add_all(before) == len(before)
        assert {r.key: r for r in store} == {r.key: r for r in before}
    assert {r.key: r for r in read_records(path)} == {r.key: r for r in claimed(before)}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "reason",
    ["", " ", "\r", "\n", "\r\n", '"', '""', "a\rb", "'", ",", ";", "\\", "\0", "\ufeff", "\u2028", "NaN", "é🙂"],
    ids=ascii,
)
def test_nasty_texts(tmp_path, form, reason):
    path = tmp_path / f"out.{form}"
    write_records([failure(reason=reason)], path, form=form)
    assert read_records(path)[0].reason == (reason or None)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("number", [5e-324, -5e-324, 1.7976931348623157e308, 0.1, 1 / 3, 1e22, 123456789.123456789])
def test_numbers_to_the_last_bit(tmp_path, form, number):
    path = tmp_path / f"out.{form}"
    write_records([record(r2_test=number, seconds=abs(number))], path, form=form)
    back = read_records(path)[0]
    assert (back.scores.r2_test, back.seconds) == (number, abs(number))


@pytest.mark.parametrize("form", FORMATS)
def test_long_fields(tmp_path, form):
    """Longer than what Python's csv module reads by default."""
    long = record(expression=" + ".join(["x"] * 100_000), candidates=("y" * 300_000,), extras={"a": "z" * 200_000})
    path = tmp_path / f"out.{form}"
    write_records([long], path, form=form)
    assert read_records(path) == claimed([long])


@pytest.mark.parametrize("form", FORMATS)
def test_half_a_surrogate_pair(tmp_path, form):
    odd = failure(reason="\ud800", extras={"a": "\udc00"}, candidates=("\ud800",))
    path = tmp_path / f"out.{form}"
    write_records([odd], path, form=form)
    back = read_records(path)[0]
    assert (back.reason, back.extras, back.candidates) == ("\\ud800", {"a": "\udc00"}, ("\ud800",))


def test_one_row_a_record_with_plain_columns(tmp_path):
    write_records([record(), failure(seed=1)], tmp_path / "out.csv", form="csv")
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(f'"{name}"' for name in COLUMNS)
    assert len(lines) == 3


def test_json_has_one_line_a_record_and_each_environment_once(tmp_path):
    write_records([record(seed=i) for i in range(5)], tmp_path / "out.json", form="json")
    text = (tmp_path / "out.json").read_text(encoding="utf-8")
    content = json.loads(text)
    assert len(content["environments"]) == 1
    assert [r["environment"] for r in content["records"]] == [0] * 5
    assert len(text.splitlines()) == 7


def test_parquet_has_types(tmp_path):
    from pyarrow import parquet

    write_records([record(), failure(seed=1)], tmp_path / "out.parquet", form="parquet")
    schema = parquet.read_schema(tmp_path / "out.parquet")
    types = {name: str(schema.field(name).type) for name in ("key", "seed", "r2_test", "recovered", "extras")}
    assert types == {"key": "string", "seed": "int64", "r2_test": "double", "recovered": "bool", "extras": "string"}
    assert schema.names == list(COLUMNS)


@pytest.mark.parametrize("form", FORMATS)
def test_no_records_are_a_file_too(tmp_path, form):
    assert write_records([], tmp_path / f"out.{form}", form=form) == 0
    assert read_records(tmp_path / f"out.{form}") == []


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_packed_export_is_small_and_the_same_each_time(tmp_path, form):
    many = [record(seed=seed) for seed in range(50)]
    path, again, plain = (tmp_path / f"{name}.{form}" for name in ("out", "again", "plain"))
    path, again = path.with_suffix(f".{form}.gz"), again.with_suffix(f".{form}.GZ")
    for file in (path, again, plain):
        write_records(many, file, form=format_of(file))
    assert path.read_bytes() == again.read_bytes()
    assert 5 * path.stat().st_size < plain.stat().st_size
    assert read_records(path) == read_records(again) == claimed(many)


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-20], lambda b: b[:40] + b"\xff" * 40 + b[80:], lambda b: b"PK" + b[2:]]
)
def test_a_damaged_packed_export_is_named(tmp_path, spoil):
    path = tmp_path / "out.json.gz"
    write_records([record()], path, form="json")
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(StoreError, match=r"out\.json\.gz"):
        read_records(path)


def test_only_text_is_packed(tmp_path):
    for name in ("out.parquet.gz", "out.db.gz", "out.gz"):
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(StoreError, match=r"its name must end in \.csv, .*\.json\.gz"):
            read_records(tmp_path / name)


def test_a_spreadsheet_may_put_a_byte_order_mark_and_other_line_ends(tmp_path):
    path = tmp_path / "out.csv"
    write_records([record()], path, form="csv")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert read_records(path) == claimed([record()])


ROWS = [
    record(seed=k, parameters={}, method_version=f"v{k}", peak_mb=None if k else 1.0, complexity=None if k == 2 else 3)
    for k in range(3)
]


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_pandas_may_write_an_export_again(tmp_path, form, index):
    """It makes 3.0 of 3 where another row has none, True of 1, and adds a column that counts rows."""
    path = tmp_path / f"out.{form}"
    write_records(ROWS, path, form=form)
    table = pd.read_csv(path) if form == "csv" else pd.read_parquet(path)
    table["recovered"] = table["recovered"].astype(bool)
    table["seed"] = table["seed"].astype(float)
    table.index = pd.Index([7, 8, 9])
    table.to_csv(path, index=index) if form == "csv" else table.to_parquet(path, index=index)
    assert (b"3.0" in path.read_bytes()) == (form == "csv")
    assert read_records(path) == claimed(ROWS)


def test_a_spreadsheet_may_write_an_export_again(tmp_path):
    path = tmp_path / "out.csv"
    write_records(ROWS, path, form="csv")
    with path.open(newline="") as file:
        names, *rows = csv.reader(file)
    place = names.index("recovered")
    for row in rows:
        row[place] = "TRUE"
    for separator in ";\t":
        with path.open("w", newline="") as file:
            csv.writer(file, delimiter=separator).writerows([names, *rows])
        assert read_records(path) == claimed(ROWS)


def test_whether_it_was_judged_here_is_not_for_a_file_to_say(tmp_path):
    path = tmp_path / "out.csv"
    write_records([record(judged_here=True)], path, form="csv")
    assert not read_records(path)[0].judged_here


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_from_before_complaints_is_read(tmp_path, form, monkeypatch):
    """What was one text then is two now; what is exported from then on carries the column."""
    path = tmp_path / f"out.{form}"
    several = [record(), failure(seed=1), record(seed=2, reason="extras were dropped: no; scoring stopped (timeout)")]
    with monkeypatch.context() as patch:
        columns = {name: kind for name, kind in COLUMNS.items() if name != "complaint"}
        patch.setattr("srbench_lite.recording.record.COLUMNS", columns)
        patch.setattr("srbench_lite.recording.exchange.COLUMNS", columns)
        write_records(several, path, form=form)
    assert b"complaint" not in path.read_bytes()
    back = read_records(path)
    assert [(r.reason, r.complaint) for r in back] == [
        (None, None), ("ValueError: no", None), (None, "fit: extras were dropped: no\nscoring stopped (timeout)"),
    ]  # fmt: skip
    assert back[:2] == claimed(several[:2])
    write_records(back, path, form=form)
    assert b"complaint" in path.read_bytes()
    assert read_records(path) == back


# --- writing that fails ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
def test_below_a_file_nothing_can_be_written(tmp_path, form):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write .*file/out"):
        write_records([record()], tmp_path / "file" / f"out.{form}", form=form)


def test_a_folder_is_no_file_to_write(tmp_path):
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        write_records([record()], tmp_path / "out.csv", form="csv")
    assert os.listdir(tmp_path) == ["out.csv"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, form):
    path = tmp_path / f"out.{form}"
    path.write_text("what was there")
    with pytest.raises(StoreError):
        write_records([record(seed=1), record(seed=2, seconds=float("nan"))], path, form=form)
    assert path.read_text() == "what was there"
    write_records([record()], path, form=form)
    assert read_records(path) == claimed([record()])
    assert os.listdir(tmp_path) == [path.name]


# --- files that hold no records -------------------------------------------------------------------------------------


def test_a_missing_file_and_a_folder(tmp_path):
    assert "there is no file" in refused(tmp_path / "none.csv")
    assert "is a folder; name a file" in refused(tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.parquet", "a.db"])
def test_a_file_that_may_not_be_read(name):
    with ordinary_user() as folder:
        (folder / name).write_text("")
        (folder / name).chmod(0)
        assert "cannot read" in refused(folder / name)


@pytest.mark.parametrize("name", ["records", "records.txt", "records.xlsx", "records.pkl", "records.db.gz"])
def test_an_unknown_ending_is_said(tmp_path, name):
    (tmp_path / name).write_text("")
    assert ".csv, .json, .parquet, .db" in refused(tmp_path / name)


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "db"])
@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n", b"\0", b"\xff\xfe\xfa", b"a,b\n1,2\n", b"{}", b"[]", b"null", b"PAR1PAR1", b"\x80\x04N.",
        b"PAR1" + b"\0" * 40 + b"PAR1", b"[" * 200_000, b"9" * 10_000, b'"' * 3, b"SQLite format 3\0",
    ],
    ids=range(15),
)  # fmt: skip
def test_contents_of_something_else(tmp_path, ending, content):
    path = tmp_path / f"thing.{ending}"
    path.write_bytes(content)
    refused(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "not an export"),
        ({"version": 2}, "version 2 of the export format; this srbench-lite reads 1"),
        ({"version": None}, "version None"),
        ({"records": {}}, "must hold the lists"),
        ({"environments": None}, "must hold the lists"),
        ({"environments": []}, "record 1 has no environment among the 0"),
        ({"environments": [3]}, "record 1: a record's environment must be"),
        ({"records": [1]}, "record 1 has no environment"),
        ({"records": [{}]}, "record 1 has no environment"),
        ({"records": [{"environment": False}]}, "record 1 has no environment"),
        ({"records": [{"environment": 0}]}, "record 1: a record lacks the columns key, suite"),
    ],
)
def test_json_that_is_nearly_right(tmp_path, change, said):
    path = tmp_path / "out.json"
    write_records([record()], path, form="json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert said in refused(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"seed"', b'"sed"', "missing: seed; too many: sed"),
        (b'"seed"', b'"noise"', "missing: seed; too many: noise"),
        (b'"sin/plain"', b'"sin/plain","one more"', "record 1 has 60 values for 59 columns"),
        (b'"sin/plain",', b"", "record 1 has 58 values for 59 columns"),
        (b",1.5,", b",fast,", "record 1: a record's seconds must be a finite number, got 'fast'"),
        (b",1.5,", b",nan,", "record 1: a record's seconds must be a finite number, got nan"),
        (b",1.5,", b",,", "record 1: a record's seconds must be a finite number, got ''"),
        (b'"ok"', b'"fine"', "status must be one of"),
        (b'"ok"', b'"ok', "cannot be read"),
        (b'"ok"', b'"o\xffk"', "cannot be read"),
        (b'"{}"', b'"{"', "record 1: a record's metrics must be"),
    ],
)
def test_csv_that_is_nearly_right(tmp_path, old, new, said):
    path = tmp_path / "out.csv"
    write_records([record()], path, form="csv")
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    assert said in refused(path)


def test_parquet_that_is_nearly_right(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "out.parquet"
    write_records([record()], path, form="parquet")
    table = parquet.read_table(path)
    changes = {
        "seconds": pa.array([float("nan")]),
        "seed": pa.array([0.5]),
        "reason": pa.array([[1, 2]]),
        "key": pa.array([b"bytes"]),
        "started_at": pa.array([0], pa.timestamp("ns")),
        "recovered": pa.array(["true"]),
        "extras": pa.array([None], pa.string()),
    }
    for name, column in changes.items():
        parquet.write_table(table.set_column(table.column_names.index(name), name, column), path)
        said = "its column reason holds list<" if name == "reason" else f"record 1: a record's {name} must be"
        assert said in refused(path)
    parquet.write_table(table.drop_columns(["seed"]), path)
    assert "missing: seed" in refused(path)
    parquet.write_table(table.append_column("more", pa.array([1])), path)
    assert "too many: more" in refused(path)


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "db"])
def test_truncated_and_mutated_files(tmp_path, ending):
    """Whatever bytes a file has: records that hold, or one line. 250 files, each broken in another place."""
    rng = random.Random(1)
    path = tmp_path / f"out.{ending}"
    sound = [record(), failure(seed=1, reason='a "quoted"\nreason'), record(seed=2, parameters={}, extras={"a": [1]})]
    if ending == "db":
        with Store(path) as store:
            store.add_all(sound)
    else:
        write_records(sound, path, form=ending)
    content = path.read_bytes()
    refusals = 0
    for trial in range(250):
        broken = bytearray(content)
        if trial % 3 == 0:
            del broken[rng.randrange(len(broken)) :]
        elif trial % 3 == 1:
            for _ in range(rng.choice((1, 3, 30))):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
        else:
            start = rng.randrange(len(broken))
            broken[start : start + rng.randrange(200)] = rng.choice((b"", b"\0" * 50, b'"', b"\n", b"[[{", b"1e999,"))
        for old in tmp_path.iterdir():
            old.unlink()
        path.write_bytes(broken)
        said = ""
        try:
            back = read_records(path)
        except StoreError as error:
            said, back = str(error), []
            refusals += 1
        assert "\n" not in said
        assert len(said) < 1500
        assert all(type(r) is Record for r in back)
    assert refusals > 50


@settings(max_examples=100)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*COLUMNS, "format", "x"]) | st.text(), inner),
))  # fmt: skip
def test_any_json_in_a_record_is_refused(tmp_path_factory, anything):
    path = tmp_path_factory.mktemp("x") / "any.json"
    content = {"format": "srbench-lite records", "version": 1, "environments": [{}], "records": [anything]}
    path.write_text(json.dumps(content))
    refused(path)
    if isinstance(anything, dict):
        path.write_text(json.dumps(content | {"records": [anything | {"environment": 0}]}))
        refused(path)
    path.write_text(json.dumps(anything))
    refused(path)


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_with_one_bad_record_is_not_imported_at_all(tmp_path, form):
    """The last of three records is broken: reading refuses the file before anything is written."""
    path = tmp_path / f"out.{form}"
    write_records([record(seed=1), record(seed=2), record(seed=3, method="other", key="0" * 32)], path, form=form)
    assert "record 3: a record's key" in refused(path)
