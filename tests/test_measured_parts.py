"""Measurements of parts: what stands in the file is gone on with, and figures carry their intervals."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from measured_parts import go_on, paired_difference, rate, read_lines

from srbench_lite import discover


@dataclass(frozen=True, kw_only=True)
class Line:
    part: str
    task: str
    found: bool
    seconds: float
    fits: int


def test_a_measurement_goes_on_where_it_was_stopped(tmp_path, monkeypatch, capsys):
    tasks = discover().suite("sin").tasks[:4]
    path, asked = tmp_path / "lines.csv", []

    def measured(part, task):
        asked.append((part, task.name))
        if len(asked) == 3:
            raise KeyboardInterrupt
        return Line(part=part, task=task.name, found=len(asked) % 2 == 1, seconds=0.25, fits=len(asked))

    monkeypatch.setattr("sys.argv", ["measure", "--out", str(path)])
    parts = {"one": tasks[:2], "other": tasks}
    with pytest.raises(KeyboardInterrupt):
        go_on("", path, Line, parts, measured)
    before = read_lines(path, Line)
    assert [(line.part, line.found, line.fits) for line in before] == [("one", True, 1), ("one", False, 2)]
    lines = go_on("", path, Line, parts, measured)
    assert lines == read_lines(path, Line)
    assert asked[3:] == [("other", task.name) for task in tasks]
    assert len(lines) == 6
    monkeypatch.setattr("sys.argv", ["measure", "third", "--out", str(path)])
    with pytest.raises(SystemExit):
        go_on("", path, Line, parts, measured)
    assert "unknown part third; known: one, other" in capsys.readouterr().err


def test_rates_and_differences_carry_their_intervals(tmp_path):
    assert rate([True] * 9 + [False]) == ("9 of 10", "90 % [60, 98]")
    assert read_lines(tmp_path / "nothing.csv", Line) == []
    mine, others = {"a": True, "b": True, "c": False, "d": True}, {"a": True, "b": False, "c": False, "e": True}
    text = paired_difference(mine, others)
    assert text.startswith("+33.3 [")
    low, high = (float(part) for part in text[text.index("[") + 1 : -1].split(","))
    assert low <= 33.3 <= high
    assert paired_difference(mine, {"x": True}) == "–"
