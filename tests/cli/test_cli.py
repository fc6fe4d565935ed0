"""The command line as a user meets it: what it prints, what it refuses, and with which exit code."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import shlex
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import LINES, Said
from commands import srbench as called
from places import GOLDEN, HOSTILE

from srbench_lite.cli import _COMMANDS
from srbench_lite.recording.store import Store

Command = Callable[..., Said]


@pytest.fixture(name="srbench")
def _srbench(monkeypatch, capsys, tmp_path) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "toy.toml").write_text(LINES)

    def call(*arguments: str) -> Said:
        return called(monkeypatch, capsys, *arguments)

    return call


@pytest.fixture(name="filled")
def _filled(srbench) -> Command:
    """The command, in a folder whose store holds two runs of each of two methods."""
    said = srbench("run", "--plugin", str(HOSTILE), "-m", "good", "-m", "finds-nothing", "-s", "toy.toml", "-q")
    assert said.code == 3
    return srbench


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


def test_defaults_and_units_are_in_the_help_of_run(srbench):
    text = " ".join(srbench("run", "--help").out.split())

    for piece in (
        "SECONDS Wall clock of one fit. [default: 60.0",
        "MIB Resident memory",
        "[default: 4096.0",
        "RMS of y",
    ):
        assert piece in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rum"], ["no such command 'rum'", "Did you mean: run?"]),
        (["run", "--methd", "lasso"], ["No such option", "--method"]),
        (["run"], ["Missing option '--method'"]),
        (["run", "-m", "lasos"], ["unknown method 'lasos'", "Did you mean: lasso?", "Known: lasso, lies, "]),
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


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "toy"', 'name = "toy"\nnoise = 1', ["[suite]: unknown key 'noise'", "Known:"]),
        ('truth = "x**2"', 'truth = "x**2 +"', ["task 'curve' truth", "ends where a value should follow"]),
        ('truth = "x**2"', 'truth = "x**2 + y"', ["task 'curve' truth", "unknown variable 'y'"]),
        ("low = -1", "low = 3", ["task 'line' variables.x", "low must be below high, got low = 3, high = 1"]),
        ("[suite]", "[suite", ["no TOML file"]),
        ("low = -1, ", "", ["variables.x: low must be given"]),
        ('truth = "x**2"', "", ["task toy/curve", "give `truth`"]),
        ('truth = "x**2"', """truth = "__import__('os').system('touch evil')" """, ["unknown function '__import__'"]),
    ],
)
def test_a_bad_suite_file_is_one_line_that_names_the_place(srbench, tmp_path, old, new, words):
    (tmp_path / "toy.toml").write_text(LINES.replace(old, new, 1))

    said = srbench("run", "-m", "lasso", "-s", "toy.toml")

    assert said.code == 2
    assert len(said.err.splitlines()) == 1
    assert "toy.toml" in said.err
    for word in words:
        assert word in said.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["toy.toml"]


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


def test_a_read_only_results_folder_is_one_clear_error(srbench, tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode, **more: "results" not in str(path) and access(path, mode, **more)
    )  # the permission bits of a folder mean nothing where tests run as root

    said = srbench("run", "-m", "lasso", "-s", "toy.toml")

    assert said.code == 2
    assert "cannot write the store results/srbench.db" in said.err
    assert "--store" in said.err
    assert len(said.err.splitlines()) == 1


def test_a_store_below_a_file_is_one_clear_error(srbench, tmp_path):
    (tmp_path / "results").write_text("a file\n")

    said = srbench("run", "-m", "lasso", "-s", "toy.toml")

    assert said.code == 2
    assert "cannot write the store results/srbench.db" in said.err
    assert len(said.err.splitlines()) == 1


def test_a_broken_plugin_is_named_and_stops_nobody(srbench, tmp_path):
    (tmp_path / "broken.py").write_text("import a_module_that_is_not_there\n")

    said = srbench("run", "--plugin", "broken.py", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml")
    listed = srbench("plugins", "--plugin", "broken.py", "--json")

    assert said.code == 0
    assert "plugin broken (broken.py) is broken" in said.err
    assert "a_module_that_is_not_there" in said.err
    assert listed.code == 1
    broken = next(plugin for plugin in json.loads(listed.out) if plugin["name"] == "broken")
    assert "a_module_that_is_not_there" in broken["error"]
    assert {"name", "origin", "version", "hooks", "error"} == set(broken)


def test_two_owners_of_a_name_are_both_named(srbench, tmp_path):
    (tmp_path / "mine.py").write_text(HOSTILE.read_text().replace('"good"', '"lasso"'))

    said = srbench("list", "methods", "--plugin", "mine.py")

    assert said.code == 2
    assert "'lasso'" in said.err
    assert "srbench-lite" in said.err
    assert "mine.py" in said.err


# --- the way through --------------------------------------------------------------------------------------------------


def test_run_prints_a_leaderboard_and_the_same_command_runs_nothing(srbench):
    command = ["run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "--seeds", "2"]

    first, second = srbench(*command), srbench(*command)

    assert first.code == second.code == 0
    assert "50 %" in first.out  # the line is recovered, the curve is not
    assert first.out == second.out
    assert "4 runs, 1 at a time" in first.err
    assert "finished: 4/4 done, 2 of 4 recovered" in first.err
    assert second.err == "4 runs, 4 already in the store, 1 at a time\n"


def test_a_method_that_never_ends_ok_gives_exit_code_3(srbench):
    said = srbench("run", "--plugin", str(HOSTILE), "-m", "finds-nothing", "-s", "toy.toml")

    assert said.code == 3
    assert "no run of finds-nothing ended ok" in said.err
    assert "2 failed" in said.out


def test_one_task_can_be_chosen_by_its_whole_or_its_short_name(srbench):
    for name in ("toy/line", "line"):
        said = srbench("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "-t", name, "--dry-run")
        assert said.code == 0
        assert "good: 1 runs on 1 tasks" in said.out


def test_a_short_name_that_two_suites_have_is_ambiguous(srbench, tmp_path):
    (tmp_path / "two.toml").write_text(LINES.replace('"toy"', '"two"'))
    said = srbench("run", "-m", "lasso", "-s", "toy.toml", "-s", "two.toml", "-t", "line")

    assert said.code == 2
    assert "toy/line, two/line" in said.err


def test_show_refuses_a_bad_store_and_an_unknown_method(filled, tmp_path):
    (tmp_path / "notes.db").write_text("my notes\n" * 100)
    bad_store = filled("show", "sin/plain", "--store", "notes.db")
    bad_method = filled("show", "line", "-s", "toy.toml", "-m", "goood")

    assert (bad_store.code, bad_method.code) == (2, 2)
    assert "no SQLite file" in bad_store.err
    assert "Did you mean: good?" in bad_method.err


def test_runs_on_an_older_definition_are_left_out_and_counted(filled, tmp_path):
    (tmp_path / "toy.toml").write_text(LINES.replace("2*x + 1", "2*x + 2"))
    shown = filled("show", "line", "-s", "toy.toml")
    time.sleep(1.1)  # records know the second in which they began
    run = filled("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "-q")
    board = filled("leaderboard")

    assert "2 runs on another definition of this task are not shown" in shown.out
    assert "exact" not in shown.out
    assert run.code == 0
    assert "2 runs on older definitions of their tasks are left out" in board.out


@pytest.mark.parametrize("suite", [["-s", "toy.toml"], []], ids=["installed", "not installed"])
def test_show_mixes_no_verdicts_of_two_versions_of_the_scoring(filled, suite):
    """Old records stand beside new ones where nobody has rescored them, and alone where nothing newer is."""
    with Store(Path("results/srbench.db")) as store:
        for old in list(store):
            scores = dataclasses.replace(old.scores, verdict="different", recovered=False)
            store.add(dataclasses.replace(old, scoring_version="0.9", key=old.key_by("0.9"), scores=scores))
            if old.task == "toy/curve":
                store.add_all([], without=[old.key])
    line, good, curve = (
        filled("show", task, *suite, *more) for task, more in (("line", []), ("line", ["-m", "good"]), ("curve", []))
    )

    remark = "runs scored by an older version are not shown; `srbench rescore` judges them again"
    assert f"2 {remark}" in line.out
    assert f"1 {remark}" in good.out
    assert (line.out.count("exact"), line.out.count("different")) == (1, 0)
    assert remark not in curve.out
    assert curve.out.count("different") == 2
    assert "truth      2*x + 1" in line.out


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
    assert done.stderr.decode().splitlines() == ["Error: No space left on device"]


def test_a_plugin_that_fails_when_told_of_an_event_costs_nobody_anything(srbench, tmp_path):
    (tmp_path / "listener.py").write_text(
        "from srbench_lite import hookimpl\n@hookimpl\ndef srbench_record_finished(record):\n    1 / 0\n"
    )
    said = srbench("run", "--plugin", str(HOSTILE), "--plugin", "listener.py", "-m", "good", "-s", "toy.toml")

    assert said.code == 0
    assert "finished: 2/2 done" in said.err
    assert "plugin listener failed in srbench_record_finished: ZeroDivisionError" in said.err


def test_a_format_that_fails_is_named(filled, tmp_path):
    (tmp_path / "formats.py").write_text(
        "from srbench_lite import Reporter, hookimpl\n@hookimpl\ndef srbench_reporters():\n"
        "    return [Reporter(name='none', summary='x', render=lambda b: None),\n"
        "            Reporter(name='bad', summary='x', render=lambda b: 1 / 0)]\n"
    )
    none = filled("leaderboard", "--plugin", "formats.py", "--format", "none")
    bad = filled("leaderboard", "--plugin", "formats.py", "--format", "bad")

    assert (none.code, bad.code) == (1, 1)
    assert "the format none must return a text" in none.err
    assert "the format bad failed: ZeroDivisionError" in bad.err


def test_retry_does_failed_runs_again(filled):
    said = filled("run", "--plugin", str(HOSTILE), "-m", "finds-nothing", "-s", "toy.toml", "--retry", "failed")

    assert "2 runs, 1 at a time" in said.err


def test_dry_run_runs_nothing(srbench, tmp_path):
    said = srbench("run", "-m", "lasso", "-s", "toy.toml", "--seeds", "3", "--dry-run")

    assert said.code == 0
    assert "lasso: 6 runs on 2 tasks, 6 of them not in the store" in said.out


def test_dry_run_makes_no_store(srbench, tmp_path):
    srbench("run", "-m", "lasso", "-s", "toy.toml", "--dry-run")

    assert not (tmp_path / "results").exists()


def test_show_prints_the_task_its_truth_and_what_was_found(filled):
    said = filled("show", "line", "-s", "toy.toml")

    assert said.code == 0
    for piece in ("toy/line", "2*x + 1", "-1:1", "exact", "nothing to be found"):
        assert piece in said.out


def test_show_long_prints_what_the_method_said(filled):
    """Facts of the fit come under the judge's step; those that are not there are left out."""
    with Store(Path("results/srbench.db")) as store:
        (old,) = (record for record in store if (record.task, record.method) == ("toy/line", "good"))
        extras = {"terms": 2, "gap": 1 / 3, "penalty": None}
        store.add(dataclasses.replace(old, seed=7, key="k" * 64, extras=extras))
    short, said = (filled("show", "line", "-s", "toy.toml", "-m", "good", *more) for more in ([], ["--long"]))

    assert "seed 7" in said.out
    lines = [line.split() for line in said.out.split("seed 7")[1].splitlines()]
    assert ["terms", "2"] in lines
    assert ["gap", "0.333333"] in lines
    assert "penalty" not in said.out
    assert "gap" not in short.out


