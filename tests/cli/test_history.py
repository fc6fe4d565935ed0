"""`srbench history`: stores and exports of several times read as one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from compared_runs import runs, store
from past_runs import four_states, state

from srbench_lite.recording.exchange import write_records


def test_exports_of_earlier_times_are_read_beside_the_store(call):
    """The store has the last code of version 1 only; its export has the code before."""
    write_records(state(range(6), 1), Path("march.json"), form="json")
    path = store("a.db", *state((), 5, code="b", commit="badbad0"), *runs(3, method="other"))
    alone = call("history", "aged", "--store", path)
    assert (alone.code, alone.err) == (0, "")
    assert "There is one state only" in alone.out
    both = call("history", "aged", "--store", path, "--from", "march.json", "--tasks", "--plot", "a.svg")
    assert (both.code, both.err) == (0, "")
    assert "8 tasks and 8 runs that all 2 states share" in both.out
    assert "-75.0 [-100.0, -50.0]" in both.out
    assert "badbad0 lost s/5 0 1 of 1 0 of 1" in " ".join(both.out.split())
    assert Path("a.svg").exists()
    files = ["--from", "march.json", "--from", path]
    assert call("history", "aged", "--store", "absent.db", *files, "--tasks").out == both.out


def test_what_options_choose(call):
    path = store("a.db", *four_states())
    chosen = call(
        "history", "aged", "--store", path, "--version", "2", "--version", "10", "-t", "s/[0-3]", "-f", "json"
    )
    found = json.loads(chosen.out)["history"]
    assert ([one["version"] for one in found["states"]], found["tasks"]) == (["2", "10"], 4)
    written = call("history", "aged", "--store", path, "-f", "csv", "--out", "a.csv")
    assert (written.code, written.out) == (0, "")
    assert len(Path("a.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("agd",), 2, "unknown method 'agd'. Did you mean: aged"),
        (("aged", "--version", "3"), 2, "unknown version '3'"),
        (("aged", "--suite", "t"), 2, "unknown suite 't'"),
        (("aged", "--metric", "speed"), 2, "unknown metric 'speed'"),
        (("aged", "--noise", "7"), 2, "no run has the noise level 7. Known: 0"),
        (("aged", "--variant", "degre=3"), 2, "unknown hyper-parameter in --variant 'degre'. Did you mean: degree"),
        (("aged", "--from", "absent.json"), 2, "absent.json"),
        (("aged", "--plot", "a.gif"), 2, "--plot must name a file that ends with .png, .svg, .pdf, got 'a.gif'"),
    ],
)
def test_what_cannot_be_done_says_why(call, arguments, code, said):
    found = call("history", *arguments, "--store", store("a.db", *four_states()))
    assert (found.code, said in found.err) == (code, True), found.err


def test_without_a_truth_another_metric_is_named(call):
    unknown = {"truth": None, "verdict": None, "recovered": None, "recovered_srbench": None}
    path = store("a.db", *state(range(8), 1, **unknown))
    said = call("history", "aged", "--store", path)
    assert (said.code, said.out) == (5, "")
    assert "no task has values of recovery; it needs tasks with a truth, --metric accuracy does not" in said.err
    assert call("history", "aged", "--store", path, "--metric", "accuracy").code == 0
