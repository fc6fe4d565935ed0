"""Parquet and Excel files: the same table as the CSV file of the same content, and errors that say what to do."""

from __future__ import annotations

import builtins
import datetime
import decimal
import gzip
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from srbench_lite.errors import TableError, UsageError
from srbench_lite.problems import table_formats
from srbench_lite.problems.measured_points import measured_points
from srbench_lite.problems.table_file import Table, TableOptions, read_table
from srbench_lite.problems.table_formats import is_excel

FRAME = pd.DataFrame({
    "v [m/s]": [0.1, 1 / 3, 2e-300, 7.0], "n": [1, 2, 3, 2**40], "ok": [True, False, True, True],
    "day": pd.to_datetime(["2024-01-01", None, "2024-01-03", "2024-01-04"]), "site": ["a", "b, c", 'd"e', "f\ng"],
    "y": [1.5, None, -2.25, 1e17],
})  # fmt: skip


def read(raw: bytes, **options: Any) -> Table:
    return read_table(io.BytesIO(raw), TableOptions(**options), name="points")


def parquet(content: Any) -> bytes:
    """A Parquet file of a frame, or of columns of Arrow."""
    file = io.BytesIO()
    if isinstance(content, pd.DataFrame):
        content.to_parquet(file)
    else:
        pq.write_table(pa.table(content), file)
    return file.getvalue()


def excel(sheets: Mapping[str, Sequence[Sequence[Any]]] | Sequence[Sequence[Any]], hidden: Sequence[str] = ()) -> bytes:
    """An Excel file of sheets by name, or of the rows of one."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in (sheets if isinstance(sheets, Mapping) else {"Data": sheets}).items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows_of(frame: pd.DataFrame) -> list[list[Any]]:
    cells = frame.astype(object).where(frame.notna(), None)
    return [
        list(frame.columns),
        *cells.map(lambda c: c.to_pydatetime() if hasattr(c, "to_pydatetime") else c).values.tolist(),
    ]


@pytest.mark.parametrize("raw", [parquet(FRAME), excel(rows_of(FRAME))], ids=["parquet", "excel"])
def test_typed_cells_are_read_as_those_of_csv(raw: bytes) -> None:
    csv = read(FRAME.replace("f\ng", "f g").to_csv(index=False).encode())
    table = read(raw)
    assert (table.headers, table.units, table.n_rows) == (csv.headers, csv.units, csv.n_rows)
    assert list(table.columns) == ["v", "n", "y"]
    for name, values in csv.columns.items():
        np.testing.assert_array_equal(table.columns[name], values)
    assert [what.partition(",")[0] for what in table.left_out.values()] == ["booleans", "dates or times", "text"]
    points = measured_points(table)
    assert points.dropped == 1
    assert points.samples.variables == ("v", "n")


def test_random_numbers_come_through_without_rounding() -> None:
    """Excel's are rounded before, as openpyxl writes 16 digits only."""
    numbers = np.random.default_rng(0).normal(size=(50, 3)) * 10.0 ** np.arange(-150, 151, 150)
    frame = pd.DataFrame(numbers, columns=list("aby"))
    short = frame.map(lambda value: float(f"{value:.15g}"))
    for raw, wanted in ((parquet(frame), frame), (excel(rows_of(short)), short)):
        for name, values in read(raw).columns.items():
            np.testing.assert_array_equal(values, wanted[name])


# --- Parquet -------------------------------------------------------------------------------------------------------


def test_every_type_of_parquet_is_a_number_or_is_left_out() -> None:
    table = read(
        parquet({
            "money": [decimal.Decimal("1.10"), decimal.Decimal("2.25")], "half": pa.array([1.5, 2.5], pa.float16()),
            "large": pa.array([2**63, 1], pa.uint64()), "inf": [float("inf"), 1.0], "none": pa.nulls(2),
            "clock": [datetime.time(1, 2), datetime.time(2, 3)], "span": [datetime.timedelta(1), datetime.timedelta(2)],
            "list": [[1.0], [2.0]], "bytes": [b"a", b"b"], "kind": pa.array(["u", "v"]).dictionary_encode(),
            "single": pa.array([0.1, 0.2], pa.float32()),
        })
    )  # fmt: skip
    assert {name: values.tolist() for name, values in table.columns.items()} == {
        "money": [1.1, 2.25], "half": [1.5, 2.5], "large": [2.0**63, 1.0], "inf": [float("inf"), 1.0],
        "single": [0.1, 0.2],
    }  # fmt: skip
    assert set(table.left_out) == {"none", "clock", "span", "list", "bytes", "kind"}
    assert table.left_out["list"] == "text, such as 'list<element: double>'"


