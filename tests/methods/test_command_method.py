"""`command:`: programs of any language are run as methods are, whatever they do."""

from __future__ import annotations

import csv
import json
import os
import pickle
import shutil
import stat
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from commands import LINES, srbench
from places import ROOT

from srbench_lite.errors import ExpressionError, FitError, UsageError
from srbench_lite.methods.code_fingerprint import code_fingerprint
from srbench_lite.methods.discovery import discover
from srbench_lite.methods.made_methods import made_method, name_elsewhere
from srbench_lite.methods.method import Budget, Fit, Method
from srbench_lite.problems.data import Samples
from srbench_lite.recording.store import Store

SAMPLES = Samples(variables=("x", "y"), x=np.array([[0.1, 2.0], [1.0, 3.0]]), y=np.array([1 / 3, 1e-9]))
REGISTRY = discover(entry_points=())


def script(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def fit(method: Method | None, *, seconds: float = 20.0, reported: list[str] | None = None) -> Fit:
    assert method is not None
    told = [] if reported is None else reported
    return method.fit(SAMPLES, seed=7, budget=Budget(seconds=seconds), report=lambda f: told.append(str(f)))


@pytest.fixture(autouse=True, name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- one program ------------------------------------------------------------------------------------------------------


def test_a_program_is_given_points_and_facts(folder):
    script(folder, "tell", 'cp "$2" seen.csv; env | grep ^SRBENCH_ > env.txt; echo "$1" > first.txt; echo "x*y"')
    reported: list[str] = []
    found = fit(made_method("command:./tell 'two words'"), reported=reported)
    assert (str(found.expression), reported, found.stopped) == ("x*y", ["x*y"], "done")
    assert (folder / "first.txt").read_text() == "two words\n"
    with (folder / "seen.csv").open() as file:
        header, *rows = csv.reader(file)
    assert header == ["x", "y", "target"]
    assert [[float(cell) for cell in row] for row in rows] == [[0.1, 2.0, 1 / 3], [1.0, 3.0, 1e-9]]
    told = dict(line.split("=", 1) for line in (folder / "env.txt").read_text().splitlines())
    path = told.pop("SRBENCH_DATA")
    assert Path(path).name == "train.csv"
    assert not Path(path).exists()
    assert json.loads(told.pop("SRBENCH_VARIABLES")) == ["x", "y"]
    assert {name: value for name, value in told.items() if not name.startswith("SRBENCH_LITE")} == {
        "SRBENCH_SEED": "7", "SRBENCH_SECONDS": "20", "SRBENCH_MEMORY_MB": "4096", "SRBENCH_THREADS": "1",
        "SRBENCH_TARGET": "target", "SRBENCH_ARTIFACTS": "",
    }  # fmt: skip


def test_placeholders_stand_where_the_program_wants_them(folder):
    script(folder, "tell", 'echo "# $*" >&2; echo "$#"')
    found = fit(made_method("command:./tell --data={data} {seed} {seconds} {threads} {target} {other}"))
    assert str(found.expression) == "6"  # and no path is added


def test_the_last_formula_counts_and_what_is_none_is_counted(folder):
    script(folder, "chat", "echo x; echo hello; echo 'x + y'; echo 'x +'; echo trouble >&2")
    found = fit(made_method("command:./chat"))
    assert str(found.expression) == "x + y"
    assert found.extras["wrong_lines"] == 2
    assert "unknown variable 'hello'" in found.extras["first_wrong_line"]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("echo hello", ExpressionError, ["'hello'", "unknown variable 'hello'", "Known: x, y", "expected is a"]),
        ("exit 0", FitError, ["wrote no formula", "expected is"]),
        ("echo x; echo no licence >&2; exit 3", RuntimeError, ["code 3", "no licence", "last formula, x, does not"]),
        ("kill -9 $$", RuntimeError, ["killed by SIGKILL"]),
    ],
    ids=["rubbish", "nothing", "exit-3", "killed"],
)  # fmt: skip
def test_what_ends_badly_says_why(folder, text, kind, words):
    script(folder, "bad", text)
    with pytest.raises(kind) as caught:
        fit(made_method("command:./bad"))
    for word in words:
        assert word in str(caught.value)


