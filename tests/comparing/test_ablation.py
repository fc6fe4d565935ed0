"""What an ablation says of variants, counted by hand; which runs stand in it, and what it refuses."""

from __future__ import annotations

import pytest
from ablated_runs import DEFAULTS, four_variants, variant
from hypothesis import given, settings
from hypothesis import strategies as st
from records import failure

from srbench_lite.comparing.ablation import COLUMNS, Ablation, ablation_of
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.statistics import Judgement
from srbench_lite.errors import ComparisonError, UnknownNameError, UsageError
from srbench_lite.recording.record import Record, Status


def ablated(records: list[Record], **options: object) -> Ablation:
    options.setdefault("defaults", DEFAULTS)
    return ablation_of(RunTable.from_records(records, COLUMNS).runs, **options)


def test_counted_by_hand():
    """Losing 6 of 8 alone has the p-value 2/2^6 = 1/32; three variants: 3/32, and of the others more than one."""
    ablation = ablated(four_variants())
    base, *others = ablation.rows
    assert (ablation.method, ablation.version, ablation.tasks, ablation.runs) == ("parts", "1", 8, 8)
    assert (ablation.suites, ablation.noises, ablation.seconds, ablation.remarks) == (("s",), (0.0,), 60.0, ())
    assert (base.name, base.changes, base.line.after, base.p_value) == ("", {}, 0.75, None)
    assert [row.name for row in others] == ["prune=False", "snap=False", "restarts=1"]
    prune, snap, restarts = others
    assert [row.line.after for row in others] == [0.0, 0.625, 0.75]
    assert [row.line.difference for row in others] == [-0.75, -0.125, 0.0]
    assert [(len(row.lost), len(row.gained)) for row in others] == [(6, 0), (1, 0), (1, 1)]
    assert [change.task for change in (*snap.lost, *restarts.lost, *restarts.gained)] == ["s/5", "s/5", "s/6"]
    assert prune.p_value == pytest.approx(3 / 32)
    assert [snap.p_value, restarts.p_value] == [1.0, 1.0]
    assert prune.line.p_less == pytest.approx(3 / 64)
    assert [row.line.verdict for row in others] == [Judgement.WORSE, Judgement.UNDECIDED, Judgement.UNDECIDED]
    assert [row.seconds for row in ablation.rows] == [1.5, 1.5, 3.0, 0.75]
    assert [row.seconds_ratio for row in ablation.rows] == [1.0, 1.0, 2.0, 0.5]
    low, high = prune.line.interval
    assert -1 <= low < -0.75 < high < 0


@settings(max_examples=5)
@given(st.lists(st.sets(st.integers(0, 3)), min_size=2, max_size=3))
def test_lost_and_gained_are_the_sets_that_differ_and_their_numbers_the_difference(solved):
    records = [run for k, own in enumerate(solved) for run in variant(own, tasks=4, restarts=k)]
    ablation = ablated(records, base=["restarts=0"])
    for row in ablation.rows:
        own = solved[row.parameters["restarts"]]
        assert {change.task for change in row.lost} == {f"s/{k}" for k in solved[0] - own}
        assert {change.task for change in row.gained} == {f"s/{k}" for k in own - solved[0]}
        assert row.line.difference == pytest.approx((len(row.gained) - len(row.lost)) / 4)
    losses = [-row.line.difference for row in ablation.rows[1:]]
    assert losses == sorted(losses, reverse=True)


def test_another_base_turns_lost_into_gained():
    ablation = ablated(four_variants(), base=["snap=false"])
    (full,) = [row for row in ablation.rows if row.name == "snap=True"]
    assert ([change.task for change in full.gained], full.lost) == (["s/5"], ())
    assert full.seconds_ratio == 0.5
    assert ablation.rows[0].parameters == DEFAULTS | {"snap": False}
    assert ablation.remarks == (
        "The base is not the method as it is installed, but has snap=False; --base chooses another.",
    )


def test_only_what_all_variants_ran_on_is_compared():
    records = [*variant(range(6), seeds=2), *variant(range(5), tasks=7, snap=False)]
    ablation = ablated(records)
    assert (ablation.tasks, ablation.runs, ablation.rows[0].line.after) == (7, 7, pytest.approx(6 / 7))
    assert ablation.remarks == (
        "9 runs left out, on tasks, noise levels or seeds that some variant lacks; snap=False has the fewest runs (7).",
    )
    with pytest.raises(ComparisonError, match="the 2 variants share no task, noise level and seed"):
        ablated([*variant(range(6)), *variant(range(6), snap=False, noise=0.1)])


