"""`srbench fit`: odd files with what is said of them, what is printed, written and kept, and with which exit code.

Runs are done in this process at once, by a line through the points, where a test does not say otherwise.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import Said
from instant_runs import instant_run
from places import DATA, OWN_DATA, SUPPORT

from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.recording.store import Store

TABLES = DATA / "tables"
PLUGIN = ("--plugin", str(OWN_DATA))
LINE = (*PLUGIN, "-m", "line", "-q")
ROWS = "".join(f"{i / 7:.3f},{i * i % 11},{3 * i / 7 + 1:.3f}\n" for i in range(30))
OK = f"a,b,y\n{ROWS}"

Fit = Callable[..., Said]


@pytest.fixture(name="registry", scope="module")
def _registry() -> Registry:
    return discover(files=[OWN_DATA])


@pytest.fixture(name="fit")
def _fit(call, monkeypatch, tmp_path, registry) -> Fit:
    """Call `srbench fit` in a folder with ok.csv, with plugins found once and runs that end at once."""
    monkeypatch.setattr("srbench_lite.regression.data_fit.run", instant_run)
    monkeypatch.setattr("srbench_lite.cli.fit.loaded_registry", lambda files: registry)
    (tmp_path / "ok.csv").write_text(OK)
    return lambda *arguments: call("fit", *arguments)


def formula(said: Said) -> str:
    assert said.code == 0, said.err
    return json.loads(said.out)["recommended"]["formula"]


# --- files as people have them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("data-files/a.csv", ["4 rows, y from x", "semicolons between cells", "decimal commas", "none is held out"]),
        ("data-files/blanklines.csv", ["30 rows", "31 empty lines skipped"]),
        ("data-files/comment.csv", ["1 comment line skipped"]),
        ("data-files/dfortran.csv", ["30 rows, y from x, target"]),
        ("data-files/latin1.csv", ["target from x, Température", "'Température' is called Temperature", "latin-1"]),
        ("data-files/pct.csv", ["percent signs divide by 100"]),
        ("data-files/pmlb.tsv.gz", ["unpacked (gzip)", "tabs between cells"]),
        ("data-files/thousands.csv", ["'1,000.0' is a number with groups of digits"]),
        ("data-files/utf16.csv", ["encoding utf-16"]),
        ("headers/empty.csv", ["y from x0", "column '' is called x0"]),
        ("headers/greek.csv", ["y from θ", "'θ' is called theta", "is the number of the row"]),
        ("headers/long.csv", ["y from xxx"]),
        ("headers/upper_target.csv", ["Y from x", "the target is the column 'Y'"]),
        ("index-column/id.csv", ["column 'id' is the number of the row: if it means nothing, give index = 'id'"]),
        ("index-column/pandas.csv", ["y from x", "the first column, which has no name, left out as an index"]),
        ("missing/bool.csv", ["column 'flag' left out: booleans, such as 'True' (leave_out = ['flag'])"]),
        ("missing/date.csv", ["column 't' left out: dates or times", "--table 'KEY = VALUE'"]),
        ("missing/empty.csv", ["1 of 4 rows dropped, a value is missing: 'y' 1"]),
        ("missing/inf.csv", ["1 of 4 rows dropped, a value is infinite: 'y' 1"]),
        ("missing/sentinel.csv", ["column 'y' has -999 once, far from all else", "missing = [-999]"]),
    ],
)
def test_an_odd_file_is_fitted_and_what_was_assumed_is_said_in_a_line_each(fit, file, words):
    said = fit(str(TABLES / file), *LINE, "--json")

    assert formula(said)
    for word in words:
        assert word in said.err
    assert all(line.startswith((str(TABLES), "note: ")) for line in said.err.splitlines())


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        ("a,y\n1,2\n2,3\n", (), ["2 rows, y from a", "fitted to all rows, 2 (fewer than 20); none is held out"]),
        ("a,y\n1,2\n2,3\n", ("--test-size", "0.5"), ["fitted to 1 of 2 rows"]),
        (OK, ("--test-size", "0"), ["fitted to all rows, 30; none is held out"]),
        (OK, (), ["fitted to 22 of 30 rows, drawn at random; errors are those on the other 8"]),
        (OK, ("--test-size", "5"), ["fitted to 25 of 30 rows"]),
        (OK, ("--max-rows", "10"), ["fitted to a sample of 10 of 30 rows, drawn at random; errors are those on all"]),
        (f"a,a,y\n{ROWS}", (), ["a further column 'a' is called a_2"]),
        (f"a,y,y\n{ROWS}", ("--target", "y_2"), ["a further column 'y' is called y_2"]),
        ("a,b,c,y\n1,1,5,2\n2,2,3,4\n4,4,4,3\n", (), ["y from a, c", "column 'b' left out: it is equal to 'a'"]),
        ("a,b,y\n1,2,2\n2,4,4\n4,3,3\n", (), ["column 'b' is equal to the target: if it is the same quantity"]),
        ("a,b,y\n1,7,2\n2,7,4\n4,7,3\n", (), ["column 'b' left out: it has one value only, 7"]),
        ("a,y\n1,3\n2,3\n5,3\n", (), ["the target 'y' has one value only, 3"]),
        (f"Länge [m],f (m²),Größe\n{ROWS}", ("--target", "Größe"), ["Größe from Länge [m], f (m²)"]),
        ('"a,b",y\n1,2\n2,4\n4,5\n', ("--features", "a,b"), ["y from a,b"]),
        (OK, ("--features", "b"), ["y from b"]),
        (OK, ("--table", "leave_out=b"), ["y from a\n"]),
        (OK, ("--table", "missing = [0.0, -5]"), ["30 rows dropped, a value is missing"]),
        (
            "a,s,y\n1,0.1,2\n2,0.1,3\n4,0.2,1\n",
            ("--weights", "s"),
            ["3 rows, y from a\n", "standard deviations in 's'"],
        ),
        ("a,s,y\n1,0.1,2\n2,0.1,3\n4,0.2,1\n", ("--weights", "s", "--weights-are", "weight"), ["the weights in 's'"]),
    ],
)
def test_what_is_done_with_rows_and_columns_is_said(fit, tmp_path, text, arguments, words):
    (tmp_path / "data.csv").write_text(text)

    said = fit("data.csv", *LINE, "--json", *arguments)

    assert formula(said)
    for word in words:
        assert word in said.err


def test_parquet_and_excel_are_read(fit, tmp_path):
    frame = pd.DataFrame({"day": ["Mon", "Tue", "Wed"], "x": [1.5, 2.5, 4.0], "y": [2, 4, 5]})
    frame.to_parquet(tmp_path / "data.parquet")
    with pd.ExcelWriter(tmp_path / "data.xlsx") as book:
        for sheet in ("first", "second"):
            frame.to_excel(book, sheet_name=sheet, index=False)

    for arguments in (("data.parquet",), ("data.xlsx", "--table", "sheet=second")):
        said = fit(*arguments, *LINE, "--json")
        assert formula(said)
        assert "3 rows, y from x\n" in said.err
        assert "column 'day' left out: text" in said.err
    assert "it has 2 sheets: 'first', 'second'; say which: sheet = 'first'" in fit("data.xlsx", *LINE).err


def test_standard_input_is_read(fit, monkeypatch, tmp_path):
    with (tmp_path / "ok.csv").open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        said = fit("-", *LINE, "--json")

    assert formula(said)
    assert json.loads(said.out)["run"]["task"] == "own/stdin"


REFUSED = {
    "no such file": (None, (), "cannot read the data file data.csv: No such file or directory"),
    "empty": ("", (), "data.csv: it has no rows"),
    "a header only": ("a,y\n", (), "data.csv: it has no rows below its header"),
    "one row": ("a,y\n1,2\n", (), "data.csv: the column 'a' has one value only, 1; a variable must have two"),
    "one row asked for": ("a,y\n1,2\n", ("--features", "a"), "the column 'a' has one value only, 1"),
    "only constants": ("a,y\n3,2\n3,4\n", (), "the column 'a' has one value only, 3; a variable must have two"),
    "ragged": ("a,y\n1,2\n1,2,3\n", (), "line 3 has 3 cells, the header has 2"),
    "decimal commas": ("a,y\n0,5,1,2\n0,7,1,3\n", (), "if a comma is the decimal sign, save the file with semicolons"),
    "words among numbers": ("a,y\n1,2\nfoo,3\n", (), "'foo' is no number, '1' is one; if the former means that there"),
    "words only": ("a,y\nred,1\nblue,2\n", (), "has no column besides 'y' that can be a variable; left out: 'a' (text"),
    "a target of words": ("a,y\n1,red\n2,blue\n", (), "the column 'y' cannot be used (text, such as 'red')"),
    "every row lacks a value": ("a,b,y\n1,,2\n2,,3\n3,1,\n", (), "every row lacks a value in some column, most often"),
    "beyond float64": ("a,y\n1e400,1\n2,3\n", (), "'1e400' is beyond float64"),
    "too far apart": ("a,y\n-1e308,1\n1.7e308,2\n", (), "the column 'a': low must be a number between"),
    "a web page": ("<html><body>no data</body></html>", (), "it is a web page or XML and no table"),
    "JSON": ('[{"a": 1}]', (), "it looks like JSON and no table"),
    "a NUL": ("a,y\n1,\0\n", (), "line 2 has a NUL byte"),
    "no target": ("a,b\n1,2\n2,3\n", (), "has no column 'y'. Known: a, b. Name the column to predict"),
    "two targets": ("a,y,y\n1,2,3\n2,3,4\n", (), "has 2 columns called 'y'; rename them, or write y or y_2"),
    "an unknown target": (OK, ("--target", "zz"), "has no column 'zz'. Known: a, b, y."),
    "a mistyped target": ("speed,mass\n1,2\n2,3\n", ("--target", "mas"), "no column 'mas'. Did you mean: mass?"),
    "an unknown feature": (OK, ("--features", "a,c"), "has no column 'c'. Known: a, b, y."),
    "the target as a feature": (OK, ("--features", "a,y"), "'y' is the target and cannot be a variable too"),
    "a feature twice": (OK, ("--features", "a,a"), "the column 'a' is named twice among the variables"),
    "weights of zero": (OK, ("--weights", "b"), "a standard deviation in 'b' must be above zero, got 0"),
    "weights and target": (OK, ("--weights", "y"), "'y' holds the weights and cannot be the target too"),
    "an unknown method": (OK, ("-m", "lise"), "unknown method 'lise'. Did you mean: line, lies, linear?"),
    "all held out": (OK, ("--test-size", "30"), "a test size of 30 leaves none of 30 rows to fit to"),
    "a negative test size": (OK, ("--test-size", "-1"), "the test size must be a share below 1 or a whole number"),
    "an unknown table option": (OK, ("--table", "sep=;"), "--table: unknown key 'sep'. "),
    "no table option": (OK, ("--table", "x"), "--table must be KEY=VALUE, as in separator=;, got 'x'"),
    "a bad table option": (OK, ("--table", "skip=many"), "--table: skip must be a number of lines"),
    "an unknown parameter": (OK, ("--set", "line.x=1"), "unknown hyper-parameter of line 'x'."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_fitted_is_one_clear_error(fit, tmp_path, name):
    text, arguments, words = REFUSED[name]
    if text is not None:
        (tmp_path / "data.csv").write_text(text)

    said = fit("data.csv", *LINE, *arguments)

    assert said.code == 2
    assert said.out == ""
    (error,) = [line for line in said.err.splitlines() if not line.startswith(("data.csv: ", "note: "))]
    assert error.startswith("Error: ")
    assert words in error


def test_an_error_says_how_its_option_is_given_here(fit, tmp_path):
    (tmp_path / "data.csv").write_text("a,b\n1,2\nfoo,3\n")

    assert "(--target COLUMN says which it is)" in fit("data.csv", *LINE).err
    assert "(it is given as --table 'KEY = VALUE')" in fit("data.csv", *LINE, "--target", "b").err
    assert fit("data.csv", *LINE, "--target", "b", "--table", "missing = ['foo']").code == 2  # one row is left


# --- the answer -------------------------------------------------------------------------------------------------------


def test_the_answer_is_a_front_a_formula_and_its_constants_in_peoples_names(fit, tmp_path):
    (tmp_path / "data.csv").write_text(f"flow rate,b,y\n{ROWS}")

    said = fit("data.csv", *LINE, "--features", "flow rate")

    assert said.code == 0
    assert "Formulas for y, errors on 8 rows held out" in said.out
    assert '*"flow rate"' in said.out
    assert "Constants" in said.out
    assert "LaTeX:" in said.out
    assert "def predict(flow_rate):" in said.out


def test_all_of_it_is_written_and_the_runs_are_kept(fit, tmp_path):
    first = fit("ok.csv", *LINE, "--out", "answer")
    names = sorted(path.name for path in (tmp_path / "answer").iterdir())
    again = fit("ok.csv", *LINE, "--out", "answer")

    assert (first.code, again.code) == (0, 0)
    assert first.out == again.out
    assert names == [
        "answer.json", "answer.md", "formula.py", "formula.tex", "front.png", "front.svg", "prediction.png",
        "prediction.svg", "run.json", "runs.db",
    ]  # fmt: skip
    with Store(tmp_path / "answer" / "runs.db", read_only=True) as store:
        assert [(record.task, record.method) for record in store] == [("own/ok", "line")]


def test_without_a_folder_nothing_is_left_and_a_store_may_be_named(fit, tmp_path):
    assert fit("ok.csv", *LINE).code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ok.csv"]

    assert fit("ok.csv", *LINE, "--store", "mine.db").code == 0
    with Store(tmp_path / "mine.db", read_only=True) as store:
        assert len(store) == 1


def test_several_methods_give_one_answer_with_the_finders_names(fit):
    said = fit("ok.csv", *LINE, "-m", "lasso", "--json")

    assert said.code == 0
    content = json.loads(said.out)
    assert set(content["run"]["methods"]) == {"line", "lasso"}
    assert set(content["recommended"]["methods"]) == {"line", "lasso"}


def test_a_method_that_the_clock_ended_is_named(fit):
    said = fit("ok.csv", *LINE, "--time-limit", "0.5")

    assert said.code == 0
    assert "line: ended by the clock; with more time it may find more" in said.err
    assert "clock" not in fit("ok.csv", *LINE).err


def test_a_method_that_finds_nothing_gives_exit_code_3_and_the_others_answer(fit):
    alone = fit("ok.csv", *PLUGIN, "-m", "endless", "-q")
    beside = fit("ok.csv", *LINE, "-m", "endless")

    assert (alone.code, beside.code) == (3, 3)
    assert alone.out == ""
    assert "endless: timeout: the fit was stopped at its limit; it had reported no formula" in alone.err
    assert "no method found a formula" in alone.err
    assert "Formulas for y" in beside.out


# --- processes --------------------------------------------------------------------------------------------------------


def test_what_was_found_before_ctrl_c_is_printed(tmp_path):
    (tmp_path / "ok.csv").write_text(OK)
    command = [
        sys.executable, "-m", "srbench_lite", "fit", "ok.csv", *PLUGIN, "-m", "endless",
        "--set", f"endless.reported={tmp_path / 'reported'}",
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not (tmp_path / "reported").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        time.sleep(0.3)  # what was reported before is heard by now
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "found by endless" in out
    assert "interrupted: what was found until then is above" in err


def test_a_real_run_finds_a_line(call, processes, tmp_path):
    shutil.copy(Path(OWN_DATA), tmp_path / "own.py")
    (tmp_path / "data.csv").write_text("x;y\n" + "".join(f"{i},5;{2 * i + 1},0\n" for i in range(40)))

    said = call("fit", "data.csv", "--plugin", "own.py", "-m", "line", "--json", "-q")

    assert said.code == 0
    recommended = json.loads(said.out)["recommended"]
    assert recommended["constants"][1]["fitted"] == pytest.approx(2)


@pytest.mark.slow
def test_a_million_rows_need_no_more_than_4_gb(tmp_path):
    x = np.random.default_rng(0).uniform(1, 2, (1_000_000, 4))
    table = np.column_stack([x, x @ [1.0, 2.0, 3.0, 4.0]])
    pd.DataFrame(table, columns=[*"abcd", "y"]).to_csv(tmp_path / "data.csv", index=False)
    command = [sys.executable, "-m", "srbench_lite", "fit", "data.csv", *LINE, "--json"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert "fitted to a sample of 5,000 of 1,000,000 rows" in done.stderr
    assert json.loads(done.stdout)["rows"] == {"fitted": 5_000, "held_out": 995_000}
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 4 * 2**20  # KiB, of the largest process so far


def test_a_method_runs_in_another_python(call, processes, scoring_here, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))
    (tmp_path / "ok.csv").write_text(OK)
    name = "sklearn:stand_in_estimators:Linear"
    chosen = ("-m", name, "--set", "Linear.alpha=2", "--python", f"{name}={sys.executable}")
    said = call("fit", "ok.csv", *chosen, "-q", "--json", "--store", "runs.db")
    assert formula(said).startswith("2.99999")
    with Store("runs.db", read_only=True) as store:
        (record,) = store
    assert record.environment["environment"] == sys.executable
    assert call("fit", "ok.csv", "-m", "line", "--python", "line=nowhere").code == 2
