"""Messages as values: what is sent arrives equal, and what is malformed says which field is wrong and how."""

from __future__ import annotations

import dataclasses
import json
import socket
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite import Budget, Samples, Sampling, Scores
from srbench_lite.recording.record import Status
from srbench_lite.running.messages import (
    ConformAnswer,
    ConformRequest,
    FitAnswer,
    FitReport,
    FitRequest,
    MetricsAnswer,
    MetricsRequest,
    ScoreAnswer,
    ScoreRequest,
    Started,
    read_progress,
    read_request,
)
from srbench_lite.running.wire import Message, WireError, receive, send

SAMPLES = Samples(variables=("x", "t"), x=np.array([[1.0, 2.0], [3.0, 4.0]]), y=np.array([5.0, 6.0]))
WEIGHED = dataclasses.replace(SAMPLES, weights=np.array([0.25, 4.0]))
IN_UNITS = dataclasses.replace(SAMPLES, units={"t": "s"}, target_unit="m")
DOMAIN = {"x": Sampling(low=0.0, high=1.0), "t": Sampling(low=0.5, high=2.0, sampling="log", sign="both")}
FIT = FitRequest(method="lasso", parameters={"a": 1.5, "b": None}, seed=3, budget=Budget(seconds=2.0), samples=SAMPLES)
SCORE = ScoreRequest(
    expression="x", truth="x + t", simple_truth=None, domain=DOMAIN, train=SAMPLES, test=SAMPLES, far=None,
    predictions=np.array([1.0, 2.0]),
)  # fmt: skip
METRICS = MetricsRequest(expression="x", truth=None, test=SAMPLES)
CONFORM = ConformRequest(method="lasso", check="one-point")
FITTED = FitAnswer(
    status=Status.OK, seconds=1.5, reason=None, expression="x", stopped="done", candidates=("1", "x"),
    extras={"steps": 3}, complaints=("extras were dropped",), predictions=np.array([1.0, 2.0]),
)  # fmt: skip


def over_the_wire(message: Message) -> Message:
    """Return the message as the other side gets it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, message)
        received = receive(theirs)
    assert received is not None
    return received


def plain(value: Any) -> Any:
    """Return a value in which arrays and samples can be compared."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)} | {"kind": type(value)}
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


@pytest.mark.parametrize(
    "request_sent",
    [
        FIT, SCORE, dataclasses.replace(SCORE, far=SAMPLES, predictions=None), METRICS, CONFORM,
        dataclasses.replace(CONFORM, parameters={"alpha": 0.5}),
        dataclasses.replace(FIT, samples=IN_UNITS), dataclasses.replace(METRICS, test=IN_UNITS),
        dataclasses.replace(FIT, samples=WEIGHED), dataclasses.replace(SCORE, train=WEIGHED, test=WEIGHED),
    ],
)  # fmt: skip
def test_a_request_arrives_as_it_was_sent(request_sent):
    received = read_request(over_the_wire(request_sent.to_message()))
    assert type(received) is type(request_sent)
    assert plain(received) == plain(request_sent)


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (FIT, FITTED),
        (FIT, FitAnswer(status=Status.FAILED, seconds=0.0, reason="nothing")),
        (SCORE, ScoreAnswer(scores=Scores(verdict="exact", r2_test=1.0), simple_truth="x", metrics=("a", "b"))),
        (SCORE, ScoreAnswer(scores=None, not_a_formula="unknown variable 'z'")),
        (METRICS, MetricsAnswer(metrics={"a": 1.0, "b": None}, complaints=("metric b: KeyError: c",))),
        (CONFORM, ConformAnswer(complaint=None)),
        (CONFORM, ConformAnswer(complaint="it printed 'x'")),
        (CONFORM, ConformAnswer(complaint=None, skipped="it is random")),
    ],
)
def test_an_answer_arrives_as_it_was_sent(asked, answer):
    message = over_the_wire(answer.to_message())
    assert read_progress(message) is None
    received = asked.read_answer(message)
    assert type(received) is type(answer)
    assert plain(received) == plain(answer)


