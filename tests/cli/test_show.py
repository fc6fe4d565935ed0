"""`srbench show`: which runs it shows, and what it says of those that it does not."""

from __future__ import annotations

import dataclasses
import json
import shlex
import time
from pathlib import Path

import pytest
from commands import LINES
from compared_runs import store
from places import HOSTILE
from records import record

from srbench_lite.recording.progress import entry
from srbench_lite.recording.store import Store


def test_show_refuses_a_bad_store_and_an_unknown_method(filled, tmp_path):
    (tmp_path / "notes.db").write_text("my notes\n" * 100)
    bad_store = filled("show", "sin/plain", "--store", "notes.db")
    bad_method = filled("show", "line", "-s", "toy.toml", "-m", "goood")

    assert (bad_store.code, bad_method.code) == (2, 2)
    assert "no SQLite file" in bad_store.err
    assert "Did you mean: good?" in bad_method.err


def test_what_the_clock_did_and_what_was_predicted_stands_beside_each_run(call):
    busy = {"seconds": 10.0, "cpu_seconds": 4.0, "stopped": "budget", "replay_gap": 3.9, "undefined_train": 7}
    runs = [record(suite="s", task="s/other", seed=seed, **more) for seed, more in enumerate(({}, busy))]
    said = call("show", "s/other", "--store", store("runs.db", *runs)).out
    lines = [line.split() for line in said.splitlines() if line.startswith("good ")]
    assert lines[0][8:11] == ["done", "83", "%"]
    assert lines[1][8:11] == ["budget", "40", "%!"]
    assert "the formula is up to 3.9 standard deviations of y from what the method itself predicted" in said
    assert "the formula is undefined on training points of the run, 7 of them" in said
    assert "! less than 80 % of a core: the machine was busy, or the method waits; " in said


def test_what_a_run_had_at_its_marks_and_among_its_candidates_stands_in_the_long_form(call):
    progress = (
        entry(1.0, None), entry(2.0, "0.9*sin(x)", verdict="different", recovered=False, nmse_test=0.01, complexity=4),
        entry(60.0, "sin(x)", verdict="exact", recovered=True, nmse_test=0.0, complexity=2),
    )  # fmt: skip
    run = record(suite="s", task="s/a", progress=progress, recovered_any=True, right_candidates=1)
    given = ("show", "s/a", "--store", store("runs.db", run, record(suite="s", task="s/a", seed=1)))
    said = call(*given, "--long").out
    with_marks, without = said.split("good, noise 0, seed 1")
    shown = [" ".join(line.split()) for line in with_marks.splitlines()]
    assert "at 1 s –, NMSE –: no formula" in shown
    assert "at 2 s different, NMSE 0.01: 0.9*sin(x)" in shown
    assert "at 60 s exact, NMSE 0: sin(x)" in shown
    assert "right candidates 1 of 2" in shown
    assert "right candidates" not in without
    assert "at 2 s" not in without
    assert "at 2 s" not in call(*given).out


