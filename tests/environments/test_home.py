"""Where environments are kept, found and removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from folders import ordinary_user

from srbench_lite.environments.environment import Environment
from srbench_lite.environments.home import (
    environment_names,
    find_environment,
    folder_of,
    held,
    home_folder,
    making_command,
    missing_reason,
    readable_environment,
    remove_environment,
    save_environment,
    unfinished_names,
)
from srbench_lite.errors import UnknownNameError, UsageError
from srbench_lite.methods.discovery import discover


def some_environment(name: str) -> Environment:
    return Environment(
        name=name, python="/somewhere/bin/python", python_version="3.11.7", requirements=(), locked=(), created=""
    )


def test_the_place_is_ones_own_or_that_of_the_users_data(monkeypatch, tmp_path):
    monkeypatch.setenv("SRBENCH_LITE_HOME", "near")
    assert home_folder() == Path("near").absolute()
    monkeypatch.delenv("SRBENCH_LITE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert home_folder() == Path("/data/srbench-lite")
    for odd in ("", "relative"):  # which the standard wants ignored
        monkeypatch.setenv("XDG_DATA_HOME", odd)
        assert home_folder() == tmp_path / ".local/share/srbench-lite"


def test_what_is_saved_is_listed_found_and_removed(home):
    assert environment_names() == []
    assert find_environment("b") is None
    for name in ("b", "a"):
        save_environment(some_environment(name))
    (home / "environments" / "begun").mkdir()

    assert environment_names() == ["a", "b"]
    assert find_environment("b") == readable_environment("b") == some_environment("b")
    remove_environment("b")
    assert environment_names() == ["a"]
    assert not folder_of("b").exists()
    assert unfinished_names() == ["begun"]
    remove_environment("begun")
    assert unfinished_names() == []


def test_one_that_another_command_is_making_is_not_removed():
    save_environment(some_environment("a"))
    with held("a"), pytest.raises(UsageError, match="another command is making the environment a; wait until"):
        remove_environment("a")
    assert find_environment("a") == some_environment("a")
    remove_environment("a")
    assert not folder_of("a").exists()


def test_an_interpreter_that_was_there_before_stays(home, tmp_path):
    (tmp_path / "theirs").mkdir()
    save_environment(some_environment("a"))
    (folder_of("a") / "venv-1").symlink_to(tmp_path / "theirs")
    remove_environment("a")

    assert (tmp_path / "theirs").is_dir()


def test_one_that_is_not_there_is_named_with_those_that_are():
    save_environment(some_environment("gplearn"))
    with pytest.raises(UnknownNameError, match=r"unknown environment 'gplern'\. Did you mean: gplearn\?"):
        remove_environment("gplern")
    assert missing_reason("gplern") == "there is no environment gplern; make it with: srbench env add gplern"


def test_the_command_that_makes_one_names_the_plugin_files_of_its_methods(tmp_path, monkeypatch):
    (tmp_path / "beside.py").write_text(PLUGIN)
    (tmp_path / "my plugin.py").write_text("from beside import *\n")
    registry = discover(files=[tmp_path / "my plugin.py"], entry_points=())
    methods = list(registry.methods.values())
    monkeypatch.chdir(tmp_path.parent)

    assert making_command("theirs", methods) == f"srbench env add theirs --plugin '{tmp_path.name}/my plugin.py'"
    monkeypatch.chdir(Path(__file__).parent)
    assert missing_reason("theirs", methods).endswith(f"env add theirs --plugin '{tmp_path}/my plugin.py'")
    assert making_command("another", methods) == "srbench env add another"


PLUGIN = """
from dataclasses import dataclass
from srbench_lite import Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Theirs(Method):
    name, summary, source = "theirs", "runs somewhere else", "tests"
    environment = "theirs"

    def fit(self, samples, *, seed, budget, report):
        raise AssertionError

@hookimpl
def srbench_methods():
    return [Theirs()]
"""


@pytest.mark.parametrize("content", [b"nonsense", b"\xff\xfe", b"{}"])
def test_a_file_that_cannot_be_read_is_named_and_can_be_removed(content):
    save_environment(some_environment("a"))
    (folder_of("a") / "environment.json").write_bytes(content)

    with pytest.raises(
        UsageError, match=r"the environment a cannot be used: /.*environment\.json: .*srbench env remove a"
    ):
        find_environment("a")
    assert readable_environment("a") is None
    remove_environment("a")
    assert environment_names() == []


def test_what_cannot_be_removed_is_said(monkeypatch):
    with ordinary_user() as folder:
        monkeypatch.setenv("SRBENCH_LITE_HOME", str(folder))
        save_environment(some_environment("a"))
        (folder / "environments").chmod(0o500)
        with pytest.raises(UsageError, match=r"cannot remove .*/environments/a: Permission denied; remove it by hand"):
            remove_environment("a")
        (folder / "environments").chmod(0o700)