def test_runs_of_another_version_or_other_limits_are_left_out_and_said():
    old = variant((), method_version="0", started_at="2025-01-01T00:00:00+00:00")
    short = variant((), budget_seconds=5.0, started_at="2027-01-01T00:00:00+00:00")
    ablation = ablated([*old, *four_variants(), *short])
    assert (ablation.version, len(ablation.rows), ablation.seconds) == ("1", 4, 60.0)
    assert ablation.remarks == (
        "8 runs of other versions (0) left out; parts@VERSION chooses another.",
        "8 runs with other limits than 60 s, 4096 MiB, 1 thread left out; --time-limit chooses others.",
    )
    records = [*old, *four_variants(), *short]
    assert len(ablated(records, version="0").rows) == len(ablated(records, time_limit=5.0).rows) == 1
    with pytest.raises(UnknownNameError, match="unknown version '7'"):
        ablated(records, version="7")
    with pytest.raises(UsageError, match="no run has a time limit of 6 s; there are: 5, 60"):
        ablated(records, time_limit=6.0)


def test_variants_are_chosen_by_name_or_by_what_they_change():
    records = [*four_variants(), *variant((), snap=False, restarts=1)]
    assert [row.name for row in ablated(records, variants=["snap=False"]).rows] == ["", "snap=False"]
    assert {row.name for row in ablated(records, only=["snap", "restarts"]).rows} == {
        "", "snap=False", "restarts=1", "restarts=1, snap=False",
    }  # fmt: skip
    assert [row.name for row in ablated(records, only=["prune"]).rows] == ["", "prune=False"]
    assert [row.name for row in ablated(records, variants=["snap=false"]).rows] == ["", "snap=False"]
    with pytest.raises(UnknownNameError, match=r"unknown variant 'snip=False'\. Did you mean: snap=False"):
        ablated(records, variants=["snip=False"])
    with pytest.raises(UnknownNameError, match=r"unknown hyper-parameter in --only 'snip'\. Did you mean: snap"):
        ablated(records, only=["snip"])
    with pytest.raises(UnknownNameError, match="unknown metric 'speed'"):
        ablated(records, metric="speed")


def test_a_family_of_fewer_variants_has_smaller_p_values():
    assert ablated(four_variants(), only=["prune"]).rows[1].p_value == pytest.approx(1 / 32)


def test_other_metrics_stand_in_the_place_of_recovery():
    ablation = ablated(four_variants(), metric="time", margin=0.5)
    names = {row.name: row.line for row in ablation.rows}
    assert 10 ** names["snap=False"].difference == pytest.approx(2.0)
    assert 10 ** names["restarts=1"].difference == pytest.approx(0.5)
    assert names["snap=False"].margin == 0.5
    assert [row.name for row in ablation.rows][1] == "snap=False"  # the slowest loses most
    assert {row.name: len(row.lost) for row in ablation.rows}["prune=False"] == 6
    assert ablated(four_variants(), metric="memory").rows[1].line.difference == 0.0


def test_failures_are_counted_and_a_variant_that_was_skipped_has_no_seconds():
    skipped = [
        failure(Status.SKIPPED, "no", suite="s", task=f"s/{k}", method="parts", parameters=DEFAULTS | {"snap": False})
        for k in range(8)
    ]
    row = ablated([*variant(range(6)), *skipped]).rows[1]
    assert (row.failures, row.seconds, row.seconds_ratio, len(row.lost)) == ({"skipped": 8}, None, None, 6)


def test_tasks_without_a_truth_have_no_recovery():
    unknown = {"truth": None, "verdict": None, "recovered": None, "recovered_srbench": None}
    records = [*variant(range(8), **unknown), *variant(range(8), snap=False, nmse_test=1e-3, **unknown)]
    assert [row.line for row in ablated(records).rows] == [None, None]
    digits = [row.line.difference for row in ablated(records, metric="accuracy").rows]
    assert digits == [0.0, pytest.approx(-9.0)]  # 12 digits are as many as count


def test_what_confounds_is_said():
    other = variant(range(5), snap=False, method_source="fedcba9876543210")
    assert ablated([*variant(range(6)), *other]).remarks == (
        "Runs of other code of the method than the base's: snap=False. A difference may be the code's; `srbench run` "
        "repeats what is not of today's.",
    )
    assert ablated(four_variants(), defaults=None).remarks == (
        "The method is not installed, so whether the base has its defaults is not known; --base chooses another.",
    )
    assert ablated(four_variants(), defaults=DEFAULTS | {"later": 1}).remarks == (
        "later is a parameter of the installed method that these runs do not have.",
    )


def test_one_variant_alone_is_the_base():
    (base,) = ablated(variant(range(6))).rows
    assert (base.name, base.parameters) == ("", DEFAULTS)