def test_runs_on_an_older_definition_are_left_out_and_counted(filled, tmp_path):
    (tmp_path / "toy.toml").write_text(LINES.replace("2*x + 1", "2*x + 2"))
    shown = filled("show", "line", "-s", "toy.toml")
    time.sleep(1.1)  # records know the second in which they began
    run = filled("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "-q")
    board = filled("leaderboard")

    assert "2 runs on another definition of this task are not shown" in shown.out
    assert "exact" not in shown.out
    assert run.code == 0
    assert "2 runs on older definitions of their tasks are left out" in board.out


@pytest.mark.parametrize("suite", [["-s", "toy.toml"], []], ids=["installed", "not installed"])
def test_show_mixes_no_verdicts_of_two_versions_of_the_scoring(filled, suite):
    """Old records stand beside new ones where nobody has rescored them, and alone where nothing newer is."""
    with Store(Path("results/srbench.db")) as store:
        for old in list(store):
            scores = dataclasses.replace(old.scores, verdict="different", recovered=False)
            key = dataclasses.replace(old.run_key, scoring_version="0.9").digest
            store.add(dataclasses.replace(old, scoring_version="0.9", key=key, scores=scores))
            if old.task == "toy/curve":
                store.add_all([], without=[old.key])
    line, good, curve = (
        filled("show", task, *suite, *more) for task, more in (("line", []), ("line", ["-m", "good"]), ("curve", []))
    )

    remark = "scored by an older version"
    assert f"2 runs {remark} are not shown; `srbench rescore` judges them again" in line.out
    assert f"1 run {remark} is not shown; `srbench rescore` judges it again" in good.out
    assert (line.out.count("exact"), line.out.count("different")) == (1, 0)
    assert remark not in curve.out
    assert curve.out.count("different") == 2
    assert "truth      2*x + 1" in line.out


def test_show_prints_the_task_its_truth_and_what_was_found(filled, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    said = filled("show", "line", "-s", "toy.toml")

    assert said.code == 0
    for piece in ("toy/line", "2*x + 1", "-1:1", "exact", "nothing to be found"):
        assert piece in said.out


def test_show_long_prints_what_the_method_said(filled):
    """Facts of the fit come under the judge's step; those that are not there are left out."""
    with Store(Path("results/srbench.db")) as store:
        (old,) = (record for record in store if (record.task, record.method) == ("toy/line", "good"))
        extras = {"terms": 2, "gap": 1 / 3, "penalty": None}
        store.add(dataclasses.replace(old, seed=7, key="k" * 64, extras=extras))
    short, said = (filled("show", "line", "-s", "toy.toml", "-m", "good", *more) for more in ([], ["--long"]))

    assert "seed 7" in said.out
    lines = [line.split() for line in said.out.split("seed 7")[1].splitlines()]
    assert ["terms", "2"] in lines
    assert ["gap", "0.333333"] in lines
    assert "penalty" not in said.out
    assert "gap" not in short.out


def test_show_says_what_is_wrong_with_a_task_of_a_file(srbench, tmp_path):
    (tmp_path / "toy.toml").write_text(LINES.replace('"x**2"', '"x**2 +"'))

    said = srbench("show", "toy/curve", "-s", "toy.toml")

    assert said.code == 2
    assert "warning: suite toy: left out: task 'curve' truth: the formula ends" in said.err
    assert "unknown task 'toy/curve'" in said.err


def test_show_names_columns_as_their_file_does(srbench, tmp_path):
    (tmp_path / "points.csv").write_text("flow rate [l/s];y\n" + "".join(f"{i},5;{2 * i}\n" for i in range(20)))
    (tmp_path / "own.toml").write_text('[suite]\nname = "own"\n[[tasks]]\nname = "a"\ndata = "points.csv"\n')
    srbench("run", "-m", "neuron", "-s", "own.toml", "-q")

    said = srbench("show", "own/a", "-s", "own.toml", "--long").out

    assert "  flow_rate  0.5:19.5  'flow rate [l/s]' in the file" in said
    assert "  data       points.csv: column 'flow rate [l/s]' is called flow_rate; semicolons between cells" in said
    (line,) = [line for line in said.splitlines() if "as in file" in line]
    assert '"flow rate [l/s]"' in line


def test_show_knows_tasks_that_nobody_has_run(srbench):
    said = srbench("show", "sin/plain")

    assert said.code == 0
    assert "srbench run --method lasso --task sin/plain" in said.out


#: A method whose hyper-parameters are a tuple of numbers and one of names.
LAYERS = """
from dataclasses import dataclass
from srbench_lite import Expression, Fit, Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Layers(Method):
    name = "layers"
    summary = source = "tests"
    widths: tuple[int, ...] = (4, 4)
    units: tuple[str, ...] = ("tanh",)

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.constant(sum(self.widths)) * Expression.variable("x"))

@hookimpl
def srbench_methods():
    return [Layers()]
"""


def test_variants_of_one_method_are_told_apart(srbench, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")  # so that no name is folded
    (tmp_path / "layers.py").write_text(LAYERS)
    command = ["run", "--plugin", "layers.py", "-m", "layers", "-s", "toy.toml", "-t", "line", "-q"]
    runs = [["--set", "layers.widths=8,8"], ["--set", "layers.widths=[8, 8]"], ["--set", "layers.units=relu,tanh"]]
    assert [srbench(*command, *more).code for more in runs] == [0] * 3
    shown, long, board = (srbench(*words) for words in (["show", "line"], ["show", "line", "--long"], ["leaderboard"]))

    names = ["layers [units=['relu', 'tanh'], widths=[4, 4]]", "layers [units=['tanh'], widths=[8, 8]]"]
    for name in names:
        assert name in shown.out
        assert f"{name}, noise 0, seed 0" in long.out
        assert name in board.out
    assert shown.out.count("layers [") == 2  # 8,8 is [8, 8]: the second command ran nothing
    with Store(Path("results/srbench.db"), read_only=True) as store:
        assert {tuple(record.parameters["widths"]) for record in store} == {(4, 4), (8, 8)}


def test_the_command_that_show_suggests_can_be_used(srbench, tmp_path):
    folder = tmp_path / "my suites"
    folder.mkdir()
    (folder / "toy.toml").write_text(LINES)
    (folder / "hostile.py").write_text(HOSTILE.read_text())
    said = srbench("show", "line", "-s", "my suites/toy.toml", "--plugin", "my suites/hostile.py")

    suggested = said.out.splitlines()[-1].partition("try: srbench ")[2]
    assert (
        suggested == "run --method lasso --task toy/line --suite 'my suites/toy.toml' --plugin 'my suites/hostile.py'"
    )
    assert srbench(*shlex.split(suggested.replace("lasso", "good"))).code == 0


def test_show_takes_a_pattern_that_fits_one_task(srbench):
    assert srbench("show", "sin/ph*").out.startswith("sin/phase\n")
    several = srbench("show", "sin/p*")
    assert several.code == 2
    assert "'sin/p*' fits 3 tasks; name one: sin/phase, sin/plain, sin/product" in several.err


FACTS = """
[suite]
name = "facts"
licence = "MIT"
[[tasks]]
name = "drop"
truth = "g*t**2/2"
unit = "m"
tags = ["easy"]
erratum = "The first print lacks the square."
unidentifiable = "the drag is too small"
source = "a book"
variables = { g = { low = 9, high = 10, unit = "m/s^2" }, t = { low = 1, high = 9 } }
test = { t = { low = 1, high = 20 } }
[[tasks]]
name = "spring"
truth = "-x"
variables = { x = { low = -2, high = 2 }, v = { low = -2, high = 2 } }
trajectories = { rates = { x = "v", v = "-x" }, starts = [[1, 0], [0, 1.5]], duration = 6, steps = 11, train = 1 }
"""


def test_all_that_a_task_says_of_itself_is_shown(srbench):
    Path("facts.toml").write_text(FACTS)
    drop, spring = (srbench("show", name, "-s", "facts.toml").out.splitlines() for name in ("drop", "spring"))
    assert drop[:13] == [
        "facts/drop",
        "  truth      g*t**2/2",
        "  g          9:10  m/s^2",
        "  t          1:9",
        "  unit       m, of the target",
        "  tested on  g 9:10, t 1:20",
        "  points     200 to train, 1000 to test",
        "  tags       easy",
        "  erratum    The first print lacks the square.",
        "  hidden     the drag is too small",
        "  source     a book",
        "  licence    MIT",
        "",
    ]
    assert spring[4:9] == [
        "  dx/dt      v",
        "  dv/dt      -x",
        "  starts     (1, 0), (0, 1.5); 1 of them, by the seed, train",
        "  time       0 to 6 in 11 points",
        "  points     11 to train, 11 to test",
    ]


@pytest.mark.parametrize(("name", "ending"), [("drop", "png"), ("spring", "pdf")])
def test_the_points_of_a_task_are_drawn_where_nothing_has_run(srbench, name, ending):
    Path("facts.toml").write_text(FACTS)
    said = srbench("show", name, "-s", "facts.toml", "--plot", f"pictures/{name}.{ending}")
    assert (said.code, said.err) == (0, f"pictures/{name}.{ending} written\n")
    assert "no method has been run" in said.out
    assert Path(f"pictures/{name}.{ending}").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["drop", "-s", "facts.toml", "--plot", "out.gif"], "must end in .png, .svg, .pdf, got 'out.gif'"),
        (["drop", "-s", "facts.toml", "--plot", "facts.toml/x.png"], "facts.toml"),
        (["dro", "-s", "facts.toml", "--plot", "out.png"], "Did you mean: facts/drop?"),
    ],
)
def test_a_picture_that_cannot_be_written_is_refused(srbench, arguments, complaint):
    Path("facts.toml").write_text(FACTS)
    said = srbench("show", *arguments)
    assert said.code == 2
    assert complaint in said.err


