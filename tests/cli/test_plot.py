"""`srbench plot`: what it draws from a store, what it refuses, and with which exit code."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from commands import TOY, Said, srbench
from records import NOTHING, record

from srbench_lite.problems.suite_file import load_suite
from srbench_lite.recording.record import Status
from srbench_lite.recording.store import Store


@pytest.fixture(name="plot")
def _plot(monkeypatch, capsys, tmp_path) -> Callable[..., Said]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(TOY)
    tasks = {task.name: task for task in load_suite(tmp_path / "toy.toml").tasks}
    found = [
        ("wave", "one", "sin(x)", ("0.5", "x", "log(x)", "sin(x)"), 0.0, 0),
        ("wave", "other", "0.9*x", (), 0.0, 0),
        ("wave", "other", "0.8*x", (), 0.1, 3),
        ("wave", "none", None, (), 0.0, 0),
        ("saddle", "one", "x*y", (), 0.0, 0),
        ("saddle", "often", "0.1*x", (), 0.0, 0),
        ("saddle", "often", "0.2*x", (), 0.0, 0),
        ("saddle", "often", "0.3*x", (), 0.0, 0),
    ]
    with Store(tmp_path / "runs.db") as store:
        for number, (task, method, formula, candidates, noise, seed) in enumerate(found):
            about = {
                "suite": "toy", "task": f"toy/{task}", "method": method, "noise": noise, "seed": seed,
                "candidates": candidates, "parameters": {"number": number},
                "started_at": f"2026-01-01T00:00:{3 * number % 10:02d}+00:00",  # the last but one of the last three
                "task_fingerprint": tasks[f"toy/{task}"].fingerprint,
            }  # fmt: skip
            nothing = NOTHING | {"status": Status.CRASHED, "reason": "it broke"}
            store.add(record(**about, **({"expression": formula} if formula else nothing)))

    def call(*arguments: str) -> Said:
        options = ["--suite", "toy.toml", "--store", "runs.db", "--out", "pictures"]
        return srbench(monkeypatch, capsys, "plot", *options, *arguments)

    return call


def texts(tmp_path, name: str) -> str:
    """Return the comments of the SVG, where Matplotlib keeps what its glyphs say."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", (tmp_path / "pictures" / f"{name}.svg").read_text()))


def test_of_one_method_the_candidates_are_drawn_and_the_answer_last(plot, tmp_path):
    said = plot("toy/w*e", "--method", "one")
    assert said.code == 0
    assert said.out.split() == ["pictures/toy-wave-one.png", "pictures/toy-wave-one.svg"]
    drawn = texts(tmp_path, "toy-wave-one")
    assert drawn.count("candidate") == 3  # the answer is not drawn twice
    assert "undefined on some test points" in drawn
    assert drawn.index("candidate") < drawn.index("answer: exact")
    assert "truth" in drawn
    assert "answer: exact · 2 nodes · NMSE 0" in drawn


def test_of_several_methods_their_answers_are_drawn(plot, tmp_path):
    said = plot("toy/wave")
    assert said.code == 0, said.err
    drawn = texts(tmp_path, "toy-wave")
    assert "one: exact" in drawn
    assert "other: exact" in drawn
    assert "none" not in drawn
    assert "noise 0, seed 0" in drawn


def test_a_noise_is_chosen_and_the_same_store_draws_the_same_bytes(plot, tmp_path):
    files = [tmp_path / "pictures" / f"toy-wave-other-noise-0.1-seed-3.{kind}" for kind in ("png", "svg")]
    assert plot("wave", "--noise", "0.1").code == 0
    once = [file.read_bytes() for file in files]
    assert plot("wave", "--noise", "0.1").code == 0
    assert [file.read_bytes() for file in files] == once
    assert "noise 0.1, seed 3" in texts(tmp_path, "toy-wave-other-noise-0.1-seed-3")


def test_of_several_such_runs_of_a_method_the_newest_is_drawn_and_that_is_said(plot, tmp_path):
    said = plot("saddle", "--method", "often")
    assert said.code == 0
    assert said.err == "often: the newest of 3 such runs is drawn\n"
    assert "target = 0.2 x" in re.sub(r"[^\w.=]+", " ", texts(tmp_path, "toy-saddle-often"))


def test_a_method_that_was_asked_for_and_has_no_run_is_named(plot, tmp_path):
    said = plot("wave", "--method", "one", "--method", "none")
    assert said.code == 0
    assert said.err == "none: no run with noise 0, seed 0 has a formula\n"
    assert said.out.split() == ["pictures/toy-wave.png", "pictures/toy-wave.svg"]
    assert "candidate" not in texts(tmp_path, "toy-wave")


def test_over_several_variables_values_stand_against_true_ones(plot, tmp_path):
    assert plot("saddle", "--method", "one").code == 0
    assert "true value" in texts(tmp_path, "toy-saddle-one")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("wavy",), "unknown task 'wavy'. Did you mean: toy/wave"),
        (("wave", "--method", "ones"), "unknown method 'ones'. Did you mean: one"),
        (("wave", "--noise", "0.5"), "no stored run of toy/wave with a formula fits; there are: noise 0, seed 0"),
        (("saddle", "--method", "other"), "srbench run --method other --task toy/saddle"),
        (("wave", "--store", "absent.db"), "there is no store absent.db yet"),
    ],
)
def test_what_cannot_be_drawn_says_why(plot, arguments, said):
    found = plot(*arguments)
    assert found.code == 2
    assert said in found.err
