"""What the coordinator and its child processes say to each other: frozen values that check themselves.

A child gets one request, says `Started` when its work begins, may send `FitReport`s meanwhile, and ends with the
answer that belongs to the request. Each is a JSON header and float64 arrays (`srbench_lite.running.wire`). A
method runs in the process that answers and could write any of them itself, so whatever is read is checked, and what is
malformed raises `WireError` with the field, its value and what was expected.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, Self, TypeVar

from srbench_lite.errors import StoreError, UsageError
from srbench_lite.judging.scores import Scores
from srbench_lite.methods.method import Budget
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.recording.record import Status, checked_columns
from srbench_lite.running.field_checks import (
    ANSWER,
    check_seconds,
    check_texts,
    check_type,
    field_names,
    given_fields,
    required_field,
    shown,
)
from srbench_lite.running.judge_messages import JudgeRequest
from srbench_lite.running.point_fields import (
    described_domain,
    point_arrays,
    point_columns,
    read_domain,
    read_samples,
    read_variables,
)
from srbench_lite.running.wire import Message, WireError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "ConformAnswer",
    "ConformRequest",
    "FitAnswer",
    "FitReport",
    "FitRequest",
    "MetricsAnswer",
    "MetricsRequest",
    "Request",
    "ScoreAnswer",
    "ScoreRequest",
    "Started",
    "read_progress",
    "read_request",
]

AnswerT_co = TypeVar("AnswerT_co", covariant=True)


class Request(Protocol[AnswerT_co]):
    """What a child process is asked; it knows which answer belongs to it."""

    def to_message(self) -> Message:
        """Return the request as it goes over the wire."""

    def read_answer(self, message: Message) -> AnswerT_co:
        """Return the answer to this request; raises `WireError` where the message is none."""


# --- on the way to an answer ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The work that counts begins now: the clock of the limit starts."""

    kind: ClassVar[str] = "started"

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        return Message({"kind": self.kind}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class FitReport:
    """The best formula so far, as text, and the second since `fit` began, by the clock of its process."""

    kind: ClassVar[str] = "report"
    expression: str
    seconds: float

    def __post_init__(self) -> None:
        check_type("expression", self.expression, str, "a text")
        check_seconds("seconds", self.seconds)

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        return Message({"kind": self.kind, "expression": self.expression, "seconds": self.seconds}, {})


def read_progress(message: Message) -> Started | FitReport | None:
    """Return what a message says on the way; None where it is an answer.

    Raises:
        WireError: it is neither.
    """
    kind = message.header.get("kind")
    if kind == ANSWER:
        return None
    if kind == Started.kind:
        return Started()
    if kind == FitReport.kind:
        return FitReport(**given_fields(message.header, FitReport))
    raise WireError(f"kind must be started, report or {ANSWER}, got {shown(kind)}")


# --- fitting ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FitAnswer:
    """How a fit ended.

    Attributes:
        status: any but TIMEOUT, which only the supervisor knows.
        seconds: wall clock of `fit`, as the child measured it.
        reason: why there is no formula; None where there is one.
        expression: the formula as text; there is one where the status is OK, and only there.
        stopped: "done" or "budget".
        candidates: further formulas as texts.
        extras: the method's facts for the record.
        complaints: what had to be dropped from the method's answer.
        predictions: the method's own values on the training points, shape (n,).
    """

    status: Status
    seconds: float
    reason: str | None
    expression: str | None = None
    stopped: str | None = None
    candidates: tuple[str, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)
    complaints: tuple[str, ...] = ()
    predictions: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        statuses = [status.value for status in Status if status is not Status.TIMEOUT]
        if not isinstance(self.status, str) or self.status not in statuses:
            raise WireError(f"status must be one of {', '.join(statuses)}, got {shown(self.status)}")
        object.__setattr__(self, "status", Status(self.status))
        check_seconds("seconds", self.seconds)
        check_type("reason", self.reason, str | None, "a text or null")
        check_type("expression", self.expression, str | None, "a text or null")
        if (self.expression is not None) != (self.status is Status.OK):
            raise WireError(f"expression must be given where the status is ok, and only there; status is {self.status}")
        if (self.reason is None) != (self.status is Status.OK):
            raise WireError(f"reason must be given where the status is not ok, and only there; status is {self.status}")
        if self.stopped not in (None, "done", "budget"):
            raise WireError(f"stopped must be done or budget, got {shown(self.stopped)}")
        check_type("extras", self.extras, dict, "an object")
        object.__setattr__(self, "candidates", check_texts("candidates", self.candidates))
        object.__setattr__(self, "complaints", check_texts("complaints", self.complaints))

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        header = {name: getattr(self, name) for name in field_names(FitAnswer) if name != "predictions"}
        arrays = {} if self.predictions is None else {"predictions": self.predictions}
        return Message({"kind": ANSWER, **header}, arrays)


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRequest:
    """Fit `samples` with a method; the child learns nothing else of the task."""

    kind: ClassVar[str] = "fit"
    method: str
    parameters: Mapping[str, Any]
    seed: int
    budget: Budget
    samples: Samples

    def __post_init__(self) -> None:
        check_type("method", self.method, str, "a text")
        check_type("parameters", self.parameters, dict, "an object")
        check_type("seed", self.seed, int, "a whole number")

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        header = {
            "kind": self.kind, "method": self.method, "parameters": self.parameters, "seed": self.seed,
            "budget": dataclasses.asdict(self.budget), **point_columns(self.samples),
        }  # fmt: skip
        return Message(header, point_arrays("", self.samples))

    @classmethod
    def from_message(cls, message: Message) -> Self:
        """Read it; raises `WireError`."""
        header = message.header
        values = given_fields(header, cls, without=("budget", "samples"))
        limits = required_field(header, "budget", dict, "an object")
        try:
            budget = Budget(**limits)
        except (TypeError, UsageError) as error:
            raise WireError(f"budget must be the limits of a fit: {error}") from None
        return cls(**values, budget=budget, samples=read_samples(read_variables(header), message, ""))

    def read_answer(self, message: Message) -> FitAnswer:
        """Read the answer, whose predictions must be on the points of this request; raises `WireError`."""
        predictions = message.arrays.get("predictions")
        if predictions is not None and predictions.shape != (len(self.samples),):
            raise WireError(f"predictions must be of shape ({len(self.samples)},), got {predictions.shape}")
        return FitAnswer(**given_fields(message.header, FitAnswer, without=("predictions",)), predictions=predictions)


# --- scoring ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreAnswer:
    """The scores of a formula, or why its text is none.

    Attributes:
        scores: without the metrics of plugins; None where the text is no formula.
        not_a_formula: why; None where it is one.
        simple_truth: the simplified truth as text, to be handed on with the next formula of the task.
        metrics: names of the metrics that plugins add, which are still to be computed.
    """

    scores: Scores | None
    not_a_formula: str | None = None
    simple_truth: str | None = None
    metrics: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_type("scores", self.scores, Scores | None, "scores or null")
        check_type("not_a_formula", self.not_a_formula, str | None, "a text or null")
        if (self.scores is None) == (self.not_a_formula is None):
            raise WireError("an answer must have either scores or the reason why there are none")
        check_type("simple_truth", self.simple_truth, str | None, "a text or null")
        object.__setattr__(self, "metrics", check_texts("metrics", self.metrics))

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        scores = None if self.scores is None else dataclasses.asdict(self.scores)
        header = {
            "kind": ANSWER, "scores": scores, "not_a_formula": self.not_a_formula, "simple_truth": self.simple_truth,
            "metrics": self.metrics,
        }  # fmt: skip
        return Message(header, {})

    @classmethod
    def from_message(cls, message: Message) -> Self:
        """Read it; raises `WireError`."""
        values = given_fields(message.header, cls)
        if values["scores"] is not None:
            check_type("scores", values["scores"], dict, "an object or null")
            try:
                checked_columns(values["scores"])
                values["scores"] = Scores(**values["scores"])
            except (TypeError, StoreError) as error:
                raise WireError(f"scores must be those of a record: {error}") from None
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRequest:
    """Score a formula, given as text, against the truth of a task and the points of a run.

    Attributes:
        expression: the formula.
        truth: the task's; None where it is unknown.
        simple_truth: the simplified truth, where an earlier answer told it.
        domain: how each variable is drawn.
        train, test, far: the points of the run; `far` is None where the task has none.
        predictions: the method's own values on `train`, shape (n,).
    """

    kind: ClassVar[str] = "score"
    expression: str
    truth: str | None
    simple_truth: str | None
    domain: Mapping[str, Sampling]
    train: Samples
    test: Samples
    far: Samples | None
    predictions: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        check_type("expression", self.expression, str, "a text")
        check_type("truth", self.truth, str | None, "a text or null")
        check_type("simple_truth", self.simple_truth, str | None, "a text or null")

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        header = {
            "kind": self.kind, "expression": self.expression, "truth": self.truth, "simple_truth": self.simple_truth,
            "domain": described_domain(self.domain),
        }  # fmt: skip
        parts = (("train", self.train), ("test", self.test), ("far", self.far))
        arrays: dict[str, NDArray[np.float64]] = {}
        for name, points in parts:
            if points is not None:
                arrays |= point_arrays(f"{name}_", points)
        return Message(header, arrays if self.predictions is None else arrays | {"predictions": self.predictions})

    @classmethod
    def from_message(cls, message: Message) -> Self:
        """Read it; raises `WireError`."""
        values = given_fields(message.header, cls, without=("domain", "train", "test", "far", "predictions"))
        domain = read_domain(message)
        names = tuple(domain)
        far = read_samples(names, message, "far_") if "far_x" in message.arrays else None
        return cls(
            **values, domain=domain, train=read_samples(names, message, "train_"),
            test=read_samples(names, message, "test_"), far=far, predictions=message.arrays.get("predictions"),
        )  # fmt: skip

    def read_answer(self, message: Message) -> ScoreAnswer:
        """Read the answer; raises `WireError`."""
        return ScoreAnswer.from_message(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsAnswer:
    """The scores that plugins add by name, None where one does not exist, and what went wrong on the way."""

    metrics: Mapping[str, float | None]
    complaints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_type("metrics", self.metrics, dict, "an object")
        for name, value in self.metrics.items():
            check_type(f"metric {name}", value, float | int | None, "a number or null")
        object.__setattr__(self, "complaints", check_texts("complaints", self.complaints))

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        return Message({"kind": ANSWER, "metrics": self.metrics, "complaints": self.complaints}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsRequest:
    """Compute the scores that plugins add, for a formula and a truth given as texts, on the test points."""

    kind: ClassVar[str] = "metrics"
    expression: str
    truth: str | None
    test: Samples

    def __post_init__(self) -> None:
        check_type("expression", self.expression, str, "a text")
        check_type("truth", self.truth, str | None, "a text or null")

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        header = {
            "kind": self.kind, "expression": self.expression, "truth": self.truth,
            **point_columns(self.test),
        }  # fmt: skip
        return Message(header, point_arrays("test_", self.test))

    @classmethod
    def from_message(cls, message: Message) -> Self:
        """Read it; raises `WireError`."""
        values = given_fields(message.header, cls, without=("test",))
        return cls(**values, test=read_samples(read_variables(message.header), message, "test_"))

    def read_answer(self, message: Message) -> MetricsAnswer:
        """Read the answer; raises `WireError`."""
        return MetricsAnswer(**given_fields(message.header, MetricsAnswer))


# --- the conformance kit ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformAnswer:
    """What a check complains of, None where the method passes; and why it was skipped, None where it was not."""

    complaint: str | None
    skipped: str | None = None

    def __post_init__(self) -> None:
        check_type("complaint", self.complaint, str | None, "a text or null")
        check_type("skipped", self.skipped, str | None, "a text or null")

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        return Message({"kind": ANSWER, "complaint": self.complaint, "skipped": self.skipped}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConformRequest:
    """Run one check of the conformance kit on a method."""

    kind: ClassVar[str] = "conform"
    method: str
    check: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_type("method", self.method, str, "a text")
        check_type("check", self.check, str, "a text")
        check_type("parameters", self.parameters, dict, "an object")

    def to_message(self) -> Message:
        """Return it as it goes over the wire."""
        said = {"method": self.method, "check": self.check, "parameters": self.parameters}
        return Message({"kind": self.kind, **said}, {})

    @classmethod
    def from_message(cls, message: Message) -> Self:
        """Read it; raises `WireError`."""
        return cls(**given_fields(message.header, cls))

    def read_answer(self, message: Message) -> ConformAnswer:
        """Read the answer; raises `WireError`."""
        return ConformAnswer(**given_fields(message.header, ConformAnswer))


_REQUESTS: Final = {
    kind.kind: kind for kind in (FitRequest, ScoreRequest, JudgeRequest, MetricsRequest, ConformRequest)
}


def read_request(message: Message) -> FitRequest | ScoreRequest | JudgeRequest | MetricsRequest | ConformRequest:
    """Return the request that a message is; raises `WireError`."""
    kind = message.header.get("kind")
    if not isinstance(kind, str) or kind not in _REQUESTS:
        raise WireError(f"kind must be one of {', '.join(_REQUESTS)}, got {shown(kind)}")
    return _REQUESTS[kind].from_message(message)
