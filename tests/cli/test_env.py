"""`srbench env`, and what other commands say of environments."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from other_pythons import FACTS, add_package, bare_venv, stand_in
from places import ABROAD

from srbench_lite.environments.home import find_environment, folder_of
from srbench_lite.environments.making import record_interpreter

pytestmark = pytest.mark.usefixtures("processes", "scoring_here")  # of other Pythons

#: With a method that names the environment `there`, which needs apt 1.5.
NAMED = ("--plugin", str(ABROAD))


@pytest.fixture(name="home", autouse=True)
def _home(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("SRBENCH_LITE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(name="there")
def _there(tmp_path, home) -> Path:
    """The interpreter of the environment `there`."""
    python = bare_venv(tmp_path / "venv")
    add_package(python, "apt", "1.5", "VALUE = 7\n")
    record_interpreter("there", str(python))
    return python


# --- env --------------------------------------------------------------------------------------------------------------


def test_what_a_method_says_that_it_needs_is_installed(srbench, tmp_path):
    base = stand_in(tmp_path / "python", pip=f'echo "$@" > {tmp_path}/asked; echo Collecting apt')
    said = srbench("env", "add", "there", *NAMED, "--python", str(base), "--install", "apt==1.5")
    found = find_environment("there")

    assert found is not None
    assert (said.code, said.err) == (0, "  Collecting apt\n")
    assert said.out == f"there: Python 3.12.4, Apt 1.0, numpy 2.9\n{found.python}\nused by names-there\n"
    assert (tmp_path / "asked").read_text().endswith(" numpy apt==1.5\n")
    again = srbench("env", "add", "there", *NAMED)
    assert again.code == 2
    assert "there is an environment there already (/" in again.err
    assert "--replace makes it anew" in again.err


def test_requirements_come_from_the_methods_of_that_environment(srbench, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "srbench_lite.environments.making.make_environment",
        lambda name, requirements, **how: asked.append(requirements) or record_interpreter(name, sys.executable),
    )

    assert srbench("env", "add", "there", *NAMED).code == 0
    assert asked == [("apt==1.5",)]
    unsaid = srbench("env", "add", "ther", *NAMED)
    assert unsaid.code == 2
    assert "no method says what is installed in an environment 'ther'" in unsaid.err
    assert "srbench env add ther --install SPEC. Did you mean: there?" in unsaid.err


def test_an_interpreter_that_is_there_is_remembered_listed_and_removed(srbench, tmp_path):
    python = bare_venv(tmp_path / "venv")
    added = srbench("env", "add", "mine", "--python", str(tmp_path / "venv"))
    listed = srbench("env", "list", *NAMED)
    add_package(python, "apt", "1.5")
    changed = srbench("env", "list")
    python.unlink()
    broken = srbench("env", "list")
    removed = srbench("env", "remove", "mine")
    none = srbench("env", "list")

    assert added.out.endswith(f"{python}\nno method names it; srbench run --python METHOD=mine runs one there\n")
    assert listed.code == 0
    assert [line.split()[0] for line in listed.out.splitlines()][:2] == ["NAME", "mine"]
    assert listed.out.splitlines()[1].endswith("  works")
    assert "there is no environment there; make it with: srbench env add there --plugin " in listed.out
    assert changed.code == 1
    assert (
        "WRONG: has changed since it was recorded: apt 1.5 is new; take it as it is now with: "
        f"srbench env add mine --python {python} --replace"
    ) in " ".join(changed.out.split())
    assert broken.code == 1
    assert f"WRONG: does not work: {python} cannot be started: No such file or directory" in " ".join(
        broken.out.split()
    )
    assert removed.out == f"removed {folder_of('mine')}\n"
    assert python.parent.is_dir()
    assert (none.code, none.err) == (0, "there are no environments yet\n")


def test_replacing_makes_it_of_what_it_was_made_of(srbench, tmp_path, monkeypatch):
    """Which is said to mend it, and may be nothing that a method names."""
    base = stand_in(tmp_path / "python", pip=f'echo "$@" > {tmp_path}/asked')
    monkeypatch.setattr(sys, "executable", str(base))
    srbench("env", "add", "there", "--install", "apt==1.4")
    newer = stand_in(tmp_path / "newer", pip=f'echo "$@" > {tmp_path}/asked', probed=f"echo '{FACTS}'  # newer")
    (next(folder_of("there").glob("venv-*")) / "pyvenv.cfg").write_text(f"executable = {newer}\n")
    replaced = srbench("env", "add", "there", "--replace", *NAMED)  # whose method asks for another version

    assert replaced.code == 0, replaced.err
    assert (tmp_path / "asked").read_text().endswith(" numpy apt==1.4\n")
    (made,) = folder_of("there").glob("venv-*")
    assert (made / "bin" / "python").read_text() == newer.read_text()
    assert "note: it is made of apt==1.4, as before; its methods ask for --install apt==1.5\n" in replaced.err
    srbench("env", "add", "mine", "--python", str(base))
    (tmp_path / "asked").unlink()
    stand_in(base, probed=f"echo '{FACTS.replace('1.0', '1.1')}'")
    recorded, found = srbench("env", "add", "mine", "--replace"), find_environment("mine")
    assert (recorded.code, (tmp_path / "asked").exists()) == (0, False)
    assert found is not None
    assert (found.python, found.locked) == (str(base), ("Apt==1.1", "numpy==2.9"))
    (folder_of("mine") / "environment.json").write_text("{")
    assert "no method says what is installed in an environment 'mine'" in srbench("env", "add", "mine", "--replace").err


def test_what_a_killed_command_has_left_is_listed_and_removed(srbench):
    (folder_of("begun") / "venv-1" / "bin").mkdir(parents=True)
    listed = srbench("env", "list")
    removed = srbench("env", "remove", "begun")

    assert listed.code == 0
    assert "begun is being made, or was when that was killed; srbench env remove begun removes it" in listed.out
    assert (removed.code, removed.out) == (0, f"removed {folder_of('begun')}\n")
    assert not folder_of("begun").exists()


def test_an_environment_whose_file_is_spoilt_is_listed_as_wrong(srbench, there):
    (folder_of("there") / "environment.json").write_text("{")
    said = srbench("env", "list", *NAMED)

    assert said.code == 1
    assert "WRONG: the environment there cannot be used" in said.out
    assert srbench("env", "remove", "there").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "a b"), "an environment's name must be letters, digits"),
        (("add", "mine", "--python", "nowhere"), "there is no Python interpreter 'nowhere'; give the path of one"),
        (("remove", "mine"), "unknown environment 'mine'"),
        (("remove", "../mine"), "an environment's name must be"),
        (("ad", "mine"), "No such command 'ad'"),
    ],
)
def test_wrong_words_are_named(srbench, home, arguments, said):
    told = srbench("env", *arguments)

    assert told.code == 2
    assert said in told.err
    assert not home.exists()


def test_a_pip_that_fails_is_quoted_and_leaves_nothing(srbench, tmp_path, home):
    base = stand_in(tmp_path / "python", pip="echo ERROR: no route to host >&2; exit 1")
    said = srbench("env", "add", "mine", "--python", str(base), "--install", "theirs==1")

    assert said.code == 1
    assert said.err == (
        "  ERROR: no route to host\nError: pip install numpy theirs==1 failed (exit code 1); nothing was kept\n"
    )
    assert list((home / "environments").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing(tmp_path, home, number):
    base = stand_in(tmp_path / "python", pip=f"sleep 600 & echo $! > {tmp_path}/pid; echo begun; wait")
    command = subprocess.Popen(
        [sys.executable, "-m", "srbench_lite", "env", "add", "mine", "--python", str(base), "--install", "theirs"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert command.stderr is not None
    assert command.stderr.readline() == "  begun\n"
    command.send_signal(number)
    _, said = command.communicate(timeout=120)

    assert command.returncode == 130
    assert "Traceback" not in said
    assert list((home / "environments").iterdir()) == []
    end = time.monotonic() + 20
    while _runs(int((tmp_path / "pid").read_text())):
        assert time.monotonic() < end, "what pip had started is still there"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.slow
def test_a_venv_and_pip_as_they_are_make_an_environment(srbench, tmp_path, monkeypatch):
    """Without an index: pip finds a wheel of numpy, which is none, and a package in a folder."""
    for name in ("numpy", "apt"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").write_text("VALUE = 7\n")
        _pack(tmp_path, name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    said = srbench("env", "add", "there", *NAMED)
    found = find_environment("there")
    failed = srbench("env", "add", "there", "--replace", "--install", "nowhere==3")

    assert said.code == 0, said.err
    assert found is not None
    assert {"apt==1.5", "numpy==1.5"} <= set(found.locked)
    assert failed.code == 1
    assert "No matching distribution found for nowhere==3" in failed.err
    assert find_environment("there") == found
    assert srbench("env", "list", *NAMED).out.splitlines()[1].endswith("works")


def _pack(folder: Path, name: str) -> None:
    """Write a wheel of one module, version 1.5."""
    about = folder / name / f"{name}-1.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
    (about / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    (about / "RECORD").write_text("")
    archive = shutil.make_archive(str(folder / name), "zip", folder / name)
    (folder / "wheels").mkdir(exist_ok=True)
    Path(archive).rename(folder / "wheels" / f"{name}-1.5-py3-none-any.whl")


# --- other commands ---------------------------------------------------------------------------------------------------


def test_without_the_environment_every_command_says_how_to_make_it(srbench, monkeypatch):
    monkeypatch.setattr("srbench_lite.cli.doctor._worker", lambda files: ())
    Path("d.csv").write_text("x,y\n" + "".join(f"{n},{2 * n + 1}\n" for n in range(9)))
    command = f"srbench env add there --plugin {shlex.quote(str(ABROAD))}"
    how = f"there is no environment there; make it with: {command}"
    planned = srbench("run", "-m", "names-there", "-s", "toy.toml", "--dry-run", *NAMED)
    run = srbench("run", "-m", "names-there", "-s", "toy.toml", *NAMED)
    conform = srbench("conform", "names-there", *NAMED)
    fit = srbench("fit", "d.csv", "--target", "y", "-m", "names-there", *NAMED)
    listed = srbench("list", "methods", *NAMED)
    doctor = srbench("doctor", *NAMED)

    assert planned.err == f"warning: names-there is skipped: {how}\n"
    assert (run.code, f"warning: names-there is skipped: {how}\n" in run.err) == (3, True)
    assert (conform.code, conform.err) == (2, f"Error: names-there cannot run: {how}\n")
    assert (fit.code, fit.err.endswith(f"names-there: skipped: {how}\nno method could be run\n")) == (3, True)
    assert "there (missing)" in next(line for line in listed.out.splitlines() if line.startswith("names-there"))
    assert f"ok    no environment there: runs of names-there are skipped until there is one ({command})" in doctor.out


def test_with_the_environment_every_command_runs_there(srbench, there, monkeypatch):
    monkeypatch.setattr("srbench_lite.cli.doctor._worker", lambda files: ())
    Path("d.csv").write_text("x,y\n" + "".join(f"{n},7\n" for n in range(9)))
    conform = srbench("conform", "names-there", *NAMED, "--check", "returns-a-fit", "--check", "describes-itself")
    fit = srbench("fit", "d.csv", "--target", "y", "-m", "names-there", *NAMED)
    listed = json.loads(srbench("list", "methods", "--json", *NAMED).out)
    doctor = srbench("doctor", *NAMED)

    assert (conform.code, conform.out.splitlines()[-1].split(",")[0]) == (0, "names-there: conforms; 2 passed")
    assert fit.code == 0, fit.err
    assert "7" in fit.out
    (row,) = [row for row in listed if row["method"] == "names-there"]
    assert (row["environment"], row["environment_missing"], row["requirements"]) == ("there", False, ["apt==1.5"])
    assert "ok    environment there: Python 3." in doctor.out
    there.unlink()
    broken = srbench("doctor", *NAMED)
    assert broken.code == 1
    assert f"WRONG environment there does not work: {there} cannot be started" in broken.out
    assert "\n      name another Python with: srbench env add there --python PATH --replace" in broken.out


def test_a_model_that_is_trained_elsewhere_is_not_inspected(srbench, tmp_path):
    plugin = tmp_path / "inspected.py"
    plugin.write_text(INSPECTED)
    said = srbench("inspect", "-m", "far", "-t", "sin/plain", "--out", "out", "--plugin", str(plugin))

    assert said.code == 2
    assert "far cannot be inspected: it runs in the environment there, and a model is trained in this" in said.err


INSPECTED = """
from dataclasses import dataclass
from srbench_lite import Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Far(Method):
    name, summary, source = "far", "trains somewhere else", "tests"
    environment = "there"

    def fit(self, samples, *, seed, budget, report):
        raise AssertionError

    def inspect(self, samples, *, seed, budget, report):
        raise AssertionError

@hookimpl
def srbench_methods():
    return [Far()]
"""
