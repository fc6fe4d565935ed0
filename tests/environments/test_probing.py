"""What an interpreter is and has, and what is said of one that does not work."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys

import pytest
from other_pythons import FACTS, add_package, bare_venv, stand_in

from srbench_lite.environments.probing import foreign_variables, interpreter_path, probe
from srbench_lite.errors import UsageError


def test_an_interpreter_says_what_it_has(tmp_path, monkeypatch):
    python = bare_venv(tmp_path / "venv")
    add_package(python, "apt", "1.5")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # whose packages are ours, not those there
    found = probe(str(python))

    assert found.python_version == platform.python_version()
    assert found.packages == {"apt": "1.5", "numpy": importlib.metadata.version("numpy")}
    assert found.locked == ("apt==1.5", f"numpy=={found.packages['numpy']}")


def test_packages_are_sorted_whatever_their_case(tmp_path):
    assert probe(str(stand_in(tmp_path / "python"))).locked == ("Apt==1.0", "numpy==2.9")


@pytest.mark.parametrize(
    ("probed", "said"),
    [
        (f"echo '{FACTS.replace('3.12.4', '3.9.18')}'", "is Python 3.9.18; srbench-lite needs 3.11 or newer"),
        (f"echo '{FACTS.replace('null', chr(34) + 'ModuleNotFoundError: numpy' + chr(34))}'",
         "numpy cannot be imported by .*python: ModuleNotFoundError: numpy"),
        ("echo oops >&2; exit 3", r"is no Python that works \(exit code 3\): oops"),
        ("echo 'so what'", r"is no Python that works \(exit code 0\): so what"),
        ("true", r"is no Python that works \(exit code 0\)$"),
        ("echo '{\"python\": \"3.12\"}'", "is no Python that works"),
        ("echo '[]'", "is no Python that works"),
        ("sleep 60", "did not say what it has in 0.2 s"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_interpreter_is_said(probed, said, tmp_path, monkeypatch):
    if "sleep" in probed:
        monkeypatch.setattr("srbench_lite.environments.probing._MAX_SECONDS", 0.2)
    python = stand_in(tmp_path / "python", probed=f"exec {probed}" if "sleep" in probed else probed)

    with pytest.raises(UsageError, match=said):
        probe(str(python))


def test_an_interpreter_that_is_gone_is_named(tmp_path):
    with pytest.raises(UsageError, match="gone/python cannot be started: No such file"):
        probe(str(tmp_path / "gone" / "python"))


def test_another_interpreter_is_not_led_to_our_packages(monkeypatch):
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "/ours")
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.setenv("MINE", "kept")
    variables = foreign_variables("/there/bin/python")

    assert not {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"} & set(variables)
    assert variables["PATH"] == f"/there/bin{os.pathsep}/usr/bin"
    assert variables["MINE"] == "kept"


def test_an_interpreter_is_named_by_path_folder_or_program(tmp_path, monkeypatch):
    python = stand_in(tmp_path / "venv" / "bin" / "python")
    (tmp_path / "linked").symlink_to(python)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(python.parent))

    for text in (str(python), "venv/bin/python", "venv", "~/venv/bin/python", "python"):
        assert interpreter_path(text) == str(python)
    assert interpreter_path("./linked") == str(tmp_path / "linked")  # a venv is found by its links


@pytest.mark.parametrize("text", ["", "nowhere", "./nowhere", "empty", "plain"])
def test_what_is_no_interpreter_is_refused(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "plain").write_text("no program")

    with pytest.raises(UsageError, match=f"there is no Python interpreter '{text}'; give the path of one"):
        interpreter_path(text)
