"""Environments are made whole or not at all; programs that play Python stand in for venv and pip."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from pathlib import Path

import psutil
import pytest
from folders import ordinary_user
from other_pythons import FACTS, bare_venv, stand_in

from srbench_lite.environments.home import environment_names, find_environment, folder_of
from srbench_lite.environments.making import MakingError, base_python, make_environment, record_interpreter
from srbench_lite.errors import UsageError


def venvs(name: str) -> list[Path]:
    return sorted(folder_of(name).glob("venv-*"))


def test_a_venv_is_made_and_recorded_with_what_pip_chose(tmp_path):
    base = stand_in(tmp_path / "python", pip=f'echo "$@" > {tmp_path}/asked; echo one; echo; echo two')
    heard: list[str] = []
    made = make_environment("mine", ["their-method==1.2", "numpy<3"], python=str(base), say=heard.append)

    assert made == find_environment("mine")
    assert made.requirements == ("their-method==1.2", "numpy<3")
    assert made.locked == ("Apt==1.0", "numpy==2.9")
    assert made.python_version == "3.12.4"
    assert [Path(made.python)] == [venv / "bin" / "python" for venv in venvs("mine")]
    assert (tmp_path / "asked").read_text().split()[-3:] == ["numpy", "their-method==1.2", "numpy<3"]
    assert heard == ["one", "two"]


def test_what_builds_the_others_is_installed_before_them(tmp_path):
    base = stand_in(tmp_path / "python", pip=f'echo "$@" >> {tmp_path}/asked')
    made = make_environment("mine", ["their-method==1.2", "build: pybind11==3", "build:wheel"], python=str(base))
    first, second = (tmp_path / "asked").read_text().splitlines()

    assert first.split()[-3:] == ["numpy", "pybind11==3", "wheel"]
    assert second.split()[-3:] == ["--no-build-isolation", "numpy", "their-method==1.2"]
    assert "--no-build-isolation" not in first
    assert made.requirements == ("their-method==1.2", "build: pybind11==3", "build:wheel")


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ({"pip": "echo looking; echo ERROR: No matching distribution >&2; exit 1"},
         r"pip install numpy nowhere==1 failed \(exit code 1\); it last said:\n"
         r"  looking\n  ERROR: No matching distribution\nnothing was kept"),
        ({"pip": "kill -9 $$"}, r"pip install numpy nowhere==1 failed \(exit code -9\)"),
        ({"probed": "echo '{}'"}, "the new environment does not work: .*is no Python that works"),
    ],
)  # fmt: skip
def test_nothing_is_left_where_it_fails(ways, said, tmp_path, home):
    base = stand_in(tmp_path / "python", **ways)
    with pytest.raises(MakingError, match=said):
        make_environment("mine", ["nowhere==1"], python=str(base))

    assert environment_names() == []
    assert list((home / "environments").iterdir()) == []


def test_a_python_that_makes_no_venv_is_an_error(tmp_path, home):
    (tmp_path / "python").write_text("#!/bin/sh\necho no module named venv\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    with pytest.raises(MakingError, match=r"python -m venv failed \(exit code 1\); .*:\n  no module named venv"):
        make_environment("mine", [], python=str(tmp_path / "python"))

    assert list((home / "environments").iterdir()) == []


def test_an_interrupt_ends_what_was_started_and_leaves_nothing(tmp_path, home):
    base = stand_in(tmp_path / "python", pip=f"sleep 600 & echo $! > {tmp_path}/pid; echo begun; wait")

    def interrupt(line: str) -> None:
        assert line == "begun"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_environment("mine", [], python=str(base), say=interrupt)

    assert list((home / "environments").iterdir()) == []
    pid = int((tmp_path / "pid").read_text())
    end = time.monotonic() + 20
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end, "what pip had started is still there"
        time.sleep(0.02)


def test_one_that_is_there_stays_unless_it_is_replaced(tmp_path):
    base = str(stand_in(tmp_path / "python"))
    first = make_environment("mine", [], python=base)
    with pytest.raises(UsageError, match=r"an environment mine already \(/.*, made 2.*\); --replace makes it anew"):
        make_environment("mine", [], python=base)
    with pytest.raises(MakingError):
        make_environment("mine", [], python=str(stand_in(tmp_path / "bad", pip="exit 1")), replace=True)
    assert find_environment("mine") == first
    assert Path(first.python).exists()

    second = make_environment("mine", ["more"], python=base, replace=True)
    assert find_environment("mine") == second
    assert venvs("mine") == [Path(second.python).parent.parent]


def test_what_a_killed_command_has_left_goes_with_the_next(tmp_path):
    (folder_of("mine") / "venv-killed" / "lib").mkdir(parents=True)
    made = make_environment("mine", [], python=str(stand_in(tmp_path / "python")))

    assert venvs("mine") == [Path(made.python).parent.parent]


def test_two_commands_do_not_make_one_environment_at_once(tmp_path):
    folder_of("mine").mkdir(parents=True)
    other = os.open(folder_of("mine"), os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    try:
        with pytest.raises(UsageError, match="another command is making the environment mine; wait until it has ended"):
            make_environment("mine", [], python=str(stand_in(tmp_path / "python")))
        assert folder_of("mine").is_dir()  # which is the other's
    finally:
        os.close(other)
    make_environment("mine", [], python=str(stand_in(tmp_path / "python")))
    assert environment_names() == ["mine"]


def test_a_place_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    with ordinary_user() as folder:
        monkeypatch.setenv("SRBENCH_LITE_HOME", str(folder))
        folder.chmod(0o500)
        with pytest.raises(UsageError, match=r"cannot make .*: Permission denied; SRBENCH_LITE_HOME names another"):
            make_environment("mine", [])


@pytest.mark.parametrize(("name", "python", "said"), [
    ("../mine", None, "an environment's name must be"),
    ("mine", "nowhere", "there is no Python interpreter 'nowhere'"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_before_anything_is_made(name, python, said, home):
    with pytest.raises(UsageError, match=said):
        make_environment(name, [], python=python)

    assert not home.exists()


def test_an_interpreter_that_is_there_is_remembered_as_it_is(tmp_path):
    python = bare_venv(tmp_path / "theirs")
    recorded = record_interpreter("theirs", str(tmp_path / "theirs"))

    assert recorded == find_environment("theirs")
    assert recorded.python == str(python)  # and not what the link leads to, which has other packages
    assert recorded.requirements == ()
    with pytest.raises(UsageError, match="there is an environment theirs already"):
        record_interpreter("theirs", str(python))
    assert record_interpreter("theirs", str(python), replace=True).locked == recorded.locked


def test_a_venv_that_was_made_here_stays_when_it_is_recorded_again(tmp_path):
    made = make_environment("mine", ["their-method==1.2"], python=str(stand_in(tmp_path / "python")))
    stand_in(Path(made.python), probed=f"echo '{FACTS.replace('1.0', '1.1')}'")
    (folder_of("mine") / "venv-killed").mkdir()
    (tmp_path / "linked").symlink_to(Path(made.python).parent.parent)
    again = record_interpreter("mine", str(tmp_path / "linked"), replace=True)

    assert again.requirements == made.requirements
    assert again.locked == ("Apt==1.1", "numpy==2.9")
    assert venvs("mine") == [Path(made.python).parent.parent]
    elsewhere = record_interpreter("mine", str(tmp_path / "python"), replace=True)
    assert (elsewhere.requirements, venvs("mine")) == ((), [])


@pytest.mark.parametrize(
    ("config", "known"),
    [
        ("home = /x\nexecutable = {base}\n", True),
        ("home=/x\nexecutable=/gone/python3\n", False),
        ("home = /x\n", False),
        (None, False),
    ],
)
def test_the_python_of_a_venv_is_known_while_it_is_there(tmp_path, config, known):
    base = stand_in(tmp_path / "base python")
    made = make_environment("mine", [], python=str(base))
    if config is not None:
        (Path(made.python).parent.parent / "pyvenv.cfg").write_text(config.format(base=base))

    assert base_python(made) == (str(base) if known else None)


def test_the_python_of_a_real_venv_is_that_of_ours(tmp_path):
    made = record_interpreter("theirs", str(bare_venv(tmp_path / "theirs")), keep=False)

    assert os.path.samefile(str(base_python(made)), sys.executable)


def test_an_interpreter_that_does_not_work_is_not_remembered(tmp_path, home):
    with pytest.raises(UsageError, match="is no Python that works"):
        record_interpreter("mine", str(stand_in(tmp_path / "python", probed="exit 1")))

    assert list((home / "environments").iterdir()) == []


def test_an_interpreter_can_be_described_without_being_kept(tmp_path, home):
    python = str(stand_in(tmp_path / "python"))

    assert record_interpreter(python, python, keep=False).name == python
    assert not home.exists()
