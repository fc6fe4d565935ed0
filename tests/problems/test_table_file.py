"""Data files as people and programs write them: every one is read rightly, or refused in a line that helps."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import DATA

from srbench_lite.errors import TableError, UsageError
from srbench_lite.problems.column_names import quoted
from srbench_lite.problems.measured_points import measured_points
from srbench_lite.problems.table_file import Table, TableOptions, read_table

FILES = DATA / "tables"


def read(content: str | bytes, **options: Any) -> Table:
    """Read a table from its content."""
    raw = content if isinstance(content, bytes) else content.encode()
    return read_table(io.BytesIO(raw), TableOptions(**options), name="points.csv")


def columns(table: Table) -> dict[str, list[float]]:
    return {name: values.tolist() for name, values in table.columns.items()}


# --- the files of tests/data/tables ------------------------------------------------------------------------------

#: y = 10 x**2 + ... : the table that most of data-files/ hold in one notation or another.
_PLAIN = read_table(FILES / "data-files" / "crlf.csv")


@pytest.mark.parametrize(
    ("file", "names", "said"),
    [
        ("semi.csv", ("x", "y", "target"), "semicolons between cells"),
        ("spaces.txt", ("x0", "x1", "x2"), "blanks between cells .*; no header: columns x0 to x2"),
        ("pmlb.tsv", ("x", "y", "target"), "tabs between cells"),
        ("pmlb.tsv.gz", ("x", "y", "target"), r"unpacked \(gzip\); tabs between cells"),
        ("nohead.csv", ("x0", "x1", "x2"), r"no header: columns x0 to x2 \(header = false\)"),
        ("hash.dat", ("mu", "Nn", "F"), "2 comment lines skipped; .*names from the comment in line 2"),
        ("comment.csv", ("x", "y", "target"), "1 comment line skipped"),
        ("blanklines.csv", ("x", "y", "target"), "31 empty lines skipped; 1 line of empty cells skipped"),
        ("trailing.csv", ("x", "y", "target"), ""),
        ("crlf.csv", ("x", "y", "target"), ""),
        ("latin1.csv", ("x", "Temperature", "target"), 'Température. is called Temperature; encoding = "latin-1"'),
        ("utf16.csv", ("x", "y", "target"), "encoding utf-16"),
        ("quoted.csv", ("x", "y", "target"), ""),
        ("sci.csv", ("x", "y", "target"), ""),
        ("dfortran.csv", ("x", "y", "target"), ""),
    ],
)
def test_one_table_in_many_notations(file: str, names: tuple[str, ...], said: str) -> None:
    table = read_table(FILES / "data-files" / file)
    assert tuple(table.columns) == names
    for ours, plain in zip(table.columns.values(), _PLAIN.columns.values(), strict=True):
        np.testing.assert_array_equal(ours, plain)
    assert re.fullmatch(f".*{said}.*" if said else "", "; ".join((*table.found, *table.assumed)))


@pytest.mark.parametrize(
    ("file", "name", "start", "said"),
    [
        ("thousands.csv", "x", [100.0, 200.0], "'1,000.0' is a number with groups of digits"),
        ("pct.csv", "x", [0.0, 0.01], r'percent signs divide by 100 \(percent = "fraction"\)'),
        ("underscore.csv", "x", [1000.0, 1001.0], "'1_000' is a number with groups"),
        ("a.csv", "y", [1.25, 2.0], 'semicolons .*; decimal commas \\(decimal = ","\\)'),
        ("intended_one_column_decimal.csv", "y", [2.0, 5.0], ""),
    ],
)
def test_numbers_as_people_write_them(file: str, name: str, start: list[float], said: str) -> None:
    table = read_table(FILES / "data-files" / file)
    assert table.columns[name][:2].tolist() == pytest.approx(start)
    assert re.search(said, "; ".join(table.assumed))


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("b.csv", r"line 2 has 4 cells, the header has 2 .*'x,y' / '0,5,1,25'.*if a comma is the decimal sign"),
        (
            "r_write_table.csv",
            r"line 2 has 4 cells, the header has 3 .*'\"1\",2,3,6'.*as R writes them, give index = tru",
        ),
        ("longrow.csv", "line 2 has 4 cells, the header has 3 .*'x,y,target' / '0,0,0,99'"),
        ("shortrow.csv", "line 2 has 2 cells, the header has 3 .*'x,y,target' / '0,0'"),
    ],
)
def test_rows_of_another_length_are_shown_beside_the_header(file: str, words: str) -> None:
    with pytest.raises(TableError, match=words) as caught:
        read_table(FILES / "data-files" / file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "option"),
    [("pandas.csv", True), ("unnamed.csv", True), ("unnamed.csv", "Unnamed: 0"), ("id.csv", "id"), ("id.csv", True)],
)
def test_an_index_that_is_named_is_left_out_without_a_word(file: str, option: bool | str) -> None:
    points = measured_points(read_table(FILES / "index-column" / file, TableOptions(index=option, strict=True)))
    assert (points.samples.variables, points.notes) == (("x",), ())


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        (",,x,y\n0,5,1,2\n0,6,2,3\n1,5,3,5\n", ("x",)), ("Unnamed: 0.1,Unnamed: 0,x,y\n0,0,1,2\n1,1,2,3\n", ("x",)),
        (",x,y\na,1,2\nb,2,3\n", ("x",)), (",x,y\n7,1,2\n3,2,3\n", ("x",)), (",x,y\n0.5,1,2\n1.5,2,3\n", ("x0", "x")),
        (",y\n5,2\n7,3\n", ("x0",)), ("x,,y\n1,5,2\n2,7,3\n", ("x", "x1")),
    ],
)  # fmt: skip
def test_first_columns_without_a_name_are_an_index_where_they_can_be_one(text: str, variables: tuple[str, ...]) -> None:
    points = measured_points(read(text))
    assert points.samples.variables == variables
    assert any("left out as an index (index = true)" in note for note in points.notes) == (variables == ("x",))


def test_row_names_of_r_are_left_out_where_the_user_says_so() -> None:
    table = read_table(FILES / "data-files" / "r_write_table.csv", TableOptions(index=True))
    np.testing.assert_array_equal(table.columns["force"], table.columns["mass"] * table.columns["accel"])


@pytest.mark.parametrize(
    ("file", "name", "header", "unit"),
    [
        ("bracket.csv", "v_0", "v[0]", None), ("dash.csv", "x_1", "x-1", None), ("digit.csv", "x_1st", "1st", None),
        ("dollar.csv", "x", "$x", None), ("dot.csv", "x_1", "x.1", None), ("empty.csv", "x0", "", None),
        ("greek.csv", "theta", "θ", None), ("long.csv", "x" * 60, "x" * 300, None),
        ("percent.csv", "temp_Annual_percent", "temp_Annual_%", None), ("quotes.csv", "x", '"x"', None),
        ("space.csv", "flow_rate", "flow rate", None), ("umlaut.csv", "Lange", "Länge", None),
        ("unit.csv", "T", "T (°C)", "°C"), ("target.csv", "x", "x", None), ("upper_target.csv", "x", "x", None),
    ],
)  # fmt: skip
def test_names_are_mapped_and_kept(file: str, name: str, header: str, unit: str | None) -> None:
    table = read_table(FILES / "headers" / file)
    points = measured_points(table)
    assert points.samples.variables == (name,)
    assert table.headers[name] == header
    assert table.units.get(name) == unit
    assert (name in points.headers) == (name != header)
    assert table.find(header) == table.find(name) == name
    if name != header:
        assert f"{quoted(header)} is called {name}" in "; ".join(points.notes)


@pytest.mark.parametrize(
    ("file", "rows", "said"),
    [
        ("empty.csv", 3, "1 of 4 rows dropped, a value is missing: 'y' 1"),
        ("na.csv", 3, "1 of 4 rows dropped, a value is missing: 'y' 1"),
        ("nan.csv", 3, "1 of 4 rows dropped, a value is missing: 'y' 1"),
        ("question.csv", 3, "1 of 4 rows dropped, a value is missing: 'y' 1"),
        ("inf.csv", 3, "1 of 4 rows dropped, a value is infinite: 'y' 1"),
        ("sentinel.csv", 4, r"column 'y' has -999 once, far from all else.*give missing = \[-999\]"),
        ("bool.csv", 4, "column 'flag' left out: booleans, such as 'True'"),
        ("cat.csv", 4, "column 'kind' left out: text, such as 'a'"),
        ("date.csv", 3, "column 't' left out: dates or times, such as '2021-01-01'"),
    ],
)
def test_what_is_missing_or_no_number_is_said(file: str, rows: int, said: str) -> None:
    points = measured_points(read_table(FILES / "missing" / file))
    assert points.samples.variables == ("x",)
    assert len(points.samples) == rows
    assert re.search(said, "; ".join(points.notes))


@pytest.mark.parametrize(
    ("file", "variables", "said"),
    [
        ("pandas.csv", ("x",), "the first column, which has no name, left out as an index"),
        ("unnamed.csv", ("x",), "the first column, which has no name, left out as an index"),
        ("id.csv", ("id", "x"), "column 'id' is the number of the row: .* index = 'id'"),
        ("sorted.csv", ("id", "x"), "column 'id' is the number of the row: .* index = 'id'"),
    ],
)
def test_index_columns_are_left_out_or_warned_of(file: str, variables: tuple[str, ...], said: str) -> None:
    points = measured_points(read_table(FILES / "index-column" / file))
    assert points.samples.variables == variables
    assert re.search(said, "; ".join(points.notes))


@pytest.mark.parametrize("file", sorted(p for p in FILES.glob("*/*")), ids=lambda path: path.name)
def test_strict_reading_refuses_what_was_assumed(file: Path) -> None:
    """What is read strictly was assumed nowhere, and every assumption names an option or a row."""
    try:
        loose = measured_points(read_table(file), target=None)
    except TableError:
        return
    try:
        strict = measured_points(read_table(file, TableOptions(strict=True)))
    except TableError as error:
        refusal = str(error)
        assert "nothing may be assumed (strict), but this was: " in refusal
        return
    assert set(strict.notes) == set(loose.notes)
    assert not re.search(r"left out|dropped|between cells", "; ".join(loose.notes))


_OPTION = re.compile(r"""(\w+ = (?:\[[^]]*\]|"[^"]*"|'[^']*'|true|false))\)?$""")
_NO_OPTION = re.compile("names from the comment|further column|more header|units in line")


