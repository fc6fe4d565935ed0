"""What was run, in sentences, and the checklist."""

from __future__ import annotations

import re

from papers import MISSED, grid, results_of
from records import failure, record

from srbench_lite.recording.record import Status
from srbench_lite.reports.paper.numbers import Numbers
from srbench_lite.reports.paper.setup import checklist, setup


def plain(text: str, numbers: Numbers) -> str:
    return re.sub(r"\\srb\{(.*?)\}", lambda match: numbers.texts[match[1]], text).replace(r"\num", "")


def test_runs_limits_seeds_and_noise_are_said():
    numbers = Numbers()
    runs = [*grid("a"), *grid("b", noise=0.1, seed=4, **MISSED), failure(Status.SKIPPED, task="sin/0", method="n2")]
    said = plain(setup(results_of(runs), numbers), numbers)
    assert "There are {7} runs of {3} methods on {3} tasks of {1} suite, all with a known truth." in said
    assert "{2} seeds ({0}, {4}), {2} noise levels ({0}, {0.1})" in said
    assert "{60} s of wall clock, {4096} MiB of memory, {1} thread, enforced" in said
    assert "Runs that did not end with a formula in time: n2 {1} skipped of {1}." in said
    assert "Noise is normal." in said


def test_all_is_well_where_every_run_ended():
    numbers = Numbers()
    assert "Every run ended with a formula in time." in setup(results_of(grid()), numbers)
    clocked = setup(results_of(grid("a", stopped="budget")), numbers)
    assert "The clock ended the search of a " in clocked


def test_the_checklist_is_filled_from_provenance():
    numbers = Numbers()
    about = {"machines": "a CPU, 2 cores", "runs began": "2026-01-02T03:04:05+00:00", "Python": "3.11.7"}
    answers = checklist(results_of([record(method="a_b")]), about, {}, numbers)
    assert r"\emph{Is the hardware stated?} a CPU, \srb{checklist/7/1} cores." in answers
    assert r"\emph{When was it run?} 2026-01-02T03:04:05+00:00." in answers
    assert "Python 3.11.7;" in answers
    assert r"Not installed where this was written: a\_b." in answers
    assert "The records do not say it." in answers
