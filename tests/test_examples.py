"""The worked studies: their commands do what their pages say."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commands import srbench as called
from made_sites import Seen
from places import ROOT

from srbench_lite.cli.site import site_command

EXAMPLES = ROOT / "examples"


def test_every_example_stands_in_the_list():
    folders = {path.parent.name for path in EXAMPLES.glob("*/README.md")}
    listed = set(re.findall(r"^\| \[(\w+)/\]", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.M))
    assert listed == folders == {path.name for path in EXAMPLES.iterdir() if path.is_dir()}


def test_examples_are_small():
    assert sum(path.stat().st_size for path in EXAMPLES.rglob("*") if path.is_file()) < 100_000


@pytest.fixture(name="board", scope="module")
def _board(tmp_path_factory) -> Path:
    return Path(shutil.copytree(EXAMPLES / "public_leaderboard", tmp_path_factory.mktemp("examples") / "board"))


def test_the_public_leaderboard_marks_the_forged_verdicts(board, monkeypatch, capsys):
    page = (board / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^ {4}srbench (site .*)$", page, re.M)
    monkeypatch.chdir(board)
    said = called(monkeypatch, capsys, *shlex.split(command))
    assert said.code == 0
    assert said.out.splitlines()[:3] == re.findall(r"^ {4}(\w+: .*)$", page, re.M)
    seen = Seen((board / "site" / "methods" / "miracle.html").read_bytes())
    rejected = {(row[0], *row[3:6]) for row in seen.rows if len(row) > 9 and row[3].startswith("rejected")}
    assert ("laws/interference", "rejected claimed exact, judged different", "exact", "different") in rejected
    assert {task for task, *_ in rejected} == {"laws/interference", "laws/cooling"}
    front = [row for row in Seen((board / "site" / "index.html").read_bytes()).rows if len(row) == 4]
    assert front[-1][0] == "miracle 4 rejected"
    assert front[-1][3] == "0 % [0, 49]"


def test_the_workflow_is_as_github_wants_it(tmp_path):
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed; the extra test has it")
    path = EXAMPLES / "public_leaderboard" / "pages.yml"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_workflow_makes_a_site_without_a_secret_and_without_rights_for_pull_requests():
    ruamel = pytest.importorskip("ruamel.yaml", reason="no YAML parser; the extra test has check-jsonschema")
    text = (EXAMPLES / "public_leaderboard" / "pages.yml").read_text(encoding="utf-8")
    content = ruamel.YAML(typ="safe").load(text)
    steps = content["jobs"]["build"]["steps"]
    (run,) = [step["run"] for step in steps if "srbench site" in step.get("run", "")]
    (line,) = re.findall(r"srbench site (.*) \|", run.replace("\\\n", " "))
    site_command.make_context("site", shlex.split(line))
    assert "secrets." not in text
    assert all(re.fullmatch(r"actions/[a-z/-]+@v\d+", used) for used in re.findall(r"uses: (\S+)", text))
    assert content["permissions"] == {"contents": "read"}
    assert "permissions" not in content["jobs"]["build"]
    assert content["jobs"]["publish"]["if"] == "github.event_name == 'push'"
