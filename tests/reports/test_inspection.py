"""What an inspection prints and writes: lines, tables, and the same bytes every time."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from surveys import Plain, Trained, surveyed

from srbench_lite.errors import UsageError
from srbench_lite.methods.method import Budget, can_be_inspected
from srbench_lite.problems.data import Samples
from srbench_lite.reports.inspection import render, write

# --- methods ----------------------------------------------------------------------------------------------------------


def test_a_method_says_whether_it_can_be_inspected():
    samples = Samples(variables=("x",), x=np.zeros((1, 1)), y=np.zeros(1))
    assert can_be_inspected(Trained())
    assert not can_be_inspected(Plain())
    with pytest.raises(UsageError, match="plain trains no model that can be inspected"):
        Plain().inspect(samples, seed=0, budget=Budget(), report=lambda expression: None)


# --- the survey -------------------------------------------------------------------------------------------------------


def test_the_formula_and_its_derivatives_are_printed():
    lines = render(surveyed("3*x**2 + sin(2*y)", truth="sin(x) + sin(y)")).splitlines()
    assert lines[:4] == [
        "plain on toy/task",
        "  formula  3*x**2 + sin(2*y)",
        "  d/dx     6*x",
        "  d/dy     2*cos(2*y)",
    ]
    assert lines[4] == "largest deviation of the formula"
    assert [line.split("  ")[1] for line in lines[5:]] == ["from the network", "from the data", "from fresh data"]


def test_a_method_that_the_clock_cut_off_is_marked():
    assert render(surveyed("x")).startswith("plain on toy/task\n")
    assert render(surveyed("x", stopped="budget")).startswith("plain on toy/task, cut off by the time limit\n")


def test_a_derivative_that_is_too_large_is_said_and_stops_nothing():
    tower = "x"
    for _ in range(400):
        tower = f"sin({tower})"
    assert "d/dx     – (the derivative with respect to x" in render(surveyed(tower))


# --- tables -----------------------------------------------------------------------------------------------------------


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(name="undrawn")
def _undrawn(monkeypatch):
    monkeypatch.setattr("srbench_lite.reports.inspection.draw", lambda found, folder: [])


@pytest.mark.usefixtures("undrawn")
def test_the_tables_hold_every_digit(tmp_path):
    found = surveyed("sin(x) + 0*log(x)")
    write(found, tmp_path)
    fit = read(tmp_path / "fit.csv")
    assert [sum(row["points"] == part for row in fit) for part in ("training", "fresh", "path")] == [50, 80, 401]
    assert np.array([float(row["network"]) for row in fit[:50]]).tolist() == found.train.network.tolist()
    for row, x in zip(fit[:50], found.train.x[:, 0], strict=True):
        assert (float(row["x"]), float(row["y"])) == (x, np.sin(x))
        assert (row["formula"] == "") == (x <= 0) == (row["formula_residual"] == "")
    assert {row["y"] for row in fit[130:]} == {""}
    assert read(tmp_path / "loss.csv") == [
        {"epoch": "1", "training": "1.0", "held back": "1.1"},
        {"epoch": "2", "training": "0.1", "held back": "0.2"},
        {"epoch": "3", "training": "0.01", "held back": ""},
    ]
    hidden = read(tmp_path / "hidden.csv")
    assert list(hidden[0]) == ["x", "hidden/1", "hidden/2", "hidden/3"]
    assert float(hidden[7]["hidden/2"]) == np.cos(found.path.x[7, 0])
    parts = read(tmp_path / "components.csv")
    assert list(parts[0]) == ["x", "hidden/component 1", "hidden/component 2"]
    assert float(parts[3]["hidden/component 2"]) == found.components["hidden"].scores[3, 1]


@pytest.mark.usefixtures("undrawn")
def test_columns_have_different_names_whatever_the_variables_are_called(tmp_path):
    truth = "sin(y) + network*formula + points + formula_"
    found = surveyed("y", truth=truth)
    write(found, tmp_path)
    for table in ("fit", "components"):
        header = (tmp_path / f"{table}.csv").read_text().splitlines()[0].split(",")
        assert len(set(header)) == len(header)
        assert set(found.variables) <= set(header)


# --- figures ----------------------------------------------------------------------------------------------------------

FILES = [
    *(f"{name}.{kind}" for name in ("fit", "loss", "hidden", "components") for kind in ("png", "svg")),
    *(f"{name}.csv" for name in ("fit", "loss", "hidden", "components")),
]


def test_the_same_survey_gives_the_same_bytes_whatever_the_matplotlibrc_says(tmp_path):
    import matplotlib as mpl

    found = surveyed("x - x**3/6", truth="sin(x) + sin(y)", hidden=lambda x: {"hidden": np.sin(x)})
    folders = [tmp_path / name for name in ("first", "second")]
    for folder, size in zip(folders, (10.0, 30.0), strict=True):
        folder.mkdir()
        with mpl.rc_context({"font.size": size, "lines.linewidth": size}):
            assert [path.name for path in write(found, folder)] == FILES
            assert mpl.rcParams["font.size"] == size
    for name in FILES:
        content = (folders[0] / name).read_bytes()
        assert content == (folders[1] / name).read_bytes(), name
        assert content.startswith({"png": b"\x89PNG\r\n", "svg": b"<?xml", "csv": b""}[name[-3:]])


def test_there_is_no_figure_of_what_does_not_exist(tmp_path):
    written = write(surveyed("x", hidden=lambda x: {}, losses={}), tmp_path)
    assert [path.name for path in written] == ["fit.png", "fit.svg", "fit.csv"]
