"""Studies: what a file, a page, a store and options amount to."""

from __future__ import annotations

import json

import pytest
from instant_runs import instant_run

from srbench_lite.cli.study import with_changes
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.store import Store
from srbench_lite.recording.study import Study, StudyMethod, StudyRuns

PLUGIN = """
from dataclasses import dataclass
from srbench_lite import Fit, Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Knobs(Method):
    name = "knobs"
    summary = "has hyper-parameters"
    source = "a test"
    alpha: float = 0.5
    layers: tuple[int, ...] = (4, 4)
    kind: str = "plain"
    most: int | None = 3

    def fit(self, samples, *, seed, budget, report):
        raise NotImplementedError

@hookimpl
def srbench_methods():
    return [Knobs()]
"""
STUDY = """
suites = "../toy.toml"
plugins = ["knobs.py"]
noise = [0, 0.01]
seeds = 2
[methods.knobs]
alpha = [0.1, 1]
layers = [[8, 8], [16]]
"""


@pytest.fixture(name="study", autouse=True)
def _study(srbench, tmp_path, monkeypatch):
    """A folder with a study, its plugin and its suite; runs are done at once."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "knobs.py").write_text(PLUGIN)
    (tmp_path / "own" / "study.toml").write_text(STUDY)
    monkeypatch.setattr("srbench_lite.running.runner.run", instant_run)
    return srbench


def text_of(study, tmp_path, *arguments):
    said = study("run", *arguments, "--write-study", "written.toml")
    assert said.code == 0, said.err
    return (tmp_path / "written.toml").read_text()


def test_every_combination_of_a_file_is_run(study, tmp_path):
    said = study("run", "own/study.toml", "--dry-run")

    assert said.code == 0
    assert said.out.splitlines()[0] == "knobs: 32 runs of 4 variants on 2 tasks, 32 of them not in the store"
    text = text_of(study, tmp_path, "own/study.toml")
    assert 'suites = ["toy.toml"]' in text
    assert 'plugins = ["./own/knobs.py"]' in text or 'plugins = ["own/knobs.py"]' in text
    assert "alpha = [0.1, 1.0]\nlayers = [[8, 8], [16]]" in text
    assert text_of(study, tmp_path, "written.toml") == text


def test_a_command_line_and_its_study_are_the_same_runs(study, tmp_path):
    options = [
        "--plugin", "own/knobs.py", "-m", "knobs", "-s", "toy.toml", "-t", "toy/l*", "--set", "knobs.most=none",
        "--sweep", "knobs.layers=[8,8],[16],4", "--sweep", "knobs.kind=a,b", "--train-size", "5,8", "--dummies", "0,1",
        "--first-seed", "3", "--rescale", "--time-limit", "2.5", "--threads", "2",
    ]  # fmt: skip
    text = text_of(study, tmp_path, *options)

    assert study("run", "written.toml", "--dry-run").out == study("run", *options, "--dry-run").out
    assert text == (
        'suites = ["toy.toml"]\ntasks = ["toy/l*"]\nseeds = 1\nfirst-seed = 3\nnoise = 0\ntrain-size = [5, 8]\n'
        "dummies = [0, 1]\nrescale = true\ntime-limit = 2.5\nmemory-limit = 4096\nthreads = 2\n"
        'plugins = ["own/knobs.py"]\n\n[methods.knobs]\nmost = "none"\nlayers = [[8, 8], [16], [4]]\n'
        'kind = ["a", "b"]\n'
    )


def test_options_take_the_place_of_what_a_file_says(study, tmp_path):
    text = text_of(
        study, tmp_path, "own/study.toml", "--seeds", "1", "--noise", "0", "--set", "knobs.layers=8,8", "--sweep",
        "knobs.alpha=2,3", "--time-limit", "5",
    )  # fmt: skip

    assert "seeds = 1\nnoise = 0\ntime-limit = 5" in text
    assert "alpha = [2.0, 3.0]\nlayers = [[8, 8]]" in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("own/study.toml", "-m", "knob"), "unknown method of the study 'knob'. Did you mean: knobs?"),
        (("own/study.toml", "--sweep", "knobs.alhpa=1,2"), "own/study.toml: unknown hyper-parameter of knobs 'alhpa'"),
        (("own/study.toml", "--sweep", "knobs.alpha=1,x"), "knobs.alpha must be a number such as 0.5, got 'x'"),
        (("own/study.toml", "--sweep", "knobs.layers=[8,x]"), "knobs.layers must be a list of whole numbers"),
        (("own/study.toml", "--sweep", "knobs.alpha="), "--sweep must be METHOD.PARAMETER=VALUE,VALUE,..."),
        (("own/study.toml", "--sweep", "lasso.alpha=1"), "unknown method in --sweep 'lasso'"),
        (("own/study.toml", "--set", "knobs.alpha=1", "--sweep", "knobs.alpha=1,2"), "knobs.alpha is given twice"),
        (("own/study.toml", "-t", "lin"), "own/study.toml: unknown task 'lin'. Did you mean: toy/line?"),
        (("nothing.toml",), "there is no study nothing.toml; `srbench run --write-study FILE` writes one"),
        (("toy.toml",), "toy.toml is a suite file, no study; give --suite toy.toml and a --method"),
        (("own/knobs.py",), "cannot tell the format of own/knobs.py"),
        ((), "nothing to run: give --method NAME, or a study such as study.toml"),
    ],
)
def test_what_cannot_be_run_is_one_clear_error(study, options, said):
    found = study("run", *options, "--dry-run")

    assert found.code == 2
    assert said in found.err


def test_a_fault_of_a_part_names_file_and_part(study, tmp_path):
    (tmp_path / "two.toml").write_text(
        'methods = "knobs"\nsuites = "toy.toml"\nplugins = "own/knobs.py"\n[[runs]]\n[[runs]]\n'
        "methods.knobs.alpha = []\n"
    )

    said = study("run", "two.toml")

    assert said.err == "Error: two.toml: runs 2: knobs.alpha has no value; write one, or a list of values\n"


def test_a_store_keeps_its_studies_and_an_export_too(study, tmp_path):
    assert study("run", "own/study.toml", "-q").code == 0
    assert study("run", "own/study.toml", "-q", "--seeds", "1", "--noise", "0.1").code == 0
    assert study("export", "--out", "own/all.json.gz").code == 0
    assert study("import", "own/all.json.gz", "--store", "other/its.db").code == 0

    with Store(tmp_path / "results" / "srbench.db", read_only=True) as store:
        first, second = store.studies()
    assert 'plugins = ["../own/knobs.py"]' in first
    assert "noise = 0.1" in second
    planned = study("run", "other/its.db", "--plugin", "own/knobs.py", "--dry-run")
    assert planned.out.startswith("knobs: 40 runs of 4 variants on 2 tasks")
    assert planned.err.startswith("note: other/its.db names files and environments whose code would run: ../own/knobs")


def test_records_without_a_study_are_run_again(study, tmp_path):
    assert study("run", "own/study.toml", "-q", "-t", "line", "--noise", "0").code == 0
    assert study("export", "--out", "all.csv").code == 0

    said = study("run", "all.csv", "-s", "toy.toml", "--plugin", "own/knobs.py", "--store", "new.db", "--dry-run")

    assert said.out.startswith("knobs: 8 runs of 4 variants on 1 tasks, 8 of them not in the store"), said.err


def page(tmp_path, content):
    data = json.dumps(content).replace("<", "\\u003c")
    (tmp_path / "page.html").write_text(
        f'<script>document.write("<script>")</script><script type="application/json" id="content">{data}</script>'
    )


def test_a_page_runs_nothing_that_it_names(study, tmp_path):
    page(tmp_path, {"study": STUDY.replace("../toy.toml", "toy.toml") + '[python]\nknobs = "./evil"\n'})

    said = study("run", "page.html", "--dry-run")

    assert said.code == 2
    assert "whose code would run: ./evil, knobs.py; give --plugin and --python yourself" in said.err
    assert "page.html: unknown method 'knobs'" in said.err
    assert study("run", "page.html", "--plugin", "own/knobs.py", "--dry-run").out.startswith("knobs: 32 runs")


def test_a_page_without_its_suite_says_how_to_name_it(study, tmp_path):
    page(tmp_path, {"study": 'suites = "gone.toml"\nmethods = "lasso"'})

    assert "gone.toml: No such file or directory; --suite FILE.toml names where it is" in study("run", "page.html").err


@pytest.mark.parametrize("content", [{"study": 3}, {}, [], {"study": "noise = "}])
def test_a_page_without_a_study_is_one_clear_error(study, tmp_path, content):
    page(tmp_path, content)

    said = study("run", "page.html")

    assert said.code == 2
    assert "page.html" in said.err


def test_each_part_is_told_the_pythons_of_its_own_methods():
    parts = (StudyRuns(methods=(StudyMethod(name=name),), python={"mean": "here"}) for name in ("mean", "linear"))
    changed = with_changes(
        Study(tuple(parts)),
        discover(suites=False),
        values={},
        methods=(),
        settings=(),
        sweeps=(),
        pythons=("linear=there",),
    )
    assert [runs.python for runs in changed.runs] == [{"mean": "here"}, {"linear": "there"}]