def test_show_knows_tasks_that_nobody_has_run(srbench):
    said = srbench("show", "sin/plain")

    assert said.code == 0
    assert "srbench run --method lasso --task sin/plain" in said.out


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_export_and_import_lose_nothing(filled, tmp_path, form):
    assert filled("export", "--out", f"all.{form}").out == f"4 records written to all.{form}\n"
    first = filled("import", f"all.{form}", "--store", "other.db")
    again = filled("import", f"all.{form}", "--store", "other.db")
    filled("export", "--out", "one.csv")
    filled("export", "--out", "two.csv", "--store", "other.db")

    assert "4 new, 0 already" in first.out
    assert "0 new, 4 already" in again.out
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "two.csv").read_text()


def test_an_export_has_the_columns_people_expect(filled, tmp_path):
    filled("export", "--out", "all.csv")
    with (tmp_path / "all.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert list(rows[0])[:15] == [
        "key", "suite", "task", "method", "seed", "noise", "status", "reason", "expression", "verdict", "recovered",
        "recovered_srbench", "mse_test", "nmse_test", "r2_test",
    ]  # fmt: skip
    good = next(row for row in rows if row["task"] == "toy/line" and row["method"] == "good")
    assert (good["status"], good["verdict"], good["recovered"], good["r2_test"]) == ("ok", "exact", "1", "1.0")


