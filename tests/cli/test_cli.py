"""The command line as a user meets it: what it prints, what it refuses, and with which exit code."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from places import GOLDEN, ROOT

from srbench_lite.cli import _COMMANDS, cli

# --- help -------------------------------------------------------------------------------------------------------------


def test_help_is_golden(srbench):
    """To accept a change: srbench --help > tests/golden/help.txt with COLUMNS=100."""
    assert srbench("--help").out == (GOLDEN / "help.txt").read_text()


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_option_has_help_and_every_command_a_sentence(srbench, command):
    said = srbench(command, "--help")

    assert said.code == 0
    assert _COMMANDS[command][1].split(":")[0].rstrip(".") in " ".join(said.out.split())
    options = [line for line in said.out.splitlines() if line.lstrip().startswith("-")]
    assert options
    lines = said.out.splitlines()
    for line in options:  # the help stands on the option's line or below it
        below = lines[lines.index(line) + 1] if lines.index(line) + 1 < len(lines) else ""
        assert len(line.split("  ")) > 2 or below.startswith(" " * 10), line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rum"], ["no such command 'rum'", "Did you mean: run?"]),
        (["run", "--methd", "lasso"], ["No such option", "--method"]),
        (["run"], ["nothing to run: give --method NAME, or a study"]),
        (["run", "-m", "lasos"], ["unknown method 'lasos'", "Did you mean: lasso?", "Known: bingo, diffusion, eggp, "]),
        (["run", "-m", "lasso", "-s", "simn"], ["unknown suite 'simn'", "Did you mean: sin?"]),
        (["run", "-m", "lasso", "-s", "sin", "-t", "plian"], ["unknown task 'plian'", "sin/"]),
        (["run", "-m", "lasso", "-s", "sin", "--noise", "a lot"], ["--noise must be numbers", "'a lot'"]),
        (["run", "-m", "lasso", "-s", "sin", "--noise", "-1"], ["0 or a positive number, got -1"]),
        (["run", "-m", "lasso", "-s", "sin", "--jobs", "0"], ["0 is not in the range"]),
        (["run", "-m", "lasso", "-s", "sin", "--time-limit", "0"], ["is not in the range"]),
        (["run", "-m", "lasso", "-s", "sin", "--set", "lasso"], ["METHOD.PARAMETER=VALUE", "'lasso'"]),
        (
            ["run", "-m", "lasso", "-s", "sin", "--set", "lasso.epoch=1"],
            ["unknown hyper-parameter", "Did you mean: epochs?"],
        ),
        (["run", "-m", "lasso", "-s", "sin", "--set", "lasso.epochs=many"], ["whole number", "'many'"]),
        (["run", "-m", "lasso", "-s", "sin/plain"], ["sin/plain is a task", "--suite sin --task sin/plain"]),
        (["run", "-m", "lasso", "-s", "missing.toml"], ["cannot read the suite file missing.toml"]),
        (["run", "-m", "lasso", "--plugin", "missing.py"], ["no plugin file missing.py"]),
        (["leaderboard"], ["no store at results/srbench.db", "srbench run"]),
        (["leaderboard", "--format", "markdwn"], ["unknown format 'markdwn'", "Did you mean: markdown?"]),
        (["leaderboard", "--check"], ["name it with --out"]),
        (["leaderboard", "--from", "missing.json"], ["no file missing.json"]),
        (["show", "plane"], ["unknown task 'plane'", "Did you mean: sin/plain"]),
        (["export", "--out", "x.csv"], ["no store at"]),
        (["import", "missing.json"], ["no file missing.json"]),
        (["conform", "lasos"], ["unknown method 'lasos'"]),
        (["list", "method"], ["'method' is not one of 'methods', 'suites', 'tasks'"]),
    ],
)
def test_wrong_usage_is_one_clear_error_and_exit_2(srbench, tmp_path, arguments, words):
    said = srbench(*arguments)

    assert said.code == 2
    assert said.out == ""
    for word in words:
        assert word in " ".join(said.err.split())
    assert "Traceback" not in said.err
    assert sum("Error:" in line for line in said.err.splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["toy.toml"]  # nothing was made


# --- bad files --------------------------------------------------------------------------------------------------------


def test_a_store_of_another_schema_version_is_refused_and_left_alone(filled, tmp_path):
    store = tmp_path / "results" / "srbench.db"
    with sqlite3.connect(store) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = store.read_bytes()

    for arguments in (["leaderboard"], ["run", "-m", "lasso", "-s", "toy.toml"], ["export", "--out", "x.csv"]):
        said = filled(*arguments)
        assert said.code == 2
        assert "schema version 99" in said.err
        assert "srbench export" in said.err
        assert len(said.err.splitlines()) == 1
    assert store.read_bytes() == before


def test_a_store_that_is_no_sqlite_file_is_refused_and_left_alone(srbench, tmp_path):
    (tmp_path / "notes.db").write_text("my notes\n" * 100)

    for arguments in (["leaderboard"], ["run", "-m", "lasso", "-s", "toy.toml"]):
        said = srbench(*arguments, "--store", "notes.db")
        assert said.code == 2
        assert "notes.db is no SQLite file" in said.err
        assert len(said.err.splitlines()) == 1
    assert (tmp_path / "notes.db").read_text() == "my notes\n" * 100


# --- streams ----------------------------------------------------------------------------------------------------------


def test_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m srbench_lite list tasks | head -1",
        shell=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.startswith("TASK")
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "srbench_lite", "list", "tasks"], stdout=full, stderr=subprocess.PIPE
        )

    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == ["Error: No space left on device: standard output"]


# --- interrupts -------------------------------------------------------------------------------------------------------


def test_an_interrupt_while_the_command_is_loaded_is_no_traceback(tmp_path):
    (tmp_path / "click.py").write_text("import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n")
    done = subprocess.run(
        [sys.executable, "-m", "srbench_lite", "list", "tasks"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )

    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_an_interrupt_within_code_that_is_made_of_text_has_the_same_exit_code(tmp_path):
    (tmp_path / "plugin.py").write_text('exec("raise KeyboardInterrupt")\n')
    done = subprocess.run(
        [sys.executable, "-m", "srbench_lite", "plugins", "--plugin", str(tmp_path / "plugin.py")],
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "\ninterrupted\n")


def test_another_interrupt_while_the_first_is_told_is_no_traceback(monkeypatch, srbench):
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupt)
    assert srbench("list").err == "interrupted\n"
    monkeypatch.setattr("srbench_lite.cli._failed", lambda *_: interrupt())
    assert srbench("list").code == 130


# --- the README -------------------------------------------------------------------------------------------------------

README = (ROOT / "srbench_lite" / "cli" / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_every_command_in_use():
    rows = re.findall(r"^\| `([\w-]+)` \| .*? \| `srbench (.*?)` \|$", README, re.M)
    assert [name for name, _ in rows] == list(_COMMANDS)
    for name, example in rows:
        used, *arguments = shlex.split(example)
        assert used == name
        with cli.make_context("srbench", [used, *arguments]) as context:
            command = cli.get_command(context, used)
            with command.make_context(used, arguments, parent=context) as inner:
                assert inner.command is command


def test_the_readme_lists_every_exit_code():
    codes = re.findall(r"^\| (\d+) \| ", README, re.M)
    assert codes == list(cli.lists["Exit codes"])
