"""`srbench check-suite`: all faults of a file in one go, installed suites, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

HEAD = '[suite]\nname = "mine"\n'
GOOD = '[[tasks]]\nname = "good"\ntruth = "a**2 + 3.7*a"\nvariables.a = { low = 0, high = 1 }\n'
FAULTY = (
    '[[tasks]]\nname = "name"\ntruth = "harmonic(x)"\nvariables.x = { low = 1, high = 2 }\n'
    '[[tasks]]\nname = "low"\ntruth = "x"\nvariables.x = { low = 1, high = 0 }\n'
    '[[tasks]]\nname = "pole"\ntruth = "1/x"\nvariables.x = { low = -1, high = 1 }\n'
    '[[tasks]]\nname = "flat"\ntruth = "x - x + 2"\nvariables.x = { low = -1, high = 1 }\n'
    '[[tasks]]\nname = "koza"\ntruth = "b**4 + b**3 + b**2 + b"\nvariables.b = { low = -1, high = 1 }\n'
)


def test_all_faults_of_a_file_are_said_in_one_go(call):
    Path("mine.toml").write_text(HEAD + GOOD + FAULTY)
    said = call("check-suite", "mine.toml")
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[0] == "mine: 4 tasks, 4 faults, 1 remark"
    assert lines[1].startswith("  1. task 'name' truth: unknown function 'harmonic'")
    assert lines[2].startswith("  2. task 'low' variables.x: low must be below high")
    assert lines[3].startswith("  3. mine/pole: the truth has a pole: x is zero inside the domain")
    assert lines[4].startswith("  4. mine/flat: the truth x - x + 2 has one value on its domain")
    assert "mine/koza" in lines[5]
    assert "nguyen/nguyen-2" in lines[5]


def test_a_sound_file_and_an_installed_suite_have_none(call):
    Path("mine.toml").write_text(HEAD + GOOD)
    said = call("check-suite", "mine.toml", "sin")
    assert (said.code, said.out) == (0, "mine: 1 task, no fault\nsin: 12 tasks, no fault\n")


def test_programs_read_json(call):
    Path("mine.toml").write_text(HEAD + FAULTY)
    said = call("check-suite", "--json", "mine.toml")
    (suite,) = json.loads(said.out)
    assert said.code == 1
    assert (suite["suite"], suite["tasks"]) == ("mine", 3)
    assert [finding["kind"] for finding in suite["findings"]] == ["file", "file", "pole", "truth", "duplicate"]


def test_a_file_without_a_task_that_can_be_used_is_listed_too(call):
    Path("mine.toml").write_text(HEAD + FAULTY.split('[[tasks]]\nname = "pole')[0])
    said = call("check-suite", "mine.toml")
    assert said.code == 1
    assert said.out.startswith("mine.toml: 0 tasks, 2 faults\n  1. task 'name'")


def test_what_cannot_be_read_is_wrong_usage(call):
    Path("bad.toml").write_text("[suite\n")
    for names, text in (
        (["bad.toml"], "is no TOML file"), (["gone.toml"], "cannot read"), (["nguyne"], "Did you mean: nguyen"),
        (["sin", "sin"], "two suites are called 'sin'"),
    ):  # fmt: skip
        said = call("check-suite", *names)
        assert said.code == 2
        assert text in said.err
