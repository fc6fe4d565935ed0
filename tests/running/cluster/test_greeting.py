"""Questions and greetings as JSON, and how many runs fit on a worker."""

from __future__ import annotations

import json

import pytest

from srbench_lite.environments.environment import Environment
from srbench_lite.running.cluster.greeting import AskedMethod, Greeting, Question
from srbench_lite.running.cluster.installation import Installation
from srbench_lite.running.wire import WireError

THERE = Environment(
    name="other", python="/opt/python", python_version="3.11.1", requirements=("a",), locked=("a==1",), created="now"
)
QUESTION = Question(
    session="s", plugins=("/p.py",), threads=2, memory_mb=100.0,
    methods=(
        AskedMethod(name="m", elsewhere="m", environment=None), AskedMethod(name="n", elsewhere="o", environment=THERE)
    ),
)  # fmt: skip


def greeting(cores: int = 8, memory_mb: float | None = None) -> Greeting:
    return Greeting(
        installation=Installation.here({}), host="h", cores=cores, memory_mb=memory_mb, environment={"host": "h"}
    )


def test_a_question_arrives_as_it_was():
    assert Question.from_json(QUESTION.to_json()) == QUESTION


def test_a_greeting_arrives_as_it_was():
    for one in (greeting(), greeting(memory_mb=12.5)):
        assert Greeting.from_json(one.to_json()) == one


@pytest.mark.parametrize(
    "change",
    [
        {"session": 1}, {"methods": {}}, {"methods": [1]}, {"methods": [{"name": "m"}]}, {"plugins": [1]},
        {"threads": "2"}, {"memory_mb": None},
        {"methods": [{"name": "m", "elsewhere": "m", "environment": {"name": "x"}}]},
    ],
)  # fmt: skip
def test_what_is_no_question_is_refused(change):
    with pytest.raises(WireError):
        Question.from_json(json.dumps(json.loads(QUESTION.to_json()) | change))


@pytest.mark.parametrize("change", [{"host": 1}, {"cores": 1.5}, {"memory_mb": "x"}, {"environment": []}])
def test_what_is_no_greeting_is_refused(change):
    with pytest.raises(WireError, match="must be"):
        Greeting.from_json(json.dumps(json.loads(greeting().to_json()) | change))


@pytest.mark.parametrize(
    ("cores", "memory_mb", "slots"), [(8, None, 4), (1, None, 0), (8, 350.0, 3), (8, 99.0, 0), (2, 1e6, 1)]
)
def test_slots_are_bounded_by_threads_and_memory(cores, memory_mb, slots):
    one = greeting(cores, memory_mb)
    assert one.slots(threads=2, memory_mb=100.0) == slots
    assert bool(one.why_none_fits(threads=2, memory_mb=100.0)) == (slots == 0)