@pytest.mark.parametrize(
    "file",
    [
        *sorted(p for p in FILES.glob("*/*")), "x;y\n1.234;2.345\n4.567;5\n", "a,b,y\n0,5,1\n1,00,2\n",
        "x,y\n1,2,\n3,4,",
        "1.5;2,5\n", "x;y\n1.234,5;NA\n0,5;7\n1,5;8\n", 'x,y\n"1,5",1\n"2,5",2\n',
    ],
    ids=lambda file: getattr(file, "name", None),
)  # fmt: skip
def test_the_option_in_an_assumption_takes_its_place(file: Path | str) -> None:
    """Whoever says what was assumed, with the words of the note, reads the same table strictly."""
    source = file.read_bytes() if isinstance(file, Path) else file.encode()
    try:
        loose = read(source)
        target = list(loose.columns)[-1]
        points = measured_points(loose, target=target)
    except TableError:
        return
    options: dict[str, Any] = {}
    for option in filter(None, map(_OPTION.search, points.notes)):
        ((name, value),) = tomllib.loads(option[1]).items()
        options[name] = [*options.get(name, []), *value] if isinstance(value, list) else value
    if any(map(_NO_OPTION.search, points.notes)):
        return
    strict = measured_points(read(source, **options, strict=True), target=target)
    kept = [points.samples.variables.index(name) for name in strict.samples.variables]
    np.testing.assert_array_equal(strict.samples.x, points.samples.x[:, kept])


