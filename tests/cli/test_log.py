"""`srbench log`: the run that is meant, what it printed and left, and what is said where none or several are meant."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from records import failure, record

from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.store import Store

STORE = Path("results/srbench.db")


@pytest.fixture(name="log")
def _log(call):
    runs = [
        record(output="epoch 1\r\x1b[31mepoch 2\x1b[0m\x1b[2J\n", printed_bytes=70_000),
        failure(seed=1, reason="no\x1b[2J", printed_bytes=5),
        record(method="other", noise=0.1),
    ]
    with Store(STORE) as store:
        store.add_all(runs)
    artifacts = Artifacts(STORE)
    (artifacts.begin(runs[0].key) / "curve.csv").write_text("1,2")
    artifacts.sift(runs[0].key)
    artifacts.keep(runs[0].key)
    return lambda *arguments: call("log", *arguments)


@pytest.mark.parametrize("chosen", [("plain", "-m", "good", "--seed", "0"), (record().key[:8],)], ids=["task", "key"])
def test_what_a_run_printed_and_left_is_shown_safely(log, chosen):
    said = log(*chosen)
    assert said.code == 0
    assert "70,000 bytes printed, the last 65,536 are kept" in said.out
    assert "curve.csv" in said.out
    assert said.out.endswith("epoch 1\nepoch 2\\x1b[2J\n")


def test_a_run_of_which_nothing_is_kept(log):
    said = log("sin/plain", "--seed", "1")
    assert "crashed: no\\x1b[2J\n5 bytes printed, none are kept: exports and older stores leave" in said.out


def test_a_run_that_printed_nothing(log):
    said = log("sin/plain", "-m", "other")
    assert said.code == 0
    assert said.out.endswith("\nok\nnothing was printed\n")


def test_json_has_the_output_as_it_was_written_and_is_as_harmless(call):
    written = "\x1b[2J\x7f\x9b31m\u202eé\x00\r\n"
    with Store(STORE) as store:
        store.add(record(output=written, printed_bytes=15))
    said = call("log", "plain", "--json")
    assert said.code == 0
    assert said.out.replace("\n", "").isprintable()
    found = json.loads(said.out)
    assert (found["output"], found["printed_bytes"], found["perturbation"]) == (written, 15, {})
    assert (found["key"], found["status"], found["artifacts"], found["files"]) == (record().key, "ok", None, [])


def test_json_lists_files(log):
    found = json.loads(log(record().key, "--json").out)
    assert found["files"] == [{"name": "curve.csv", "size": 3}]
    assert Path(found["artifacts"], "curve.csv").read_text() == "1,2"


def test_a_reader_that_takes_the_first_line_and_goes(tmp_path):
    with Store(tmp_path / "runs.db") as store:
        store.add(record(output="x\n" * 32_000, printed_bytes=64_000))
    command = f"{sys.executable} -m srbench_lite log plain --store runs.db | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == f"sin/plain, good, noise 0, seed 0, run {record().key}\n0\n"
    assert done.stderr == ""


def test_a_task_whose_name_could_be_a_key(call):
    with Store(STORE) as store:
        store.add(record(task="sin/facade", output="it is"))
    assert call("log", "facade").out.endswith("\n\nit is\n")


@pytest.mark.parametrize("length", [8, 32])
def test_a_mistyped_key_is_proposed(log, length):
    key = record().key
    mistyped = f"{key[:3]}{key[4]}{key[3]}{key[5:]}"[:length]
    said = log(mistyped)
    assert said.code == 2
    assert said.err.endswith(f"Did you mean: {key[:12]}?\n")


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (("sin/plain",), "sin/plain fits 3 runs; add --method, --seed, --noise, or give a key:"),
        (("sin/plain", "-m", "goood"), "Did you mean: good?"),
        (("sin/plane",), "Did you mean"),
        (("sin/plain", "--noise", "0.3"), "no run of sin/plain fits the options"),
        (("000000000",), "no run has a key that begins with 000000000"),
    ],
    ids=["several", "method", "task", "noise", "key"],
)
def test_what_is_not_one_run_is_refused(log, chosen, words):
    said = log(*chosen)
    assert said.code == 2
    assert words in said.err
