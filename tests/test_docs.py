"""What the READMEs say is true: their code runs, their commands parse, their tables are current."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from commands import srbench
from places import ROOT

from srbench_lite.cli import cli
from srbench_lite.methods.discovery import discover
from srbench_lite.methods.hookspecs import PROJECT
from srbench_lite.problems.suite_file import load_suite
from srbench_lite.testing import METHOD_CHECKS, line_samples, run_check

READMES = sorted(
    path
    for path in ROOT.glob("**/*.md")
    if not any(part in ("venv", "build") or part.startswith(".") for part in path.relative_to(ROOT).parts)
)


def _blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), flags=re.S | re.M)


def _commands() -> list[tuple[str, str]]:
    lines = [(path, line) for path in READMES for block in _blocks(path, "sh") for line in block.splitlines()]
    return [
        (str(path.relative_to(ROOT)), match[1].split(" #")[0].split(" > ")[0].strip())
        for path, line in lines
        if (match := re.search(r"(?:^|/)srbench ((?!.*\.ci).*)$", line))
    ]


@pytest.mark.parametrize(("path", "arguments"), _commands())
def test_every_command_in_a_readme_is_one_the_command_line_takes(path, arguments):
    name, *rest = shlex.split(arguments)
    with cli.make_context("srbench", [name, *rest], resilient_parsing=False) as context:
        command = cli.get_command(context, name)
        assert command is not None
        with command.make_context(name, rest, parent=context) as inner:
            assert inner.command is command


def test_there_are_commands_to_check():
    assert len(_commands()) >= 8


def _plugin_from(readme: str, tmp_path: Path) -> Path:
    (code,) = [block for block in _blocks(ROOT / readme, "python") if "srbench_methods" in block]
    path = tmp_path / "my_method.py"
    path.write_text(code)
    return path


@pytest.mark.parametrize(("readme", "method"), [("README.md", "middle"), ("plugins/README.md", "my-parabola")])
@pytest.mark.parametrize("check", METHOD_CHECKS, ids=lambda check: check.name)
def test_the_methods_shown_conform(readme, method, check, tmp_path):
    registry = discover(files=[_plugin_from(readme, tmp_path)])

    assert run_check(check, registry.method(method)) is None


def test_the_tutorials_method_finds_the_line(tmp_path):
    from srbench_lite import Budget

    method = discover(files=[_plugin_from("plugins/README.md", tmp_path)]).method("my-parabola")
    samples = line_samples()
    found = method.fit(samples, seed=0, budget=Budget(), report=lambda expression: None).expression

    assert abs(found(samples.columns) - samples.y).max() < 1e-12


def test_the_tutorials_method_has_fifteen_lines():
    (code,) = [block for block in _blocks(ROOT / "plugins" / "README.md", "python") if "srbench_methods" in block]

    assert len([line for line in code.splitlines() if line]) <= 15


def test_the_suites_shown_load(tmp_path):
    (tmp_path / "points.csv").write_text("length,period\n" + "\n".join(f"{i / 10},{i}" for i in range(1, 90)))
    blocks = [block for path in READMES for block in _blocks(path, "toml") if "[[tasks]]" in block]
    assert len(blocks) == 1
    for number, block in enumerate(blocks):
        path = tmp_path / f"{number}.toml"
        path.write_text(block)
        suite = load_suite(path)
        for task in suite.tasks:
            assert len(task.dataset(seed=0).train) == task.n_train


def test_the_python_shown_runs(tmp_path, monkeypatch, capsys):
    (code,) = [block for block in _blocks(ROOT / "srbench_lite" / "README.md", "python") if "discover()" in block]
    monkeypatch.chdir(tmp_path)
    quicker = code.replace('registry.suite("sin").tasks', 'registry.suite("poly2").tasks[:2]')
    assert quicker != code
    exec(compile(quicker, "srbench_lite/README.md", "exec"), {})

    said = ["1.0", "{'lasso': 1.0}", "recovered", "sin(2*x) + 2*x*cos(2*x)"]
    assert capsys.readouterr().out.splitlines() == said


def test_the_entry_point_shown_has_the_right_group():
    (block,) = [block for block in _blocks(ROOT / "plugins" / "README.md", "toml") if "entry-points" in block]

    assert PROJECT in tomllib.loads(block)["project"]["entry-points"]


def test_every_hook_is_in_the_plugin_readme():
    text = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
    hooks = {name for name in dir(discover().manager.hook) if name.startswith("srbench_")}

    assert len(hooks) == 7
    for hook in hooks:
        assert f"`{hook}(" in text


def test_generated_tables_are_current():
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "tools" / "make_tables.py"), "--check"], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "page", "options"),
    [
        ("records", "records", []), ("suites", "suites", []), ("peers", "peers", []),
        ("suites", "overall", ["--overall"]), ("peers_suites", "peers_suites", ["--overall"]),
    ],
)  # fmt: skip
def test_a_committed_leaderboard_is_current(monkeypatch, capsys, name, page, options):
    exported, page = ROOT / "results" / f"{name}.json.gz", ROOT / "results" / f"{page}.md"
    command = ["leaderboard", *options, "--from", str(exported), "--format", "markdown", "--out", str(page), "--check"]
    done = srbench(monkeypatch, capsys, *command)

    assert done.code == 0, done.err


def test_links_between_files_lead_somewhere():
    for path in READMES:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}"


def _links(path: Path) -> set[Path]:
    targets = re.findall(r"\]\(([^)#:]+)[^)]*\)", path.read_text(encoding="utf-8"))
    return {(path.parent / target).resolve() for target in targets}


def test_every_page_is_two_hops_from_the_first():
    first = _links(ROOT / "README.md")
    second = {page for link in first if link.suffix == ".md" for page in _links(link)}
    pages = {page for page in READMES if "golden" not in page.parts} - {ROOT / "README.md"}

    assert sorted(str(page.relative_to(ROOT)) for page in pages - first - second) == []


def test_every_question_of_a_newcomer_is_one_hop_away():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Ten questions")[1].split("\n## ")[0]
    answers = re.findall(r"^\| .*\? \| \[.*\]\((.*)\) \|$", text, flags=re.M)

    assert len(answers) == len(set(answers)) == 10
    assert all((ROOT / answer).name == "README.md" for answer in answers)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_line_is_cut_short_by_a_wrong_mark(readme):
    assert readme.read_text(encoding="utf-8").count("```") % 2 == 0