def test_progress_arrives():
    assert read_progress(over_the_wire(Started().to_message())) == Started()
    report = FitReport(expression="x + 1", seconds=0.25)
    assert read_progress(over_the_wire(report.to_message())) == report


@pytest.mark.parametrize("message", [FIT, FITTED, SCORE, METRICS, CONFORM, Started()])
def test_messages_are_frozen(message):
    with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
        message.kind = "other"


# --- malformed messages -----------------------------------------------------------------------------------------------

WRONG_ANSWERS = [
    ({"status": []}, "status must be one of ok, failed, crashed, memout, invalid, skipped, got []"),
    ({"status": "timeout"}, "status must be one of ok, failed, crashed, memout, invalid, skipped, got 'timeout'"),
    ({"status": "failed"}, "expression must be given where the status is ok, and only there; status is failed"),
    ({"expression": None}, "expression must be given where the status is ok, and only there; status is ok"),
    (
        {"status": "failed", "expression": None},
        "reason must be given where the status is not ok, and only there; status is failed",
    ),
    ({"reason": "why"}, "reason must be given where the status is not ok, and only there; status is ok"),
    ({"expression": 3}, "expression must be a text or null, got 3"),
    ({"reason": 3}, "reason must be a text or null, got 3"),
    ({"seconds": -1.0}, "seconds must be a number that is not negative, got -1.0"),
    ({"seconds": 1}, "seconds must be a number that is not negative, got 1"),
    ({"seconds": True}, "seconds must be a number that is not negative, got True"),
    ({"seconds": "1"}, "seconds must be a number that is not negative, got '1'"),
    ({"stopped": "whenever"}, "stopped must be done or budget, got 'whenever'"),
    ({"stopped": []}, "stopped must be done or budget, got []"),
    ({"candidates": "x"}, "candidates must be a list of texts, got 'x'"),
    ({"candidates": ["x", 1]}, "candidates must be a list of texts, got ['x', 1]"),
    ({"complaints": None}, "complaints must be a list of texts, got None"),
    ({"extras": []}, "extras must be an object, got []"),
]


@pytest.mark.parametrize(("change", "said"), WRONG_ANSWERS)
def test_a_wrong_answer_says_what_is_wrong(change, said):
    message = over_the_wire(FITTED.to_message())
    message.header.update(change)
    with pytest.raises(WireError) as caught:
        FIT.read_answer(message)
    assert str(caught.value) == said


@pytest.mark.parametrize("name", ["status", "seconds", "reason"])
def test_what_an_answer_lacks_is_named(name):
    message = over_the_wire(FITTED.to_message())
    del message.header[name]
    with pytest.raises(WireError, match=f"^it lacks {name}$"):
        FIT.read_answer(message)


def test_predictions_must_be_on_the_points_of_the_request():
    message = Message(FITTED.to_message().header, {"predictions": np.zeros((3, 1))})
    with pytest.raises(WireError, match=r"predictions must be of shape \(2,\), got \(3, 1\)"):
        FIT.read_answer(message)


def test_what_is_beside_the_fields_of_an_answer_is_not_read():
    message = over_the_wire(FITTED.to_message())
    message.header["surprise"] = 1
    message.arrays["more"] = np.ones(3)
    assert plain(FIT.read_answer(message)) == plain(FITTED)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"scores": {"verdict": 3}, "simple_truth": None}, "scores must be those of a record: .*verdict"),
        ({"scores": {"good": 3}, "simple_truth": None}, "scores must be those of a record: .*'good'"),
        ({"scores": {"key": "0"}, "simple_truth": None}, "scores must be those of a record: .*'key'"),
        ({"scores": [], "simple_truth": None}, r"scores must be an object or null, got \[\]"),
        ({"scores": None}, "either scores or the reason why there are none"),
        ({"scores": {}, "not_a_formula": "x"}, "either scores or the reason why there are none"),
        ({"scores": {}, "metrics": [1]}, r"metrics must be a list of texts, got \[1\]"),
        ({}, "it lacks scores"),
    ],
)
def test_a_wrong_score_says_what_is_wrong(header, said):
    with pytest.raises(WireError, match=said):
        SCORE.read_answer(Message({"kind": "ended", **header}, {}))