def test_the_names_of_parquet_are_no_numbers_and_no_comment() -> None:
    assert list(read(parquet(pd.DataFrame({"0": [1.0, 2.0], "1": [3.0, 4.0]}))).columns) == ["x_0", "x_1"]
    assert list(read(parquet({"#n": [1.0, 2.0], "a,b": [3.0, 4.0], "%": [3.0, 5.0]})).headers.values()) == [
        "#n",
        "a,b",
        "%",
    ]


def test_an_index_of_pandas_is_left_out() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [2.0, 3.0, 5.0]}, index=[7, 3, 9])
    table = read(parquet(frame))
    assert list(table.columns) == ["x", "y"]
    assert any("left out as an index (index = true)" in said for said in table.assumed)


def test_a_packed_parquet_file_is_unpacked() -> None:
    table = read(gzip.compress(parquet({"x": [1.0, 2.0], "y": [2.0, 3.0]})))
    assert table.found == ("unpacked (gzip)",)


# --- Excel ---------------------------------------------------------------------------------------------------------

TWO = {"First": [["x", "y"], [1, 2], [2, 3]], "Second": [["u", "v"], [5, 6], [6, 7]]}


@pytest.mark.parametrize("sheet", ["Second", 2])
def test_a_sheet_is_chosen_by_name_or_number(sheet: str | int) -> None:
    assert list(read(excel(TWO), sheet=sheet).columns) == ["u", "v"]


def test_the_only_sheet_that_holds_anything_is_taken() -> None:
    table = read(excel({"Notes": [], "Data": TWO["First"]}))
    assert (list(table.columns), table.found) == (["x", "y"], ("sheet 'Data'",))
    assert list(read(excel(TWO, hidden=["Second"])).columns) == ["x", "y"]
    assert list(read(excel(TWO, hidden=["Second"]), sheet="Second").columns) == ["u", "v"]


def test_a_table_may_begin_anywhere_on_its_sheet() -> None:
    table = read(excel([[], [None, None, "x", "y"], [None, None, 1.5, 2], [None], [None, None, 2.5, 4], [None] * 6]))
    assert {name: values.tolist() for name, values in table.columns.items()} == {"x": [1.5, 2.5], "y": [2.0, 4.0]}


def test_a_row_of_units_and_cells_with_errors_are_seen() -> None:
    table = read(excel([["x", "y"], ["m", "s"], [1.5, "#DIV/0!"], [2.5, 3]]))
    assert table.units == {"x": "m", "y": "s"}
    assert np.isnan(table.columns["y"][0])


@pytest.mark.parametrize(
    "make", [excel, lambda rows: parquet(dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True)))]
)
def test_texts_that_are_numbers_have_a_notation_of_their_own(make: Any) -> None:
    """The number 2.5 in one column does not say that 1,234 in another means one thousand."""
    assert read(make([["x", "y"], ["1,5", 2.5], ["2,5", 3.5]])).columns["x"].tolist() == [1.5, 2.5]
    ambiguous = make([["x", "y"], ["1,234", 2.5], ["2,567", 3.5]])
    with pytest.raises(TableError, match=r"points: the cell '1,234' could be read in two ways: give decimal = ','"):
        read(ambiguous)
    assert read(ambiguous, decimal=",").columns["x"].tolist() == [1.234, 2.567]
    assert read(ambiguous, thousands=",").columns["x"].tolist() == [1234, 2567]


# --- what cannot be read ------------------------------------------------------------------------------------------


