"""Lines of a program become formulas, and neither their number nor their length is without a bound."""

from __future__ import annotations

import json

import pytest

from srbench_lite.expressions.expression import Expression
from srbench_lite.methods import program_output
from srbench_lite.methods.program_output import MAX_LINE, ProgramOutput


class Heard:
    """An output of x and y, and what it has told."""

    def __init__(self) -> None:
        self.reported: list[str] = []
        self.remarks: list[str] = []
        self.output = ProgramOutput(("x", "y"), lambda f: self.reported.append(str(f)), self.remarks.append)


@pytest.fixture(name="heard")
def _heard() -> Heard:
    return Heard()


def test_each_formula_is_reported_and_the_last_one_is_the_answer(heard):
    heard.output.feed(b"x\n2*x + ")
    assert heard.reported == ["x"]
    heard.output.feed(b"1\r\n\n  \n# a remark\nx^2 + y")
    heard.output.feed(b"", last=True)
    assert heard.reported == ["x", "2*x + 1", "x**2 + y"]
    assert str(heard.output.formula) == "x**2 + y"
    assert (heard.output.wrong_lines, heard.remarks) == (0, ["# a remark"])


def test_lines_of_json(heard):
    said = {"expression": "x + y", "candidates": ["x", "q", "x + y"], "extras": {"loss": 1.5}, "time": 3}
    heard.output.feed(json.dumps(said).encode() + b"\n")
    assert heard.output.candidates == (Expression.parse("x"), Expression.parse("x + y"))
    assert heard.output.extras == {"time": 3, "loss": 1.5}
    assert heard.output.first_wrong.startswith("'q': unknown variable 'q'")
    heard.output.feed(b'{"expression": "x", "stopped": "budget"}\n')
    assert (heard.output.candidates, heard.output.stopped) == ((), True)
    assert heard.output.extras == {"time": 3, "loss": 1.5}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("hello world", "unknown variable 'hello'"),
        ('{"expression": 3}', "expression must be a text, got 3"),
        ('{"expression": "x", "candidates": "x"}', "candidates must be a list of texts"),
        ('{"expression": "x"', "it is no JSON"),
        ("{" * 5000, "it is no JSON"),
        ('{"a":' * 100_000, "it is no JSON"),
        ("\x00\x1b[31m", "unexpected character"),
        ("nan", "nan is not a number"),
        ("__import__('os')", "unknown function '__import__'"),
    ],
)
def test_what_is_no_formula_is_counted_and_passed_on(heard, line, why):
    heard.output.feed(b"x\n" + line.encode() + b"\n")
    assert why in heard.output.first_wrong
    assert len(heard.output.first_wrong) < 600
    assert (heard.output.wrong_lines, heard.remarks) == (1, [line])
    assert str(heard.output.formula) == "x"


def test_a_line_without_an_end_is_dropped(heard):
    for _ in range(3 * MAX_LINE // 65_536):
        heard.output.feed(b"1" * 65_536)
    heard.output.feed(b"\nx\n")
    assert heard.output.wrong_lines == 1
    assert "a line has at most 1,000,000 bytes" in heard.output.first_wrong
    assert heard.reported == ["x"]


def test_a_flood_of_lines_is_read_from_its_end(heard):
    heard.output.feed(b"".join(b"x + %d\n" % number for number in range(10_000)))
    assert heard.reported == ["x + 9999"]
    assert heard.output.skipped_lines == 9_900


def test_reports_are_rationed(heard, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(program_output.time, "monotonic", lambda: clock[0])
    for number in range(1_500):
        heard.output.feed(b"x + %d\n" % number)
    assert len(heard.reported) == 1_000
    clock[0] = 1.0
    heard.output.feed(b"")
    assert heard.reported[-1] == "x + 1499"
    heard.output.feed(b"x + 1499\ny\n", last=True)
    assert heard.reported[-2:] == ["x + 1499", "y"]