# --- options -----------------------------------------------------------------------------------------------------


def test_what_is_said_is_no_assumption() -> None:
    text = "id;t;x;y\n1;a;0,5;1\n2;b;1,5;NA\n5;c;2,5;7\n9;d;3,5;9\n"
    table = read(
        text, separator="semicolon", decimal=",", index="id", leave_out=["t"], missing=["NA"], encoding="utf-8",
        header=True, strict=True,
    )  # fmt: skip
    points = measured_points(table)
    assert points.samples.x.tolist() == [[0.5], [2.5], [3.5]]
    assert points.notes == ("1 of 4 rows dropped, a value is missing: 'y' 1 (missing = [])",)


@pytest.mark.parametrize(
    ("content", "options", "wanted"),
    [
        ("1:2\n3:4\n", {"separator": ":"}, {"x0": [1, 3], "x1": [2, 4]}),
        ("x y\n1  2\n 3 4 \n", {"separator": "blank"}, {"x": [1, 3], "y": [2, 4]}),
        ("x;y\n1.234;2\n5;3\n", {"decimal": ",", "thousands": "."}, {"x": [1234, 5], "y": [2, 3]}),
        ('x;y\n1,234;2\n5;3\n', {"thousands": ","}, {"x": [1234, 5], "y": [2, 3]}),
        ('x;y\n1,234;2\n5;3\n', {"decimal": ","}, {"x": [1.234, 5], "y": [2, 3]}),
        ("x,y\n5%,1\n6%,2\n", {"percent": "number"}, {"x": [5, 6], "y": [1, 2]}),
        ("x,y\n1,2 # good\n3,4\n", {"comment": "#"}, {"x": [1, 3], "y": [2, 4]}),
        ("Made in May\n\nx,y\n1,2\n3,4\n", {"skip": 2}, {"x": [1, 3], "y": [2, 4]}),
        ("0,1\n0.5,2\n", {"header": True}, {"x_0": [0.5], "x_1": [2]}),
        ("0,1,2\n0.5,2,3\n", {"header": False}, {"x0": [0, 0.5], "x1": [1, 2], "x2": [2, 3]}),
        (",x,y\n5,1,2\n7,3,4\n", {"index": False}, {"x0": [5, 7], "x": [1, 3], "y": [2, 4]}),
        ("x,y\n-1,2\nbad,3\n4,-1.0\n", {"missing": ["BAD", -1]}, {"x": [np.nan, np.nan, 4], "y": [2, 3, np.nan]}),
        ("x,y\nЖ,2\n3,4\n".encode("cp1251"), {"encoding": "cp1251", "missing": ["ж"]}, {"x": [np.nan, 3], "y": [2, 4]}),
    ],
)  # fmt: skip
def test_options_decide(content: str | bytes, options: dict[str, Any], wanted: dict[str, list[float]]) -> None:
    table = read(content, **options)
    assert list(table.columns) == list(wanted)
    for name, values in wanted.items():
        np.testing.assert_array_equal(table.columns[name], np.array(values, dtype=float))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"separator": "ab"}, "separator must be comma, semicolon, tab, bar, blank, or one character"),
        ({"separator": "5"}, "one character that is in no number, got '5'"),
        ({"decimal": "x"}, "decimal must be one of '.', ',', got 'x'"),
        ({"decimal": ",", "thousands": ","}, "decimal and thousands cannot both be ','"),
        ({"encoding": "klingon"}, "encoding must be one that Python knows, .* got 'klingon'"),
        ({"encoding": "hex"}, "encoding must be one that Python knows"),
        ({"header": "yes"}, "header must be true or false, got 'yes'"),
        ({"comment": ""}, "comment must be what begins a comment"),
        ({"skip": -1}, "skip must be a number of lines"),
        ({"index": 3}, "index must be the name of a column, true or false"),
        ({"leave_out": "x"}, "leave_out must be a list, got 'x'"),
        ({"missing": [[]]}, "missing holds something that cannot stand there"),
        ({"percent": True}, "percent must be one of"),
        ({"strict": None}, "strict must be true or false"),
        ({"seperator": ","}, "unknown key 'seperator'. Did you mean: separator"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        TableOptions.from_mapping(options)


def test_columns_that_options_name_must_exist() -> None:
    for options in ({"index": "ib"}, {"leave_out": ["ib"]}):
        with pytest.raises(TableError, match=r"points.csv has no column 'ib'. Known: id, y"):
            read("id,y\n1,2\n4,4\n", **options)


def test_a_column_is_found_by_its_header_its_name_and_its_header_without_a_unit() -> None:
    table = read("T [K],T (C),flow rate,y\n1,2,3,4\n4,3,2,1\n")
    assert [table.find(name) for name in ("T [K]", "T (C)", "T", "T_2", "flow rate", "flow_rate")] == [
        "T", "T_2", "T", "T_2", "flow_rate", "flow_rate",
    ]  # fmt: skip
    twice = read("x,x,y\n1,2,3\n5,4,3\n")
    with pytest.raises(TableError, match=r"points.csv has 2 columns called 'x'; rename them, or write x or x_2"):
        twice.find("x")


# --- where files come from ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zip", "csv"])
def test_packed_files_are_read_whatever_their_name_is(tmp_path: Path, suffix: str) -> None:
    plain = b"x,y\n1,2\n3,4\n"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("points.csv", plain)
    packed = {
        "gz": gzip.compress(plain), "bz2": bz2.compress(plain), "xz": lzma.compress(plain), "zip": archive.getvalue(),
        "csv": plain,
    }  # fmt: skip
    (tmp_path / "points").write_bytes(packed[suffix])
    table = read_table(tmp_path / "points")
    assert columns(table) == {"x": [1, 3], "y": [2, 4]}
    assert bool(table.found) == (suffix != "csv")


def test_a_stream_is_read_and_a_missing_file_is_named(tmp_path: Path) -> None:
    with (tmp_path / "points.csv").open("w+b") as file:
        file.write(b"x,y\n1,2\n")
        file.seek(0)
        assert read_table(file).name == str(tmp_path / "points.csv")
    with pytest.raises(TableError, match=r"cannot read the data file .*none.csv: No such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(TableError, match="cannot read the data file"):
        read_table(tmp_path / "a\0b")


# --- any content -------------------------------------------------------------------------------------------------

_CELLS = st.sampled_from(
    [
        "1",
        "2.5",
        "-3",
        "1e3",
        "1,5",
        "1.234",
        "1,234",
        "",
        "NA",
        "a",
        "x",
        "#",
        '"',
        '"1"',
        " ",
        "%",
        "5%",
        "0x1",
        "1e999",
    ]
)


@given(st.binary(max_size=60), st.lists(st.lists(_CELLS, max_size=4), max_size=5), st.sampled_from(",;\t |"))
def test_any_content_is_a_table_or_a_table_error(raw: bytes, rows: list[list[str]], separator: str) -> None:
    for content in (raw, "\n".join(separator.join(row) for row in rows).encode()):
        said: tuple[str, ...]
        try:
            table = read(content)
            said = measured_points(table, target=next(iter(table.columns), None)).notes
        except TableError as error:
            said = (str(error),)
        assert all("\n" not in text for text in said)


@given(
    st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e9, 1e9)), min_size=1, max_size=8),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), (" ", "."), ("|", ",")]),
)
def test_numbers_come_back_as_they_were_written(rows: list[tuple[float, float]], signs: tuple[str, str]) -> None:
    """Oracle: what Python writes of a float, in any notation, is that float."""
    separator, decimal = signs
    lines = [separator.join(repr(value).replace(".", decimal) for value in row) for row in rows]
    table = read("\n".join([f"a{separator}b", *lines]), decimal=decimal)
    np.testing.assert_array_equal(np.column_stack([table.columns["a"], table.columns["b"]]), np.array(rows))


