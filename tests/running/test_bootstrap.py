"""What another interpreter is started with; whole runs there are in test_interpreter.py."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from other_pythons import add_package, bare_venv
from places import ROOT

from srbench_lite.running import bootstrap
from srbench_lite.running.bootstrap import Finder, main
from srbench_lite.running.packets import Ready, ZygoteConfig


@pytest.fixture(name="lent")
def _lent(tmp_path) -> Path:
    """A folder with a package and a module that nobody has, and a module that shadows one of the standard library."""
    (tmp_path / "lent_package").mkdir()
    for name in ("lent_package/__init__.py", "lent_package/part.py", "lent_module.py", "json.py"):
        (tmp_path / name).write_text("")
    return tmp_path


def test_a_finder_finds_what_is_lent_and_nothing_beside_it(lent):
    finder = Finder({"lent_package": str(lent), "lent_module": str(lent), "gone": str(lent)})

    assert finder.find_spec("lent_package").origin == str(lent / "lent_package" / "__init__.py")
    assert finder.find_spec("lent_module").origin == str(lent / "lent_module.py")
    for other in ("json", "lent_package.part", "gone", "numpy"):  # parts are found by the package's own path
        assert finder.find_spec(other) is None


def test_an_old_python_says_that_it_is_too_old(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    before = list(sys.meta_path)

    assert main(0, {}) == 1
    assert capsys.readouterr().err.endswith("; srbench-lite needs 3.11 or newer\n")
    assert sys.meta_path == before


def test_a_python_without_numpy_says_so(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None)
    before = list(sys.meta_path)

    assert main(0, {}) == 1
    assert capsys.readouterr().err == "numpy is not installed\n"
    assert sys.meta_path == before


def test_it_becomes_a_keeper_with_what_is_lent_and_ends_with_its_coordinator(lent, tmp_path):
    """The interpreter has neither pluggy nor srbench_lite, and a module of its own goes before one that is beside."""
    python = bare_venv(tmp_path / "venv")
    add_package(python, "lent_module", "1.0", "raise RuntimeError('the own one')\n")
    exposed = {"packages": {"srbench_lite": str(ROOT), "pluggy": _folder_of("pluggy")}, "beside": [str(lent)]}
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with theirs:
        keeper = subprocess.Popen(
            [str(python), bootstrap.__file__, str(theirs.fileno()), json.dumps(exposed)], pass_fds=[theirs.fileno()],
            env={**variables, "PYTHONSAFEPATH": "1"}, stderr=subprocess.PIPE,
        )  # fmt: skip
    with ours:
        config = ZygoteConfig(plugins=(), preload=("lent_package.part", "lent_module"), scores=False, entry_points=())
        ours.send(config.to_bytes())
        ours.settimeout(120)
        ready = Ready.from_bytes(ours.recv(1 << 16))
    _, said = keeper.communicate(timeout=120)

    assert ready.pid != keeper.pid
    assert (keeper.returncode, said) == (0, b"")


def _folder_of(name: str) -> str:
    return str(Path(str(sys.modules[name].__file__)).resolve().parent.parent)