@pytest.mark.parametrize("form", ["terminal", "markdown", "csv", "latex", "json"])
def test_every_format_has_every_method(filled, form):
    said = filled("leaderboard", "--format", form)

    assert said.code == 0
    assert "good" in said.out
    assert "finds-nothing" in said.out


def test_leaderboard_check_notices_a_stale_file(filled, tmp_path):
    command = ["leaderboard", "--format", "markdown", "--out", "board.md"]
    filled(*command)
    current = filled(*command, "--check")
    (tmp_path / "board.md").write_text("old")
    stale = filled(*command, "--check")

    assert (current.code, stale.code) == (0, 1)
    assert "not current" in stale.err
    assert (tmp_path / "board.md").read_text() == "old"


def test_list_and_plugins_as_json(srbench):
    methods = json.loads(srbench("list", "methods", "--json").out)
    plugins = json.loads(srbench("plugins", "--json").out)

    assert "lasso" in {method["method"] for method in methods}
    assert {"core", "lasso", "sin", "composite", "poly2"} <= {plugin["name"] for plugin in plugins}


def test_conform_says_what_is_wrong(srbench):
    good = srbench("conform", "good", "--plugin", str(HOSTILE), "--check", "returns-a-fit")
    bad = srbench("conform", "returns-text", "--plugin", str(HOSTILE), "--check", "returns-a-fit")
    dead = srbench("conform", "exits", "--plugin", str(HOSTILE), "--check", "returns-a-fit")

    assert (good.code, bad.code, dead.code) == (0, 1, 1)
    assert "must return a Fit, got str" in bad.out
    assert "exit code 3" in dead.out


def test_doctor_says_what_is_wrong_with_the_worker(srbench, monkeypatch):
    monkeypatch.setattr("srbench_lite.running.runner._SCORING_SECONDS", 0.0)
    said = srbench("doctor")

    assert said.code == 1
    assert "WRONG worker process" in said.out
    assert "scoring stopped (timeout)" in said.out


def test_doctor_finds_nothing_wrong_here_and_what_is_wrong_with_a_store(srbench, tmp_path):
    healthy = srbench("doctor")
    (tmp_path / "notes.db").write_text("my notes\n" * 100)
    sick = srbench("doctor", "--store", "notes.db")

    assert healthy.code == 0, healthy.out
    assert "WRONG" not in healthy.out
    assert sick.code == 1
    assert "no SQLite file" in sick.out
