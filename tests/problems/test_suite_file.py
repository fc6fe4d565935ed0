"""Suite files: what works, and one clear line for everything that does not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from places import ROOT

from srbench_lite.errors import SuiteError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.suite import Suite
from srbench_lite.problems.suite_file import load_suite

(EXAMPLE,) = re.findall(r"```toml\n(.*?)```", (ROOT / "tasks" / "README.md").read_text(encoding="utf-8"), re.DOTALL)
POINTS = "length,period\n" + "".join(f"{i / 10},{2 * np.sqrt(i / 10):.4f}\n" for i in range(1, 81))

HEAD = '[suite]\nname = "mine"\n'
TASK = '[[tasks]]\nname = "a"\ntruth = "x"\nvariables.x = { low = 0, high = 1 }\n'


@pytest.fixture
def load(tmp_path: Path) -> Any:
    """Load a suite from its text, with data files beside it."""

    def load(text: str | bytes, **files: str | bytes) -> Suite:
        for name, content in {"suite.toml": text, **{f"{k}.csv": v for k, v in files.items()}}.items():
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_suite(tmp_path / "suite.toml")

    return load


# --- what works -------------------------------------------------------------------------------------------------


def test_the_example_of_the_documentation_works(load: Any) -> None:
    suite = load(EXAMPLE, points=POINTS)
    pendulum, harmonic, mesh, foxes, measured = suite.tasks
    assert (suite.name, suite.version, suite.summary) == ("mine", 1, "what it is about")
    assert (pendulum.name, pendulum.suite, pendulum.n_train, pendulum.n_test) == ("mine/pendulum", "mine", 200, 1000)
    assert pendulum.truth == Expression.parse("2*pi*sqrt(l/g)*(1 + a**2/16)")
    assert pendulum.variables == {
        "l": Sampling(low=0.1, high=2.0),
        "g": Sampling(low=1.0, high=20.0, sampling="log"),
        "a": Sampling(low=0, high=np.pi / 4),
    }
    assert (pendulum.units, pendulum.target_unit) == ({"l": "m", "g": "m/s^2"}, "s")
    assert pendulum.tags == ("physics", "easy", "3-variables")
    assert [(t.n_train, t.n_test) for t in (harmonic, mesh, foxes, measured)] == [
        (30, 120), (231, 1000), (300, 100), (60, 20)
    ]  # fmt: skip
    assert harmonic.dataset(seed=0).test.x[:3, 0].tolist() == [1, 2, 3]
    assert harmonic.dataset(seed=0).test.y[:3].tolist() == pytest.approx([1, 3 / 2, 11 / 6])
    for task in suite.tasks:
        for points in (task.dataset(seed=1).train, task.dataset(seed=1).test):
            assert task.truth is None or points.y.tolist() == task.truth(points.columns).tolist()


def test_a_task_overrules_the_suites_defaults(load: Any) -> None:
    head = HEAD + 'version = 3\nsummary = "s"\nsource = "book"\nn_train = 7\nn_test = 8\n'
    first, second = load(
        head + TASK + '[[tasks]]\nname = "b"\ntruth = "x"\nversion = 4\nsource = "paper"\nn_train = 9\n'
        "variables.x = { low = 0, high = 1 }\n"
    ).tasks
    assert (first.version, first.source, first.n_train, first.n_test) == (3, "book", 7, 8)
    assert (second.version, second.source, second.n_train, second.n_test) == (4, "paper", 9, 8)


NEW_KEYS = """
[suite]
name = "mine"
licence = "MIT"
tags = ["physics"]
n_test = 77

[[tasks]]
name = "drop"
truth = "g*t**2/2"
unit = "m"
tags = ["hard"]
erratum = "The first print has g*t**2."
unidentifiable = "the air's drag is too small"
[tasks.variables]
g = { low = 9, high = 10, unit = "m/s^2" }
t = { sampling = "integer", low = 1, high = 9, unit = "s" }
[tasks.test]
t = { low = 0, high = 20 }

