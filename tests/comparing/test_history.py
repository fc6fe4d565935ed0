"""What a history says of versions and commits, counted by hand; what is a state, and what is not mixed."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from past_runs import four_states, state

from srbench_lite.comparing.history import COLUMNS, History, history_of, together
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.statistics import Judgement, wilson_interval
from srbench_lite.errors import ComparisonError, UnknownNameError, UsageError
from srbench_lite.recording.record import Record

DEFAULTS = {"degree": 3, "new": True}


def table(records: list[Record]) -> RunTable:
    return RunTable.from_records(records, COLUMNS)


def told(records: list[Record], **options: object) -> History:
    options.setdefault("defaults", DEFAULTS)
    return history_of(table(records).runs, **options)


def test_counted_by_hand():
    """Six tasks lost at once: with one seed each is as likely gained, so p is half of 2/2^6; of seven half of 2/2^7.

    Holm's adjustment over three steps takes the second, the smallest, times 3, and the first times 2.
    """
    history = told(four_states()[::-1])
    assert [one.version for one in history.states] == ["1", "1", "2", "10"]
    assert [one.code[0] for one in history.states] == list("abcd")
    assert [one.commits for one in history.states] == [("c0ffee0",), ("badbad0",), ("fine0000+dirty",), ()]
    assert [one.line.after for one in history.states] == [0.75, 0.0, 0.875, 0.875]
    assert [(len(one.lost), len(one.gained)) for one in history.states] == [(0, 0), (6, 0), (0, 7), (0, 0)]
    assert history.states[1].p_value == pytest.approx(2 / 2**6)
    assert history.states[2].p_value == pytest.approx(3 / 2**7)
    assert (history.states[0].p_value, history.states[3].p_value) == (None, 1.0)
    assert [one.line.verdict for one in history.states[1:]] == [
        Judgement.WORSE, Judgement.BETTER, Judgement.IDENTICAL,
    ]  # fmt: skip
    assert history.states[0].interval == wilson_interval(0.75, 8)
    assert [one.seconds for one in history.states] == [1.5, 1.5, 0.75, 1.5]
    assert (history.tasks, history.runs, history.overall.difference) == (8, 8, 0.125)
    assert history.states[3].packages == {"numpy": ("2.0", "2.1"), "scipy": (None, "1.0")}
    assert [one.changes for one in history.states] == [{}, {}, {}, {"new": True}]
    assert history.remarks == (
        "The seconds are of different machines: one; two.", "Version 10 came with new=True.",
    )  # fmt: skip


def test_a_single_state_has_no_step():
    history = told(state(range(6), 1))
    (one,) = history.states
    assert (one.line.after, one.p_value, one.lost, history.overall, history.remarks) == (0.75, None, (), None, ())


@settings(max_examples=5)
@given(st.lists(st.sets(st.integers(0, 3)), min_size=1, max_size=3))
def test_what_is_lost_and_gained_leads_from_each_state_to_the_next(solved):
    records = [run for k, own in enumerate(solved) for run in state(own, k + 1, tasks=4, version=str(k))]
    history = told(records)
    now = {f"s/{k}" for k in solved[0]}
    for k, one in enumerate(history.states):
        now = (now - {change.task for change in one.lost}) | {change.task for change in one.gained}
        assert now == {f"s/{k}" for k in solved[k]}
        assert one.line.after == len(now) / 4
    assert len(history.states) == len(solved)


def test_a_commit_that_does_not_change_the_code_is_no_state_of_its_own():
    """The run of the later commit counts, and both are named."""
    records = [*state(range(6), 1, commit="one"), *state(range(4), 2, commit="two+dirty")]
    history = told(records)
    (one,) = history.states
    assert (one.commits, one.line.after) == (("two+dirty",), 0.5)
    assert history.remarks == ("8 runs that the same code has repeated left out; the last counts.",)
    parts = [*state(range(6), 1, commit="one")[:4], *state(range(6), 2, commit="two")[4:]]
    assert told(parts).states[0].commits == ("one", "two")


def test_where_the_code_is_unknown_the_commit_tells():
    records = [
        *state(range(6), 1, code=None, commit="one"), *state(range(5), 2, code=None, commit="two"),
        *state(range(4), 3, code=None, commit="two+dirty"), *state(range(3), 4, code=None, commit=None),
    ]  # fmt: skip
    history = told(records)
    assert [one.line.after for one in history.states] == [0.75, 0.5, 0.375]
    assert [one.code for one in history.states] == [None, None, None]


def test_only_what_all_states_share_is_compared():
    records = [*state(range(6), 1), *state(range(6), 2, version="2", tasks=5)]
    history = told(records)
    assert (history.tasks, [one.line.after for one in history.states]) == (5, [1.0, 1.0])
    assert [one.runs for one in history.states] == [8, 5]
    assert history.remarks == (
        "3 tasks that some state did not run on left out; version 2 (code aaaaaaa) ran on the fewest (5). --version, "
        "--suite and --noise choose.",
    )


def test_a_state_that_shares_nothing_with_all_others_goes():
    lone = state(range(2), 3, version="3", tasks=2, noise=0.1)
    history = told([*state(range(6), 1), *state(range(6), 2, version="2"), *lone])
    assert [one.version for one in history.states] == ["1", "2"]
    assert history.remarks == ("Left out, since they share no run with all the others: version 3 (code aaaaaaa).",)
    with pytest.raises(ComparisonError, match=r"no two of version 3 \(code aaaaaaa\), version 1 .* share a task"):
        told([*state(range(6), 1), *lone])


def test_other_limits_and_variants_are_left_out_and_said():
    records = [
        *state(range(6), 1), *state(range(6), 2, version="2"), *state((), 3, version="2", budget_seconds=5.0),
        *state((), 4, version="2", parameters={"degree": 9}),
    ]  # fmt: skip
    history = told(records)
    assert [one.line.after for one in history.states] == [0.75, 0.75]
    assert history.remarks == (
        "8 runs with other limits than 60 s, 4096 MiB, 1 thread left out; --time-limit chooses others.",
        "8 runs of other variants left out; --variant chooses another.",
    )
    other = told(records, variant=["degree=9"])
    assert [(one.version, one.line.after) for one in other.states] == [("2", 0.0)]
    assert "No run of version 1 (code aaaaaaa) has degree=9." in other.remarks
    assert [one.line.after for one in told(records, time_limit=5.0).states] == [0.0]
    with pytest.raises(UsageError, match="no variant has degree=7"):
        told(records, variant=["degree=7"])
    with pytest.raises(UsageError, match=r"version 1 \(code aaaaaaa\): which variant .* write --variant with one of"):
        told([*state((), 1), *state((), 1, parameters={"degree": 9})], defaults=None)


def test_versions_are_chosen_and_unknown_names_refused():
    assert [one.version for one in told(four_states(), versions=["2", "10"]).states] == ["2", "10"]
    with pytest.raises(UnknownNameError, match="unknown version '3'"):
        told(four_states(), versions=["3"])
    with pytest.raises(UnknownNameError, match="unknown metric 'speed'"):
        told(four_states(), metric="speed")


def test_another_metric():
    history = told(four_states(), metric="time", margin=1.0)
    assert 10 ** history.states[2].line.difference == pytest.approx(0.5)
    assert (history.states[2].interval, history.states[2].line.margin) == (None, 1.0)
    assert told(four_states(), metric="memory").states[0].line.after == pytest.approx(math.log10(200), abs=1e-5)


def test_sources_are_read_as_one():
    """An old definition in one and a new one in the other, an old judge and a new one: what does not count is said."""
    old = state(range(6), 1, tasks=4)
    redefined = [run for run in state(range(6), 2, version="2", task_version=2) if run.task != "s/7"]
    judged = state((), 1, version="0", tasks=2, scoring_version="1.0", task_version=2)
    tables = [table(old), table(redefined), table(judged)]
    assert [one.remarks for one in tables] == [(), (), ()]
    joined = together(tables)
    assert sorted(joined.runs["task"].astype(str)) == [f"s/{k}" for k in range(7)]
    assert (joined.left_out, joined.scored_otherwise) == (4, 2)
    assert [one.version for one in history_of(joined.runs).states] == ["2"]


def test_a_run_in_two_sources_is_one():
    records = four_states()
    once = told(records)
    twice = history_of(together([table(records), table(records[3:])]).runs, defaults=DEFAULTS)
    assert twice == once
    assert together([table(records)]).runs.equals(table(records).runs)


def test_a_source_without_runs_that_count_changes_nothing():
    empty = dataclasses.replace(table([]), left_out=3)
    joined = together([empty, table(four_states())])
    assert (len(joined.runs), joined.left_out) == (32, 3)
    assert together([empty, empty]).left_out == 3
