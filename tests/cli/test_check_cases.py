"""What `srbench check` says of the cases that the page about the gate answers, and what helps."""

from __future__ import annotations

import os

import pytest
from compared_runs import MISSED, flat, runs, store
from gate_answers import CHANGES, answers, assert_answered
from records import failure

from srbench_lite.recording.record import Status


@pytest.fixture(name="check")
def _check(call):
    """The check of other runs against 12 tasks with 3 seeds, all of them solved."""
    store("good.db", *runs(12, seeds=3))
    assert call("baseline", "--store", "good.db", "--out", "base.json").code == 0

    def checked(*records, options=()):
        if os.path.exists("now.db"):
            os.remove("now.db")
        return call("check", "--baseline", "base.json", "--store", store("now.db", *records), *options)

    return checked


def test_the_page_answers_what_is_tried_here():
    assert tuple(answers()) == CHANGES


def test_a_new_task(check):
    said = check(*runs(13, tasks=13, seeds=3))
    assert said.code == 4
    assert_answered("a new task", said)
    assert "only now has s/12" in flat(said.out)
    assert check(*runs(13, tasks=13, seeds=3), options=["--ignore-extra"]).code == 0


def test_a_removed_task(check):
    now = runs(11, tasks=11, seeds=3)
    said = check(*now)
    assert (said.code, "only baseline has s/11" in flat(said.out)) == (4, True)
    assert_answered("a removed task", said)
    common = check(*now, options=["--common"])
    assert common.code == 0
    assert "note: good: 3 of 36 runs of the baseline have no partner, and are left out" in common.out


def test_a_task_defined_otherwise(check):
    said = check(*runs(12, seeds=3, task_fingerprint="other"))
    assert said.code == 4
    assert_answered("a task defined otherwise", said)


def test_other_hyper_parameters(check):
    said = check(*runs(12, seeds=3, parameters={"degree": 1}))
    assert said.code == 0
    assert_answered("other hyper-parameters", said)


def test_another_limit(check):
    said = check(*runs(12, seeds=3, budget_seconds=20.0))
    assert said.code == 4
    assert_answered("another limit", said)
    assert "Make them again with the time limit of the baseline: srbench run --method good " in flat(said.out)
    assert "--time-limit 60 --store now.db" in flat(said.out)


def test_a_renamed_method(check):
    now = runs(12, seeds=3, method="better")
    said = check(*now)
    assert (said.code, "If good is called better now, add --renamed good=better." in said.out) == (4, True)
    assert_answered("a renamed method", said)
    assert check(*now, options=["--renamed", "good=better"]).code == 0
    lost = check(*runs(6, seeds=3, method="better"), options=["--renamed", "good=better"])
    assert lost.out.splitlines()[0] == "regression: worse than the baseline: better (recovery rate)"


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("good", "--renamed must be OLD=NEW"),
        ("goood=better", "Did you mean: good?"),
        ("good=good", "has a method good of its own"),
    ],
)
def test_a_wrong_renaming_is_refused(check, pair, words):
    said = check(*runs(12, seeds=3), options=["--renamed", pair])
    assert (said.code, words in flat(said.err)) == (2, True)


def test_fewer_seeds(check):
    now = runs(12, seeds=2)
    said = check(*now)
    assert said.code == 4
    assert "srbench run --method good --suite s --noise 0 --seeds 1 --first-seed 2 --time-limit 60" in flat(said.out)
    assert "Or add --common" in flat(said.out)
    assert_answered("fewer seeds, or fewer tasks", said)
    assert check(*now, options=["--common"]).code == 0
    assert check(*runs(4, seeds=2), options=["--common"]).code == 1


def test_fewer_tasks_by_name(check):
    now = runs(2, tasks=2, seeds=3)
    assert check(*now, options=["--task", "s/0", "--task", "1"]).code == 0
    wrong = check(*now, options=["--task", "s/00"])
    assert (wrong.code, "Did you mean: s/0" in flat(wrong.err)) == (2, True)
    nothing = check(*now, options=["--task", "t*"])
    assert (nothing.code, "no task fits the pattern 't*'" in flat(nothing.err)) == (2, True)


def test_one_noise_level(call):
    noisy = runs(12, seeds=3, noise=0.1)
    store("good.db", *runs(12, seeds=3), *noisy)
    assert call("baseline", "--store", "good.db", "--out", "base.json").code == 0
    gate = [
        "check",
        "--baseline",
        "base.json",
        "--store",
        store("now.db", *runs(0, seeds=3), *runs(12, seeds=3, noise=0.1)),
    ]

    assert [call(*gate, "--noise", level).code for level in ("0", "0.1")] == [1, 0]
    assert call(*gate, "--perturbation", "none").code == 1
    wrong = call(*gate, "--noise", "0.2")
    assert (wrong.code, "no run has the noise level 0.2" in wrong.err) == (2, True)


def test_a_flaky_crash(check):
    crash = failure(Status.CRASHED, suite="s", task="s/4", seed=1, truth="x")
    now = [one for one in runs(12, seeds=3) if (one.task, one.seed) != ("s/4", 1)]
    said = check(*now, crash)
    assert said.code == 3
    assert_answered("a flaky crash", said)
    first, *rest = said.out.splitlines()
    assert first == "failed: 1 run of good crashed or gave no valid formula (0 in the baseline)"
    assert "--seeds 1 --first-seed 1 --time-limit 60 --retry crashed --store now.db" in flat("\n".join(rest))
    assert check(*now, crash, options=["--failures", "1"]).code == 0


def test_a_crash_does_not_hide_a_regression_in_the_first_line(check):
    crash = failure(Status.CRASHED, suite="s", task="s/4", seed=1, truth="x")
    now = [one for one in runs(2, seeds=3) if (one.task, one.seed) != ("s/4", 1)]
    said = check(*now, crash)
    assert said.code == 1
    assert said.out.startswith("regression: worse than the baseline: good (recovery rate); 1 run of good crashed\n")


def test_a_slower_machine(check):
    now = runs(12, seeds=3, seconds=4.5)
    ended = [runs(12, seeds=3, seconds=4.5, stopped="budget", **MISSED)[0]]
    said = check(*now[1:], *ended)
    assert said.code == 0
    assert_answered("a slower runner", said)
    assert "note: good took 3.0 times as long as in the baseline, and the clock ended 1 of 36 runs" in flat(said.out)
    assert "note: good took" not in check(*now).out  # longer, but nothing was cut short


def test_what_is_printed_fits_eighty_columns(check):
    """But for words that are longer: a command is broken where a shell goes on."""
    crash = failure(Status.CRASHED, suite="s", task="s/4", seed=1, truth="x")
    for now, options in (
        ([*runs(2, seeds=2)], ["--common"]), (runs(12, seeds=1), []),
        ([*runs(2, tasks=4, seeds=3), crash], ["--common"]),
        (runs(12, seeds=3, budget_seconds=20.0), []), (runs(12, seeds=3, method="renamed"), []),
        (runs(0, seeds=3, seconds=59.0, complexity=50), []),
    ):  # fmt: skip
        said = check(*now, options=options)
        assert max(map(len, said.out.splitlines())) <= 80, said.out