def test_where_nobody_else_holds_the_limit_the_method_does(folder):
    """A line that is unfinished by then may be half a formula, and counts for nothing."""
    script(folder, "slow", "echo x; printf 'x + 12'; sleep 60")
    began = time.monotonic()
    found = fit(made_method("command:./slow"), seconds=0.1)
    assert (str(found.expression), found.stopped) == ("x", "budget")
    assert time.monotonic() - began < 30


def test_a_file_that_is_no_program_could_not_be_started(folder):
    path = folder / "nothing"
    path.write_bytes(b"\x00\x01")
    path.chmod(0o755)
    with pytest.raises(RuntimeError, match=r"could not be started: Exec format error; a script begins with"):
        fit(made_method("command:./nothing"))


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("command:", "must be followed by a program"),
        ("command:''", "must be followed by a program"),
        ("command:./a\nb", "must be followed by a program in one line"),
        ("command:./missing", "no file"),
        ("command:.", "there is no program '.' on the PATH"),
        ("command:./", "it is a folder"),
        ("command:'./open", "is no command line: No closing quotation"),
        ("command:plain", "write ./plain"),
        ("command:./plain", "is not executable; make it so with chmod +x"),
        ("command:~nosuchuser/x", "there is no file"),
        (f"command:{'n' * 300}/y", "there is no file"),
        (f"command:{'n' * 300}", "there is no program"),
        ("command-in:~nosuchuser ./plain", "there is no folder '~nosuchuser'"),
        (f"command-in:{'n' * 300} ./plain", "there is no folder"),
        ("command:no-such-program-here", "there is no program 'no-such-program-here' on the PATH"),
        ("command-in:nowhere ./plain", "there is no folder 'nowhere'"),
        ("command-in:.", "a program must follow the folder"),
        ("command", "command:TEXT"),
    ],
)
def test_a_program_that_cannot_be_run_is_refused_at_once(folder, name, complaint):
    (folder / "plain").write_text("#!/bin/sh\n")
    (folder / "plain").chmod(stat.S_IRUSR | stat.S_IWUSR)
    with pytest.raises(UsageError) as caught:
        REGISTRY.method(name)
    assert complaint in str(caught.value)


def test_another_folder_finds_the_same_program(folder, monkeypatch):
    script(folder, "here", 'echo "x + $(ls -d here | wc -l)"')
    method = REGISTRY.method("command:./here")
    again = pickle.loads(pickle.dumps(method))
    assert (again, method.with_parameters({})) == (method, method)
    monkeypatch.chdir("/")
    with pytest.raises(UsageError):
        REGISTRY.method("command:./here")
    elsewhere = REGISTRY.method(name_elsewhere(method))
    assert str(fit(elsewhere).expression) == str(fit(method).expression) == "x + 1"


def test_a_changed_program_or_file_is_other_code(folder):
    path = script(folder, "one", "echo x")
    (folder / "settings").write_text("1")
    method = REGISTRY.method(f"command:./one settings --other {'a' * 300}")  # which is too long for a file's name
    seen = [code_fingerprint(method)]
    for changed in (folder / "settings", path):
        changed.write_text(changed.read_text() + "\n")
        seen.append(code_fingerprint(method))
    assert len(set(seen)) == 3
    assert None not in seen


# --- runs -------------------------------------------------------------------------------------------------------------

#: Seconds that only processes of this test sleep.
SLEEP = f"{40_000 + os.getpid()}.89"
#: What a program does, the status of its run, and words of the reason.
RUNS = {
    "good": ("echo 'x'; echo '2*x + 1'", "ok", ""),
    "hangs": ("echo '2*x + 1'; sleep 60", "timeout", "best formula so far is scored"),
    "rubbish": ("echo Hello there", "invalid", "'Hello there'"),
    "strange": ("echo '2*speed'", "invalid", "unknown variable 'speed'. Known: x"),
    "exits": ("echo '2*x + 1'; printf '\\033[2J no' >&2; exit 3", "crashed", "exit code 3; it last wrote: \x1b[2J no"),
    "daemon": (f"(setsid sleep {SLEEP} &) ; setsid nohup sleep {SLEEP} & echo '2*x + 1'", "ok", ""),
}