def damaged() -> bytes:
    """An Excel file whose sheet is no XML."""
    source, out = zipfile.ZipFile(io.BytesIO(excel(TWO["First"]))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, b"<nope" if name.startswith("xl/worksheets") else source.read(name))
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "options", "words"),
    [
        (excel(TWO), {}, "points: it has 2 sheets: 'First', 'Second'; say which: sheet = 'First'"),
        (excel(TWO), {"sheet": "Sceond"}, "it has no sheet 'Sceond'. Did you mean: Second? Known: First, Second."),
        (excel(TWO), {"sheet": 3}, "it has no sheet 3; it has 2, counted from 1: First, Second"),
        (excel({"a": [], "b": []}), {}, "its sheets are empty"),
        (excel([["x", "y"]]), {}, "it has no rows below its header"),
        (damaged(), {}, "it cannot be read as an Excel file: unclosed token"),
        (excel(TWO)[:-40], {}, "it cannot be unpacked: File is not a zip file"),
        (b"\xd0\xcf\x11\xe0....", {}, "an Excel file of the old format .xls, or with a password; save it as .xlsx"),
        (b"x,y\n1,2\n", {"sheet": 1}, "it is no Excel file and has no sheets; leave sheet out"),
        (parquet({"x": [1.0]})[:-9], {}, "it cannot be read as a Parquet file: Parquet magic bytes not found"),
        (b"PAR1....", {}, "it cannot be read as a Parquet file"),
        (parquet(pd.DataFrame({"x": [], "y": []})), {}, "it has no rows below its header"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else str(value)[:40],
)  # fmt: skip
def test_what_cannot_be_read_says_what_to_do(raw: bytes, options: dict[str, Any], words: str) -> None:
    with pytest.raises(TableError) as caught:
        read(raw, **options)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("package", "raw", "words"),
    [
        ("pyarrow", parquet({"x": [1.0]}), "a Parquet file, which pyarrow reads; install .*srbench-lite.parquet."),
        ("openpyxl", excel(TWO), "it is an Excel file, which openpyxl reads; install that .*srbench-lite.excel."),
    ],
    ids=["pyarrow", "openpyxl"],
)  # fmt: skip
def test_a_package_that_is_missing_is_named(monkeypatch, package: str, raw: bytes, words: str) -> None:
    imported = builtins.__import__

    def without(name: str, *given: Any, **more: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return imported(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TableError, match=words):
        read(raw)


def test_files_that_hold_more_than_memory_does_are_refused(monkeypatch) -> None:
    monkeypatch.setattr(table_formats, "_MAX_CELLS", 3)
    monkeypatch.setattr(table_formats, "_MAX_EXCEL_CELLS", 3)
    for raw in (parquet({"x": [1.0, 2.0], "y": [2.0, 3.0]}), excel(TWO["First"])):
        with pytest.raises(TableError, match=r"it has more than 3 cells.*; take fewer rows or columns"):
            read(raw)


@pytest.mark.parametrize("sheet", [True, 1.5, ["a"]])
def test_a_sheet_is_a_name_or_a_number(sheet: Any) -> None:
    with pytest.raises(UsageError, match="sheet must be the name of a sheet, or its number from 1, got"):
        TableOptions(sheet=sheet)


def test_only_workbooks_are_taken_for_excel() -> None:
    assert is_excel(excel(TWO))
    assert not is_excel(b"PK\x03\x04 broken")
    assert not is_excel(b"x,y\n")


def test_a_small_file_that_says_it_holds_much_is_refused() -> None:
    """Two million cells in a few kilobytes, and 40 MB of XML that is all the same: made to fill the memory."""
    raw = io.BytesIO()
    pq.write_table(pa.table({"x": [1.5] * 1_000_000, "y": [2.5] * 1_000_000}), raw)
    with pytest.raises(TableError, match=r"bytes hold 2,000,000 cells, which is hardly true"):
        read_table(io.BytesIO(raw.getvalue()), name="a.parquet")
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (40 << 20))
    with pytest.raises(TableError, match=r"unpack to 41,943,040, which is hardly true"):
        read_table(io.BytesIO(raw.getvalue()), name="a.xlsx")


def test_a_damaged_part_of_a_workbook_is_one_short_error() -> None:
    """What is packed may be cut anywhere, and a library quotes what it finds there."""
    book = openpyxl.Workbook()
    book.active.append([1, 2])
    raw = io.BytesIO()
    book.save(raw)
    content = bytearray(raw.getvalue())
    lengths = []
    for place in range(200, len(content), 97):
        try:
            read_table(io.BytesIO(content[:place] + b"\xff\x00" + content[place + 2 :]), name="a.xlsx")
        except TableError as error:
            lengths.append(len(str(error)))
    assert len(lengths) > 10
    assert max(lengths) < 500


def test_the_name_of_a_part_that_is_no_utf8_is_one_error() -> None:
    """An archive says that a name is UTF-8, and it need not be."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("xl/wörkbook.xml", "")
    with pytest.raises(TableError, match=r"^a.xlsx"):
        read_table(io.BytesIO(raw.getvalue().replace("ö".encode(), b"\xf3r")), name="a.xlsx")
