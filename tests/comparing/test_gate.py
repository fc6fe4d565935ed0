"""The regression gate: what passes, what fails, and what cannot be compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from records import failure, record

from srbench_lite.comparing.baseline import COLUMNS as BASELINE
from srbench_lite.comparing.comparison import COLUMNS
from srbench_lite.comparing.gate import COLUMNS as GATE
from srbench_lite.comparing.gate import GateResult, check
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.statistics import Judgement
from srbench_lite.errors import UnknownNameError, UsageError
from srbench_lite.recording.record import Status

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def run(task: int, *, solved: bool = True, **changes):
    return record(suite="s", task=f"s/{task}", truth="x", **({} if solved else MISSED), **changes)


def run_table(records) -> RunTable:
    return RunTable.from_records(records, tuple(dict.fromkeys((*COLUMNS, *BASELINE))))


def side(rates, seeds: int = 5, **changes):
    """Runs of as many tasks as there are rates, of each the first so many solved."""
    return [
        run(task, solved=seed < round(rate * seeds), seed=seed, **changes)
        for task, rate in enumerate(rates)
        for seed in range(seeds)
    ]


def earlier(records):
    """The same results of runs a year ago."""
    return [replace(r, started_at=f"2025{r.started_at[4:]}") for r in records]


def checked(before, after, **settings):
    return check(run_table(earlier(before)), run_table(after), **settings)


def test_the_same_runs_pass():
    runs = side(np.linspace(0, 1, 12))
    found = checked(runs, runs)
    assert (found.outcome, found.exit_code) == (GateResult.PASSED, 0)
    assert [line.verdict for _, line in found.gating()] == [Judgement.IDENTICAL]


def test_a_drop_is_a_regression_and_a_gain_is_none():
    before, after = side([1.0] * 20), side([0.4] * 20)
    found = checked(before, after)
    assert (found.outcome, found.exit_code) == (GateResult.REGRESSION, 1)
    assert found.reason == "worse than the baseline: good (recovery rate)"
    assert checked(after, before).exit_code == 0
    assert checked(before, after, margins={"recovery": 0.7}).exit_code == 0


def test_a_task_that_is_lost_decides_by_what_it_weighs_in_the_suite():
    """One of twenty is five points, more than the margin of three; one of forty is not."""
    assert checked(side([1.0] * 20), side([0.0] + [1.0] * 19)).exit_code == 1
    found = checked(side([1.0] * 40), side([0.0] + [1.0] * 39))
    assert found.exit_code == 0
    assert [change.task for change in found.comparisons["good"].changes] == ["s/0"]


def test_a_few_unlucky_runs_are_undecided_and_pass_unless_equivalence_is_required():
    before, after = side([1.0] * 12), side([0.8] * 3 + [1.0] * 9)
    found = checked(before, after)
    assert [line.verdict for _, line in found.gating()] == [Judgement.UNDECIDED]
    assert found.exit_code == 0
    assert checked(before, after, require="equivalent").exit_code == 1


def test_several_methods_and_metrics_are_one_family():
    """A drop that alone is just significant is none among six methods."""
    lost = side([0.8] * 5 + [1.0] * 7)
    alone = checked(side([1.0] * 12), lost, margins={"recovery": 0.0})
    assert alone.exit_code == 1
    others = [side([1.0] * 12, method=f"m{k}") for k in range(5)]
    others_runs = [r for runs in others for r in runs]
    found = checked([*side([1.0] * 12), *others_runs], [*lost, *others_runs], margins={"recovery": 0.0})
    assert found.exit_code == 0
    (line,) = [line for method, line in found.gating() if method == "good"]
    assert line.p_less == pytest.approx(6 / 64)  # half of that all five lost runs fall to one side by chance


def test_crashes_are_another_exit_code_than_a_regression():
    before = side([1.0] * 12)
    after = [*side([1.0] * 11), *(failure(Status.CRASHED, suite="s", task="s/11", seed=s, truth="x") for s in range(5))]
    found = checked(before, after, margins={"recovery": 0.1})
    assert (found.outcome, found.exit_code) == (GateResult.FAILED, 3)
    assert found.reason == "5 runs of good crashed or gave no valid formula (0 in the baseline)"
    assert "srbench run --method good --suite s --task s/11 --noise 0 --seeds 5 --time-limit 60 --retry crashed" in (
        found.advice
    )
    assert checked(before, after, failures=5).exit_code == 1  # allowed to crash, and not recovered all the same
    assert checked(before, after, failures=5, margins={"recovery": 0.1}).exit_code == 0
    assert checked(after, after).exit_code == 0  # as in the baseline


def test_a_crash_does_not_hide_a_regression():
    after = [*side([0.0] * 11), *(failure(Status.CRASHED, suite="s", task="s/11", seed=s, truth="x") for s in range(5))]
    found = checked(side([1.0] * 12), after)
    assert (found.outcome, found.exit_code) == (GateResult.REGRESSION, 1)
    assert found.reason == (
        "worse than the baseline: good (recovery rate); "
        "5 runs of good crashed or gave no valid formula (0 in the baseline)"
    )


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ([run(0, task_fingerprint="another", task_version=2), run(1)], "defined differently on the two sides: s/0"),
        ([run(0)], "only baseline has s/1"),
        (
            [run(0)],
            "srbench run --method good --suite s --task s/1 --noise 0 --seeds 1 --time-limit 60",
        ),
        ([run(0), run(1), run(2)], "only now has s/2"),
        ([run(0), run(1), run(2)], "Add --ignore-extra to leave out runs that the baseline does not have."),
        ([run(0, method="other")], "there are no runs of good to check"),
        ([run(0, method="other")], "If good is called other now, add --renamed good=other."),
        ([run(0, budget_seconds=5.0), run(1, budget_seconds=5.0)], "the limits differ"),
    ],
)
def test_what_cannot_be_compared_is_invalid(after, said):
    found = checked([run(0), run(1)], after)
    assert (found.outcome, found.exit_code) == (GateResult.INVALID, 4)
    assert said in "\n".join([found.reason, *found.advice])


def test_the_baselines_own_runs_are_no_runs_to_check():
    """They are known by when they began and how long they took: not by their results, which can be rescored."""
    runs = side([1.0] * 12, seeds=2)
    found = check(run_table(runs), run_table([replace(r, scores=replace(r.scores, complexity=9)) for r in runs]))
    assert (found.outcome, found.exit_code) == (GateResult.INVALID, 4)
    assert found.reason == "all 24 runs of good are the baseline's own"
    assert found.advice[0].startswith("Make runs of the method as it is now with")
    assert found.notes == ()
    assert [line.verdict for _, line in found.gating()] == [Judgement.IDENTICAL]
    allowed = check(run_table(runs), run_table(runs), allow_old=True)
    assert (allowed.exit_code, allowed.notes) == (0, ("all 24 runs of good are the baseline's own",))
    some = [*earlier(runs[:23]), runs[23]]
    assert check(run_table(some), run_table(runs)).reason == "1 run of good is the baseline's own"
    assert check(run_table(runs), run_table([replace(r, seconds=r.seconds + 1e-6) for r in runs])).exit_code == 0


def test_runs_of_other_code_than_is_installed_are_no_runs_to_check():
    before, after = side([1.0] * 12, seeds=1), side([1.0] * 12, seeds=1)
    assert checked(before, after, installed={"good": "0123456789abcdef"}).exit_code == 0
    assert checked(before, after, installed={"good": None, "other": "f"}).exit_code == 0
    unknown = checked(before, after, installed={"other": "f"})
    assert (unknown.exit_code, unknown.notes) == (
        0, ("good is not installed: whether its runs are of its code as it is now is not known",),
    )  # fmt: skip
    noted = checked(before, after, installed={"good": None}, remarks={"good": "nobody knows", "other": "not of it"})
    assert (noted.exit_code, noted.notes) == (0, ("nobody knows",))
    found = checked(before, after, installed={"good": "f" * 16})
    assert found.exit_code == 4
    assert found.reason == "all 12 runs of good were made by other code than is installed"
    after[0] = replace(after[0], method_source=None)
    found = checked(before, after, installed={"good": "0123456789abcdef"})
    assert found.reason == "1 run of good was made by code that nobody knows"
    assert checked(before, after, installed={"good": "f" * 16}, allow_old=True).exit_code == 0


def test_other_code_is_said_to_differ():
    assert checked(side([1.0] * 12), side([1.0] * 12, method_source="f" * 16)).changes == {
        "good": "code 01234567 -> ffffffff"
    }
    assert checked(side([1.0] * 12, method_source=None), side([1.0] * 12)).changes == {"good": ""}


def test_runs_that_are_only_missing_get_no_hint_that_does_not_help():
    assert "--ignore-extra" not in " ".join(checked([run(0), run(1)], [run(0)]).advice)
    assert "missing" not in " ".join(checked([run(0)], [run(0), run(1)]).advice)


def test_without_truths_another_metric_is_named():
    unknown = {"truth": None, "verdict": None, "recovered": None, "recovered_srbench": None}
    runs = [record(suite="s", task=f"s/{k}", **unknown) for k in range(6)]
    found = checked(runs, runs)
    assert (found.exit_code, found.reason) == (
        4, "the baseline has no task with the metric recovery, since its tasks have no truth; decide by another with "
        "--metric accuracy",
    )  # fmt: skip
    assert checked(runs, runs, primary=["accuracy"]).exit_code == 0


def test_what_the_clock_did_and_what_is_a_claim_is_noted():
    before = side([1.0] * 4, seeds=1)
    after = side([1.0] * 4, seeds=1, cpu_seconds=0.75, stopped="budget", judged_here=False, replay_gap=0.5)
    found = check(
        run_table(earlier(before)), RunTable.from_records([*after[:3], replace(after[3], stopped="done")], GATE)
    )
    old, new = found.effort["good"]
    assert (old.by_clock, old.core_share, new.by_clock, new.core_share) == (0, pytest.approx(1.25 / 1.5), 3, 0.5)
    assert found.exit_code == 0
    claims, busy, unlike = found.notes
    assert (
        claims
        == "4 verdicts of good are claims of a file or an older store, not judged here; `srbench rescore` judges them"
    )
    assert busy.startswith("good got 50 %, less than 80 % of a core: the machine was busy, or the method waits; ")
    assert unlike == "good: 4 formulas with other values than the method itself predicted"


def test_of_several_variants_the_last_one_run_counts_and_what_differs_is_said():
    before = side([1.0] * 12, started_at="2026-01-01T00:00:00+00:00")
    after = side([0.0] * 12, parameters={"degree": 1}, started_at="2026-01-02T00:00:00+00:00")
    found = checked(before, [*before, *after])
    assert found.exit_code == 1
    assert found.changes == {"good": "degree 3 -> 1"}
    newer = side([0.0] * 12, method_version="2", started_at="2026-01-03T00:00:00+00:00")
    assert checked(before, newer).changes == {"good": "method version 1 -> 2"}


def test_selections_and_metrics():
    both = [*side([1.0] * 12), *side([1.0] * 12, method="other")]
    worse = [*side([1.0] * 12), *side([0.0] * 12, method="other")]
    assert checked(both, worse, methods=["good"]).exit_code == 0
    assert checked(both, worse).exit_code == 1
    with pytest.raises(UnknownNameError, match="unknown method of the baseline 'goo'"):
        checked(both, worse, methods=["goo"])
    with pytest.raises(UsageError, match="time cannot gate"):
        checked(both, worse, primary=["time"])
    assert checked([], both).exit_code == 5
    larger = side([1.0] * 12, complexity=50)
    assert checked(side([1.0] * 12), larger).exit_code == 0
    assert checked(side([1.0] * 12), larger, primary=["recovery", "complexity"]).exit_code == 1


def test_an_empty_store_is_no_reason_to_break():
    assert isinstance(run_table([]).newest().runs, pd.DataFrame)
    assert checked(side([1.0]), []).exit_code == 4


def test_perturbed_runs_are_paired_and_missing_ones_asked_for_with_their_options():
    own = {"perturbation": {"train_size": 50, "dummies": 3, "rescale": True}}
    before = [*side([1, 1]), *side([1, 1], **own)]
    found = check(run_table(before), run_table(side([1, 1])))
    assert found.outcome is GateResult.INVALID
    assert "(noise 0, seed 0, train 50, 3 dummies, rescaled)" in found.reason
    assert "--noise 0 --seeds 5 --train-size 50 --dummies 3 --rescale --time-limit 60" in " ".join(found.advice)
    more = check(run_table(side([1, 1])), run_table(before), ignore_extra=True, allow_old=True)
    assert more.outcome is GateResult.PASSED
    assert more.comparisons["good"].overall("recovery").runs == 10
