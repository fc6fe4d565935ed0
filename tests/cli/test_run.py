"""`srbench run`: what it prints, what it refuses, and with which exit code."""

from __future__ import annotations

import os
import re
import sqlite3

import pytest
from commands import LINES
from places import HOSTILE

from srbench_lite.recording.store_file import StoreFile


def test_defaults_and_units_are_in_the_help_of_run(srbench):
    text = " ".join(srbench("run", "--help").out.split())

    for piece in (
        "SECONDS Wall clock of one fit. The methods that ship plan counted work for a third of it. [default: 60.0",
        "MIB Resident memory",
        "[default: 4096.0",
        "RMS of y",
    ):
        assert piece in text


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

    said = srbench("run", "-m", "lasso", "-s", "toy.toml", "--strict")

    assert said.code == 2
    assert len(said.err.splitlines()) == 1
    assert "toy.toml" in said.err
    for word in words:
        assert word in said.err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["toy.toml"]


def test_a_bad_task_is_left_out_and_the_others_run(srbench, tmp_path):
    (tmp_path / "toy.toml").write_text(LINES.replace('"x**2"', '"log(x - 9)"'))
    command = ("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml")

    planned, done = srbench(*command, "--dry-run"), srbench(*command, "-q")

    warning = (
        "warning: suite toy: left out: task toy/curve: the truth log(x - 9) is undefined on nearly all of its domain"
    )
    assert (planned.code, done.code) == (3, 3)
    assert planned.err == done.err == f"{warning}\n"
    assert "good: 1 runs on 1 tasks" in planned.out
    assert srbench(*command, "-t", "line", "-q").code == 0  # nobody asked for the other one
    assert srbench("leaderboard").out.startswith("toy, noise 0, 1 task\n")