@pytest.mark.parametrize("metrics", [[], {"a": "1"}, {"a": True}])
def test_wrong_metrics_are_refused(metrics):
    with pytest.raises(WireError, match="metric"):
        METRICS.read_answer(Message({"kind": "ended", "metrics": metrics}, {}))


@pytest.mark.parametrize(
    ("sent", "change", "said"),
    [
        (FIT, {"kind": "guess"}, "kind must be one of fit, score, judge, metrics, conform, got 'guess'"),
        (FIT, {"kind": []}, r"kind must be one of .*, got \[\]"),
        (FIT, {"method": 1}, "method must be a text, got 1"),
        (FIT, {"seed": 1.5}, "seed must be a whole number, got 1.5"),
        (FIT, {"parameters": None}, "parameters must be an object, got None"),
        (FIT, {"budget": {"seconds": -1}}, "budget must be the limits of a fit: .*seconds must be a positive number"),
        (FIT, {"budget": {"minutes": 1}}, "budget must be the limits of a fit: .*minutes"),
        (FIT, {"variables": ["x"]}, r"x and y must be points: x must be \(n, d\)"),
        (FIT, {"variables": "xt"}, "variables must be a list of texts, got 'xt'"),
        (SCORE, {"domain": {"x": {"low": 2, "high": 1}}}, "domain must say how each variable is drawn: low must be"),
        (SCORE, {"domain": {"x": {"width": 1}}}, "domain must say how each variable is drawn: .*width"),
        (SCORE, {"domain": {"x": 1}}, "domain must say how each variable is drawn"),
        (SCORE, {"truth": 1}, "truth must be a text or null, got 1"),
        (METRICS, {"expression": None}, "expression must be a text, got None"),
        (CONFORM, {"check": None}, "check must be a text, got None"),
        (CONFORM, {"parameters": [1]}, r"parameters must be an object, got \[1\]"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(sent, change, said):
    message = sent.to_message()
    with pytest.raises(WireError, match=said):
        read_request(Message(message.header | change, message.arrays))


def test_a_request_without_its_points_is_refused():
    with pytest.raises(WireError, match="it lacks the array x"):
        read_request(Message(FIT.to_message().header, {}))
    with pytest.raises(WireError, match="it lacks the array test_y"):
        read_request(Message(METRICS.to_message().header, {"test_x": SAMPLES.x}))


@pytest.mark.parametrize("kind", [None, 1, "fit", "answer", ["ended"]])
def test_progress_of_another_kind_is_refused(kind):
    with pytest.raises(WireError, match="kind must be started, report or ended, got"):
        read_progress(Message({"kind": kind}, {}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from([f.name for f in dataclasses.fields(FitAnswer)]), JSON))
def test_any_answer_is_read_or_refused(header):
    said = ""
    try:
        answer = FIT.read_answer(Message({"kind": "ended", **header}, {}))
    except WireError as error:
        said = str(error)
    else:
        assert isinstance(answer.status, Status)
        assert answer.seconds >= 0
    assert "\n" not in said
    assert len(said) < 300


def test_a_deep_value_is_shown_in_short():
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(WireError, match=r"status must be one of .*\[\.\.\.\]") as caught:
        FIT.read_answer(Message(FITTED.to_message().header | {"status": deep}, {}))
    assert len(str(caught.value)) < 200


def test_nothing_but_json_and_numbers_goes_over_the_wire():
    for value in (FIT, SCORE, METRICS, CONFORM, FITTED, Started()):
        header, arrays = value.to_message()
        assert json.loads(json.dumps(header, allow_nan=False))["kind"] == header["kind"]
        assert all(array.dtype == np.float64 for array in arrays.values())