@st.composite
def _written(draw: st.DrawFn) -> tuple[str, list[str], list[list[float]]]:
    """A table as some program writes it: its text, its names, and its values."""
    signs = [(",", "."), (";", ","), (";", "."), ("\t", ","), ("\t", "."), ("|", ".")]
    separator, decimal = draw(st.sampled_from(signs))
    group = draw(st.sampled_from(["", "", "'", {".": ",", ",": "."}[decimal]]))
    width, style = draw(st.integers(2, 4)), draw(st.sampled_from([".0f", ".1f", ".3f", ".4e", ""]))
    index, row_names, quoted = draw(st.booleans()), draw(st.integers(0, 9)) == 0, draw(st.booleans())

    def cell(value: float | None) -> tuple[str, float]:
        if value is None:
            return draw(st.sampled_from(["", "NA", "nan", "?"])), np.nan
        text = format(value, style)
        plain = format(value, f",{style}") if group and "e" not in text else text
        shown = plain.replace(",", "\0").replace(".", decimal).replace("\0", group)
        return f'"{shown}"' if quoted or separator in shown else shown, float(text)

    numbers = st.none() | st.floats(-1e5, 1e5) | st.integers(-2000, 2000).map(float)
    rows = [[cell(draw(numbers)) for _ in range(width)] for _ in range(draw(st.integers(2, 6)))]
    names = [f"c{place}" for place in range(width)]
    lines = [separator.join(["", *names] if index else names)]
    for number, row in enumerate(rows):
        labels = ([str(number)] if index else []) + ([f'"{number + 1}"'] if row_names else [])
        lines.append(separator.join([*labels, *(text for text, _ in row)]))
    return "\n".join(lines), names, [[value for _, value in row] for row in rows]


