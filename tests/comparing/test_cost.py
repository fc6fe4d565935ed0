"""What methods cost, and how long until they had recovered half of the tasks: counted by hand."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from records import failure, record

from srbench_lite.comparing.breakdown import judged_runs
from srbench_lite.comparing.cost import Cost, Reach, costs_of, reach_of
from srbench_lite.comparing.over_time import mark_frame, moments
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.progress import entry
from srbench_lite.recording.record import Record, Status

COLUMNS = (
    "suite", "task", "method", "noise", "perturbation", "truth", "recovered", "status", "seconds", "cpu_seconds",
    "peak_mb", "y_constant",
)  # fmt: skip
MARKS = (1.0, 2.0, 5.0, 10.0)
MISSED = {"verdict": "different", "recovered": False}


def run(
    solved_from: float | None, task: str = "a", *, end: float = 30.0, until: float = 99.0, **changes: Any
) -> Record:
    """Return a run with marks at 1, 2, 5 and 10 s that had the truth from a second on, and up to another one."""

    def has(second: float) -> bool:
        return solved_from is not None and solved_from <= second < until

    progress = tuple(
        entry(mark, "sin(x)", verdict="exact" if has(min(mark, end)) else "different", recovered=has(min(mark, end)))
        for mark in MARKS
    )
    ends = {} if has(end) else MISSED
    return record(**({"task": f"sin/{task}", "progress": progress, "seconds": end} | ends | changes))


def costs(*records: Record) -> dict[str, Cost]:
    runs = RunTable.from_records(records, COLUMNS).runs
    progress = {number: one.progress for number, one in enumerate(records)}
    return {one.method: one for one in costs_of(runs, judged_runs(runs)[0], progress)}


def half(*records: Record) -> Reach:
    return costs(*records)["good"].reach[0]


def test_medians_are_over_runs_that_began():
    found = costs(
        run(1, seed=0, end=2.0, cpu_seconds=1.0, peak_mb=100.0),
        run(1, seed=1, end=4.0, cpu_seconds=8.0, peak_mb=400.0),
        failure(Status.SKIPPED, "no", seed=2, seconds=0.0, cpu_seconds=0.0, peak_mb=None),
        failure(Status.CRASHED, seed=3, seconds=3.0, cpu_seconds=2.0, peak_mb=None),
        failure(Status.SKIPPED, "no", method="shy", seconds=0.0, cpu_seconds=0.0, peak_mb=None),
    )  # fmt: skip
    good = found["good"]
    assert (good.runs, good.seconds, good.cpu_seconds, good.peak_mb, good.largest_mb) == (3, 3.0, 2.0, 250.0, 400.0)
    shy = found["shy"]
    assert (shy.runs, shy.seconds, shy.cpu_seconds, shy.peak_mb, shy.largest_mb) == (0, None, None, None, None)


def test_a_run_has_the_truth_from_the_first_mark_on_at_which_it_does():
    assert half(run(3)).seconds == 5.0
    assert half(run(5)).seconds == 5.0


def test_or_from_its_end_on_where_that_was_earlier():
    assert half(run(0.3, end=0.4)).seconds == 0.4
    assert half(run(0.3, end=4.0)).seconds == 1.0
    assert half(run(3.0, end=4.0)).seconds == 4.0


def test_half_of_the_tasks_are_a_half_of_the_weight():
    records = [run(1, "a"), run(2, "b"), run(5, "c"), run(None, "d")]
    found = costs(*records)["good"]
    assert [one.seconds for one in found.reach] == [2.0, None]
    assert found.traced == 4
    seeds = [run(1, "a", seed=seed) for seed in range(3)] + [run(5, "b"), run(None, "c")]
    assert half(*seeds).seconds == 5.0  # 1/3 at 1 s, 2/3 at 5 s: three seeds are one task


def test_bounds_are_those_of_the_interval():
    records = [run(1 if k < 4 else 5 if k < 8 else None, str(k)) for k in range(10)]
    found = half(*records)
    # of ten tasks the interval is [17, 69] % at 4 and [49, 94] % at 8 recovered
    assert found == Reach(share=0.5, seconds=5.0, earliest=1.0, latest=None)


def test_what_a_run_gives_up_again_does_not_count_any_more():
    assert half(run(1, "a", until=2.0), run(2, "b")).seconds == 1.0
    found = costs(run(1, "a", until=2.0), run(2, "b"), run(2, "c", until=5), run(5, "d"))["good"]
    assert [one.seconds for one in found.reach] == [2.0, None]


def test_without_marks_or_truths_nothing_is_said():
    assert costs(record())["good"].reach == ()
    unknown = {"truth": None, "verdict": None, "recovered": None}
    assert costs(run(1, **unknown))["good"].reach == ()
    mixed = costs(run(1, "a"), record(task="sin/b"))["good"]
    assert (mixed.traced, mixed.reach[0].seconds) == (1, 1.0)


_RUNS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.integers(0, 3), st.none() | st.floats(0.1, 12.0), st.sampled_from([0.5, 3.0, 30.0])
    ),
    min_size=1, max_size=12, unique_by=lambda one: one[:2],
)  # fmt: skip


@settings(max_examples=15)
@given(_RUNS, st.sampled_from([0.25, 0.5, 0.9]))
def test_at_the_mark_behind_it_the_curve_has_reached_the_share_and_at_no_mark_before(cells, share):
    """The oracle is `moments`, what page and paper draw."""
    records = [run(start, task, seed=seed, end=end) for task, seed, start, end in cells]
    runs = RunTable.from_records(records, COLUMNS).runs
    judged, _ = judged_runs(runs)
    progress = {number: one.progress for number, one in enumerate(records)}
    (found,) = reach_of(judged, progress, [share])
    curve = [(one.seconds, one.recovery) for one in moments(runs, mark_frame(progress.items()))]
    reached = [second for second, rate in curve if rate >= share - 1e-9]
    if found.seconds is None:
        assert not reached
    else:
        assert all(second >= found.seconds for second in reached)
        assert found.earliest is not None
        assert found.earliest <= found.seconds
        assert found.latest is None or found.latest >= found.seconds
