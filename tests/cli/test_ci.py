"""`srbench ci`: what it writes where, and what it says to do next."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from srbench_lite.cli import cli


@pytest.mark.parametrize(
    ("service", "path"), [("github", ".github/workflows/srbench.yml"), ("gitlab", ".gitlab-ci.yml")]
)
def test_the_file_goes_where_the_service_looks_for_it(call, service, path):
    said = call("ci", service)
    assert (said.code, said.err) == (0, "")
    assert "srbench check --within 10min --jobs 2 --baseline results/baseline.json" in Path(path).read_text()
    assert said.out.startswith(f"{path}: srbench check --within 10min ")


def test_what_is_next_are_commands_that_there_are(call):
    lines = call("ci", "github", "--plugin", "my method.py", "--within", "90s").out.splitlines()
    assert lines[1] == "Next:"
    own = [line.strip() for line in lines[2:] if line.strip().startswith("srbench ")]
    assert [shlex.split(line)[1] for line in own] == ["run", "baseline", "check"]
    for line in own:
        _, name, *rest = shlex.split(line)
        with cli.make_context("srbench", [name, *rest]) as context:
            command = cli.get_command(context, name)
            assert command is not None
            command.make_context(name, rest, parent=context).close()
    assert lines[-1] == "  git add .github/workflows/srbench.yml results/baseline.json && git commit"


def test_where_there_is_a_baseline_it_is_not_made(call):
    Path("base.json").write_text("{}")
    said = call("ci", "gitlab", "--baseline", "base.json")
    assert [line.split()[0] for line in said.out.splitlines()[2:]] == ["srbench", "git"]


def test_a_package_is_installed_where_there_is_one(call):
    call("ci", "github", "--out", "without.yml")
    Path("pyproject.toml").touch()
    call("ci", "github", "--out", "with.yml")
    assert 'pip install "$SRBENCH_LITE"\n' in Path("without.yml").read_text()
    assert 'pip install "$SRBENCH_LITE" -e .\n' in Path("with.yml").read_text()


def test_nothing_is_overwritten_but_by_force(call):
    Path(".gitlab-ci.yml").write_text("mine")
    said = call("ci", "gitlab")
    assert said.code == 2
    assert "replace it with --force, or write --out .gitlab/srbench.yml, and add `include: " in said.err
    assert Path(".gitlab-ci.yml").read_text() == "mine"
    assert call("ci", "gitlab", "--force").code == 0
    assert Path(".gitlab-ci.yml").read_text() != "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["githup"], "unknown CI service 'githup'. Did you mean: github?"),
        (["github", "--within", "10"], "write a time with its unit"),
        (["github", "--baseline", "a b.json"], "--baseline must have letters, digits, _ . / and - only"),
        (["github", "--branch", "${{ x }}"], "--branch must have letters"),
        (["github", "--jobs", "0"], "0 is not in the range"),
    ],
)
def test_a_wrong_option_is_named_and_writes_nothing(call, tmp_path, arguments, words):
    said = call("ci", *arguments)
    assert (said.code, words in said.err) == (2, True)
    assert list(tmp_path.iterdir()) == []
