"""`srbench log`: the run that is meant, what it printed and left, and what is said where none or several are meant."""

from __future__ import annotations

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
    assert "crashed: no\\x1b[2J\n5 bytes printed, none are kept\n" in said.out


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