[[tasks]]
name = "mesh"
truth = "x*y"
licence = "BSD-3"
n_train = 5
[tasks.variables]
x = { low = 0, high = 1 }
y = { low = 0, high = 1 }
[tasks.test]
x = { sampling = "grid", low = 0, high = 1, step = 0.1 }
y = { sampling = "grid", low = 0, high = 2, step = 1 }

[[tasks]]
name = "spring"
truth = "-x"
[tasks.variables]
x = { low = -2, high = 2 }
y = { low = -2, high = 2 }
[tasks.trajectories]
rates = { x = "y", y = "-x" }
starts = [[1, 0], [0, 1.5], [2, 0]]
duration = 6.0
steps = 11
train = 2
"""


def test_units_tags_test_domains_and_trajectories_are_read(load: Any) -> None:
    suite = load(NEW_KEYS)
    drop, mesh, spring = suite.tasks
    assert (suite.licence, suite.tags) == ("MIT", ("physics",))
    assert (drop.tags, drop.licence, drop.erratum) == (("physics", "hard"), "MIT", "The first print has g*t**2.")
    assert drop.unidentifiable == "the air's drag is too small"
    assert (drop.units, drop.target_unit) == ({"g": "m/s^2", "t": "s"}, "m")
    assert drop.variables["t"] == Sampling(low=1, high=9, sampling="integer")
    assert drop.test_variables == {"g": drop.variables["g"], "t": Sampling(low=0, high=20)}
    assert (drop.n_train, drop.n_test) == (200, 77)
    assert (mesh.n_train, mesh.n_test, mesh.licence, mesh.tags) == (5, 33, "BSD-3", ("physics",))
    assert (spring.n_train, spring.n_test) == (22, 11)
    assert spring.trajectories is not None
    assert spring.trajectories.starts == ((1, 0), (0, 1.5), (2, 0))
    for task in suite.tasks:
        assert len(task.dataset(seed=0).test) == task.n_test


def test_bounds_may_be_formulas_of_numbers(load: Any) -> None:
    (task,) = load(HEAD + TASK.replace("high = 1", 'high = "2*pi"')).tasks
    assert task.variables["x"] == Sampling(low=0, high=2 * np.pi)


def test_measured_variables_may_have_a_unit_and_no_range(load: Any) -> None:
    text = HEAD + '[[tasks]]\nname = "a"\ndata = "points.csv"\nunit = "s"\n[tasks.variables]\nx = { unit = "m" }\n'
    (task,) = load(text, points="x,y\n" + "".join(f"{i},{i * i}\n" for i in range(1, 21))).tasks
    assert task.variables == {"x": Sampling(low=1, high=20)}
    train = task.dataset(seed=0).train
    assert (train.units, train.target_unit) == ({"x": "m"}, "s")


def test_a_variable_may_be_called_e(load: Any) -> None:
    (task,) = load(HEAD + '[[tasks]]\nname = "a"\ntruth = "e*pi"\nvariables.e = { low = 0, high = 1 }\n').tasks
    assert task.truth == Expression.variable("e") * Expression.named("pi")


def csv(n: int, header: str = "x,z,y") -> str:
    return header + "\n" + "".join(f"{i},{i * i}, {2 * i}\n" for i in range(n))


DATA = HEAD + '[[tasks]]\nname = "a"\ndata = "points.csv"\n'


def test_a_csv_file_is_a_task(load: Any) -> None:
    (task,) = load(DATA, points=csv(40)).tasks
    assert task.truth is None
    assert task.variables == {"x": Sampling(low=0, high=39), "z": Sampling(low=0, high=39**2)}
    assert (task.n_train, task.n_test) == (30, 10)
    data = task.dataset(seed=0)
    np.testing.assert_array_equal(data.train.y, 2 * data.train.x[:, 0])


@pytest.mark.parametrize(
    ("lines", "sizes"),
    [("", (30, 10)), ("n_train = 12", (12, 28)), ("n_test = 12", (28, 12)), ("n_train = 5\nn_test = 6", (5, 6))],
)
def test_sizes_that_are_not_given_follow_from_the_rows(load: Any, lines: str, sizes: tuple[int, int]) -> None:
    (task,) = load(DATA + lines, points=csv(40)).tasks
    assert (task.n_train, task.n_test) == sizes


def test_columns_and_target_can_be_chosen(load: Any) -> None:
    (task,) = load(DATA + 'target = "z"\ntruth = "x**2"\nvariables.x = { low = 0, high = 50 }', points=csv(40)).tasks
    assert list(task.variables) == ["x"]
    train = task.dataset(seed=0).train
    np.testing.assert_array_equal(train.y, task.truth(train.columns))


def test_spreadsheets_csv_files_are_read(load: Any) -> None:
    """A byte-order mark, Windows line ends, quotes, spaces and empty lines."""
    text = '\ufeffx, y\r\n"1", 2\r\n\r\n3,4.5e0\r\n5,6\r\n7,8\r\n\r\n'
    (task,) = load(DATA, points=text).tasks
    assert task.data.x[:, 0].tolist() == [1, 3, 5, 7]
    assert task.data.y.tolist() == [2, 4.5, 6, 8]


def test_a_data_file_is_read_as_the_task_says(load: Any) -> None:
    text = "n;flow rate [l/s];sigma;y\n" + "".join(f"{i};{i},5;{1 + i % 2};{i * i}\n" for i in range(1, 41))
    lines = 'weights = "sigma"\n[tasks.table]\nindex = "n"\n'
    (task,) = load(DATA + lines, points=text).tasks
    assert list(task.variables) == ["flow_rate"]
    assert task.variables["flow_rate"] == Sampling(low=1.5, high=40.5)
    assert task.headers == {"flow_rate": "flow rate [l/s]"}
    assert task.data.weights[:3].tolist() == [0.25, 1, 0.25]
    assert task.note == (
        "points.csv: column 'flow rate [l/s]' is called flow_rate; semicolons between cells "
        '(separator = "semicolon"); decimal commas (decimal = ",")'
    )
    assert task.dataset(seed=0).train.weights is not None
    strict = DATA + 'weights = "sigma"\ntable = { index = "n", separator = ";", decimal = ",", strict = true }\n'
    (same,) = load(strict, points=text).tasks
    assert same.fingerprint == task.fingerprint
    assert "between cells" not in same.note


def test_variables_are_named_as_in_the_file_or_as_formulas_name_them(load: Any) -> None:
    text = csv(40, header="flow rate,z,y")
    for name in ("flow rate", "flow_rate"):
        lines = f'truth = "2*flow_rate"\nvariables."{name}" = {{ low = 0, high = 50 }}'
        (task,) = load(DATA + lines, points=text).tasks
        assert task.variables == {"flow_rate": Sampling(low=0, high=50)}
        assert task.data.variables == ("flow_rate",)


def test_options_of_the_suite_are_those_of_every_task(load: Any) -> None:
    head = HEAD + '[suite.table]\nskip = 1\nmissing = ["x"]\n'
    task = '[[tasks]]\nname = "a"\ndata = "points.csv"\n'
    other = '[[tasks]]\nname = "b"\ndata = "points.csv"\ntable.missing = []\n'
    first, second = load(head + task + other, points="made in May\n" + csv(40)).tasks
    assert len(first.data) == len(second.data) == 40


# --- several faults ---------------------------------------------------------------------------------------------

_TWO_BAD = (
    HEAD
    + TASK
    + '[[tasks]]\nname = "b"\ntruth = "x +"\nvariables.x = { low = 0, high = 1 }\nvariables.y = { low = 3 }\n'
    'n_trian = 5\n[[tasks]]\nname = "c"\ndata = "none.csv"\n[[tasks]]\nname = "a"\ntruth = "x"\n'
    "variables.x = { low = 0, high = 1 }\n"
)
_FAULTS = (
    r"task 'b': unknown key 'n_trian'",
    r"task 'b' variables.y: high must be given",
    r"task 'b' truth: the formula ends",
    r"task 'c': cannot read the data file",
    r"task 4: suite mine: two tasks are called mine/a",
)


def test_all_faults_of_a_file_are_one_message(load: Any, tmp_path: Path) -> None:
    with pytest.raises(SuiteError) as caught:
        load(_TWO_BAD)
    first, *listed = str(caught.value).splitlines()
    assert first == f"{tmp_path / 'suite.toml'}: 5 faults:"
    for number, (line, fault) in enumerate(zip(listed, _FAULTS, strict=True), start=1):
        assert re.match(rf"  {number}\. {fault}", line)


def test_bad_tasks_are_left_out_where_that_is_allowed(load: Any, tmp_path: Path) -> None:
    with pytest.raises(SuiteError):
        load(_TWO_BAD)
    suite = load_suite(tmp_path / "suite.toml", strict=False)
    assert [task.name for task in suite.tasks] == ["mine/a"]
    assert all(re.match(fault, text) for fault, text in zip(_FAULTS, suite.faults, strict=True))


def test_a_file_without_a_good_task_or_a_good_head_is_refused(load: Any, tmp_path: Path) -> None:
    for text in (HEAD + TASK.replace('"x"', '"x +"'), HEAD + "n_train = 3\nq = 1\n" + TASK, ""):
        with pytest.raises(SuiteError):
            load(text)
        with pytest.raises(SuiteError):
            load_suite(tmp_path / "suite.toml", strict=False)


def test_many_faults_are_counted(load: Any) -> None:
    with pytest.raises(SuiteError, match=r"40 faults:(.|\n)*  30\. (.|\n)*  \.\.\. and 10 more$"):
        load(HEAD + "".join(TASK.replace('"a"', f'"t{i}"').replace('"x"', '"x +"') for i in range(40)))


def test_assumptions_are_faults_where_nothing_may_be_assumed(load: Any, tmp_path: Path) -> None:
    load(HEAD + TASK + DATA.removeprefix(HEAD).replace('"a"', '"b"'), points=csv(40).replace(",", ";"))
    with pytest.raises(SuiteError, match=r"nothing may be assumed \(strict\), but this was: semicolons between cells"):
        load_suite(tmp_path / "suite.toml", assume=False)
    suite = load_suite(tmp_path / "suite.toml", strict=False, assume=False)
    assert [task.name for task in suite.tasks] == ["mine/a"]


# --- what does not ----------------------------------------------------------------------------------------------

_BAD = {
    "not TOML": ("what is this", "is no TOML file: .*line 1"),
    "not UTF-8": (b"name = '\xff'", "is no TOML file"),
    "brackets without end": ("x = " + "[" * 10_000, "is no TOML file"),
    "a number of 5,000 digits": ("x = " + "9" * 5_000, "is no TOML file"),
    "unknown table": (HEAD + TASK + "[sampling]\n", "the file: unknown key 'sampling'. Known: suite, tasks"),
    "suite is no table": ('suite = "mine"\n' + TASK, r"\[suite\] must be a table, got 'mine'"),
    "unknown suite key": (HEAD + "n_trian = 3\n" + TASK, r"\[suite\]: unknown key 'n_trian'. Did you mean: n_train"),
    "no name": ("[suite]\n" + TASK, r"\[suite\] name must be given as text"),
    "bad name": ('[suite]\nname = "a/b"\n' + TASK, r"\[suite\] name must be letters, digits, - and _, got 'a/b'"),
    "empty name": ('[suite]\nname = ""\n' + TASK, r"\[suite\] name must be letters"),
    "foreign letters": ('[suite]\nname = "\u00e9"\n' + TASK, r"\[suite\] name must be letters"),
    "an option's name": ('[suite]\nname = "-x"\n' + TASK, r"\[suite\] name must be letters"),
    "no tasks": (HEAD, r"there must be at least one \[\[tasks\]\] table"),
    "tasks is a table": (HEAD + "[tasks]\nname = 'a'\n", r"at least one \[\[tasks\]\] table"),
    "a task is no table": (HEAD.replace("[suite]", "tasks = [1]\n[suite]"), "task 1 must be a table, got 1"),
    "version is text": (HEAD + 'version = "x"\n' + TASK, "version must be a whole number of at least 1, got 'x'"),
    "version is true": (HEAD + "version = true\n" + TASK, "version must be a whole number"),
    "version is 1.5": (HEAD + "version = 1.5\n" + TASK, "version must be a whole number"),
    "version 0 of a task": (HEAD + TASK + "version = 0", "task mine/a: version must be a whole number"),
    "summary is a number": (HEAD + "summary = 1\n" + TASK, r"\[suite\] summary must be given as text, got 1"),
    "source is a list": (HEAD + "source = []\n" + TASK, "source must be given as text"),
    "source of a task is a number": (HEAD + TASK + "source = 1", "task 'a' source must be given as text, got 1"),
    "n_train is 1.5": (HEAD + "n_train = 1.5\n" + TASK, "task mine/a: n_train must be a whole number .* got 1.5"),
    "n_train is text": (HEAD + TASK + 'n_train = "many"', "task mine/a: n_train must be a whole number"),
    "n_test is 0": (HEAD + TASK + "n_test = 0", "task mine/a: n_test must be a whole number"),
    "a task without a name": (HEAD + TASK + "[[tasks]]\n", "task 2: its name must be given as text, got None"),
    "tags that are no list": (HEAD + 'tags = "hard"\n' + TASK, r"\[suite\] tags must be a list of texts, got 'hard'"),
    "a tag in capitals": (HEAD + 'tags = ["Hard"]\n' + TASK, "a tag must be lower-case letters and digits"),
    "a licence that is no text": (HEAD + TASK + "licence = 1\n", "task 'a' licence must be given as text, got 1"),
    "a bound that is no number": (
        HEAD + TASK.replace("high = 1", 'high = "2*q"'),
        r"variables.x: high must be a number, or a formula of numbers, pi and e, such as 2\*pi, got '2\*q'",
    ),
    "a unit that is no text": (HEAD + TASK.replace("high = 1", "high = 1, unit = 1"), "variables.x unit must be given"),
    "a unit of a variable that is none": (
        HEAD + TASK.replace("high = 1", 'high = 1, unit = "metr"'),
        r"task mine/a: unit of x: unknown unit 'metr'. Did you mean: metre, meter\?",
    ),
    "a unit of the target that is none": (HEAD + TASK + 'unit = "m+s"\n', r"task mine/a: unit: 'm\+s' is no unit"),
    "a test domain with a stranger": (HEAD + TASK + "test.z = { low = 0, high = 1 }\n", "the test domain has z"),
    "a test domain without an end": (HEAD + TASK + "test.x = { low = 0 }\n", "task 'a' test.x: high must be given"),
    "other points than the mesh has": (
        HEAD + TASK + 'n_test = 4\ntest.x = { sampling = "grid", low = 0, high = 1, step = 0.5 }\n',
        "task mine/a: n_test = 4, but the mesh has 3 points; give n_test = 3",
    ),
    "trajectories that are no table": (HEAD + TASK + "trajectories = 1\n", "task 'a' trajectories must be a table"),
    "trajectories without starts": (
        HEAD + TASK + 'trajectories.rates = { x = "x" }\n',
        "task 'a' trajectories: starts and duration must be given",
    ),
    "starts that are no list": (
        HEAD + TASK + 'trajectories = { rates = { x = "x" }, starts = 1, duration = 1 }\n',
        "task 'a' trajectories.starts must be a list with a list of numbers for each",
    ),
    "a start of another length": (
        HEAD + TASK + 'trajectories = { rates = { x = "x" }, starts = [[1], [1, 2]], duration = 1, train = 1 }\n',
        r"task 'a' trajectories: a start must be 1 numbers, of x in this order, got \[1, 2\]",
    ),
    "a rate that is no formula": (
        HEAD + TASK + 'trajectories = { rates = { x = "x +" }, starts = [[1], [2]], duration = 1 }\n',
        "task 'a' trajectories.rates.x: the formula ends where a value",
    ),
    "an empty task name": (HEAD + TASK.replace('"a"', '""'), "task 'mine/': a task's name is"),
    "a slash in a task name": (HEAD + TASK.replace('"a"', '"a/b"'), "task 'mine/a/b': .*without slashes"),
    "two tasks of one name": (HEAD + TASK + TASK, "suite mine: two tasks are called mine/a"),
    "unknown task key": (HEAD + TASK + 'turth = "x"', "task 'a': unknown key 'turth'. Did you mean: truth"),
    "no truth and no data": (HEAD + TASK.replace('truth = "x"', ""), "task mine/a: give `truth`"),
    "truth is a number": (HEAD + TASK.replace('"x"', "3"), "task 'a' truth must be given as text, got 3"),
    "truth is no formula": (HEAD + TASK.replace('"x"', '"x +"'), "task 'a' truth: the formula ends where a value"),
    "truth is a program": (HEAD + TASK.replace('"x"', "\"__import__('os')\""), "task 'a' truth: unknown function"),
    "truth has unknown variables": (HEAD + TASK.replace('"x"', '"x*q"'), "task 'a' truth: unknown variable 'q'"),
    "truth is too long": (HEAD + TASK.replace('"x"', '"' + "x+" * 500_000 + 'x"'), "task 'a' truth: .* characters"),
    "no variables": (HEAD + '[[tasks]]\nname = "a"\ntruth = "1"', "task mine/a: there must be at least one variable"),
    "variables is a list": (HEAD + '[[tasks]]\nname = "a"\nvariables = ["x"]', "task 'a' variables must be a table"),
    "a variable is a number": (HEAD + '[[tasks]]\nname = "a"\nvariables.x = 1', r"variables.x must be a table, got 1"),
    "low is missing": (HEAD + TASK.replace("low = 0, ", ""), "task 'a' variables.x: low must be given"),
    "low above high": (HEAD + TASK.replace("low = 0", "low = 2"), "task 'a' variables.x: low must be below high"),
    "low is text": (HEAD + TASK.replace("low = 0", 'low = "a"'), "task 'a' variables.x: low must be a number"),
    "low is nan": (HEAD + TASK.replace("low = 0", "low = nan"), "task 'a' variables.x: low must be a number"),
    "low has 400 digits": (HEAD + TASK.replace("low = 0", "low = -" + "9" * 400), "variables.x: low must be a number"),
    "unknown sampling": (HEAD + TASK.replace("low", 'sampling = "n", low'), "variables.x: sampling must be one of"),
    "sampling is a list": (HEAD + TASK.replace("low", "sampling = [], low"), "variables.x: sampling must be one of"),
    "unknown sampling key": (HEAD + TASK.replace("low", "min = 0, low"), "variables.x: unknown key 'min'"),
    "a variable's name": (HEAD + TASK.replace(".x", '."x y"'), "ASCII identifier .* 'x y'; rename it|unknown variable"),
    "weights without data": (HEAD + TASK + 'weights = "s"', "task 'a': weights names a column of `data`"),
    "a table without data": (HEAD + TASK + "table.skip = 1", "task 'a': table is about a file of `data`"),
    "an undefined truth": (
        HEAD + TASK.replace('"x"', '"log(x - 2)"'),
        "task mine/a: the truth .* is undefined on near",
    ),
    "a constant truth": (HEAD + TASK.replace('"x"', '"x - x + 3"'), "task mine/a: the truth .* has one value .*, 3"),
    "a truth of rounding": (HEAD + TASK.replace('"x"', '"x + 1e16 - 1e16 - x"'), "are rounding in float64"),
    "target without data": (HEAD + TASK + 'target = "y"', "task 'a': target names a column of `data`"),
    "data is a number": (HEAD + '[[tasks]]\nname = "a"\ndata = 1', "task 'a' data must be given as text, got 1"),
    "data is missing": (HEAD + '[[tasks]]\nname = "a"\ndata = "no.csv"', "cannot read the data file .*no.csv: No "),
    "data is a folder": (HEAD + '[[tasks]]\nname = "a"\ndata = "."', "cannot read the data file .*: Is a directory"),
    "data has a zero byte": (HEAD + '[[tasks]]\nname = "a"\ndata = "a\\u0000b"', "is no CSV file|cannot read"),
}


@pytest.mark.parametrize(("text", "message"), _BAD.values(), ids=_BAD.keys())
def test_a_bad_suite_file_gives_one_line_that_says_where_and_what(load: Any, text: str | bytes, message: str) -> None:
    with pytest.raises(SuiteError, match=message) as caught:
        load(text)
    assert "suite.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


_BAD_CSV = {
    "a bad cell": ("x,y\n1,2\none,2\n", r"points.csv line 3: column 'x': 'one' is no number, '1' is one"),
    "a missing cell": ("x,y\n1,2\n\n3\n", r"points.csv: line 4 has 1 cell, the header has 2"),
    "an empty target": ("x,y\n1,\n", r"points.csv: the column 'y' cannot be used \(empty\)"),
    "infinity": ("x,y\n1e999,2\n", "points.csv line 2: column 'x': '1e999' is beyond float64"),
    "no target": ("x,z\n1,2\n", "points.csv has no column 'y'. Known: x, z"),
    "only the target": ("y\n1\n", "points.csv has no column besides 'y'"),
    "no rows": ("x,y\n", "points.csv: it has no rows below its header"),
    "empty": ("", "points.csv: it has no rows"),
    "a constant column": ("x,y\n1,2\n1,3\n", "points.csv: the column 'x' has one value only, 1; a variable must"),
    "too wide a column": ("x,y\n1e308,2\n1,3\n", "points.csv: the column 'x': high must be a number between"),
    "one row": ("x,y\n1,2\n", "points.csv: the column 'x' has one value only"),
    "text that is not UTF-8": (b"x,y\n\xff,2\n", "can be a variable; left out: 'x'"),
    "a quote without end": ('x,y\n"1,2\n', "points.csv: line 3: unexpected end of data"),
    "a huge cell": ('x,y\n"' + "1" * 200_000 + '",2\n', "points.csv: line 2: field larger than field limit"),
}


@pytest.mark.parametrize(("points", "message"), _BAD_CSV.values(), ids=_BAD_CSV.keys())
def test_a_bad_csv_file_gives_one_line_that_says_where_and_what(load: Any, points: str | bytes, message: str) -> None:
    with pytest.raises(SuiteError, match=message) as caught:
        load(DATA, points=points)
    assert "suite.toml: task 'a': " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("n_train = 40", r"n_train \+ n_test = 41, but the data have 40 rows; lower n_train or n_test"),
        ("n_train = 500", "but the data have 40 rows"),
        ("n_test = 40", "but the data have 40 rows"),
        ('n_train = "a"', "n_train must be a whole number"),
        ('n_test = "a"', "n_test must be a whole number"),
        ('target = "x"\nvariables.x = { low = 0, high = 1 }', "'x' is the target and cannot be a variable too"),
        ("target = 1", "task 'a' target must be given as text"),
        ('weights = "s"', "points.csv has no column 's'"),
        ("weights = 3", "task 'a' weights must be the name of a column of standard deviations, or a table, got 3"),
        ('weights = { column = "z", kind = "s" }', "task 'a' weights.kind must be"),
        ('weights = { colum = "z" }', "task 'a' weights: unknown key 'colum'. Did you mean: column"),
        ('table.seperator = ";"', "task 'a' table: unknown key 'seperator'. Did you mean: separator"),
        ('table.separator = "xy"', "task 'a' table: separator must be comma"),
        ("table = 3", "task 'a' table must be a table, got 3"),
        ("variables.q = { low = 0, high = 1 }", "has no column 'q'. Known: x, y, z"),
    ],
)
def test_data_that_do_not_fit_the_task_are_refused(load: Any, lines: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        load(DATA + lines, points=csv(40))


def test_a_missing_suite_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"cannot read the suite file .*none.toml: No such file"):
        load_suite(tmp_path / "none.toml")
    with pytest.raises(SuiteError, match="Is a directory"):
        load_suite(tmp_path)
