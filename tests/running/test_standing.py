"""`find_standing`: which runs of a plan are to be done, as the store has them."""

from __future__ import annotations

import dataclasses

import pytest
from places import HOSTILE
from records import record

from srbench_lite import Budget, Sampling, Task
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.store import Store
from srbench_lite.running.plan import Plan, plan
from srbench_lite.running.standing import find_standing, is_of_other_code, with_records


@pytest.fixture(name="runs", scope="module")
def _runs() -> Plan:
    registry = discover(files=[HOSTILE])
    task = Task(
        name="toy/line", suite="toy", truth=Expression.parse("x + 1"), n_train=10, n_test=20,
        variables={"x": Sampling(low=-1.0, high=1.0)},
    )  # fmt: skip
    methods = [registry.method("good"), registry.method("random")]
    return plan(methods, [task], seeds=range(4), noises=[0.0], budget=Budget())


@pytest.fixture(name="store")
def _store(runs, tmp_path):
    """Two of the first method's runs: one ok, one crashed; and two of the second's, one of other code."""
    with Store(tmp_path / "store.db") as store:
        for number, status, source in ((0, "ok", True), (2, "crashed", True), (5, "ok", True), (6, "ok", False)):
            one = runs[number]
            made_by = one.method_source if source else "another"
            store.add(dataclasses.replace(record(), key=one.key, status=status, method_source=made_by))
        yield store


def _numbers(runs: Plan, part: Plan) -> list[int]:
    every = list(runs.keys())
    return [every.index(one.key) for one in part]


@pytest.mark.parametrize(
    ("choice", "missing"),
    [
        ({}, [1, 3, 4, 6, 7]),
        ({"keep_old": True}, [1, 3, 4, 7]),
        ({"retry": ["crashed"]}, [1, 2, 3, 4, 6, 7]),
        ({"fresh": True}, list(range(8))),
    ],
)
def test_what_is_missing(runs, store, choice, missing):
    standing = find_standing(runs, store, **choice)
    assert _numbers(runs, standing.missing) == missing
    assert standing.present == 8 - len(missing)
    assert standing.planned == {"good": 4, "random": 4}
    assert standing.ok == (set() if "fresh" in choice else {"good", "random"})


def test_a_run_that_is_asked_for_again_is_missing(runs, store):
    assert _numbers(runs, find_standing(runs, store, again={runs[5].key}).missing) == [1, 3, 4, 5, 6, 7]


def test_runs_of_other_code_are_counted_unless_they_are_repeated_anyway(runs, store):
    assert find_standing(runs, store).other_code == {"random": 1}
    assert find_standing(runs, store, keep_old=True).other_code == {}
    assert find_standing(runs, store, fresh=True).other_code == {}


def test_without_a_store_all_is_missing(runs):
    standing = find_standing(runs, None)
    assert list(standing.missing.keys()) == list(runs.keys())
    assert standing.present == 0


def test_each_run_comes_with_its_record(runs, store):
    found = [(name, record and record[0]) for (_, name, _), record in with_records(runs, store)]
    assert found == [
        ("good", "ok"), ("good", None), ("good", "crashed"), ("good", None), ("random", None), ("random", "ok"),
        ("random", "ok"), ("random", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "made_by", "other"),
    [("a", "a", False), ("a", "b", True), ("a", None, True), (None, "b", False), (None, None, False)],
)
def test_who_made_a_record(source, made_by, other):
    assert is_of_other_code(source, made_by) is other
