"""A tour of odd inputs: of each the exit code and the first line that is said.

The first line is that on standard output, or where nothing stands there, the first on standard error that is no usage
line and no progress. It is compared from its beginning. Nowhere is a traceback, a lock or a process left.
"""

from __future__ import annotations

import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from commands import LINES, Said
from commands import srbench as called
from places import HOSTILE

PLUGIN = f"--plugin {shlex.quote(str(HOSTILE))}"
DATA = '[suite]\nname = "data"\n[[tasks]]\nname = "d"\ndata = "d.csv"\ntarget = "y"\n'
UNHASHABLE = """
from dataclasses import dataclass
from srbench_lite import Method, hookimpl

@dataclass(frozen=True)
class M(Method):
    name = summary = source = "m"
    widths: object = ((1,),)

    def fit(self, *a, **k):
        pass

@hookimpl
def srbench_methods():
    return [M()]
"""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One stop of the tour.

    Attributes:
        command: the arguments of `srbench`, quoted as for a shell; with `shell` a whole command line of bash, in which
            `srbench` stands for the command.
        code: exit code.
        line: how the first line begins.
        files: what else lies in the folder: text or bytes by name.
        environment: variables that are set.
        shell: whether it needs a process of its own, and a shell.
        terminal: number of columns of the terminal that it runs on; 0: none.
    """

    command: str
    code: int
    line: str
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    shell: bool = False
    terminal: int = 0


def poor(encoding: str, command: str, line: str) -> Stop:
    return Stop(command=command, code=0, line=line, environment={"PYTHONIOENCODING": encoding}, shell=True)


def shell(command: str, code: int, line: str) -> Stop:
    return Stop(command=command, code=code, line=line, shell=True)


TOUR: Mapping[str, Stop] = {
    # --- commands and options
    "no command": Stop(command="", code=2, line=""),
    "a command that does not exist": Stop(
        command="rum", code=2, line="Error: no such command 'rum'. Did you mean: run?"
    ),
    "an option without its value": Stop(command="run -m", code=2, line="Error: Option '-m' requires an argument."),
    "an empty method": Stop(command="run -m ''", code=2, line="Error: unknown method ''. Known: bingo"),
    "an empty suite": Stop(command="run -m lasso -s ''", code=2, line="Error: unknown suite ''. Known: composite"),
    "an empty task": Stop(command="show ''", code=2, line="Error: unknown task ''. Known: "),
    "a slash": Stop(command="show /", code=2, line="Error: unknown task '/'. Known: "),
    "a byte that is no text": Stop(command="show '\udcff'", code=2, line="Error: unknown task '\\udcff'. Known: "),
    "own data that are not there": Stop(
        command="fit no.csv", code=2, line="Error: cannot read the data file no.csv: No"
    ),
    "own data that are a folder": Stop(command="fit . --target y", code=2, line="Error: cannot read the data file ."),
    "a formula of nothing": Stop(command="predict '' no.csv", code=2, line="Error: the formula is empty; give one"),
    "noise that is no number": Stop(
        command="run -m lasso --noise nan", code=2, line="Error: a noise level is a fraction"
    ),
    "endless time": Stop(
        command="run -m lasso --time-limit inf",
        code=2,
        line="Error: the budget's seconds must be a positive number, got",
    ),
    "a limit beyond numbers": Stop(
        command="run -m lasso --memory-limit 1e400", code=2, line="Error: the budget's memory_mb must be a positive"
    ),
    "a billion seeds": Stop(
        command="run -m lasso --seeds 1000000000 --dry-run", code=2, line="Error: a plan has at most 100,000,000 runs"
    ),
    "more seeds than can be counted": Stop(
        command="run -m lasso --seeds 99999999999999999999",
        code=2,
        line="Error: Invalid value for '--seeds': 99999999999",
    ),
    "a seed beyond 63 bits": Stop(
        command="run -m lasso --first-seed 9223372036854775807 --seeds 2",
        code=2,
        line="Error: a seed must be a whole numb",
    ),
    "a million jobs": Stop(
        command="run -m lasso -s toy.toml -j 1000000 --dry-run", code=0, line="lasso: 2 runs on 2 tas"
    ),
    "a training set of nobody": Stop(
        command="run -m lasso --train-size 0", code=2, line="Error: a training-set size must be a whole number from 1"
    ),
    "half a training point": Stop(
        command="run -m lasso --train-size 20,2.5",
        code=2,
        line="Error: --train-size must be whole numbers with commas between, such as 20,50,200, got '20,2.5'",
    ),
    "fewer dummies than none": Stop(
        command="run -m lasso --dummies -1", code=2, line="Error: a number of dummy variables must be a whole number"
    ),
    "more dummies than names": Stop(
        command="run -m lasso --dummies 1000", code=2, line="Error: a number of dummy variables must be a whole number"
    ),
    "dummies in words": Stop(
        command="run -m lasso --dummies three", code=2, line="Error: --dummies must be whole numbers with commas"
    ),
    "input noise that is no number": Stop(
        command="run -m lasso --input-noise nan", code=2, line="Error: input noise must be a number of at least 0"
    ),
    "outliers that are most points": Stop(
        command="run -m lasso --outliers 0.6", code=2, line="Error: a share of outliers must be a number from 0 to 0.5"
    ),
    "a plan of perturbations": Stop(
        command="run -m lasso -s toy.toml --train-size 20,50 --dummies 0,3 --rescale --dry-run",
        code=0,
        line="lasso: 8 runs on 2 tasks",
    ),
    "a perturbation that nobody has run": Stop(
        command="plot sin/plain --perturbation nonsense", code=2, line="Error: no stored run of sin/plain"
    ),
    "a parameter without a value": Stop(
        command="run -m lasso --set lasso.degree=",
        code=2,
        line="Error: lasso.degree must be a whole number such as 6, got",
    ),
    "a parameter without a name": Stop(
        command="run -m lasso --set =3", code=2, line="Error: --set must be METHOD.PARAMETER=VALUE, got '=3'"
    ),
    "a list where a number belongs": Stop(
        command="run -m lasso --set lasso.degree=8,8",
        code=2,
        line="Error: lasso.degree must be a whole number such as 6",
    ),
    # --- names and patterns
    "a pattern": Stop(command="list tasks -t 'sin/p*'", code=0, line="TASK "),
    "a pattern for a run": Stop(command="run -m lasso -t 'sin/p*' --dry-run", code=0, line="lasso: 3 runs on 3 tasks"),
    "a pattern that fits nothing": Stop(
        command="run -m lasso -t 'sin/q*'", code=2, line="Error: no task fits the pattern 'sin/q*'."
    ),
    "half a pattern": Stop(command="run -m lasso -t '['", code=2, line="Error: no task fits the pattern '['."),
    "a pattern for one task that fits several": Stop(
        command="show 'sin/p*'",
        code=2,
        line="Error: 'sin/p*' fits 3 tasks; name one: sin/phase, sin/plain, sin/product",
    ),
    "a pattern of methods": Stop(command="list methods -t x", code=2, line="Error: --task chooses among tasks; write"),
    "a suite in Greek": Stop(command="leaderboard --suite αβγ", code=2, line="Error: unknown suite 'αβγ'. Known: toy."),
    "a file name with blanks and umlauts": Stop(
        command="list tasks -s 'mein süßer.toml'", code=0, line="TASK ", files={"mein süßer.toml": LINES}
    ),
    # --- suite files
    "a folder as a suite": Stop(
        command="list tasks -s ./", code=2, line="Error: cannot read the suite file .: Is a direct"
    ),
    "a missing suite file": Stop(
        command="list tasks -s no.toml", code=2, line="Error: cannot read the suite file no.toml: "
    ),
    "an empty suite file": Stop(
        command="list tasks -s e.toml", code=2, line="Error: e.toml: 2 faults:", files={"e.toml": ""}
    ),
    "a suite file with a byte order mark": Stop(
        command="list tasks -s bom.toml", code=0, line="TASK ", files={"bom.toml": b"\xef\xbb\xbf" + LINES.encode()}
    ),
    "a suite file of another system": Stop(
        command="list tasks -s crlf.toml",
        code=0,
        line="TASK ",
        files={"crlf.toml": LINES.replace("\n", "\r\n").encode()},
    ),
    "a suite file in UTF-16": Stop(
        command="list tasks -s u.toml",
        code=2,
        line="Error: u.toml is no TOML file",
        files={"u.toml": LINES.encode("utf-16")},
    ),
    "a suite file that is a picture": Stop(
        command="list tasks -s p.toml",
        code=2,
        line="Error: p.toml is no TOML file",
        files={"p.toml": b"\x89PNG\r\n\x1a\n\0"},
    ),
    "a suite from a pipe": shell("srbench list tasks -s /dev/stdin < toy.toml", 0, "TASK "),
    "a task without a truth": Stop(
        command="list tasks -s d.toml",
        code=0,
        line="TASK ",
        files={"d.toml": DATA, "d.csv": "x,y\n1,2\n2,3\n3,5\n4,4\n"},
    ),
    "a formula that is code": Stop(
        command="list tasks -s evil.toml --strict",
        code=2,
        line="Error: evil.toml: task 'line' truth",
        files={"evil.toml": LINES.replace("2*x + 1", "__import__('os').system('touch evil')")},
    ),
    # --- formulas
    "an empty formula": Stop(
        command="equal '' x", code=2, line="Error: FOUND is not a formula: a formula must not be empty"
    ),
    "half a formula": Stop(
        command="equal 'x +' x", code=2, line="Error: FOUND is not a formula: the formula ends where"
    ),
    "a very deep formula": Stop(
        command=f"equal {'x+' * 2000}x x",
        code=2,
        line="Error: FOUND is not a formula: a formula may be at most 1,000 nodes",
    ),
    "a range that is none": Stop(
        command="equal x x --var x=1:1", code=2, line="Error: --var 'x=1:1': low must be below"
    ),
    # --- stores and other files
    "no store": Stop(
        command="leaderboard --store no.db", code=2, line="Error: there is no store at no.db; run `srbench run`"
    ),
    "a store that is text": Stop(
        command="show toy/line --store t.db",
        code=2,
        line="Error: t.db is no SQLite file",
        files={"t.db": "my notes\n" * 99},
    ),
    "an empty store": Stop(
        command="leaderboard --store e.db", code=2, line="Error: the store e.db is empty", files={"e.db": b""}
    ),
    "a device as a store": Stop(
        command=f"run -m good -s toy.toml {PLUGIN} --store /dev/null",
        code=2,
        line="Error: the store /dev/null is a device or a pipe; name a file with --store",
    ),
    "a store with a name that is too long": Stop(
        command=f"leaderboard --store {'a' * 300}.db",
        code=2,
        line=f"Error: {'a' * 300}.db cannot be a store: File name",
    ),
    "a store with signs in its name": Stop(
        command="import results/srbench.db --store 'a b?#%20é.db'",
        code=0,
        line="results/srbench.db: 4 new, 0 already in a b",
    ),
    "a damaged store": Stop(
        command="doctor --store d.db",
        code=1,
        line="ok    srbench-lite",
        files={"d.db": b"SQLite format 3\0" + b"x" * 9000},
    ),
    "a folder as output": Stop(command="export --out . --format csv", code=2, line="Error: "),
    "output below a file": Stop(
        command="leaderboard --format json --out toy.toml/x.json",
        code=2,
        line="Error: cannot write toy.toml/x.json: Not a",
    ),
    "output to nowhere": Stop(command="leaderboard --out /dev/null", code=0, line=""),
    "an export without a format": Stop(
        command="export --out x", code=2, line="Error: the name 'x' does not say the format"
    ),
    "an import of something else": Stop(
        command="import toy.toml", code=2, line="Error: cannot tell the format of toy.toml"
    ),
    "a baseline of something else": Stop(
        command="check --baseline toy.toml", code=2, line="Error: cannot tell the format"
    ),
    "a folder in which nothing can be": Stop(
        command="leaderboard --store /proc/x/y.db", code=2, line="Error: there is no st"
    ),
    # --- plugins
    "a plugin that is a folder": Stop(command="plugins --plugin .", code=2, line="Error: there is no plugin file ."),
    "a plugin given twice": Stop(
        command=f"list methods {PLUGIN} {PLUGIN}",
        code=2,
        line="Error: two plugins are called 'hostile_methods': one of",
    ),
    "a plugin with a wrong line": Stop(
        command="plugins --plugin s.py", code=1, line="NAME ", files={"s.py": "def f(:\n"}
    ),
    "a plugin that is no text": Stop(
        command="plugins --plugin b.py", code=1, line="NAME ", files={"b.py": b"\xff\xfe\0"}
    ),
    "a plugin that exits": Stop(
        command="plugins --plugin e.py", code=1, line="NAME ", files={"e.py": "raise SystemExit(3)"}
    ),
    "a plugin that closes the output": Stop(
        command="srbench plugins --plugin c.py",
        code=0,
        line="NAME ",
        files={"c.py": "import sys\nsys.stdout.close()"},
        shell=True,
    ),
    "a plugin with a module beside it": Stop(
        command="plugins --plugin my.v2.py",
        code=0,
        line="NAME ",
        files={"my.v2.py": "import helper\nfrom .helper import x", "helper.py": "x = 1"},
    ),
    "a plugin with a method that cannot be hashed": Stop(
        command="plugins --plugin l.py",
        code=1,
        line="NAME ",
        files={"l.py": UNHASHABLE},
    ),
    # --- results
    "a comparison with nobody": Stop(
        command="compare good other", code=2, line="Error: unknown method in results/srbench.db"
    ),
    "a comparison without a value": Stop(
        command="compare finds-nothing finds-nothing --metric complexity",
        code=5,
        line="nothing to compare: no task has valu",
    ),
    "a selection of nothing": Stop(
        command="compare good good --noise 7", code=5, line="nothing was selected: no run fits"
    ),
    "a method that finds nothing": Stop(
        command=f"run -m finds-nothing -s toy.toml {PLUGIN} -q", code=3, line="no run of finds-nothing ended ok"
    ),
    "a task that nobody has run": Stop(command="show sin/plain", code=0, line="sin/plain"),
    # --- terminals, pipes and signals
    "Latin 1": poor("latin-1", "srbench leaderboard", "toy, noise 0, 2 tasks"),
    "Windows": poor("cp1252", "srbench show toy/line", "toy/line"),
    "ASCII, a table": poor("ascii", "srbench leaderboard | grep -o 'R2'", "R2"),
    "ASCII, a name": poor(
        "ascii", "srbench doctor --store α.db | grep store", "ok    store \\u03b1.db: there is none yet"
    ),
    "a locale without UTF-8": Stop(
        command="srbench leaderboard | LC_ALL=C grep -c '[^ -~]'; exit ${PIPESTATUS[0]}",
        code=0,
        line="0",
        shell=True,
        environment={"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ),
    "an old terminal of 40 columns": Stop(
        command="srbench leaderboard", code=0, line="toy, noise 0, 2 tasks", terminal=40
    ),
    "a run on a terminal of 40 columns": Stop(
        command=f"srbench run -m good -s toy.toml -t line {PLUGIN} --first-seed 7", code=0, line="finished", terminal=40
    ),
    "a terminal of one column": Stop(command="srbench list suites", code=0, line="SUITE ", terminal=1),
    "a reader that reads one line": shell("srbench list tasks | head -1; exit ${PIPESTATUS[0]}", 0, "TASK "),
    "a reader that reads nothing": shell("srbench list tasks | true; exit ${PIPESTATUS[0]}", 0, ""),
    "a reader of errors that reads nothing": shell("srbench rum |& true; exit ${PIPESTATUS[0]}", 2, ""),
    "a failure whose reader has gone": shell("srbench doctor --store toy.toml | true; exit ${PIPESTATUS[0]}", 1, ""),
    "a closed output": shell("srbench list tasks >&-", 0, ""),
    "everything closed": shell(f"srbench run -m good -s toy.toml {PLUGIN} <&- >&- 2>&-", 0, ""),
    "errors to nowhere": shell("srbench rum 2>&-", 2, ""),
    "a full disk": shell("srbench list tasks > /dev/full", 1, "Error: No space left on device: standard output"),
    "a gate on a full disk": shell(
        "srbench baseline --out b.json > made; srbench check --baseline b.json > /dev/full",
        2,
        "Error: cannot write the result: No space left on device: standard output",
    ),
    "errors to a full disk": shell("srbench rum 2> /dev/full", 2, ""),
    "a file that may not grow": shell(
        "ulimit -f 4; srbench list tasks --json > x.json", 1, "Error: File too large: standard output"
    ),
    "a folder that is gone": shell(
        "mkdir gone; cd gone; rmdir ../gone; srbench leaderboard 2>&1 | tail -1; exit ${PIPESTATUS[0]}",
        1,
        "Error: No such file or directory: the current folder; change to one that exists",
    ),
    "an empty environment": shell("env -i $(which env) srbench list suites", 0, "SUITE "),
    "a terminal that was closed in the midst of a run": shell(
        f"srbench run -m sleeps -s toy.toml {PLUGIN} -q --store s.db 2> said & "
        "until [ -e s.db-lock ]; do sleep 0.05; done; sleep 0.3; kill -HUP $!; wait $!; code=$?; tail -2 said; "
        "exit $code",
        130,
        "interrupted",
    ),
}


@pytest.fixture(scope="module", name="prepared")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a suite, and a store of two methods on it."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "toy.toml").write_text(LINES)
    arguments = shlex.split(f"run -m good -m finds-nothing -s toy.toml {PLUGIN} -q")
    assert subprocess.run([sys.executable, "-m", "srbench_lite", *arguments], cwd=folder).returncode == 3
    return folder


@pytest.fixture(name="folder")
def _folder(prepared: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it; afterwards there is no lock in it, and no process."""
    folder = tmp_path / "tour"
    shutil.copytree(prepared, folder)
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    yield folder
    assert not [*folder.rglob("*-lock"), *folder.rglob("*-new"), *folder.rglob("evil")]
    left = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
    assert not [process for process in left if process.is_running()]