def test_points_of_a_task_that_no_suite_has_cannot_be_drawn(call):
    said = call("show", "s/other", "--store", store("runs.db", record(suite="s", task="s/other")), "--plot", "a.png")
    assert said.code == 2
    assert "the points of s/other cannot be drawn: no installed suite has it; give its file with --suite" in said.err


def test_where_the_time_went_and_what_was_warned_of_is_shown(call):
    extras = {"seconds": {"search": 1.0, "training": 3.0}, "warnings": {"UserWarning": 2}}
    runs = [record(suite="s", task="s/other", seed=seed, extras=extras if seed else {}) for seed in range(2)]
    said = call("show", "s/other", "--long", "--store", store("runs.db", *runs))
    assert "\n  seconds           training 3 s (75%), search 1 s (25%)\n" in said.out
    assert "\n  warnings          UserWarning 2\n" in said.out
    assert "\ngood: 2 warnings printed in 1 of 2 runs (UserWarning 2); `srbench log` shows them\n" in said.out


def test_a_method_is_shown_without_a_task(call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    both = call("show", "--method", "neuron", "-m", "good", "-m", "neuron", "--plugin", str(HOSTILE))
    assert both.code == 0
    assert both.out.startswith("neuron\n  a single linear neuron, plain gradient descent\n")
    assert "\n\ngood\n" in both.out
    assert both.out.count("PARAMETER") == 2  # each method once

    one = json.loads(call("show", "--method", "neuron", "--json").out)
    assert [method["method"] for method in one] == ["neuron"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a task, as in `srbench show sin/phase`, or a method, as in `srbench show --method lies`"),
        (("sin/phase", "--json"), "--json prints methods, as in `srbench show --method lies --json`; leave out TASK"),
        (("--method", "gpleran"), "unknown method 'gpleran'. Did you mean: gplearn"),
        (("--method", "sklaern:a:B"), "unknown prefix of a method 'sklaern'. Did you mean: sklearn?"),
        (("--method", "sklearn:a"), "must be followed by package.module:Class"),
        (("--method", "command:./nothing"), "there is no file"),
    ],
)
def test_what_cannot_be_shown_is_said(call, arguments, said):
    shown = call("show", *arguments)
    assert (shown.code, shown.out) == (2, "")
    assert said in shown.err
