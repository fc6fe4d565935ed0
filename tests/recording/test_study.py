"""The file that says which runs there are to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.errors import UsageError
from srbench_lite.recording.study import Study, StudyMethod, StudyRuns, read_study, study_text

NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)
SINGLE = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES
VALUES = SINGLE | st.lists(SINGLE, min_size=1, max_size=3) | st.lists(st.lists(SINGLE, max_size=2), min_size=1)
METHODS = st.builds(StudyMethod, name=NAMES, parameters=st.dictionaries(NAMES, VALUES, max_size=3))
SHARES = st.lists(st.floats(0, 10), min_size=1, max_size=3).map(tuple)
RUNS = st.builds(
    StudyRuns,
    methods=st.lists(METHODS, min_size=1, max_size=3).map(tuple),
    suites=st.lists(NAMES, max_size=2).map(tuple),
    tasks=st.lists(NAMES, max_size=2).map(tuple),
    seeds=st.integers(1, 9),
    first_seed=st.integers(0, 2**63 - 1),
    noise=SHARES,
    train_size=st.lists(st.integers(1, 99), max_size=3).map(tuple),
    dummies=st.lists(st.integers(0, 9), min_size=1, max_size=2).map(tuple),
    outliers=SHARES,
    rescale=st.booleans(),
    time_limit=st.floats(0.1, 1e6),
    threads=st.integers(1, 8),
    python=st.dictionaries(NAMES, NAMES, max_size=2),
    plugins=st.lists(NAMES, max_size=2).map(tuple),
)


def grouped(study: Study) -> list[tuple[StudyRuns, list[StudyMethod]]]:
    """Return parts with their methods name by name: TOML has tables of one name together."""
    parts = []
    for runs in study.runs:
        names = [method.name for method in runs.methods]
        parts.append((
            {key: getattr(runs, key) for key in StudyRuns.__slots__ if key != "methods"},
            sorted(runs.methods, key=lambda one, names=names: names.index(one.name)),
        ))  # fmt: skip
    return parts


@given(st.lists(RUNS, min_size=1, max_size=3).map(tuple).map(Study))
def test_what_is_written_is_read_back(study):
    assert grouped(read_study(study_text(study), where="it")) == grouped(study)


def test_a_study_is_short_and_says_the_limits():
    study = Study((StudyRuns(methods=(StudyMethod(name="lasso", parameters={"layers": [[8, 8]]}),), noise=(0, 0.01)),))

    assert study_text(study) == (
        "seeds = 1\nnoise = [0, 0.01]\ntime-limit = 60\nmemory-limit = 4096\n\n[methods.lasso]\nlayers = [[8, 8]]\n"
    )


def test_what_all_parts_have_stands_once():
    alike = {"methods": (StudyMethod(name="lasso"),), "suites": ("sin",)}
    text = study_text(Study((StudyRuns(**alike, seeds=3), StudyRuns(**alike, first_seed=9))))

    assert text.count("lasso") == text.count("sin") == text.count("noise") == 1
    assert [(runs.seeds, runs.first_seed) for runs in read_study(text, where="it").runs] == [(3, 0), (1, 9)]


def test_keys_may_be_written_with_underlines():
    one, other = (
        read_study(f'methods = ["mean"]\ntime{sign}limit = 5\nfirst{sign}seed = 3', where="s.toml") for sign in "-_"
    )
    assert one == other
    assert (one.runs[0].time_limit, one.runs[0].first_seed) == (5.0, 3)


def test_keys_of_a_part_take_the_place_of_those_of_all():
    study = read_study(
        'methods = ["lasso", "lies"]\nnoise = 0.1\n[[runs]]\nseeds = 2\n[[runs]]\nmethods = "ridge"\nnoise = [0]\n',
        where="it",
    )

    assert [[method.name for method in runs.methods] for runs in study.runs] == [["lasso", "lies"], ["ridge"]]
    assert [(runs.noise, runs.seeds) for runs in study.runs] == [((0.1,), 2), ((0.0,), 1)]


def test_names_of_one_method_stand_together_as_its_tables_do():
    study = read_study('methods = ["b", "a", "b"]\n', where="it")
    assert [method.name for method in study.runs[0].methods] == ["b", "b", "a"]
    assert read_study(study_text(study), where="it") == study


def test_tables_of_one_method_are_variants():
    study = read_study("[[methods.lies]]\n[[methods.lies]]\nsnap = false\n", where="it")

    assert [method.parameters for method in study.runs[0].methods] == [{}, {"snap": False}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("noises = 0", "unknown key 'noises'. Did you mean: noise?"),
        ("time_limt = 5", "unknown key 'time_limt'. Did you mean: time-limit"),
        ("time_limit = 5\ntime-limit = 6", "time-limit is given twice"),
        ("jobs = 2", "jobs changes nothing of what is computed; give --jobs on the command line"),
        ("noise = 'much'", "noise must be numbers of at least 0, such as noise = [0, 0.01], got 'much'"),
        ("noise = -1", "got -1"),
        ("seeds = 0", "seeds must be a whole number from 1 to"),
        ("seeds = true", "got True"),
        ("dummies = [1.5]", "dummies must be whole numbers of at least 0"),
        ("rescale = 1", "rescale must be true or false, got 1"),
        ("time-limit = inf", "time-limit must be a positive number, got inf"),
        ("tasks = []", "tasks must be a text or a list of texts, got []"),
        ("methods = 3", "methods must be names"),
        ("[methods]\nlasso = 3", "methods.lasso must be a table of hyper-parameters, got 3"),
        ("[methods.lasso]\nalpha = {}", "methods.lasso.alpha must be a value, or a list of values, got {}"),
        ("[methods.lasso]\nalpha = nan", "methods.lasso.alpha must be a value"),
        ("[python]\nlasso = 3", 'python must be a table METHOD = "PATH or ENVIRONMENT"'),
        ("runs = 3", "runs must be tables [[runs]]"),
        ("methods = 'a'\n[[runs]]\nnoise = []", "runs 1: noise must be numbers"),
        ("[[runs]]\nseeds = 2", 'runs 1: methods must name what is to run, such as methods = ["lasso"]'),
        ("seeds = 2", "methods must name what is to run"),
        ("seeds = ", "it.toml is no TOML file: Invalid value (at"),
        ("[suite]\nname = 'mine'", "it.toml is a suite file, no study; give --suite it.toml"),
    ],
)
def test_a_fault_names_the_file_the_key_and_the_value(text, said):
    with pytest.raises(UsageError) as caught:
        read_study(text, where="it.toml")

    assert str(caught.value).startswith("it.toml")
    assert said in str(caught.value)


def test_all_faults_are_listed():
    with pytest.raises(UsageError, match=r"2 faults:\n  1\. unknown key 'noises'.*\n  2\. seeds must be"):
        read_study("noises = 0\nseeds = 0\n", where="it.toml")


def test_a_fault_with_a_long_value_is_cut():
    """A file may hold any text, and an error quotes little of it."""
    with pytest.raises(UsageError) as caught:
        read_study(f'methods = ["a"]\nseeds = "{"x" * 100_000}"', where="it")
    assert 900 < len(str(caught.value)) < 1_100
