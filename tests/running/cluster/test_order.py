"""Orders and replies as JSON: what is read back is the same, and what is malformed is refused."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import record as a_record

from srbench_lite import Budget, Perturbation, discover
from srbench_lite.running.cluster.order import Order, OrderedRun, Reply, RunDone, parsed
from srbench_lite.running.plan import plan
from srbench_lite.running.wire import WireError

REGISTRY = discover()


def an_order() -> Order:
    runs = plan(
        [REGISTRY.methods["mean"], REGISTRY.methods["lasso"]], [REGISTRY.task("sin/plain")], seeds=[0, 2**62],
        noises=[0.1], budget=Budget(seconds=2.5, threads=2), perturbations=[Perturbation(dummies=2)],
    )  # fmt: skip
    return Order.of({one.key: one for one in runs}, session="s", seconds=1.5)


def test_an_order_arrives_as_it_was_and_says_each_task_once():
    order = an_order()
    there = Order.from_json(order.to_json())
    assert there == order
    assert len(there.runs) == 4
    assert len(there.tasks) == 1
    assert there.runs[0].budget == Budget(seconds=2.5, threads=2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"session": 1}, "session must be a text"),
        ({"runs": {}}, "runs must be a list of runs"),
        ({"runs": []}, "an order must have a run"),
        ({"runs": [1]}, "must be an object"),
        ({"runs": [{}]}, "it lacks key"),
        ({"tasks": {"f": 1}}, "must be an object"),
        ({"seconds": "1"}, "seconds must be a number"),
    ],
)
def test_what_is_no_order_is_refused(change, said):
    with pytest.raises(WireError, match=said):
        Order.from_json(json.dumps(json.loads(an_order().to_json()) | change))


@pytest.mark.parametrize(
    "change",
    [
        {"key": 1},
        {"method": None},
        {"task": []},
        {"parameters": 1},
        {"perturbation": []},
        {"seed": "1"},
        {"noise": ""},
        {"threads": 1.5},
    ],
)
def test_what_is_no_run_is_refused(change):
    facts = dataclasses.asdict(an_order().runs[0])
    with pytest.raises(WireError, match="must be"):
        OrderedRun(**facts | change)


def test_limits_that_are_none_are_refused():
    run = dataclasses.replace(an_order().runs[0], seconds=-1.0)
    with pytest.raises(WireError, match="seconds must be a positive number"):
        _ = run.budget


@pytest.mark.parametrize("output", ["", "Größe\n\x1b[31m"])
def test_a_reply_arrives_as_it_was(output):
    record = dataclasses.replace(a_record(), output=output)
    reply = Reply(done=(RunDone(record=record, files={"a/b": "aGVsbG8="}),), unfit="it has no room")
    there = Reply.from_json(reply.to_json())
    assert there == reply
    assert there.done[0].record.output == output
    assert there.done[0].record.judged_here == record.judged_here


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, "a message must be JSON text"),
        ("{", "a message must be JSON"),
        ("[]", "a message must be an object"),
        ('{"stranger": NaN}', "NaN is no JSON"),
        ("{}", "stranger must be true or false"),
        ('{"stranger": false}', "it lacks done"),
        ('{"stranger": false, "done": [1], "unfit": ""}', "must be an object"),
        ('{"stranger": false, "done": [{"row": {}, "files": {}}], "unfit": ""}', "it lacks output"),
        ('{"stranger": false, "done": [{"row": {}, "files": {}, "output": ""}], "unfit": ""}', "a record lacks"),
        ('{"stranger": false, "done": [{"row": {}, "files": {"a": 1}, "output": ""}], "unfit": ""}', "must be base64"),
    ],
)
def test_what_is_no_reply_is_refused(said, why):
    with pytest.raises(WireError, match=why):
        Reply.from_json(said)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
@settings(max_examples=50, deadline=None)
def test_no_message_does_anything_but_raise_wire_errors(value):
    text = json.dumps(value)
    for read in (parsed, Order.from_json, Reply.from_json):
        with contextlib.suppress(WireError):
            read(text)


def test_numbers_without_end_are_not_sent():
    with pytest.raises(ValueError, match="Out of range"):
        dataclasses.replace(an_order(), seconds=math.inf).to_json()