def test_what_was_assumed_of_a_data_file_is_said_in_one_line(srbench, tmp_path):
    rows = "\n".join(f"{i},5;{2 * i},0" for i in range(20))
    (tmp_path / "points.csv").write_text(f"flow rate;y\n{rows}\n1,5;\n")
    (tmp_path / "own.toml").write_text('[suite]\nname = "own"\n[[tasks]]\nname = "a"\ndata = "points.csv"\n')

    said = srbench("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "own.toml", "--dry-run")
    strict = srbench("run", "-m", "lasso", "-s", "own.toml", "--dry-run", "--strict")

    assert said.code == 0
    (line,) = said.err.splitlines()
    assert line.startswith("note: own/a: points.csv: column 'flow rate' is called flow_rate; semicolons between cells")
    assert "decimal commas" in line
    assert "1 of 21 rows dropped" in line
    assert strict.code == 2
    assert "nothing may be assumed (strict), but this was: semicolons" in strict.err
    assert not (tmp_path / "results").exists()


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


def test_a_store_on_a_disk_that_machines_share_is_one_warning(srbench, monkeypatch):
    monkeypatch.setattr("srbench_lite.recording.store_file.file_system_of", lambda path: "fuse.sshfs")
    said = srbench("run", "-m", "mean", "-s", "toy.toml", "-q", "--store", "shared.db")
    assert said.code == 0
    assert said.err.count("warning: shared.db lies on fuse.sshfs, which machines share") == 1


def test_a_store_below_a_file_is_one_clear_error(srbench, tmp_path):
    (tmp_path / "results").write_text("a file\n")

    said = srbench("run", "-m", "lasso", "-s", "toy.toml")

    assert said.code == 2
    assert "cannot write the store results/srbench.db" in said.err
    assert len(said.err.splitlines()) == 1


def test_run_prints_a_leaderboard_and_the_same_command_runs_nothing(srbench, processes):
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


def test_a_plugin_that_fails_when_told_of_an_event_costs_nobody_anything(srbench, tmp_path):
    (tmp_path / "listener.py").write_text(
        "from srbench_lite import hookimpl\n@hookimpl\ndef srbench_record_finished(record):\n    1 / 0\n"
    )
    said = srbench("run", "--plugin", str(HOSTILE), "--plugin", "listener.py", "-m", "good", "-s", "toy.toml")

    assert said.code == 0
    assert "finished: 2/2 done" in said.err
    assert "plugin listener failed in srbench_record_finished: ZeroDivisionError" in said.err


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


def test_a_full_disk_says_what_is_kept_and_how_to_go_on(srbench, tmp_path, monkeypatch):
    tasks = "".join(
        f'[[tasks]]\nname = "t{i}"\ntruth = "{i}*x"\nvariables.x = {{ low = -1, high = 1 }}\n' for i in range(1, 13)
    )
    (tmp_path / "many.toml").write_text(f'[suite]\nname = "many"\nn_train = 10\nn_test = 20\n{tasks}')
    command = ["run", "--plugin", str(HOSTILE), "-m", "good", "-s", "many.toml"]
    opened = StoreFile.open

    def small(store: StoreFile) -> sqlite3.Connection:
        connection = opened(store)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with monkeypatch.context() as patched:
        patched.setattr(StoreFile, "open", small)
        said = srbench(*command)

    error, kept, advice = said.err.splitlines()[-3:]
    assert said.code == 1  # and not 2, which says that nothing was changed
    assert error == "Error: the disk of the store results/srbench.db is full; free some space"
    number = int(re.fullmatch(r"stopped: (\d) records are kept, \d+ runs are left", kept)[1])
    assert 0 < number < 12
    assert advice == "go on with the same command"
    assert f"12 runs, {number} already in the store" in srbench(*command).err
    assert [p.name for p in (tmp_path / "results").iterdir()] == ["srbench.db"]


def test_a_pattern_chooses_tasks(srbench):
    said = srbench("run", "-m", "lasso", "-t", "sin/p*", "-t", "plain", "--dry-run")
    assert said.out.startswith("lasso: 3 runs on 3 tasks")


def test_perturbations_multiply_the_runs_and_the_plan_counts_them(srbench, tmp_path):
    (tmp_path / "toy.toml").write_text(LINES)
    command = ("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "--dry-run")
    several = ("--train-size", "5,10,20", "--dummies", "0,3", "--input-noise", "0,0.01", "--outliers", "0,0.1")

    assert "good: 2 runs on 2 tasks" in srbench(*command, "--rescale").out
    assert "good: 96 runs on 2 tasks, 96 of them not in the store" in srbench(*command, *several, "--seeds", "2").out


def test_perturbed_runs_are_kept_shown_and_drawn_as_such(srbench, tmp_path):
    (tmp_path / "toy.toml").write_text(LINES)
    command = ("run", "--plugin", str(HOSTILE), "-m", "good", "-s", "toy.toml", "-t", "line", "--train-size", "5,10")

    assert {"good train 5", "good train 10"} <= {
        " ".join(line.split()[:3]) for line in srbench(*command).out.splitlines()
    }
    assert "good: 2 runs on 1 tasks, 0 of them not in the store" in srbench(*command, "--dry-run").out
    plain = srbench(*command[:-2], "-q"), srbench("show", "line", "-s", "toy.toml"), srbench("leaderboard")
    assert [said.code for said in plain] == [0, 0, 0]
    lines = [line.split() for line in plain[1].out.splitlines() if line.startswith("good ")]
    assert [line[2:4] for line in lines[:3]] == [["none", "0"], ["train", "5"], ["train", "10"]]
    assert "TRUTH OF THE RUN" in plain[1].out
    drawn = srbench("plot", "line", "-s", "toy.toml", "--perturbation", "train 5", "--out", "pictures")
    assert drawn.out.split()[0] == "pictures/toy-line-good-train-5.png"
    missing = srbench("plot", "line", "-s", "toy.toml", "--perturbation", "train 7")
    assert missing.code == 2
    assert "there are: noise 0, seed 0; noise 0, train 5, seed 0; noise 0, train 10, seed 0" in missing.err
