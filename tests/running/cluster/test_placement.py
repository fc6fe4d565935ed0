"""`Placement`: every run once, chunks of a fair length, and what becomes of runs whose worker is lost."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench_lite import Budget, discover
from srbench_lite.running.cluster.placement import MAX_LOSSES, SECONDS_OF_A_CHUNK, Chunk, LostRun, Placement
from srbench_lite.running.plan import PlannedRun, plan

REGISTRY = discover()


def some_runs(count: int, *methods: str) -> Sequence[PlannedRun]:
    chosen = [REGISTRY.methods[name] for name in methods or ("mean",)]
    return plan(chosen, [REGISTRY.task("sin/plain")], seeds=range(count), noises=[0.0], budget=Budget())


def dealt_out(placement: Placement) -> list[Chunk]:
    return list(iter(placement.next_chunk, None))


def back(placement: Placement, chunk: Chunk, seconds: float = 0.1) -> None:
    placement.finish(chunk.number, dict.fromkeys(chunk.runs, seconds))


def paced(runs: Sequence[PlannedRun], seconds: float, **slots: int) -> Placement:
    """A placement that knows how long runs last: their first one is done."""
    placement = Placement(runs)
    for worker, count in slots.items():
        placement.join(worker, count)
    first = dealt_out(placement)
    for chunk in first:
        back(placement, chunk, seconds)
    return placement


def test_no_slot_gets_a_second_chunk_and_the_freest_worker_is_first():
    placement = Placement(some_runs(9))
    assert placement.next_chunk() is None
    placement.join("a", 1)
    placement.join("b", 3)
    assert [chunk.worker for chunk in dealt_out(placement)] == ["b", "b", "a", "b"]
    assert placement.slots == 4


def test_runs_are_looked_at_when_it_is_their_turn():
    seen: list[int] = []

    def lazily() -> Iterator[PlannedRun]:
        for number, one in enumerate(some_runs(100)):
            seen.append(number)
            yield one

    placement = Placement(lazily())
    placement.join("a", 2)
    assert len(dealt_out(placement)) == 2
    assert len(seen) <= 3


def test_a_chunk_holds_one_run_until_it_is_known_how_long_they_last():
    placement = Placement(some_runs(50))
    placement.join("a", 2)
    assert [len(chunk.runs) for chunk in dealt_out(placement)] == [1, 1]


def test_chunks_grow_to_what_lasts_as_long_as_one_should():
    placement = paced(some_runs(2000), 0.01, a=1)
    sizes = []
    for _ in range(6):
        (chunk,) = dealt_out(placement)
        sizes.append(len(chunk.runs))
        back(placement, chunk, 0.01)
    assert sizes[:3] == [4, 16, 64]
    assert sizes[-1] == pytest.approx(SECONDS_OF_A_CHUNK / 0.01, abs=2)


def test_long_runs_go_out_one_by_one():
    placement = paced(some_runs(10), 20.0, a=2)
    assert [len(chunk.runs) for chunk in dealt_out(placement)] == [1, 1]


def test_runs_that_were_left_go_out_next_and_in_their_order():
    placement = paced(some_runs(30), 0.1, a=1)
    (chunk,) = dealt_out(placement)
    keys = list(chunk.runs)
    placement.finish(chunk.number, {keys[0]: 0.1})
    (following,) = dealt_out(placement)
    assert list(following.runs)[: len(keys) - 1] == keys[1:]


def test_of_a_method_that_nobody_has_timed_one_run_goes_out_whatever_others_last():
    placement = paced(some_runs(4, "mean", "linear"), 0.01, a=1)
    (chunk,) = dealt_out(placement)
    assert {one.method.name for one in chunk.runs.values()} == {"mean"}
    back(placement, chunk, 0.01)
    (chunk,) = dealt_out(placement)
    assert [one.method.name for one in chunk.runs.values()] == ["linear"]


def test_after_a_loss_runs_go_out_one_by_one_and_at_last_alone():
    placement = paced(some_runs(60), 0.1, a=1, b=1)
    chunk, other = dealt_out(placement)
    assert len(chunk.runs) > 1
    assert placement.lose(chunk.worker) == []
    back(placement, other)
    tried: list[str] = []
    while not tried or set(tried) < set(chunk.runs):
        (one,) = dealt_out(placement)
        assert len(one.runs) == 1
        tried += one.runs
        back(placement, one)
    assert tried == list(chunk.runs)


def test_a_run_that_ends_every_worker_is_given_up_and_its_neighbours_are_not():
    runs = some_runs(40)
    killer = runs[5].key
    names = (f"w{n}" for n in itertools.count())
    placement = Placement(runs)
    placement.join(next(names), 4)
    done: Counter[str] = Counter()
    given_up: list[LostRun] = []
    while not placement.is_over:
        out = dealt_out(placement)
        deadly = [chunk for chunk in out if killer in chunk.runs]
        for chunk in out:
            if not deadly:
                done.update(list(chunk.runs))
                back(placement, chunk)
        if deadly:
            given_up += placement.lose(deadly[0].worker)
            placement.join(next(names), 4)
    assert [lost.run.key for lost in given_up] == [killer]
    assert len(given_up[0].workers) == len(set(given_up[0].workers)) == MAX_LOSSES
    assert done == Counter({one.key: 1 for one in runs if one.key != killer})


def test_beside_a_last_try_nothing_goes_out_on_that_worker():
    placement = Placement(some_runs(10))
    placement.join("a", 3)
    placement.join("b", 3)
    dealt_out(placement)
    for worker in "ab":  # all six have lost a worker, three of them two
        placement.lose(worker)
        placement.join(worker, 3)
        dealt_out(placement)
    placement.lose("a")
    placement.join("a", 3)
    out = dealt_out(placement)
    assert [chunk.worker for chunk in out] == ["a"]
    back(placement, out[0])
    assert {chunk.worker for chunk in dealt_out(placement)} == {"a"}


def test_what_a_worker_that_is_unfit_had_is_done_elsewhere_without_blame():
    placement = Placement(some_runs(1))
    for number in range(2 * MAX_LOSSES):
        placement.join(f"w{number}", 1)
        assert [chunk.worker for chunk in dealt_out(placement)] == [f"w{number}"]
        placement.retire(f"w{number}")
    assert not placement.is_over


def test_a_chunk_that_is_lost_alone_counts_as_a_lost_worker():
    placement = Placement(some_runs(1))
    placement.join("a", 1)
    given_up: list[LostRun] = []
    for _ in range(MAX_LOSSES):
        (chunk,) = dealt_out(placement)
        given_up += placement.lose_chunk(chunk.number)
        assert not placement.is_out(chunk.number)
    assert [lost.workers for lost in given_up] == [("a",) * MAX_LOSSES]
    assert placement.is_over


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_whatever_happens_every_run_is_done_once_or_given_up(data):
    runs = some_runs(data.draw(st.integers(0, 30)), "mean", "linear")
    placement = Placement(runs)
    names = (f"w{n}" for n in itertools.count())
    ended: Counter[str] = Counter()
    out: dict[int, Chunk] = {}
    while not placement.is_over:
        if not placement.workers:
            placement.join(next(names), data.draw(st.integers(1, 3)))
        for chunk in dealt_out(placement):
            out[chunk.number] = chunk
        number = data.draw(st.sampled_from(sorted(out)))
        chunk = out.pop(number)
        match data.draw(st.sampled_from(["back", "back", "partly", "lost", "retired", "new", "chunk"])):
            case "back":
                ended.update(list(chunk.runs))
                back(placement, chunk, data.draw(st.floats(0, 3)))
            case "partly":
                done = dict.fromkeys(list(chunk.runs)[: data.draw(st.integers(0, len(chunk.runs)))], 0.1)
                ended.update(list(done))
                placement.finish(number, done)
            case "lost":
                ended.update(lost.run.key for lost in placement.lose(chunk.worker))
            case "retired":
                placement.retire(chunk.worker)
            case "chunk":
                ended.update(lost.run.key for lost in placement.lose_chunk(number))
            case _:
                out[number] = chunk
                placement.join(next(names), 1)
        out = {number: chunk for number, chunk in out.items() if placement.is_out(number)}
        assert len(out) <= placement.slots
    assert ended == Counter(one.key for one in runs)