@given(_written())
def test_what_is_written_is_read_or_refused(written: tuple[str, list[str], list[list[float]]]) -> None:
    """Nothing is misread in silence: a number is the one that was written, or the file is refused, or it is said."""
    text, names, rows = written
    try:
        table = read(text)
    except TableError:
        return
    doubts = ("is the decimal sign", "is a number with groups", "empty cells without a name")
    if any(doubt in said for said in table.assumed for doubt in doubts):
        return  # it may be either, and the word of it stands there
    assert {*names} <= {*table.columns, *table.left_out, *table.faults}
    places = [place for place, name in enumerate(names) if name in table.columns]
    wanted = np.array(rows)[:, places]
    got = np.column_stack([table.columns[names[place]] for place in places] or [np.empty((0, 0))])
    some_wanted, some_got = (~np.isnan(values).all(axis=1) for values in (wanted, got))  # hollow lines are skipped
    np.testing.assert_array_equal(got[some_got], wanted[some_wanted])


def test_rows_are_had_as_they_stand_in_the_file() -> None:
    table = read('# by hand\nx;"a;b";;note\n1,5;2;;good\n\n;"3";7;\n')
    assert list(table.headers.values()) == ["x", "a;b", "", "note"]
    assert list(table.rows()) == [["1,5", "2", "", "good"], ["", "3", "7", ""]]


def test_a_row_has_a_cell_for_each_column() -> None:
    table = read("x,y,\n1,2,\n3,4,\n")
    assert list(table.rows()) == [["1", "2"], ["3", "4"]]