def test_the_tour_has_sixty_stops():
    assert len(TOUR) >= 60


@pytest.mark.parametrize("name", TOUR)
def test_tour(folder, monkeypatch, capsys, name):
    stop = TOUR[name]
    for file, content in stop.files.items():
        (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("CI", raising=False)
    for variable, value in stop.environment.items():
        monkeypatch.setenv(variable, value)
    if stop.terminal:
        said = _on_terminal(stop)
    else:
        said = _in_shell(stop) if stop.shell else called(monkeypatch, capsys, *shlex.split(stop.command))

    assert said.code == stop.code, said
    assert "Traceback" not in said.out + said.err
    line = _first_line(said)
    assert line.startswith(stop.line), said
    assert stop.line or not line, said


def _first_line(said: Said) -> str:
    """Return the first line on standard output; where there is none, the first on standard error that is no usage."""
    noise = re.compile(r"Usage: |Try '|  |Options:|Commands:|\d+ runs?, |finished: |warning: |/bin/bash|$")
    lines = said.out.splitlines()[:1] or [line for line in said.err.splitlines() if not noise.match(line)]
    return lines[0] if lines and not said.err.startswith("Usage: srbench [OPTIONS] COMMAND [ARGS]...\n\n  ") else ""


def _command(stop: Stop) -> list[str]:
    srbench = f"{shlex.quote(sys.executable)} -m srbench_lite"
    return ["bash", "-c", re.sub(r"\bsrbench (?!-)", f"{srbench} ", stop.command)]


def _in_shell(stop: Stop) -> Said:
    done = subprocess.run(_command(stop), capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    return Said(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def _on_terminal(stop: Stop) -> Said:
    """Run it on a terminal of some columns; all that is written there counts as standard output."""
    master, slave = pty.openpty()
    environment = os.environ | {"COLUMNS": str(stop.terminal), "TERM": "xterm"}
    process = subprocess.Popen(_command(stop), stdin=slave, stdout=slave, stderr=slave, env=environment, close_fds=True)
    os.close(slave)
    written = bytearray()

    def read() -> None:
        try:
            while chunk := os.read(master, 1 << 16):
                written.extend(chunk)
        except OSError:  # nobody has the terminal any more
            pass

    reader = threading.Thread(target=read)
    reader.start()
    code = process.wait(timeout=60)
    reader.join(timeout=60)
    os.close(master)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", written.decode())
    lines = [line for line in text.splitlines() if line.strip()]
    if stop.terminal >= 40:
        assert all(len(line) <= stop.terminal for line in lines if "─" in line)
    return Said(code, "\n".join(line for line in lines if "·" not in line and "starting" not in line), "")