def test_runs_of_programs_end_with_the_right_status_and_leave_nothing(scoring_here, folder, monkeypatch, capsys):
    (folder / "toy.toml").write_text(LINES)
    (folder / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "tmp"))
    names = [f"command:./{script(folder, name, text).name}" for name, (text, _, _) in RUNS.items()]
    settings = ["--suite", "toy.toml", "--task", "line", "--quiet", "--store", "runs.db"]
    hanging = "command:./hangs"
    chosen = [word for name in names if name != hanging for word in ("--method", name)]
    for arguments in (chosen, ["--method", hanging, "--time-limit", "1.5"]):
        said = srbench(monkeypatch, capsys, "run", *arguments, *settings)
        assert said.code == 3
        assert ("exit code 3; it last wrote: \\x1b[2J no" in said.err) == (arguments == chosen)
    with Store(folder / "runs.db") as store:
        records = {record.method.removeprefix("command:./"): record for record in store}
    assert {name: record.status.value for name, record in records.items()} == {n: s for n, (_, s, _) in RUNS.items()}
    for name, (_, _, words) in RUNS.items():
        assert words in (records[name].reason or "")
    assert {n for n, record in records.items() if record.scores.recovered} == {"good", "hangs", "daemon"}
    assert records["exits"].expression is None
    left = [p for p in psutil.process_iter(["cmdline"]) if SLEEP in (p.info["cmdline"] or [])]
    assert left == []
    assert list((folder / "tmp").iterdir()) == []
    again = srbench(monkeypatch, capsys, "run", "--method", names[0], *settings, "--dry-run")
    assert "0 of them not in the store" in again.out
    script(folder, "good", "echo x")
    changed = srbench(monkeypatch, capsys, "run", "--method", names[0], *settings, "--dry-run")
    assert "1 stored run of other or unknown code is repeated" in changed.err
    missing = srbench(monkeypatch, capsys, "run", "--method", "command:./mising", *settings)
    assert (missing.code, "no file" in missing.err) == (2, True)


@pytest.mark.skipif(shutil.which("awk") != "/usr/bin/awk", reason="there is no /usr/bin/awk")
def test_the_example_in_awk_finds_a_line(folder):
    page = (ROOT / "srbench_lite" / "methods" / "COMMANDS.md").read_text(encoding="utf-8")
    program = folder / "line.awk"
    program.write_text(page.split("```awk\n", 1)[1].split("```", 1)[0])
    program.chmod(0o755)
    x = np.linspace(-3.0, 3.0, 40)
    method = REGISTRY.method("command:./line.awk")
    for y in (3 * x - 1, 0 * x + 5):
        samples = Samples(variables=("speed", "b"), x=np.column_stack([x, x**2]), y=y)
        found = method.fit(samples, seed=1, budget=Budget(seconds=20.0), report=lambda f: None)
        assert np.abs(found.expression({"speed": x, "b": x}) - y).max() < 1e-12
    samples = Samples(variables=("x",), x=np.ones((3, 1)), y=np.array([1.0, 2.0, 6.0]))
    assert str(method.fit(samples, seed=1, budget=Budget(), report=lambda f: None).expression) == "3"


def test_the_example_in_c_finds_a_power_law(folder, monkeypatch):
    """The program of COMMANDS.md, as it stands there."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler, cc")
    page = (ROOT / "srbench_lite" / "methods" / "COMMANDS.md").read_text(encoding="utf-8")
    (folder / "power.c").write_text(page.split("```c\n", 1)[1].split("```", 1)[0])
    assert os.system("cc -Wall -Werror -O2 -o power power.c -lm") == 0
    x = np.linspace(0.5, 3.0, 40)
    method = REGISTRY.method("command:./power")
    for y, wanted in ((3 * x + 1, "line"), (2.5 * x**1.5, "power")):
        samples = Samples(variables=("x",), x=x[:, None], y=y)
        found = method.fit(samples, seed=1, budget=Budget(seconds=20.0), report=lambda f: None)
        assert np.abs(found.expression({"x": x}) - y).max() < 1e-9 * np.abs(y).max()
        assert found.extras["kind"] == wanted
